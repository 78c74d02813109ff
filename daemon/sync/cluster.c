/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#include <math.h>

#include "daemon/sync/cluster.h"

/*
 * The system peer is left only for one whose distance is less by this, and no
 * outlier before it scatters more than samples do by this.
 */
#define HOP_RATIO	3.0
/* And only where that was so at as many samples. */
#define HOP_SAMPLES	3

/*
 * Paths may be asymmetric by this part of their delay: who is off by no more is
 * no outlier, as weights see to that; the others alone may be worse.
 */
#define ASYMMETRY	0.05

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

/* What one round of dropping outliers sees. */
struct outlier {
	size_t count;		/* survivors */
	size_t worst;		/* who may be dropped, or the number of all */
	double scatter;		/* of it */
	double jitter;		/* the least one */
};

/* Of equally far ones the more uncertain one goes. */
static struct outlier find_outlier(const struct select_source *src, size_t n,
				   bool keep_syspeer)
{
	struct outlier o = { .worst = n, .jitter = INFINITY };
	double worst = -1;

	for (size_t i = 0; i < n; i++) {
		double s;

		if (src[i].status != SELECT_SURVIVOR)
			continue;
		o.count++;
		o.jitter = fmin(o.jitter, src[i].jitter);
		if (src[i].prefer || src[i].is_true ||
		    (keep_syspeer && src[i].was_syspeer))
			continue;
		s = scatter(src, n, i);
		if (s * src[i].dist > worst) {
			worst = s * src[i].dist;
			o.scatter = s;
			o.worst = i;
		}
	}
	return o;
}

static double own_error(const struct select_source *s)
{
	return fmax(s->jitter, s->offset_sd);
}

size_t cluster_run(struct select_source *src, size_t n, size_t minclock)
{
	drop_drifting(src, n);
	for (;;) {
		struct outlier o = find_outlier(src, n, false);

		if (o.worst < n && src[o.worst].was_syspeer &&
		    o.scatter <= HOP_RATIO * own_error(&src[o.worst]))
			o = find_outlier(src, n, true);
		if (o.worst == n || o.count <= minclock ||
		    o.scatter <= fmax(o.jitter, ASYMMETRY * src[o.worst].delay))
			return o.count;
		src[o.worst].status = SELECT_OUTLIER;
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

/* Is it of another rank, where the distance does not matter? */
static bool outranks(const struct select_source *a,
		     const struct select_source *b)
{
	return a->prefer != b->prefer || a->stratum != b->stratum;
}

/* May it follow the one that was it, which still is there? */
static bool may_hop(struct select_source *s, const struct select_source *was)
{
	if (s == was || !is_better(s, was)) {
		s->ahead = 0;
		return s == was;
	}
	s->ahead += s->is_new;
	return s->ahead >= HOP_SAMPLES || outranks(s, was);
}

struct select_source *cluster_syspeer(struct select_source *src, size_t n)
{
	struct select_source *was = NULL, *best = NULL;

	for (size_t i = 0; i < n; i++)
		if (src[i].status == SELECT_SURVIVOR && src[i].was_syspeer)
			was = &src[i];
	/* The one that was it first, so that the margin is its. */
	best = was;
	for (size_t i = 0; i < n; i++) {
		if (src[i].status != SELECT_SURVIVOR ||
		    (was && !may_hop(&src[i], was)) || &src[i] == best)
			continue;
		if (!best || is_better(&src[i], best))
			best = &src[i];
	}
	for (size_t i = 0; i < n; i++)
		if (best != was || src[i].status != SELECT_SURVIVOR)
			src[i].ahead = 0;
	if (best)
		best->status = SELECT_SYSPEER;
	return best;
}
