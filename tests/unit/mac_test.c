// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */

/*
 * MACs as the core makes and checks them, and tools/lib/port.c beneath. The
 * digests are those of RFC 4493 section 4, or of another implementation.
 */

#include <errno.h>
#include <stdlib.h>

#include <openssl/crypto.h>

#include "kmod/core/bytes.h"
#include "kmod/core/mac.h"
#include "tests/lib/tap.h"
#include "tools/lib/port.h"

static const u8 request[48] = {
	0x23, 0, 6, 0x20, [40] = 0xe1, 0xb2, 0xc3, 0xd4, 0xa5, 0x96, 0x87, 0x78,
};

static unsigned long allocated, held;

/* OpenSSL's memory, counted. */
static void *count_malloc(size_t size, const char *file, int line)
{
	void *p = malloc(size);

	allocated++;
	held += !!p;
	return p;
}

static void *count_realloc(void *p, size_t size, const char *file, int line)
{
	allocated++;
	held += !p;
	return realloc(p, size);
}

static void count_free(void *p, const char *file, int line)
{
	held -= !!p;
	free(p);
}

static size_t unhex(u8 *octets, const char *text)
{
	size_t n = 0;

	for (; text[2 * n]; n++) {
		char pair[3] = { text[2 * n], text[2 * n + 1], 0 };

		octets[n] = (u8)strtoul(pair, NULL, 16);
	}
	return n;
}

static struct ntp_key key_of(enum ntp_key_type type, const char *digest,
			     const char *secret)
{
	struct ntp_key key = { .id = 7, .type = (u8)type };

	is_int(port_key_prepare(&key, digest, (const u8 *)secret,
				strlen(secret)), 0, "%s key",
	       digest ? digest : ntp_key_type_name(type));
	return key;
}

static bool has_digest(const struct ntp_key *key, const u8 *msg, size_t len,
		       const char *want)
{
	u8 dgst[NTP_KEY_DGST_MAX], wanted[NTP_KEY_DGST_MAX];

	return unhex(wanted, want) == key->dgst_len &&
	       ntp_port_mac(key, msg, len, dgst) &&
	       !memcmp(dgst, wanted, key->dgst_len);
}

static void test_cmac(void)
{
	static const struct {
		size_t len;
		const char *want;
	} rows[] = {
		{ 0, "bb1d6929e95937287fa37d129b756746" },
		{ 16, "070a16b46b4d4144f79bdd9dd04a287c" },
		{ 40, "dfa66747de9ae63030ca32611497c827" },
		{ 64, "51f0bebf7e3b9d92fc49741779363cfe" },
	};
	u8 msg[64], secret[16];
	struct ntp_key key = { .id = 20, .type = NTP_KEY_CMAC };

	unhex(secret, "2b7e151628aed2a6abf7158809cf4f3c");
	unhex(msg, "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af"
		   "8e5130c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417b"
		   "e66c3710");
	is_int(port_key_prepare(&key, NULL, secret, sizeof(secret)), 0,
	       "AES128CMAC key");
	for (int turn = 0; turn < 2; turn++)
		for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
			ok(has_digest(&key, msg, rows[i].len, rows[i].want),
			   "RFC 4493: %zu octets", rows[i].len);
	port_key_wipe(&key);
	ok(!key.secret, "a wiped key has no secret");
	port_key_wipe(&key);
}

static void test_digests(void)
{
	static const struct {
		enum ntp_key_type type;
		const char *digest;
		const char *want;
	} rows[] = {
		{ NTP_KEY_MD5, NULL, "48d6d51980e8aa289b0c57119872cef0" },
		{ NTP_KEY_SHA1, NULL, "8cfeea44a56d218753dfe3eb0d54009873585f51" },
		{ NTP_KEY_SHA256, NULL, "9c70700b3c06c7618835829b8ae532fee33b7e3d" },
		{ NTP_KEY_SHA384, NULL, "3b709171fc58c41e72ce269680f23ca4bdf8ea74" },
		{ NTP_KEY_SHA512, NULL, "89f76993481efb89a2564f153e85b841a1462318" },
		{ NTP_KEY_OTHER, "SHA3-256", "b1e93b19b8b8cdd86a2d64d9516080875ce84d07" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ntp_key key = key_of(rows[i].type, rows[i].digest,
					    "secret of the test");

		ok(has_digest(&key, request, 48, rows[i].want),
		   "digest of secret and packet");
		ok(has_digest(&key, request, 48, rows[i].want), "once more");
		port_key_wipe(&key);
	}
}

static void test_refused(void)
{
	static const struct {
		enum ntp_key_type type;
		const char *digest;
		size_t len;
		int want;
	} rows[] = {
		{ NTP_KEY_MD5, NULL, 0, -EINVAL },
		{ NTP_KEY_MD5, NULL, NTP_KEY_SECRET_MAX + 1, -EINVAL },
		{ NTP_KEY_CMAC, NULL, 15, -EINVAL },
		{ NTP_KEY_CMAC, NULL, 17, -EINVAL },
		{ NTP_KEY_OTHER, NULL, 16, -EOPNOTSUPP },
		{ NTP_KEY_OTHER, "no such digest", 16, -EOPNOTSUPP },
	};
	u8 secret[NTP_KEY_SECRET_MAX + 1] = { 1 };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ntp_key key = { .type = (u8)rows[i].type, .secret = &key };

		is_int(port_key_prepare(&key, rows[i].digest, secret,
					rows[i].len), rows[i].want,
		       "%s, %zu octets: refused",
		       ntp_key_type_name(rows[i].type), rows[i].len);
		ok(!key.secret, "and nothing left");
	}
}

