// SPDX-License-Identifier: GPL-2.0-only
/* Copyright (C) 2026 The kntp authors */

#define pr_fmt(fmt) "kntp: " fmt

#include <crypto/hash.h>
#include <linux/module.h>
#include <linux/netlink.h>
#include <linux/slab.h>

#include "kmod/keys.h"

/* Names of the crypto API; those that a kernel lacks are the daemon's. */
static const char *const digest[] = {
	[NTP_KEY_MD5] = "md5",
	[NTP_KEY_SHA1] = "sha1",
	[NTP_KEY_SHA256] = "sha256",
	[NTP_KEY_SHA384] = "sha384",
	[NTP_KEY_SHA512] = "sha512",
	[NTP_KEY_CMAC] = "cmac(aes)",
};

/* Digests are found by name, which tells no dependency. */
MODULE_SOFTDEP("pre: cmac aes md5 sha1 sha256 sha512");

static struct crypto_shash *new_tfm(enum ntp_key_type type, const u8 *secret,
				    size_t secret_len)
{
	struct crypto_shash *tfm;
	int ret;

	tfm = crypto_alloc_shash(digest[type], 0, 0);
	if (IS_ERR(tfm))
		return tfm;
	ret = crypto_shash_digestsize(tfm) > NTP_KEY_DGST_MAX ? -EINVAL : 0;
	if (!ret && type == NTP_KEY_CMAC)
		ret = crypto_shash_setkey(tfm, secret, secret_len);
	if (ret) {
		crypto_free_shash(tfm);
		return ERR_PTR(ret);
	}
	return tfm;
}

/* The kernel cannot check such a MAC: who can is further up. */
static void leave_to_daemon(struct ntp_key *key, int err,
			    struct netlink_ext_ack *extack)
{
	pr_warn("key %u: this kernel has no %s (error %d): its requests are left to the daemon; load or enable the digest and add the key again\n",
		key->id, digest[key->type], err);
	NL_SET_ERR_MSG(extack, "this kernel lacks the digest: requests with this key are left to the daemon");
	key->type = NTP_KEY_OTHER;
	key->dgst_len = 0;
}

#define WIRE_LEN(NAME, name, len) \
	[NTP_KEY_##NAME] = len,

/* Octets of the digest on the wire. */
static u8 wire_len(enum ntp_key_type type)
{
	static const u8 len[NTP_KEY_TYPE_COUNT] = { NTP_KEY_TYPES(WIRE_LEN) };

	return len[type];
}

/**
 * kntp_keys_new() - make a key ready to use
 * @key: @id, @type, @is_trusted and @peer; whoever may use it
 * @secret: the secret
 * @secret_len: its length in octets, 1 to NTP_KEY_SECRET_MAX, 16 for AES-CMAC
 * @extack: says where the kernel lacks the digest, which is no failure
 *
 * May sleep, and load modules.
 *
 * Return: the key, the caller's to kntp_keys_put(), or an ERR_PTR().
 */
struct kntp_keys_slot *kntp_keys_new(const struct ntp_key *key,
				     const u8 *secret, size_t secret_len,
				     struct netlink_ext_ack *extack)
{
	struct kntp_keys_slot *slot;
	int err;

	slot = kzalloc(struct_size(slot, peer, key->peer_n),
		       GFP_KERNEL_ACCOUNT);
	if (!slot)
		return ERR_PTR(-ENOMEM);
	refcount_set(&slot->users, 1);
	slot->key = *key;
	slot->key.secret = slot;
	slot->key.peer = slot->peer;
	memcpy(slot->peer, key->peer, key->peer_n * sizeof(slot->peer[0]));
	slot->key.dgst_len = wire_len(key->type);
	if (key->type == NTP_KEY_OTHER)
		return slot;

	slot->tfm = new_tfm(key->type, secret, secret_len);
	if (IS_ERR(slot->tfm)) {
		err = PTR_ERR(slot->tfm);
		slot->tfm = NULL;
		if (err == -ENOMEM || err == -EINTR) {
			kntp_keys_put(slot);
			return ERR_PTR(err);
		}
		leave_to_daemon(&slot->key, err, extack);
		return slot;
	}
	if (key->type != NTP_KEY_CMAC) {
		memcpy(slot->secret, secret, secret_len);
		slot->secret_len = secret_len;
	}
	return slot;
}

/**
 * kntp_keys_put() - let go of a key; the last one wipes and frees it
 * @slot: the key, which no packet uses any more if this is the last hold
 *
 * May sleep.
 */
void kntp_keys_put(struct kntp_keys_slot *slot)
{
	if (!refcount_dec_and_test(&slot->users))
		return;
	crypto_free_shash(slot->tfm);
	kfree_sensitive(slot);
}
