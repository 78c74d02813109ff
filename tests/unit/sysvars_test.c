// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */

#include "kmod/core/packet.h"
#include "kmod/core/sysvars.h"
#include "tests/lib/tap.h"

#define ROUNDS	100000
#define SECOND	1000000000ULL
#define GIVEN	(1000 * SECOND)

static struct ntp_sysvars sample(void)
{
	return (struct ntp_sysvars){
		.leap = 1,
		.stratum = 3,
		.precision = -20,
		.is_set = true,
		.refid = 0xc0000201,
		.drift_ppb = NTP_SYSVARS_PHI_PPB,
		.reftime = { 0x1122334455667788 },
		.rootdelay = { 0x123 },
		.rootdisp_ns = 5000000,
		.given_ns = GIVEN,
		.valid_ns = 1024 * SECOND,
	};
}

static void test_sync(void)
{
	struct ntp_sysvars sys = sample();
	struct ntp_sysvars_now now;

	ntp_sysvars_age(&now, &sys, GIVEN + 100 * SECOND);
	is_int(now.state, NTP_SYSVARS_SYNC, "fresh: synchronised");
	ok(now.leap == 1 && now.stratum == 3 && now.precision == -20 &&
	   now.refid == sys.refid && now.reftime.v == sys.reftime.v &&
	   now.rootdelay.v == sys.rootdelay.v, "fresh: served as given");
	/* 5 ms + 100 s * 15 ppm = 6.5 ms = 425.98 units */
	is_int(now.rootdisp.v, 426, "fresh: dispersion grew by 15 ppm");
	is_int(ntp_sysvars_disp_ns(&sys, GIVEN + 100 * SECOND), 6500000,
	       "fresh: the same in ns");
	is_int(ntp_sysvars_disp_ns(&sys, GIVEN - 1), 5000000,
	       "a reading from before it was given has no age");
	is_int(ntp_sysvars_disp_ns(&sys, GIVEN + 1), 5000001,
	       "growth rounds up");
}

static void test_expiry(void)
{
	struct ntp_sysvars sys = sample();
	struct ntp_sysvars_now now;

	ntp_sysvars_age(&now, &sys, GIVEN + sys.valid_ns - 1);
	is_int(now.state, NTP_SYSVARS_SYNC, "valid to the last nanosecond");
	ntp_sysvars_age(&now, &sys, GIVEN + sys.valid_ns);
	is_int(now.state, NTP_SYSVARS_EXPIRED, "then expired");
	ok(now.leap == NTP_LEAP_UNSYNC && now.stratum == NTP_STRATUM_UNSPEC,
	   "expired: leap 3, stratum 0");
	is_int(now.refid, 0, "expired: an address is no kiss code");
	ok(now.reftime.v == sys.reftime.v &&
	   now.rootdelay.v == sys.rootdelay.v && now.rootdisp.v > 327,
	   "expired: the rest is as it was, and grows");

	sys.valid_ns = UINT64_MAX;
	sys.rootdisp_ns = NTP_SYSVARS_MAXDISP_NS - 2;
	ntp_sysvars_age(&now, &sys, GIVEN + 1);
	is_int(now.state, NTP_SYSVARS_SYNC, "1 ns below MAXDISP is a clock");
	ntp_sysvars_age(&now, &sys, GIVEN + SECOND);
	is_int(now.state, NTP_SYSVARS_EXPIRED, "MAXDISP is none");
	is_int(now.rootdisp.v, 16 << 16, "and dispersion stays at 16 s");
	ntp_sysvars_age(&now, &sys, UINT64_MAX);
	is_int(now.rootdisp.v, 16 << 16, "for ever");
}

static void test_unsync(void)
{
	struct ntp_sysvars sys = sample();
	struct ntp_sysvars_now now;

	sys.leap = NTP_LEAP_UNSYNC;
	sys.stratum = NTP_STRATUM_UNSYNC;
	sys.refid = 0x494e4954;
	ntp_sysvars_age(&now, &sys, GIVEN);
	ok(now.state == NTP_SYSVARS_UNSYNC && now.leap == NTP_LEAP_UNSYNC &&
	   now.stratum == NTP_STRATUM_UNSPEC, "unsync: leap 3, stratum 0");
	is_int(now.refid, 0x494e4954, "unsync: the kiss code is served");
	sys.leap = 0;
	ntp_sysvars_age(&now, &sys, GIVEN);
	ok(now.state == NTP_SYSVARS_UNSYNC && now.leap == NTP_LEAP_UNSYNC,
	   "stratum 16 is enough for it");
	sys.stratum = 0;
	ntp_sysvars_age(&now, &sys, GIVEN);
	ok(now.state == NTP_SYSVARS_UNSYNC && now.leap == NTP_LEAP_UNSYNC,
	   "and so is stratum 0");
	sys.stratum = 2;
	sys.leap = NTP_LEAP_UNSYNC;
	ntp_sysvars_age(&now, &sys, GIVEN);
	ok(now.state == NTP_SYSVARS_UNSYNC && !now.stratum,
	   "leap 3 is enough for it");
	ntp_sysvars_age(&now, &sys, GIVEN + sys.valid_ns);
	is_int(now.state, NTP_SYSVARS_UNSYNC, "it does not expire");

	memset(&sys, 0, sizeof(sys));
	sys.stratum = 1;
	ntp_sysvars_age(&now, &sys, GIVEN);
	ok(now.state == NTP_SYSVARS_UNSET && now.leap == NTP_LEAP_UNSYNC &&
	   !now.stratum && !now.refid && !now.reftime.v,
	   "unset: leap 3, stratum 0");
	is_int(now.rootdisp.v, 16 << 16, "unset: dispersion 16 s");
}

/* Against exact arithmetic, with anything a caller may pass. */
static void test_growth(void)
{
	bool exact = true, grows = true;

	for (int i = 0; i < ROUNDS && exact && grows; i++) {
		struct ntp_sysvars sys = sample();
		u64 age_ns = tap_spread(), now_ns, disp_ns;
		unsigned __int128 want;

		sys.given_ns = tap_spread();
		sys.drift_ppb = (u32)tap_spread();
		sys.rootdisp_ns = tap_spread();
		if (age_ns > UINT64_MAX - sys.given_ns)
			age_ns = UINT64_MAX - sys.given_ns;
		now_ns = sys.given_ns + age_ns;
		want = sys.rootdisp_ns + ((unsigned __int128)age_ns *
					  sys.drift_ppb + SECOND - 1) / SECOND;
		if (want > NTP_SYSVARS_MAXDISP_NS ||
		    age_ns / SECOND > INT32_MAX)
			want = NTP_SYSVARS_MAXDISP_NS;
		disp_ns = ntp_sysvars_disp_ns(&sys, now_ns);
		exact = disp_ns == want;
		grows = ntp_sysvars_disp_ns(&sys, now_ns + (now_ns < UINT64_MAX)) >=
			disp_ns;
		if (!exact || !grows)
			diag("age %" PRIu64 " drift %u disp %" PRIu64, age_ns,
			     sys.drift_ppb, sys.rootdisp_ns);
	}
	ok(exact, "dispersion is that of exact arithmetic, rounded up");
	ok(grows, "and never shrinks");
}

int main(void)
{
	tap_start();
	test_sync();
	test_expiry();
	test_unsync();
	test_growth();
	return tap_finish();
}
