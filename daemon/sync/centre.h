/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef SYNC_CENTRE_H
#define SYNC_CENTRE_H

#include <stddef.h>

/*
 * Where the time is that several sources tell differently. No sample shows how
 * asymmetric a path is. It is taken for a usual one, asymmetric by a small part
 * of its delay, or for a wide one, thirty times as much, or, seldom, for any up
 * to the end that its delay sets. How many are usual ones is not known either:
 * half of them or more in most networks; if not, then none, as one that nobody
 * confirms is not to be believed for lying somewhere; or all of them are alike,
 * neither usual nor wide. The time is the mean over all of that by likelihood:
 * it is where most sources agree as long as enough of them do; else the middle
 * of all, by their delays. Two that contradict each other are no majority: the
 * nearer one is believed, the more the nearer.
 */

/**
 * struct centre_source - what one source says
 * @at: its offset, s
 * @var: variance of @at, but for the asymmetry of the path, s^2
 * @delay: of the path, s
 * @bound: it is hardly farther off than this, s
 * @weight: result, 1/s^2: that of a usual one, or less the farther it is off
 */
struct centre_source {
	double at;
	double var;
	double delay;
	double bound;
	double weight;
};

/**
 * centre_find() - find the time, and weigh sources
 * @src: @n sources, 1 or more; their weights are set
 * Return: the time, as an offset.
 */
double centre_find(struct centre_source *src, size_t n);

#endif
