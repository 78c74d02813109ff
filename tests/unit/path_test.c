// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "daemon/sync/path.h"
#include "tests/lib/tap.h"

static double uniform(void)
{
	return ((double)tap_below(1 << 30) + 0.5) / (1 << 30);
}

static double exponential(double mean)
{
	return -mean * log(uniform());
}

static double normal(void)
{
	return sqrt(-2 * log(uniform())) * cos(2 * M_PI * uniform());
}

/* The errors are known here: what a filter that lags nowhere would tell. */
static void learn(struct path *p, double error)
{
	double like[PATH_LAWS];

	for (int i = 0; i < PATH_LAWS; i++) {
		double own, level = path_level(p, i, &own);
		double left = error - p->bias[i] - p->held - level;
		double var = p->var[i] + own;

		like[i] = -0.5 * (left * left / var + log(var));
	}
	path_learn(p, error, 0, like);
}

enum kind { QUEUES, STAMPS, SPIKES, NONE };

static double one_way(enum kind kind)
{
	switch (kind) {
	case QUEUES:
		return 1e-3 + exponential(1e-4);
	case STAMPS:
		return 1e-3 + 1e-4 * normal();
	case SPIKES:
		return 1e-3 + exponential(uniform() < 0.1 ? 1e-2 : 1e-4);
	case NONE:
		return 1e-3 + exponential(1e-6);
	}
	return 0;
}

/* RMS of the errors, each by the deviation that it was thought to have. */
static double honesty(enum kind to, enum kind from, double *known)
{
	struct path p = { 0 };
	double sum = 0, info = 0;
	const int settle = 200, rounds = 4000;

	for (int i = 0; i < rounds; i++) {
		double there = one_way(to), back = one_way(from);
		double error = (there - back) / 2, left;

		path_add(&p, there + back, 1e-9);
		left = error - path_bias(&p);
		if (i >= settle) {
			sum += left * left / path_var(&p);
			info += 1 / path_var(&p);
		}
		learn(&p, error);
	}
	*known = sqrt(rounds / info);
	return sqrt(sum / (rounds - settle));
}

static void test_laws(void)
{
	double queues, stamps, spikes, one, z;

	z = honesty(QUEUES, QUEUES, &queues);
	ok(z > 0.5 && z < 1.2, "queues: errors are %.2f of what is said", z);
	z = honesty(STAMPS, STAMPS, &stamps);
	ok(z > 0.6 && z < 1.4, "stamps: errors are %.2f of what is said", z);
	z = honesty(SPIKES, SPIKES, &spikes);
	ok(z > 0.5 && z < 1.4, "spikes: errors are %.2f of what is said", z);
	z = honesty(QUEUES, NONE, &one);
	ok(z < 1.4, "one side: errors are %.2f of what is said", z);
	ok(one < 2e-5, "then its queues are no error: %.1f us", one * 1e6);
	z = honesty(NONE, QUEUES, &one);
	ok(z < 1.4 && one < 2e-5, "nor the other side's: %.1f us", one * 1e6);
	ok(queues < 4e-5, "short delays are worth much: %.1f us", queues * 1e6);
	ok(spikes < 6e-5, "also between spikes: %.1f us", spikes * 1e6);
	ok(stamps > 5e-5, "but not where they are luck: %.1f us",
	   stamps * 1e6);
}

static void add(struct path *p, int n, double least)
{
	for (int i = 0; i < n; i++)
		path_add(p, least + exponential(1e-4), 1e-9);
}

static void test_changes(void)
{
	struct path p = { 0 };

	add(&p, 200, 10e-3);
	ok(fabs(p.least - 10e-3) < 1e-4, "the least delay is found");
	add(&p, PATH_STAGES - 1, 13e-3);
	ok(fabs(p.least - 10e-3) < 1e-4, "some long delays are only that");
	ok(path_var(&p) > 1e-7, "and they are worth little");
	add(&p, 1, 13e-3);
	ok(fabs(p.least - 13e-3) < 1e-4, "more of them are another path");
	ok(path_var(&p) < 1e-7, "which is as good as the one before");
	add(&p, 1, 10e-3);
	ok(fabs(p.least - 10e-3) < 2e-3, "a shorter path shows at once");
	ok(p.since == 1, "and is known to be another one");
	ok(path_var(&p) > 1e-10, "its first sample is not overrated");
}

/* Offsets of a route that is 3 ms longer, by @share of that on one side. */
static double held(double share, struct path *p)
{
	memset(p, 0, sizeof(*p));
	for (int i = 0; i < 300; i++) {
		double there = one_way(QUEUES), back = one_way(QUEUES);

		if (i >= 200) {
			there += 3e-3 * share;
			back += 3e-3 * (1 - share);
		}
		path_add(p, there + back, 1e-9);
		learn(p, (there - back) / 2);
	}
	return p->held;
}

static void test_routes(void)
{
	struct path p;
	double h = held(1, &p);

	ok(fabs(h - 1.5e-3) < 2e-4, "longer on the way there: %.2f ms", h * 1e3);
	h = held(0, &p);
	ok(fabs(h + 1.5e-3) < 2e-4, "longer on the way back: %.2f ms", h * 1e3);
	path_add(&p, 2e-3, 1e-9);
	ok(p.held == 0, "the short route is relied on again");
	ok(held(0.5, &p) == 0, "longer both ways: offsets are right as they are");
}

static void test_bounds(void)
{
	struct path p = { 0 };
	bool good = true;

	path_add(&p, 0, 0);
	ok(path_var(&p) > 0 && isfinite(path_var(&p)),
	   "a reference clock without any delay");
	for (int i = 0; i < 1000; i++) {
		path_add(&p, 0, 1e-9);
		learn(&p, i % 3 ? 1e-9 : 1e3);
		good &= path_var(&p) > 0 && isfinite(path_var(&p));
	}
	ok(good, "whatever the errors, the variance is a number above 0");
}

int main(void)
{
	tap_start();
	test_laws();
	test_changes();
	test_routes();
	test_bounds();
	return tap_finish();
}
