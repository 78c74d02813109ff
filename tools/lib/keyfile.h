/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef KEYFILE_H
#define KEYFILE_H

#include <stddef.h>

#include "kmod/core/key.h"

/*
 * ntp.keys: symmetric keys, one a line, as ntpd, ntpsec and chronyd write them:
 *
 *	ID TYPE KEY [ADDRESS[/LENGTH],...]	# comment
 *
 * A line that is wrong is skipped, the others stay. What is reported about a
 * line never holds a word of it that might be a secret.
 */

enum {
	KEYFILE_DIGEST_MAX	= 16,
	KEYFILE_ASCII_MAX	= 20,		/* longer ones are hexadecimal */
	KEYFILE_SIZE_MAX	= 16 << 20,	/* octets of a file */
};

/**
 * struct keyfile_key - a line of the file
 * @id: 1 to NTP_KEY_ID_MAX
 * @type: NTP_KEY_OTHER: one for OpenSSL, by the name in @digest
 * @digest: OpenSSL's name of the digest; ntp_key_type_name() of other types
 * @secret: @secret_len octets, 1 or more; 16 for NTP_KEY_CMAC
 * @peer: networks that may use the key, host bits cleared; none: all
 */
struct keyfile_key {
	u32 id;
	enum ntp_key_type type;
	char digest[KEYFILE_DIGEST_MAX];
	u8 secret[NTP_KEY_SECRET_MAX];
	size_t secret_len;
	struct ntp_key_peer peer[NTP_KEY_PEERS_MAX];
	size_t peer_n;
	unsigned int line;
};

/**
 * struct keyfile - a file
 * @key: @key_n keys, sorted by id, none twice
 * @bad_n: lines that were skipped
 */
struct keyfile {
	struct keyfile_key *key;
	size_t key_n;
	size_t key_max;		/* that @key has room for */
	unsigned int bad_n;
};

/** enum keyfile_severity - what a problem means */
enum keyfile_severity {
	KEYFILE_WARNING,	/* look at it */
	KEYFILE_ERROR,		/* the line, or the whole file, is not used */
};

/** struct keyfile_problem - what is wrong where, and what to do */
struct keyfile_problem {
	enum keyfile_severity severity;
	const char *file;
	unsigned int line;	/* from 1; 0: the file as a whole */
	unsigned int col;	/* from 1, in characters of UTF-8 */
	char text[128];		/* what is wrong, no full stop */
	char remedy[192];
};

/** typedef keyfile_report_fn - called for each problem, line by line */
typedef void (*keyfile_report_fn)(const struct keyfile_problem *problem,
				  void *arg);

/**
 * keyfile_load() - read a key file
 * @path: the file
 * @file: result, for keyfile_free(); NULL on failure
 * @report: told of every line that is skipped, and of a file that others may
 *	read
 *
 * Return: 0, also where lines were skipped; -ENOMEM; -EFBIG; or the negative
 * errno that the file could not be read for. The last two were reported, too.
 */
int keyfile_load(const char *path, struct keyfile **file,
		 keyfile_report_fn report, void *arg);

/**
 * keyfile_parse() - read keys from memory, see keyfile_load()
 * @text: @len octets, any octets; the caller wipes them
 * @name: stands for the file name in messages
 *
 * Return: 0, or -ENOMEM.
 */
int keyfile_parse(const char *text, size_t len, const char *name,
		  struct keyfile **file, keyfile_report_fn report, void *arg);

/** keyfile_free() - wipe the secrets, free the rest; NULL is fine */
void keyfile_free(struct keyfile *file);

/**
 * keyfile_find() - the key of an identifier, or NULL
 */
const struct keyfile_key *keyfile_find(const struct keyfile *file, u32 id);

/**
 * keyfile_type() - a type by one of its names
 * @name: @len octets: AES128CMAC, sha-1, M, RIPEMD160, ...; case, - and _ do
 *	not count
 * @digest: result, see struct keyfile_key
 *
 * Return: the enum ntp_key_type, or -EINVAL where it is none.
 */
int keyfile_type(const char *name, size_t len, char digest[KEYFILE_DIGEST_MAX]);

/**
 * keyfile_secret() - a secret from its text
 * @text: @len octets: up to KEYFILE_ASCII_MAX characters as they are, more are
 *	hexadecimal; HEX: or ASCII: before it says which
 * @key: type given; secret and its length are the result
 * @problem: text and remedy where it is not one
 *
 * Return: 0, or -EINVAL.
 */
int keyfile_secret(const char *text, size_t len, struct keyfile_key *key,
		   struct keyfile_problem *problem);

/**
 * keyfile_print() - a problem as one line: FILE:LINE:COL: severity: text; remedy
 * @buf: @size octets, 1024 hold any with a name of up to 600
 *
 * Return: @buf.
 */
const char *keyfile_print(const struct keyfile_problem *problem, char *buf,
			  size_t size);

#endif
