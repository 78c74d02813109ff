/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef OPINION_H
#define OPINION_H

#include "daemon/sync/select.h"

/*
 * What the log says of the sources' agreement. Bounds shrink with each sample
 * and grow between samples, so that a source at their edge is judged otherwise
 * now and then: the log waits until several samples say the same.
 */

/** opinion_init() - nothing was said yet */
void opinion_init(void);

/**
 * opinion_tell() - log who disagrees, who agrees again, and that nobody does
 * @src: @n sources as judged now, their owners are peers
 * @true_n: truechimers among them
 *
 * The first verdict on a source is told at once, another one once it was the
 * same at three of the source's samples with none to the contrary in between.
 * That there is no majority is told at once, but not again before there was
 * one for 1000 s.
 */
void opinion_tell(const struct select_source *src, size_t n, size_t true_n,
		  double now);

#endif
