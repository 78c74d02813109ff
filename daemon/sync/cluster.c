/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#include <math.h>

#include "daemon/sync/cluster.h"

/* The system peer is left only for one whose distance is less by this. */
#define HOP_RATIO	3.0

/* Frequencies that differ by more deviations are not of one oscillator. */
#define DRIFT_SURE	5.0
/* No frequency is known better; servers slew a little now and then. */
#define FREQ_SD_MIN	2e-8

/* By how many deviations a survivor's frequency differs from the others'. */
static double drift(const struct select_source *src, size_t n, size_t of)
{
	double sum = 0, weights = 0, var;

	for (size_t i = 0; i < n; i++) {
		double sd = fmax(src[i].freq_sd, FREQ_SD_MIN);

		if (i == of || src[i].status != SELECT_SURVIVOR)
			continue;
		sum += src[i].freq / (sd * sd);
		weights += 1 / (sd * sd);
	}
	var = fmax(src[of].freq_sd, FREQ_SD_MIN);
	var = var * var + 1 / weights;
	return fabs(src[of].freq - sum / weights) / sqrt(var);
}

/*
 * All sources watch one oscillator. Who sees it at another frequency than the
 * others drifts itself, long before that shows in its offset.
 */
static void drop_drifting(struct select_source *src, size_t n)
{
	for (;;) {
		double worst = DRIFT_SURE;
		size_t count = 0, drop = n;

		for (size_t i = 0; i < n; i++)
			count += src[i].status == SELECT_SURVIVOR;
		for (size_t i = 0; i < n && count > 2; i++) {
			double d;

			if (src[i].status != SELECT_SURVIVOR ||
			    src[i].prefer || src[i].is_true)
				continue;
			d = drift(src, n, i);
			if (d > worst) {
				worst = d;
				drop = i;
			}
		}
		if (drop == n)
			return;
		src[drop].status = SELECT_OUTLIER;
		src[drop].drifts = true;
	}
}

/* RMS distance of a survivor's offset from those of the others. */
static double scatter(const struct select_source *src, size_t n, size_t of)
{
	double sum = 0;
	size_t others = 0;

	for (size_t i = 0; i < n; i++) {
		double d = src[i].offset - src[of].offset;

		if (i == of || src[i].status != SELECT_SURVIVOR)
			continue;
		sum += d * d;
		others++;
	}
	return others ? sqrt(sum / others) : 0;
}

size_t cluster_run(struct select_source *src, size_t n, size_t minclock)
{
	drop_drifting(src, n);
	for (;;) {
		double worst = -1, scatter_max = 0, jitter_min = INFINITY;
		size_t count = 0, drop = n;

		for (size_t i = 0; i < n; i++) {
			double s;

			if (src[i].status != SELECT_SURVIVOR)
				continue;
			count++;
			jitter_min = fmin(jitter_min, src[i].jitter);
			if (src[i].prefer || src[i].is_true)
				continue;
			s = scatter(src, n, i);
			/* Of equally far ones the more uncertain one goes. */
			if (s * src[i].dist > worst) {
				worst = s * src[i].dist;
				scatter_max = s;
				drop = i;
			}
		}
		if (drop == n || count <= minclock || scatter_max <= jitter_min)
			return count;
		src[drop].status = SELECT_OUTLIER;
	}
}

static bool is_better(const struct select_source *a,
		      const struct select_source *b)
{
	if (a->prefer != b->prefer)
		return a->prefer;
	if (a->stratum != b->stratum)
		return a->stratum < b->stratum;
	return a->dist * (b->was_syspeer ? HOP_RATIO : 1) < b->dist;
}

struct select_source *cluster_syspeer(struct select_source *src, size_t n)
{
	struct select_source *best = NULL;

	/* The one that was it first, so that the margin is its. */
	for (size_t i = 0; i < n; i++)
		if (src[i].status == SELECT_SURVIVOR && src[i].was_syspeer)
			best = &src[i];
	for (size_t i = 0; i < n; i++) {
		if (src[i].status != SELECT_SURVIVOR || &src[i] == best)
			continue;
		if (!best || is_better(&src[i], best))
			best = &src[i];
	}
	if (best)
		best->status = SELECT_SYSPEER;
	return best;
}
