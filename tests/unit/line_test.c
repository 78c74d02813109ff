// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include <math.h>

#include "daemon/sync/line.h"
#include "tests/lib/tap.h"

#define NS	1e9

static double uniform(void)
{
	return ((double)tap_below(1 << 30) + 0.5) / (1 << 30);
}

static double normal(void)
{
	return sqrt(-2 * log(uniform())) * cos(2 * M_PI * uniform());
}

/* Two clocks: one that counts true time, and what runs beside it. */
struct pair {
	double now;		/* true time, s */
	double phase;		/* the system clock is so much ahead */
	double phase_rate;	/* growth of that in its own seconds */
	double phc;		/* and the other clock, less its start, s */
	double freq;
	double wander;
	int64_t start_ns;
	int64_t mono_ns;
};

static struct pair fresh(void)
{
	return (struct pair){ .freq = 20e-6, .wander = 1e-9,
			      .start_ns = 1700000037LL * 1000000000,
			      .mono_ns = 5000000000 };
}

static int64_t mono(const struct pair *p)
{
	return p->mono_ns + llround((p->now + p->phase) * NS);
}

static int64_t phc(const struct pair *p)
{
	return p->start_ns + llround((p->now + p->phc) * NS);
}

static void run(struct pair *p, double dt)
{
	p->freq += p->wander * sqrt(dt) * normal();
	p->phc += p->freq * dt;
	p->phase += p->phase_rate / (1 - p->phase_rate) * dt;
	p->now += dt;
}

/* The reading happens somewhere within its window. */
static enum filter_result read_pair(struct line *line, const struct pair *p,
				    double base, double queue)
{
	double window = base - queue * log(uniform());
	struct line_reading r = {
		.phc_ns = phc(p),
		.mono_ns = mono(p) + llround((uniform() - 0.5) *
					     (window - base) * NS),
		.window_ns = llround(window * NS),
		.phase = p->phase,
	};

	return line_add(line, &r, 0);
}

/* What the line makes of a time of the PHC now, less the truth, ns. */
static double error(const struct line_point *at, const struct pair *p)
{
	int64_t since = phc(p) - at->phc_ns;

	return (double)(at->mono_ns + since - mono(p)) +
	       (double)since * at->rate;
}

static void test_start(void)
{
	struct pair p = fresh();
	struct line_point at;
	struct line line;

	line_init(&line);
	for (int i = 0; i < 3; i++) {
		ok(!line_at(&line, mono(&p), p.phase, p.phase_rate, &at),
		   "%d readings are not enough", i);
		read_pair(&line, &p, 1e-6, 100e-9);
		run(&p, 0.125);
	}
	ok(line_at(&line, mono(&p), p.phase, p.phase_rate, &at), "three are");
	ok(fabs(error(&at, &p)) < 3000, "and right: %.0f ns",
	   error(&at, &p));
	ok(at.sd_ns > 200, "yet known to be rough: %.0f ns", at.sd_ns);
	ok(at.drift > 1e-9, "and to get worse: %.3g", at.drift);
}

/* RMS error just before each next reading, and share within three sd. */
static void follow(struct pair *p, double base, double queue, double *rms,
		   double *bounded)
{
	const int rounds = 1000, settle = 20;
	struct line_point at;
	struct line line;
	double sum = 0;
	int in = 0;

	line_init(&line);
	for (int i = 0; i < rounds + settle; i++) {
		double e, sd;

		read_pair(&line, p, base, queue);
		/* A daemon that slews: now and then another frequency. */
		if (i % 50 == 25)
			p->phase_rate = (uniform() - 0.5) * 1e-3;
		if (!line_at(&line, mono(p), p->phase, p->phase_rate, &at)) {
			run(p, 1);
			continue;
		}
		run(p, 1);
		e = error(&at, p);
		sd = at.sd_ns + at.drift * NS;
		if (i < settle)
			continue;
		sum += e * e;
		in += fabs(e) <= 3 * sd;
	}
	*rms = sqrt(sum / rounds);
	*bounded = (double)in / rounds;
}

static void test_follow(void)
{
	static const struct {
		double base, queue, wander, limit;
		const char *what;
	} cases[] = {
		{ 1e-6, 100e-9, 1e-9, 40, "a NIC" },
		{ 1e-6, 1e-6, 1e-9, 150, "a busy bus" },
		{ 0, 0, 1e-9, 5, "both read at once" },
		{ 3e-6, 100e-9, 1e-8, 150, "a poor oscillator" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct pair p = fresh();
		double rms, bounded;

		p.wander = cases[i].wander;
		follow(&p, cases[i].base, cases[i].queue, &rms, &bounded);
		ok(rms < cases[i].limit, "%s: %.1f ns RMS", cases[i].what, rms);
		ok(bounded > 0.97, "within three deviations: %.1f %%",
		   bounded * 100);
	}
}

static void test_rate(void)
{
	struct pair p = fresh();
	struct line_point at;
	struct line line;

	line_init(&line);
	for (int i = 0; i < 60; i++) {
		read_pair(&line, &p, 1e-6, 100e-9);
		run(&p, 1);
	}
	line_at(&line, mono(&p), p.phase, 0, &at);
	ok(fabs(at.rate + p.freq / (1 + p.freq)) < 20e-9,
	   "rate %.3f ppm, is %.3f", at.rate * 1e6, -p.freq * 1e6);
	line_at(&line, mono(&p), p.phase, 500e-6, &at);
	ok(fabs(at.rate - 480e-6) < 0.3e-6,
	   "at once when the clock is slewed: %.3f ppm", at.rate * 1e6);
}

static void test_set(void)
{
	struct pair p = fresh();
	struct line_point at;
	struct line line;

	line_init(&line);
	for (int i = 0; i < 60; i++) {
		read_pair(&line, &p, 1e-6, 100e-9);
		run(&p, 1);
	}
	p.phc += 37;
	is_int(read_pair(&line, &p, 1e-6, 100e-9), FILTER_SUSPECT,
	       "a clock that was set is suspected");
	run(&p, 0.1);
	is_int(read_pair(&line, &p, 1e-6, 100e-9), FILTER_JUMP, "and followed");
	run(&p, 0.1);
	read_pair(&line, &p, 1e-6, 100e-9);
	line_at(&line, mono(&p), p.phase, 0, &at);
	ok(fabs(error(&at, &p)) < 1000, "right again: %.0f ns",
	   error(&at, &p));
	p.mono_ns -= 1800000000000000000;
	p.start_ns = 0;
	line_restart(&line);
	ok(!line_at(&line, mono(&p), p.phase, 0, &at), "a restart");
	for (int i = 0; i < 4; i++) {
		run(&p, 0.1);
		read_pair(&line, &p, 1e-6, 100e-9);
	}
	line_at(&line, mono(&p), p.phase, 0, &at);
	ok(fabs(error(&at, &p)) < 1000, "from any origin: %.0f ns",
	   error(&at, &p));
	ok(fabs(at.rate + 20e-6) < 1.5e-6, "the frequency was kept: %.2f ppm",
	   at.rate * 1e6);
}

int main(void)
{
	tap_start();
	test_start();
	test_follow();
	test_rate();
	test_set();
	return tap_finish();
}
