/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef SIM_VERB_H
#define SIM_VERB_H

#include <stdbool.h>

/* The lines of a scenario that change the world, at the start or later. */

enum {
	VERB_WORDS	= 32,
};

/**
 * verb_split() - cut a line into words, in place; "..." holds one together
 * Return: number of words, a word that begins with # ends the line.
 */
int verb_split(char *line, char **word);

/**
 * verb_number() - a number with a unit: ns us ms s min h d ppb ppm %
 * @value: in s, s/s or as a share; "end" is the run's length
 * Return: false where it is none.
 */
bool verb_number(const char *text, double *value);

/**
 * verb_run() - do what a line says
 * @sign: of what "add" and "more" add
 * Return: NULL, or what is wrong with it.
 */
const char *verb_run(int n, char **word, double sign);

/** verb_later() - do it at a true time; @line must stay */
void verb_later(double at, const char *line, double sign);

#endif
