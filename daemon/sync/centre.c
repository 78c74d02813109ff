/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#include <math.h>
#include <stdbool.h>

#include "daemon/sync/centre.h"

/* Degrees of freedom of the law: how rare those far off are. */
#define RARITY		5.0
/* Rounds that find a summit of the likelihood, and summits that are looked at. */
#define ROUNDS		8
#define SUMMITS		8
/* How likely it is that a source is a liar, whose error may be any. */
#define LIAR		1e-16
/* How likely it is, beforehand, that no path is as symmetric as is usual. */
#define ALL_WIDE	3e-5

struct summit {
	bool is_wide;		/* as seen where no path is a usual one */
	double at;
	double width;
	double like;		/* logarithm, then the share */
};

static double square(double x)
{
	return x * x;
}

static double var_of(const struct centre_source *s, bool is_wide)
{
	return is_wide ? s->var + s->wide : s->var;
}

/* Never more than 1: to be right by chance makes no source better. */
static double weigh(const struct centre_source *s, bool is_wide, double at)
{
	double var = var_of(s, is_wide);
	double ratio = (RARITY + 1) / (RARITY + square(s->at - at) / var);

	return fmin(ratio, 1) / var;
}

static double log_like(const struct centre_source *s, bool is_wide, double at)
{
	double var = var_of(s, is_wide), off = square(s->at - at);
	double end = fmax(1 - off / square(s->bound), 0);

	return log(LIAR + end * pow(1 + off / (RARITY * var),
				    -(RARITY + 1) / 2)) -
	       log(var / s->var) / 2;
}

static struct summit climb(const struct centre_source *src, size_t n,
			   bool is_wide, double from)
{
	struct summit s = { .is_wide = is_wide, .at = from };

	for (int round = 0; round < ROUNDS; round++) {
		double sum = 0, weights = 0;

		for (size_t i = 0; i < n; i++) {
			double w = weigh(&src[i], is_wide, s.at);

			sum += w * (src[i].at - from);
			weights += w;
		}
		s.at = from + sum / weights;
		s.width = 1 / sqrt(weights);
	}
	for (size_t i = 0; i < n; i++)
		s.like += log_like(&src[i], is_wide, s.at);
	s.like += log(s.width * (is_wide ? ALL_WIDE : 1));
	return s;
}

/* Is it one of those that are likely enough to lie on a summit? */
static bool is_start(const struct centre_source *src, size_t n, size_t of)
{
	size_t better = 0;

	for (size_t i = 0; i < n; i++)
		better += src[i].var < src[of].var ||
			  (i < of && src[i].var == src[of].var);
	return better < SUMMITS;
}

static bool is_known(const struct summit *summit, size_t count,
		     const struct summit *s)
{
	for (size_t i = 0; i < count; i++)
		if (fabs(summit[i].at - s->at) < s->width)
			return true;
	return false;
}

/* Return: how many there are at @summit, which has room for SUMMITS. */
static size_t find_summits(const struct centre_source *src, size_t n,
			   bool is_wide, struct summit *summit)
{
	size_t count = 0;

	for (size_t i = 0; i < n && count < SUMMITS; i++) {
		struct summit s;

		if (!is_start(src, n, i))
			continue;
		s = climb(src, n, is_wide, src[i].at);
		if (!is_known(summit, count, &s))
			summit[count++] = s;
	}
	return count;
}

static void share(struct summit *summit, size_t count)
{
	double best = -INFINITY, sum = 0;

	for (size_t k = 0; k < count; k++)
		best = fmax(best, summit[k].like);
	for (size_t k = 0; k < count; k++) {
		summit[k].like = exp(summit[k].like - best);
		sum += summit[k].like;
	}
	for (size_t k = 0; k < count; k++)
		summit[k].like /= sum;
}

double centre_find(struct centre_source *src, size_t n)
{
	struct summit summit[2 * SUMMITS];
	size_t count = find_summits(src, n, false, summit);
	double sum = 0, weights = 0;

	count += find_summits(src, n, true, summit + count);
	share(summit, count);
	for (size_t i = 0; i < n; i++) {
		src[i].weight = 0;
		for (size_t k = 0; k < count; k++)
			src[i].weight += summit[k].like *
					 weigh(&src[i], summit[k].is_wide,
					       summit[k].at);
		sum += src[i].weight * (src[i].at - src[0].at);
		weights += src[i].weight;
	}
	return src[0].at + sum / weights;
}
