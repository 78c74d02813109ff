/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#include <math.h>
#include <string.h>

#include "daemon/sync/ensemble.h"

/* Samples this many deviations off say that their source's bias is another. */
#define GATE		5.0
/* The same where the oscillator can not be what has changed, see gate(). */
#define GATE_BIAS	3.0
/* Deviations that a bound is exceeded by for another reason. */
#define FAR		5.0
/* Variances that differ so much make a source worse. */
#define WORSE		16.0
/* Asymmetry that is expected, as a part of the delay. */
#define ASYMMETRY	0.002
/* As long as biases stay what they are, s. */
#define BIAS_TIME	1e7
/* Nothing is more symmetric, s. */
#define BIAS_MIN	1e-10
/* As long as it takes to believe that a bias is another for good, s. */
#define SETTLE_TIME	3600.0
/* Steps that this is done in. */
#define SETTLE_STEPS	64
/* Samples that the usual noise is a mean of. */
#define SMOOTH		8
/* Real errors have longer tails than the models': deviations are so larger. */
#define MARGIN		1.3

static double square(double x)
{
	return x * x;
}

/* Weighted mean of all models, and the second moments about it. */
static void find_mean(const struct ensemble *e, struct ensemble_model *mean)
{
	int dim = 2 + e->n;

	memset(mean, 0, sizeof(*mean));
	for (int i = 0; i < WANDER_MODELS; i++)
		for (int a = 0; a < dim; a++)
			mean->x[a] += e->model[i].weight * e->model[i].x[a];
	for (int i = 0; i < WANDER_MODELS; i++) {
		const struct ensemble_model *m = &e->model[i];

		for (int a = 0; a < dim; a++)
			for (int b = 0; b < dim; b++)
				mean->p[a][b] += m->weight * (m->p[a][b] +
					(m->x[a] - mean->x[a]) *
					(m->x[b] - mean->x[b]));
	}
}

/*
 * Let the models exchange what they know, as the wander may have changed: each
 * keeps what it has, but for a small part of the mean of all.
 */
static void mix(struct ensemble *e)
{
	struct ensemble_model all;
	double rare[WANDER_MODELS];
	int dim = 2 + e->n;

	find_mean(e, &all);
	wander_prior(rare);
	for (int j = 0; j < WANDER_MODELS; j++) {
		struct ensemble_model *m = &e->model[j];
		double own = (1 - WANDER_SWITCH) * m->weight;
		double sum = own + WANDER_SWITCH * rare[j];
		double d[ENSEMBLE_DIM];

		own /= sum;
		m->weight = sum;
		for (int a = 0; a < dim; a++)
			d[a] = m->x[a] - all.x[a];
		for (int a = 0; a < dim; a++) {
			for (int b = 0; b < dim; b++)
				m->p[a][b] = own * m->p[a][b] +
					     (1 - own) * all.p[a][b] +
					     own * (1 - own) * d[a] * d[b];
			m->x[a] = all.x[a] + own * d[a];
		}
	}
}

/*
 * Bring a model forward: white noise of its wander on the frequency; biases
 * fade towards 0, as those of other paths and other hours are others.
 */
static void predict(const struct ensemble *e, struct ensemble_model *m,
		    int model, double dt)
{
	double q = square(wander_sd(model)), keep = exp(-dt / BIAS_TIME);
	int dim = 2 + e->n;

	m->x[0] += m->x[1] * dt;
	for (int a = 0; a < dim; a++)
		m->p[0][a] += dt * m->p[1][a];
	for (int a = 0; a < dim; a++)
		m->p[a][0] += dt * m->p[a][1];
	m->p[0][0] += q * dt * dt * dt / 3;
	m->p[0][1] += q * dt * dt / 2;
	m->p[1][0] += q * dt * dt / 2;
	m->p[1][1] += q * dt;
	for (int a = 2; a < dim; a++) {
		m->x[a] *= keep;
		for (int b = 0; b < dim; b++)
			m->p[a][b] *= keep;
		for (int b = 0; b < dim; b++)
			m->p[b][a] *= keep;
		m->p[a][a] += (1 - keep * keep) *
			      (e->bias[a - 2] + e->far[a - 2]) +
			      e->wander[a - 2] * dt;
	}
}

/* Return: log likelihood of a sample of @source. */
static double update(struct ensemble_model *m, int dim, int source,
		     double offset, double var)
{
	int at = 2 + source;
	double innovation = offset - m->x[0] - m->x[at];
	double gain[ENSEMBLE_DIM], row[ENSEMBLE_DIM] = { 0 }, s;

	for (int a = 0; a < dim; a++)
		row[a] = m->p[0][a] + m->p[at][a];
	s = row[0] + row[at] + var;
	for (int a = 0; a < dim; a++)
		gain[a] = row[a] / s;
	for (int a = 0; a < dim; a++) {
		m->x[a] += gain[a] * innovation;
		for (int b = 0; b < dim; b++)
			m->p[a][b] -= gain[a] * row[b];
	}
	return -0.5 * (square(innovation) / s + log(s));
}

