/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef NTP_SYSVARS_H
#define NTP_SYSVARS_H

#include "kmod/core/smear.h"

enum {
	NTP_SYSVARS_PHI_PPB	= 15000,	/* RFC 5905 section 11, PHI */
};

/* RFC 5905 MAXDISP: from here on a clock is as good as none. */
#define NTP_SYSVARS_MAXDISP_NS	16000000000ULL

/** enum ntp_sysvars_state - in the order of enum kntp_state of the UAPI */
enum ntp_sysvars_state {
	NTP_SYSVARS_UNSET,
	NTP_SYSVARS_UNSYNC,
	NTP_SYSVARS_SYNC,
	NTP_SYSVARS_EXPIRED,
};

/**
 * struct ntp_sysvars - system variables as the daemon gave them
 * @leap: leap indicator
 * @stratum: 1 to 15, or 16 for unsynchronised
 * @precision: log2 s
 * @is_set: somebody gave them
 * @refid: reference identifier, host order
 * @drift_ppb: growth of the root dispersion
 * @reftime: when the clock was last corrected
 * @rootdelay: root delay
 * @rootdisp_ns: root dispersion at @given_ns
 * @given_ns: when they were given, on a clock that only moves forward, ns
 * @valid_ns: for how long from @given_ns they may be served
 * @smear: of the leap second that @leap announces
 *
 * A plain value; whoever shares it between CPUs brings the seqcount.
 */
struct ntp_sysvars {
	u8 leap;
	u8 stratum;
	s8 precision;
	bool is_set;
	u32 refid;
	u32 drift_ppb;
	ntp_ts_t reftime;
	ntp_short_t rootdelay;
	u64 rootdisp_ns;
	u64 given_ns;
	u64 valid_ns;
	struct ntp_smear_plan smear;
};

/**
 * struct ntp_sysvars_now - system variables as they go into a reply
 * @state: what they are worth
 * @leap: leap indicator
 * @stratum: as on the wire
 * @precision: log2 s
 * @refid: reference identifier, host order
 * @reftime: when the clock was last corrected
 * @rootdelay: root delay
 * @rootdisp: root dispersion by now
 * @smear: what becomes of time stamps for clients; off unless @state is
 *	NTP_SYSVARS_SYNC
 *
 * Unless @state is NTP_SYSVARS_SYNC, @leap is 3, @stratum 0 (the wire's form
 * of 16), and @refid a kiss code or 0: that of an expired clock is dropped, as
 * an upstream's address would read as a code.
 */
struct ntp_sysvars_now {
	enum ntp_sysvars_state state;
	u8 leap;
	u8 stratum;
	s8 precision;
	u32 refid;
	ntp_ts_t reftime;
	ntp_short_t rootdelay;
	ntp_short_t rootdisp;
	struct ntp_smear smear;
};

/**
 * ntp_sysvars_age() - bring system variables to now
 * @now: result
 * @sys: as given
 * @mono_ns: now, on the clock of @sys->given_ns
 *
 * Root dispersion grows by @sys->drift_ppb (RFC 5905 section 11.1) and rounds
 * up. Past the validity, or with a dispersion of MAXDISP, the clock is served
 * as unsynchronised.
 */
void ntp_sysvars_age(struct ntp_sysvars_now *now, const struct ntp_sysvars *sys,
		     u64 mono_ns);

/**
 * ntp_sysvars_disp_ns() - root dispersion at a time
 * @sys: as given
 * @mono_ns: now, on the clock of @sys->given_ns
 *
 * Return: nanoseconds, NTP_SYSVARS_MAXDISP_NS at the most.
 */
u64 ntp_sysvars_disp_ns(const struct ntp_sysvars *sys, u64 mono_ns);

#endif
