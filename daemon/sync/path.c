/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#include <math.h>

#include "daemon/sync/path.h"

/* Variance of an offset per squared time in queues; 1/12 were uniform. */
#define QUEUE_GAIN	0.15
/* The same where the direction is known, and by squared spread. */
#define SIDE_GAIN	0.01
#define SIDE_FLOOR	0.001
/* Variance of normal noise's offset by the squared spread of its delays. */
#define STAMP_GAIN	0.15
/* Spread of the sum of two exponential queues by the mean of one queue. */
#define QUEUE_SPREAD	1.15
/* Mean excess, by that mean, of the least of n such sums, times sqrt(n). */
#define UNSEEN		1.25
/* Chance that another law holds from one sample to the next. */
#define SWITCH		0.002
/* Samples that the spread assumed at the start counts for. */
#define PRIOR		1.5
/* A route is taken to be longer on one side beyond as many deviations. */
#define HELD_SURE	5
/* Samples that the levels are means of. */
#define LEVEL_MEMORY	32
/* Least change of a delay that another path is inferred from, s. */
#define DELAY_STEP	1e-6
/* No stamp is better than a nanosecond. */
#define VAR_MIN		1e-18

/**
 * struct law - see path.h
 * @prior: how likely it is before anything was seen
 * @stamps: share of what scatters that is not queues
 * @side: +1 where queues are on the way to the source, -1 on the way back
 * @fence: delays up to this many spreads, or usual delays, are common ones
 * @disp: share of the stamps' own error; it is a bound, seldom reached
 */
static const struct law {
	double prior;
	double stamps;
	double side;
	double fence;
	double disp;
} laws[PATH_LAWS] = {
	{ 0.600, 0.00, 0, 0, 1 },
	{ 0.100, 0.03, 0, 0, 0.1 },
	{ 0.100, 0.30, 0, 0, 0.01 },
	{ 0.100, 1.00, 0, 4, 0.01 },
	{ 0.025, 0.00, +1, 0, 1 },
	{ 0.025, 0.00, -1, 0, 1 },
	{ 0.025, 0.00, +1, 3, 1 },
	{ 0.025, 0.00, -1, 3, 1 },
};

static double nth(const struct path *p, unsigned int back)
{
	return p->delay[(p->count - 1 - back) % PATH_DELAYS];
}

/*
 * Lower quartile of the present path's last delays, and how far the middle one
 * lies from the short ones: long ones may be spikes, and tell nothing of that.
 */
static double measure_spread(struct path *p)
{
	double sorted[PATH_USUAL] = { 0 };
	unsigned int n = p->since < PATH_USUAL ? p->since : PATH_USUAL;

	for (unsigned int i = 0; i < n; i++) {
		double d = nth(p, i);
		unsigned int j = i;

		for (; j > 0 && sorted[j - 1] > d; j--)
			sorted[j] = sorted[j - 1];
		sorted[j] = d;
	}
	p->usual = sorted[n / 4] - p->least;
	return sorted[n / 2] - sorted[n / 10];
}

/*
 * What offsets are wrong by on a longer route, as the last samples have it:
 * nothing, unless it is beyond doubt; see limit_held().
 */
static double find_held(const struct path *p)
{
	double sum = 0, weights = 0, mean;

	for (unsigned int i = 1; i < PATH_STAGES; i++) {
		double s = nth(p, i) - p->least + p->spread;
		double w = 1 / (QUEUE_GAIN * s * s + p->follow_var + VAR_MIN);

		sum += w * p->error[(p->count - 1 - i) % PATH_STAGES];
		weights += w;
	}
	mean = sum / weights;
	if (fabs(mean) < HELD_SURE / sqrt(weights))
		return 0;
	return mean;
}

/* Little by little, a route may turn out to be as short as the old one. */
static void limit_held(struct path *p)
{
	double limit = fmax(p->least - p->base, 0) / 2;

	p->held = fmax(-limit, fmin(p->held, limit));
}

/*
 * When the last delays all lie well above the older ones, beyond their own
 * spread, the path has changed and the older ones say nothing about it.
 */
static void find_least(struct path *p)
{
	unsigned int n = p->since < PATH_DELAYS ? p->since : PATH_DELAYS;
	double recent = INFINITY, old = INFINITY, sum = 0;

	for (unsigned int i = 0; i < n; i++) {
		double d = nth(p, i);

		if (i < PATH_STAGES) {
			recent = fmin(recent, d);
			sum += d;
		} else {
			old = fmin(old, d);
		}
	}
	p->least = fmin(recent, old);
	if (n <= PATH_STAGES ||
	    recent - old <= 3 * (sum / PATH_STAGES - recent) + DELAY_STEP)
		return;
	p->since = PATH_STAGES;
	p->least = recent;
	if (p->base <= 0)
		p->base = old;
	p->held = find_held(p);
}