static void test_sign(void)
{
	static const enum ntp_key_type types[] = {
		NTP_KEY_MD5, NTP_KEY_SHA1, NTP_KEY_SHA512, NTP_KEY_CMAC,
	};

	for (size_t t = 0; t < sizeof(types) / sizeof(types[0]); t++) {
		struct ntp_key key = key_of(types[t], NULL, "sixteen letters.");
		size_t mac_len = ntp_mac_len(&key);
		u8 packet[48 + 4 + NTP_KEY_DGST_WIRE_MAX + 1];
		bool is_good = true;

		memset(packet, 0xa5, sizeof(packet));
		memcpy(packet, request, 48);
		ok(ntp_mac_sign(&key, packet, 48), "signed");
		ok(packet[48 + mac_len] == 0xa5, "and no octet more written");
		is_int(ntp_bytes_get32(packet + 48), 7, "key identifier");
		ok(ntp_mac_verify(&key, packet, 48, packet + 48, mac_len),
		   "it is right");
		for (size_t bit = 0; bit < 8 * (48 + mac_len); bit++) {
			bool is_id = bit / 8 >= 48 && bit / 8 < 52;

			packet[bit / 8] ^= (u8)(1 << bit % 8);
			is_good &= ntp_mac_verify(&key, packet, 48, packet + 48,
						  mac_len) == is_id;
			packet[bit / 8] ^= (u8)(1 << bit % 8);
		}
		ok(is_good, "wrong with any bit changed");
		is_good = true;
		for (size_t len = 4; len < 80; len++)
			is_good &= len == mac_len ||
				   !ntp_mac_verify(&key, packet, 48,
						   packet + 48, len);
		ok(is_good, "and with any other length");
		port_key_wipe(&key);
	}
}

static void test_memory(void)
{
	struct ntp_key md5 = key_of(NTP_KEY_MD5, NULL, "sixteen letters.");
	struct ntp_key sha512 = key_of(NTP_KEY_SHA512, NULL, "sixteen letters.");
	struct ntp_key cmac = key_of(NTP_KEY_CMAC, NULL, "sixteen letters.");
	unsigned long before = allocated, held_before = held;
	u8 dgst[NTP_KEY_DGST_MAX];
	bool is_good = before;

	for (int i = 0; i < 1000 && is_good; i++)
		is_good = ntp_port_mac(&cmac, request, 48, dgst);
	ok(is_good, "1000 CMACs");
	is_int(allocated - before, 0, "without any memory");
	for (int i = 0; i < 1000 && is_good; i++)
		is_good = ntp_port_mac(&md5, request, 48, dgst) &&
			  ntp_port_mac(&sha512, request, 48, dgst);
	ok(is_good, "2000 digests");
	diag("digests: %lu allocations", allocated - before);
	is_int(held - held_before, 0, "which keep no memory");
	port_key_wipe(&md5);
	port_key_wipe(&sha512);
	port_key_wipe(&cmac);
}

static void test_claim(void)
{
	u8 mac[24] = { 0 };

	ok(!ntp_mac_is_claim(mac, 4), "a crypto-NAK claims no key");
	ok(!ntp_mac_is_claim(mac, 20), "nor does an empty MAC");
	mac[3] = 1;
	ok(!ntp_mac_is_claim(mac, 24), "nor a key without a digest");
	mac[23] = 1;
	ok(ntp_mac_is_claim(mac, 24), "key and digest do");
	ok(!ntp_mac_is_claim(mac, 20), "if it is within");
	mac[3] = 0;
	ok(!ntp_mac_is_claim(mac, 24), "but not key 0");
}

int main(void)
{
	/* Before OpenSSL takes any memory, or it refuses. */
	int is_counted = CRYPTO_set_mem_functions(count_malloc, count_realloc,
						  count_free);

	tap_start();
	ok(is_counted, "OpenSSL's memory is counted");
	test_claim();
	test_cmac();
	test_digests();
	test_refused();
	test_sign();
	test_memory();
	return tap_finish();
}
