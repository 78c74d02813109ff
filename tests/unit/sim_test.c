// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include <math.h>

#include "tests/lib/tap.h"
#include "tests/sim/kclock.c"
#include "tests/sim/meter.c"
#include "tests/sim/rng.c"

/* What the simulator measures by: its clocks, its randomness, its figures. */

/* 2026-12-31T23:59:00Z */
#define NEW_YEAR	((1798761600LL - 60) * NS_PER_S)

static bool is_near(double a, double b, double by)
{
	return fabs(a - b) <= by;
}

static void test_oscillator(void)
{
	struct kclock k;

	kclock_init(&k, 1, "k", NEW_YEAR);
	k.read_s = 0;
	k.osc.freq = 50e-6;
	for (int t = 0; t <= 10; t++)
		kclock_tick(&k, t);
	ok(is_near(k.real, 500e-6, 1e-15), "a fast oscillator gains");
	is_int(kclock_read_ns(&k, CLOCK_MONOTONIC_RAW, 10), 10000500000LL,
	       "and the raw clock shows it");
	is_int(kclock_read_ns(&k, CLOCK_REALTIME, 10) - NEW_YEAR,
	       10000500000LL, "so does the real one");
	ok(kclock_read_ns(&k, CLOCK_TAI, 10) < 0, "others are unknown");
	ok(is_near(kclock_when_mono(&k, 20001000000LL, 10), 20, 1e-8),
	   "a timer's true time");
}

static void test_adjust(void)
{
	struct timex tx = { .modes = ADJ_FREQUENCY | ADJ_TICK,
			    .freq = -(50 << 16), .tick = TICK_NOMINAL };
	struct kclock k;

	kclock_init(&k, 1, "k", NEW_YEAR);
	k.osc.freq = 50e-6;
	kclock_tick(&k, 0);
	ok(kclock_adjtime(&k, &tx, 0) >= 0, "the frequency is set");
	ok(is_near(kclock_freq(&k), -2.5e-9, 1e-15), "product of both rates");
	kclock_advance(&k, 100);
	ok(is_near(k.real, -2.5e-7, 1e-12), "the real clock follows it");
	ok(is_near(k.mono, k.real, 1e-15), "and the monotonic one");
	ok(is_near(k.raw, 5e-3, 1e-12), "the raw one does not");
	tx.modes = ADJ_TICK;
	tx.tick = TICK_NOMINAL + 1;
	kclock_adjtime(&k, &tx, 100);
	ok(is_near(kclock_freq(&k), 1e-4, 1e-8), "a tick is 100 ppm");
	tx.tick = 12000;
	is_int(kclock_adjtime(&k, &tx, 100), -EINVAL, "but not any number");
	tx.modes = ADJ_OFFSET;
	is_int(kclock_adjtime(&k, &tx, 100), -EOPNOTSUPP,
	       "what is not modelled is told");
}

static void test_step(void)
{
	struct timex tx = { .modes = ADJ_SETOFFSET | ADJ_NANO,
			    .time = { -1, 250000000 } };
	struct kclock k;

	kclock_init(&k, 1, "k", NEW_YEAR);
	is_int(kclock_adjtime(&k, &tx, 0), TIME_ERROR, "a step");
	ok(is_near(k.real, -0.75, 1e-12), "sets the real clock");
	ok(k.mono == 0 && k.raw == 0, "and no other");
	is_int(k.steps, 1, "it is counted");
	tx.modes = ADJ_OFFSET_SINGLESHOT;
	tx.offset = 1200;
	kclock_adjtime(&k, &tx, 0);
	for (int t = 0; t <= 4; t++)
		kclock_tick(&k, t);
	ok(is_near(k.real, -0.75 + 1200e-6, 1e-9), "adjtime slews");
}

