// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */

#include "kmod/core/packet.h"
#include "kmod/core/sysvars.h"

/* Readers on other CPUs may hold a time from just before @sys was given. */
static u64 age_of(const struct ntp_sysvars *sys, u64 mono_ns)
{
	return mono_ns > sys->given_ns ? mono_ns - sys->given_ns : 0;
}

static u64 aged_disp(const struct ntp_sysvars *sys, u64 age_ns)
{
	u64 disp_ns, sec;
	u32 rest_ns;

	if (!sys->is_set || sys->rootdisp_ns >= NTP_SYSVARS_MAXDISP_NS)
		return NTP_SYSVARS_MAXDISP_NS;
	sec = div_u64_rem(age_ns, NTP_NSEC_PER_SEC, &rest_ns);
	/* Nothing said 68 years ago is worth anything; the product now fits. */
	if (sec >> 31)
		return NTP_SYSVARS_MAXDISP_NS;
	disp_ns = sys->rootdisp_ns + sec * sys->drift_ppb +
		  div_u64((u64)rest_ns * sys->drift_ppb + NTP_NSEC_PER_SEC - 1,
			  NTP_NSEC_PER_SEC);
	return disp_ns < NTP_SYSVARS_MAXDISP_NS ? disp_ns :
						  NTP_SYSVARS_MAXDISP_NS;
}

u64 ntp_sysvars_disp_ns(const struct ntp_sysvars *sys, u64 mono_ns)
{
	return aged_disp(sys, age_of(sys, mono_ns));
}

static enum ntp_sysvars_state state_of(const struct ntp_sysvars *sys,
				       u64 age_ns, u64 disp_ns)
{
	if (!sys->is_set)
		return NTP_SYSVARS_UNSET;
	if (sys->leap == NTP_LEAP_UNSYNC || !sys->stratum ||
	    sys->stratum >= NTP_STRATUM_UNSYNC)
		return NTP_SYSVARS_UNSYNC;
	if (age_ns >= sys->valid_ns || disp_ns >= NTP_SYSVARS_MAXDISP_NS)
		return NTP_SYSVARS_EXPIRED;
	return NTP_SYSVARS_SYNC;
}

void ntp_sysvars_age(struct ntp_sysvars_now *now, const struct ntp_sysvars *sys,
		     u64 mono_ns)
{
	u64 age_ns = age_of(sys, mono_ns);
	u64 disp_ns = aged_disp(sys, age_ns);

	now->state = state_of(sys, age_ns, disp_ns);
	now->leap = sys->leap;
	now->stratum = sys->stratum;
	now->precision = sys->precision;
	now->refid = sys->refid;
	now->reftime = sys->reftime;
	now->rootdelay = sys->rootdelay;
	now->rootdisp = ntp_lfp_short(disp_ns);
	ntp_smear_age(&now->smear, &sys->smear, mono_ns);
	if (likely(now->state == NTP_SYSVARS_SYNC))
		return;

	memset(&now->smear, 0, sizeof(now->smear));
	now->leap = NTP_LEAP_UNSYNC;
	now->stratum = NTP_STRATUM_UNSPEC;
	if (now->state == NTP_SYSVARS_UNSYNC)
		return;
	/* With stratum 0 an upstream's address would read as a kiss code. */
	now->refid = 0;
	if (now->state == NTP_SYSVARS_UNSET) {
		now->precision = 0;
		now->reftime.v = 0;
		now->rootdelay.v = 0;
	}
}
