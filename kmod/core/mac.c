// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */

#include "kmod/core/bytes.h"
#include "kmod/core/mac.h"
#include "kmod/core/port.h"

bool ntp_mac_is_claim(const u8 *mac, size_t len)
{
	u32 digest = 0;
	size_t at;

	for (at = NTP_MAC_KEYID; at + 4 <= len; at += 4)
		digest |= ntp_bytes_get32(mac + at);
	return digest && ntp_bytes_get32(mac);
}

/* Takes as long wherever they differ, so that nobody can guess step by step. */
static bool is_same(const u8 *a, const u8 *b, size_t len)
{
	unsigned int differs = 0;
	size_t i;

	for (i = 0; i < len; i++) {
		differs |= a[i] ^ b[i];
		OPTIMIZER_HIDE_VAR(differs);
	}
	return !differs;
}

bool ntp_mac_verify(const struct ntp_key *key, const u8 *packet, size_t len,
		    const u8 *mac, size_t mac_len)
{
	u8 dgst[NTP_KEY_DGST_MAX];

	return mac_len == ntp_mac_len(key) &&
	       ntp_port_mac(key, packet, len, dgst) &&
	       is_same(dgst, mac + NTP_MAC_KEYID, key->dgst_len);
}

bool ntp_mac_sign(const struct ntp_key *key, u8 *packet, size_t len)
{
	u8 dgst[NTP_KEY_DGST_MAX];

	if (!ntp_port_mac(key, packet, len, dgst))
		return false;
	ntp_bytes_put32(packet + len, key->id);
	memcpy(packet + len + NTP_MAC_KEYID, dgst, key->dgst_len);
	return true;
}
