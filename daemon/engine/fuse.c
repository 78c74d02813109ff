// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include <math.h>
#include <string.h>

#include "daemon/engine/clock.h"
#include "daemon/engine/fuse.h"
#include "daemon/engine/poll.h"
#include "daemon/engine/system.h"
#include "daemon/sync/ensemble.h"

/* Parts that biases are expected to be, see bias_of(). */
#define QUEUES		0.05
#define USUAL		0.05
/* How fast a server's own error changes by as much as it is, s. */
#define ROUND_S		500.0

/*
 * Together, sources know more than the best of them does. Where the ensemble is
 * less sure of the frequency, by this, or far off what they say one by one, by
 * so many deviations, they contradict each other; it is tried again later, s.
 */
#define UNSURE		4.0
#define FAR		8.0
#define HOLD_OFF	1000.0

static struct {
	double not_before;
	struct ensemble ensemble;
	struct peer *peer[ENSEMBLE_SOURCES];
	unsigned int count[ENSEMBLE_SOURCES];	/* samples its filter had */
} fuse;

void fuse_reset(void)
{
	memset(&fuse, 0, sizeof(fuse));
}

static void begin_anew(double now, double hold_off)
{
	double not_before = fuse.not_before;

	if (hold_off > 0)
		not_before = now + hold_off;
	fuse_reset();
	fuse.not_before = not_before;
}

void fuse_step(double delta)
{
	ensemble_step(&fuse.ensemble, delta);
}

static void leave(int slot)
{
	ensemble_leave(&fuse.ensemble, slot);
	fuse.peer[slot] = fuse.peer[fuse.ensemble.n];
	fuse.count[slot] = fuse.count[fuse.ensemble.n];
}

static int find(const struct peer *peer)
{
	int slot = 0;

	while (slot < fuse.ensemble.n && fuse.peer[slot] != peer)
		slot++;
	return slot;
}

void fuse_forget(const struct peer *peer)
{
	int slot = find(peer);

	if (slot < fuse.ensemble.n)
		leave(slot);
}

/*
 * Apart from what the whole delay adds, asymmetry is expected to be a part of
 * what delays scatter by; a server's own error to be a part of its bound.
 */
static double bias_of(const struct select_source *s)
{
	const struct peer *peer = s->owner;

	return hypot(QUEUES * peer->filter.path.spread, USUAL * s->root_disp);
}

/*
 * Servers farther down may follow what others up here, or this very host, say:
 * they are no witnesses of it. What they claim may leave out that they age.
 */
static double wander_of(const struct select_source *s, unsigned int stratum)
{
	double bound = s->root_disp + system_phi() * poll_interval(s->owner);

	return s->stratum > stratum ? USUAL * bound / sqrt(ROUND_S) : 0;
}

static struct ensemble_source expect(const struct select_source *s,
				     unsigned int stratum)
{
	const struct peer *peer = s->owner;

	return (struct ensemble_source){
		.filter = &peer->filter,
		.bias = bias_of(s),
		.delay = s->delay,
		.bound = s->delay / 2 + s->root_disp,
		.wander = wander_of(s, stratum),
	};
}

static bool is_used(const struct select_source *s)
{
	return s->status >= SELECT_SURVIVOR;
}

/*
 * Where a source is found out, what it has said has to go, too.
 * Return: false if all has to begin anew.
 */
static bool drop_bad(const struct select_source *src, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct peer *peer = src[i].owner;
		int slot = find(peer);

		if (slot == fuse.ensemble.n)
			continue;
		if (src[i].status == SELECT_FALSETICKER || src[i].drifts)
			return false;
		if (peer->filter.count < fuse.count[slot] ||
		    peer->filter.taken.has_jumped)
			leave(slot);
	}
	return true;
}

static void start(const struct select_source *src, size_t n, double now,
		  unsigned int stratum)
{
	struct ensemble_source source[ENSEMBLE_SOURCES];
	double least = INFINITY;
	int count = 0;

	for (size_t i = 0; i < n && count < ENSEMBLE_SOURCES; i++) {
		struct peer *peer = src[i].owner;
		int at = count;

		if (!is_used(&src[i]))
			continue;
		if (src[i].offset_sd < least) {
			least = src[i].offset_sd;
			source[count] = source[0];
			fuse.peer[count] = fuse.peer[0];
			fuse.count[count] = fuse.count[0];
			at = 0;
		}
		source[at] = expect(&src[i], stratum);
		filter_take(&peer->filter);
		fuse.peer[at] = peer;
		fuse.count[at] = peer->filter.count;
		count++;
	}
	ensemble_start(&fuse.ensemble, source, count, now);
}

/* Return: false if the source is a new one. */
static bool add(const struct select_source *s, unsigned int stratum)
{
	struct peer *peer = s->owner;
	int slot = find(peer);
	struct ensemble_source now;
	struct filter_taken taken;

	if (slot == fuse.ensemble.n)
		return slot == ENSEMBLE_SOURCES;
	if (peer->filter.taken.var <= 0)
		return true;
	taken = filter_take(&peer->filter);
	now = expect(s, stratum);
	ensemble_add(&fuse.ensemble, slot, &taken, &now);
	fuse.count[slot] = peer->filter.count;
	return true;
}

void fuse_update(const struct select_source *src, size_t n, double now,
		 struct combine_result *result)
{
	struct filter_estimate est;
	unsigned int stratum = NTP_STRATUM_UNSYNC;
	size_t used = 0;
	bool is_right = fuse.ensemble.n && drop_bad(src, n);

	for (size_t i = 0; i < n; i++)
		if (is_used(&src[i]) && src[i].stratum < stratum)
			stratum = src[i].stratum;

	for (size_t i = 0; i < n; i++)
		if (is_used(&src[i])) {
			is_right = is_right && add(&src[i], stratum);
			used++;
		}
	if (!is_right) {
		begin_anew(now, 0);
		if (used > 1 && now >= fuse.not_before)
			start(src, n, now, stratum);
	}
	if (!fuse.ensemble.n)
		return;
	ensemble_estimate(&fuse.ensemble, now, &est);
	est.offset -= clock_phase(now);
	if (est.freq_sd > UNSURE * result->freq_sd ||
	    fabs(est.offset - result->offset) > FAR * result->doubt) {
		begin_anew(now, HOLD_OFF);
		return;
	}
	result->offset = est.offset;
	result->offset_sd = est.offset_sd;
	result->freq = est.freq;
	result->freq_sd = est.freq_sd;
}
