/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef NTP_MAC_H
#define NTP_MAC_H

#include "kmod/core/types.h"

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

#endif
