/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef NTP_SMEAR_H
#define NTP_SMEAR_H

#include "kmod/core/lfp.h"

enum {
	NTP_SMEAR_INTERVAL_MAX_S	= 86400,
};

/**
 * struct ntp_smear_plan - a leap second that clients are not to see
 * @interval_s: it is spread over so long before it, 1 s to
 *	NTP_SMEAR_INTERVAL_MAX_S; 0: no plan
 * @is_deleted: a second is left out, not inserted
 * @end_ns: when the clock of this host steps, on a clock that only moves
 *	forward
 * @end: what the clock of this host shows then, before it steps
 */
struct ntp_smear_plan {
	u32 interval_s;
	bool is_deleted;
	u64 end_ns;
	ntp_ts_t end;
};

/**
 * struct ntp_smear - a plan at some moment
 * @is_on: there is a plan, so clients are told of no leap second
 * @is_active: there are stamps to be smeared
 * @is_near: the clock may have stepped
 * @is_deleted: as of the plan
 * @interval_s: as of the plan
 * @end: as of the plan
 * @unstepped: about what the clock shows as long as it has not stepped
 */
struct ntp_smear {
	bool is_on;
	bool is_active;
	bool is_near;
	bool is_deleted;
	u32 interval_s;
	ntp_ts_t end;
	ntp_ts_t unstepped;
};

/**
 * ntp_smear_age() - bring a plan to now
 * @smear: result
 * @plan: the plan
 * @mono_ns: now, on the clock of @plan->end_ns, to half a second
 *
 * The plan ends a second late: the clock steps with its tick.
 */
void ntp_smear_age(struct ntp_smear *smear, const struct ntp_smear_plan *plan,
		   u64 mono_ns);

/**
 * ntp_smear_offset() - what is to be added to a time stamp
 * @smear: of now, or of within a second
 * @ts: stamp by the clock of this host
 *
 * ntpd's curve, (1 - cos(pi t / interval)) / 2, to 10 ns; the whole second at
 * its end. Nothing for stamps from behind the step: they have what others get.
 *
 * Return: in 2^-32 s, below 0 for a second that is inserted.
 */
s64 ntp_smear_offset(const struct ntp_smear *smear, ntp_ts_t ts);

/** ntp_smear_stamp() - a time stamp as clients are to see it */
static inline ntp_ts_t ntp_smear_stamp(const struct ntp_smear *smear,
				       ntp_ts_t ts)
{
	ts.v += (u64)ntp_smear_offset(smear, ts);
	return ts;
}

/**
 * ntp_smear_refid() - reference identifier of a server that smears
 * @offset: in 2^-32 s, -2 s to less than 2 s
 *
 * Return: 254.x.y.z, where x.y.z is the offset in 2^-22 s, as ntpd has it.
 */
u32 ntp_smear_refid(s64 offset);

#endif
