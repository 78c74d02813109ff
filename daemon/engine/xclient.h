/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef XCLIENT_H
#define XCLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "kmod/core/packet.h"

/*
 * Interleaved client/server mode, RFC 9769 section 2, for the client. A request
 * names the last reply by its receive stamp; a server that still knows when
 * that one really left says so in the next reply, instead of a guess when that
 * one will leave. The four stamps are then of the exchange before.
 */

/** struct xclient_exchange - a request and the reply to it */
struct xclient_exchange {
	int64_t org_ns;		/* when the request left, ns since 1970 UTC */
	int64_t dst_ns;		/* when the reply came */
	ntp_ts_t rec;		/* the server's receive stamp */
	double when;		/* middle, on clock_now()'s clock */
	double phase;		/* clock_phase() then */
	bool is_spent;		/* it has made a sample of basic mode */
};

/** struct xclient - memory of one association; all zero to begin with */
struct xclient {
	struct xclient_exchange last;	/* .rec 0: there is none */
	unsigned int epoch;		/* clock_epoch() of it */
	u8 unanswered;			/* interleaved requests since */
	u8 spare;			/* basic replies that may be no sample */
	bool was_on;			/* one was, since the beginning */
};

/**
 * xclient_origin() - origin stamp for the next request
 * @epoch: clock_epoch(): an exchange from before the clock was set is forgotten
 *
 * Return: 0 where the request has to be a basic one, without a receive stamp.
 */
ntp_ts_t xclient_origin(struct xclient *x, unsigned int epoch);

/**
 * xclient_match() - does the transmit stamp of an interleaved reply belong to
 * the last exchange, and is that to be a sample?
 */
bool xclient_match(const struct xclient *x, const struct ntp_packet *pkt);

/**
 * xclient_is_on() - are samples those of interleaved replies?
 *
 * A basic one in between, as the server does not remember all, is less exact. It
 * is no sample: the reply to the next request tells more of that exchange. After
 * a few of them in a row they are, again.
 */
bool xclient_is_on(const struct xclient *x);

/**
 * xclient_heard() - a reply with time came
 * @exchange: it and its request; copied
 * @is_interleaved: it was an interleaved one
 */
void xclient_heard(struct xclient *x, const struct xclient_exchange *exchange,
		   bool is_interleaved);

/** xclient_forget() - a reply without time came, or none will */
void xclient_forget(struct xclient *x);

#endif
