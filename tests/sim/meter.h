/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef SIM_METER_H
#define SIM_METER_H

#include <stdbool.h>
#include <stddef.h>

/* What is measured on a machine each second of true time. */

/** struct meter_reading - one second; NAN where there is no such value */
struct meter_reading {
	double err;		/* system clock less UTC, s */
	double freq;		/* its frequency error, s/s */
	double bound;		/* root distance that is served, s */
	double disp;		/* root dispersion, as it is told, s */
	double estimate;	/* the daemon's idea of -err, s */
	double sd;		/* and its standard deviation, s */
	unsigned char leap;	/* served */
	unsigned char stratum;	/* served, 16 for unsynchronised */
	unsigned int sent;	/* requests so far */
	unsigned int steps;	/* times that adjtimex set the clock so far */
};

/** struct meter - one reading for each second from 1 on */
struct meter {
	struct meter_reading *reading;
	size_t n, room;
};

/** meter_add() - the next second */
void meter_add(struct meter *meter, const struct meter_reading *reading);

/** meter_free() - forget all */
void meter_free(struct meter *meter);

/**
 * meter_get() - a figure of the seconds from @from up to @to
 * @name: rms, max, mean (of the error, s); freq (RMS, s/s); cover (share of
 *	seconds in which the served root distance bounds the error), width
 *	(median root distance per RMS error), dispcover (share in which the
 *	root dispersion alone bounds the error), dispwidth (median root
 *	dispersion per error that 99.9 % of the seconds are below), sdcover (share in which 3.29
 *	standard deviations bound the estimate's error), sdratio (RMS standard
 *	deviation per RMS error of the estimate); pph (requests per hour);
 *	steps; sync (share of synchronised seconds); leap, stratum (at @to);
 *	settle (seconds from @from until the error stays below @limit)
 * Return: the figure; NAN where the name is unknown or nothing was measured.
 */
double meter_get(const struct meter *meter, const char *name, double limit,
		 double from, double to);

/**
 * meter_allan() - overlapping Allan deviation of the error
 * @tau: seconds, a whole number
 * Return: NAN where there are too few seconds.
 */
double meter_allan(const struct meter *meter, double from, double to,
		   unsigned int tau);

#endif
