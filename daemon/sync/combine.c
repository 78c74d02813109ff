/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#include <math.h>
#include <string.h>

#include "daemon/sync/centre.h"
#include "daemon/sync/combine.h"

/* Part of the delay that is taken for asymmetry where doubt is concerned. */
#define ASYMMETRY	0.005
/* Deviations that a bound is exceeded by for another reason. */
#define FAR		5.0
/* Part of its bound that a source's own error usually is. */
#define USUAL		0.05

static const struct select_source *syspeer_of(const struct select_source *src,
					      size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (src[i].status == SELECT_SYSPEER)
			return &src[i];
	return NULL;
}

/* Sources that are heard, as centre_find() wants them. */
static size_t gather(const struct select_source *src, size_t n,
		     const struct select_source *sys,
		     const struct select_source **used,
		     struct centre_source *view)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++) {
		const struct select_source *s = &src[i];
		double bias = USUAL * s->root_disp;

		if (s != sys && (s->status != SELECT_SURVIVOR || sys->prefer))
			continue;
		used[count] = s;
		view[count++] = (struct centre_source){
			.at = s->offset,
			.var = s->offset_sd * s->offset_sd + bias * bias,
			.delay = s->delay,
			.bound = s->delay / 2 + s->root_disp +
				 FAR * s->offset_sd,
		};
	}
	return count;
}

size_t combine_run(const struct select_source *src, size_t n,
		   struct combine_result *result)
{
	const struct select_source *sys = syspeer_of(src, n);
	const struct select_source *used[SELECT_MAX];
	struct centre_source view[SELECT_MAX];
	double weight = 0, freq_weight = 0, scatter = 0;
	size_t count;

	memset(result, 0, sizeof(*result));
	if (!sys)
		return 0;
	count = gather(src, n, sys, used, view);
	result->offset = centre_find(view, count);
	/*
	 * The sources watch one and the same oscillator, so that their errors
	 * are not independent: no better than the best one is claimed.
	 */
	result->offset_sd = sys->offset_sd;
	result->freq_sd = sys->freq_sd;
	result->wander = sys->wander;
	for (size_t i = 0; i < count; i++) {
		const struct select_source *s = used[i];
		double wf = 1 / (s->freq_sd * s->freq_sd + 1e-24);
		double d = s->offset - sys->offset;
		double bias = ASYMMETRY * s->delay;
		double w = 1 / (1 / view[i].weight + bias * bias);

		weight += w;
		scatter += w * d * d;
		freq_weight += wf;
		result->freq += wf * s->freq;
		result->offset_sd = fmin(result->offset_sd, s->offset_sd);
		result->freq_sd = fmin(result->freq_sd, s->freq_sd);
	}
	result->freq /= freq_weight;
	result->doubt = 1 / sqrt(weight);
	result->jitter = sqrt(sys->jitter * sys->jitter + scatter / weight);
	return count;
}
