/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef SIM_PLOT_H
#define SIM_PLOT_H

#include <stdbool.h>

#include "tests/sim/meter.h"

/**
 * plot_write() - draw a run as SVG: the clock's error over time with the root
 * distance that was served, and the error's Allan deviation
 * @path: file to be written
 * @from: seconds that scale the error's axis, and of which the Allan deviation
 *	is taken
 * Return: false where it can not be written.
 */
bool plot_write(const char *path, const char *title, const struct meter *meter,
		double from, double to);

/**
 * struct plot_row - values at equal distances in time
 * @title: above them
 * @v: values, s; NAN where there is none
 * @n: how many
 */
struct plot_row {
	const char *title;
	const double *v;
	size_t n;
};

/**
 * plot_rows() - draw values over time as SVG, rows one below the other, each to
 * a scale of its own
 * @path: file to be written
 * @n: how many rows
 * @seconds: that each is of
 * Return: false where it can not be written.
 */
bool plot_rows(const char *path, const struct plot_row *row, size_t n,
	       double seconds);

/**
 * plot_seconds() - a time as text of its magnitude: "1.45 us"
 * @buf: 32 bytes
 * Return: @buf.
 */
const char *plot_seconds(double s, char *buf);

#endif
