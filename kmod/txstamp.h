/* SPDX-License-Identifier: GPL-2.0-only */
/* Copyright (C) 2026 The kntp authors */
#ifndef KNTP_TXSTAMP_H
#define KNTP_TXSTAMP_H

#include "kmod/dev.h"
#include "kmod/kntp.h"
#include "kmod/rx.h"

/* Both, for replies in basic mode to tell when they are going to leave. */
#define KNTP_TXSTAMP_CORRECT	(BIT(KNTP_STAMP_FLAG_TX_HARDWARE) | \
				 BIT(KNTP_STAMP_FLAG_TX_CORRECT))

/**
 * struct kntp_txstamp_delay - by how much replies leave later than kntp thinks
 * @is_known: it has been measured
 * @mean_ns: mean
 * @spread_ns: mean deviation
 */
struct kntp_txstamp_delay {
	bool is_known;
	s64 mean_ns;
	u64 spread_ns;
};

/*
 * As kept in one word: the mean in 1/8 ns above, then 31 bits of the deviation,
 * and whether it is known.
 */
enum {
	KNTP_TXSTAMP_FRACTION	= 3,
};

static inline struct kntp_txstamp_delay kntp_txstamp_unpack(u64 v)
{
	struct kntp_txstamp_delay delay = {
		.is_known = v & 1,
		.mean_ns = (s32)(v >> 32) >> KNTP_TXSTAMP_FRACTION,
		.spread_ns = (u32)v >> (KNTP_TXSTAMP_FRACTION + 1),
	};

	return delay;
}

/**
 * kntp_txstamp_expect() - when replies of this CPU leave
 * @kd: the served device; bottom halves are off
 *
 * Return: what is known of it, if replies are to be corrected.
 */
static inline struct kntp_txstamp_delay
kntp_txstamp_expect(const struct kntp_dev *kd)
{
	if (likely((READ_ONCE(kd->stamping) & KNTP_TXSTAMP_CORRECT) !=
		   KNTP_TXSTAMP_CORRECT))
		return (struct kntp_txstamp_delay) { .is_known = false };
	return kntp_txstamp_unpack(atomic64_read(&this_cpu_ptr(kd->cpu)->delay));
}

/**
 * kntp_txstamp_is_wanted() - ask for a reply's transmit stamp
 * @rx: the request
 *
 * For all that are remembered in interleaved mode; and to learn when replies
 * leave, where they are corrected, for one a tick. Bottom halves are off.
 */
static inline bool kntp_txstamp_is_wanted(const struct kntp_rx *rx)
{
	if (rx->turn.slot)
		return true;
	return unlikely((READ_ONCE(rx->kd->stamping) & KNTP_TXSTAMP_CORRECT) ==
			KNTP_TXSTAMP_CORRECT) &&
	       this_cpu_ptr(rx->kd->cpu)->sampled_ns != rx->ex.mono_ns;
}

int kntp_txstamp_alloc(struct kntp_net *kn);
void kntp_txstamp_free(struct kntp_net *kn);
void kntp_txstamp_uninit(void);
void kntp_txstamp_ask(struct kntp_rx *rx, ktime_t xmt);
u64 kntp_txstamp_missing(const struct kntp_dev *kd);
struct kntp_txstamp_delay kntp_txstamp_delay(const struct kntp_dev *kd);

#endif
