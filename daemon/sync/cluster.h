/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef SYNC_CLUSTER_H
#define SYNC_CLUSTER_H

#include "daemon/sync/select.h"

/**
 * cluster_run() - drop the truechimers that drift or scatter (RFC 5905 A.5.5.2)
 * @src: @n sources, see select_run(); dropped ones become SELECT_OUTLIER
 * @minclock: as many are kept in any case
 *
 * Of three or more, drops those first that see the local oscillator at another
 * frequency than the others do. Then drops the one whose offset lies farthest
 * from the others', as long as that exceeds what their own samples scatter. A
 * preferred source is never dropped.
 *
 * Return: number of survivors.
 */
size_t cluster_run(struct select_source *src, size_t n, size_t minclock);

/**
 * cluster_syspeer() - choose the system peer among the survivors
 * @src: @n sources; one survivor becomes SELECT_SYSPEER
 *
 * The preferred one; else that of the lowest stratum, then of the least root
 * distance. The one that was it stays it as long as another one is not of a
 * lower stratum, or was clearly nearer at three of its samples in a row, as
 * each change moves the clock a little: a distance grows until the next sample,
 * and at long polls whoever was asked last is the nearest.
 *
 * Return: it, or NULL without survivors.
 */
struct select_source *cluster_syspeer(struct select_source *src, size_t n);

#endif
