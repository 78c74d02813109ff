/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef NTP_LFP_H
#define NTP_LFP_H

#include "kmod/core/types.h"

/* Seconds from the prime epoch of NTP (1900) to that of UNIX (1970). */
#define NTP_LFP_UNIX_EPOCH	2208988800U

/**
 * typedef ntp_ts_t - a time stamp of RFC 5905 section 6, in host order
 *
 * The upper half counts seconds since the start of its era, the lower half
 * fractions of 2^-32 s. A struct, so that it does not mix with other numbers.
 */
typedef struct {
	u64 v;
} ntp_ts_t;

/**
 * typedef ntp_short_t - a duration in the short format of RFC 5905 section 6
 *
 * Seconds in the upper 16 bits, fractions of 2^-16 s below; never negative.
 */
typedef struct {
	u32 v;
} ntp_short_t;

/**
 * ntp_lfp_from_unix() - UNIX time to an NTP time stamp
 * @ns: nanoseconds since 1970 UTC, may be negative
 *
 * Return: the stamp within its era, rounded down to 2^-32 s, so that stamps
 * keep the order of the times they were made from.
 */
ntp_ts_t ntp_lfp_from_unix(s64 ns);

/**
 * ntp_lfp_to_unix() - NTP time stamp to UNIX time
 * @ts: the stamp
 * @near_ns: a time known to be within 68 years of it, ns since 1970 UTC
 *
 * Return: nanoseconds since 1970 UTC, of the era nearest to @near_ns.
 */
s64 ntp_lfp_to_unix(ntp_ts_t ts, s64 near_ns);

/**
 * ntp_lfp_add_ns() - a stamp somewhat later than another one
 * @ts: the stamp
 * @ns: how much later, below 2^32
 *
 * Far cheaper than ntp_lfp_from_unix().
 *
 * Return: the stamp, less than 2^-32 s too early.
 */
static inline ntp_ts_t ntp_lfp_add_ns(ntp_ts_t ts, u32 ns)
{
	ts.v += div_u64((u64)ns << 32, NTP_NSEC_PER_SEC);
	return ts;
}

/**
 * ntp_lfp_diff() - difference of two stamps across any era
 * @a: minuend
 * @b: subtrahend
 *
 * Return: @a - @b in units of 2^-32 s, for stamps less than 68 years apart.
 */
static inline s64 ntp_lfp_diff(ntp_ts_t a, ntp_ts_t b)
{
	return (s64)(a.v - b.v);
}

/**
 * ntp_lfp_short() - duration to the short format
 * @ns: nanoseconds
 *
 * Return: @ns rounded up, as it bounds an error; 65535.99998 s at the most.
 */
ntp_short_t ntp_lfp_short(u64 ns);

/**
 * ntp_lfp_short_ns() - short format to nanoseconds
 * @s: duration
 *
 * Return: nanoseconds, rounded down.
 */
u64 ntp_lfp_short_ns(ntp_short_t s);

#endif
