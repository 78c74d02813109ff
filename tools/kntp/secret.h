/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef SECRET_H
#define SECRET_H

enum {
	SECRET_MAX	= 160,	/* octets; HEX: and 128 digits are less */
};

/**
 * secret_read() - read the text of a secret
 * @path: a file with the secret in its first line; NULL for standard input,
 *	which is asked for without echo where it is a terminal
 * @text: SECRET_MAX octets, for the caller to wipe; the line without its end
 *	and without blanks around it
 *
 * Return: its length, or a negative errno after an error message.
 */
int secret_read(const char *path, char *text);

#endif
