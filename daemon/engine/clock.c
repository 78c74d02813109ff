// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include <errno.h>
#include <math.h>
#include <string.h>
#include <sys/timex.h>
#include <time.h>

#include "daemon/engine/clock.h"
#include "daemon/io/loop.h"
#include "tools/lib/log.h"

#define NS		1e9

/* Units of timex: frequency in 2^-16 ppm, tick in us per 1/100 s. */
#define FREQ_UNIT	(1e-6 / 65536)
#define FREQ_LIMIT	500e-6
#define TICK_NOMINAL	10000
#define TICK_UNIT	1e-4

/* A difference that neither arithmetic nor rounding explains. */
#define UPSET_MIN	2e-3
#define UPSET_RATE	1e-4
/* Readings of two clocks within this belong together, ns. */
#define LOOK_SURE	100000

/* Readings that one of both clocks is the best of. */
#define OFFSET_TRIES	16

static struct {
	bool is_ours;
	double when;		/* start of the present rate */
	double phase;		/* at @when */
	double rate;		/* growth of the phase from then on */
	long freq;		/* what the kernel was told */
	long tick;
	unsigned int epoch;
	int8_t precision;
	double seen;		/* last watch, or the last step here */
	double seen_diff;	/* system clock less raw clock less phase */
	bool has_told;
	double told_fight;	/* when the log was told of another daemon */
} clk;

static clock_change_fn clock_changed;

static void tell(enum clock_change change, int64_t delta_ns)
{
	if (clock_changed)
		clock_changed(change, delta_ns);
}

void clock_tell(clock_change_fn changed)
{
	clock_changed = changed;
}

static int64_t read_ns(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return ts.tv_sec * LOOP_NS_PER_S + ts.tv_nsec;
}

double clock_now(void)
{
	return read_ns(CLOCK_MONOTONIC) / NS;
}

int64_t clock_real_ns(void)
{
	return read_ns(CLOCK_REALTIME);
}

int64_t clock_offset(void)
{
	int64_t best = INT64_MAX, offset = 0;

	for (int i = 0; i < OFFSET_TRIES && best > CLOCK_OFFSET_SURE / 20;
	     i++) {
		int64_t before = read_ns(CLOCK_MONOTONIC);
		int64_t real = read_ns(CLOCK_REALTIME);
		int64_t window = read_ns(CLOCK_MONOTONIC) - before;

		if (window >= best)
			continue;
		best = window;
		offset = real - before - window / 2;
	}
	return offset;
}

double clock_when(int64_t real_ns)
{
	double now = clock_now();

	return now - (clock_real_ns() - real_ns) / NS;
}

double clock_phase(double when)
{
	return clk.phase + clk.rate * (when - clk.when);
}

double clock_rate(void)
{
	return clk.rate;
}

int8_t clock_precision(void)
{
	return clk.precision;
}

bool clock_is_ours(void)
{
	return clk.is_ours;
}

unsigned int clock_epoch(void)
{
	return clk.epoch;
}

/* The least difference of two readings, RFC 5905 section 7.3. */
static int8_t measure_precision(void)
{
	int64_t least = LOOP_NS_PER_S;

	for (int i = 0; i < 100; i++) {
		int64_t before = read_ns(CLOCK_REALTIME);
		int64_t took = read_ns(CLOCK_REALTIME) - before;

		if (took > 0 && took < least)
			least = took;
	}
	if (least == LOOP_NS_PER_S)
		least = 1;
	return (int8_t)fmax(-30, ceil(log2(least / NS)));
}

/* Correction per second shown, from one per second of the raw oscillator. */
static double shown(long freq, long tick)
{
	double r = freq * FREQ_UNIT + (tick - TICK_NOMINAL) * TICK_UNIT;

	return r / (1 + r);
}

static int adjust(struct timex *tx, const char *what)
{
	if (clock_adjtime(CLOCK_REALTIME, tx) >= 0)
		return 0;
	log_error("cannot %s: %s%s", what, strerror(errno), errno == EPERM ?
		  "; the daemon needs CAP_SYS_TIME" : "");
	return -errno;
}

static void init(bool keep)
{
	struct timex tx = { 0 };

	memset(&clk, 0, sizeof(clk));
	clk.precision = measure_precision();
	clk.when = clock_now();
	clk.tick = TICK_NOMINAL;
	if (clock_adjtime(CLOCK_REALTIME, &tx) < 0) {
		log_error("cannot read the kernel's clock state: %s",
			  strerror(errno));
		return;
	}
	if (keep) {
		log_notice("the system clock is left alone, as asked for");
		return;
	}
	if (tx.status & (STA_PLL | STA_FLL) && !(tx.status & STA_UNSYNC))
		log_warning("the kernel's own clock loop is in use: another "
			    "time daemon seems to run; stop it, two of them "
			    "fight over one clock");

	/* To set what is set already tells whether it is permitted. */
	tx.modes = ADJ_FREQUENCY;
	if (clock_adjtime(CLOCK_REALTIME, &tx) < 0) {
		log_error("the system clock can not be adjusted: %s; give "
			  "CAP_SYS_TIME, or say 'disable ntp'. It is measured "
			  "and served as it is, with its offset in the root "
			  "dispersion", strerror(errno));
		return;
	}
	/* A clock of others' is free as far as this daemon is concerned. */
	clk.is_ours = true;
	clk.freq = tx.freq;
	clk.tick = tx.tick;
	clk.rate = shown(tx.freq, tx.tick);
}

/*
 * Note what only somebody else's hand on the system clock changes. The process
 * may stand still between two readings: the closest ones of several count.
 */
