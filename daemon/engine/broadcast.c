// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include "daemon/engine/broadcast.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/engine/access.h"
#include "daemon/engine/assoc.h"
#include "daemon/engine/clock.h"
#include "daemon/engine/keyring.h"
#include "daemon/engine/poll.h"
#include "daemon/engine/stats.h"
#include "daemon/engine/system.h"
#include "daemon/io/group.h"
#include "daemon/io/links.h"
#include "tools/lib/log.h"

#define NS		1e9
/* Answers that a listener wants before it knows how long broadcasts take. */
#define VOLLEY_SAMPLES	4
/* A broadcast comes after this share of the interval, or is not the next. */
#define EARLY		0.75
/* What leaves later than this after its stamp is another one, s. */
#define LAG_MAX		1.0

/* --- server -------------------------------------------------------------- */

struct broadcast {
	const struct conf_assoc *conf;
	struct addr_end to;
	struct loop_timer timer;
	struct sent stamp;	/* of the last one, with xleave */
	int64_t left_ns;	/* what it was; 0: not known */
	unsigned int epoch;	/* clock_epoch() of it */
	int told;		/* errno that the log knows of */
};

static int64_t interval_ns(int poll)
{
	return poll < 0 ? LOOP_NS_PER_S >> -poll : LOOP_NS_PER_S << poll;
}

static void left(void *arg, int64_t real_ns)
{
	struct broadcast *b = arg;

	b->left_ns = real_ns;
	b->epoch = clock_epoch();
}

static int send_time(struct broadcast *b, const struct ntp_sysvars_now *now)
{
	bool xleave = b->conf->xleave;
	u8 buf[AUTH_PACKET_MAX];
	struct ntp_packet pkt = {
		.leap = now->leap, .version = b->conf->version,
		.mode = NTP_MODE_BROADCAST, .stratum = now->stratum,
		.poll = b->conf->minpoll, .precision = now->precision,
		.rootdelay = now->rootdelay, .rootdisp = now->rootdisp,
		.refid = now->refid, .reftime = now->reftime,
	};
	size_t len;

	if (b->left_ns && b->epoch == clock_epoch())
		pkt.org = ntp_lfp_from_unix(b->left_ns);
	b->left_ns = 0;
	pkt.xmt = ntp_lfp_from_unix(clock_real_ns());
	ntp_packet_write(buf, &pkt);
	len = auth_sign(buf, NTP_PACKET_HEADER, b->conf->key);
	if (!len)
		return -ENOKEY;
	if (xleave)
		sent_want(&b->stamp, buf, len, left, b);
	return net_server_transmit(&b->to, b->conf->ttl, buf, len, xleave);
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
	sent_forget(&b->stamp);
	free(b);
}

/* --- client -------------------------------------------------------------- */

static const struct conf *in_use;

static bool has_group(const struct conf_group *group, size_t n,
		      const struct ntp_addr *addr)
{
	for (size_t i = 0; i < n; i++)
		if (addr_equal(&group[i].addr, addr))
			return true;
	return false;
}

static void leave_those(const struct conf_group *group, size_t n,
			const struct conf_modes *now)
{
	for (size_t i = 0; i < n; i++)
		if (!now ||
		    (!has_group(now->multicastclient, now->multicastclient_n,
				&group[i].addr) &&
		     !has_group(now->manycastserver, now->manycastserver_n,
				&group[i].addr)))
			group_leave(&group[i].addr);
}

void broadcast_apply(const struct conf *old, const struct conf *new)
{
	const struct conf_modes *modes = &new->modes;

	in_use = new;
	if (system_is_once())
		return;
	if (old) {
		leave_those(old->modes.multicastclient,
			    old->modes.multicastclient_n, modes);
		leave_those(old->modes.manycastserver,
			    old->modes.manycastserver_n, modes);
	}
	for (size_t i = 0; i < modes->multicastclient_n; i++)
		group_join(&modes->multicastclient[i].addr);
	for (size_t i = 0; i < modes->manycastserver_n; i++)
		group_join(&modes->manycastserver[i].addr);
}

/* Other programs of this host may have joined groups of their own. */
static bool is_wanted(const struct net_dgram *dgram)
{
	const struct conf_modes *modes = &in_use->modes;

	if (dgram->to_unicast || links_has_addr(&dgram->src.addr))
		return false;
	if (addr_is_multicast(&dgram->dst.addr))
		return has_group(modes->multicastclient,
				 modes->multicastclient_n, &dgram->dst.addr);
	return modes->broadcastclient || in_use->enabled.bclient;
}

