/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef NTP_XLEAVE_H
#define NTP_XLEAVE_H

#include "kmod/core/addr.h"
#include "kmod/core/packet.h"

/*
 * The server's memory for interleaved mode (RFC 9769 section 2): what receive
 * stamp a reply carried, and when that reply really left. A client that sends
 * the receive stamp back as its origin is told.
 *
 * The receive stamps of replies are odd and the transmit stamps even, so that
 * the origin alone says which of them a client sends back. The four bits above
 * are a keyed digest of the client's address and the rest of the stamp: only
 * who got a reply at its address can send such a stamp, but for one of sixteen
 * guesses. A stamp is moved by 7 ns at the most for that, and not on average.
 *
 * Nothing is kept of a client before it has sent a receive stamp back. Then it
 * has an entry of 16 octets in a bucket that its address chooses. Who has sent
 * back the stamp of an entry has shown where it is: its next entry cannot be
 * taken away by others for NTP_XLEAVE_HOLD_S. So a flood from forged addresses
 * ends at clients that are new themselves, and one from true addresses at the
 * buckets of these. A network of 64 bits of IPv6 has 64 buckets.
 *
 * A reply that is lost leaves its entry behind. Its own address may take that
 * once it is older than those of others behind the address can be, and has to
 * from NTP_XLEAVE_OWN of them on: so it neither runs out of entries nor has the
 * whole bucket.
 */
enum {
	NTP_XLEAVE_WAYS		= 8,	/* entries of a bucket */
	NTP_XLEAVE_OWN		= 4,	/* of them for one address, see above */
	NTP_XLEAVE_HOLD_S	= 4096,
	NTP_XLEAVE_MARK_BITS	= 5,	/* of a receive stamp, see above */
	NTP_XLEAVE_MARK_MASK	= (1 << NTP_XLEAVE_MARK_BITS) - 1,
};

/**
 * struct ntp_xleave - memory of replies
 * @word: (@mask + 1) * NTP_XLEAVE_WAYS * 2 words, zeroed; the caller's memory
 * @mask: number of buckets, a power of two, less 1
 * @seed: random and secret, so that nobody can aim at a bucket or forge a mark
 *
 * Shared by all CPUs without a lock: an entry changes by compare-and-swap.
 */
struct ntp_xleave {
	u64 *word;
	u32 mask;
	u64 seed;
};

/**
 * struct ntp_xleave_turn - a reply's part in interleaved mode
 * @slot: entry of the reply, to be given its transmit stamp; NULL: it has none
 * @rec: the reply's receive stamp
 * @epoch: as given to ntp_xleave_turn()
 * @is_interleaved: the reply is to be in interleaved mode
 * @xmt: if so, when the last one left
 */
struct ntp_xleave_turn {
	u64 *slot;
	ntp_ts_t rec;
	u32 epoch;
	bool is_interleaved;
	ntp_ts_t xmt;
};

/** ntp_xleave_client6() - ntp_xleave_client() for addresses of IPv6 */
u64 ntp_xleave_client6(const struct ntp_xleave *x, const struct ntp_addr *addr);

/** ntp_xleave_client4() - ntp_xleave_client() for addresses of IPv4 */
static inline u64 ntp_xleave_client4(const struct ntp_xleave *x,
				     const struct ntp_addr *addr)
{
	u64 v = (ntp_addr_low(addr) ^ x->seed) * 0xff51afd7ed558ccdULL;

	return v ^ v >> 32;
}

/**
 * ntp_xleave_client() - an address as the memory knows it
 * @x: the memory
 * @addr: the client
 *
 * Return: a number for the functions below.
 */
static inline u64 ntp_xleave_client(const struct ntp_xleave *x,
				    const struct ntp_addr *addr)
{
	return ntp_addr_is_ipv4(addr) ? ntp_xleave_client4(x, addr) :
					ntp_xleave_client6(x, addr);
}

/* What stands in the last bits of a receive stamp. */
static inline u64 ntp_xleave_mark_of(u64 client, u64 rec)
{
	u64 v = (rec >> NTP_XLEAVE_MARK_BITS ^ client) * 0x9e3779b97f4a7c15ULL;

	return v >> (64 - NTP_XLEAVE_MARK_BITS) | 1;
}

/**
 * ntp_xleave_mark() - make a receive stamp one that can be told when it returns
 * @client: ntp_xleave_client()
 * @rec: the stamp
 *
 * Return: the stamp, moved by less than 2^-27 s.
 */
static inline ntp_ts_t ntp_xleave_mark(u64 client, ntp_ts_t rec)
{
	rec.v = (rec.v & ~(u64)NTP_XLEAVE_MARK_MASK) |
		ntp_xleave_mark_of(client, rec.v);
	return rec;
}

/**
 * ntp_xleave_is_asked() - does a request ask for interleaved mode
 * @client: ntp_xleave_client()
 * @pkt: the request
 *
 * Return: true for a request in mode 3 of version 4 whose origin is a receive
 * stamp marked for that client, and whose receive and transmit stamps differ.
 */
static inline bool ntp_xleave_is_asked(u64 client, const struct ntp_packet *pkt)
{
	if (likely(!(pkt->org.v & 1)))
		return false;
	return pkt->version == 4 && pkt->mode == NTP_MODE_CLIENT &&
	       pkt->rec.v != pkt->xmt.v &&
	       (pkt->org.v & NTP_XLEAVE_MARK_MASK) ==
	       ntp_xleave_mark_of(client, pkt->org.v);
}

/**
 * ntp_xleave_turn() - look for a client's last reply, remember this one
 * @x: the memory
 * @client: ntp_xleave_client()
 * @org: origin of a request that ntp_xleave_is_asked()
 * @rec: receive stamp of the reply, marked
 * @epoch: changes whenever the clock is set: then no entry from before counts
 * @turn: result
 *
 * An origin finds its entry once. It is not interleaved while the transmit
 * stamp of that reply is not known (RFC 9769 section 2). Two replies with the
 * same receive stamp to one address cannot be told apart: neither is kept.
 */
void ntp_xleave_turn(const struct ntp_xleave *x, u64 client, ntp_ts_t org,
		     ntp_ts_t rec, u32 epoch, struct ntp_xleave_turn *turn);

/**
 * ntp_xleave_stamp() - remember when a reply left
 * @turn: of the reply; any time later, on any CPU
 * @xmt: its transmit stamp
 * @old: the stamp given before that this one replaces; 0 where none was
 *
 * Return: false where it is of no use: the client has asked again already, the
 * entry was given up, or the stamp is not within 1 s after the receive stamp.
 */
bool ntp_xleave_stamp(const struct ntp_xleave_turn *turn, ntp_ts_t xmt,
		      ntp_ts_t old);

/**
 * ntp_xleave_even() - a transmit stamp that is no receive stamp
 * @xmt: the stamp
 *
 * Return: the stamp, or 2^-32 s before it.
 */
static inline ntp_ts_t ntp_xleave_even(ntp_ts_t xmt)
{
	xmt.v &= ~1ULL;
	return xmt;
}

#endif
