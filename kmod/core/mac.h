/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef NTP_MAC_H
#define NTP_MAC_H

#include "kmod/core/key.h"

/* Message authentication code, RFC 5905 section 7.3: key id, then digest. */
enum {
	NTP_MAC_KEYID		= 4,
	NTP_MAC_NAK		= 4,	/* crypto-NAK: key id 0, no digest */
	NTP_MAC_128		= 20,	/* MD5, AES-CMAC */
	NTP_MAC_160		= 24,	/* SHA-1 */
};

static inline bool ntp_mac_is_length(size_t len)
{
	return len == NTP_MAC_NAK || len == NTP_MAC_128 || len == NTP_MAC_160;
}

/**
 * ntp_mac_is_claim() - does a MAC claim to be made with some key
 * @mac: key identifier and digest
 * @len: octets of both
 *
 * A crypto-NAK does not, nor does a blank digest or key 0: these are the
 * requests of MS-SNTP clients, which must not be taken for a failed MAC.
 *
 * Return: true if there is a key identifier other than 0 and a digest that is
 * not all zero.
 */
bool ntp_mac_is_claim(const u8 *mac, size_t len);

/**
 * ntp_mac_verify() - was a packet signed with a key
 * @key: a key that the core knows (@key->dgst_len is not 0)
 * @packet: header and extension fields
 * @len: octets of these
 * @mac: key identifier and digest, behind them
 * @mac_len: octets of both
 *
 * Compares in constant time.
 *
 * Return: true if so.
 */
bool ntp_mac_verify(const struct ntp_key *key, const u8 *packet, size_t len,
		    const u8 *mac, size_t mac_len);

/**
 * ntp_mac_len() - octets that ntp_mac_sign() appends
 * @key: a key that the core knows
 *
 * Return: 20 to 24.
 */
static inline u16 ntp_mac_len(const struct ntp_key *key)
{
	return NTP_MAC_KEYID + key->dgst_len;
}

/**
 * ntp_mac_sign() - append key identifier and digest to a packet
 * @key: a key that the core knows
 * @packet: @len octets, and room for ntp_mac_len() behind them
 * @len: octets to be signed
 *
 * Return: false if the digest could not be made; then the packet is of no use.
 */
bool ntp_mac_sign(const struct ntp_key *key, u8 *packet, size_t len);

#endif
