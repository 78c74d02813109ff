// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include <math.h>

#include "daemon/engine/leap.h"
#include "daemon/engine/smear.h"
#include "kmod/core/respond.h"
#include "tests/lib/tap.h"
#include "tools/lib/log.h"

#define ROUNDS	100000
#define NS	INT64_C(1000000000)
#define UNIT	4294967296.0
/* 2016-12-31 00:00 UTC, and the clock that only moves forward then. */
#define DAY	(INT64_C(1483142400) * NS)
#define MONO	(5000 * NS)
#define LEAP	(DAY + 86400 * NS)

/*
 * When the clock that only moves forward shows @mono_ns: what the system's
 * clock shows, which inserts a second, or leaves one out, @late_ns after it is
 * due.
 */
static int64_t real_at(int64_t mono_ns, unsigned int leap, int64_t late_ns)
{
	int64_t real = DAY + mono_ns - MONO;

	if (leap == LEAP_INSERT && real >= LEAP + late_ns)
		return real - NS;
	if (leap == LEAP_DELETE && real >= LEAP - NS + late_ns)
		return real + NS;
	return real;
}

static double offset_at(const struct ntp_smear_plan *plan, int64_t mono_ns)
{
	struct ntp_smear smear;
	ntp_ts_t ts;

	/* The tick may be late, and the curve is not. */
	ntp_smear_age(&smear, plan, (u64)mono_ns - tap_below(100000000));
	ts = ntp_lfp_from_unix(LEAP + mono_ns - (int64_t)plan->end_ns);
	return (double)ntp_smear_offset(&smear, ts) / UNIT;
}

static void test_curve(void)
{
	double worst = 0;

	for (int i = 0; i < ROUNDS; i++) {
		struct ntp_smear_plan plan = {
			.interval_s = 1 + (u32)tap_below(86400),
			.is_deleted = i & 1,
			.end_ns = (u64)(MONO + 86400 * NS),
			.end = ntp_lfp_from_unix(LEAP),
		};
		int64_t left = (int64_t)tap_below(plan.interval_s *
						  (uint64_t)NS);
		double part = 1 - (double)left / NS / plan.interval_s;
		double want = (1 - cos(M_PI * part)) / 2;
		double got = offset_at(&plan, (int64_t)plan.end_ns - left);

		worst = fmax(worst, fabs(got - (i & 1 ? want : -want)));
	}
	ok(worst < 10e-9, "the cosine, to %.1f ns", worst * 1e9);
}

static void test_ends(void)
{
	struct ntp_smear_plan plan = { .interval_s = 7200,
				       .end_ns = (u64)(MONO + 7200 * NS),
				       .end = ntp_lfp_from_unix(LEAP) };
	struct ntp_smear smear;

	ntp_smear_age(&smear, &plan, (u64)MONO - 1);
	ok(smear.is_on && offset_at(&plan, MONO - 1) == 0 && !smear.is_near,
	   "before the interval: on, but nothing is added yet");
	is_int(offset_at(&plan, MONO) * UNIT, 0, "it begins with 0");
	is_int(offset_at(&plan, MONO + 3600 * NS) * UNIT, -(1LL << 31),
	       "half a second half way");
	is_int(offset_at(&plan, MONO + 7200 * NS) * UNIT, -(1LL << 32),
	       "a second at the end");
	is_int(offset_at(&plan, MONO + 7201 * NS - 1) * UNIT, -(1LL << 32),
	       "and until the clock must have stepped");
	is_int(offset_at(&plan, MONO + 7202 * NS) * UNIT, 0, "not longer");
	ntp_smear_age(&smear, &plan, (u64)MONO + 9000 * (u64)NS);
	ok(smear.is_on, "which is no reason to tell of a leap second");
	plan.interval_s = 0;
	ntp_smear_age(&smear, &plan, (u64)MONO);
	ok(!smear.is_on && !smear.is_active, "no plan, no smear");
}

/* As ntpd's own tests have it. */
static void test_refid(void)
{
	is_int(ntp_smear_refid(0), 0xfe000000, "254.0.0.0 for 0");
	is_int(ntp_smear_refid(-(1LL << 30)), 0xfef00000, "-0.25 s");
	is_int(ntp_smear_refid(-(1LL << 32)), 0xfec00000, "-1 s");
	is_int(ntp_smear_refid(-(1 << 10)), 0xfeffffff, "-0.24 us");
	is_int(ntp_smear_refid((7LL << 30) + (1 << 10)), 0xfe700001,
	       "1.75 s and a bit");
}

/*
 * A client's view over a whole day and what follows: one second is missing or
 * there are two of it, but nobody sees where.
 */
static void test_continuity(unsigned int leap, uint32_t interval_s,
			    int64_t late_ns)
{
	int64_t step_ns = NS / 100, from = MONO + 86400 * NS - 3 * NS;
	int64_t told = from - 60 * NS;
	struct ntp_smear_plan plan = { 0 };
	double last = NAN, worst = 0;

	smear_forget();
	for (int64_t mono = told; mono < from + 6 * NS; mono += step_ns) {
		int64_t real = real_at(mono, leap, late_ns);
		struct ntp_smear smear;
		double served, change;

		/* Told at any time, as of this second or of some ago. */
		if (!tap_below(50))
			smear_plan(&plan, interval_s, leap, (u64)mono, real);
		ntp_smear_age(&smear, &plan, (u64)mono);
		served = (double)(s64)(ntp_smear_stamp(&smear,
			ntp_lfp_from_unix(real)).v -
			ntp_lfp_from_unix(DAY + mono - MONO).v) / UNIT;
		if (!plan.interval_s)
			continue;
		change = served - last;
		worst = fmax(worst, fabs(change));
		last = served;
	}
	ok(worst < 2e-6 + 1.6 * 0.01 / interval_s,
	   "leap %u over %u s, %g s late: no step is served, %.3g s at the most",
	   leap, interval_s, (double)late_ns / NS, worst);
	ok(fabs(last - (leap == LEAP_INSERT ? -1 : 1)) < 1e-6,
	   "and a whole second in the end");
}

