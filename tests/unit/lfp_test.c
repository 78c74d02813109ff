// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */

#include "kmod/core/lfp.h"
#include "tests/lib/tap.h"

#define ROUNDS		200000
#define SECOND		1000000000LL
#define ERA_END		2085978496LL	/* 2036-02-07 06:28:16 UTC */
#define YEARS(n)	((n) * 31556952LL * SECOND)

/* The definition in exact arithmetic: floor of units since 1900, one era. */
static uint64_t reference(s64 ns)
{
	__int128 units = (__int128)ns + (__int128)NTP_LFP_UNIX_EPOCH * SECOND;

	units += (__int128)2 * SECOND << 32;
	return (uint64_t)((units << 32) / SECOND);
}

static s64 random_time(void)
{
	return tap_random() & 1 ? (s64)tap_random() : -(s64)tap_spread();
}

static void test_known_values(void)
{
	static const struct {
		s64 ns;
		u64 ts;
		const char *name;
	} known[] = {
		{ 0, 2208988800ULL << 32, "1970, RFC 5905 figure 4" },
		{ SECOND / 2, 2208988800ULL << 32 | 1U << 31, "half a second" },
		{ -NTP_LFP_UNIX_EPOCH * SECOND, 0, "1900, the prime epoch" },
		{ ERA_END * SECOND - SECOND, 0xffffffffULL << 32, "last second of era 0" },
		{ ERA_END * SECOND - 1, 0xfffffffffffffffbULL, "last ns of era 0" },
		{ ERA_END * SECOND, 0, "first of era 1, 8 February 2036" },
		{ ERA_END * SECOND + 1, 4, "1 ns is 4.29 units, rounded down" },
		{ 63104LL * 86400 * SECOND - NTP_LFP_UNIX_EPOCH * SECOND,
		  63104ULL * 86400 % (1ULL << 32) << 32,
		  "2072, RFC 5905 figure 4 counts on" },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		is_int(ntp_lfp_from_unix(known[i].ns).v, known[i].ts,
		       "%s", known[i].name);
}

static void test_from_unix(void)
{
	s64 ends[] = { INT64_MIN, INT64_MIN + 1, -1, 0, 1, INT64_MAX - 1, INT64_MAX };
	bool exact = true;

	for (int i = 0; i < ROUNDS && exact; i++) {
		s64 ns = i < 7 ? ends[i] : random_time();

		exact = ntp_lfp_from_unix(ns).v == reference(ns);
		if (!exact)
			diag("at %" PRId64 " ns", ns);
	}
	ok(exact, "any time becomes the floor of its exact value");
}

/* What is added is rounded down, as is what it is added to. */
static void test_add(void)
{
	bool near = true;

	for (int i = 0; i < ROUNDS && near; i++) {
		s64 ns = random_time();
		u32 more = i & 1 ? tap_below(SECOND) : (u32)tap_random();
		ntp_ts_t sum = ntp_lfp_add_ns(ntp_lfp_from_unix(ns), more);

		if (ns > INT64_MAX - more)
			continue;
		near = reference(ns + more) - sum.v <= 1;
		if (!near)
			diag("at %" PRId64 " and %u ns more", ns, more);
	}
	ok(near, "a stamp and nanoseconds more are that time, but for a unit");
	is_int(ntp_lfp_add_ns((ntp_ts_t){ UINT64_MAX }, 1).v, 3,
	       "across the end of an era, too");
	is_int(ntp_lfp_add_ns((ntp_ts_t){ 5 }, 0).v, 5, "none more is the same");
}

static void test_order(void)
{
	bool kept = true;

	for (int i = 0; i < ROUNDS && kept; i++) {
		s64 a = (s64)(tap_random() >> 1) - (1LL << 62);
		s64 gap = 1 + (s64)(tap_spread() % YEARS(67));
		s64 diff = ntp_lfp_diff(ntp_lfp_from_unix(a + gap),
					ntp_lfp_from_unix(a));

		kept = diff > 0;
		if (!kept)
			diag("at %" PRId64 " and %" PRId64 " ns more", a, gap);
	}
	ok(kept, "a later time is a later stamp, across eras too");
}

static void test_round_trip(void)
{
	bool same = true;

	for (int i = 0; i < ROUNDS && same; i++) {
		s64 ns = (s64)(tap_random() >> 2) - (1LL << 61);
		s64 off = (s64)(tap_spread() % YEARS(67));
		s64 near_ns = tap_random() & 1 ? ns + off : ns - off;

		same = ntp_lfp_to_unix(ntp_lfp_from_unix(ns), near_ns) == ns;
		if (!same)
			diag("at %" PRId64 " near %" PRId64, ns, near_ns);
	}
	ok(same, "a time comes back from its stamp to the nanosecond");

	is_int(ntp_lfp_to_unix((ntp_ts_t){ 0 }, ERA_END * SECOND),
	       ERA_END * SECOND, "stamp 0 in 2036 is the start of era 1");
	is_int(ntp_lfp_to_unix((ntp_ts_t){ 0 }, -NTP_LFP_UNIX_EPOCH * SECOND),
	       -NTP_LFP_UNIX_EPOCH * SECOND, "stamp 0 in 1900 is that of era 0");
	is_int(ntp_lfp_to_unix((ntp_ts_t){ UINT64_MAX }, ERA_END * SECOND + 5),
	       ERA_END * SECOND, "the last unit of an era rounds into the next");
}

static void test_diff(void)
{
	ntp_ts_t last = { UINT64_MAX }, first = { 0 };

	is_int(ntp_lfp_diff(first, last), 1, "an era follows the one before");
	is_int(ntp_lfp_diff(last, first), -1, "and the other way round");
	is_int(ntp_lfp_diff(first, first), 0, "no difference");
}

static void test_short(void)
{
	bool tight = true, back = true;

	is_int(ntp_lfp_short(0).v, 0, "short: nothing");
	is_int(ntp_lfp_short(1).v, 1, "short: 1 ns rounds up");
	is_int(ntp_lfp_short(15258).v, 1, "short: just below a unit");
	is_int(ntp_lfp_short(15259).v, 2, "short: just above a unit");
	is_int(ntp_lfp_short(SECOND).v, 65536, "short: 1 s");
	is_int(ntp_lfp_short(65536ULL * SECOND - 1).v, UINT32_MAX, "short: full");
	is_int(ntp_lfp_short(65536ULL * SECOND).v, UINT32_MAX, "short: beyond");
	is_int(ntp_lfp_short(UINT64_MAX).v, UINT32_MAX, "short: for ever");
	is_int(ntp_lfp_short_ns((ntp_short_t){ UINT32_MAX }), 65535999984741,
	       "short: longest in ns");

	for (int i = 0; i < ROUNDS && tight; i++) {
		u64 ns = tap_spread() % (65535ULL * SECOND);
		ntp_short_t s = ntp_lfp_short(ns);

		/* v / 2^16 s >= ns, and one unit less is not. */
		tight = (__int128)s.v * SECOND >= (__int128)ns << 16 &&
			(!s.v || (__int128)(s.v - 1) * SECOND <
				 (__int128)ns << 16);
		if (!tight)
			diag("at %" PRIu64 " ns: %u", ns, s.v);
	}
	ok(tight, "short: the least that is not less");

	for (int i = 0; i < ROUNDS && back; i++) {
		ntp_short_t s = { (u32)tap_random() };

		back = ntp_lfp_short(ntp_lfp_short_ns(s)).v == s.v;
		if (!back)
			diag("at %u", s.v);
	}
	ok(back, "short: comes back from its nanoseconds");
}

int main(void)
{
	tap_start();
	test_known_values();
	test_from_unix();
	test_add();
	test_order();
	test_round_trip();
	test_diff();
	test_short();
	return tap_finish();
}
