/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef SIM_NODE_H
#define SIM_NODE_H

#include "tests/sim/world.h"

/*
 * Machines that run kntpd. The daemon keeps its state in static memory, one
 * daemon a process. Here that memory lies together in one section of the
 * program, and is exchanged whenever another machine's daemon is to run.
 */

/** node_enter() - from now on the daemon's code is this machine's */
void node_enter(struct node *node);

/** node_current() - the machine whose daemon runs, NULL before the first */
struct node *node_current(void);

/** node_boot() - the run begins: set the clock, start the daemon in time */
void node_boot(struct node *node);

/** node_start() - start the daemon with the node's configuration */
void node_start(struct node *node);

/** node_stop() - end the daemon as SIGTERM does; nothing if it does not run */
void node_stop(struct node *node);

/** node_kill() - end the daemon as SIGKILL does */
void node_kill(struct node *node);

/** node_reload() - take the node's configuration text into use, as SIGHUP */
void node_reload(struct node *node);

/** node_check() - after a callback: has the daemon asked to end? */
void node_check(struct node *node);

/**
 * node_freeze() - stop the machine
 * node_thaw() - let it run on
 * @sets_clock: what was missed is added to CLOCK_REALTIME, as after a suspend
 */
void node_freeze(struct node *node);
void node_thaw(struct node *node, bool sets_clock);

/** node_clock_set() - the clock was set: the kernel tells the daemon */
void node_clock_set(struct node *node);

/** node_wakes() - true time of the daemon's next timer, or INFINITY */
double node_wakes(struct node *node);

/** node_turn() - run the timers that are due */
void node_turn(struct node *node);

/** node_measure() - take this second's readings */
void node_measure(struct node *node);

/** node_log_count() - lines of the log in a time that hold a text */
unsigned int node_log_count(const struct node *node, const char *text,
			    double from, double to);

/** node_free() - all memory but the node's own */
void node_free(struct node *node);

#endif
