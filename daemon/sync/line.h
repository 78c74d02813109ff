/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef SYNC_LINE_H
#define SYNC_LINE_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/sync/filter.h"

/*
 * A second clock of this host, such as a NIC's, as a line of the system clock.
 *
 * Both are counted in ns from any origin; the system clock is one that nobody
 * sets (CLOCK_MONOTONIC), with its phase and rate of engine/clock.h: what was
 * done to its frequency does not disturb the estimate, which is that of
 * filter.h, for a path whose delay is the window of each reading.
 */

/** struct line_reading - both clocks, read together */
struct line_reading {
	int64_t phc_ns;		/* the other clock */
	int64_t mono_ns;	/* the system clock */
	int64_t window_ns;	/* the reading may be off by half of this */
	double phase;		/* of the system clock then, s */
};

/** struct line - an estimate; a plain value, see line_init() */
struct line {
	struct filter filter;
	int64_t phc_ns;		/* origin of the filter's offsets */
	int64_t mono_ns;
	double phase;
	double least_s;		/* least window that was seen */
	unsigned int count;	/* of readings */
};

/** struct line_point - where the line goes through, and how steeply */
struct line_point {
	int64_t phc_ns;
	int64_t mono_ns;
	double rate;		/* system clock's seconds in one of the other */
				/* clock, less one */
	double sd_ns;		/* standard deviation of the error */
	double drift;		/* growth of that in the next second, s/s */
};

/** line_init() - forget everything; no oscillator is 1000 ppm off */
void line_init(struct line *line);

/**
 * line_restart() - the other clock was set: forget where it was
 *
 * Its frequency is kept.
 */
void line_restart(struct line *line);

/**
 * line_add() - take a reading, not older than the one before
 * @precision: no reading is held to be better, s
 *
 * Return: what became of it: after FILTER_SUSPECT the line is in doubt, and
 * the next reading decides; after FILTER_JUMP it starts anew from there.
 */
enum filter_result line_add(struct line *line,
			    const struct line_reading *reading,
			    double precision);

/**
 * line_at() - the line at a moment
 * @mono_ns: the system clock, not before the last reading
 * @phase: of the system clock then, s
 * @phase_rate: growth of that from then on, by the system clock, s/s
 *
 * Return: false before FILTER_MIN readings.
 */
bool line_at(const struct line *line, int64_t mono_ns, double phase,
	     double phase_rate, struct line_point *point);

#endif
