// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "daemon/engine/clock.h"
#include "daemon/engine/server.h"
#include "daemon/engine/system.h"
#include "daemon/io/loop.h"
#include "kmod/core/admit.h"
#include "kmod/core/respond.h"
#include "tools/lib/log.h"

/* Poll exponent that a client who asks too often is told. */
#define KISS_POLL	3

/*
 * Wider than the module's policy: what the module passes up because it needs
 * more than the fast path has ends here.
 */
static const struct ntp_policy policy = {
	.serve_symmetric = true,
	.send_nak = true,
	.minpoll = KISS_POLL,
};

static u64 counts[NTP_REASON_COUNT];
static u64 lost;

u64 server_count(enum ntp_reason reason)
{
	return counts[reason];
}

static void reply_to(const struct net_dgram *dgram, struct ntp_exchange *ex)
{
	u8 reply[NTP_RESPOND_MAX];
	u16 len = ntp_respond_len(ex);
	struct ntp_sysvars_now now;

	ntp_sysvars_age(&now, system_vars(), (u64)loop_now_ns());
	ntp_respond(&policy, ex, &now, reply);
	ntp_respond_seal(ex, reply, ntp_lfp_from_unix(clock_real_ns()));
	if (net_server_send(dgram, reply, len))
		lost++;
}

void server_receive(const struct net_dgram *dgram)
{
	struct ntp_exchange ex = {
		.req = dgram->buf,
		.src = dgram->src.addr,
		.sport = dgram->src.port,
		.rec = ntp_lfp_from_unix(dgram->rec.ns),
	};

	/* Longer ones than any that is answered need not be told apart. */
	ex.len = dgram->len > NTP_PACKET_MAX ? NTP_PACKET_MAX + 1 :
					       (u16)dgram->len;
	if (!dgram->to_unicast)
		ex.reason = NTP_PASS_NOTLOCAL;
	else if (ntp_admit(&policy, &ex) == NTP_REPLY)
		reply_to(dgram, &ex);
	counts[ex.reason]++;
}

void server_report(void)
{
	char line[512] = "";
	size_t used = 0;

	for (int i = 0; i < NTP_REASON_COUNT && used < sizeof(line); i++) {
		int n;

		if (!counts[i])
			continue;
		n = snprintf(line + used, sizeof(line) - used, " %s %" PRIu64,
			     ntp_reason_name(i), counts[i]);
		used += n > 0 ? (size_t)n : 0;
	}
	if (used)
		log_info("requests met by the daemon itself:%s, replies not "
			 "sent %" PRIu64, line, lost);
}
