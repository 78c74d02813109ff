// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include "daemon/engine/manycast.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "daemon/engine/access.h"
#include "daemon/engine/assoc.h"
#include "daemon/engine/keyring.h"
#include "daemon/engine/refid.h"
#include "daemon/engine/server.h"
#include "daemon/engine/system.h"
#include "daemon/io/links.h"
#include "tools/lib/log.h"

#define TIMEOUT_NS	LOOP_NS_PER_S

/* --- client -------------------------------------------------------------- */

struct manycast {
	struct assoc *assoc;
	struct addr_end to;
	struct loop_timer timer;
	struct net_client *client;
	ntp_ts_t xmt;
	size_t ring;		/* the next one to be asked */
	int told;		/* errno that the log knows of */
	bool told_auth;
};

static void mobilise(struct manycast *m, const struct addr_end *from)
{
	struct conf_assoc line = m->assoc->conf;
	struct peer *peer;

	if (assoc_has_addr(&from->addr) || links_has_addr(&from->addr) ||
	    assoc_children(m->assoc) >= system_conf()->tos.maxclock)
		return;
	line.kind = CONF_SERVER;
	line.addr = from->addr;
	line.scope = from->scope;
	line.iburst = true;
	peer = assoc_mobilise(&line, from, PEER_CLIENT, m->assoc);
	if (peer)
		log_info("%s: found %s", m->assoc->conf.name, peer->text);
}

static void tell_auth(struct manycast *m, const struct addr_end *from,
		      enum auth_result auth)
{
	char text[ADDR_TEXT_MAX];

	if (m->told_auth)
		return;
	m->told_auth = true;
	log_warning("%s: %s answers, but is not used, as that is %s; %s",
		    m->assoc->conf.name,
		    addr_print(&from->addr, text, sizeof(text)),
		    auth_result_name(auth), m->assoc->conf.key ?
		    "give all hosts the same key, of the same type" :
		    "add key to manycastclient, or write disable auth");
}

static bool may_mobilise(const struct manycast *m, const struct addr_end *from)
{
	u32 flags = access_flags(&from->addr, from->port);

	if (flags & (NTP_ACL_IGNORE | NTP_ACL_NOSERVE | NTP_ACL_NOEPEER))
		return false;
	return m->assoc->conf.key ||
	       (!system_conf()->enabled.auth &&
		!(flags & (NTP_ACL_NOPEER | NTP_ACL_NOTRUST)));
}

static void got(struct net_client *client, const struct net_reply *reply,
		int err, void *arg)
{
	struct manycast *m = arg;
	struct peer_request req = {
		.xmt = m->xmt, .version = m->assoc->conf.version,
		.keyid = m->assoc->conf.key,
	};
	enum auth_result auth = AUTH_NONE;
	struct ntp_packet pkt;
	enum peer_check check;

	if (!reply) {
		/* Whoever has not answered by now will be asked again. */
		if (err == -ETIMEDOUT)
			m->client = NULL;
		return;
	}
	req.to = reply->from.addr;
	req.key = req.keyid ? keyring_find(req.keyid) : NULL;
	check = peer_check_reply(&pkt, reply->buf, reply->len, &req, &auth);
	if (check == PEER_BAD_AUTH || check == PEER_NAK)
		tell_auth(m, &reply->from, auth);
	if (check != PEER_GOOD)
		return;
	if (may_mobilise(m, &reply->from))
		mobilise(m, &reply->from);
	else
		tell_auth(m, &reply->from, auth);
}

static void tell(struct manycast *m, int err)
{
	const struct conf_assoc *conf = &m->assoc->conf;

	if (err == m->told)
		return;
	m->told = err;
	if (err == -ENOKEY)
		log_warning("%s is not asked, as key %u is not to be had: it "
			    "has to stand in the key file and in trustedkey",
			    conf->name, conf->key);
	else if (err == -ENETUNREACH)
		log_warning("%s is not asked: no route leads there; add one "
			    "(ip route add %s/32 dev ...)", conf->name,
			    conf->name);
	else if (err)
		log_warning("%s: cannot send: %s; trying again", conf->name,
			    strerror(-err));
}

