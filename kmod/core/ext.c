// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */

#include "kmod/core/bytes.h"
#include "kmod/core/ext.h"
#include "kmod/core/mac.h"

static bool is_nts(u16 type)
{
	switch (type) {
	case NTP_EXT_NTS_UID:
	case NTP_EXT_NTS_COOKIE:
	case NTP_EXT_NTS_PLACEHOLDER:
	case NTP_EXT_NTS_AUTH:
		return true;
	default:
		return false;
	}
}

bool ntp_ext_scan(const u8 *tail, size_t len, u16 *ext_len, bool *has_nts)
{
	bool is_nts_seen = false;
	size_t at = 0;

	while (len - at >= NTP_EXT_MIN_LAST) {
		size_t field = ntp_bytes_get16(tail + at + 2);

		if (field < NTP_EXT_MIN || field % 4 || field > len - at)
			return false;
		is_nts_seen |= is_nts(ntp_bytes_get16(tail + at));
		at += field;
	}
	*ext_len = (u16)at;
	*has_nts = is_nts_seen;
	return at == len || ntp_mac_is_length(len - at);
}
