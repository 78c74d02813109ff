/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef SYSTEM_H
#define SYSTEM_H

#include "daemon/engine/engine.h"
#include "daemon/engine/peer.h"

/*
 * System process (RFC 5905 section 11): from peers to one offset, to the
 * discipline, to the clock, to the system variables that are served.
 */

/** system_init() - start with an unsynchronised clock */
void system_init(const struct engine_options *options);

/** system_apply() - a configuration to follow, valid until the next one */
void system_apply(const struct conf *conf);

/** system_update() - some peer knows something new */
void system_update(void);

/** system_vars() - what is served, given at this moment */
const struct ntp_sysvars *system_vars(void);

/** system_peer() - the system peer, or NULL */
const struct peer *system_peer(void);

/** system_forget() - a peer is about to be freed */
void system_forget(const struct peer *peer);

/** system_conf() - the configuration in force */
const struct conf *system_conf(void);

/** system_phi() - growth of a dispersion, s/s: PHI, or tinker dispersion */
double system_phi(void);

/** system_is_once() - is the clock to be set once only (-q)? */
bool system_is_once(void);

/**
 * system_clock_set() - look whether somebody set the clock, and how far off
 * sources are; called by the loop when the kernel says so, lest a time be served
 * that nobody vouches for
 * @arg: ignored
 */
void system_clock_set(void *arg);

/** system_shutdown() - save the frequency, leave the clock to itself */
void system_shutdown(void);

#endif
