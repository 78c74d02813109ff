/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef TESTS_VECTORS_KEYS_H
#define TESTS_VECTORS_KEYS_H

#include "kmod/core/key.h"

enum {
	KEYS_UNTRUSTED	= 5,	/* all others of tests/vectors/keys are */
};

/**
 * keys_load() - read the keys that the server knows
 * @path: in the format of ntp.keys
 *
 * Return: true; false after a message on stderr.
 */
bool keys_load(const char *path);

/** keys_all() - all of them, or NULL if none were loaded */
const struct ntp_keys *keys_all(void);

/**
 * keys_verify() - is the MAC of a reply right?
 * @id: key that it is to be of
 * @reply: header and MAC
 * @len: octets of both
 */
bool keys_verify(u32 id, const u8 *reply, size_t len);

/** keys_free() - forget them */
void keys_free(void);

#endif
