// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include <math.h>
#include <stdio.h>

#include "daemon/sync/centre.h"
#include "tests/lib/tap.h"

static struct centre_source say(double at, double delay)
{
	return (struct centre_source){
		.at = at,
		.delay = delay,
		.bound = delay / 2,
	};
}

static bool is_near(double a, double b, double limit)
{
	if (fabs(a - b) <= limit)
		return true;
	printf("# %g s, expected %g s\n", a, b);
	return false;
}

static void test_mean(void)
{
	struct centre_source two[] = { say(0, 10e-3), say(10e-6, 20e-3) };
	struct centre_source one[] = { say(3e-3, 10e-3) };
	struct centre_source same[] = { say(0, 10e-3), say(4e-3, 10e-3) };

	ok(is_near(centre_find(two, 2), 2e-6, 0.2e-6) &&
	   is_near(1 / sqrt(two[0].weight), 10e-6, 3e-6),
	   "as long as all are about right: the weighted mean");
	ok(is_near(centre_find(one, 1), 3e-3, 1e-12), "one source: its own");
	ok(is_near(centre_find(same, 2), 2e-3, 1e-9),
	   "two alike that contradict each other: the middle");
}

static void test_far(void)
{
	struct centre_source near[] = { say(0, 10e-3), say(1e-3, 20e-3) };
	struct centre_source two[] = { say(20e-6, 20e-3), say(600e-6, 9e-3),
				       say(-20e-6, 14e-3) };
	struct centre_source line[] = { say(1e-3, 20e-3), say(1e-3, 25e-3),
					say(0, 200e-6) };
	struct centre_source liar[] = { say(5e-3, 2e-3), say(0, 4e-3),
					say(10e-6, 6e-3) };

	ok(is_near(centre_find(near, 2), 0, 20e-6),
	   "of two the nearer one is believed");
	ok(is_near(centre_find(two, 3), 0, 30e-6),
	   "two that agree outweigh a nearer one");
	ok(two[1].weight < two[0].weight / 10, "which then has no weight");
	ok(is_near(centre_find(line, 3), 0, 2e-6),
	   "but not one that is too near to be so wrong");
	ok(is_near(centre_find(liar, 3), 0, 30e-6),
	   "nor do they give way to one that can not be right");
}

/* Where nobody agrees with anybody, no single one is to be believed. */
static void test_wide(void)
{
	struct centre_source all[] = { say(-0.9e-3, 19e-3), say(0.8e-3, 32e-3),
				       say(-1.5e-3, 68e-3), say(2.3e-3, 72e-3),
				       say(0.2e-3, 25e-3), say(-0.4e-3, 22e-3) };
	size_t n = sizeof(all) / sizeof(all[0]), sure = 0;

	ok(is_near(centre_find(all, n), -0.2e-3, 0.2e-3),
	   "six that all contradict each other: the middle");
	for (size_t i = 0; i < n; i++)
		sure += all[i].weight * 50e-6 * 50e-6 > 1;
	ok(sure == 0, "which none of them is sure of");
}

static double uniform(double from, double to)
{
	return from + (to - from) * tap_below(1 << 30) / (1 << 30);
}

/*
 * RMS errors in networks of four whose paths are asymmetric by up to @most of
 * their delay, @wide of them, and the others by a thousandth: what is found,
 * by that of the mean by 1/delay^2.
 */
static double compare(int wide, double most)
{
	double found = 0, mean = 0;

	for (int net = 0; net < 500; net++) {
		struct centre_source all[4];
		double sum = 0, weights = 0;

		for (int i = 0; i < 4; i++) {
			double delay = 10e-3 * pow(12, uniform(0, 1));
			double part = i < wide ? most : 0.001;

			all[i] = say(delay * uniform(-part, part), delay);
			sum += all[i].at / (delay * delay);
			weights += 1 / (delay * delay);
		}
		mean += pow(sum / weights, 2);
		found += pow(centre_find(all, 4), 2);
	}
	return sqrt(found / mean);
}

static void test_networks(void)
{
	double none = compare(4, 0.05), one = compare(1, 0.1),
	       two = compare(2, 0.1), little = compare(4, 0.01);

	ok(one < 0.3, "one of four paths is bad: %.2f of the mean's error", one);
	ok(two < 0.9, "two are: %.2f", two);
	ok(none < 1.5, "all are: %.2f", none);
	ok(little < 1.6, "all are a little: %.2f", little);
}

static void test_many(void)
{
	struct centre_source all[64];

	for (int i = 0; i < 64; i++)
		all[i] = say(i % 8 < 5 ? 1e-6 * i : 1e-3 * i, 20e-3);
	ok(is_near(centre_find(all, 64), 20e-6, 20e-6), "40 of 64 agree");
	for (int i = 0; i < 64; i++)
		all[i] = say(1 + 1e-9 * i, 1e-12);
	ok(isfinite(centre_find(all, 64)), "64 that all are surer than right");
}

int main(void)
{
	tap_start();
	test_mean();
	test_far();
	test_wide();
	test_networks();
	test_many();
	return tap_finish();
}
