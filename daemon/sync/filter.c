/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#include <math.h>
#include <string.h>

#include "daemon/sync/filter.h"
#include "daemon/sync/wander.h"

/* Samples this many deviations off under the widest model are put aside. */
#define GATE		5.0
/* No oscillator's frequency changes by more between two samples, s/s. */
#define FREQ_LEAP	50e-6
/* Samples after a jump that this is not held against, lest it was one. */
#define LEAP_AGAIN	4
/* An offset that nothing is known of, s. */
#define UNKNOWN		1e5
/* Real errors have longer tails than the models': deviations are so larger. */
#define MARGIN		1.3
/* Samples that the jitter is a mean of. */
#define SMOOTH		8

void filter_init(struct filter *f, double freq, double freq_sd)
{
	double share[FILTER_MODELS];

	memset(f, 0, sizeof(*f));
	wander_prior(share);
	for (int i = 0; i < FILTER_MODELS; i++) {
		f->model[i].weight = share[i];
		f->model[i].x[1] = freq;
		f->model[i].p[0] = UNKNOWN * UNKNOWN;
		f->model[i].p[2] = freq_sd * freq_sd;
	}
}

void filter_step(struct filter *f, double delta)
{
	for (int i = 0; i < FILTER_MODELS; i++)
		f->model[i].x[0] -= delta;
}

/* Let the models exchange what they know, as the wander may have changed. */
static void mix(struct filter *f)
{
	struct filter_model old[FILTER_MODELS];
	double rare[FILTER_MODELS];

	memcpy(old, f->model, sizeof(old));
	wander_prior(rare);
	for (int j = 0; j < FILTER_MODELS; j++) {
		struct filter_model *m = &f->model[j];
		double share[FILTER_MODELS], sum = 0;

		for (int i = 0; i < FILTER_MODELS; i++) {
			share[i] = old[i].weight * (WANDER_SWITCH * rare[j] +
						    (i == j ? 1 - WANDER_SWITCH : 0));
			sum += share[i];
		}
		memset(m, 0, sizeof(*m));
		m->weight = sum;
		for (int i = 0; i < FILTER_MODELS; i++) {
			m->x[0] += share[i] / sum * old[i].x[0];
			m->x[1] += share[i] / sum * old[i].x[1];
		}
		for (int i = 0; i < FILTER_MODELS; i++) {
			double d0 = old[i].x[0] - m->x[0];
			double d1 = old[i].x[1] - m->x[1];
			double w = share[i] / sum;

			m->p[0] += w * (old[i].p[0] + d0 * d0);
			m->p[1] += w * (old[i].p[1] + d0 * d1);
			m->p[2] += w * (old[i].p[2] + d1 * d1);
		}
	}
}

/* Bring a model forward: white noise of its wander on the frequency. */
static void predict(struct filter_model *m, int i, double dt)
{
	double q = wander_sd(i) * wander_sd(i);

	m->x[0] += m->x[1] * dt;
	m->p[0] += dt * (2 * m->p[1] + dt * m->p[2]) + q * dt * dt * dt / 3;
	m->p[1] += dt * m->p[2] + q * dt * dt / 2;
	m->p[2] += q * dt;
}

/* Return: log likelihood of the sample. */
static double update(struct filter_model *m, double offset, double noise)
{
	double innovation = offset - m->x[0];
	double s = m->p[0] + noise;
	double k0 = m->p[0] / s, k1 = m->p[1] / s;

	m->x[0] += k0 * innovation;
	m->x[1] += k1 * innovation;
	m->p[2] -= k1 * m->p[1];
	m->p[1] *= noise / s;
	m->p[0] *= noise / s;
	return -0.5 * (innovation * innovation / s + log(s));
}

static void update_all(struct filter *f, double offset, double noise)
{
	double like[FILTER_MODELS], best = -INFINITY, sum = 0;

	for (int i = 0; i < FILTER_MODELS; i++) {
		like[i] = update(&f->model[i], offset, noise);
		best = fmax(best, like[i]);
	}
	for (int i = 0; i < FILTER_MODELS; i++) {
		f->model[i].weight *= exp(like[i] - best);
		sum += f->model[i].weight;
	}
	for (int i = 0; i < FILTER_MODELS; i++)
		f->model[i].weight /= sum;
}

