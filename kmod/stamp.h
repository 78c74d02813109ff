/* SPDX-License-Identifier: GPL-2.0-only */
/* Copyright (C) 2026 The kntp authors */
#ifndef KNTP_STAMP_H
#define KNTP_STAMP_H

#include <linux/ktime.h>
#include <linux/skbuff.h>
#include <linux/time64.h>
#include <linux/timekeeping.h>

/* Longest time that a packet waits between its driver and its reply. */
#define KNTP_STAMP_AGE_MAX_NS	NSEC_PER_SEC

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

/**
 * kntp_stamp_receive() - when a packet came in
 * @skb: the packet
 * @stamp: real time of its arrival
 *
 * The stack stamps packets as drivers hand them over while devices are served.
 * kntp_stamp_is_plausible() tells later whether to believe it.
 *
 * Return: true if the stamp was taken below kntp, false if just now.
 */
static inline bool kntp_stamp_receive(const struct sk_buff *skb,
				      ktime_t *stamp)
{
	*stamp = skb_tstamp(skb);
	if (likely(*stamp))
		return true;
	*stamp = ktime_get_real();
	return false;
}

/**
 * kntp_stamp_is_plausible() - can a packet have come in then
 * @stamp: real time of its arrival, as it says
 * @now: real time now
 *
 * A sender on the same machine may have left a time of its own in the packet,
 * and the clock may have been stepped since it came.
 *
 * Return: true for a time of the last second.
 */
static inline bool kntp_stamp_is_plausible(ktime_t stamp, ktime_t now)
{
	return (u64)ktime_to_ns(ktime_sub(now, stamp)) < KNTP_STAMP_AGE_MAX_NS;
}

#endif
