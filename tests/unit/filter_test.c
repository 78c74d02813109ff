// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include <math.h>

#include "daemon/sync/filter.h"
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

/* A path with a queue in each direction, s. */
struct route {
	double there, back;	/* least delays */
	double queue;		/* mean of the queues */
};

static struct filter_sample sample(double when, double truth,
				   const struct route *path)
{
	double there = path->there + exponential(path->queue);
	double back = path->back + exponential(path->queue);

	return (struct filter_sample){
		.when = when,
		.offset = truth + (there - back) / 2,
		.delay = there + back,
		.disp = 1e-7,
	};
}

static const struct route lan = { 100e-6, 100e-6, 10e-6 };
static const struct route wan = { 20e-3, 20e-3, 1e-3 };

static void test_start(void)
{
	struct filter_estimate est;
	struct filter_sample s;
	struct filter f;

	filter_init(&f, 0, 100e-6);
	ok(!filter_estimate(&f, 0, &est), "nothing is known at first");
	s = sample(0, 0.5, &lan);
	filter_add(&f, &s);
	ok(!filter_estimate(&f, 0, &est), "one sample is not enough");
	ok(fabs(est.offset - 0.5) < 1e-4, "but its sign and size are right");
	ok(est.offset_sd > 1e-6, "and it is not overrated");
	for (int i = 1; i < 4; i++) {
		s = sample(2 * i, 0.5, &lan);
		filter_add(&f, &s);
	}
	ok(filter_estimate(&f, 6, &est), "four are");
	ok(fabs(est.offset - 0.5) < 1e-4, "offset after a burst");
	ok(fabs(est.freq) < 50e-6, "frequency after a burst: %.1f ppm",
	   est.freq * 1e6);
	filter_step(&f, 0.5);
	filter_estimate(&f, 6, &est);
	ok(fabs(est.offset) < 1e-4, "the step of the clock is followed");
}

/* RMS error and share within three deviations, over a random oscillator. */
static void follow(const struct route *path, double poll, double wander,
		   double *rms, double *bounded)
{
	double freq = 20e-6, offset = 0.01, when = 1e6, sum = 0;
	const int rounds = 2000, settle = 200;
	int in = 0;
	struct filter f;

	filter_init(&f, 0, 100e-6);
	for (int i = 0; i < rounds; i++) {
		/* Polls come irregularly. */
		double dt = poll * (0.5 + uniform());
		struct filter_estimate est;
		struct filter_sample s;

		offset += freq * dt + wander * sqrt(dt * dt * dt / 3) * normal();
		freq += wander * sqrt(dt) * normal();
		when += dt;
		s = sample(when, offset, path);
		filter_add(&f, &s);
		filter_estimate(&f, when, &est);
		if (i < settle)
			continue;
		sum += (est.offset - offset) * (est.offset - offset);
		in += fabs(est.offset - offset) < 3 * est.offset_sd;
	}
	*rms = sqrt(sum / (rounds - settle));
	*bounded = (double)in / (rounds - settle);
}

static void test_follow(void)
{
	static const struct {
		const char *name;
		const struct route *path;
		double poll, wander, limit;
	} t[] = {
		{ "LAN, 16 s", &lan, 16, 1e-9, 2.5e-6 },
		{ "LAN, 1 s", &lan, 1, 1e-9, 1e-6 },
		{ "LAN, 16 s, restless", &lan, 16, 1e-8, 6e-6 },
		{ "WAN, 64 s", &wan, 64, 1e-9, 150e-6 },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		double rms, bounded;

		follow(t[i].path, t[i].poll, t[i].wander, &rms, &bounded);
		ok(rms < t[i].limit, "%s: %.2f us RMS", t[i].name, rms * 1e6);
		ok(bounded > 0.9, "%s: %.1f %% within three deviations",
		   t[i].name, bounded * 100);
	}
}

static void feed(struct filter *f, double *when, int count, double truth,
		 const struct route *path)
{
	for (int i = 0; i < count; i++) {
		struct filter_sample s = sample(*when += 16, truth, path);

		filter_add(f, &s);
	}
}

static void test_spikes(void)
{
	const struct route busy = { 100e-6, 20e-3, 10e-6 };
	struct filter_estimate est;
	double when = 0;
	struct filter f;

	filter_init(&f, 0, 1e-6);
	feed(&f, &when, 50, 0, &lan);
	for (int i = 0; i < 20; i++) {
		feed(&f, &when, 1, 0, &busy);
		feed(&f, &when, 4, 0, &lan);
	}
	filter_estimate(&f, when, &est);
	ok(fabs(est.offset) < 50e-6,
	   "samples of large delay hardly count: %.1f us", est.offset * 1e6);
}

static void test_jump(void)
{
	struct filter_estimate est;
	struct filter_sample s;
	double when = 0;
	struct filter f;

	filter_init(&f, 0, 1e-6);
	feed(&f, &when, 50, 0, &lan);
	s = sample(when += 16, 0.3, &lan);
	is_int(filter_add(&f, &s), FILTER_SUSPECT, "a jump is not believed");
	filter_estimate(&f, when, &est);
	ok(fabs(est.offset) < 100e-6, "the estimate stays");
	s = sample(when += 16, 0, &lan);
	is_int(filter_add(&f, &s), FILTER_TAKEN, "if the next one denies it");
	s = sample(when += 16, 0.3, &lan);
	filter_add(&f, &s);
	s = sample(when += 16, 0.3, &lan);
	is_int(filter_add(&f, &s), FILTER_JUMP, "two are believed");
	filter_estimate(&f, when, &est);
	ok(fabs(est.offset - 0.3) < 1e-3, "and followed");
}

static void test_route(void)
{
	const struct route longer = { 1.6e-3, 1.6e-3, 10e-6 };
	struct filter_estimate est;
	double when = 0;
	struct filter f;

	filter_init(&f, 0, 1e-6);
	feed(&f, &when, 100, 0, &lan);
	feed(&f, &when, 20, 0, &longer);
	filter_estimate(&f, when, &est);
	ok(est.delay > 3e-3, "a longer path is recognised: %.2f ms",
	   est.delay * 1e3);
	ok(fabs(est.offset) < 50e-6, "and does no harm: %.1f us",
	   est.offset * 1e6);
	feed(&f, &when, 20, 0, &lan);
	filter_estimate(&f, when, &est);
	ok(est.delay < 0.5e-3, "a shorter one, too");
}

static void test_growth(void)
{
	double when = 0;
	struct filter f;

	filter_init(&f, 0, 100e-6);
	ok(filter_growth(&f, 64) > 1, "nothing known: poll often");
	feed(&f, &when, 200, 0, &wan);
	ok(filter_growth(&f, 64) < 1, "quiet oscillator: poll less");
	ok(filter_growth(&f, 1e6) > filter_growth(&f, 64),
	   "the error grows with the interval");
}

int main(void)
{
	tap_start();
	test_start();
	test_follow();
	test_spikes();
	test_jump();
	test_route();
	test_growth();
	return tap_finish();
}
