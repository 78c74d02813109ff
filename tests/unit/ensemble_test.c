// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include <math.h>

#include "daemon/sync/ensemble.h"
#include "tests/lib/tap.h"

#define SOURCES		3
#define RUNS		6	/* of one alone much is chance */
#define POLL		64
#define FREQ		10e-6
#define WANDER		1e-9

static double exponential(double mean)
{
	return -mean * log(((double)tap_below(1 << 30) + 0.5) / (1 << 30));
}

/* A source: least delays of the two ways, mean of the queues, its drift. */
struct way {
	double there, back;
	double queue;
	double drift;
};

/* The clock that is watched: its frequency walks at random. */
static struct {
	double when;
	double offset;
	double freq;
} world;

static void begin(void)
{
	world.when = 0;
	world.offset = 0.01;
	world.freq = FREQ;
}

/* Time moves forward only. */
static double truth(double when)
{
	double dt = when - world.when, sum = 0;

	for (int i = 0; i < 12; i++)
		sum += (double)tap_below(1 << 30) / (1 << 30) - 0.5;
	world.offset += world.freq * dt;
	world.freq += WANDER * sqrt(dt) * sum;
	world.when = when;
	return world.offset;
}

static void measure(struct filter *f, const struct way *way, double when)
{
	double there = way->there + exponential(way->queue);
	double back = way->back + exponential(way->queue);
	struct filter_sample s = {
		.when = when,
		.offset = truth(when) + way->drift * when + (there - back) / 2,
		.delay = there + back,
		.disp = 1e-7,
	};

	filter_add(f, &s);
}

/* Adds square errors; how many, is the result. */
static int run_once(const struct way *way, int n, double *alone, double *all)
{
	struct ensemble_source source[SOURCES];
	static struct filter f[SOURCES];
	static struct ensemble e;
	struct filter_estimate est;
	double when = 0;
	int rounds = 0;

	begin();
	for (int i = 0; i < n; i++) {
		filter_init(&f[i], 0, 100e-6);
		source[i] = (struct ensemble_source){
			.filter = &f[i],
			.bias = 0.05 * way[i].queue,
			.delay = way[i].there + way[i].back,
			.bound = (way[i].there + way[i].back) / 2,
		};
	}
	for (int j = 0; j < 32; j++)
		for (int i = 0; i < n; i++)
			measure(&f[i], &way[i], 16 * j);
	ensemble_start(&e, source, n, 512);
	for (int round = 9; round < 2000; round++) {
		for (int i = 0; i < n; i++) {
			struct filter_taken taken;

			when = POLL * (round + (double)i / n);
			measure(&f[i], &way[i], when);
			taken = filter_take(&f[i]);
			if (taken.var > 0)
				ensemble_add(&e, i, &taken, &source[i]);
		}
		if (round < 500)
			continue;
		rounds++;
		for (int i = 0; i < n; i++) {
			filter_estimate(&f[i], when, &est);
			alone[i] += pow(est.offset - truth(when), 2);
		}
		ensemble_estimate(&e, when, &est);
		*all += pow(est.offset - truth(when), 2);
	}
	return rounds;
}

/* RMS errors of each source's own filter, and of all of them together. */
static void run(const struct way *way, int n, double *alone, double *all)
{
	int rounds = 0;

	memset(alone, 0, (size_t)n * sizeof(*alone));
	*all = 0;
	for (int i = 0; i < RUNS; i++)
		rounds += run_once(way, n, alone, all);
	for (int i = 0; i < n; i++)
		alone[i] = sqrt(alone[i] / rounds);
	*all = sqrt(*all / rounds);
}

static void test_gain(void)
{
	static const struct way equal[] = {
		{ 20e-3, 20e-3, 1e-3, 0 },
		{ 20e-3, 20e-3, 1e-3, 0 },
		{ 20e-3, 20e-3, 1e-3, 0 },
	};
	static const struct way unequal[] = {
		{ 100e-6, 100e-6, 10e-6, 0 },
		{ 20e-3, 20e-3, 1e-3, 0 },
		{ 5e-3, 5e-3, 3e-3, 0 },
	};
	double alone[SOURCES], all;

	run(equal, 3, alone, &all);
	ok(all < 0.9 * fmin(alone[0], fmin(alone[1], alone[2])),
	   "three alike are better than each: %.1f us, %.1f, %.1f and %.1f us "
	   "alone", all * 1e6, alone[0] * 1e6, alone[1] * 1e6, alone[2] * 1e6);
	run(unequal, 3, alone, &all);
	ok(all < 1.05 * alone[0],
	   "worse ones do not spoil the best: %.2f us, %.2f us alone",
	   all * 1e6, alone[0] * 1e6);
}

static void test_bias(void)
{
	static const struct way far[] = {
		{ 100e-6, 100e-6, 10e-6, 0 },
		{ 50e-3, 40e-3, 1e-3, 0 },
	};
	static const struct way one[] = {
		{ 20e-3, 20e-3, 100e-6, 0 },
		{ 20e-3, 20e-3, 100e-6, 0 },
		{ 24e-3, 20e-3, 100e-6, 0 },
	};
	double alone[SOURCES], all;

	run(far, 2, alone, &all);
	ok(alone[1] > 4e-3 && all < 1.05 * alone[0],
	   "an asymmetric far one does not pull: %.2f us, %.2f us alone",
	   all * 1e6, alone[0] * 1e6);
	run(one, 3, alone, &all);
	ok(all < 2 * alone[0], "two that agree outweigh one: %.0f us, %.0f us",
	   all * 1e6, alone[2] * 1e6);
}

static void test_leave(void)
{
	static const struct way way[] = {
		{ 100e-6, 100e-6, 10e-6, 0 },
		{ 1e-3, 1e-3, 100e-6, 0 },
	};
	struct ensemble_source source[2] = {
		{ .bias = 1e-6, .delay = 2e-4, .bound = 1e-4 },
		{ .bias = 1e-5, .delay = 2e-3, .bound = 1e-3 },
	};
	struct filter_estimate before, after;
	static struct filter f[2];
	static struct ensemble e;

	for (int i = 0; i < 2; i++) {
		filter_init(&f[i], 0, 100e-6);
		source[i].filter = &f[i];
	}
	begin();
	for (int j = 0; j < 40; j++)
		for (int i = 0; i < 2; i++)
			measure(&f[i], &way[i], 16 * j);
	ensemble_start(&e, source, 2, 624);
	ensemble_estimate(&e, 624, &before);
	ok(fabs(before.offset - truth(624)) < 1e-4, "offset at the start");
	ensemble_leave(&e, 0);
	ensemble_estimate(&e, 624, &after);
	ok(e.n == 1 && before.offset == after.offset &&
	   before.offset_sd == after.offset_sd,
	   "who leaves takes nothing along");
	ensemble_step(&e, 0.5);
	ensemble_estimate(&e, 624, &after);
	ok(fabs(before.offset - 0.5 - after.offset) < 1e-9,
	   "the step of the clock is followed");
}

int main(void)
{
	tap_start();
	test_gain();
	test_bias();
	test_leave();
	return tap_finish();
}