static void leap_second(int flag, int by)
{
	struct timex tx = { .modes = ADJ_STATUS, .status = flag };
	struct kclock k;

	kclock_init(&k, 1, "k", NEW_YEAR);
	k.real = -3e-6;
	kclock_adjtime(&k, &tx, 0);
	for (int t = 0; t <= 62; t++)
		kclock_tick(&k, t);
	ok(is_near(k.real, by - 3e-6, 1e-9), "a leap second of %+d s", by);
	is_int(k.tai, 37 - by, "moves TAI");
	is_int(k.state, TIME_WAIT, "and happens once");
}

static void test_frozen(void)
{
	struct kclock k;

	kclock_init(&k, 1, "k", NEW_YEAR);
	k.read_s = 0;
	kclock_advance(&k, 10);
	k.is_frozen = true;
	kclock_advance(&k, 40);
	is_int(kclock_read_ns(&k, CLOCK_MONOTONIC, 40), 10 * NS_PER_S,
	       "clocks stand still with the machine");
	ok(isinf(kclock_when_mono(&k, 20 * NS_PER_S, 40)),
	   "and no timer comes");
}

static void test_random(void)
{
	double sum = 0, sum2 = 0, exp = 0;
	struct rng a, b, c;

	rng_seed(&a, 7, "one");
	rng_seed(&b, 7, "one");
	rng_seed(&c, 7, "other");
	is_int(rng_bits(&a) == rng_bits(&b), 1, "the same seed, the same bits");
	ok(rng_bits(&a) != rng_bits(&c), "each use has its own");
	for (int i = 0; i < 100000; i++) {
		double v = rng_normal(&a);

		sum += v;
		sum2 += v * v;
		exp += rng_exponential(&c);
	}
	ok(is_near(sum / 1e5, 0, 0.015), "mean of normal ones");
	ok(is_near(sum2 / 1e5, 1, 0.02), "their variance");
	ok(is_near(exp / 1e5, 1, 0.015), "mean of exponential ones");
}

static void test_meter(void)
{
	struct meter m = { 0 };
	struct rng rng;

	rng_seed(&rng, 1, "meter");
	for (int i = 0; i < 20000; i++) {
		struct meter_reading r = {
			.err = i < 100 ? 1 : 1e-6 * rng_normal(&rng),
			.bound = 2e-6, .disp = 6.582e-6, .sd = NAN, .estimate = NAN,
			.sent = i / 10,
		};

		meter_add(&m, &r);
	}
	ok(is_near(meter_get(&m, "rms", 0, 100, 20000), 1e-6, 3e-8), "RMS");
	ok(meter_get(&m, "max", 0, 0, 20000) == 1, "maximum");
	ok(is_near(meter_get(&m, "cover", 0, 100, 20000), 0.954, 0.006),
	   "two standard deviations bound 95.4 %%");
	ok(meter_get(&m, "dispcover", 0, 100, 20000) > 0.9999, "dispersion");
	ok(is_near(meter_get(&m, "dispwidth", 0, 100, 20000), 2, 0.2),
	   "6.58 deviations are twice what 99.9 %% are below");
	ok(meter_get(&m, "settle", 0.5, 0, 20000) == 100, "settled at 100 s");
	ok(isinf(meter_get(&m, "settle", 0.5, 0, 50)), "not before");
	ok(is_near(meter_get(&m, "pph", 0, 0, 20000), 360, 1), "requests");
	ok(isnan(meter_get(&m, "sdratio", 0, 0, 20000)), "not measured");
	/* White phase noise: sqrt(3) times its deviation over tau. */
	ok(is_near(meter_allan(&m, 100, 20000, 1), 1.732e-6, 4e-8),
	   "Allan deviation at 1 s");
	ok(is_near(meter_allan(&m, 100, 20000, 100), 1.732e-8, 1e-9),
	   "Allan deviation at 100 s");
	meter_free(&m);
}

int main(void)
{
	tap_start();
	test_oscillator();
	test_adjust();
	test_step();
	leap_second(STA_INS, -1);
	leap_second(STA_DEL, 1);
	test_frozen();
	test_random();
	test_meter();
	return tap_finish();
}
