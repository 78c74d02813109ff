// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>

#include "tools/lib/port.h"

/* Either a digest that starts with the secret, or a MAC keyed with it. */
struct prepared {
	EVP_MD *digest;
	EVP_MD_CTX *digest_ctx;
	EVP_MAC_CTX *mac_ctx;
	size_t len;
	u8 secret[NTP_KEY_SECRET_MAX];
};

enum {
	CMAC_SECRET	= 16,	/* octets of a key of AES-128 */
	DGST_MIN	= 16,	/* octets of the shortest MAC but a crypto-NAK */
};

static const char *const digest_names[NTP_KEY_TYPE_COUNT] = {
	[NTP_KEY_MD5]		= "MD5",
	[NTP_KEY_SHA1]		= "SHA1",
	[NTP_KEY_SHA256]	= "SHA256",
	[NTP_KEY_SHA384]	= "SHA384",
	[NTP_KEY_SHA512]	= "SHA512",
};

static int prepare_cmac(struct ntp_key *key, struct prepared *p)
{
	char cipher[] = "AES-128-CBC";
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_CIPHER, cipher,
						 0),
		OSSL_PARAM_construct_end(),
	};
	EVP_MAC *mac;

	if (p->len != CMAC_SECRET)
		return -EINVAL;
	mac = EVP_MAC_fetch(NULL, "CMAC", NULL);
	if (!mac)
		return -EOPNOTSUPP;
	p->mac_ctx = EVP_MAC_CTX_new(mac);
	EVP_MAC_free(mac);
	if (!p->mac_ctx)
		return -ENOMEM;
	if (!EVP_MAC_init(p->mac_ctx, p->secret, p->len, params))
		return -EOPNOTSUPP;
	key->dgst_len = (u8)EVP_MAC_CTX_get_mac_size(p->mac_ctx);
	return 0;
}

static int prepare_digest(struct ntp_key *key, struct prepared *p,
			  const char *name)
{
	int size;

	p->digest = name ? EVP_MD_fetch(NULL, name, NULL) : NULL;
	size = p->digest ? EVP_MD_get_size(p->digest) : 0;
	if (size < DGST_MIN || size > NTP_KEY_DGST_MAX)
		return -EOPNOTSUPP;
	p->digest_ctx = EVP_MD_CTX_new();
	if (!p->digest_ctx)
		return -ENOMEM;
	if (!EVP_DigestInit_ex2(p->digest_ctx, p->digest, NULL))
		return -EOPNOTSUPP;
	key->dgst_len = size < NTP_KEY_DGST_WIRE_MAX ? (u8)size :
						       NTP_KEY_DGST_WIRE_MAX;
	return 0;
}

int port_key_prepare(struct ntp_key *key, const char *digest_name,
		     const u8 *secret, size_t len)
{
	struct prepared *p;
	int ret;

	key->secret = NULL;
	if (!len || len > NTP_KEY_SECRET_MAX)
		return -EINVAL;
	p = calloc(1, sizeof(*p));
	if (!p)
		return -ENOMEM;
	key->secret = p;
	memcpy(p->secret, secret, len);
	p->len = len;
	if (key->type == NTP_KEY_CMAC)
		ret = prepare_cmac(key, p);
	else
		ret = prepare_digest(key, p, key->type == NTP_KEY_OTHER ?
				     digest_name : digest_names[key->type]);
	if (ret)
		port_key_wipe(key);
	return ret;
}

void port_key_wipe(struct ntp_key *key)
{
	struct prepared *p = key->secret;

	key->secret = NULL;
	if (!p)
		return;
	EVP_MD_CTX_free(p->digest_ctx);
	EVP_MD_free(p->digest);
	EVP_MAC_CTX_free(p->mac_ctx);
	explicit_bzero(p, sizeof(*p));
	free(p);
}

/* Contexts are made once: no algorithm is looked up for a packet. */
bool ntp_port_mac(const struct ntp_key *key, const u8 *msg, size_t len,
		  u8 dgst[NTP_KEY_DGST_MAX])
{
	struct prepared *p = key->secret;
	size_t made;

	if (p->mac_ctx)
		return EVP_MAC_init(p->mac_ctx, NULL, 0, NULL) &&
		       EVP_MAC_update(p->mac_ctx, msg, len) &&
		       EVP_MAC_final(p->mac_ctx, dgst, &made, NTP_KEY_DGST_MAX);
	return EVP_DigestInit_ex2(p->digest_ctx, NULL, NULL) &&
	       EVP_DigestUpdate(p->digest_ctx, p->secret, p->len) &&
	       EVP_DigestUpdate(p->digest_ctx, msg, len) &&
	       EVP_DigestFinal_ex(p->digest_ctx, dgst, NULL);
}
