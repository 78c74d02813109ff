/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef SYNC_ENSEMBLE_H
#define SYNC_ENSEMBLE_H

#include <stdbool.h>

#include "daemon/sync/centre.h"
#include "daemon/sync/filter.h"

/*
 * Several sources that watch one oscillator, in one filter: their samples all
 * tell of the same offset and frequency, each with a *bias* of its source, what
 * its path is asymmetric by and its server wrong by. A bias shows only where it
 * differs from the others', and is taken for the smaller the nearer the source.
 * It changes so slowly that a near source with much noise and a far one with
 * little make one that is good in both.
 *
 * Units and signs are those of filter.h.
 */
enum {
	ENSEMBLE_SOURCES = 8,
	ENSEMBLE_DIM	 = 2 + ENSEMBLE_SOURCES,
};

/** struct ensemble_model - offset x[0], frequency x[1], biases from x[2] on */
struct ensemble_model {
	double weight;
	double x[ENSEMBLE_DIM];
	double p[ENSEMBLE_DIM][ENSEMBLE_DIM];
};

/** struct ensemble - state; a plain value */
struct ensemble {
	struct ensemble_model model[WANDER_MODELS];
	double bias[ENSEMBLE_SOURCES];	/* variance that is expected of it */
	struct centre_source view[ENSEMBLE_SOURCES]; /* but for what it says */
	double far[ENSEMBLE_SOURCES];	/* more variance, as it is far off */
	double wander[ENSEMBLE_SOURCES]; /* growth of the bias, per second */
	double noise[ENSEMBLE_SOURCES];	/* variance of a usual sample */
	double begun;
	double settled;		/* when that was done last */
	double when;
	int n;			/* sources 0 to n - 1 */
};

/**
 * struct ensemble_source - a source, and what is expected of it
 * @filter: of FILTER_MIN samples or more
 * @bias: standard deviation expected of its bias, but for asymmetry
 * @delay: of its path, which that is a part of
 * @bound: the bias is not larger than this
 * @wander: random walk of the error of its server's time, s per root second
 */
struct ensemble_source {
	const struct filter *filter;
	double bias;
	double delay;
	double bound;
	double wander;
};

/**
 * ensemble_start() - begin anew
 * @e: the ensemble
 * @source: @n sources, 1 to ENSEMBLE_SOURCES, the best one first
 * @now: when that is
 */
void ensemble_start(struct ensemble *e, const struct ensemble_source *source,
		    int n, double now);

/**
 * ensemble_leave() - forget a source; the last one takes its place
 * @e: the ensemble
 * @source: which one
 */
void ensemble_leave(struct ensemble *e, int source);

/**
 * ensemble_add() - take a sample
 * @e: the ensemble
 * @source: whose
 * @taken: what that one's filter took
 * @now: what is expected of it now
 */
void ensemble_add(struct ensemble *e, int source,
		  const struct filter_taken *taken,
		  const struct ensemble_source *now);

/** ensemble_step() - the free clock was set forward by @delta */
void ensemble_step(struct ensemble *e, double delta);

/**
 * ensemble_estimate() - offset and frequency at @now
 * @est: offset, frequency, and their deviations are set, the rest is 0
 */
void ensemble_estimate(const struct ensemble *e, double now,
		       struct filter_estimate *est);

#endif
