// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/meter.h"

/* 99.9 % of a normal distribution are within so many standard deviations. */
#define SIGMAS		3.29

void meter_add(struct meter *meter, const struct meter_reading *reading)
{
	if (meter->n == meter->room) {
		meter->room = meter->room ? 2 * meter->room : 4096;
		meter->reading = reallocarray(meter->reading, meter->room,
					      sizeof(*meter->reading));
		if (!meter->reading) {
			fprintf(stderr, "sim: out of memory\n");
			exit(1);
		}
	}
	meter->reading[meter->n++] = *reading;
}

void meter_free(struct meter *meter)
{
	free(meter->reading);
	*meter = (struct meter){ 0 };
}

/* Sums over a window; each with the number of readings that it is of. */
struct sums {
	double err, err2, max, freq2, sd2, miss2, sync;
	size_t n, bound_n, cover_n, disp_n, dispcover_n, sd_n, sdcover_n, all_n;
};

static void sum_up(const struct meter *meter, size_t from, size_t to,
		   struct sums *s)
{
	for (size_t i = from; i < to; i++) {
		const struct meter_reading *r = &meter->reading[i];
		double miss = r->estimate + r->err;

		s->all_n++;
		s->sync += r->leap != 3;
		if (isnan(r->err))
			continue;
		s->n++;
		s->err += r->err;
		s->err2 += r->err * r->err;
		s->max = fmax(s->max, fabs(r->err));
		s->freq2 += r->freq * r->freq;
		if (!isnan(r->bound)) {
			s->bound_n++;
			s->cover_n += fabs(r->err) <= r->bound;
		}
		if (!isnan(r->disp)) {
			s->disp_n++;
			s->dispcover_n += fabs(r->err) <= r->disp;
		}
		if (!isnan(r->sd) && !isnan(miss)) {
			s->sd_n++;
			s->sdcover_n += fabs(miss) <= SIGMAS * r->sd;
			s->sd2 += r->sd * r->sd;
			s->miss2 += miss * miss;
		}
	}
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* The value that @part of all, the member at @at of each, are below. */
static double quantile(const struct meter *meter, size_t from, size_t to,
		       size_t at, double part)
{
	double *value = calloc(to - from + 1, sizeof(*value)), found = NAN;
	size_t n = 0;

	for (size_t i = from; value && i < to; i++) {
		memcpy(&value[n], (const char *)&meter->reading[i] + at,
		       sizeof(*value));
		value[n] = fabs(value[n]);
		n += !isnan(value[n]);
	}
	if (n) {
		qsort(value, n, sizeof(*value), compare);
		found = value[(size_t)(part * (double)n)];
	}
	free(value);
	return found;
}

#define QUANTILE(member, part) \
	quantile(meter, from, to, offsetof(struct meter_reading, member), part)

static double settled(const struct meter *meter, size_t from, size_t to,
		      double limit)
{
	size_t i = to;

	while (i > from && !(fabs(meter->reading[i - 1].err) >= limit))
		i--;
	/* The last second is not below: it did not settle. */
	return i == to ? INFINITY : (double)(i - from);
}

static double share(size_t part, size_t all)
{
	return all ? (double)part / (double)all : NAN;
}

static double from_sums(const struct sums *s, const char *name)
{
	double rms = sqrt(s->err2 / s->n);

	if (!strcmp(name, "rms"))
		return rms;
	if (!strcmp(name, "max"))
		return s->n ? s->max : NAN;
	if (!strcmp(name, "mean"))
		return s->err / s->n;
	if (!strcmp(name, "freq"))
		return sqrt(s->freq2 / s->n);
	if (!strcmp(name, "cover"))
		return share(s->cover_n, s->bound_n);
	if (!strcmp(name, "dispcover"))
		return share(s->dispcover_n, s->disp_n);
	if (!strcmp(name, "sdcover"))
		return share(s->sdcover_n, s->sd_n);
	if (!strcmp(name, "sdratio"))
		return sqrt(s->sd2 / s->miss2);
	if (!strcmp(name, "sync"))
		return share(s->sync, s->all_n);
	return NAN;
}

double meter_get(const struct meter *meter, const char *name, double limit,
		 double from_s, double to_s)
{
	size_t from = (size_t)fmax(from_s, 0), to = (size_t)fmax(to_s, 0);
	const struct meter_reading *first, *last;
	struct sums sums = { 0 };

	if (to > meter->n)
		to = meter->n;
	if (from >= to)
		return NAN;
	first = &meter->reading[from];
	last = &meter->reading[to - 1];
	if (!strcmp(name, "settle"))
		return settled(meter, from, to, limit);
	if (!strcmp(name, "pph"))
		return (last->sent - first->sent) * 3600.0 / (to - from);
	if (!strcmp(name, "steps"))
		return last->steps - (from ? first[-1].steps : 0);
	if (!strcmp(name, "leap"))
		return last->leap;
	if (!strcmp(name, "stratum"))
		return last->stratum;
	sum_up(meter, from, to, &sums);
	if (!strcmp(name, "width"))
		return QUANTILE(bound, 0.5) / sqrt(sums.err2 / sums.n);
	if (!strcmp(name, "dispwidth"))
		return QUANTILE(disp, 0.5) / QUANTILE(err, 0.999);
	return from_sums(&sums, name);
}

double meter_allan(const struct meter *meter, double from_s, double to_s,
		   unsigned int tau)
{
	size_t from = (size_t)from_s, to = (size_t)to_s, n = 0;
	double sum = 0;

	if (to > meter->n)
		to = meter->n;
	for (size_t i = from; i + 2 * tau < to; i++) {
		const struct meter_reading *r = &meter->reading[i];
		double d = r[2 * tau].err - 2 * r[tau].err + r[0].err;

		if (isnan(d))
			continue;
		sum += d * d;
		n++;
	}
	return n < 3 ? NAN : sqrt(sum / (2.0 * tau * tau * n));
}
