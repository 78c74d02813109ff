/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef XLEAVE_H
#define XLEAVE_H

#include <stdbool.h>
#include <stdint.h>

#include "kmod/core/packet.h"

/*
 * Interleaved symmetric mode, RFC 9769 section 3. A packet carries, instead of
 * a guess when it will leave, the time that the kernel saw the packet before
 * leave, and as its origin what the other side says it received last. This is
 * the memory of one association; symmetric.c sends and receives.
 */

/** struct xleave_stamp - a time of the system clock, and clock_phase() then */
struct xleave_stamp {
	int64_t ns;		/* since 1970 UTC; 0: not known */
	double phase;
};

/*
 * Packets of ours that an answer may be to; a power of 2, see xleave_say(). With
 * more of them, one of so much earlier would make a negative delay.
 */
#define XLEAVE_OURS	16

/** struct xleave_ours - a packet of ours */
struct xleave_ours {
	ntp_ts_t said;			/* receive stamp in it, one of its own */
	struct xleave_stamp left;	/* when it left; .ns 0: not known */
};

/** struct xleave - what was sent and what came; all zero to begin with */
struct xleave {
	bool is_heard;		/* the other side interleaves, too */
	u8 unheard;		/* of ours in a row that were not answered so */
	u8 sent;		/* packets since its last valid one */
	u8 sent_before;		/* and between that and the one before */
	bool is_reply;		/* what came last is valid: ours answers it */
	bool is_spent;		/* .left_before has made a sample */
	unsigned int epoch;	/* clock_epoch() of all stamps */
	u8 last;		/* index of the one that was sent last */
	struct xleave_ours ours[XLEAVE_OURS];
	/* Of the other side's last valid packet: */
	ntp_ts_t rec;			/* its receive stamp */
	struct xleave_stamp left_before;	/* what that is of left here */
	ntp_ts_t came_ts;		/* when it came, as ours says */
	struct xleave_stamp came;	/* the same; 0: it brought no time */
};

/** struct xleave_times - the four stamps of an interleaved sample */
struct xleave_times {
	struct xleave_stamp org;	/* ours, to there */
	ntp_ts_t rec;
	ntp_ts_t xmt;			/* theirs, to here */
	struct xleave_stamp dst;
};

/**
 * xleave_renew() - drop what is no longer true
 * @epoch: clock_epoch(): stamps of before the clock was set are forgotten
 * @is_reachable: an association that starts anew begins with basic packets
 */
void xleave_renew(struct xleave *x, unsigned int epoch, bool is_reachable);

/**
 * xleave_is_due() - may the next packet be interleaved?
 * @is_wanted: the configuration asks for it
 *
 * Only where it is the one answer to a valid packet, the one before was, too,
 * and the kernel said when that left (conditions 1 to 3 of the section); and
 * not for ever with somebody who does not understand it.
 */
bool xleave_is_due(const struct xleave *x, bool is_wanted);

/**
 * xleave_say() - the receive stamp for our next packet
 * @rec: when the other side's last one came; 0: none did
 *
 * The other side may get several of ours before it answers. Its origin stamp
 * is the receive stamp of one of them, which has to tell which: they differ
 * by less than 4 ns.
 */
ntp_ts_t xleave_say(const struct xleave *x, ntp_ts_t rec);

/**
 * xleave_sent() - a packet is sent, and answers what came until now
 * @said: its receive stamp, by xleave_say()
 * @is_interleaved: it was formed so
 */
void xleave_sent(struct xleave *x, ntp_ts_t said, bool is_interleaved);

/** xleave_left() - the kernel says when the one that was sent last left */
void xleave_left(struct xleave *x, struct xleave_stamp left);

/**
 * xleave_fits() - is this packet an interleaved answer to one of ours, sent
 * since the other side's last valid one?
 */
bool xleave_fits(const struct xleave *x, const struct ntp_packet *pkt);

/**
 * xleave_match() - the stamps that belong together, of a packet that fits
 *
 * Of both packets of ours that there are stamps of, the one is taken that is
 * nearer in time to what came: clocks drift less in between.
 *
 * Return: false where one of the stamps is not to be had.
 */
bool xleave_match(const struct xleave *x, const struct ntp_packet *pkt,
		  struct xleave_times *times);

/**
 * xleave_heard() - remember a valid packet, interleaved or basic
 * @came_ts: when it came, as our next packet says
 * @came: the same, .ns 0 if it brought no time
 * @is_spent: it made a basic sample, with the stamp of our last packet
 */
void xleave_heard(struct xleave *x, const struct ntp_packet *pkt,
		  ntp_ts_t came_ts, struct xleave_stamp came, bool is_spent);

/** xleave_upset() - what came answers no packet of ours: basic is next */
void xleave_upset(struct xleave *x);

#endif
