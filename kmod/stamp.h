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

extern u32 kntp_stamp_sets;

/**
 * kntp_stamp_epoch() - a number that changes when the clock is set
 *
 * Who finds it the same before and after two looks at CLOCK_REALTIME knows that
 * neither a step nor a leap second was between them: it changes before anybody
 * can read the new time.
 *
 * Return: the number.
 */
static inline u32 kntp_stamp_epoch(void)
{
	return READ_ONCE(kntp_stamp_sets);
}

/**
 * enum kntp_stamp_source - where a stamp comes from
 * @KNTP_STAMP_CLOCK: kntp looked at the clock
 * @KNTP_STAMP_DRIVER: the stack or the driver did, below kntp
 * @KNTP_STAMP_HARDWARE: the NIC, and the line of its PHC
 * @KNTP_STAMP_SOURCES: how many there are
 */
enum kntp_stamp_source {
	KNTP_STAMP_CLOCK,
	KNTP_STAMP_DRIVER,
	KNTP_STAMP_HARDWARE,
	KNTP_STAMP_SOURCES
};

struct kntp_rx;

int kntp_stamp_init(void);
void kntp_stamp_uninit(void);
const char *kntp_stamp_source_name(enum kntp_stamp_source source);
bool kntp_stamp_hardware(struct kntp_rx *rx);
void kntp_stamp_fall_back(struct kntp_rx *rx, ktime_t now);

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
