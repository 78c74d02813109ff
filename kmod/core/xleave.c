// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */

#include "kmod/core/xleave.h"

/*
 * An entry is two words. The first is the receive stamp of a reply, which is
 * odd: 0 where there is no entry, BUSY while one is being made. The second:
 *
 *	32 bits	transmit stamp of the reply, counted from the receive stamp in
 *		2^-32 s; 0 while it is not known
 *	31	tag: the receive stamp's fractions of a second but for its last
 *		bit, mixed with the epoch but for its first
 *	1	the client has sent back a receive stamp that was kept
 *
 * The second word is changed by its owner only, who put BUSY into the first,
 * and by ntp_xleave_stamp(): the tag keeps that from an entry that has become
 * another reply's.
 */
enum {
	BUSY		= 2,
	IS_KNOWN	= 1,
	NETWORK_BUCKETS	= 64,	/* of 64 bits of IPv6, a power of two */
	LEFT_AGES	= 4,	/* see left_age() */
};

u64 ntp_xleave_client6(const struct ntp_xleave *x, const struct ntp_addr *addr)
{
	u64 network = ntp_addr_mix(ntp_addr_high(addr) ^ x->seed);
	u64 host = ntp_addr_mix(ntp_addr_low(addr) ^ network);

	/* The lower half chooses the bucket, the upper one makes marks. */
	return (host & ~0xffffffffULL) |
	       (u32)((u32)network + host % NETWORK_BUCKETS);
}

static u32 tag_of(u64 rec, u32 epoch)
{
	return ((u32)rec ^ epoch << 1) & ~(u32)IS_KNOWN;
}

static bool is_of(u64 value, u64 rec, u32 epoch)
{
	return ((u32)value & ~(u32)IS_KNOWN) == tag_of(rec, epoch);
}

/* How well an entry can be done without, 0 for not at all. */
static u64 worth_of(const u64 *slot, u64 key, u64 rec, u32 epoch)
{
	const u64 hold = (u64)NTP_XLEAVE_HOLD_S << 32;
	u64 value, age;

	if (key == BUSY)
		return 0;
	value = READ_ONCE(slot[1]);
	if (!key || !is_of(value, key, epoch))
		return ~0ULL;
	age = (s64)(rec - key) > 0 ? rec - key : 0;
	/* The oldest first, but for those of known clients that are held. */
	return value & IS_KNOWN && age <= hold ? 0 : age | 1;
}

/* Is an entry that is held the client's, but for one chance in sixteen? */
static bool is_own(u64 client, u64 key)
{
	return key != BUSY &&
	       (key & NTP_XLEAVE_MARK_MASK) == ntp_xleave_mark_of(client, key);
}

/*
 * How old an entry is that nobody comes back for: others behind the client's
 * address ask about as often, which its origin tells.
 */
static u64 left_age(ntp_ts_t rec, ntp_ts_t org)
{
	u64 since = rec.v - org.v;

	return since >> 60 ? ~0ULL : since * LEFT_AGES;
}

/* Make an entry ours; nobody finds or takes it until it is filled. */
static bool claim(u64 *slot, u64 key)
{
	return try_cmpxchg64(slot, &key, (u64)BUSY);
}

static void fill(u64 *slot, bool is_known, struct ntp_xleave_turn *turn)
{
	WRITE_ONCE(slot[1], tag_of(turn->rec.v, turn->epoch) |
			    (is_known ? (u64)IS_KNOWN : 0));
	/* Found only when it is whole; pairs with the one in use(). */
	smp_wmb();
	WRITE_ONCE(slot[0], turn->rec.v);
	turn->slot = slot;
}

/* The client's last reply was found: its entry becomes that of this one. */
static void use(u64 *slot, ntp_ts_t org, struct ntp_xleave_turn *turn)
{
	u64 value;

	/* The value is at least as new as the key that was read before. */
	smp_rmb();
	value = READ_ONCE(slot[1]);
	if (!claim(slot, org.v))
		return;
	if (is_of(value, org.v, turn->epoch) && value >> 32) {
		turn->is_interleaved = true;
		turn->xmt.v = org.v + (value >> 32);
	}
	fill(slot, true, turn);
}

/*
 * An entry for a client that has none: the one that is worth least. Replies
 * that were lost leave entries that nobody comes back for.
 */
static void settle(u64 *slot, u64 client, ntp_ts_t org,
		   struct ntp_xleave_turn *turn)
{
	u64 *spare = NULL, *own = NULL;
	u64 key, worth, best = 0, spare_key = 0, own_key = 0;
	const u64 rec = turn->rec.v, left = left_age(turn->rec, org);
	int i, own_n = 0;

	for (i = 0; i < NTP_XLEAVE_WAYS; i++, slot += 2) {
		key = READ_ONCE(slot[0]);
		worth = worth_of(slot, key, rec, turn->epoch);
		if (worth > best) {
			best = worth;
			spare = slot;
			spare_key = key;
		} else if (!worth && is_own(client, key)) {
			own_n++;
			if (rec - key > left &&
			    (!own || (s64)(own_key - key) > 0)) {
				own = slot;
				own_key = key;
			}
		}
	}
	if (own && (!spare || own_n >= NTP_XLEAVE_OWN)) {
		spare = own;
		spare_key = own_key;
	}
	if (spare && claim(spare, spare_key))
		fill(spare, false, turn);
}

void ntp_xleave_turn(const struct ntp_xleave *x, u64 client, ntp_ts_t org,
		     ntp_ts_t rec, u32 epoch, struct ntp_xleave_turn *turn)
{
	u64 *slot = x->word +
		    (size_t)((u32)client & x->mask) * NTP_XLEAVE_WAYS * 2;
	u64 *found = NULL, *twin = NULL;
	u64 key;
	int i;

	*turn = (struct ntp_xleave_turn) { .rec = rec, .epoch = epoch };
	for (i = 0; i < NTP_XLEAVE_WAYS; i++) {
		key = READ_ONCE(slot[2 * i]);
		if (key == org.v)
			found = slot + 2 * i;
		else if (key == rec.v)
			twin = slot + 2 * i;
	}
	if (unlikely(twin)) {
		if (claim(twin, rec.v))
			WRITE_ONCE(twin[0], 0);
	} else if (likely(found)) {
		use(found, org, turn);
	} else {
		settle(slot, client, org, turn);
	}
}

bool ntp_xleave_stamp(const struct ntp_xleave_turn *turn, ntp_ts_t xmt,
		      ntp_ts_t old)
{
	u64 delta = ntp_xleave_even(xmt).v - turn->rec.v;
	u64 before = old.v ? ntp_xleave_even(old).v - turn->rec.v : 0;
	u64 value = READ_ONCE(turn->slot[1]);

	if (!delta || delta >> 32 ||
	    READ_ONCE(turn->slot[0]) != turn->rec.v ||
	    !is_of(value, turn->rec.v, turn->epoch) || value >> 32 != before)
		return false;
	return try_cmpxchg64(&turn->slot[1], &value,
			     delta << 32 | (u32)value);
}
