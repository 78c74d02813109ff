/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef NTP_EXT_H
#define NTP_EXT_H

#include "kmod/core/types.h"

/* Extension fields, RFC 7822: type, length, value; the length counts all. */
enum {
	NTP_EXT_HEADER		= 4,
	NTP_EXT_MIN		= 16,
	NTP_EXT_MIN_LAST	= 28,	/* where no MAC follows */
};

/* Field types, RFC 8915 section 7.5. */
enum {
	NTP_EXT_NTS_UID		= 0x0104,
	NTP_EXT_NTS_COOKIE	= 0x0204,
	NTP_EXT_NTS_PLACEHOLDER	= 0x0304,
	NTP_EXT_NTS_AUTH	= 0x0404,
};

/**
 * struct ntp_ext_spans - what lies behind the header of a version 4 packet
 * @ext_len: octets of extension fields
 * @mac_len: octets behind them: 0, or 4, 20 or 24 of a MAC
 * @has_nts: one of the fields is of Network Time Security
 */
struct ntp_ext_spans {
	u16 ext_len;
	u16 mac_len;
	bool has_nts;
};

/**
 * ntp_ext_scan() - tell extension fields from the MAC behind them
 * @spans: what was found
 * @tail: what follows the header
 * @len: its length in octets, NTP_PACKET_MAX at the most
 *
 * RFC 7822 section 7.5.1.4: the fields end where nothing, a crypto-NAK of 4
 * octets or a MAC of 20 or 24 is left. So a last field with no MAC behind it
 * has 28 octets or more.
 *
 * Return: true if well formed, @spans is set; else false.
 */
bool ntp_ext_scan(struct ntp_ext_spans *spans, const u8 *tail, size_t len);

#endif