static void update_all(struct ensemble *e, int source, double offset,
		       double var)
{
	double like[WANDER_MODELS], best = -INFINITY, sum = 0;

	for (int i = 0; i < WANDER_MODELS; i++) {
		like[i] = update(&e->model[i], 2 + e->n, source, offset, var);
		best = fmax(best, like[i]);
	}
	for (int i = 0; i < WANDER_MODELS; i++) {
		e->model[i].weight *= exp(like[i] - best);
		sum += e->model[i].weight;
	}
	for (int i = 0; i < WANDER_MODELS; i++)
		e->model[i].weight /= sum;
}

static void advance(struct ensemble *e, double now)
{
	double dt = now - e->when;

	if (dt <= 0)
		return;
	mix(e);
	for (int i = 0; i < WANDER_MODELS; i++)
		predict(e, &e->model[i], i, dt);
	e->when = now;
}

/* The first one's filter follows the sum of its bias and the offset. */
static void start(struct ensemble *e, const struct filter *f)
{
	double var = e->bias[0] + e->far[0];

	e->when = f->when;
	e->n = 1;
	for (int i = 0; i < WANDER_MODELS; i++) {
		struct ensemble_model *m = &e->model[i];
		const struct filter_model *from = &f->model[i];

		m->weight = from->weight;
		m->x[0] = from->x[0];
		m->x[1] = from->x[1];
		m->p[0][0] = from->p[0] + var;
		m->p[0][1] = from->p[1];
		m->p[1][0] = from->p[1];
		m->p[1][1] = from->p[2];
		m->p[0][2] = -var;
		m->p[2][0] = -var;
		m->p[2][2] = var;
	}
}

/* The others' are samples, which say nothing of the wander. */
static void join(struct ensemble *e, double offset, double var)
{
	int at = 2 + e->n++;

	for (int i = 0; i < WANDER_MODELS; i++) {
		struct ensemble_model *m = &e->model[i];

		m->p[at][at] = e->bias[at - 2] + e->far[at - 2];
		update(m, 2 + e->n, at - 2, offset, var);
	}
}

static void expect(struct ensemble *e, int at,
		   const struct ensemble_source *source)
{
	e->bias[at] = square(source->bias) +
		      square(ASYMMETRY * source->delay) + square(BIAS_MIN);
	e->view[at] = (struct centre_source){
		.var = square(source->bias),
		.delay = source->delay,
		.bound = source->bound,
	};
	e->wander[at] = square(source->wander);
}

/*
 * Variance that a bias has beyond what is expected, as it is that far off;
 * @var is that of its offset.
 */
static double far_of(const struct ensemble *e, int at, double weight,
		     double var)
{
	return fmax(1 / weight - var - e->bias[at], 0);
}

void ensemble_start(struct ensemble *e, const struct ensemble_source *source,
		    int n, double now)
{
	struct centre_source view[ENSEMBLE_SOURCES];
	double sd2[ENSEMBLE_SOURCES];

	memset(e, 0, sizeof(*e));
	for (int i = 0; i < n; i++) {
		struct filter_estimate est;

		filter_estimate(source[i].filter, now, &est);
		sd2[i] = square(est.offset_sd);
		expect(e, i, &source[i]);
		view[i] = e->view[i];
		view[i].at = est.offset;
		view[i].var += sd2[i];
		view[i].bound += FAR * est.offset_sd;
	}
	centre_find(view, n);
	e->begun = now;
	e->settled = now;
	for (int i = 0; i < n; i++) {
		e->far[i] = far_of(e, i, view[i].weight, sd2[i]);
		e->noise[i] = source[i].filter->noise;
		if (i) {
			join(e, view[i].at, sd2[i]);
		} else {
			start(e, source[i].filter);
			advance(e, now);
		}
	}
}

void ensemble_leave(struct ensemble *e, int source)
{
	int last = 1 + e->n, at = 2 + source;

	e->n--;
	e->bias[source] = e->bias[e->n];
	e->view[source] = e->view[e->n];
	e->far[source] = e->far[e->n];
	e->wander[source] = e->wander[e->n];
	e->noise[source] = e->noise[e->n];
	for (int i = 0; i < WANDER_MODELS; i++) {
		struct ensemble_model *m = &e->model[i];

		m->x[at] = m->x[last];
		for (int a = 0; a <= last; a++)
			m->p[at][a] = m->p[last][a];
		for (int a = 0; a <= last; a++)
			m->p[a][at] = m->p[a][last];
	}
}

