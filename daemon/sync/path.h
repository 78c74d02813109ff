/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef SYNC_PATH_H
#define SYNC_PATH_H

/*
 * What a sample's delay tells about the error of its offset.
 *
 * Seconds and squared seconds. No single law holds for every network, so that
 * several are kept, each with a weight that follows from how well it foretold
 * the samples so far:
 *
 * - queues: the delay beyond the least one, s, was spent in queues of either
 *   direction; the error is then anywhere in +-s/2, its variance 0.15 s^2 (a
 *   little more than 1/12, as tails are heavier than one would like);
 * - stamps: delays scatter for other reasons (stamping, scheduling), which
 *   the single delay does not reveal: with like and independent directions
 *   the variance is a quarter of the delays' variance, for every sample;
 * - both, in two mixtures;
 * - a path that has no delays, such as a reference clock's, has the error of
 *   the stamps that it claims, or a power of ten of that;
 * - one side: all queues, or all long ones, are in one and the same direction:
 *   an offset is then wrong by half the time spent there, and can be mended.
 *
 * When the delays rise for good, the route is another one. A clock does not
 * jump at such a moment; where its offset seems to, the new route is longer on
 * one side, and offsets are mended by that until a route as short as the old
 * one is back.
 */
enum {
	PATH_DELAYS	= 128,	/* samples that the least delay is taken of */
	PATH_USUAL	= 64,	/* of these, those that the spread is taken of */
	PATH_STAGES	= 8,	/* of these, those that show a changed path */
	PATH_LAWS	= 8,
};

/** struct path - a path's delays; a plain value, all zero at the start */
struct path {
	double delay[PATH_DELAYS];
	unsigned int count;	/* delays seen since the start */
	unsigned int since;	/* of these, those on the present path */
	double least;		/* least delay of the present path */
	double usual;		/* lower quartile of the delays, less @least */
	double spread;		/* from the first decile to the middle one */
	double weight[PATH_LAWS];
	double bias[PATH_LAWS];	/* mean error of the last sample, by each law */
	double var[PATH_LAWS];	/* variance about it */
	double base;		/* least delay of the path that is relied on */
	double held;		/* error of offsets by the present one */
	double doubt;		/* variance of what a shorter path may change */
	double error[PATH_STAGES]; /* of the last samples */
	double follow_var;	/* variance of what they are measured from */
	double level[PATH_LAWS]; /* weighted residuals by each law, fading */
	double known[PATH_LAWS]; /* and their weights, 1/s^2 */
};

/**
 * path_add() - take a sample's delay; sets @p->bias and @p->var
 * @p: the path
 * @delay: round trip
 * @disp: bound on the error of the stamps
 */
void path_add(struct path *p, double delay, double disp);

/** path_var() - variance of the last sample's offset, all laws considered */
double path_var(const struct path *p);

/** path_bias() - expected error of the last sample's offset */
double path_bias(const struct path *p);

/**
 * path_level() - by how much a law would have the source's time differ
 * @p: the path
 * @law: index of the law
 * @var: variance of the result
 *
 * The offset that is followed agrees with the law that has prevailed so far.
 * The others are judged by what they foretell with a level of their own.
 */
double path_level(const struct path *p, int law, double *var);

/**
 * path_learn() - tell how well each law foretold the last sample
 * @p: the path
 * @error: of the last sample, against the offset that is followed
 * @var: variance of the latter
 * @like: log likelihood of the sample by each law, see path_level()
 * Return: what the offset that is followed has to be moved by, as other laws
 * prevail now.
 */
double path_learn(struct path *p, double error, double var,
		  const double like[PATH_LAWS]);

#endif
