/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef DRIFT_H
#define DRIFT_H

#include <stdbool.h>

/* The drift file: the oscillator's frequency correction, a line in ppm. */

/**
 * drift_open() - use this file from now on
 * @path: its name; NULL for none
 */
void drift_open(const char *path);

/**
 * drift_read() - the frequency that was saved last
 * @freq: correction in s/s
 * Return: false where there is none yet, or none that makes sense.
 */
bool drift_read(double *freq);

/**
 * drift_write() - save the frequency
 *
 * Writes FILE.TEMP, syncs it, renames it: a crash leaves the old value or the
 * new one. A failure is logged once, until it works again.
 */
void drift_write(double freq);

#endif
