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
 * ntp_ext_scan() - tell extension fields from the MAC behind them
 * @tail: what follows the header of a version 4 packet
 * @len: its length in octets, NTP_PACKET_MAX at the most
 * @ext_len: octets of extension fields; what is left is a MAC
 * @has_nts: one of the fields is of Network Time Security
 *
 * RFC 7822 section 7.5.1.4: the fields end where nothing, a crypto-NAK of 4
 * octets or a MAC of 20 or 24 is left. So a last field with no MAC behind it
 * has 28 octets or more.
 *
 * Return: true if well formed, else false.
 */
bool ntp_ext_scan(const u8 *tail, size_t len, u16 *ext_len, bool *has_nts);

#endif
