/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef REFCLOCK_H
#define REFCLOCK_H

#include "daemon/engine/peer.h"

/** struct refclock_driver - a kind of clock, t of 127.127.t.u */
struct refclock_driver {
	u8 type;
	const char *name;	/* for people, without the unit */
	u8 stratum;		/* unless fudged */
	const char *refid;	/* unless fudged */
	/* Return: 0 and *@state, or a negative errno, which was logged. */
	int (*open)(const struct conf_assoc *conf, void **state);
	/* Sets all but stratum and refid. Return: 0 or a negative errno. */
	int (*read)(void *state, struct peer_reading *reading);
	void (*close)(void *state);
};

enum {
	REFCLOCK_SAMPLES	= 64,	/* kept between two polls */
};

/**
 * struct refclock_samples - what a clock said since the last poll
 *
 * A clock speaks each second and is polled less often. Its members belong to
 * refclock.c; zeroed, it is ready.
 */
struct refclock_samples {
	double free_offset[REFCLOCK_SAMPLES];	/* against the free clock */
	size_t n;
	size_t next;
	unsigned int epoch;
};

/**
 * refclock_add() - keep a sample
 * @offset: the clock's time less the system clock's, s
 * @when: then, on the scale of clock_now()
 */
void refclock_add(struct refclock_samples *samples, double offset,
		  double when);

/**
 * refclock_take() - the mean of those kept that lie together, and forget all
 * @offset: against the system clock as it is now, s
 * @spread: largest deviation from it among those that count, s
 *
 * The two fifths that lie furthest from the middle do not count.
 *
 * Return: false where there is none since the clock was last set.
 */
bool refclock_take(struct refclock_samples *samples, double *offset,
		   double *spread);

/** refclock_init() - let the engine's associations have reference clocks */
void refclock_init(void);

#endif
