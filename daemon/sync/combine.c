/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#include <math.h>
#include <string.h>

#include "daemon/sync/combine.h"

/* Part of the delay that is taken for asymmetry. */
#define ASYMMETRY	0.005
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

size_t combine_run(const struct select_source *src, size_t n,
		   struct combine_result *result)
{
	const struct select_source *sys = syspeer_of(src, n);
	double weight = 0, freq_weight = 0, scatter = 0;
	size_t count = 0;

	memset(result, 0, sizeof(*result));
	if (!sys)
		return 0;
	for (size_t i = 0; i < n; i++) {
		const struct select_source *s = &src[i];
		double bias = ASYMMETRY * s->delay + USUAL * s->root_disp;
		double w, wf, d;

		if (s != sys && (s->status != SELECT_SURVIVOR || sys->prefer))
			continue;
		w = 1 / (s->offset_sd * s->offset_sd + bias * bias + 1e-20);
		wf = 1 / (s->freq_sd * s->freq_sd + 1e-24);
		d = s->offset - sys->offset;
		result->offset += w * s->offset;
		result->freq += wf * s->freq;
		scatter += w * d * d;
		weight += w;
		freq_weight += wf;
		count++;
	}
	result->offset /= weight;
	result->doubt = 1 / sqrt(weight);
	result->freq /= freq_weight;
	/*
	 * The sources watch one and the same oscillator, so that their errors
	 * are not independent: no better than the best one is claimed.
	 */
	result->offset_sd = sys->offset_sd;
	result->freq_sd = sys->freq_sd;
	result->wander = sys->wander;
	for (size_t i = 0; i < n; i++) {
		if (src[i].status != SELECT_SURVIVOR || sys->prefer)
			continue;
		result->offset_sd = fmin(result->offset_sd, src[i].offset_sd);
		result->freq_sd = fmin(result->freq_sd, src[i].freq_sd);
	}
	result->jitter = sqrt(sys->jitter * sys->jitter + scatter / weight);
	return count;
}
