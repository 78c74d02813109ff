/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef SIM_KCLOCK_H
#define SIM_KCLOCK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/timex.h>
#include <time.h>

#include "tests/sim/rng.h"

/*
 * A machine's oscillator and the kernel's clocks that run by it, as a function
 * of true time: seconds since the start of the run. What clocks are off by is
 * kept apart from the time itself, so that it is exact to far below 1 ns.
 */

/** struct kclock_osc - an oscillator; frequencies in s/s, positive: fast */
struct kclock_osc {
	double freq;		/* base frequency error */
	double wander;		/* random walk of the frequency per root s */
	double temp;		/* amplitude of a sine on the frequency */
	double period;		/* of the sine, s */
	double walk;		/* sum of the random walk */
};

/** struct kclock - oscillator, kernel clocks, and what adjtimex set */
struct kclock {
	struct kclock_osc osc;
	struct rng rng;
	int64_t epoch_ns;	/* UTC of true time 0, ns since 1970 */
	double t;		/* true time of the members below */
	double rate;		/* oscillator's error at the moment */
	double raw;		/* CLOCK_MONOTONIC_RAW less true time */
	double mono;		/* CLOCK_MONOTONIC less true time */
	double real;		/* CLOCK_REALTIME less (epoch + true time) */
	long freq;		/* as in timex */
	long tick;
	int status;
	int state;		/* TIME_OK and its like */
	int tai;
	long maxerror;
	long esterror;
	double singleshot;	/* s still to be slewed by adjtime() */
	double slew;		/* and its rate now */
	bool is_frozen;		/* the machine is not running */
	unsigned int reads;	/* of clocks at the time .t */
	double read_s;		/* time that a reading takes */
	unsigned int steps;	/* times that adjtimex set the clock */
};

/**
 * kclock_init() - a machine that was just switched on
 * @seed: of the run
 * @name: of the machine
 * @epoch_ns: UTC of true time 0
 */
void kclock_init(struct kclock *k, uint64_t seed, const char *name,
		 int64_t epoch_ns);

/** kclock_advance() - let the clocks run until @t, not before the last time */
void kclock_advance(struct kclock *k, double t);

/** kclock_tick() - what the oscillator and the kernel do once a second */
void kclock_tick(struct kclock *k, double t);

/**
 * kclock_read_ns() - clock_gettime() at true time @t
 * Return: ns, or -1 where there is no such clock.
 */
int64_t kclock_read_ns(struct kclock *k, clockid_t id, double t);

/** kclock_real_ns() - CLOCK_REALTIME at true time @t, as stamps show it */
int64_t kclock_real_ns(struct kclock *k, double t);

/** kclock_when_mono() - true time when CLOCK_MONOTONIC will show @mono_ns */
double kclock_when_mono(struct kclock *k, int64_t mono_ns, double t);

/** kclock_freq() - frequency error of CLOCK_REALTIME, s/s */
double kclock_freq(const struct kclock *k);

/**
 * kclock_adjtime() - clock_adjtime(CLOCK_REALTIME) at true time @t
 * Return: the clock's state, or a negative errno: -EINVAL for what the kernel
 * would refuse, -EOPNOTSUPP for what this model does not know.
 */
int kclock_adjtime(struct kclock *k, struct timex *tx, double t);

#endif
