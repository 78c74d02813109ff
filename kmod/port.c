// SPDX-License-Identifier: GPL-2.0-only
/* Copyright (C) 2026 The kntp authors */

#include <crypto/hash.h>

#include "kmod/core/port.h"
#include "kmod/keys.h"

static int make(struct shash_desc *desc, const struct kntp_keys_slot *slot,
		const u8 *msg, size_t len, u8 *dgst)
{
	if (slot->key.type == NTP_KEY_CMAC)
		return crypto_shash_digest(desc, msg, len, dgst);
	return crypto_shash_init(desc) ?:
	       crypto_shash_update(desc, slot->secret, slot->secret_len) ?:
	       crypto_shash_finup(desc, msg, len, dgst);
}

/**
 * ntp_port_mac() - digest of key and message; see kmod/core/port.h
 * @key: of a configuration in force: its secret is a struct kntp_keys_slot
 * @msg: the message
 * @len: its length in octets
 * @dgst: result, whole
 *
 * Any context, bottom halves off included: shash works on the stack.
 *
 * Return: true, or false if it could not be made.
 */
bool ntp_port_mac(const struct ntp_key *key, const u8 *msg, size_t len,
		  u8 dgst[NTP_KEY_DGST_MAX])
{
	const struct kntp_keys_slot *slot = key->secret;
	SHASH_DESC_ON_STACK(desc, slot->tfm);
	int ret;

	if (unlikely(!slot->tfm))
		return false;
	desc->tfm = slot->tfm;
	ret = make(desc, slot, msg, len, dgst);
	shash_desc_zero(desc);
	return !ret;
}
