/* SPDX-License-Identifier: GPL-2.0-only */
/* Copyright (C) 2026 The kntp authors */
#ifndef KNTP_LINE_H
#define KNTP_LINE_H

#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/seqlock.h>
#include <uapi/linux/kntp.h>

#include "kmod/stamp.h"

struct kntp_net;
struct netlink_ext_ack;

/**
 * struct kntp_line_given - a line as the daemon gave it
 * @time: reading of the PHC, ns
 * @real: CLOCK_REALTIME at that reading, ns
 * @scale: ns of the system clock in one of the PHC, 2^-62
 * @rate: by how much the system clock is faster, 2^-16 ppm
 * @error_ns: standard deviation of @real
 * @drift_ppb: its growth
 * @epoch: kntp_stamp_epoch() when it was given
 * @given_offset: CLOCK_REALTIME - CLOCK_MONOTONIC as the daemon saw it
 * @given_ns: when it was given, kntp_stamp_mono()
 * @valid_ns: for how long it may be used
 * @until_ns: up to when, therefore; 0 if there is no line
 */
struct kntp_line_given {
	u64 time;
	s64 real;
	u64 scale;
	s32 rate;
	u32 error_ns;
	u32 drift_ppb;
	u32 epoch;
	s64 given_offset;
	u64 given_ns;
	u64 valid_ns;
	u64 until_ns;
};

/**
 * struct kntp_line - what makes a PHC's time real time
 * @lock: readers are lockless, in any context
 * @given: the line
 * @index: the PHC, /dev/ptpN
 * @users: devices that use it, RTNL
 * @rcu: frees it
 */
struct kntp_line {
	seqlock_t lock;
	struct kntp_line_given given;
	u32 index;
	unsigned int users;
	struct rcu_head rcu;
};

/**
 * struct kntp_line_point - a stamp of a PHC, made a time
 * @real: CLOCK_REALTIME
 * @bound_ns: how far it may be off
 */
struct kntp_line_point {
	ktime_t real;
	s64 bound_ns;
};

enum {
	KNTP_LINE_SCALE_BITS	= 62,
	/* Of standard ones: beyond that something else is wrong. */
	KNTP_LINE_DEVIATIONS	= 4,
};

/**
 * kntp_line_worth() - what a line is worth
 * @given: the line
 * @mono_ns: now
 *
 * Return: enum kntp_phc_state.
 */
static inline enum kntp_phc_state
kntp_line_worth(const struct kntp_line_given *given, u64 mono_ns)
{
	if (!given->until_ns)
		return KNTP_PHC_STATE_UNSET;
	if (mono_ns >= given->until_ns)
		return KNTP_PHC_STATE_EXPIRED;
	if (given->epoch != kntp_stamp_epoch())
		return KNTP_PHC_STATE_STEPPED;
	return KNTP_PHC_STATE_VALID;
}

/**
 * kntp_line_real() - make a stamp of a PHC real time
 * @line: of that PHC
 * @stamp: the stamp
 * @mono_ns: now, kntp_stamp_mono()
 * @point: result; whether it can be true is for the caller to see
 *
 * Return: false where the line is not valid.
 */
static inline bool kntp_line_real(const struct kntp_line *line, ktime_t stamp,
				  u64 mono_ns, struct kntp_line_point *point)
{
	const struct kntp_line_given *given = &line->given;
	unsigned int seq;
	bool is_valid;
	s64 delta;

	do {
		seq = read_seqbegin(&line->lock);
		is_valid = mono_ns < given->until_ns &&
			   given->epoch == kntp_stamp_epoch();
		delta = ktime_to_ns(stamp) - (s64)given->time;
		point->real = given->real +
			      mul_s64_u64_shr(delta, given->scale,
					      KNTP_LINE_SCALE_BITS);
		/* 2^-30 for 10^-9: a bound may be 7 % off */
		point->bound_ns = KNTP_LINE_DEVIATIONS *
			((s64)given->error_ns +
			 (s64)((abs(delta) >> 20) * given->drift_ppb >> 10));
	} while (read_seqretry(&line->lock, seq));
	return is_valid;
}

enum kntp_phc_state kntp_line_read(const struct kntp_line *line,
				   struct kntp_line_given *given, u64 mono_ns);
struct kntp_line *kntp_line_get(struct kntp_net *kn, u32 index,
				struct netlink_ext_ack *extack);
void kntp_line_put(struct kntp_net *kn, struct kntp_line *line);
int kntp_line_set(struct kntp_net *kn, u32 index,
		  const struct kntp_line_given *given,
		  struct netlink_ext_ack *extack);
int kntp_line_del(struct kntp_net *kn, u32 index,
		  struct netlink_ext_ack *extack);
void kntp_line_free(struct kntp_net *kn);

#endif