static void look(void)
{
	int64_t best = INT64_MAX, diff = 0;

	for (int i = 0; i < OFFSET_TRIES && best > LOOK_SURE; i++) {
		int64_t before = read_ns(CLOCK_MONOTONIC_RAW);
		int64_t real = read_ns(CLOCK_REALTIME);
		int64_t window = read_ns(CLOCK_MONOTONIC_RAW) - before;

		if (window >= best)
			continue;
		best = window;
		diff = real - before;
		clk.seen = clock_now();
	}
	/* Both far from 0: only what they differ by fits into a double. */
	clk.seen_diff = diff / NS - clock_phase(clk.seen);
}

void clock_init(bool keep)
{
	init(keep);
	look();
	tell(CLOCK_ANEW, 0);
}

/* From now on the phase grows as the kernel was just told. */
static void rebase(void)
{
	double now = clock_now();

	clk.phase = clock_phase(now);
	clk.when = now;
	clk.rate = shown(clk.freq, clk.tick);
	tell(CLOCK_RATE, 0);
}

int clock_adjust(double rate)
{
	struct timex tx = { .modes = ADJ_FREQUENCY | ADJ_TICK };
	double raw = rate / (1 - rate);
	int err;

	if (!clk.is_ours)
		return -EPERM;
	tx.tick = TICK_NOMINAL;
	/* Beyond what the frequency can do, coarse steps of the tick help. */
	if (fabs(raw) > FREQ_LIMIT)
		tx.tick += lround(raw / TICK_UNIT);
	raw -= (tx.tick - TICK_NOMINAL) * TICK_UNIT;
	tx.freq = lround(raw / FREQ_UNIT);
	if (tx.freq == clk.freq && tx.tick == clk.tick)
		return 0;
	clk.freq = tx.freq;
	clk.tick = tx.tick;
	err = adjust(&tx, "set the clock's frequency");
	rebase();
	return err;
}

int clock_step(double delta)
{
	struct timex tx = { .modes = ADJ_SETOFFSET | ADJ_NANO };
	double whole = floor(delta);
	int err;

	if (!clk.is_ours)
		return -EPERM;
	tx.time.tv_sec = (time_t)whole;
	tx.time.tv_usec = lround((delta - whole) * NS);
	if (tx.time.tv_usec >= LOOP_NS_PER_S) {
		tx.time.tv_sec++;
		tx.time.tv_usec -= LOOP_NS_PER_S;
	}
	tell(CLOCK_STEPPING, 0);
	err = adjust(&tx, "set the clock");
	tell(CLOCK_STEPPED, err ? 0 : (int64_t)whole * LOOP_NS_PER_S +
				      lround((delta - whole) * NS));
	if (err)
		return err;
	clk.epoch++;
	look();
	return 0;
}

int clock_slew_once(double delta)
{
	struct timex tx = { .modes = ADJ_OFFSET_SINGLESHOT };

	if (!clk.is_ours)
		return -EPERM;
	tx.offset = lround(delta * 1e6);
	return adjust(&tx, "slew the clock");
}

/* Did somebody change the frequency that was set here? */
static void watch_freq(double now)
{
	struct timex tx = { 0 };

	if (!clk.is_ours || clock_adjtime(CLOCK_REALTIME, &tx) < 0 ||
	    (tx.freq == clk.freq && tx.tick == clk.tick))
		return;
	if (!clk.has_told || now - clk.told_fight > 3600) {
		clk.has_told = true;
		log_warning("another program adjusts the clock: frequency is "
			    "%.3f ppm, was set to %.3f ppm; stop the other "
			    "time daemon (see timedatectl, ss -ulpn)",
			    tx.freq * FREQ_UNIT * 1e6,
			    clk.freq * FREQ_UNIT * 1e6);
		clk.told_fight = now;
	}
	clk.freq = tx.freq;
	clk.tick = tx.tick;
	rebase();
}

enum clock_upset clock_watch(double *set_by, int leap)
{
	double was = clk.seen, was_diff = clk.seen_diff, upset;

	watch_freq(clock_now());
	look();
	upset = clk.seen_diff - was_diff;
	if (leap && fabs(upset - leap) < 0.1) {
		log_notice("leap second %s", leap < 0 ? "inserted" : "deleted");
		upset = 0;
	}
	if (fabs(upset) < UPSET_MIN + UPSET_RATE * (clk.seen - was))
		upset = 0;
	if (upset == 0)
		return CLOCK_QUIET;
	clk.epoch++;
	*set_by = upset;
	return CLOCK_SET;
}

void clock_status(bool is_sync, unsigned int leap, double max_error,
		  double est_error)
{
	struct timex tx = {
		.modes = ADJ_STATUS | ADJ_NANO | ADJ_MAXERROR | ADJ_ESTERROR,
	};

	if (!clk.is_ours)
		return;
	if (!is_sync)
		tx.status |= STA_UNSYNC;
	else if (leap == 1)
		tx.status |= STA_INS;
	else if (leap == 2)
		tx.status |= STA_DEL;
	tx.maxerror = (long)fmin(ceil(max_error * 1e6), 16e6);
	tx.esterror = (long)fmin(ceil(est_error * 1e6), 16e6);
	adjust(&tx, "set the clock's status");
}

int clock_set_tai(int tai)
{
	struct timex tx = { .modes = ADJ_TAI, .constant = tai };

	if (!clk.is_ours)
		return -EPERM;
	return adjust(&tx, "set the offset of TAI");
}

void clock_release(double rate)
{
	if (!clk.is_ours)
		return;
	clock_adjust(rate);
	clk.is_ours = false;
}
