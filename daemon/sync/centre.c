/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#include <math.h>
#include <stdbool.h>

#include "daemon/sync/centre.h"

/* Asymmetry of usual and of wide paths, as parts of their delay. */
#define USUAL_PART	0.001
#define WIDE_PART	0.03
/* That of all, where neither is what paths are like, and how likely that is. */
#define ALIKE_PART	0.007
#define ALIKE		0.3
/* How likely it is, otherwise, that no path is a usual one. */
#define NONE_USUAL	0.04
/* And that some are, but fewer than half. */
#define FEW_USUAL	1e-4
/* A lone one is the surest, by this power of the deviations. */
#define NEARER		10
/* Share of the wide ones that may be anywhere, and of plain liars among all. */
#define ANYWHERE	3e-3
#define LIAR		1e-16
/* What is below has no part in it. */
#define EXPONENT_MIN	(-20.0)
/* Nothing is surer, s. */
#define SD_MIN		1e-10
/* Weights fall as by Student's law of one degree of freedom less. */
#define RARITY		6.0
/* Sources that are looked at, and that the integral's points are taken from. */
#define USED		16
#define STARTS		8

/* Points about a source, in its deviations: dense where it may be right. */
static const double grid[] = {
	-111, -61, -33, -18, -10, -5.5, -2.9, -1.5, -0.65, 0,
	0.65, 1.5, 2.9, 5.5, 10, 18, 33, 61, 111,
};
#define GRID	(sizeof(grid) / sizeof(grid[0]))

/* What a source's offset is off by; densities by that of usual ones at 0. */
struct law {
	double usual;		/* -1/2 of the inverse variance, usual ones */
	double wide, wide_at_0;	/* the same of wide ones, their density at 0 */
	double alike, alike_at_0;
	double any;		/* density of those that may be anywhere */
	double end;		/* inverse square of how far that is */
};

struct centre {
	size_t n;
	const struct centre_source *src[USED];	/* the surest one first */
	double sd[USED];		/* as a usual one */
	struct law law[USED];
	double share[USED + 1];		/* of each set of so many usual ones */
	double lone[USED];		/* chance to be the one usual source */
};

static double square(double x)
{
	return x * x;
}

static double var_of(const struct centre_source *s, double part)
{
	return s->var + square(part * s->delay) + square(SD_MIN);
}

/* The surest ones, where there are too many. */
static void choose(struct centre *c, const struct centre_source *src, size_t n)
{
	c->n = 0;
	for (size_t i = 0; i < n; i++) {
		double sd = sqrt(var_of(&src[i], USUAL_PART));
		size_t at = c->n < USED ? c->n++ : USED - 1;

		if (at == USED - 1 && c->src[at] && sd >= c->sd[at])
			continue;
		for (; at > 0 && c->sd[at - 1] > sd; at--) {
			c->src[at] = c->src[at - 1];
			c->sd[at] = c->sd[at - 1];
		}
		c->src[at] = &src[i];
		c->sd[at] = sd;
	}
}

static void build_laws(struct centre *c)
{
	for (size_t i = 0; i < c->n; i++) {
		const struct centre_source *s = c->src[i];
		double usual = square(c->sd[i]);
		double wide = var_of(s, WIDE_PART);
		double alike = var_of(s, ALIKE_PART);

		c->law[i] = (struct law){
			.usual = -0.5 / usual,
			.wide = -0.5 / wide,
			.wide_at_0 = sqrt(usual / wide),
			.alike = -0.5 / alike,
			.alike_at_0 = sqrt(usual / alike),
			.any = ANYWHERE * c->sd[i] / s->bound,
			.end = 1 / square(s->bound),
		};
	}
}

/* How likely each set of usual ones is: all sets of one size are alike. */
static void build_shares(struct centre *c)
{
	size_t n = c->n, half = (n + 1) / 2;
	double sets = 1, sum = 0;

	for (size_t k = 0; k <= n; k++) {
		if (k == 0)
			c->share[k] = NONE_USUAL;
		else if (k < half)
			c->share[k] = FEW_USUAL / sets;
		else
			c->share[k] = 1 / sets / (n - half + 1);
		sets *= (double)(n - k) / (k + 1);
	}
	for (size_t i = 0; i < n; i++) {
		c->lone[i] = pow(c->sd[0] / c->sd[i], NEARER);
		sum += c->lone[i];
	}
	for (size_t i = 0; i < n; i++)
		c->lone[i] *= n / sum;
}