static void find_offset(const struct filter *f, double *mean, double *var)
{
	*mean = 0;
	*var = 0;
	for (int i = 0; i < FILTER_MODELS; i++)
		*mean += f->model[i].weight * f->model[i].x[0];
	for (int i = 0; i < FILTER_MODELS; i++) {
		double d = f->model[i].x[0] - *mean;

		*var += f->model[i].weight * (f->model[i].p[0] + d * d);
	}
}

/*
 * How likely is the sample under each law of the path's noise? Where another
 * law prevails, the offset moves with it. Return: by how much.
 */
static double learn(struct filter *f, double offset)
{
	double like[PATH_LAWS], mean, var, shift;

	find_offset(f, &mean, &var);
	for (int j = 0; j < PATH_LAWS; j++) {
		double level_var, sum = 0;
		double level = path_level(&f->path, j, &level_var);
		double noise = f->path.var[j] + level_var;
		double want = offset - f->path.bias[j] - level -
			      f->path.held;

		for (int i = 0; i < FILTER_MODELS; i++) {
			const struct filter_model *m = &f->model[i];
			double e = want - m->x[0];
			double s = m->p[0] + noise;

			sum += m->weight / sqrt(s) * exp(-0.5 * e * e / s);
		}
		like[j] = log(sum + 1e-300);
	}
	shift = path_learn(&f->path, offset - mean, var, like);
	for (int i = 0; i < FILTER_MODELS; i++)
		f->model[i].x[0] += shift;
	return shift;
}

/* By how many deviations all models together did not expect a sample. */
static double surprise(const struct filter *f, double offset, double noise)
{
	struct filter_estimate est;
	double sd;

	filter_estimate(f, f->when, &est);
	sd = est.offset_sd / MARGIN;
	return fabs(offset - est.offset) / sqrt(sd * sd + noise);
}

/**
 * struct gate - what a sample is held against
 * @mean: offset that all models together expect
 * @sd: deviation of that
 * @leap: what a frequency that is another one by now adds
 * @wide: offset that the most restless model expects
 * @wide_sd: deviation of that
 * @bias: what the path is held to add
 */
struct gate {
	double mean;
	double sd;
	double leap;
	double wide;
	double wide_sd;
	double bias;
};

/*
 * As far off as the most restless model allows; but at long intervals that one
 * would take any jump for another frequency.
 */
static void build_gate(const struct filter *f, double dt, struct gate *g)
{
	const struct filter_model *wide = &f->model[FILTER_MODELS - 1];
	double var;

	find_offset(f, &g->mean, &var);
	g->sd = sqrt(var);
	g->leap = f->jumped ? INFINITY : FREQ_LEAP * dt;
	g->wide = wide->x[0];
	g->wide_sd = sqrt(wide->p[0]);
	g->bias = path_bias(&f->path);
}

static bool is_beyond(const struct gate *g, double offset, double noise,
		      double slack)
{
	return fabs(offset - g->wide) >
	       GATE * hypot(g->wide_sd, noise) + slack ||
	       fabs(offset - g->mean) >
	       GATE * hypot(g->sd, noise) + g->leap + slack;
}

/*
 * Can the time that a sample spent in queues be why its offset is another one?
 * Then it is no evidence against the source, whatever law of its path prevails.
 */
static bool is_late(const struct filter *f, const struct filter_sample *s,
		    const struct gate *g)
{
	double queue = fmax(s->delay - f->path.least, 0);

	return !is_beyond(g, s->offset - f->path.held, 0, queue / 2);
}

/*
 * A first sample beyond that is put aside; when the next one says the same, the
 * source (or somebody else's hand on the clock) has jumped: keep the frequency,
 * learn the offset anew, from both of them.
 */
