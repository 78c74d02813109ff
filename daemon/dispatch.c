// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include "daemon/dispatch.h"

#include "daemon/engine/broadcast.h"
#include "daemon/engine/manycast.h"
#include "daemon/engine/server.h"
#include "daemon/engine/symmetric.h"
#include "kmod/core/packet.h"
#include "tools/lib/log.h"

void dispatch_receive(const struct net_dgram *dgram, void *arg)
{
	char from[ADDR_TEXT_MAX];
	unsigned int version, mode;

	(void)arg;
	if (!dgram->len)
		return;
	version = ntp_packet_version(dgram->buf[0]);
	mode = ntp_packet_mode(dgram->buf[0]);
	switch (mode) {
	case NTP_MODE_ACTIVE:
		if (!symmetric_receive(dgram))
			server_receive(dgram);
		return;
	case NTP_MODE_PASSIVE:
		if (symmetric_receive(dgram))
			return;
		break;
	case NTP_MODE_CLIENT:
		if (!manycast_receive(dgram))
			server_receive(dgram);
		return;
	case NTP_MODE_RESERVED:
		if (version != 1)
			break;
		server_receive(dgram);
		return;
	case NTP_MODE_BROADCAST:
		broadcast_receive(dgram);
		return;
	default:
		break;
	}
	log_debug("no one for %zu octets of version %u, mode %u from %s",
		  dgram->len, version, mode,
		  addr_end_print(&dgram->src, from, sizeof(from)));
}
