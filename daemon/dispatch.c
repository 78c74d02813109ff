// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include "daemon/dispatch.h"

#include "daemon/engine/server.h"
#include "tools/lib/log.h"

void dispatch_receive(const struct net_dgram *dgram, void *arg)
{
	char from[ADDR_TEXT_MAX];
	unsigned int version, mode;

	(void)arg;
	if (!dgram->len)
		return;
	version = dgram->buf[0] >> 3 & 7;
	mode = dgram->buf[0] & 7;
	if (mode == 1 || mode == 3 || (!mode && version == 1)) {
		server_receive(dgram);
		return;
	}
	log_debug("no one for %zu octets of version %u, mode %u from %s",
		  dgram->len, version, mode,
		  addr_end_print(&dgram->src, from, sizeof(from)));
}
