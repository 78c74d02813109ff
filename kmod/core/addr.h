/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef NTP_ADDR_H
#define NTP_ADDR_H

#include "kmod/core/bytes.h"

/* An address as two numbers; in prefixes, bits count from the upper end. */
static inline u64 ntp_addr_high(const struct ntp_addr *addr)
{
	return ntp_bytes_get64(addr->b);
}

static inline u64 ntp_addr_low(const struct ntp_addr *addr)
{
	return ntp_bytes_get64(addr->b + 8);
}

static inline bool ntp_addr_is_ipv4(const struct ntp_addr *addr)
{
	return !(ntp_addr_high(addr) | (ntp_addr_low(addr) >> 32 ^ 0xffff));
}

/* What tables choose buckets by: each bit of @v changes half of the result's. */
static inline u64 ntp_addr_mix(u64 v)
{
	v ^= v >> 33;
	v *= 0xff51afd7ed558ccdULL;
	v ^= v >> 33;
	v *= 0xc4ceb9fe1a85ec53ULL;
	return v ^ v >> 33;
}

/* The upper half of the mask of a prefix of 0 to 128 bits. */
static inline u64 ntp_addr_mask_high(unsigned int prefix)
{
	if (prefix >= 64)
		return ~0ULL;
	return prefix ? ~0ULL << (64 - prefix) : 0;
}

/* The lower half. */
static inline u64 ntp_addr_mask_low(unsigned int prefix)
{
	return prefix > 64 ? ntp_addr_mask_high(prefix - 64) : 0;
}

#endif
