// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "daemon/engine/access.h"
#include "daemon/engine/clock.h"
#include "daemon/engine/keyring.h"
#include "daemon/engine/server.h"
#include "daemon/engine/signd.h"
#include "daemon/engine/system.h"
#include "daemon/engine/xserver.h"
#include "daemon/io/loop.h"
#include "kmod/core/admit.h"
#include "kmod/core/respond.h"
#include "tools/lib/log.h"

/* Poll exponent that a client who asks too often is told. */
#define KISS_POLL	3

/* Clients whose requests are counted against the limits, unless mru says. */
#define RATE_CLIENTS	16384

/*
 * Wider than the module's policy: what the module passes up because it needs
 * more than the fast path has ends here.
 */
static struct ntp_policy policy = {
	.serve_symmetric = true,
	.send_nak = true,
	.minpoll = KISS_POLL,
};

static struct ntp_rate rate;
static u64 counts[NTP_REASON_COUNT];
static u64 lost;
static u32 clients;			/* as the configuration says, or 0 */

u64 server_count(enum ntp_reason reason)
{
	return counts[reason];
}

/* Only who limits somebody needs to remember anybody. */
static void remember_clients(void)
{
	u32 wanted = clients ? clients : RATE_CLIENTS, n = NTP_RATE_WAYS;

	while (n < wanted)
		n *= 2;
	if (rate.word && rate.mask == n / NTP_RATE_WAYS - 1)
		return;
	free(rate.word);
	rate.word = calloc(n, sizeof(*rate.word));
	if (!rate.word) {
		log_error("out of memory: the daemon itself limits nobody");
		return;
	}
	rate.mask = n / NTP_RATE_WAYS - 1;
	if (getrandom(&rate.seed, sizeof(rate.seed), 0) < 0)
		log_warning("no random numbers: %m; who knows how can ask in "
			    "the place of other clients");
}

void server_apply(const struct conf *conf)
{
	policy.send_nak = conf->enabled.nak;
	policy.limits = conf->limits.rate;
	clients = conf_clients(&conf->limits.mru);
	policy.keys = keyring_keys();
	xserver_init();
	signd_apply(conf);
	server_refresh();
}

void server_refresh(void)
{
	policy.acl = access_acl();
	if (access_limits())
		remember_clients();
	policy.rate = rate.word ? &rate : NULL;
}

/* Bits that nobody can foretell, a few system calls for many requests. */
static u32 noise(void)
{
	static u32 bits[64];
	static size_t used = sizeof(bits) / sizeof(bits[0]);

	if (used == sizeof(bits) / sizeof(bits[0])) {
		if (getrandom(bits, sizeof(bits), 0) < 0)
			return (u32)clock_real_ns();
		used = 0;
	}
	return bits[used++];
}

static void reply_to(const struct net_dgram *dgram, struct ntp_exchange *ex)
{
	u8 reply[NTP_RESPOND_MAX];
	u16 len = ntp_respond_len(ex);
	struct ntp_xleave_turn turn;
	struct ntp_sysvars_now now;

	ntp_sysvars_age(&now, system_vars(), (u64)loop_now_ns());
	xserver_begin(ex, &now, &turn);
	ntp_respond(&policy, ex, &now, reply);
	xserver_seal(ex, &turn, reply, ntp_lfp_from_unix(clock_real_ns()));
	if (net_server_send(dgram, reply, len,
			    xserver_want(&turn, dgram->ifindex, reply, len)))
		lost++;
}

/* What was not admitted for its MAC, as it has none: is Samba to make one? */
static bool is_mssntp(const struct ntp_exchange *ex)
{
	return ex->reason == NTP_PASS_MAC && ex->rule != NTP_ACL_NONE &&
	       policy.acl->rule[ex->rule].flags & NTP_ACL_MSSNTP &&
	       signd_is_request(ex->req, ex->len);
}

static void reply_signed(const struct net_dgram *dgram, struct ntp_exchange *ex)
{
	u8 reply[NTP_PACKET_HEADER];
	struct ntp_sysvars_now now;

	ex->reason = NTP_SERVED_AUTH;
	ntp_sysvars_age(&now, system_vars(), (u64)loop_now_ns());
	ntp_respond(&policy, ex, &now, reply);
	ntp_respond_seal(ex, reply, ntp_lfp_from_unix(clock_real_ns()));
	if (!signd_send(dgram, reply))
		lost++;
}

void server_receive(const struct net_dgram *dgram)
{
	struct ntp_exchange ex = {
		.req = dgram->buf,
		.src = dgram->src.addr,
		.sport = dgram->src.port,
		.rec = ntp_lfp_from_unix(dgram->nic.ns ? dgram->nic.ns :
							 dgram->rec.ns),
		.rule = NTP_ACL_NONE,
	};

	if (policy.rate) {
		ex.mono_ns = (u64)loop_now_ns();
		ex.noise = noise();
	}
	/* Longer ones than any that is answered need not be told apart. */
	ex.len = dgram->len > NTP_PACKET_MAX ? NTP_PACKET_MAX + 1 :
					       (u16)dgram->len;
	if (!dgram->to_unicast)
		ex.reason = NTP_PASS_NOTLOCAL;
	else if (ntp_admit(&policy, &ex) == NTP_REPLY)
		reply_to(dgram, &ex);
	else if (is_mssntp(&ex))
		reply_signed(dgram, &ex);
	counts[ex.reason]++;
	access_hit(ex.rule);
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
			 "sent %" PRIu64 ", in interleaved mode %" PRIu64,
			 line, lost, xserver_count());
	access_report();
}

void server_close(void)
{
	signd_close();
	xserver_close();
	policy.acl = NULL;
	policy.keys = NULL;
	policy.rate = NULL;
	free(rate.word);
	rate = (struct ntp_rate){ 0 };
}