static bool may_mobilise(const struct net_dgram *dgram,
			 const struct ntp_packet *pkt, u32 flags)
{
	enum auth_result auth = auth_check(pkt, dgram->buf, &dgram->src.addr);
	u32 only = addr_is_multicast(&dgram->dst.addr) ? 0 :
		   in_use->modes.broadcastclient_key;

	if (flags & NTP_ACL_NOEPEER)
		return false;
	if (only && (auth != AUTH_GOOD || pkt->keyid != only))
		return false;
	if (auth == AUTH_GOOD)
		return true;
	return auth == AUTH_NONE && !in_use->enabled.auth &&
	       !(flags & (NTP_ACL_NOPEER | NTP_ACL_NOTRUST));
}

static void tell_refused(const struct net_dgram *dgram,
			 const struct ntp_packet *pkt)
{
	static struct ntp_addr told;
	enum auth_result auth = auth_check(pkt, dgram->buf, &dgram->src.addr);
	char text[ADDR_TEXT_MAX];

	if (addr_equal(&told, &dgram->src.addr))
		return;
	told = dgram->src.addr;
	log_warning("%s: its broadcasts are not listened to: they are %s; "
		    "see keys, trustedkey, restrict and disable auth in "
		    "ntp.conf(5)", addr_print(&told, text, sizeof(text)),
		    auth_result_name(auth));
}

static s8 poll_of(const struct ntp_packet *pkt)
{
	return pkt->poll < CONF_POLL_MIN ? CONF_POLL_MIN :
	       pkt->poll > CONF_POLL_MAX ? CONF_POLL_MAX : pkt->poll;
}

static struct peer *mobilise(const struct net_dgram *dgram,
			     const struct ntp_packet *pkt)
{
	double trip = in_use->modes.broadcastdelay_s;
	struct conf_assoc line = {
		.kind = CONF_SERVER, .has_addr = true, .addr = dgram->src.addr,
		.scope = dgram->src.scope, .version = pkt->version,
		.minpoll = poll_of(pkt), .maxpoll = CONF_POLL_MAX,
		.iburst = true, .fudge_stratum = -1,
		.key = pkt->mac_len ? pkt->keyid : 0,
	};
	struct peer *peer;

	peer = assoc_mobilise(&line, &dgram->src,
			      trip > 0 ? PEER_LISTENER : PEER_CLIENT, NULL);
	if (!peer)
		return NULL;
	peer->bc.trip = trip;
	peer->bc.delay = trip / 2;
	log_info("%s broadcasts: %s", peer->text, trip > 0 ? "listened to" :
		 "asked how long that takes");
	return peer;
}

enum peer_check broadcast_check(const struct ntp_packet *pkt,
				const struct peer_broadcast *state)
{
	if (!pkt->xmt.v)
		return PEER_BAD_STAMP;
	if (state->xmt.v && ntp_lfp_diff(pkt->xmt, state->xmt) <= 0)
		return PEER_DUPLICATE;
	return peer_check_header(pkt);
}

bool broadcast_left(const struct ntp_packet *pkt,
		    const struct peer_broadcast *state, double *lag)
{
	if (!pkt->org.v || !state->xmt.v)
		return false;
	*lag = ldexp((double)ntp_lfp_diff(pkt->org, state->xmt), -32);
	return *lag >= 0 && *lag < fmin(LAG_MAX, ldexp(0.5, poll_of(pkt)));
}

static bool is_early(const struct peer *peer, const struct ntp_packet *pkt,
		     double now)
{
	int poll = poll_of(pkt) - (int)in_use->tos.bcpollbstep;

	return peer->mode == PEER_LISTENER && peer->reach &&
	       now - peer->bc.when < EARLY * ldexp(1, poll);
}

/* The answers so far tell what the time is, and so how late this one comes. */
static void end_volley(struct peer *peer, const struct ntp_packet *pkt,
		       double raw, double when)
{
	struct filter_estimate est;

	filter_estimate(&peer->filter, fmax(when, peer->last), &est);
	peer->bc.delay = fmax(est.offset - raw, 0);
	peer->bc.has_lag = !peer->bc.is_interleaved;
	peer->bc.trip = est.delay;
	peer->mode = PEER_LISTENER;
	poll_listen(peer, pkt->poll);
	log_info("%s: its broadcasts take %.6f s, and are listened to",
		 peer->text, peer->bc.delay);
}

