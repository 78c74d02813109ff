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

bool ntp_ext_scan(struct ntp_ext_spans *spans, const u8 *tail, size_t len)
{
	size_t at = 0;

	spans->has_nts = false;
	while (len - at >= NTP_EXT_MIN_LAST) {
		size_t field = ntp_bytes_get16(tail + at + 2);

		if (field < NTP_EXT_MIN || field % 4 || field > len - at)
			return false;
		spans->has_nts |= is_nts(ntp_bytes_get16(tail + at));
		at += field;
	}
	spans->ext_len = (u16)at;
	spans->mac_len = (u16)(len - at);
	return at == len || ntp_mac_is_length(len - at);
}
