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

	for (int i = 0; i < 5; i++) {
		s[i] = survivor(1e-3 * i, 1e-5);
		s[i].delay = 0.1;
	}
	is_int(cluster_run(s, 5, 3), 5, "nor what asymmetric paths explain");

	for (int i = 0; i < 4; i++)
		s[i] = survivor(1e-4 * (i % 2 ? i : -i), 2e-4);
	s[3].was_syspeer = true;
	is_int(cluster_run(s, 4, 3), 3, "one of four is dropped");
	is_int(s[3].status, SELECT_SURVIVOR, "but a little farther system peer");
	for (int i = 0; i < 4; i++)
		s[i] = survivor(1e-4 * (i % 2 ? i : -i), 2e-4);
	s[3].was_syspeer = true;
	s[3].offset = 1e-3;
	cluster_run(s, 4, 3);
	is_int(s[3].status, SELECT_OUTLIER, "a much farther one is not kept");
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

/* One more run, in which @fresh had a sample; -1: nobody. */
static struct select_source *choose(struct select_source *s, int fresh)
{
	for (int i = 0; i < 3; i++) {
		if (s[i].status == SELECT_SYSPEER)
			s[i].status = SELECT_SURVIVOR;
		s[i].is_new = i == fresh;
	}
	return cluster_syspeer(s, 3);
}

static void test_syspeer(void)
{
	struct select_source s[3];

	for (int i = 0; i < 3; i++) {
		s[i] = survivor(0, 1e-5);
		s[i].dist = 0.01 * (i + 1);
	}
	ok(choose(s, -1) == &s[0], "the nearest of one stratum");
	s[1].was_syspeer = true;
	ok(choose(s, 0) == &s[1], "no change for a little nearer one");
	s[2].stratum = 1;
	ok(choose(s, -1) == &s[2], "a lower stratum goes first");
	s[1].prefer = true;
	ok(choose(s, -1) == &s[1], "and the preferred one before all");
	s[1].status = SELECT_OUTLIER;
	ok(choose(s, -1) == &s[2], "if it survived");
	for (int i = 0; i < 3; i++)
		s[i].status = SELECT_FALSETICKER;
	ok(!choose(s, -1), "no survivor, no system peer");
}

static void test_hop(void)
{
	struct select_source s[3];

	for (int i = 0; i < 3; i++)
		s[i] = survivor(0, 1e-5);
	s[1].was_syspeer = true;
	s[0].dist = 0.001;
	s[2].dist = 0.002;
	ok(choose(s, 0) == &s[1] && choose(s, 0) == &s[1],
	   "a much nearer one waits");
	for (int i = 0; i < 9; i++)
		choose(s, -1);
	ok(choose(s, -1) == &s[1], "for samples of its own, not for time");
	s[1].dist = 0.001;
	choose(s, 1);
	s[1].dist = 0.01;
	ok(choose(s, 0) == &s[1] && choose(s, 0) == &s[1],
	   "and anew where it was not in between");
	ok(choose(s, 2) == &s[1] && choose(s, 2) == &s[1],
	   "others wait likewise");
	ok(choose(s, 0) == &s[0], "then it is taken");
	s[0].was_syspeer = true;
	s[1].was_syspeer = false;
	is_int(s[0].ahead + s[1].ahead + s[2].ahead, 0, "all begin anew");
	s[0].status = SELECT_FALSETICKER;
	ok(choose(s, -1) == &s[2], "a falseticker is left at once");
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
	test_hop();
	test_combine();
	return tap_finish();
}
