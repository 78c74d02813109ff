// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include "daemon/engine/leap.h"
#include "daemon/engine/smear.h"
#include "tools/lib/log.h"

#define NS		INT64_C(1000000000)
#define DAY_S		86400
#define NEAR_NS		(2 * NS)

static struct ntp_smear_plan last;

static bool is_near(uint64_t mono_ns)
{
	int64_t ahead_ns = (int64_t)(last.end_ns - mono_ns);

	return last.interval_s && ahead_ns < NEAR_NS && ahead_ns > -NEAR_NS;
}

static void tell(bool is_due, uint32_t interval_s)
{
	if (is_due && !last.interval_s)
		log_notice("leap second: smeared over the last %u s before it; "
			   "clients are not told of it", interval_s);
	else if (!is_due && last.interval_s)
		log_notice("leap second: nothing to smear any more");
}

void smear_plan(struct ntp_smear_plan *plan, uint32_t interval_s,
		unsigned int leap, uint64_t mono_ns, int64_t real_ns)
{
	int64_t now_s = real_ns / NS, end_s;
	bool is_due = interval_s && leap_is_last_day(now_s) &&
		      (leap == LEAP_INSERT || leap == LEAP_DELETE);

	if (is_near(mono_ns)) {
		*plan = last;
		return;
	}
	tell(is_due, interval_s);
	last = (struct ntp_smear_plan){ 0 };
	if (is_due) {
		end_s = now_s - now_s % DAY_S + DAY_S - (leap == LEAP_DELETE);
		last.interval_s = interval_s;
		last.is_deleted = leap == LEAP_DELETE;
		last.end_ns = mono_ns + (uint64_t)(end_s * NS - real_ns);
		last.end = ntp_lfp_from_unix(end_s * NS);
	}
	*plan = last;
}

void smear_forget(void)
{
	last = (struct ntp_smear_plan){ 0 };
}