/* What the path's law or route says anew concerns the bias alone, at first. */
static void change_bias(struct ensemble *e, int source,
			const struct filter_taken *taken)
{
	for (int i = 0; i < WANDER_MODELS; i++) {
		struct ensemble_model *m = &e->model[i];

		m->x[2 + source] += taken->shift;
		m->p[2 + source][2 + source] += taken->doubt;
	}
}

/*
 * By as much as the time is put forward and all biases back, all samples are
 * foretold as before. Where it belongs is what the biases themselves say, once
 * they are known: the less likely ones are to be few. But routes and laws come
 * and go with an hour's congestion, which that is not to follow.
 */
static void settle(struct ensemble *e, double now)
{
	struct centre_source view[ENSEMBLE_SOURCES];
	double time = fmin(now - e->begun, SETTLE_TIME);
	double dt = now - e->settled, share, shift;
	struct ensemble_model mean;

	if (dt <= 0 || dt < time / SETTLE_STEPS)
		return;
	e->settled = now;
	share = 1 - exp(-dt / time);
	find_mean(e, &mean);
	for (int j = 0; j < e->n; j++) {
		view[j] = e->view[j];
		view[j].at = mean.x[2 + j];
		view[j].bound += FAR * sqrt(mean.p[2 + j][2 + j]);
	}
	shift = share * centre_find(view, e->n);
	for (int j = 0; j < e->n; j++)
		e->far[j] += share * (far_of(e, j, view[j].weight, 0) -
				      e->far[j]);
	for (int i = 0; i < WANDER_MODELS; i++) {
		e->model[i].x[0] += shift;
		for (int j = 0; j < e->n; j++)
			e->model[i].x[2 + j] -= shift;
	}
}

/* Is there another source as good as this one, or a much better one? */
static void compare_noise(const struct ensemble *e, int source, bool *has_equal,
			  bool *is_worse)
{
	*has_equal = false;
	*is_worse = false;
	for (int i = 0; i < e->n; i++) {
		if (i == source)
			continue;
		*is_worse |= e->noise[source] > WORSE * e->noise[i];
		*has_equal |= e->noise[i] < WORSE * e->noise[source];
	}
}

static double miss_of(const struct ensemble_model *m, int source,
		      const struct filter_taken *taken, double *var)
{
	int at = 2 + source;

	*var = m->p[0][0] + 2 * m->p[0][at] + m->p[at][at] + taken->var;
	return taken->offset - m->x[0] - m->x[at];
}

/*
 * A sample that no model allows tells that the source's bias is another. So
 * does one that all of them together do not expect where the source's own
 * filter did, as the oscillator is what it was; yet the best source is
 * believed. Of one that is worse than others, too: these would know better of
 * the oscillator.
 */
static void gate(struct ensemble *e, int source,
		 const struct filter_taken *taken)
{
	const struct ensemble_model *wide = &e->model[WANDER_MODELS - 1];
	int at = 2 + source;
	bool has_equal, is_worse;
	struct ensemble_model mean;
	double miss, var, limit = GATE;

	compare_noise(e, source, &has_equal, &is_worse);
	if (is_worse || (has_equal && taken->surprise < GATE_BIAS)) {
		find_mean(e, &mean);
		miss = miss_of(&mean, source, taken, &var);
		limit = is_worse ? GATE_BIAS : GATE;
	} else {
		miss = miss_of(wide, source, taken, &var);
	}
	if (fabs(miss) <= limit * sqrt(var))
		return;
	for (int i = 0; i < WANDER_MODELS; i++)
		e->model[i].p[at][at] += square(miss);
}

void ensemble_add(struct ensemble *e, int source,
		  const struct filter_taken *taken,
		  const struct ensemble_source *now)
{
	expect(e, source, now);
	settle(e, taken->when);
	advance(e, taken->when);
	change_bias(e, source, taken);
	gate(e, source, taken);
	update_all(e, source, taken->offset, taken->var);
	e->noise[source] += (taken->var - e->noise[source]) / SMOOTH;
}

void ensemble_step(struct ensemble *e, double delta)
{
	for (int i = 0; i < WANDER_MODELS; i++)
		e->model[i].x[0] -= delta;
}

void ensemble_estimate(const struct ensemble *e, double now,
		       struct filter_estimate *est)
{
	struct ensemble then = *e;
	struct ensemble_model mean;
	double dt = fmax(now - e->when, 0);

	for (int i = 0; i < WANDER_MODELS; i++)
		predict(e, &then.model[i], i, dt);
	find_mean(&then, &mean);
	*est = (struct filter_estimate){
		.offset = mean.x[0],
		.freq = mean.x[1],
		.offset_sd = MARGIN * sqrt(mean.p[0][0]),
		.freq_sd = sqrt(mean.p[1][1]),
	};
}
