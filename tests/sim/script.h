/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef SIM_SCRIPT_H
#define SIM_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>

/* Scenario files, as Documentation/simulation.rst describes them. */

enum {
	SCRIPT_CHECKS	= 64,
	SCRIPT_SEEDS	= 100,
};

/** enum script_op - comparison of a check */
enum script_op {
	SCRIPT_BELOW,		/* < */
	SCRIPT_ABOVE,		/* > */
	SCRIPT_EQUAL,		/* == */
};

/** struct script_check - a range that is asserted */
struct script_check {
	char line[160];		/* as written, for the report */
	bool is_each;		/* in each run, not just their median */
	char metric[16];
	char text[96];		/* of metric log */
	double limit;		/* of metric settle */
	char node[16];
	double from, to;
	enum script_op op;
	double bound;
	double value[SCRIPT_SEEDS];
};

/** struct script_window - what of a run goes into table and plots */
struct script_window {
	char node[16];
	double from, to;
};

/** struct script - a scenario */
struct script {
	char path[256];
	char name[64];
	char title[128];
	char **line;
	size_t line_n;
	struct script_check check[SCRIPT_CHECKS];
	size_t check_n;
	struct script_window shown;
	bool is_repeated;	/* line "repeat": compare two runs of a seed */
};

/**
 * script_load() - read a scenario
 * Return: false where there is something wrong, which was told.
 */
bool script_load(struct script *script, const char *path);

/**
 * script_set_up() - fill the empty world with what the scenario says
 *
 * Ends the program where the scenario makes no sense, and says which line.
 */
void script_set_up(struct script *script);

/** script_measure() - take the figures of the run that ended */
void script_measure(struct script *script, size_t run);

/**
 * script_judge() - does a check hold?
 * @runs: that were measured
 * @value: the figure that was compared: the median or the worst
 */
bool script_judge(const struct script_check *check, size_t runs,
		  double *value);

/** script_median() - of @n figures */
double script_median(const double *value, size_t n);

/** script_free() - free what it holds */
void script_free(struct script *script);

#endif
