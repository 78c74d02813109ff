/* SPDX-License-Identifier: GPL-2.0-only */
/* Copyright (C) 2026 The kntp authors */
#ifndef KNTP_KEYS_H
#define KNTP_KEYS_H

#include <linux/refcount.h>

#include "kmod/core/key.h"

struct crypto_shash;
struct netlink_ext_ack;

/**
 * struct kntp_keys_slot - a symmetric key, ready to sign and verify
 * @users: configurations that hold it
 * @key: as the core sees it; @key.secret is this slot
 * @tfm: the digest; NULL for NTP_KEY_OTHER
 * @secret_len: octets of @secret
 * @secret: hashed in front of a message; for AES-CMAC @tfm has it
 * @peer: what @key.peer points to
 */
struct kntp_keys_slot {
	refcount_t users;
	struct ntp_key key;
	struct crypto_shash *tfm;
	unsigned int secret_len;
	u8 secret[NTP_KEY_SECRET_MAX];
	struct ntp_key_peer peer[];
};

struct kntp_keys_slot *kntp_keys_new(const struct ntp_key *key,
				     const u8 *secret, size_t secret_len,
				     struct netlink_ext_ack *extack);
void kntp_keys_put(struct kntp_keys_slot *slot);

/**
 * kntp_keys_get() - hold a key once more
 * @slot: a key that the caller holds
 */
static inline void kntp_keys_get(struct kntp_keys_slot *slot)
{
	refcount_inc(&slot->users);
}

#endif
