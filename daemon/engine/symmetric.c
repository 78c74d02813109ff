// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "daemon/engine/access.h"
#include "daemon/engine/assoc.h"
#include "daemon/engine/clock.h"
#include "daemon/engine/keyring.h"
#include "daemon/engine/poll.h"
#include "daemon/engine/stats.h"
#include "daemon/engine/symmetric.h"
#include "daemon/engine/system.h"
#include "daemon/io/links.h"
#include "tools/lib/log.h"

#define NS	1e9
#define PHI	(NTP_SYSVARS_PHI_PPB * 1e-9)

/* --- what came ----------------------------------------------------------- */

enum symmetric_use symmetric_check(const struct ntp_packet *pkt,
				   const struct peer_symmetric *sym,
				   bool is_reachable, enum peer_check *check)
{
	*check = PEER_BAD_STAMP;
	if (!pkt->xmt.v)
		return SYMMETRIC_NOTHING;
	*check = PEER_DUPLICATE;
	if (sym->org.v && pkt->xmt.v == sym->org.v)
		return SYMMETRIC_NOTHING;
	if (sym->xmt.v && pkt->org.v == sym->xmt.v) {
		*check = peer_check_header(pkt);
		if (*check == PEER_GOOD && !pkt->rec.v)
			*check = PEER_BAD_STAMP;
		return SYMMETRIC_TIME;
	}
	*check = PEER_BAD_ORIGIN;
	/* An old one, sent again, must not upset what goes well. */
	if (is_reachable && sym->org.v && ntp_lfp_diff(pkt->xmt, sym->org) < 0)
		return SYMMETRIC_NOTHING;
	return SYMMETRIC_STAMPS;
}

/*
 * Between the stamps the clock may have been slewed for as long as a poll
 * interval takes: each stamp counts by the phase of its own time.
 */
static void sample(struct peer *peer, const struct ntp_packet *pkt,
		   int64_t dst)
{
	int64_t org = peer->sym.xmt_ns;
	int64_t rec = ntp_lfp_to_unix(pkt->rec, dst);
	int64_t xmt = ntp_lfp_to_unix(pkt->xmt, dst);
	double when = clock_when(dst), phase = clock_phase(when);
	struct filter_sample s = { .when = when };

	if (peer->epoch != clock_epoch())
		return;
	s.offset = ((double)(rec - org) + (double)(xmt - dst)) / 2 / NS +
		   (peer->sym.phase + phase) / 2;
	s.delay = (double)((dst - org) - (xmt - rec)) / NS -
		  (phase - peer->sym.phase);
	s.disp = ldexp(1, clock_precision()) +
		 ldexp(1, pkt->precision < -32 ? -32 :
			  pkt->precision > 5 ? 5 : pkt->precision) +
		 PHI * (double)(dst - org) / NS;
	if (dst < org || s.delay < -s.disp - 1e-3) {
		log_info("%s: sample dropped, its stamps contradict ours "
			 "(delay %+.6f s)", peer->text, s.delay);
		return;
	}
	log_debug("%s: offset %+.9f delay %.9f", peer->text,
		  s.offset - phase, s.delay);
	peer_take(peer, &s);
}

static bool is_signed_as_agreed(struct peer *peer, const struct ntp_packet *pkt,
				const u8 *buf)
{
	u32 id = peer->assoc->conf.key;
	enum auth_result auth;

	auth = auth_check_key(pkt, buf, &peer->addr.addr,
			      keyring_find(id ? id : pkt->keyid));
	if (auth == AUTH_GOOD || (!id && auth == AUTH_NONE))
		return true;
	/* Only who got our last packet is believed that it says no. */
	if (auth == AUTH_NAK) {
		if (!peer->sym.xmt.v || pkt->org.v != peer->sym.xmt.v)
			return false;
		peer->sym.xmt.v = 0;
		peer->check[PEER_NAK]++;
		peer_tell_auth(peer, auth);
		peer_heard(peer, pkt, PEER_NAK);
		system_update();
		return false;
	}
	peer->check[PEER_BAD_AUTH]++;
	peer_tell_auth(peer, auth);
	return false;
}

/* Return: is there something to answer? */
static bool process(struct peer *peer, const struct ntp_packet *pkt,
		    const struct net_dgram *dgram)
{
	enum peer_check check;
	enum symmetric_use use = symmetric_check(pkt, &peer->sym, peer->reach,
						 &check);

	peer->check[check]++;
	if (use == SYMMETRIC_NOTHING)
		return false;
	stats_raw(peer, pkt, &dgram->dst.addr, dgram->rec.ns);
	peer->sym.org = pkt->xmt;
	peer->sym.rec = ntp_lfp_from_unix(dgram->rec.ns);
	peer->sym.poll = pkt->poll;
	if (use == SYMMETRIC_STAMPS)
		return true;
	/* Each of our stamps is answered once. */
	peer->sym.xmt.v = 0;
	peer_heard(peer, check == PEER_KISS ? NULL : pkt, check);
	if (check == PEER_GOOD)
		sample(peer, pkt, dgram->rec.ns);
	system_update();
	return true;
}

