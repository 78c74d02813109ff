/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef DRIFT_H
#define DRIFT_H

#include <stdbool.h>

/*
 * The drift file: the oscillator's frequency correction in ppm, on the first
 * line as ntpd writes and reads it. A second line has all there is to know:
 *
 *	kntp 1 FREQUENCY DEVIATION STABILITY TIME
 *
 * in ppm, ppm, ppm per root second, and seconds since 1970.
 */

/**
 * struct drift_state - what is known of the oscillator
 * @freq: correction in s/s
 * @freq_sd: its standard deviation
 * @wander: random walk of the frequency, per root second
 */
struct drift_state {
	double freq;
	double freq_sd;
	double wander;
};

/**
 * drift_open() - use this file from now on
 * @path: its name; NULL for none
 */
void drift_open(const char *path);

/**
 * drift_read() - the frequency that was saved last
 * @now: seconds since 1970
 * @state: the deviation has grown with age; for a file without the second line
 *	it is that of a frequency that somebody once measured
 * Return: false where there is none yet, or none that makes sense.
 */
bool drift_read(double now, struct drift_state *state);

/**
 * drift_is_due() - is this frequency worth a write of the file?
 * @freq: s/s
 * @threshold: change since the last write that is worth it, s/s; each time it
 *	is not, half of the one before is worth it the next time
 *
 * So a file on flash memory is written often as long as much changes.
 */
bool drift_is_due(double freq, double threshold);

/**
 * drift_write() - save the frequency
 * @now: seconds since 1970
 * @state: what is known
 *
 * Writes FILE.TEMP, syncs it, renames it: a crash leaves the old value or the
 * new one. A failure is logged once, until it works again.
 */
void drift_write(double now, const struct drift_state *state);

#endif
