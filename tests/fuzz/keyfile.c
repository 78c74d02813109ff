// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */

/*
 * Any octets as ntp.keys. Beside what the sanitizers see: keys are within
 * their bounds and sorted, each line is a key, or skipped and told once, and
 * what is told is one line.
 */

#include <stdio.h>
#include <stdlib.h>

#include "tools/lib/keyfile.h"

static void must(int condition, const char *what)
{
	if (condition)
		return;
	fprintf(stderr, "does not hold: %s\n", what);
	abort();
}

static void report(const struct keyfile_problem *problem, void *arg)
{
	unsigned int *errors = arg;
	char line[1024];

	*errors += problem->severity == KEYFILE_ERROR;
	must(problem->line && problem->col, "place");
	keyfile_print(problem, line, sizeof(line));
	for (const char *p = line; *p; p++)
		must(*p >= ' ' && *p < 0x7f, "a message is one plain line");
}

static void check_key(const struct keyfile_key *key, const char *text,
		      size_t len)
{
	char digest[KEYFILE_DIGEST_MAX];

	must(key->id >= 1 && key->id <= NTP_KEY_ID_MAX, "identifier");
	must(key->type < NTP_KEY_TYPE_COUNT, "type");
	must(keyfile_type(key->digest, strlen(key->digest), digest) ==
	     (int)key->type && !strcmp(digest, key->digest), "digest");
	must(key->secret_len && key->secret_len <= NTP_KEY_SECRET_MAX,
	     "secret");
	must(key->type != NTP_KEY_CMAC || key->secret_len == 16, "CMAC");
	must(key->peer_n <= NTP_KEY_PEERS_MAX, "networks");
	for (size_t i = 0; i < key->peer_n; i++)
		must(key->peer[i].prefix <= 128, "prefix");
	for (unsigned int line = 1; line < key->line; line++) {
		const char *next = memchr(text, '\n', len);

		must(next != NULL, "line");
		len -= (size_t)(next + 1 - text);
		text = next + 1;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *buf, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *buf, size_t len)
{
	unsigned int errors = 0;
	struct keyfile *file;

	must(!keyfile_parse((const char *)buf, len, "fuzz", &file, report,
			    &errors), "the only error is no memory");
	must(errors == file->bad_n, "what is skipped is told");
	for (size_t i = 0; i < file->key_n; i++) {
		check_key(&file->key[i], (const char *)buf, len);
		must(!i || file->key[i].id > file->key[i - 1].id, "order");
		must(keyfile_find(file, file->key[i].id) == &file->key[i],
		     "found");
	}
	keyfile_free(file);
	return 0;
}
