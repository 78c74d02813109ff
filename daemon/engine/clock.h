/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef CLOCK_H
#define CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/*
 * The system clock: the only file that moves it. Seconds and s/s; positive
 * means forward, or faster.
 *
 * The *phase* is all that slews and frequency corrections have added to the
 * clock since the last step. An offset measured against the clock plus the
 * phase of that moment is one against the free clock of sync/filter.h.
 */

/** enum clock_upset - what was found to have happened to the clock */
enum clock_upset {
	CLOCK_QUIET,	/* nothing */
	CLOCK_SET,	/* somebody else set it: measure anew */
};

/**
 * clock_init() - find out what may be done with the clock
 * @keep: only measure, never adjust
 *
 * Logs what stands in the way. The frequency that the kernel has is kept until
 * the first adjustment.
 */
void clock_init(bool keep);

/** clock_is_ours() - may and will the clock be adjusted? */
bool clock_is_ours(void);

/** clock_now() - time on CLOCK_MONOTONIC, s; the time of all that follows */
double clock_now(void);

/** clock_when() - when did the system clock show @real_ns (ns since 1970)? */
double clock_when(int64_t real_ns);

/** clock_real_ns() - the system clock, ns since 1970 UTC */
int64_t clock_real_ns(void);

/* By more than this only who sets the clock moves what follows, ns. */
#define CLOCK_OFFSET_SURE	5000

/**
 * clock_offset() - CLOCK_REALTIME less CLOCK_MONOTONIC, ns
 *
 * Changes when the clock is set, by whomever, and never else: readings differ
 * by what it takes to read both.
 */
int64_t clock_offset(void);

/** clock_phase() - correction in force at @when, s; not before clock_init() */
double clock_phase(double when);

/** clock_rate() - growth of the phase per second, now */
double clock_rate(void);

/** clock_precision() - log2 of the time that it takes to read the clock */
int8_t clock_precision(void);

/**
 * clock_adjust() - change the frequency from now on
 * @rate: growth of the phase per second
 * Return: 0 or a negative errno, which was logged.
 */
int clock_adjust(double rate);

/** enum clock_change - what is done to the clock here, or was found done */
enum clock_change {
	CLOCK_RATE,	/* it has another rate now */
	CLOCK_STEPPING,	/* it is about to be set */
	CLOCK_STEPPED,	/* it was set, by @delta_ns; 0: in vain */
	CLOCK_ANEW,	/* the phase counts from 0 again */
};

typedef void (*clock_change_fn)(enum clock_change change, int64_t delta_ns);

/** clock_tell() - call a function at each change; NULL: none any more */
void clock_tell(clock_change_fn changed);

/**
 * clock_step() - set the clock forward by @delta, or back
 * Return: 0 or a negative errno, which was logged.
 */
int clock_step(double delta);

/**
 * clock_slew_once() - let the kernel slew by @delta, also after the end of
 * this program
 * Return: 0 or a negative errno, which was logged.
 */
int clock_slew_once(double delta);

/** clock_epoch() - changes whenever the clock was set, by whomever */
unsigned int clock_epoch(void);

/**
 * clock_watch() - look whether somebody else moves the clock
 * @set_by: by how much it was set, where the result is CLOCK_SET
 * @leap: seconds that the kernel may have inserted (-1) or deleted (+1)
 */
enum clock_upset clock_watch(double *set_by, int leap);

/**
 * clock_status() - tell the kernel what its clock is worth
 * @is_sync: it follows a source: the kernel then keeps the hardware clock, too
 * @leap: leap indicator: at the end of the UTC day the kernel inserts (1) or
 *	deletes (2) a second
 * @max_error: bound on the clock's error
 * @est_error: standard deviation of it
 */
void clock_status(bool is_sync, unsigned int leap, double max_error,
		  double est_error);

/**
 * clock_set_tai() - tell the kernel how far CLOCK_TAI is ahead of UTC, in s
 * Return: 0 or a negative errno, which was logged unless the clock is not ours.
 */
int clock_set_tai(int tai);

/** clock_release() - leave the clock at @rate, no longer vouched for */
void clock_release(double rate);

#endif
