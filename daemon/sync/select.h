/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef SYNC_SELECT_H
#define SYNC_SELECT_H

#include <stdbool.h>
#include <stddef.h>

/** enum select_status - where a source got to, worst first (as ntpq's tally) */
enum select_status {
	SELECT_REJECT,		/* not fit: unreachable, unsynchronised, ... */
	SELECT_FALSETICKER,	/* its interval misses the majority's */
	SELECT_EXCESS,		/* one of more than are looked at */
	SELECT_OUTLIER,		/* true, but too far from the others */
	SELECT_SURVIVOR,	/* its time is used */
	SELECT_SYSPEER,		/* and it gives stratum and reference */
};

enum {
	SELECT_MAX	= 64,	/* sources that are looked at in one run */
};

/**
 * struct select_source - a source as the selection sees it
 * @offset: its time less the local clock's, s
 * @offset_sd: standard deviation of @offset
 * @freq: growth of @offset were the clock left alone, s/s
 * @freq_sd: standard deviation of @freq
 * @wander: see struct filter_estimate
 * @dist: root distance, bound on the error of @offset, s, above 0
 * @jitter: RMS of the deviations of its samples
 * @delay: round trip of the path, and from the source on to its root
 * @root_disp: root dispersion that the source claims, s
 * @stratum: of the source, 0 (reference clock) to 15
 * @prefer: to be followed as long as it is a truechimer
 * @is_true: never a falseticker
 * @was_syspeer: the last run's system peer
 * @is_new: there was a sample of it since the last run
 * @ahead: samples at which it was clearly better than the system peer was
 *	found to be, without a run to the contrary; counted by cluster_syspeer()
 * @drifts: result; dropped for its frequency
 * @status: result; SELECT_REJECT in the input keeps a source out
 * @owner: the caller's
 */
struct select_source {
	double offset;
	double offset_sd;
	double freq;
	double freq_sd;
	double wander;
	double dist;
	double jitter;
	double delay;
	double root_disp;
	unsigned int stratum;
	bool prefer;
	bool is_true;
	bool was_syspeer;
	bool is_new;
	unsigned int ahead;
	bool drifts;
	enum select_status status;
	void *owner;
};

/**
 * select_run() - tell truechimers from falsetickers (RFC 5905 A.5.5.1)
 * @src: @n sources; those not SELECT_REJECT become SELECT_SURVIVOR or
 *	SELECT_FALSETICKER
 *
 * Finds the interval that most sources share, more than half of them at least.
 * Truechimers reach into it; without such a majority all are falsetickers.
 * Midpoints do not count, unlike in the RFC: the bound of a near source is
 * narrower than what an honest far one may be off by.
 *
 * Return: number of truechimers.
 */
size_t select_run(struct select_source *src, size_t n);

#endif
