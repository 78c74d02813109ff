/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef NTP_KEY_H
#define NTP_KEY_H

#include "kmod/core/types.h"

/*
 * Types of symmetric keys: X(NAME, name, octets of the digest on the wire), in
 * the order of enum kntp_key_type of the UAPI. Digests longer than 20 octets
 * are cut, RFC 7822 leaves no room for more.
 */
#define NTP_KEY_TYPES(X)		\
	X(MD5, MD5, 16)			\
	X(SHA1, SHA1, 20)		\
	X(SHA256, SHA256, 20)		\
	X(SHA384, SHA384, 20)		\
	X(SHA512, SHA512, 20)		\
	X(CMAC, AES128CMAC, 16)

#define NTP_KEY_ENUM(NAME, name, len)	NTP_KEY_##NAME,
enum ntp_key_type {
	NTP_KEY_TYPES(NTP_KEY_ENUM)
	NTP_KEY_OTHER,		/* a digest that only the daemon may know */
	NTP_KEY_TYPE_COUNT
};

#undef NTP_KEY_ENUM

enum {
	NTP_KEY_ID_MAX		= 65534,
	NTP_KEY_SECRET_MAX	= 64,	/* octets */
	NTP_KEY_DGST_MAX	= 64,	/* octets, before they are cut */
	NTP_KEY_DGST_WIRE_MAX	= 20,
	NTP_KEY_PEERS_MAX	= 32,
};

/** struct ntp_key_peer - a network whose hosts may use a key */
struct ntp_key_peer {
	struct ntp_addr addr;
	u8 prefix;
};

/**
 * struct ntp_key - a symmetric key, as packets are checked with it
 * @id: 1 to NTP_KEY_ID_MAX
 * @type: enum ntp_key_type
 * @dgst_len: octets of the digest on the wire; 0 for NTP_KEY_OTHER in the kernel
 * @is_trusted: it stands in trustedkey
 * @peer_n: number of @peer; 0: anybody may use it
 * @peer: who may use it
 * @secret: what the port layer made of the secret, see port.h; not the core's
 */
struct ntp_key {
	u32 id;
	u8 type;
	u8 dgst_len;
	bool is_trusted;
	u8 peer_n;
	const struct ntp_key_peer *peer;
	void *secret;
};

/**
 * struct ntp_keys - all keys of a configuration
 * @key: sorted by id, none twice
 * @n: number of keys
 */
struct ntp_keys {
	const struct ntp_key *key;
	u32 n;
};

/** ntp_key_type_name() - a type's name, as it stands in a key file */
const char *ntp_key_type_name(enum ntp_key_type type);

/** ntp_key_find() - the key of an identifier, or NULL */
const struct ntp_key *ntp_key_find(const struct ntp_keys *keys, u32 id);

/** ntp_key_allows() - may a host use this key? */
bool ntp_key_allows(const struct ntp_key *key, const struct ntp_addr *addr);

#endif