/* --- what is sent -------------------------------------------------------- */

static size_t build(struct peer *peer, u8 mode, u8 buf[AUTH_PACKET_MAX])
{
	struct ntp_sysvars_now now;
	struct ntp_packet pkt;
	int64_t real;

	ntp_sysvars_age(&now, system_vars(), (u64)loop_now_ns());
	pkt = (struct ntp_packet){
		.leap = now.leap, .version = peer->assoc->conf.version,
		.mode = mode, .stratum = now.stratum, .poll = peer->hpoll,
		.precision = now.precision, .rootdelay = now.rootdelay,
		.rootdisp = now.rootdisp, .refid = now.refid,
		.reftime = now.reftime, .org = peer->sym.org,
		.rec = peer->sym.rec,
	};
	real = clock_real_ns();
	pkt.xmt = ntp_lfp_from_unix(real);
	peer->epoch = clock_epoch();
	peer->sym.xmt = pkt.xmt;
	peer->sym.xmt_ns = real;
	peer->sym.phase = clock_phase(clock_when(real));
	peer->sent++;
	ntp_packet_write(buf, &pkt);
	return auth_sign(buf, NTP_PACKET_HEADER, peer->assoc->conf.key);
}

void symmetric_send(struct peer *peer)
{
	u8 buf[AUTH_PACKET_MAX];
	size_t len = build(peer, NTP_MODE_ACTIVE, buf);
	int err = len ? net_server_transmit(&peer->addr, 0, buf, len) : -ENOKEY;

	if (!err)
		return;
	peer->sym.xmt.v = 0;
	poll_unsent(peer, err);
}

static void answer(struct peer *peer, const struct net_dgram *dgram)
{
	u8 buf[AUTH_PACKET_MAX];
	size_t len = build(peer, NTP_MODE_PASSIVE, buf);

	if (!len || net_server_send(dgram, buf, len))
		peer->sym.xmt.v = 0;
}

/* --- passive associations ------------------------------------------------ */

static struct peer *mobilise(const struct net_dgram *dgram,
			     const struct ntp_packet *pkt)
{
	const struct conf *conf = system_conf();
	u32 flags = access_flags(&dgram->src.addr, dgram->src.port);
	enum auth_result auth = auth_check(pkt, dgram->buf, &dgram->src.addr);
	struct conf_assoc line = {
		.kind = CONF_PEER, .has_addr = true, .addr = dgram->src.addr,
		.scope = dgram->src.scope, .version = pkt->version,
		.maxpoll = CONF_MAXPOLL_DEFAULT, .fudge_stratum = -1,
	};
	struct peer *peer;

	if (!conf || system_is_once() || pkt->mode != NTP_MODE_ACTIVE)
		return NULL;
	if (flags & (NTP_ACL_IGNORE | NTP_ACL_NOSERVE | NTP_ACL_NOEPEER))
		return NULL;
	if ((flags & NTP_ACL_VERSION) && pkt->version != 4)
		return NULL;
	if (auth != AUTH_GOOD &&
	    (auth != AUTH_NONE || conf->enabled.auth ||
	     (flags & (NTP_ACL_NOPEER | NTP_ACL_NOTRUST))))
		return NULL;
	/* Whose time could not be followed gets an answer, no association. */
	if (pkt->leap != NTP_LEAP_UNSYNC &&
	    (pkt->stratum < conf->tos.floor ||
	     pkt->stratum >= conf->tos.ceiling))
		return NULL;
	line.key = auth == AUTH_GOOD ? pkt->keyid : 0;
	line.minpoll = pkt->poll < CONF_POLL_MIN ? CONF_POLL_MIN :
		       pkt->poll > line.maxpoll ? line.maxpoll : pkt->poll;
	peer = assoc_mobilise(&line, &dgram->src, PEER_PASSIVE, NULL);
	if (peer)
		log_info("%s asks to be a symmetric peer, %s: agreed",
			 peer->text, auth_result_name(auth));
	return peer;
}

bool symmetric_receive(const struct net_dgram *dgram)
{
	struct ntp_packet pkt;
	enum ntp_reason why;
	struct peer *peer;

	if (!dgram->to_unicast || dgram->src.port != NET_PORT ||
	    links_has_addr(&dgram->src.addr))
		return false;
	if (!ntp_packet_parse(&pkt, dgram->buf, dgram->len, &why) ||
	    pkt.version < 1 || pkt.version > 4)
		return false;
	peer = assoc_find_peer(&dgram->src, PEER_ACTIVE, PEER_PASSIVE);
	if (!peer)
		peer = mobilise(dgram, &pkt);
	if (!peer)
		return false;
	/* From the host of a passive one, a client may ask, too. */
	if (!is_signed_as_agreed(peer, &pkt, dgram->buf))
		return peer->mode == PEER_ACTIVE;
	if (process(peer, &pkt, dgram) && peer->mode == PEER_PASSIVE &&
	    pkt.mode == NTP_MODE_ACTIVE)
		answer(peer, dgram);
	return true;
}
