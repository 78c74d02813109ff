// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include <math.h>

#include "daemon/sync/cluster.h"
#include "daemon/sync/combine.h"
#include "tests/lib/tap.h"

static struct select_source survivor(double offset, double jitter)
{
	return (struct select_source){
		.offset = offset,
		.offset_sd = jitter,
		.freq = 1e-6,
		.freq_sd = 1e-8,
		.dist = 0.01,
		.jitter = jitter,
		.delay = 0.001,
		.stratum = 2,
		.status = SELECT_SURVIVOR,
	};
}

static void test_cluster(void)
{
	struct select_source s[5];

	for (int i = 0; i < 4; i++)
		s[i] = survivor(1e-5 * i, 1e-4);
	s[4] = survivor(5e-3, 1e-4);
	is_int(cluster_run(s, 5, 3), 4, "the far one of five is dropped");
	is_int(s[4].status, SELECT_OUTLIER, "as an outlier");

	s[4] = survivor(5e-3, 1e-4);
	s[4].prefer = true;
	is_int(cluster_run(s, 5, 3), 3, "unless it is preferred");
	is_int(s[4].status, SELECT_SURVIVOR, "then others go down to minclock");

	for (int i = 0; i < 3; i++)
		s[i] = survivor(1e-3 * i, 1e-6);
	is_int(cluster_run(s, 3, 3), 3, "minclock are kept however far");
	for (int i = 0; i < 5; i++)
		s[i] = survivor(1e-5 * i, 1e-3);
	is_int(cluster_run(s, 5, 3), 5, "within their own jitter all stay");
}

static void test_drift(void)
{
	struct select_source s[3];

	for (int i = 0; i < 3; i++)
		s[i] = survivor(1e-5 * i, 1e-4);
	s[0].freq = 2e-6;
	is_int(cluster_run(s, 3, 3), 2, "who drifts is dropped");
	is_int(s[0].status, SELECT_OUTLIER, "as an outlier");
	for (int i = 0; i < 3; i++)
		s[i] = survivor(1e-5 * i, 1e-4);
	s[0].freq = 2e-6;
	s[0].freq_sd = 1e-6;
	is_int(cluster_run(s, 3, 3), 3, "unless it is not known well");
	s[0].freq_sd = 1e-8;
	s[0].prefer = true;
	cluster_run(s, 3, 3);
	is_int(s[0].status, SELECT_SURVIVOR, "or it is preferred");
	s[0] = survivor(0, 1e-4);
	s[0].freq = 2e-6;
	s[1] = survivor(0, 1e-4);
	is_int(cluster_run(s, 2, 3), 2, "of two, nobody knows which one");
}

static void test_syspeer(void)
{
	struct select_source s[3];

	for (int i = 0; i < 3; i++) {
		s[i] = survivor(0, 1e-5);
		s[i].dist = 0.01 * (i + 1);
	}
	ok(cluster_syspeer(s, 3) == &s[0], "the nearest of one stratum");
	for (int i = 0; i < 3; i++)
		s[i].status = SELECT_SURVIVOR;
	s[1].was_syspeer = true;
	ok(cluster_syspeer(s, 3) == &s[1], "no change for a little nearer one");
	s[1].status = SELECT_SURVIVOR;
	s[0].dist = 0.001;
	ok(cluster_syspeer(s, 3) == &s[0], "a change for a much nearer one");
	s[0].status = SELECT_SURVIVOR;
	s[2].stratum = 1;
	ok(cluster_syspeer(s, 3) == &s[2], "a lower stratum goes first");
	s[2].status = SELECT_SURVIVOR;
	s[1].prefer = true;
	ok(cluster_syspeer(s, 3) == &s[1], "and the preferred one before all");
	s[1].status = SELECT_OUTLIER;
	ok(cluster_syspeer(s, 3) == &s[2], "if it survived");
	for (int i = 0; i < 3; i++)
		s[i].status = SELECT_FALSETICKER;
	ok(!cluster_syspeer(s, 3), "no survivor, no system peer");
}

static void test_combine(void)
{
	struct combine_result r;
	struct select_source s[3];

	s[0] = survivor(1e-3, 1e-5);
	s[1] = survivor(2e-3, 1e-5);
	s[2] = survivor(9, 1e-9);
	s[2].status = SELECT_FALSETICKER;
	is_int(combine_run(s, 3, &r), 0, "nothing without a system peer");
	s[0].status = SELECT_SYSPEER;
	is_int(combine_run(s, 3, &r), 2, "falsetickers take no part");
	ok(fabs(r.offset - 1.5e-3) < 1e-9, "equal errors, equal weight");
	ok(fabs(r.freq - 1e-6) < 1e-12, "the frequency likewise");
	ok(r.jitter > 1e-5, "jitter shows that they differ");

	s[1].offset_sd = 1e-3;
	s[1].delay = 0.1;
	combine_run(s, 3, &r);
	ok(fabs(r.offset - 1e-3) < 1e-6, "a poor source has little weight");
	ok(r.offset > 1e-3, "but some");
	ok(r.offset_sd <= 1e-5, "and does not spoil the error");

	s[0].prefer = true;
	is_int(combine_run(s, 3, &r), 1, "a preferred one speaks for itself");
	ok(r.offset == 1e-3, "and is followed to the bit");
}

int main(void)
{
	tap_start();
	test_cluster();
	test_drift();
	test_syspeer();
	test_combine();
	return tap_finish();
}
