// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include <math.h>

#include "daemon/sync/discipline.h"
#include "daemon/sync/filter.h"
#include "tests/lib/tap.h"

static const struct discipline_limits limits = {
	.stepfwd = 0.128,
	.stepback = 0.128,
	.stepout = 300,
	.panic = 1000,
};

static struct discipline_event event(double now, double offset)
{
	return (struct discipline_event){
		.now = now,
		.offset = offset,
		.freq = 10e-6,
		.freq_sd = 1e-7,
		.interval = 16,
	};
}

static struct discipline_action at(struct discipline *d,
				   const struct discipline_limits *l,
				   double now, double offset)
{
	struct discipline_event e = event(now, offset);

	return discipline_update(d, l, &e);
}

static void test_small(void)
{
	struct discipline_action a;
	struct discipline d;

	discipline_init(&d, 0, 100e-6, false);
	is_int(d.state, DISCIPLINE_NSET, "no drift file: NSET");
	a = at(&d, &limits, 0, 0.001);
	is_int(a.verb, DISCIPLINE_ADJUST, "a small offset is slewed");
	ok(a.rate > a.freq, "a clock that is behind runs faster");
	ok(fabs((a.rate - a.freq) * (a.until - 0) - 0.001) < 1e-12,
	   "just until the offset is gone");
	is_int(discipline_timer(&d, 1).verb, DISCIPLINE_NOTHING,
	       "not earlier");
	a = discipline_timer(&d, a.until);
	is_int(a.verb, DISCIPLINE_ADJUST, "then the slew ends");
	ok(a.rate == 10e-6, "and the frequency stays corrected");
	is_int(d.state, DISCIPLINE_SYNC, "SYNC");
	a = at(&d, &limits, 16, -0.1);
	ok(a.rate < a.freq && a.freq - a.rate <= DISCIPLINE_SLEW_MAX + 1e-12,
	   "slews are not faster than allowed");
}

static void test_step(void)
{
	struct discipline_limits l = limits;
	struct discipline d;

	discipline_init(&d, 5e-6, 1e-6, true);
	is_int(d.state, DISCIPLINE_FSET, "drift file: FSET");
	is_int(at(&d, &l, 0, -0.5).verb, DISCIPLINE_STEP,
	       "the first correction steps");
	ok(at(&d, &l, 16, 0.01).verb == DISCIPLINE_ADJUST, "then it slews");
	is_int(at(&d, &l, 32, 0.5).verb, DISCIPLINE_WAIT,
	       "later a large offset waits");
	is_int(d.state, DISCIPLINE_SPIK, "as a spike");
	is_int(at(&d, &l, 48, 0.01).verb, DISCIPLINE_ADJUST,
	       "that may pass");
	at(&d, &l, 64, 0.5);
	is_int(at(&d, &l, 363, 0.5).verb, DISCIPLINE_WAIT, "before stepout");
	is_int(at(&d, &l, 364, 0.5).verb, DISCIPLINE_STEP, "and after it");

	l.stepback = 0;
	discipline_init(&d, 0, 1e-6, true);
	is_int(at(&d, &l, 0, -0.5).verb, DISCIPLINE_ADJUST,
	       "backward steps switched off");
	discipline_init(&d, 0, 1e-6, true);
	is_int(at(&d, &l, 0, 0.5).verb, DISCIPLINE_STEP, "but not forward");
}

static void test_panic(void)
{
	struct discipline_limits l = limits;
	struct discipline d;

	discipline_init(&d, 0, 1e-6, true);
	is_int(at(&d, &l, 0, 1001).verb, DISCIPLINE_PANIC, "panic");
	l.step_first = true;
	is_int(at(&d, &l, 0, -1001).verb, DISCIPLINE_STEP, "-g: once");
	is_int(at(&d, &l, 16, -1001).verb, DISCIPLINE_PANIC, "only once");
	l.panic = 0;
	is_int(at(&d, &l, 32, -1001).verb, DISCIPLINE_WAIT, "panic 0: never");
}

