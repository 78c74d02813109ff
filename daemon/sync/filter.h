/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef SYNC_FILTER_H
#define SYNC_FILTER_H

#include <stdbool.h>

#include "daemon/sync/path.h"
#include "daemon/sync/wander.h"

/*
 * The clock filter: what one source's samples tell about the local clock.
 *
 * All offsets are against the *free* clock: what the system clock would show
 * had nobody corrected it since the last step. Slews therefore do not disturb
 * the filter; a step moves it by filter_step(). Times are seconds on a clock
 * that only moves forward, offsets are seconds, positive where the source is
 * ahead, frequencies are the growth of the offset in s/s.
 *
 * Offset and frequency are followed by Kalman filters, one for each of several
 * assumptions on how much the oscillator wanders; each sample shifts weight to
 * those that foretold it (interacting multiple models). A sample counts for
 * what its delay says: s above the path's least delay its error is uniform in
 * +-s/2 at the worst. Any spacing of samples will do.
 */
enum {
	FILTER_MODELS	= WANDER_MODELS,
	FILTER_MIN	= 3,	/* samples that an estimate is good after */
};

/**
 * struct filter_sample - one exchange with a source
 * @when: middle of the exchange
 * @offset: source less free clock
 * @delay: round trip less the source's own time, may be slightly negative
 * @disp: bound on the error of the stamps (both precisions, own drift)
 */
struct filter_sample {
	double when;
	double offset;
	double delay;
	double disp;
};

/** struct filter_model - a Kalman filter: offset x[0], frequency x[1] */
struct filter_model {
	double weight;
	double x[2];
	double p[3];		/* covariance: 00, 01, 11 */
};

/**
 * struct filter_taken - what went into a filter since filter_take()
 * @when: of the last sample
 * @offset: of it, less what its path is held to have added
 * @var: variance of @offset
 * @surprise: deviations that it lay off what the filter itself expected
 * @shift: offsets are seen this much further ahead now than before
 * @doubt: variance that a changed path has added to them
 * @has_jumped: the source's time has jumped
 */
struct filter_taken {
	double when;
	double offset;
	double var;
	double surprise;
	double shift;
	double doubt;
	bool has_jumped;
};

/** struct filter - a source's filter; a plain value, see filter_init() */
struct filter {
	struct filter_model model[FILTER_MODELS];
	double when;		/* of the models' state */
	struct path path;
	unsigned int count;	/* samples taken since the start */
	double noise;		/* variance of a usual sample */
	double residual;	/* smoothed squared residual */
	double suspect;		/* innovation of a sample put aside, or 0 */
	double suspect_var;	/* variance of its noise */
	unsigned int jumped;	/* samples since the source jumped, see gate() */
	struct filter_taken taken;
};

/**
 * struct filter_estimate - what a filter says for a moment
 * @offset: source less free clock
 * @freq: its growth
 * @offset_sd: standard deviation of @offset
 * @freq_sd: standard deviation of @freq
 * @wander: random walk of the frequency that is likely, per root second
 * @delay: least delay of the path
 * @jitter: RMS of what samples deviate from the estimate
 */
struct filter_estimate {
	double offset;
	double freq;
	double offset_sd;
	double freq_sd;
	double wander;
	double delay;
	double jitter;
};

enum filter_result {
	FILTER_TAKEN,		/* the estimate is better now */
	FILTER_SUSPECT,		/* put aside: the next one decides */
	FILTER_JUMP,		/* the source jumped; followed it */
};

/**
 * filter_init() - forget everything
 * @f: the filter
 * @freq: frequency that is expected
 * @freq_sd: how well that is known
 */
void filter_init(struct filter *f, double freq, double freq_sd);

/**
 * filter_add() - take a sample
 * @f: the filter
 * @s: the sample, not older than the one before
 * Return: what became of it.
 */
enum filter_result filter_add(struct filter *f, const struct filter_sample *s);

/**
 * filter_step() - the free clock was set
 * @f: the filter
 * @delta: by how much it was set forward
 */
void filter_step(struct filter *f, double delta);

/**
 * filter_estimate() - offset and frequency at a moment
 * @f: the filter
 * @now: when, not before the last sample
 * @est: the estimate
 * Return: false before FILTER_MIN samples, @est is set all the same after one.
 */
bool filter_estimate(const struct filter *f, double now,
		     struct filter_estimate *est);

/**
 * filter_take() - what is new, for ensemble_add()
 * @f: the filter
 * Return: the last sample and what happened since the last call.
 */
struct filter_taken filter_take(struct filter *f);

/**
 * filter_growth() - what a poll interval costs
 * @f: the filter
 * @interval: seconds to the next sample
 * Return: the error expected before the next sample as a share of a usual
 * sample's own error; where that is small, the poll interval may grow.
 */
double filter_growth(const struct filter *f, double interval);

#endif
