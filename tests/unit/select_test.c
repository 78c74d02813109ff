// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include <math.h>

#include "daemon/sync/select.h"
#include "tests/lib/tap.h"

static double uniform(double low, double high)
{
	return low + (high - low) * (double)tap_below(1 << 30) / (1 << 30);
}

static struct select_source source(double offset, double dist)
{
	return (struct select_source){
		.offset = offset,
		.dist = dist,
		.stratum = 1,
		.status = SELECT_SURVIVOR,
	};
}

static void test_small(void)
{
	struct select_source s[4];

	is_int(select_run(s, 0), 0, "no sources, no truechimers");
	s[0] = source(0.5, 0.01);
	is_int(select_run(s, 1), 1, "one source is believed");
	s[0] = source(0, 0.01);
	s[0].status = SELECT_REJECT;
	s[1] = source(3, 0.01);
	is_int(select_run(s, 2), 1, "what is rejected has no vote");
	is_int(s[0].status, SELECT_REJECT, "and stays rejected");

	s[0] = source(0, 0.01);
	s[1] = source(1, 0.01);
	is_int(select_run(s, 2), 0, "two that differ: no majority");
	is_int(s[0].status, SELECT_FALSETICKER, "so neither is believed");
	s[1] = source(0.015, 0.01);
	is_int(select_run(s, 2), 2, "two that overlap");
	s[1] = source(0.005, 0.01);
	is_int(select_run(s, 2), 2, "two that agree");
	s[1] = source(0.005, 0.0001);
	s[0] = source(0.02, 0.018);
	is_int(select_run(s, 2), 2, "a near one and an honest far one");

	s[0] = source(0, 0.01);
	s[1] = source(0.001, 0.01);
	s[2] = source(1, 0.5);
	is_int(select_run(s, 3), 2, "two against one");
	is_int(s[2].status, SELECT_FALSETICKER, "the one is the falseticker");
	s[2].is_true = true;
	is_int(select_run(s, 3), 3, "option true is always believed");

	s[0] = source(0, 0.01);
	s[1] = source(0.001, 0.01);
	s[2] = source(5, 0.01);
	s[3] = source(5.001, 0.01);
	is_int(select_run(s, 4), 0, "two against two: no majority");
}

/* Whoever is honest keeps the truth in its interval. */
static struct select_source honest(double truth)
{
	double dist = uniform(0.001, 0.1);

	return source(truth + uniform(-0.4, 0.4) * dist, dist);
}

static void test_majority(void)
{
	unsigned int lost = 0, fooled = 0, unsure = 0;

	for (int round = 0; round < 20000; round++) {
		struct select_source s[15];
		size_t n = 3 + tap_below(13), liars = tap_below((n + 1) / 2);
		double truth = uniform(-1, 1);
		bool kept = false;

		for (size_t i = 0; i < n; i++)
			s[i] = i < liars ?
				source(truth + uniform(1, 100), 0.01) :
				honest(truth);
		if (!select_run(s, n))
			unsure++;
		for (size_t i = 0; i < n; i++) {
			bool used = s[i].status == SELECT_SURVIVOR;

			if (i < liars)
				fooled += used;
			else
				kept = kept || used;
		}
		lost += !kept;
	}
	is_int(fooled, 0, "a minority of liars is never believed");
	is_int(lost, 0, "somebody honest is believed");
	is_int(unsure, 0, "a majority of honest ones is always found");
}

static void test_lying_majority(void)
{
	unsigned int honest_n = 0;

	for (int round = 0; round < 1000; round++) {
		struct select_source s[5];

		for (int i = 0; i < 5; i++)
			s[i] = i < 3 ? source(7 + uniform(-1e-3, 1e-3), 0.01) :
				       honest(0);
		select_run(s, 5);
		honest_n += s[3].status == SELECT_SURVIVOR ||
			    s[4].status == SELECT_SURVIVOR;
	}
	is_int(honest_n, 0, "a majority that lies together wins, alone");

	honest_n = 0;
	for (int round = 0; round < 1000; round++) {
		struct select_source s[5];

		for (int i = 0; i < 5; i++)
			s[i] = i < 3 ? source(7 + 10 * i, 0.01) : honest(0);
		honest_n += select_run(s, 5) != 0;
	}
	is_int(honest_n, 0, "liars that disagree leave nobody to believe");
}

static void test_order(void)
{
	unsigned int differ = 0;

	for (int round = 0; round < 2000; round++) {
		struct select_source a[9], b[9];
		size_t n = 1 + tap_below(9);

		for (size_t i = 0; i < n; i++)
			a[i] = source(uniform(-1, 1), uniform(0.01, 1));
		for (size_t i = 0; i < n; i++)
			b[i] = a[n - 1 - i];
		select_run(a, n);
		select_run(b, n);
		for (size_t i = 0; i < n; i++)
			differ += a[i].status != b[n - 1 - i].status;
	}
	is_int(differ, 0, "the order of sources does not matter");
}

static void test_many(void)
{
	struct select_source s[SELECT_MAX + 3];
	size_t n = SELECT_MAX + 3;

	for (size_t i = 0; i < n; i++)
		s[i] = source(0, 0.01);
	is_int(select_run(s, n), SELECT_MAX, "more than can be looked at");
	is_int(s[n - 1].status, SELECT_EXCESS, "the rest is in excess");
}

int main(void)
{
	tap_start();
	test_small();
	test_majority();
	test_lying_majority();
	test_order();
	test_many();
	return tap_finish();
}