static enum filter_result gate(struct filter *f, const struct filter_sample *s,
			       double noise, double dt)
{
	double innovation, sure, sd = sqrt(noise);
	struct gate g;

	build_gate(f, dt, &g);
	if (f->jumped)
		f->jumped--;
	if (!is_beyond(&g, s->offset - g.bias, sd, 0)) {
		f->suspect = 0;
		return FILTER_TAKEN;
	}
	if (is_late(f, s, &g))
		return FILTER_SUSPECT;
	innovation = s->offset - g.bias - g.mean;
	sure = fmin(GATE * hypot(g.wide_sd, sd),
		    GATE * hypot(g.sd, sd) + g.leap);
	if (f->suspect == 0 || fabs(innovation - f->suspect) > sure) {
		f->suspect = innovation;
		f->suspect_var = noise;
		return FILTER_SUSPECT;
	}
	for (int i = 0; i < FILTER_MODELS; i++) {
		f->model[i].p[0] += UNKNOWN * UNKNOWN;
		f->model[i].p[1] = 0;
	}
	update_all(f, g.mean + f->suspect, f->suspect_var);
	f->suspect = 0;
	f->jumped = LEAP_AGAIN;
	return FILTER_JUMP;
}

enum filter_result filter_add(struct filter *f, const struct filter_sample *s)
{
	double dt = f->count ? fmax(s->when - f->when, 0) : 0;
	double noise;
	enum filter_result result;
	struct filter_estimate est;
	double deviation;

	path_add(&f->path, s->delay, s->disp);
	noise = path_var(&f->path);
	f->count++;
	mix(f);
	for (int i = 0; i < FILTER_MODELS; i++)
		predict(&f->model[i], i, dt);
	/* A shorter path than ever: offsets were wrong by up to the rest. */
	for (int i = 0; i < FILTER_MODELS; i++)
		f->model[i].p[0] += f->path.doubt;
	f->when = f->count == 1 ? s->when : fmax(s->when, f->when);
	result = gate(f, s, noise, dt);
	if (result == FILTER_SUSPECT)
		return result;

	f->taken.shift += learn(f, s->offset);
	noise = path_var(&f->path);
	f->taken.when = f->when;
	f->taken.offset = s->offset - path_bias(&f->path);
	f->taken.var = noise;
	f->taken.surprise = surprise(f, f->taken.offset, noise);
	f->taken.doubt += f->path.doubt;
	f->taken.has_jumped |= result == FILTER_JUMP;
	update_all(f, f->taken.offset, noise);
	f->noise = f->noise > 0 ? f->noise + (noise - f->noise) / 8 : noise;
	filter_estimate(f, f->when, &est);
	deviation = s->offset - est.offset;
	f->residual += (deviation * deviation - f->residual) /
		       (f->count < SMOOTH ? f->count : SMOOTH);
	return result;
}

bool filter_estimate(const struct filter *f, double now,
		     struct filter_estimate *est)
{
	double dt = fmax(now - f->when, 0), var0 = 0, var1 = 0;

	memset(est, 0, sizeof(*est));
	if (!f->count)
		return false;
	for (int i = 0; i < FILTER_MODELS; i++) {
		struct filter_model m = f->model[i];

		predict(&m, i, dt);
		est->offset += m.weight * m.x[0];
		est->freq += m.weight * m.x[1];
		est->wander += m.weight * log(wander_sd(i));
	}
	for (int i = 0; i < FILTER_MODELS; i++) {
		struct filter_model m = f->model[i];
		double d0, d1;

		predict(&m, i, dt);
		d0 = m.x[0] - est->offset;
		d1 = m.x[1] - est->freq;
		var0 += m.weight * (m.p[0] + d0 * d0);
		var1 += m.weight * (m.p[2] + d1 * d1);
	}
	est->offset_sd = MARGIN * sqrt(var0);
	est->freq_sd = sqrt(var1);
	est->wander = exp(est->wander);
	est->jitter = sqrt(f->residual);
	est->delay = fmax(f->path.least, 0);
	return f->count >= FILTER_MIN;
}

double filter_growth(const struct filter *f, double interval)
{
	struct filter_estimate est;

	if (!filter_estimate(f, f->when + interval, &est) || f->noise <= 0)
		return INFINITY;
	return est.offset_sd / MARGIN / sqrt(f->noise);
}

struct filter_taken filter_take(struct filter *f)
{
	struct filter_taken taken = f->taken;

	f->taken = (struct filter_taken){ 0 };
	return taken;
}
