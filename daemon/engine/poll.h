/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef POLL_H
#define POLL_H

#include "daemon/engine/peer.h"

/* Poll process (RFC 5905 section 13): when a peer is asked, and how. */

enum {
	POLL_BURST		= 8,	/* packets of a burst */
	POLL_BURST_GAP_S	= 2,	/* and the time between them */
};

/** poll_start() - begin to poll a new peer, soon */
void poll_start(struct peer *peer);

/** poll_listen() - a broadcast came: the next one will in 2^@poll s */
void poll_listen(struct peer *peer, int poll);

/** poll_stop() - poll it no more */
void poll_stop(struct peer *peer);

/** poll_answered() - an answer came, with time in it or not */
void poll_answered(struct peer *peer);

/** poll_sampled() - a sample was taken: adapt the poll interval */
void poll_sampled(struct peer *peer);

/**
 * poll_again() - a sample was put aside, the next one decides: ask soon
 *
 * One request more, after as long as between those of a burst; at most one for
 * every eight polls, none to who has asked for fewer requests.
 */
void poll_again(struct peer *peer);

/** poll_slower() - it said RATE: poll less, at most every 2^@poll s */
void poll_slower(struct peer *peer, int poll);

/** poll_burst() - measure anew, with a burst */
void poll_burst(struct peer *peer);

/** poll_unsent() - nothing could be sent, for @err; -ENOKEY: without its key */
void poll_unsent(struct peer *peer, int err);

/** poll_interval() - seconds until the next sample may be expected */
double poll_interval(const struct peer *peer);

/** poll_lag() - how old a sample is when it comes, of an interleaved server */
double poll_lag(const struct peer *peer);

#endif
