// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include <string.h>

#include "daemon/engine/opinion.h"
#include "daemon/engine/peer.h"
#include "tools/lib/log.h"

/* Samples that have to say the same before the log says something else. */
#define SURE_AFTER	3
/* Without a majority again so soon: the same quarrel goes on, s. */
#define CALM_S		1000.0

static struct {
	bool has_quarrel;	/* one was told, and may not be over */
	double quarrelled;	/* when there was no majority last */
} opinion;

void opinion_init(void)
{
	memset(&opinion, 0, sizeof(opinion));
}

/* Is what was told of the peer no longer so, for sure? */
static bool is_news(struct peer *peer, bool is_false)
{
	if (!peer->is_judged) {
		peer->is_judged = true;
		peer->told_false = false;
		peer->otherwise = 0;
		return is_false;
	}
	if (is_false == peer->told_false) {
		peer->otherwise = 0;
		return false;
	}
	if (!peer->otherwise)
		peer->otherwise = peer->samples;
	if (peer->samples - peer->otherwise + 1 < SURE_AFTER)
		return false;
	peer->otherwise = 0;
	return true;
}

static void tell_peer(const struct select_source *src)
{
	struct peer *peer = src->owner;
	bool is_false = src->status == SELECT_FALSETICKER;

	if (src->status < SELECT_FALSETICKER || src->status == SELECT_EXCESS ||
	    !is_news(peer, is_false))
		return;
	peer->told_false = is_false;
	if (is_false)
		log_warning("%s disagrees with the majority (falseticker), "
			    "offset %+.6f s: not used", peer->text,
			    src->offset);
	else
		log_notice("%s agrees with the majority again", peer->text);
}

static void tell_quarrel(const struct select_source *src, size_t n, double now)
{
	bool is_old = opinion.has_quarrel &&
		      now - opinion.quarrelled < CALM_S;

	opinion.has_quarrel = true;
	opinion.quarrelled = now;
	if (is_old)
		return;
	log_warning("%zu servers answer, but no majority of them agrees: the "
		    "clock is left as it is; add servers or remove the wrong "
		    "one", n);
	for (size_t i = 0; i < n; i++)
		log_warning("  %s: offset %+.6f s, within %.6f s",
			    ((struct peer *)src[i].owner)->text, src[i].offset,
			    src[i].dist);
}

void opinion_tell(const struct select_source *src, size_t n, size_t true_n,
		  double now)
{
	/* Where nobody is right, to name each one says nothing. */
	if (n && !true_n) {
		tell_quarrel(src, n, now);
		return;
	}
	for (size_t i = 0; i < n; i++)
		tell_peer(&src[i]);
}
