// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include "daemon/engine/xclient.h"

#include "kmod/core/lfp.h"

/* Requests in a row without a reply until what they name is too old. */
#define UNANSWERED_MAX	4
/* Basic replies in a row that are left out. */
#define BASIC_MAX	3
/* No server takes longer to reply, in units of 2^-32 s. */
#define TURN_MAX	(8LL << 32)
/* Servers that fuzz the last bits may put stamps in disorder. */
#define FUZZ		(1LL << 13)

ntp_ts_t xclient_origin(struct xclient *x, unsigned int epoch)
{
	if (x->epoch != epoch)
		xclient_forget(x);
	x->epoch = epoch;
	if (x->unanswered >= UNANSWERED_MAX) {
		x->last.rec.v = 0;
		x->unanswered = 0;
	}
	if (x->last.rec.v)
		x->unanswered++;
	return x->last.rec;
}

bool xclient_match(const struct xclient *x, const struct ntp_packet *pkt)
{
	int64_t turn = ntp_lfp_diff(pkt->xmt, x->last.rec);

	return x->last.rec.v && !x->last.is_spent && turn >= -FUZZ &&
	       turn < TURN_MAX;
}

bool xclient_is_on(const struct xclient *x)
{
	return x->spare;
}

void xclient_heard(struct xclient *x, const struct xclient_exchange *exchange,
		   bool is_interleaved)
{
	x->last = *exchange;
	x->unanswered = 0;
	x->was_on |= is_interleaved;
	if (is_interleaved)
		x->spare = BASIC_MAX;
	else if (x->spare)
		x->spare--;
}

void xclient_forget(struct xclient *x)
{
	*x = (struct xclient){ .epoch = x->epoch, .was_on = x->was_on };
}
