/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef ENGINE_H
#define ENGINE_H

#include <stdbool.h>

#include "daemon/conf/conf.h"
#include "daemon/io/links.h"

/* What main.c and apply.c call, in this order; everything else is below. */

/** struct engine_options - command line and upward calls, copied */
struct engine_options {
	bool once;		/* -q: set the clock once, then .finished */
	bool step_first;	/* -g: the first correction may exceed panic */
	bool slew_only;		/* -x: step only above 600 s */
	bool keep_clock;	/* --no-clock: measure and serve, never adjust */
	/* -q is done: 0 the clock is right, 1 no server answered usefully */
	void (*finished)(int status, void *arg);
	/* One line for people: "synchronised to 192.0.2.1, stratum 3, ..." */
	void (*status)(const char *line, void *arg);
	void *arg;
};

/** engine_init() - before any configuration; Return: 0 or a negative errno */
int engine_init(const struct engine_options *options);

/**
 * engine_apply() - take a configuration into use
 * @old: the one in use, NULL at the start
 * @new: valid until the next engine_apply() returned, may be kept
 *
 * Associations that conf_assoc_equal() finds in both keep all their state.
 * Cannot fail: what does not work (names, unreachable servers, no module) is
 * logged and tried again.
 */
void engine_apply(const struct conf *old, const struct conf *new);

/** engine_link() - an interface came, changed or went, see links.h */
void engine_link(enum links_change change, const struct links_if *link);

/**
 * engine_shutdown() - write the drift file, tell the module that nobody
 * vouches for its clock any more, free all
 */
void engine_shutdown(void);

#endif
