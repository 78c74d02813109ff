// SPDX-License-Identifier: GPL-2.0-only
/* Copyright (C) 2026 The kntp authors */

#include <linux/notifier.h>
#include <linux/pvclock_gtod.h>
#include <linux/timekeeper_internal.h>

#include "kmod/dev.h"
#include "kmod/line.h"
#include "kmod/rx.h"
#include "kmod/stamp.h"

/* How often the clock was set, for kntp_stamp_epoch(). */
u32 kntp_stamp_sets __read_mostly;

/*
 * The timekeeper was updated, and nobody can read it yet. CLOCK_REALTIME and
 * CLOCK_MONOTONIC are slewed together: their difference changes when the clock
 * is set only, and not when TAI's offset is.
 */
static int updated(struct notifier_block *nb, unsigned long was_set, void *tk)
{
	static ktime_t last;
	ktime_t offset;

	if (likely(!was_set))
		return NOTIFY_DONE;
	offset = ((const struct timekeeper *)tk)->offs_real;
	if (offset != last)
		WRITE_ONCE(kntp_stamp_sets, kntp_stamp_sets + 1);
	last = offset;
	return NOTIFY_DONE;
}

static struct notifier_block timekeeper = {
	.notifier_call = updated,
};

/**
 * kntp_stamp_init() - have kntp_stamp_epoch() know when the clock is set
 *
 * Return: 0 or -errno.
 */
int kntp_stamp_init(void)
{
	return pvclock_gtod_register_notifier(&timekeeper);
}

/**
 * kntp_stamp_uninit() - nobody needs kntp_stamp_epoch() any more
 */
void kntp_stamp_uninit(void)
{
	pvclock_gtod_unregister_notifier(&timekeeper);
}

/**
 * kntp_stamp_source_name() - name of a source of stamps in all interfaces
 * @source: the source
 *
 * Return: its name.
 */
const char *kntp_stamp_source_name(enum kntp_stamp_source source)
{
	switch (source) {
	case KNTP_STAMP_HARDWARE:
		return "hardware";
	case KNTP_STAMP_DRIVER:
		return "driver";
	default:
		return "clock";
	}
}

/**
 * kntp_stamp_hardware() - the NIC's receive stamp of a packet, as a time
 * @rx: the packet, of a device that is served with such stamps
 *
 * kntp_stamp_is_plausible() tells later whether to believe it. Sets @rx->stamp
 * and @rx->bound_ns.
 *
 * Return: false where there is none, or no valid line for it.
 */
bool kntp_stamp_hardware(struct kntp_rx *rx)
{
	ktime_t stamp = skb_hwtstamps(rx->skb)->hwtstamp;
	const struct kntp_line *line;
	struct kntp_line_point point;

	if (unlikely(!stamp))
		return false;
	line = rcu_dereference(rx->kd->line);
	if (unlikely(!line ||
		     !kntp_line_real(line, stamp, rx->ex.mono_ns, &point))) {
		kntp_dev_count(rx->kd, KNTP_DEV_RX_REFUSED);
		return false;
	}
	rx->stamp = ktime_sub_ns(point.real, READ_ONCE(rx->kd->rx_comp_ns));
	rx->bound_ns = point.bound_ns;
	return true;
}

/**
 * kntp_stamp_fall_back() - another receive stamp for one that cannot be true
 * @rx: the packet
 * @now: real time now
 *
 * That of the driver for one of the NIC, and at last the time of the reply.
 */
void kntp_stamp_fall_back(struct kntp_rx *rx, ktime_t now)
{
	if (rx->source == KNTP_STAMP_HARDWARE) {
		kntp_dev_count(rx->kd, KNTP_DEV_RX_REFUSED);
		if (rx->soft && rx->epoch == kntp_stamp_epoch() &&
		    kntp_stamp_is_plausible(rx->soft, now)) {
			rx->stamp = rx->soft;
			rx->source = KNTP_STAMP_DRIVER;
			return;
		}
	}
	rx->stamp = now;
	rx->source = KNTP_STAMP_CLOCK;
}
