/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef SYNC_DISCIPLINE_H
#define SYNC_DISCIPLINE_H

#include <stdbool.h>

/*
 * The clock discipline: (state, event) -> (state, action). It knows no clock;
 * whoever calls it does what the action says. Seconds and s/s throughout;
 * positive means that the local clock is behind, or has to run faster.
 */

/** enum discipline_state - names of RFC 5905 section 12 */
enum discipline_state {
	DISCIPLINE_NSET,	/* neither time nor frequency known */
	DISCIPLINE_FSET,	/* frequency known from the drift file */
	DISCIPLINE_FREQ,	/* time set, frequency still being learnt */
	DISCIPLINE_SYNC,	/* both known */
	DISCIPLINE_SPIK,	/* offset too large to slew: wait if it stays */
};

/**
 * struct discipline_limits - what the administrator allows
 * @stepfwd: step forward rather than slew offsets above, 0 for never
 * @stepback: the same backward
 * @stepout: only once the offset has been that large for so long
 * @panic: larger offsets are not believed, 0 for no limit
 * @step_first: but the first correction may be of any size (-g)
 */
struct discipline_limits {
	double stepfwd;
	double stepback;
	double stepout;
	double panic;
	bool step_first;
};

/** struct discipline - state; a plain value */
struct discipline {
	enum discipline_state state;
	double freq;		/* correction the oscillator needs */
	double freq_sd;
	double slew_end;	/* when a slew under way is done */
	bool is_slewing;
	double spike_since;
};

/**
 * struct discipline_event - what the sources say now
 * @now: seconds, moves forward only
 * @offset: true time less local clock
 * @freq: frequency correction that the free oscillator needs
 * @freq_sd: its standard deviation
 * @interval: when the next event is expected, seconds from now
 */
struct discipline_event {
	double now;
	double offset;
	double freq;
	double freq_sd;
	double interval;
};

/** enum discipline_verb - what to do with the clock */
enum discipline_verb {
	DISCIPLINE_NOTHING,
	DISCIPLINE_ADJUST,	/* run at .rate, from .until on at .freq */
	DISCIPLINE_STEP,	/* set forward by .step, then run at .freq */
	DISCIPLINE_WAIT,	/* a spike: run on, do not believe it yet */
	DISCIPLINE_PANIC,	/* an offset that cannot be: give up */
};

/** struct discipline_action - what to do, see enum discipline_verb */
struct discipline_action {
	enum discipline_verb verb;
	double step;
	double rate;
	double freq;
	double until;
};

/* Largest frequency error of an oscillator, RFC 5905 section 12 (MAXFREQ). */
#define DISCIPLINE_FREQ_MAX	500e-6
/* Fastest slew, on top of the frequency correction. */
#define DISCIPLINE_SLEW_MAX	5000e-6
/* A frequency known this well is known. */
#define DISCIPLINE_FREQ_GOOD	2e-6

/**
 * discipline_init() - start
 * @d: state
 * @freq: frequency correction from the drift file
 * @freq_sd: how well it is known
 * @has_freq: there was a drift file
 */
void discipline_init(struct discipline *d, double freq, double freq_sd,
		     bool has_freq);

/** discipline_update() - the sources have spoken */
struct discipline_action
discipline_update(struct discipline *d, const struct discipline_limits *limits,
		  const struct discipline_event *event);

/** discipline_timer() - time has passed; to be called at action.until */
struct discipline_action discipline_timer(struct discipline *d, double now);

/** discipline_state_name() - such as "SYNC" */
const char *discipline_state_name(enum discipline_state state);

#endif
