/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef SYNC_CENTRE_H
#define SYNC_CENTRE_H

#include <stddef.h>

/*
 * Where the time is that several sources tell differently. Most paths are as
 * symmetric as is expected of them, a few are far less so, and no path is
 * asymmetric by more than its delay. So errors are taken to have the law of
 * Student, of a scale that grows with the delay, and an end. The time is then
 * where most sources are about right rather than in the middle of all; of two
 * that contradict each other the nearer one is believed, the more the nearer.
 * Where too many contradict each other, all paths may be less symmetric than is
 * usual, and the middle of all, by their delays, is as good as can be.
 */

/**
 * struct centre_source - what one source says
 * @at: its offset, s
 * @var: variance of @at where the source is one of the usual ones, s^2
 * @wide: variance on top of that where none of the paths is a usual one
 * @bound: it is not farther off than this, s
 * @weight: result, 1/s^2: 1 / @var, or less the farther it is off
 */
struct centre_source {
	double at;
	double var;
	double wide;
	double bound;
	double weight;
};

/**
 * centre_find() - weigh sources
 * @src: @n sources, 1 or more; their weights are set
 * Return: mean of their offsets, with these weights.
 */
double centre_find(struct centre_source *src, size_t n);

#endif
