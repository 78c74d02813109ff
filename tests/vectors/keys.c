// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */

/* The keys that a server has for the vectors. */

#include <stdio.h>
#include <stdlib.h>

#include "kmod/core/mac.h"
#include "kmod/core/packet.h"
#include "tests/vectors/keys.h"
#include "tools/lib/keyfile.h"
#include "tools/lib/port.h"

static struct ntp_keys keys;
static struct ntp_key *key;

static void report(const struct keyfile_problem *problem, void *arg)
{
	char line[1024];

	/* They are no secret: that anybody may read them is as it should be. */
	if (problem->severity == KEYFILE_ERROR)
		fprintf(stderr, "%s\n",
			keyfile_print(problem, line, sizeof(line)));
}

static bool take(const struct keyfile_key *from)
{
	struct ntp_key *to = key + keys.n++;

	*to = (struct ntp_key){
		.id = from->id,
		.type = (u8)from->type,
		.is_trusted = from->id != KEYS_UNTRUSTED,
	};
	return !port_key_prepare(to, from->digest, from->secret,
				 from->secret_len);
}

bool keys_load(const char *path)
{
	struct keyfile *file;
	bool is_good;

	if (keyfile_load(path, &file, report, NULL))
		return false;
	key = calloc(file->key_n + 1, sizeof(*key));
	is_good = key && !file->bad_n;
	for (size_t i = 0; i < file->key_n && is_good; i++)
		is_good = take(&file->key[i]);
	keyfile_free(file);
	keys.key = key;
	if (!is_good)
		fprintf(stderr, "%s: not all of the keys can be used\n", path);
	return is_good;
}

const struct ntp_keys *keys_all(void)
{
	return keys.n ? &keys : NULL;
}

bool keys_verify(u32 id, const u8 *reply, size_t len)
{
	const struct ntp_key *found = ntp_key_find(&keys, id);

	return found && len > NTP_PACKET_HEADER &&
	       ntp_mac_verify(found, reply, NTP_PACKET_HEADER,
			      reply + NTP_PACKET_HEADER,
			      len - NTP_PACKET_HEADER);
}

void keys_free(void)
{
	for (u32 i = 0; i < keys.n; i++)
		port_key_wipe(&key[i]);
	free(key);
	keys.n = 0;
}