/* Servers may be picky about the stratum of who asks: it is told. */
static void ask(struct manycast *m, u8 ttl)
{
	const struct conf_assoc *conf = &m->assoc->conf;
	u8 buf[AUTH_PACKET_MAX];
	struct ntp_sysvars_now now;
	struct ntp_packet pkt;
	size_t len;

	net_client_cancel(m->client);
	m->client = NULL;
	ntp_sysvars_age(&now, system_vars(), (u64)loop_now_ns());
	pkt = (struct ntp_packet){
		.leap = now.leap, .version = conf->version,
		.mode = NTP_MODE_CLIENT, .stratum = now.stratum,
		.poll = conf->minpoll, .precision = now.precision,
		.refid = now.refid,
	};
	while (getrandom(&pkt.xmt.v, sizeof(pkt.xmt.v), 0) !=
	       sizeof(pkt.xmt.v) || !pkt.xmt.v)
		;
	m->xmt = pkt.xmt;
	ntp_packet_write(buf, &pkt);
	len = auth_sign(buf, NTP_PACKET_HEADER, conf->key);
	tell(m, len ? net_client_send_group(&m->client, &m->to, ttl, buf, len,
					    TIMEOUT_NS, got, m) : -ENOKEY);
}

static int64_t interval_ns(const struct manycast *m)
{
	int poll = m->assoc->conf.minpoll;

	return poll < 0 ? LOOP_NS_PER_S >> -poll : LOOP_NS_PER_S << poll;
}

static void fire(void *arg)
{
	struct manycast *m = arg;
	const struct conf *conf = system_conf();
	const struct conf_assoc *line = &m->assoc->conf;
	int64_t wait = interval_ns(m);
	u8 ttl = line->ttl;

	if (assoc_children(m->assoc) >= conf->tos.minclock) {
		m->ring = 0;
		wait = (int64_t)(conf->tos.beacon_s * LOOP_NS_PER_S);
	} else {
		if (m->ring < conf->modes.ttl_n &&
		    conf->modes.ttl[m->ring] < ttl)
			ttl = conf->modes.ttl[m->ring];
		if (m->ring < conf->modes.ttl_n)
			m->ring++;
		ask(m, ttl ? ttl : 1);
	}
	loop_timer_in(&m->timer, wait);
}

struct manycast *manycast_start(struct assoc *assoc)
{
	const struct conf_assoc *conf = &assoc->conf;
	struct manycast *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->assoc = assoc;
	m->to = (struct addr_end){ .addr = conf->addr, .port = NET_PORT,
				   .scope = conf->scope };
	loop_timer_init(&m->timer, fire, m);
	loop_timer_in(&m->timer, LOOP_NS_PER_S / 4);
	return m;
}

void manycast_look(struct manycast *m)
{
	loop_timer_in(&m->timer, interval_ns(m));
}

void manycast_stop(struct manycast *m)
{
	if (!m)
		return;
	loop_timer_cancel(&m->timer);
	net_client_cancel(m->client);
	free(m);
}

/* --- server -------------------------------------------------------------- */

bool manycast_is_due(const struct ntp_packet *pkt,
		     const struct ntp_sysvars_now *now, bool cohort)
{
	unsigned int his = pkt->stratum ? pkt->stratum : NTP_STRATUM_UNSYNC;

	return now->state == NTP_SYSVARS_SYNC &&
	       (now->stratum < his || (cohort && now->stratum == his));
}

static bool serves(const struct ntp_addr *group)
{
	const struct conf_modes *modes = &system_conf()->modes;

	for (size_t i = 0; i < modes->manycastserver_n; i++)
		if (addr_equal(&modes->manycastserver[i].addr, group))
			return true;
	return false;
}

bool manycast_receive(const struct net_dgram *dgram)
{
	struct net_dgram own = *dgram;
	struct ntp_sysvars_now now;
	struct ntp_packet pkt;
	enum ntp_reason why;

	if (dgram->to_unicast || !addr_is_multicast(&dgram->dst.addr) ||
	    !system_conf() || !serves(&dgram->dst.addr))
		return false;
	if (!ntp_packet_parse(&pkt, dgram->buf, dgram->len, &why))
		return true;
	/* A whole group must not answer with crypto-NAKs. */
	if (pkt.mac_len &&
	    auth_check(&pkt, dgram->buf, &dgram->src.addr) != AUTH_GOOD)
		return true;
	ntp_sysvars_age(&now, system_vars(), (u64)loop_now_ns());
	if (!manycast_is_due(&pkt, &now, system_conf()->tos.cohort) ||
	    (pkt.stratum > 1 && refid_is_own(pkt.refid)) ||
	    net_local_addr(&dgram->src, &own.dst.addr))
		return true;
	own.dst.scope = dgram->src.scope;
	own.to_unicast = true;
	server_receive(&own);
	return true;
}
