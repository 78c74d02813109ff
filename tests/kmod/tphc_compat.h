/* SPDX-License-Identifier: GPL-2.0-only */
/* Copyright (C) 2026 The kntp authors */
/*
 * What the kernels that tphc is built for call differently: the one place of it
 * that asks for their version.
 */
#ifndef TPHC_COMPAT_H
#define TPHC_COMPAT_H

#include <linux/hrtimer.h>
#include <linux/ptp_clock_kernel.h>
#include <linux/timekeeping.h>
#include <linux/version.h>

/* One instant on two clocks, read together. */
struct tphc_now {
	u64 raw;
	s64 real;
};

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 6, 0)
#define TPHC_NDO_HWTSTAMP
#endif

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 11, 0)
#define tphc_ts_info	kernel_ethtool_ts_info
#else
#define tphc_ts_info	ethtool_ts_info
#endif

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
static inline void
tphc_hrtimer_setup(struct hrtimer *timer,
		   enum hrtimer_restart (*call)(struct hrtimer *))
{
	hrtimer_setup(timer, call, CLOCK_MONOTONIC, HRTIMER_MODE_ABS_SOFT);
}
#else
static inline void
tphc_hrtimer_setup(struct hrtimer *timer,
		   enum hrtimer_restart (*call)(struct hrtimer *))
{
	hrtimer_init(timer, CLOCK_MONOTONIC, HRTIMER_MODE_ABS_SOFT);
	timer->function = call;
}
#endif

/* For struct ptp_clock_info: a pulse has one edge that counts. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 16, 0)
#define TPHC_EXTTS_FLAGS \
	.supported_extts_flags = PTP_RISING_EDGE | PTP_STRICT_FLAGS,
#else
#define TPHC_EXTTS_FLAGS
#endif

#if LINUX_VERSION_CODE >= KERNEL_VERSION(7, 0, 0)
static inline void tphc_wire_now(struct tphc_now *now)
{
	struct system_time_snapshot both;

	ktime_get_snapshot_id(CLOCK_REALTIME, &both);
	now->raw = ktime_to_ns(both.monoraw);
	now->real = ktime_to_ns(both.systime);
}

/* The system's side of a pair for PTP_SYS_OFFSET_PRECISE. */
static inline void tphc_cross_system(struct system_device_crosststamp *cts)
{
	struct system_time_snapshot both;

	ktime_get_snapshot_id(cts->clock_id, &both);
	cts->sys_systime = both.systime;
	cts->sys_monoraw = both.monoraw;
}
#else
static inline void tphc_wire_now(struct tphc_now *now)
{
	struct system_time_snapshot both;

	ktime_get_snapshot(&both);
	now->raw = ktime_to_ns(both.raw);
	now->real = ktime_to_ns(both.real);
}

static inline void tphc_cross_system(struct system_device_crosststamp *cts)
{
	struct system_time_snapshot both;

	ktime_get_snapshot(&both);
	cts->sys_realtime = both.real;
	cts->sys_monoraw = both.raw;
}
#endif

#endif
