// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */

#include "kmod/core/addr.h"
#include "kmod/core/mru.h"

/* Weight of a new interval in the smoothed one: 2^-3. */
#define INTERVAL_SHIFT	3

static u64 half_of(const struct ntp_addr *addr, int half)
{
	u64 v;

	memcpy(&v, addr->b + 8 * half, sizeof(v));
	return v;
}

static u32 bucket_of(const struct ntp_mru *mru, const struct ntp_addr *addr)
{
	u64 v = ntp_addr_mix(half_of(addr, 0) ^ (u64)mru->seed << 32 ^
			     ~mru->seed);

	return (u32)ntp_addr_mix(v ^ half_of(addr, 1)) & mru->mask;
}

static bool is_same(const struct ntp_addr *a, const struct ntp_addr *b)
{
	return !((half_of(a, 0) ^ half_of(b, 0)) |
		 (half_of(a, 1) ^ half_of(b, 1)));
}

/* The entry of @addr, @is_known; else the one to give up for it. */
static struct ntp_mru_entry *claim(struct ntp_mru *mru,
				   const struct ntp_addr *addr, bool *is_known)
{
	struct ntp_mru_entry *way, *oldest;
	int i;

	way = mru->slot + (size_t)bucket_of(mru, addr) * NTP_MRU_WAYS;
	oldest = way;
	for (i = 0; i < NTP_MRU_WAYS; i++, way++) {
		/* Ways fill in order and never empty again. */
		if (!way->count) {
			oldest = way;
			break;
		}
		if (is_same(&way->addr, addr)) {
			*is_known = true;
			return way;
		}
		if (way->last_ns < oldest->last_ns)
			oldest = way;
	}
	*is_known = false;
	return oldest;
}

static u64 smooth(const struct ntp_mru_entry *e, u64 now_ns)
{
	u64 gap_ns = now_ns > e->last_ns ? now_ns - e->last_ns : 0;

	if (e->count == 1)
		return gap_ns;
	return e->interval_ns - (e->interval_ns >> INTERVAL_SHIFT) +
	       (gap_ns >> INTERVAL_SHIFT);
}

void ntp_mru_touch(struct ntp_mru *mru, const struct ntp_addr *addr, u16 port,
		   u8 version, u8 mode, u64 now_ns)
{
	struct ntp_mru_entry *e;
	bool is_known;
	u32 seq;

	e = claim(mru, addr, &is_known);
	seq = e->seq;
	WRITE_ONCE(e->seq, seq + 1);
	/* Odd before any member changes; pairs with the last in ntp_mru_read(). */
	smp_wmb();
	if (is_known) {
		e->interval_ns = smooth(e, now_ns);
		e->count++;
	} else {
		e->addr = *addr;
		e->first_ns = now_ns;
		e->interval_ns = 0;
		e->count = 1;
	}
	e->port = port;
	e->version = version;
	e->mode = mode;
	e->last_ns = now_ns;
	/* Even after all of them; pairs with the first in ntp_mru_read(). */
	smp_wmb();
	WRITE_ONCE(e->seq, seq + 2);
}

bool ntp_mru_read(const struct ntp_mru *mru, u32 index,
		  struct ntp_mru_entry *entry)
{
	const struct ntp_mru_entry *e = mru->slot + index;
	u32 seq = READ_ONCE(e->seq);

	if (seq & 1)
		return false;
	/* What is copied is at least as new as the number that says it. */
	smp_rmb();
	memcpy(entry, e, sizeof(*entry));
	/* A member newer than that brings a newer number with it. */
	smp_rmb();
	return READ_ONCE(e->seq) == seq && entry->count;
}

/*
 * Two streams of requests together: 1 / interval adds up. Both are scaled
 * down until their sum is a 32-bit divisor, which leaves 31 bits of precision.
 */
static u64 merge_interval(u64 a_ns, u64 b_ns)
{
	int shift = 0;

	while ((a_ns >> shift) + (b_ns >> shift) > 0xffffffff)
		shift++;
	a_ns >>= shift;
	b_ns >>= shift;
	return div_u64(a_ns * b_ns, (u32)(a_ns + b_ns)) << shift;
}

void ntp_mru_merge(struct ntp_mru_entry *into,
		   const struct ntp_mru_entry *other)
{
	if (into->interval_ns && other->interval_ns)
		into->interval_ns = merge_interval(into->interval_ns,
						   other->interval_ns);
	else if (into->count == 1 && other->count == 1)
		into->interval_ns = into->last_ns > other->last_ns ?
				    into->last_ns - other->last_ns :
				    other->last_ns - into->last_ns;
	else
		into->interval_ns |= other->interval_ns;

	if (other->last_ns > into->last_ns) {
		into->last_ns = other->last_ns;
		into->port = other->port;
		into->version = other->version;
		into->mode = other->mode;
	}
	if (other->first_ns < into->first_ns)
		into->first_ns = other->first_ns;
	into->count += other->count;
}
