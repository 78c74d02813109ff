/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef NTP_RATE_H
#define NTP_RATE_H

#include "kmod/core/types.h"

enum {
	NTP_RATE_WAYS	= 4,	/* words that a client may stand in */
};

/**
 * struct ntp_rate_limits - directive discard
 * @average_log2: mean headway of a client's requests, log2 s, 0 to 17 (3)
 * @minimum_s: guard time, least headway of two requests, s, 0 to 255 (2)
 * @prefix6: IPv6 clients of one network of this length share a flood guard,
 *	0 (off) to 128 (64)
 */
struct ntp_rate_limits {
	u8 average_log2;
	u8 minimum_s;
	u8 prefix6;
};

#define NTP_RATE_LIMITS_DEFAULT	{ .average_log2 = 3, .minimum_s = 2, .prefix6 = 64 }

/**
 * struct ntp_rate - memory of the clients that are limited
 * @word: (@mask + 1) * NTP_RATE_WAYS words, zeroed; the caller's memory
 * @mask: number of buckets, a power of two, less 1
 * @seed: random, so that nobody can aim at a bucket
 *
 * Bounded, and shared by all CPUs without a lock: each client is one word,
 * changed by one compare-and-swap.
 */
struct ntp_rate {
	u64 *word;
	u32 mask;
	u32 seed;
};

/**
 * enum ntp_rate_result - what a request may expect
 * @NTP_RATE_FINE: an answer
 * @NTP_RATE_KISS: none, but it is time to tell the client so
 * @NTP_RATE_OVER: none
 */
enum ntp_rate_result {
	NTP_RATE_FINE,
	NTP_RATE_KISS,
	NTP_RATE_OVER,
};

/**
 * ntp_rate_take() - count a client's request against its limits
 * @rate: memory
 * @limits: limits
 * @addr: the client
 * @noise: bits that a client cannot know, for the leak
 * @now_ns: now, on a clock that only moves forward
 *
 * GCRA: a request is fine if @limits->minimum_s has passed since the last fine
 * one, to the nearest second, as ntpd counts, and the mean headway is kept but
 * for a burst of 8. Requests that are not fine do not count. At most one
 * NTP_RATE_KISS in a guard time.
 *
 * A client that had 63 requests too many since the last fine one is far beyond
 * its limits. Of what more it asks, one of 64 is let through by chance, so that
 * somebody who sends in its name cannot shut it out for good.
 *
 * All clients of an IPv6 network of @limits->prefix6 together may ask as often
 * as 256 clients: with the defaults 32 times a second, and a burst of 2048.
 * Beyond that all of them are refused but for one of 64, without a kiss.
 */
enum ntp_rate_result ntp_rate_take(struct ntp_rate *rate,
				   const struct ntp_rate_limits *limits,
				   const struct ntp_addr *addr, u32 noise,
				   u64 now_ns);

#endif
