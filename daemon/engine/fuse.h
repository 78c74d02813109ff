/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef FUSE_H
#define FUSE_H

#include "daemon/engine/peer.h"
#include "daemon/sync/combine.h"

/*
 * Which peers make up the ensemble of sync/ensemble.h. One that is silent for
 * a while keeps its place, and what is known of its bias; a falseticker has
 * spoilt all, so that the others begin anew without it.
 */

/**
 * fuse_update() - follow several sources as one
 * @src: @n sources after combine_run(), their owners are peers
 * @now: clock_now()
 * @result: what combine_run() said; with two sources or more the ensemble's
 *	offset, frequency and deviations take the place of those
 */
void fuse_update(const struct select_source *src, size_t n, double now,
		 struct combine_result *result);

/** fuse_step() - the system clock was set forward by @delta on purpose */
void fuse_step(double delta);

/** fuse_reset() - begin anew */
void fuse_reset(void);

/** fuse_forget() - a peer is about to be freed */
void fuse_forget(const struct peer *peer);

#endif
