// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */

#include "kmod/core/lfp.h"

#define UNIX_EPOCH_NS	((u64)NTP_LFP_UNIX_EPOCH * NTP_NSEC_PER_SEC)
#define ERA_NS		((u64)NTP_NSEC_PER_SEC << 32)

/*
 * Seconds since 1900, modulo a whole number of eras, and the nanoseconds left.
 * Two eras of bias keep every time before 1970 positive: s64 nanoseconds
 * reach back 292 years, two eras are 272 and the epoch adds 70.
 */
static u64 era_seconds(s64 ns, u32 *rest_ns)
{
	u64 biased = (u64)ns + UNIX_EPOCH_NS;

	if (ns < 0)
		biased += 2 * ERA_NS;
	return div_u64_rem(biased, NTP_NSEC_PER_SEC, rest_ns);
}

ntp_ts_t ntp_lfp_from_unix(s64 ns)
{
	ntp_ts_t ts;
	u32 rest_ns;
	u64 sec;

	sec = era_seconds(ns, &rest_ns);
	ts.v = sec << 32 | div_u64((u64)rest_ns << 32, NTP_NSEC_PER_SEC);
	return ts;
}

s64 ntp_lfp_to_unix(ntp_ts_t ts, s64 near_ns)
{
	u64 frac_ns, near_sec;
	u32 rest_ns;
	s32 delta;

	near_sec = era_seconds(near_ns, &rest_ns);
	delta = (s32)((u32)(ts.v >> 32) - (u32)near_sec);
	frac_ns = ((ts.v & 0xffffffff) * NTP_NSEC_PER_SEC + (1U << 31)) >> 32;
	/* Unsigned, as times at the very end of the range wrap. */
	return (s64)((u64)near_ns - rest_ns + frac_ns +
		     (u64)((s64)delta * (s64)NTP_NSEC_PER_SEC));
}

ntp_short_t ntp_lfp_short(u64 ns)
{
	ntp_short_t s = { 0xffffffff };
	u64 units;

	if (ns >= 65536ULL * NTP_NSEC_PER_SEC)
		return s;
	/* 2^16 / 10^9 is 2^7 / 5^9, and that is 128 / 1953125. */
	units = div_u64(ns * 128 + 1953124, 1953125);
	if (units < s.v)
		s.v = (u32)units;
	return s;
}

u64 ntp_lfp_short_ns(ntp_short_t s)
{
	return (u64)s.v * NTP_NSEC_PER_SEC >> 16;
}
