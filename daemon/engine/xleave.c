// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include "daemon/engine/xleave.h"

#include <stdlib.h>
#include <string.h>

/* Interleaved packets without one back until it is given up. */
#define PATIENCE	8

void xleave_renew(struct xleave *x, unsigned int epoch, bool is_reachable)
{
	bool was_heard = x->is_heard && is_reachable;
	u8 unheard = is_reachable ? x->unheard : 0;

	if (is_reachable && x->epoch == epoch)
		return;
	*x = (struct xleave){ .is_heard = was_heard, .unheard = unheard,
			      .epoch = epoch };
}

bool xleave_is_due(const struct xleave *x, bool is_wanted)
{
	if (!x->is_heard && (!is_wanted || x->unheard >= PATIENCE))
		return false;
	return x->is_reply && !x->sent && x->sent_before == 1 && x->left.ns &&
	       x->rec.v;
}

static void count(u8 *n)
{
	if (*n < UINT8_MAX)
		(*n)++;
}

void xleave_sent(struct xleave *x, ntp_ts_t rec, bool is_interleaved)
{
	count(&x->sent);
	if (is_interleaved)
		count(&x->unheard);
	x->is_reply = false;
	/* Said twice, it would not tell which of ours an answer is to. */
	x->said.v = rec.v == x->last_rec.v ? 0 : rec.v;
	x->last_rec = rec;
	x->left.ns = 0;
}

bool xleave_fits(const struct xleave *x, const struct ntp_packet *pkt)
{
	return x->said.v && pkt->org.v == x->said.v;
}

bool xleave_match(const struct xleave *x, const struct ntp_packet *pkt,
		  struct xleave_times *times)
{
	bool has_before = x->left_before.ns && !x->is_spent;

	/* Its transmit stamp is of what came before: of that very packet? */
	if (!x->came.ns || x->came_ts.v != pkt->org.v)
		return false;
	if (!has_before && !x->left.ns)
		return false;
	times->xmt = pkt->xmt;
	times->dst = x->came;
	if (has_before &&
	    (!x->left.ns || llabs(x->came.ns - x->left_before.ns) <
			    llabs(x->left.ns - x->came.ns))) {
		times->org = x->left_before;
		times->rec = x->rec;
	} else {
		times->org = x->left;
		times->rec = pkt->rec;
	}
	return true;
}

void xleave_heard(struct xleave *x, const struct ntp_packet *pkt,
		  ntp_ts_t came_ts, struct xleave_stamp came, bool is_spent)
{
	if (xleave_fits(x, pkt)) {
		x->is_heard = true;
		x->unheard = 0;
	}
	x->sent_before = x->sent;
	x->sent = 0;
	x->is_reply = true;
	x->is_spent = is_spent;
	x->said.v = 0;
	x->rec = pkt->rec;
	x->left_before = x->left;
	x->came_ts = came_ts;
	x->came = came;
}

void xleave_upset(struct xleave *x)
{
	x->is_reply = false;
}
