/* SPDX-License-Identifier: GPL-2.0-only */
/* Copyright (C) 2026 The kntp authors */
#ifndef KNTP_STAMP_H
#define KNTP_STAMP_H

#include <linux/ktime.h>
#include <linux/timekeeping.h>

struct sk_buff;

/**
 * kntp_stamp_mono() - the clock that ages and intervals are measured on
 *
 * Counts while the machine sleeps, and steps with the tick, which is far finer
 * than anything it is used for.
 *
 * Return: ns since boot.
 */
static inline u64 kntp_stamp_mono(void)
{
	return ktime_get_coarse_boottime_ns();
}

bool kntp_stamp_receive(const struct sk_buff *skb, ktime_t *stamp);

#endif
