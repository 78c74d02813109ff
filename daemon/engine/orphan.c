// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include "daemon/engine/orphan.h"

#include "daemon/engine/refid.h"

bool orphan_is(const struct conf_tos *tos, const struct peer *peer)
{
	return tos->orphan < NTP_STRATUM_UNSYNC && !peer->clock &&
	       peer_stratum(peer) >= tos->orphan;
}

void orphan_consider(struct orphan_choice *choice, const struct conf_tos *tos,
		     struct peer *peer)
{
	u32 rank = refid_from_addr(&peer->addr.addr);
	struct ntp_addr own;

	/* Who only follows a leader is not asked twice. */
	if (peer_stratum(peer) != tos->orphan ||
	    net_local_addr(&peer->addr, &own) || rank >= refid_from_addr(&own))
		return;
	if (choice->parent && choice->rank <= rank)
		return;
	choice->parent = peer;
	choice->rank = rank;
}

bool orphan_is_due(const struct conf_tos *tos, double now, double last)
{
	return tos->orphan < NTP_STRATUM_UNSYNC &&
	       now - last >= tos->orphanwait_s;
}
