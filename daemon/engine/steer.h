/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef STEER_H
#define STEER_H

#include "daemon/engine/engine.h"
#include "daemon/sync/combine.h"
#include "daemon/sync/discipline.h"

/*
 * Steering: what the survivors say goes to the discipline, and what that
 * decides to the clock. Keeps the drift file.
 */

/** steer_init() - before any configuration */
void steer_init(const struct engine_options *options);

/** steer_apply() - limits and drift file of a configuration */
void steer_apply(const struct conf *conf);

/**
 * steer_update() - the survivors have spoken
 * @what: their offset is against the system clock
 * @interval: when they will again, s
 * Return: false where it gave up (panic): the daemon ends.
 */
bool steer_update(const struct combine_result *what, double interval);

/** steer_upset() - somebody set the clock: the next update may step */
void steer_upset(void);

/** steer_once() - set the clock by @offset, and that was it (-q) */
bool steer_once(double offset);

/** steer_freq() - frequency correction of the oscillator, and its error */
double steer_freq(double *freq_sd);

/**
 * steer_is_settled() - is the clock moved by this daemon alone, and does it know
 * the oscillator's frequency?
 */
bool steer_is_settled(void);

/** steer_shutdown() - end a slew, save the frequency */
void steer_shutdown(void);

#endif