/* A single delay far below all of the present path's is another path. */
static void find_shorter(struct path *p, double delay)
{
	double less = p->least - delay;

	p->doubt = 0;
	if (p->since < PATH_STAGES || less <= 3 * p->spread + DELAY_STEP)
		return;
	p->since = 0;
	if (p->base > 0 && delay > p->base + 3 * p->spread + DELAY_STEP) {
		/* Better, but not as good as it was. */
		p->held *= fmax(delay - p->base, 0) / (p->least - p->base);
		return;
	}
	if (p->held == 0)
		p->doubt = less * less / 12;
	p->held = 0;
	p->base = delay;
}

/* Queues in both directions alike, and what else scatters. */
static double even_var(const struct path *p, const struct law *law,
		       double excess)
{
	double other = p->spread * p->spread * STAMP_GAIN * law->stamps;

	excess = fmax(excess - law->fence * p->spread, 0);
	return QUEUE_GAIN * excess * excess + other;
}

/* All queues, or all long ones, on one side. */
static double side_var(const struct path *p, const struct law *law,
		       double excess, double unseen, double *bias)
{
	double fence = law->fence * fmax(p->usual, unseen);
	double common = fmin(excess + unseen, fence);
	double queue = fmax(excess - fence, 0);
	double floor = law->fence > 0 ? 0 : p->spread;

	if (queue > 0 && law->fence > 0)
		*bias = law->side * (excess - p->usual) / 2;
	else
		*bias = law->side * queue / 2;
	return QUEUE_GAIN * common * common + SIDE_GAIN * queue * queue +
	       SIDE_FLOOR * floor * floor;
}

static void judge(struct path *p, double excess, double disp)
{
	/* The least delay seen still holds some time in queues. */
	double unseen = UNSEEN * p->spread / QUEUE_SPREAD /
			sqrt(fmin(p->since, PATH_DELAYS));

	for (int i = 0; i < PATH_LAWS; i++) {
		p->bias[i] = 0;
		if (laws[i].side == 0)
			p->var[i] = even_var(p, &laws[i], excess + unseen);
		else
			p->var[i] = side_var(p, &laws[i], excess, unseen,
					     &p->bias[i]);
		p->var[i] += laws[i].disp * disp * disp / 3 + VAR_MIN;
	}
}

/* A path without delays (a reference clock): all that is left is scale. */
static void judge_mute(struct path *p, double disp)
{
	double var = disp * disp / 30;

	for (int i = 0; i < PATH_LAWS; i++) {
		p->bias[i] = 0;
		p->var[i] = var + VAR_MIN;
		var *= 10;
	}
}

void path_add(struct path *p, double delay, double disp)
{
	double guess;

	if (!p->count) {
		for (int i = 0; i < PATH_LAWS; i++)
			p->weight[i] = laws[i].prior;
		p->spread = fabs(delay) / 4;
	} else {
		find_shorter(p, delay);
	}
	p->delay[p->count++ % PATH_DELAYS] = delay;
	p->since++;
	find_least(p);
	limit_held(p);
	guess = p->spread;
	p->spread = measure_spread(p);
	if (p->since < PATH_USUAL / 2)
		p->spread = guess + (p->spread - guess) / (p->since + PRIOR);
	if (p->spread > 0 || p->least > 0)
		judge(p, delay - p->least, disp);
	else
		judge_mute(p, disp);
}

double path_bias(const struct path *p)
{
	double sum = p->held;

	for (int i = 0; i < PATH_LAWS; i++)
		sum += p->weight[i] * p->bias[i];
	return sum;
}

double path_var(const struct path *p)
{
	double sum = 0;

	for (int i = 0; i < PATH_LAWS; i++)
		sum += p->weight[i] * log(p->var[i]);
	return exp(sum);
}

double path_level(const struct path *p, int law, double *var)
{
	double scale = p->spread * p->spread + VAR_MIN;

	*var = 1 / (p->known[law] + 1 / scale);
	return p->level[law] * *var;
}

/* Move all levels, as what they are measured from was moved. */
static void shift_levels(struct path *p, double by)
{
	for (int i = 0; i < PATH_LAWS; i++)
		p->level[i] -= by * p->known[i];
}

double path_learn(struct path *p, double error, double var,
		  const double like[PATH_LAWS])
{
	double best = -INFINITY, sum = 0, shift = 0, weight, unused;

	p->error[(p->count - 1) % PATH_STAGES] = error;
	p->follow_var = var;
	error -= p->held;
	for (int i = 0; i < PATH_LAWS; i++)
		best = fmax(best, like[i]);
	for (int i = 0; i < PATH_LAWS; i++) {
		shift -= p->weight[i] * path_level(p, i, &unused);
		p->weight[i] = (p->weight[i] + SWITCH * laws[i].prior) *
			       exp(like[i] - best);
		sum += p->weight[i];
	}
	for (int i = 0; i < PATH_LAWS; i++) {
		p->weight[i] /= sum;
		shift += p->weight[i] * path_level(p, i, &unused);
		weight = 1 / (p->var[i] + var);
		p->level[i] += weight * (error - p->bias[i]) -
			       p->level[i] / LEVEL_MEMORY;
		p->known[i] += weight - p->known[i] / LEVEL_MEMORY;
	}
	shift_levels(p, shift);
	return shift;
}
