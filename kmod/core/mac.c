// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */

#include "kmod/core/bytes.h"
#include "kmod/core/mac.h"

bool ntp_mac_is_claim(const u8 *mac, size_t len)
{
	u32 digest = 0;
	size_t at;

	for (at = NTP_MAC_KEYID; at + 4 <= len; at += 4)
		digest |= ntp_bytes_get32(mac + at);
	return digest && ntp_bytes_get32(mac);
}
