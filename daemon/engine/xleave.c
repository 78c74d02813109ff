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
	return x->is_reply && !x->sent && x->sent_before == 1 &&
	       x->ours[x->last].left.ns && x->rec.v;
}

static void count(u8 *n)
{
	if (*n < UINT8_MAX)
		(*n)++;
}

static ntp_ts_t without_turn(ntp_ts_t ts)
{
	return (ntp_ts_t){ .v = ts.v & ~(u64)(XLEAVE_OURS - 1) };
}

ntp_ts_t xleave_say(const struct xleave *x, ntp_ts_t rec)
{
	u64 turn = (x->last + 1U) % XLEAVE_OURS;

	return (ntp_ts_t){ .v = rec.v ? without_turn(rec).v | turn : 0 };
}

void xleave_sent(struct xleave *x, ntp_ts_t said, bool is_interleaved)
{
	count(&x->sent);
	if (is_interleaved)
		count(&x->unheard);
	x->is_reply = false;
	x->last = (u8)((x->last + 1U) % XLEAVE_OURS);
	x->ours[x->last] = (struct xleave_ours){ .said = said };
}

void xleave_left(struct xleave *x, struct xleave_stamp left)
{
	x->ours[x->last].left = left;
}

static const struct xleave_ours *find(const struct xleave *x,
				      const struct ntp_packet *pkt)
{
	for (unsigned int i = 0; i < x->sent && i < XLEAVE_OURS; i++) {
		const struct xleave_ours *ours =
			&x->ours[(x->last - i) % XLEAVE_OURS];

		if (ours->said.v && ours->said.v == pkt->org.v)
			return ours;
	}
	return NULL;
}

bool xleave_fits(const struct xleave *x, const struct ntp_packet *pkt)
{
	return find(x, pkt);
}

bool xleave_match(const struct xleave *x, const struct ntp_packet *pkt,
		  struct xleave_times *times)
{
	bool has_before = x->left_before.ns && !x->is_spent;
	const struct xleave_ours *ours = find(x, pkt);

	/* Its transmit stamp is of what came before: of that very packet? */
	if (!ours || !x->came.ns ||
	    without_turn(x->came_ts).v != without_turn(pkt->org).v)
		return false;
	if (!has_before && !ours->left.ns)
		return false;
	times->xmt = pkt->xmt;
	times->dst = x->came;
	if (has_before &&
	    (!ours->left.ns || llabs(x->came.ns - x->left_before.ns) <
			       llabs(ours->left.ns - x->came.ns))) {
		times->org = x->left_before;
		times->rec = x->rec;
	} else {
		times->org = ours->left;
		times->rec = pkt->rec;
	}
	return true;
}

void xleave_heard(struct xleave *x, const struct ntp_packet *pkt,
		  ntp_ts_t came_ts, struct xleave_stamp came, bool is_spent)
{
	const struct xleave_ours *ours = find(x, pkt);

	if (ours) {
		x->is_heard = true;
		x->unheard = 0;
	}
	x->left_before = ours ? ours->left : x->ours[x->last].left;
	x->sent_before = x->sent;
	x->sent = 0;
	x->is_reply = true;
	x->is_spent = is_spent;
	x->rec = pkt->rec;
	x->came_ts = came_ts;
	x->came = came;
}

void xleave_upset(struct xleave *x)
{
	x->is_reply = false;
}