static void test_plan(void)
{
	struct ntp_smear_plan plan;

	smear_forget();
	smear_plan(&plan, 0, LEAP_INSERT, (u64)MONO, DAY);
	is_int(plan.interval_s, 0, "not wanted");
	smear_plan(&plan, 7200, LEAP_NONE, (u64)MONO, DAY);
	is_int(plan.interval_s, 0, "nothing is due");
	smear_plan(&plan, 7200, LEAP_INSERT, (u64)MONO, DAY - 1);
	is_int(plan.interval_s, 0, "nor the day before");
	smear_plan(&plan, 7200, LEAP_INSERT, (u64)MONO, DAY + 5 * NS);
	is_int(plan.end_ns, MONO + 86395 * NS, "a second more: at midnight");
	smear_plan(&plan, 7200, LEAP_DELETE, (u64)MONO, DAY + 5 * NS);
	is_int(plan.end_ns, MONO + 86394 * NS, "one less: a second before");
	smear_plan(&plan, 7200, LEAP_NONE, (u64)MONO, DAY + 5 * NS);
	is_int(plan.interval_s, 0, "called off");
	smear_plan(&plan, 7200, LEAP_INSERT, (u64)MONO, LEAP + 3 * NS);
	is_int(plan.interval_s, 0, "still announced on the day after: not due");
}

static const struct ntp_policy policy = { .minpoll = 3 };

/* To 2^-28 s, 4 ns: each stamp has the offset of its own moment. */
static bool is_close(u64 a, u64 b)
{
	return a - b + 16 <= 32;
}

static void test_reply(void)
{
	struct ntp_sysvars sys = {
		.leap = 1, .stratum = 2, .is_set = true, .refid = 0xc0000201,
		.reftime = ntp_lfp_from_unix(LEAP - 3700 * NS),
		.given_ns = (u64)MONO, .valid_ns = 80 * (u64)NS,
		.smear = { .interval_s = 7200,
			   .end_ns = (u64)(MONO + 3600 * NS),
			   .end = ntp_lfp_from_unix(LEAP) },
	};
	struct ntp_exchange ex = {
		.len = NTP_PACKET_HEADER, .reason = NTP_SERVED,
		.rec = ntp_lfp_from_unix(LEAP - 3600 * NS),
		.pkt = { .version = 4, .mode = NTP_MODE_CLIENT },
	};
	const u64 half = 1ULL << 31;
	struct ntp_sysvars_now now;
	u8 reply[NTP_RESPOND_MAX];
	ntp_ts_t xmt = { ex.rec.v + 1000 };
	u64 rec;

	ntp_sysvars_age(&now, &sys, (u64)MONO);
	is_int(now.leap, 1, "peers are told of the leap second");
	ntp_respond(&policy, &ex, &now, reply);
	xmt = ntp_respond_seal(&ex, reply, xmt);
	ok(is_close(xmt.v, ex.rec.v + 1000 - half),
	   "the transmit stamp is smeared");
	is_int(ntp_bytes_get64(reply + NTP_PACKET_XMT), xmt.v, "and sent so");
	is_int(ntp_bytes_get64(reply + NTP_PACKET_REC), ex.rec.v - half,
	       "the receive stamp");
	is_int(ntp_bytes_get64(reply + NTP_PACKET_REFTIME),
	       sys.reftime.v - half, "the reference time");
	is_int(ntp_bytes_get32(reply + NTP_PACKET_REFID), 0xfee00000,
	       "the reference identifier says by how much");
	is_int(reply[0] >> 6, 0, "a client is told of no leap second");
	is_int(reply[NTP_PACKET_STRATUM], 2, "the rest stays");

	ex.rec.v += 77;
	ntp_respond_restamp(&ex, reply);
	rec = ntp_bytes_get64(reply + NTP_PACKET_REC);
	ok(is_close(rec, ex.rec.v - half), "another receive stamp, too");
	xmt.v = ex.rec.v - 5;
	is_int(ntp_respond_seal(&ex, reply, xmt).v, rec + 1,
	       "never sent before it was received");

	sys.leap = NTP_LEAP_UNSYNC;
	ntp_sysvars_age(&now, &sys, (u64)MONO);
	ntp_respond(&policy, &ex, &now, reply);
	is_int(ntp_bytes_get64(reply + NTP_PACKET_REC), ex.rec.v,
	       "a clock that nobody believes is not smeared");
	is_int(reply[0] >> 6, 3, "and says so");
}

int main(void)
{
	static const uint32_t intervals[] = { 20, 60, 7200, 86400 };
	static const int64_t late[] = { 0, 3000000, 300000000 };

	tap_start();
	log_set_level(LOG_LEVEL_ERROR);
	test_curve();
	test_ends();
	test_refid();
	test_plan();
	for (size_t i = 0; i < sizeof(intervals) / sizeof(intervals[0]); i++) {
		for (size_t j = 0; j < sizeof(late) / sizeof(late[0]); j++) {
			test_continuity(LEAP_INSERT, intervals[i], late[j]);
			test_continuity(LEAP_DELETE, intervals[i], late[j]);
		}
	}
	test_reply();
	return tap_finish();
}
