// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include "daemon/engine/xserver.h"

#include <stdlib.h>
#include <sys/random.h>

#include "daemon/engine/clock.h"
#include "daemon/io/phc.h"
#include "daemon/io/sent.h"
#include "kmod/core/respond.h"
#include "tools/lib/log.h"

enum {
	/* As many as the module has for 16384 clients: 1 MiB. */
	BUCKETS	= 8192,
	/* Replies whose stamps are waited for; the oldest one gives way. */
	WAITING	= 64,
};

/* A reply on its way out. */
struct wait {
	struct sent sent;
	struct ntp_xleave_turn turn;
	ntp_ts_t told;		/* its stamp, as far as it is known; or 0 */
};

static struct ntp_xleave memory;
static struct wait waits[WAITING];
static unsigned int next_wait;
static u64 interleaved;
static int64_t offset_ns;		/* clock_offset() of @epoch */
static u32 epoch;

u64 xserver_count(void)
{
	return interleaved;
}

void xserver_init(void)
{
	if (memory.word)
		return;
	if (getrandom(&memory.seed, sizeof(memory.seed), 0) < 0) {
		log_error("no random numbers: %m; the daemon itself answers "
			  "nobody in interleaved mode");
		return;
	}
	memory.mask = BUCKETS - 1;
	memory.word = calloc((size_t)BUCKETS * NTP_XLEAVE_WAYS * 2,
			     sizeof(*memory.word));
	if (!memory.word)
		log_error("out of memory: the daemon itself answers nobody in "
			  "interleaved mode");
}

/* Changes when the clock is set, by whomever; stamps from before then lie. */
static u32 current_epoch(void)
{
	int64_t now_ns = clock_offset();

	if (llabs(now_ns - offset_ns) > CLOCK_OFFSET_SURE) {
		offset_ns = now_ns;
		epoch++;
	}
	return epoch;
}

void xserver_begin(struct ntp_exchange *ex, const struct ntp_sysvars_now *sys,
		   struct ntp_xleave_turn *turn)
{
	u64 client;

	*turn = (struct ntp_xleave_turn){ 0 };
	if (!memory.word)
		return;
	client = ntp_xleave_client(&memory, &ex->src);
	ex->rec = ntp_xleave_mark(client, ex->rec);
	if (!ntp_xleave_is_asked(client, &ex->pkt) ||
	    !ntp_respond_can_interleave(ex, sys))
		return;
	ntp_xleave_turn(&memory, client, ex->pkt.org, ex->rec,
			current_epoch(), turn);
	interleaved += turn->is_interleaved;
}

void xserver_seal(const struct ntp_exchange *ex,
		  const struct ntp_xleave_turn *turn, u8 *reply, ntp_ts_t xmt)
{
	if (turn->is_interleaved)
		ntp_respond_seal_interleaved(ex, reply, turn->xmt);
	else
		ntp_respond_seal(ex, reply, ntp_xleave_even(xmt));
}

static void left(void *arg, int64_t real_ns)
{
	ntp_ts_t xmt = ntp_lfp_from_unix(real_ns);
	struct wait *w = arg;

	if (current_epoch() == w->turn.epoch &&
	    ntp_xleave_stamp(&w->turn, xmt, w->told))
		w->told = xmt;
}

bool xserver_want(const struct ntp_xleave_turn *turn, unsigned int ifindex,
		  const u8 *reply, size_t len)
{
	struct wait *w = &waits[next_wait];

	if (!turn->slot)
		return false;
	next_wait = (next_wait + 1) % WAITING;
	sent_forget(&w->sent);
	w->turn = *turn;
	w->told.v = 0;
	sent_want(&w->sent, reply, len, left, w);
	w->sent.is_nic = phc_has_line(ifindex);
	return true;
}

void xserver_close(void)
{
	for (size_t i = 0; i < WAITING; i++)
		sent_forget(&waits[i].sent);
	free(memory.word);
	memory.word = NULL;
	next_wait = 0;
	interleaved = 0;
}