static void test_clamp(void)
{
	struct discipline_event e = event(0, 0);
	struct discipline d;

	discipline_init(&d, 1, 1, true);
	ok(d.freq == DISCIPLINE_FREQ_MAX, "a drift file beyond reason");
	e.freq = -1;
	ok(discipline_update(&d, &limits, &e).freq == -DISCIPLINE_FREQ_MAX,
	   "no oscillator is that far off");
}

static double uniform(void)
{
	return ((double)tap_below(1 << 30) + 0.5) / (1 << 30);
}

static double normal(void)
{
	return sqrt(-2 * log(uniform())) * cos(2 * M_PI * uniform());
}

/* An oscillator, its clock, and the loop closed around them. */
struct machine {
	double now;		/* true time */
	double free;		/* free clock less true time */
	double drift;		/* its frequency error */
	double corr;		/* correction made by slews and steps */
	double rate;		/* its growth */
	double freq;		/* the growth after the slew */
	double until;
	struct filter filter;
	struct discipline discipline;
};

static void apply(struct machine *m, const struct discipline_action *a)
{
	if (a->verb != DISCIPLINE_ADJUST && a->verb != DISCIPLINE_STEP)
		return;
	if (a->verb == DISCIPLINE_STEP) {
		m->free += a->step;
		filter_step(&m->filter, a->step);
	}
	m->rate = a->rate;
	m->freq = a->freq;
	m->until = a->until;
}

static void tick(struct machine *m)
{
	struct discipline_action a = discipline_timer(&m->discipline, m->now);

	apply(m, &a);
	m->drift += 1e-9 * normal();
	m->free += m->drift;
	m->corr += m->rate;
	m->now += 1;
}

static void poll(struct machine *m, double interval)
{
	double there = 100e-6 - 10e-6 * log(uniform());
	double back = 100e-6 - 10e-6 * log(uniform());
	struct filter_sample s = {
		.when = m->now,
		.offset = -m->free + (there - back) / 2,
		.delay = there + back,
		.disp = 1e-7,
	};
	struct discipline_event e = { .now = m->now, .interval = interval };
	struct discipline_action a;
	struct filter_estimate est;

	filter_add(&m->filter, &s);
	if (!filter_estimate(&m->filter, m->now, &est))
		return;
	e.offset = est.offset - m->corr;
	e.freq = est.freq;
	e.freq_sd = est.freq_sd;
	a = discipline_update(&m->discipline, &limits, &e);
	apply(m, &a);
}

/* Start @offset s and @ppm wrong: how long until the clock is right? */
static void converge(double offset, double ppm)
{
	struct machine m = { .free = offset, .drift = ppm * 1e-6 };
	double settled = -1, sum = 0, worst = 0;
	const int end = 20000;

	filter_init(&m.filter, 0, 100e-6);
	discipline_init(&m.discipline, 0, 100e-6, false);
	for (int t = 0; t < end; t++) {
		double error;

		if (t < 16 ? t % 2 == 0 : t % 16 == 0)
			poll(&m, t < 16 ? 2 : 16);
		tick(&m);
		error = m.free + m.corr;
		if (fabs(error) > 100e-6)
			settled = -1;
		else if (settled < 0)
			settled = t;
		if (t >= 3600) {
			sum += error * error;
			worst = fmax(worst, fabs(error));
		}
	}
	ok(settled >= 0 && settled < 60,
	   "%+g s and %+g ppm wrong: below 100 us after %g s", offset, ppm,
	   settled);
	ok(sqrt(sum / (end - 3600)) < 5e-6, "then %.2f us RMS, %.2f worst",
	   sqrt(sum / (end - 3600)) * 1e6, worst * 1e6);
}

int main(void)
{
	tap_start();
	test_small();
	test_step();
	test_panic();
	test_clamp();
	converge(1, 50);
	converge(-1, -50);
	converge(0.05, 200);
	converge(-0.001, -400);
	return tap_finish();
}