static double density(double exponent)
{
	return exponent > EXPONENT_MIN ? exp(exponent) : 0;
}

/* 1 before the end, @off being the squared distance in ends; then 0, soon. */
static double fall(double off)
{
	double cube = off * off * off;

	return 1 / (1 + cube * cube);
}

/*
 * Likelihood of @at. Sums of the products over all sets of as many usual ones
 * grow from source to source.
 */
static double like_of(const struct centre *c, double at)
{
	double sum[USED + 1] = { 1 }, lone = 0, like = ALIKE;

	for (size_t i = 0; i < c->n; i++) {
		const struct law *law = &c->law[i];
		double off = square(c->src[i]->at - at);
		double any = law->any * fall(off * law->end) + LIAR;
		double usual = density(law->usual * off) + LIAR;
		double wide = law->wide_at_0 * density(law->wide * off) + any;

		like *= law->alike_at_0 * density(law->alike * off) + LIAR;
		lone = lone * wide + sum[0] * usual * c->lone[i];
		sum[i + 1] = 0;
		for (size_t k = i + 1; k > 0; k--)
			sum[k] = sum[k] * wide + sum[k - 1] * usual;
		sum[0] *= wide;
	}
	sum[1] = lone;
	for (size_t k = 0; k <= c->n; k++)
		like += c->share[k] * sum[k];
	return like;
}

/* All points about all sources that are starts, one after the other. */
struct walk {
	size_t next[STARTS];
};

/* Return: false at the end. */
static bool walk(struct walk *w, const struct centre *c, double *at)
{
	size_t first = STARTS;

	for (size_t i = 0; i < STARTS && i < c->n; i++) {
		double next;

		if (w->next[i] == GRID)
			continue;
		next = c->src[i]->at + grid[w->next[i]] * c->sd[i];
		if (first == STARTS || next < *at) {
			first = i;
			*at = next;
		}
	}
	if (first == STARTS)
		return false;
	w->next[first]++;
	return true;
}

/* Not above a usual one's: to be right by chance makes none better. */
static double weigh(const struct centre_source *s, double at)
{
	double usual = var_of(s, USUAL_PART);

	return fmin(1 / usual,
		    RARITY / ((RARITY - 1) * usual + square(s->at - at)));
}

/* What an integral over all that the time may be sums up. */
struct moments {
	double from;
	double sum;
	double first;		/* offsets from @from */
};

/* A point stands for half of what lies between its neighbours. */
static void integrate(const struct centre *c, struct moments *m,
		      struct centre_source *src, size_t n)
{
	struct walk w = { { 0 } };
	double before = 0, at = 0, next;
	bool has_more = walk(&w, c, &at);

	*m = (struct moments){ .from = at };
	for (before = at; has_more; before = at, at = next) {
		double like;

		next = at;
		has_more = walk(&w, c, &next);
		like = like_of(c, at) * (next - before);
		if (like <= 0)
			continue;
		m->sum += like;
		m->first += like * (at - m->from);
		for (size_t i = 0; i < n; i++)
			src[i].weight += like * weigh(&src[i], at);
	}
}

/* Where nothing is likely at all: the mean of usual ones. */
static void take_mean(const struct centre *c, struct moments *m,
		      struct centre_source *src, size_t n)
{
	double weights = 0;

	for (size_t i = 0; i < c->n; i++) {
		weights += 1 / square(c->sd[i]);
		m->first += (c->src[i]->at - m->from) / square(c->sd[i]);
	}
	m->first /= weights;
	m->sum = 1;
	for (size_t i = 0; i < n; i++)
		src[i].weight = weigh(&src[i], m->from + m->first);
}

double centre_find(struct centre_source *src, size_t n)
{
	struct centre c = { 0 };
	struct moments m;

	if (n == 1) {
		src->weight = weigh(src, src->at);
		return src->at;
	}
	choose(&c, src, n);
	build_laws(&c);
	build_shares(&c);
	for (size_t i = 0; i < n; i++)
		src[i].weight = 0;
	integrate(&c, &m, src, n);
	if (!(m.sum > 0))
		take_mean(&c, &m, src, n);
	for (size_t i = 0; i < n; i++)
		src[i].weight /= m.sum;
	return m.from + m.first / m.sum;
}
