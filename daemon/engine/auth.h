/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef AUTH_H
#define AUTH_H

#include "kmod/core/key.h"
#include "kmod/core/mac.h"
#include "kmod/core/packet.h"

/* Symmetric keys on packets of associations: RFC 5905 sections 7.3 and 9.2. */

/** AUTH_PACKET_MAX - the longest packet that is sent: header and MAC */
#define AUTH_PACKET_MAX \
	(NTP_PACKET_HEADER + NTP_MAC_KEYID + NTP_KEY_DGST_WIRE_MAX)

/** enum auth_result - what a packet's MAC is worth */
enum auth_result {
	AUTH_GOOD,		/* made with a key that is trusted here */
	AUTH_NONE,		/* there is none */
	AUTH_NAK,		/* a crypto-NAK stands in its place */
	AUTH_NO_KEY,		/* its key is unknown, or not trusted */
	AUTH_NOT_THEIRS,	/* the key is not for this host */
	AUTH_WRONG,		/* it was made with another secret */
};

/**
 * auth_check() - check the MAC of a packet against the trusted keys
 * @pkt: taken apart by ntp_packet_parse() from @buf
 * @from: who sent it
 */
enum auth_result auth_check(const struct ntp_packet *pkt, const u8 *buf,
			    const struct ntp_addr *from);

/**
 * auth_check_key() - check the MAC of a packet against one key
 * @key: key, or NULL where it is unknown
 */
enum auth_result auth_check_key(const struct ntp_packet *pkt, const u8 *buf,
				const struct ntp_addr *from,
				const struct ntp_key *key);

/**
 * auth_sign() - append the MAC of a key
 * @buf: @len octets, with room for AUTH_PACKET_MAX
 * @id: trusted key; 0: none, nothing is appended
 *
 * Return: octets of the packet; 0 where the key is not to be had.
 */
size_t auth_sign(u8 *buf, size_t len, u32 id);

/** auth_result_name() - why a packet is not believed, for people */
const char *auth_result_name(enum auth_result result);

#endif
