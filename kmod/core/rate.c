// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */

#include "kmod/core/addr.h"
#include "kmod/core/rate.h"

/*
 * A word, from its upper end; 0 is one not in use:
 *
 *	1 bit	whether it is of a network
 *	19	tag: whose word it is
 *	28	when the last fine request came, in ticks of 1/16 s
 *	16	of a network: its level
 *	8	of a client: its level
 *	6		requests too many since that one, up to 63
 *	2		kiss: what may be told since that one
 *
 * The level is how far the theoretical arrival time was ahead of the last fine
 * request, in sixteenths of the mean headway: each fine request adds 16, time
 * takes them away. As headways are powers of two, a shift does it. The shift
 * rounds in the client's favour, so that nobody who keeps the mean headway is
 * ever refused for the clock's ticks; headways are kept to a sixteenth.
 */
enum {
	TAG_SHIFT	= 44,
	TAG_BITS	= 19,
	TAG_NETWORK	= 1 << TAG_BITS,
	TIME_SHIFT	= 16,
	TIME_MASK	= (1 << 28) - 1,
	TICKS		= 16,		/* per second */
	AHEAD_MAX	= TICKS,	/* of the clocks of two CPUs */
	HEADWAY		= 16,		/* levels */
	BURST		= 8,		/* requests */
	LEVEL_SHIFT	= 8,
	LEVEL_MASK	= 0xff,
	EXCESS_SHIFT	= 2,
	EXCESS_MAX	= 63,
	KISS_MASK	= 3,
	/* A network may ask as often as so many (2^8) clients. */
	NETWORK_SHIFT	= 8,
	NETWORK_MASK	= 0xffff,
	/* Of who is far beyond the limits, one of so many is let through. */
	LEAK		= 64,
};

/*
 * One kiss in a guard time: after an interval between fine requests with a kiss
 * in it, the guard time has to pass before the next.
 */
enum kiss {
	KISS_MAY,
	KISS_HELD,
	KISS_DONE,
};

/* A client, or a network, at the time of its request. */
struct request {
	u64 tag;
	u64 *bucket;
	u32 ticks;
	u32 noise;
};

/* @kind: 0, or TAG_NETWORK and the length of the prefix. */
static inline struct request request_of(const struct ntp_rate *rate, u64 high,
					u64 low, u32 kind, u32 noise,
					u64 now_ns)
{
	u64 upper = ntp_addr_mix(high ^ (u64)rate->seed << 32 ^ kind);
	u64 hash = ntp_addr_mix(upper ^ low ^ ~rate->seed);
	struct request req = {
		.tag = hash >> (64 - TAG_BITS) | (kind & TAG_NETWORK),
		.bucket = rate->word +
			  (size_t)((u32)hash & rate->mask) * NTP_RATE_WAYS,
		.ticks = (u32)div_u64(now_ns, NTP_NSEC_PER_SEC / TICKS) &
			 TIME_MASK,
		.noise = noise,
	};

	return req;
}

/* Ticks since the last fine request; it may be of a CPU that is ahead. */
static u32 elapsed_of(u64 word, u32 ticks)
{
	u32 elapsed = (ticks - (u32)(word >> TIME_SHIFT)) & TIME_MASK;

	return elapsed > TIME_MASK - AHEAD_MAX ? 0 : elapsed;
}

/*
 * How well a word in use can be done without: for how long it has not been
 * used. A network stands for many clients, and many new clients must not
 * displace what counts them.
 */
static u32 idle_of(u64 word, u32 ticks)
{
	if (word >> TAG_SHIFT & TAG_NETWORK)
		return elapsed_of(word, ticks) >> NETWORK_SHIFT;
	return elapsed_of(word, ticks) + 1;
}

/* The way that is @req's; else the one to give up for it. */
static inline u64 *find(const struct request *req, u64 *word)
{
	u64 *found = req->bucket;
	u32 longest = 0;
	int i;

	*word = 0;
	/* Most are known. An empty word is as good as theirs, if it looks so. */
	for (i = 0; i < NTP_RATE_WAYS; i++) {
		u64 w = READ_ONCE(req->bucket[i]);

		if (w >> TAG_SHIFT == req->tag) {
			*word = w;
			return req->bucket + i;
		}
	}
	for (i = 0; i < NTP_RATE_WAYS; i++) {
		u64 w = READ_ONCE(req->bucket[i]);
		u32 idle = idle_of(w, req->ticks);

		/* None is better than an empty one. */
		if (!w) {
			*word = w;
			return req->bucket + i;
		}
		if (!i || idle > longest) {
			longest = idle;
			found = req->bucket + i;
			*word = w;
		}
	}
	return found;
}

