/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef ORPHAN_H
#define ORPHAN_H

#include "daemon/engine/peer.h"

/*
 * Orphan mode (tos orphan): hosts that have lost all sources agree on one of
 * them to lead, so that they stay together until a source is back. Each ranks
 * all by their addresses, and so all come to the same result.
 */

/* What who leads has for a reference: 127.0.0.1. */
#define ORPHAN_REFID	0x7f000001U

/** struct orphan_choice - whom to follow, as far as is known */
struct orphan_choice {
	struct peer *parent;	/* NULL: nobody leads who comes before us */
	u32 rank;
};

/** orphan_is() - is this remote one without sources, or does it follow one? */
bool orphan_is(const struct conf_tos *tos, const struct peer *peer);

/**
 * orphan_consider() - could this one lead us?
 * @choice: changed if it comes before this host and before who was found
 * @peer: fit to be followed, orphan_is() says yes
 */
void orphan_consider(struct orphan_choice *choice, const struct conf_tos *tos,
		     struct peer *peer);

/** orphan_is_due() - has there been no source for long enough? times in s */
bool orphan_is_due(const struct conf_tos *tos, double now, double last);

#endif
