/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef SIM_REPORT_H
#define SIM_REPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "tests/sim/meter.h"
#include "tests/sim/script.h"

/* Tables of what was measured, for people. */

/** struct report_run - figures of one run, over the scenario's window */
struct report_run {
	double rms;		/* s */
	double max;
	double settle;		/* s until the error stays within .max */
	double cover;		/* share */
	double pph;		/* requests per hour */
	double speed;		/* simulated s per s of CPU time */
};

/** report_measure() - take the figures but for the speed */
void report_measure(struct report_run *run, const struct meter *meter,
		    double from, double to);

/** report_value() - a check's figure in its unit; @buf: 32 bytes */
const char *report_value(const struct script_check *check, double value,
			 char *buf);

/**
 * report_row() - write DIR/NAME.row and DIR/NAME.part, for report_index()
 * Return: false where they can not be written.
 */
bool report_row(const char *dir, const struct script *script,
		const struct report_run *run, size_t runs);

/**
 * report_index() - print the table of all rows in @dir, write DIR/index.html
 * Return: exit status.
 */
int report_index(const char *dir);

#endif
