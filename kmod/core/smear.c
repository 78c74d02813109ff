// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */

#include "kmod/core/smear.h"

/* Fractions of 2^-30: products of two stay below 2^64. */
#define ONE		0x40000000ULL
#define PI_SQUARED	10597407032ULL

#define NEAR_NS		(2ULL * NTP_NSEC_PER_SEC)
#define HALF_A_SECOND	0x80000000LL

static u64 times(u64 a, u64 b)
{
	return a * b >> 30;
}

/*
 * (1 - cos(pi x)) / 2 for x up to 1/2: with z = (pi x)^2, that is
 * z / 4 (1 - z / 12 (1 - z / 30 (1 - z / 56 (1 - z / 90 ...)))).
 */
static u64 rise(u64 x)
{
	static const u8 divisors[] = { 182, 132, 90, 56, 30, 12 };
	u64 z = times(times(x, x), PI_SQUARED);
	u64 sum = ONE;
	size_t i;

	for (i = 0; i < sizeof(divisors); i++)
		sum = ONE - div_u64(times(z, sum), divisors[i]);
	return times(z, sum) >> 2;
}

/* The curve from 0 to 1, @x of the way. */
static u64 curve(u64 x)
{
	return x > ONE / 2 ? ONE - rise(ONE - x) : rise(x);
}

/* @ns, below 68 years, in 2^-32 s. */
static u64 in_units(u64 ns)
{
	u64 sec;
	u32 rest_ns;

	sec = div_u64_rem(ns, NTP_NSEC_PER_SEC, &rest_ns);
	return sec << 32 | div_u64((u64)rest_ns << 32, NTP_NSEC_PER_SEC);
}

void ntp_smear_age(struct ntp_smear *smear, const struct ntp_smear_plan *plan,
		   u64 mono_ns)
{
	bool is_over = mono_ns >= plan->end_ns;
	u64 away_ns = is_over ? mono_ns - plan->end_ns :
				plan->end_ns - mono_ns;

	memset(smear, 0, sizeof(*smear));
	if (likely(!plan->interval_s))
		return;
	smear->is_on = true;
	smear->is_active = !is_over || away_ns < NTP_NSEC_PER_SEC;
	smear->is_near = away_ns < NEAR_NS;
	smear->is_deleted = plan->is_deleted;
	smear->interval_s = plan->interval_s;
	smear->end = plan->end;
	if (smear->is_near)
		smear->unstepped.v = is_over ?
				     plan->end.v + in_units(away_ns) :
				     plan->end.v - in_units(away_ns);
}

static bool is_stepped(const struct ntp_smear *smear, ntp_ts_t ts)
{
	s64 ahead = ntp_lfp_diff(ts, smear->unstepped);

	return smear->is_deleted ? ahead > HALF_A_SECOND :
				   ahead < -HALF_A_SECOND;
}

s64 ntp_smear_offset(const struct ntp_smear *smear, ntp_ts_t ts)
{
	s64 left = ntp_lfp_diff(smear->end, ts), offset = ONE;

	if (!smear->is_active || left >> 32 >= smear->interval_s ||
	    (smear->is_near && is_stepped(smear, ts)))
		return 0;
	if (left > 0)
		offset = (s64)curve(ONE - div_u64((u64)left >> 2,
						  smear->interval_s));
	offset *= 4;
	return smear->is_deleted ? offset : -offset;
}

u32 ntp_smear_refid(s64 offset)
{
	return 254U << 24 | ((u32)((u64)(offset + (1 << 9)) >> 10) & 0xffffff);
}
