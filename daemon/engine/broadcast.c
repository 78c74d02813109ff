// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include "daemon/engine/broadcast.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/engine/auth.h"
#include "daemon/engine/clock.h"
#include "daemon/engine/system.h"
#include "tools/lib/log.h"

struct broadcast {
	const struct conf_assoc *conf;
	struct addr_end to;
	struct loop_timer timer;
	int told;		/* errno that the log knows of */
};

static int64_t interval_ns(int poll)
{
	return poll < 0 ? LOOP_NS_PER_S >> -poll : LOOP_NS_PER_S << poll;
}

static int send_time(const struct broadcast *b,
		     const struct ntp_sysvars_now *now)
{
	u8 buf[AUTH_PACKET_MAX];
	struct ntp_packet pkt = {
		.leap = now->leap, .version = b->conf->version,
		.mode = NTP_MODE_BROADCAST, .stratum = now->stratum,
		.poll = b->conf->minpoll, .precision = now->precision,
		.rootdelay = now->rootdelay, .rootdisp = now->rootdisp,
		.refid = now->refid, .reftime = now->reftime,
	};
	size_t len;

	pkt.xmt = ntp_lfp_from_unix(clock_real_ns());
	ntp_packet_write(buf, &pkt);
	len = auth_sign(buf, NTP_PACKET_HEADER, b->conf->key);
	if (!len)
		return -ENOKEY;
	return net_server_transmit(&b->to, b->conf->ttl, buf, len);
}

static void tell(struct broadcast *b, int err)
{
	if (err == b->told)
		return;
	b->told = err;
	if (err == -ENOKEY)
		log_warning("no broadcasts to %s, as key %u is not to be had: "
			    "it has to stand in the key file and in trustedkey",
			    b->conf->name, b->conf->key);
	else if (err == -ENETUNREACH)
		log_warning("no broadcasts to %s: no route leads there; add "
			    "one (ip route add %s/32 dev ...)", b->conf->name,
			    b->conf->name);
	else if (err == -ENOTCONN)
		log_warning("no broadcasts to %s while UDP port %u is not open",
			    b->conf->name, NET_PORT);
	else if (err)
		log_warning("no broadcasts to %s: %s", b->conf->name,
			    strerror(-err));
	else
		log_notice("broadcasts to %s, every %g s", b->conf->name,
			   (double)interval_ns(b->conf->minpoll) /
			   LOOP_NS_PER_S);
}

static void fire(void *arg)
{
	struct broadcast *b = arg;
	struct ntp_sysvars_now now;

	loop_timer_in(&b->timer, interval_ns(b->conf->minpoll));
	ntp_sysvars_age(&now, system_vars(), (u64)loop_now_ns());
	/* Who has no time to give is silent. */
	if (now.state == NTP_SYSVARS_SYNC)
		tell(b, send_time(b, &now));
}

struct broadcast *broadcast_start(const struct conf_assoc *conf)
{
	struct broadcast *b = calloc(1, sizeof(*b));

	if (!b)
		return NULL;
	b->conf = conf;
	b->to = (struct addr_end){ .addr = conf->addr, .port = NET_PORT,
				   .scope = conf->scope };
	b->told = 1;
	loop_timer_init(&b->timer, fire, b);
	loop_timer_in(&b->timer, LOOP_NS_PER_S / 4);
	return b;
}

void broadcast_stop(struct broadcast *b)
{
	if (!b)
		return;
	loop_timer_cancel(&b->timer);
	free(b);
}