/* What was measured before the lag was known has it in. */
static void learn_lag(struct peer *peer, double lag)
{
	struct peer_broadcast *bc = &peer->bc;

	if (!bc->is_interleaved)
		log_info("%s: interleaved", peer->text);
	bc->is_interleaved = true;
	bc->lag = lag;
	if (bc->has_lag)
		bc->delay = fmax(bc->delay - lag, 0);
	bc->has_lag = false;
}

/*
 * Its time less ours, with the phase, but for the delay of the way. If it says
 * when the last one left, of that one: @came is then when that came.
 */
static double compare(struct peer *peer, const struct ntp_packet *pkt,
		      struct xleave_stamp *came)
{
	double lag, late = peer->bc.lag;
	ntp_ts_t xmt = pkt->xmt;

	if (peer->bc.epoch == clock_epoch() && peer->bc.came.ns &&
	    broadcast_left(pkt, &peer->bc, &lag)) {
		learn_lag(peer, lag);
		*came = peer->bc.came;
		xmt = pkt->org;
		late = 0;
	}
	return (double)(ntp_lfp_to_unix(xmt, came->ns) - came->ns) / NS +
	       came->phase + late;
}

static void listen_to(struct peer *peer, const struct ntp_packet *pkt,
		      double raw, double when)
{
	struct filter_sample s = { .when = when };

	if (peer->mode == PEER_CLIENT) {
		if (peer->samples >= VOLLEY_SAMPLES)
			end_volley(peer, pkt, raw, when);
		return;
	}
	poll_listen(peer, pkt->poll);
	peer_heard(peer, pkt, PEER_GOOD);
	s.offset = raw + peer->bc.delay;
	s.delay = peer->bc.trip;
	s.disp = ldexp(1, clock_precision()) +
		 ldexp(1, pkt->precision < -32 ? -32 :
			  pkt->precision > 5 ? 5 : pkt->precision);
	/* A sample of the same broadcast may have been taken when it came. */
	if (!peer->samples || when > peer->last)
		peer_take(peer, &s);
	system_update();
}

static void heard(struct peer *peer, const struct ntp_packet *pkt,
		  const struct net_dgram *dgram)
{
	struct xleave_stamp came = { .ns = dgram->rec.ns }, of;
	double now = clock_now(), raw = 0;
	enum auth_result auth;
	enum peer_check check;

	/* A line that names this server is the better way to follow it. */
	if (!peer->assoc->is_ephemeral)
		return;
	if (!peer_is_signed(peer, pkt, dgram->buf, &auth)) {
		peer->check[PEER_BAD_AUTH]++;
		peer_tell_auth(peer, auth);
		return;
	}
	check = broadcast_check(pkt, &peer->bc);
	if (check == PEER_GOOD && is_early(peer, pkt, now))
		check = PEER_DUPLICATE;
	if (check != PEER_GOOD || peer->mode == PEER_LISTENER)
		peer->check[check]++;
	if (check < PEER_KISS && check != PEER_GOOD)
		return;
	came.phase = clock_phase(clock_when(came.ns));
	of = came;
	if (check == PEER_GOOD)
		raw = compare(peer, pkt, &of);
	peer->bc.xmt = pkt->xmt;
	peer->bc.when = now;
	peer->bc.came = came;
	peer->bc.epoch = clock_epoch();
	stats_raw(peer, pkt, &dgram->dst.addr, dgram->rec.ns);
	if (check == PEER_GOOD) {
		listen_to(peer, pkt, raw, clock_when(of.ns));
	} else if (peer->mode == PEER_LISTENER) {
		peer_heard(peer, pkt, check);
		system_update();
	}
}

void broadcast_receive(const struct net_dgram *dgram)
{
	struct peer_broadcast none = { 0 };
	struct ntp_packet pkt;
	enum ntp_reason why;
	struct peer *peer;
	u32 flags;

	if (!in_use || system_is_once() || !is_wanted(dgram) ||
	    !ntp_packet_parse(&pkt, dgram->buf, dgram->len, &why) ||
	    pkt.version < 1 || pkt.version > 4)
		return;
	flags = access_flags(&dgram->src.addr, dgram->src.port);
	if ((flags & (NTP_ACL_IGNORE | NTP_ACL_NOSERVE)) ||
	    ((flags & NTP_ACL_VERSION) && pkt.version != 4))
		return;
	peer = assoc_find_peer(&dgram->src, PEER_LISTENER, PEER_CLIENT);
	if (!peer && broadcast_check(&pkt, &none) == PEER_GOOD) {
		if (!may_mobilise(dgram, &pkt, flags)) {
			tell_refused(dgram, &pkt);
			return;
		}
		peer = mobilise(dgram, &pkt);
	}
	if (peer)
		heard(peer, &pkt, dgram);
}
