/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#include <math.h>
#include <string.h>

#include "daemon/sync/path.h"

/* Variance of an offset per squared time in queues; 1/12 were uniform. */
#define QUEUE_GAIN	0.15
/* Chance that another law holds from one sample to the next. */
#define SWITCH		0.002
/* Samples that the spread assumed at the start counts for. */
#define PRIOR		1.5
/* Spread of the sum of two exponential queues by the mean of one. */
#define QUEUE_SPREAD	1.73
/* Variance of normal noise's offset by the squared spread of its delays. */
#define STAMP_GAIN	0.15
/* Share of that variance in each law; the last one has no queues but long. */
static const double stamp_share[PATH_LAWS] = { 0, 0.03, 0.3, 1 };
static const double law_prior[PATH_LAWS] = { 0.7, 0.1, 0.1, 0.1 };

static double nth(const struct path *p, unsigned int back)
{
	return p->delay[(p->count - 1 - back) % PATH_DELAYS];
}

/* Distance between the quartiles of the present path's last delays. */
static double quartiles(const struct path *p)
{
	double sorted[PATH_USUAL];
	unsigned int n = p->since < PATH_USUAL ? p->since : PATH_USUAL;

	for (unsigned int i = 0; i < n; i++) {
		double d = nth(p, i);
		unsigned int j = i;

		for (; j > 0 && sorted[j - 1] > d; j--)
			sorted[j] = sorted[j - 1];
		sorted[j] = d;
	}
	return sorted[3 * n / 4] - sorted[n / 4];
}

/*
 * When the last delays all lie well above the older ones, beyond their own
 * spread, the path has changed and the older ones say nothing about it; the
 * same when a single one lies that far below them.
 */
static void find_least(struct path *p)
{
	unsigned int n = p->since < PATH_DELAYS ? p->since : PATH_DELAYS;
	double recent = INFINITY, old = INFINITY, sum = 0;
	unsigned int i;

	for (i = 0; i < n; i++) {
		double d = nth(p, i);

		if (i < PATH_STAGES) {
			recent = fmin(recent, d);
			sum += d;
		} else {
			old = fmin(old, d);
		}
	}
	p->least = fmin(recent, old);
	if (n <= PATH_STAGES)
		return;
	if (recent - old > 3 * (sum / PATH_STAGES - recent) + 1e-6) {
		p->since = PATH_STAGES;
		p->least = recent;
	}
}

void path_add(struct path *p, double delay, double disp)
{
	double queue, excess, stamps, unseen, guess, fence;

	if (!p->count) {
		memcpy(p->weight, law_prior, sizeof(p->weight));
		p->spread = fabs(delay) / 4;
	} else if (p->since >= PATH_STAGES &&
		   delay < p->least - 3 * p->spread - 1e-6) {
		p->since = 0;
	}
	p->delay[p->count++ % PATH_DELAYS] = delay;
	p->since++;
	find_least(p);
	guess = p->spread;
	if (p->since < PATH_USUAL / 2)
		p->spread += (quartiles(p) - guess) / (p->since + PRIOR);
	else
		p->spread = quartiles(p);
	/* The least delay seen still holds some time in queues. */
	queue = p->spread / QUEUE_SPREAD;
	unseen = 1.25 * queue / sqrt(fmin(p->since, PATH_DELAYS));
	excess = delay - p->least;
	stamps = disp * disp / 3 + 1e-18;
	for (int i = 0; i < PATH_LAWS; i++) {
		double share = STAMP_GAIN * stamp_share[i];
		double s = excess + unseen;

		fence = 4 * p->spread;
		if (i == PATH_LAWS - 1)
			s = fmax(excess - fence, 0);
		p->var[i] = QUEUE_GAIN * s * s + share * p->spread * p->spread +
			    stamps;
	}
}

double path_var(const struct path *p)
{
	double sum = 0;

	for (int i = 0; i < PATH_LAWS; i++)
		sum += p->weight[i] * log(p->var[i]);
	return exp(sum);
}

void path_learn(struct path *p, const double like[PATH_LAWS])
{
	double best = -INFINITY, sum = 0;

	for (int i = 0; i < PATH_LAWS; i++)
		best = fmax(best, like[i]);
	for (int i = 0; i < PATH_LAWS; i++) {
		p->weight[i] = (p->weight[i] + SWITCH * law_prior[i]) *
			       exp(like[i] - best);
		sum += p->weight[i];
	}
	for (int i = 0; i < PATH_LAWS; i++)
		p->weight[i] /= sum;
}
