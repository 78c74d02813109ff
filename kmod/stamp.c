// SPDX-License-Identifier: GPL-2.0-only
/* Copyright (C) 2026 The kntp authors */

#include <linux/jiffies.h>
#include <linux/skbuff.h>

#include "kmod/stamp.h"

/* Longest time that a packet waits between its driver and here. */
#define STAMP_AGE_MAX	(1 * NSEC_PER_SEC)

/**
 * kntp_stamp_receive() - when a packet came in
 * @skb: the packet
 * @stamp: real time of its arrival
 *
 * The stack stamps packets as drivers hand them over while devices are served.
 * Such a stamp is believed if it is of the last second: a sender on the same
 * machine may have left a time of its own there, and the clock may have been
 * stepped since. The coarse clock that it is held against lags by a tick.
 *
 * Return: true if the stamp was taken below kntp, false if just now.
 */
bool kntp_stamp_receive(const struct sk_buff *skb, ktime_t *stamp)
{
	ktime_t tstamp = skb_tstamp(skb);
	s64 age_ns;

	if (likely(tstamp)) {
		age_ns = ktime_to_ns(ktime_sub(ktime_get_coarse_real(),
					       tstamp));
		if (likely(age_ns < STAMP_AGE_MAX && age_ns > -2 * TICK_NSEC)) {
			*stamp = tstamp;
			return true;
		}
	}
	*stamp = ktime_get_real();
	return false;
}