/* What is left of a level; @shift: log2 of ticks that take one away. */
static u32 level_after(u32 level, u32 elapsed, int shift)
{
	u64 gone;

	if (shift >= 0)
		gone = ((u64)elapsed + (1U << shift) - 1) >> shift;
	else
		gone = (u64)elapsed << -shift;
	return gone < level ? level - (u32)gone : 0;
}

static u64 fine_word(const struct request *req, u32 level_and_state)
{
	return req->tag << TAG_SHIFT | (u64)req->ticks << TIME_SHIFT |
	       level_and_state;
}

/* The kiss state that a fine request leaves. */
static enum kiss kiss_after(u64 word, u32 elapsed, u32 guard)
{
	switch (word & KISS_MASK) {
	case KISS_DONE:
		return KISS_HELD;
	case KISS_HELD:
		return elapsed < guard ? KISS_HELD : KISS_MAY;
	default:
		return KISS_MAY;
	}
}

/* One request too many: the word after it, and what it may expect. */
static u64 count_excess(u64 word, u32 elapsed, u32 guard, u32 noise,
			enum ntp_rate_result *result)
{
	u32 excess = (u32)(word >> EXCESS_SHIFT) & EXCESS_MAX;
	u32 kiss = word & KISS_MASK;

	*result = NTP_RATE_OVER;
	if (excess == EXCESS_MAX) {
		if (!(noise % LEAK))
			*result = NTP_RATE_FINE;
		return word;
	}
	if (kiss == KISS_MAY || (kiss == KISS_HELD && elapsed >= guard)) {
		*result = NTP_RATE_KISS;
		word += KISS_DONE - kiss;
	}
	return word + (1 << EXCESS_SHIFT);
}

static enum ntp_rate_result take_client(const struct ntp_rate_limits *limits,
					const struct request *req)
{
	/* To the nearest second, as headways jitter on their way. */
	u32 guard = (u32)limits->minimum_s * TICKS;
	u32 least = guard ? guard - TICKS / 2 : 0;
	enum ntp_rate_result result;
	u64 *way, word, next;

	do {
		u32 elapsed, level = 0;
		bool is_known;

		way = find(req, &word);
		is_known = word && word >> TAG_SHIFT == req->tag;
		elapsed = elapsed_of(word, req->ticks);
		if (is_known)
			level = level_after((word >> LEVEL_SHIFT) & LEVEL_MASK,
					    elapsed, limits->average_log2);
		if (is_known && (elapsed < least ||
				 level > (BURST - 1) * HEADWAY)) {
			next = count_excess(word, elapsed, guard, req->noise,
					    &result);
		} else {
			result = NTP_RATE_FINE;
			level = (level + HEADWAY) << LEVEL_SHIFT;
			if (is_known)
				level |= kiss_after(word, elapsed, guard);
			next = fine_word(req, level);
		}
	} while (next != word && !try_cmpxchg64(way, &word, next));
	return result;
}

/* The same for all clients of a network together, without a guard time. */
static enum ntp_rate_result take_network(const struct ntp_rate_limits *limits,
					 const struct request *req)
{
	u64 *way, word, next;

	do {
		u32 level = 0;

		way = find(req, &word);
		if (word && word >> TAG_SHIFT == req->tag)
			level = level_after(word & NETWORK_MASK,
					    elapsed_of(word, req->ticks),
					    limits->average_log2 -
					    NETWORK_SHIFT);
		if (level > ((BURST << NETWORK_SHIFT) - 1) * HEADWAY)
			return req->noise % LEAK ? NTP_RATE_OVER :
						   NTP_RATE_FINE;
		next = fine_word(req, level + HEADWAY);
	} while (!try_cmpxchg64(way, &word, next));
	return NTP_RATE_FINE;
}

enum ntp_rate_result ntp_rate_take(struct ntp_rate *rate,
				   const struct ntp_rate_limits *limits,
				   const struct ntp_addr *addr, u32 noise,
				   u64 now_ns)
{
	u64 high = ntp_addr_high(addr), low = ntp_addr_low(addr);
	u8 prefix = limits->prefix6;
	enum ntp_rate_result result;
	struct request req;

	req = request_of(rate, high, low, 0, noise, now_ns);
	result = take_client(limits, &req);
	if (result != NTP_RATE_FINE || !prefix || ntp_addr_is_ipv4(addr))
		return result;
	req = request_of(rate, high & ntp_addr_mask_high(prefix),
			 low & ntp_addr_mask_low(prefix),
			 TAG_NETWORK | prefix, noise / LEAK, now_ns);
	return take_network(limits, &req);
}
