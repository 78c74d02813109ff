/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef SYNC_COMBINE_H
#define SYNC_COMBINE_H

#include "daemon/sync/select.h"

/**
 * struct combine_result - what the survivors say together
 * @offset: true time less the local clock, s
 * @offset_sd: its standard deviation
 * @doubt: the same with what samples do not show
 * @freq: growth of the offset were the clock left alone, s/s
 * @freq_sd: its standard deviation
 * @wander: of the oscillator, as the system peer's filter has it
 * @jitter: of the system peer's samples and among the survivors
 */
struct combine_result {
	double offset;
	double offset_sd;
	double doubt;
	double freq;
	double freq_sd;
	double wander;
	double jitter;
};

/**
 * combine_run() - weigh the survivors by their estimated errors
 * @src: @n sources after cluster_syspeer()
 * @result: what they say
 *
 * An offset's error is its standard deviation, a part of the delay to the root,
 * as asymmetry does not show in the samples, and a part of the dispersion that
 * the source claims. A preferred system peer speaks
 * for itself.
 *
 * Return: number of sources that took part, 0 without a system peer.
 */
size_t combine_run(const struct select_source *src, size_t n,
		   struct combine_result *result);

#endif
