// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */

#include <netinet/in.h>
#include <arpa/inet.h>

#include "kmod/core/key.h"
#include "tests/lib/tap.h"

static struct ntp_addr addr(const char *text)
{
	struct ntp_addr a = { { [10] = 0xff, [11] = 0xff } };

	if (strchr(text, ':'))
		inet_pton(AF_INET6, text, a.b);
	else
		inet_pton(AF_INET, text, a.b + 12);
	return a;
}

static void test_find(void)
{
	enum { N = 1000 };
	struct ntp_key *key = calloc(N, sizeof(*key));
	struct ntp_keys keys = { .key = key };
	bool is_good = true;

	ok(!ntp_key_find(&keys, 1), "no keys: none is found");
	for (u32 n = 1; n <= N && is_good; n += 37) {
		for (u32 i = 0; i < n; i++)
			key[i].id = 5 + 3 * i;
		keys.n = n;
		for (u32 i = 0; i < n && is_good; i++)
			is_good = ntp_key_find(&keys, 5 + 3 * i) == &key[i] &&
				  !ntp_key_find(&keys, 6 + 3 * i);
		is_good &= !ntp_key_find(&keys, 0) && !ntp_key_find(&keys, 4) &&
			   !ntp_key_find(&keys, UINT32_MAX);
	}
	ok(is_good, "1 to %d keys: each is found, and what is not there is not",
	   N);
	free(key);
}

static void test_allows(void)
{
	struct ntp_key_peer peers[] = {
		{ addr("192.0.2.128"), 96 + 25 },
		{ addr("198.51.100.7"), 128 },
		{ addr("2001:db8:0:8000::"), 49 },
		{ addr("fe80::"), 10 },
	};
	static const struct {
		const char *from;
		bool want;
	} rows[] = {
		{ "192.0.2.127", false },
		{ "192.0.2.128", true },
		{ "192.0.2.255", true },
		{ "192.0.3.0", false },
		{ "198.51.100.7", true },
		{ "198.51.100.6", false },
		{ "2001:db8:0:7fff:ffff::", false },
		{ "2001:db8:0:8000::", true },
		{ "2001:db8:0:ffff:ffff:ffff:ffff:ffff", true },
		{ "2001:db8:1::", false },
		{ "febf::1", true },
		{ "fec0::1", false },
		{ "::", false },
	};
	struct ntp_key key = { .id = 1, .peer = peers };

	ok(ntp_key_allows(&key, &peers[1].addr), "no peers: anybody may");
	key.peer_n = 4;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ntp_addr from = addr(rows[i].from);

		is_int(ntp_key_allows(&key, &from), rows[i].want, "%s %s",
		       rows[i].from, rows[i].want ? "may" : "may not");
	}
	struct ntp_key_peer all = { { { 0 } }, 0 };
	struct ntp_addr from = addr("192.0.2.1");

	key.peer = &all;
	key.peer_n = 1;
	ok(ntp_key_allows(&key, &from), "prefix 0 is everybody");
}

static void test_names(void)
{
	is_str(ntp_key_type_name(NTP_KEY_MD5), "MD5", "first type");
	is_str(ntp_key_type_name(NTP_KEY_CMAC), "AES128CMAC", "CMAC");
	is_str(ntp_key_type_name(NTP_KEY_OTHER), "OTHER", "all others");
}

int main(void)
{
	tap_start();
	test_find();
	test_allows();
	test_names();
	return tap_finish();
}
