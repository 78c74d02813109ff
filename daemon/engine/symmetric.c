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
#include "daemon/engine/steer.h"
#include "daemon/engine/symmetric.h"
#include "daemon/engine/system.h"
#include "daemon/io/links.h"
#include "tools/lib/log.h"

#define NS	1e9

/* --- what came ----------------------------------------------------------- */

enum symmetric_use symmetric_check(const struct ntp_packet *pkt,
				   const struct peer_symmetric *sym,
				   bool is_reachable, enum peer_check *check)
{
	bool is_basic;

	*check = PEER_BAD_STAMP;
	if (!pkt->xmt.v)
		return SYMMETRIC_NOTHING;
	*check = PEER_DUPLICATE;
	if (sym->org.v && pkt->xmt.v == sym->org.v)
		return SYMMETRIC_NOTHING;
	is_basic = sym->xmt.v && pkt->org.v == sym->xmt.v;
	if (is_basic || (sym->xmt.v && xleave_fits(&sym->xleave, pkt))) {
		*check = peer_check_header(pkt);
		if (*check == PEER_GOOD && !pkt->rec.v)
			*check = PEER_BAD_STAMP;
		return is_basic ? SYMMETRIC_TIME : SYMMETRIC_XLEAVE;
	}
	*check = PEER_BAD_ORIGIN;
	/* An old one, sent again, must not upset what goes well. */
	if (is_reachable && sym->org.v && ntp_lfp_diff(pkt->xmt, sym->org) < 0)
		return SYMMETRIC_NOTHING;
	return SYMMETRIC_STAMPS;
}

static double precision_s(int log2_s)
{
	return ldexp(1, log2_s < -32 ? -32 : log2_s > 5 ? 5 : log2_s);
}

/*
 * Between the stamps the clock may have been slewed for as long as a poll
 * interval takes: each stamp counts by the phase of its own time, and the delay
 * is measured by the oscillator, as far as its frequency is known.
 */
static void sample(struct peer *peer, const struct ntp_packet *pkt,
		   const struct xleave_times *t, double limit)
{
	int64_t org = t->org.ns, dst = t->dst.ns;
	int64_t rec = ntp_lfp_to_unix(t->rec, dst);
	int64_t xmt = ntp_lfp_to_unix(t->xmt, dst);
	double span = (double)(dst - org) / NS;
	double freq_sd, freq = steer_freq(&freq_sd);
	struct filter_sample s = { .when = clock_when(org > dst ? org : dst) };

	s.offset = ((double)(rec - org) + (double)(xmt - dst)) / 2 / NS +
		   (t->org.phase + t->dst.phase) / 2;
	s.delay = (double)((dst - org) - (xmt - rec)) / NS -
		  (t->dst.phase - t->org.phase) + freq * span;
	s.disp = precision_s(clock_precision()) + precision_s(pkt->precision) +
		 fmax(system_phi(), freq_sd) * fabs(span);
	if (s.delay < -s.disp - 1e-3 || s.delay > limit) {
		log_info("%s: sample dropped, its stamps contradict ours "
			 "(delay %+.6f s)", peer->text, s.delay);
		return;
	}
	/* A basic one may have been of the same time. */
	if (peer->samples && s.when <= peer->last)
		return;
	log_debug("%s: offset %+.9f delay %.9f", peer->text,
		  s.offset - clock_phase(s.when), s.delay);
	peer_take(peer, &s);
}

/* Return: was there a sample of the stamps of our last packet? */
static bool sample_basic(struct peer *peer, const struct ntp_packet *pkt,
			 struct xleave_stamp dst)
{
	struct xleave_times times = {
		.org = peer->sym.sent, .rec = pkt->rec, .xmt = pkt->xmt,
		.dst = dst,
	};

	if (peer->epoch != clock_epoch())
		return false;
	if (dst.ns < times.org.ns) {
		log_info("%s: sample dropped, it came before it was asked for",
			 peer->text);
		return false;
	}
	sample(peer, pkt, &times, HUGE_VAL);
	return true;
}

/*
 * Had a packet been lost unnoticed, stamps of two exchanges would be mixed, and
 * the delay be wrong by about an interval.
 */
static void sample_xleave(struct peer *peer, const struct ntp_packet *pkt)
{
	struct xleave_times times;

	if (xleave_match(&peer->sym.xleave, pkt, &times))
		sample(peer, pkt, &times, poll_interval(peer) / 2);
}

static bool is_signed_as_agreed(struct peer *peer, const struct ntp_packet *pkt,
				const u8 *buf)
{
	enum auth_result auth;

	if (peer_is_signed(peer, pkt, buf, &auth))
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

static struct xleave_stamp stamp_of(int64_t real_ns)
{
	return (struct xleave_stamp){
		.ns = real_ns, .phase = clock_phase(clock_when(real_ns)),
	};
}

/* Return: is there something to answer? */
static bool process(struct peer *peer, const struct ntp_packet *pkt,
		    const struct net_dgram *dgram)
{
	struct xleave *x = &peer->sym.xleave;
	struct xleave_stamp came = stamp_of(dgram->rec.ns);
	enum symmetric_use use;
	enum peer_check check;
	bool is_spent = false;

	/* What our last packet said counts, also of one not reachable yet. */
	xleave_renew(x, clock_epoch(), true);
	use = symmetric_check(pkt, &peer->sym, peer->reach, &check);
	peer->check[check]++;
	if (use == SYMMETRIC_NOTHING)
		return false;
	stats_raw(peer, pkt, &dgram->dst.addr, dgram->rec.ns);
	peer->sym.org = pkt->xmt;
	peer->sym.rec = ntp_lfp_from_unix(dgram->rec.ns);
	peer->sym.poll = pkt->poll;
	if (use == SYMMETRIC_STAMPS) {
		xleave_upset(x);
		return true;
	}
	/* Each of our stamps is answered once. */
	peer->sym.xmt.v = 0;
	peer_heard(peer, check == PEER_KISS ? NULL : pkt, check);
	if (use == SYMMETRIC_XLEAVE && !x->is_heard)
		log_info("%s: interleaved", peer->text);
	if (check != PEER_GOOD)
		came.ns = 0;
	else if (use == SYMMETRIC_XLEAVE)
		sample_xleave(peer, pkt);
	else
		is_spent = sample_basic(peer, pkt, came);
	xleave_heard(x, pkt, peer->sym.rec, came, is_spent);
	system_update();
	return true;
}

/* --- what is sent -------------------------------------------------------- */

static bool is_stamped(const struct peer *peer)
{
	return peer->assoc->conf.xleave || peer->sym.xleave.is_heard;
}

static void left(void *arg, int64_t real_ns)
{
	struct peer *peer = arg;

	xleave_left(&peer->sym.xleave, stamp_of(real_ns));
}

static size_t build(struct peer *peer, u8 mode, u8 buf[AUTH_PACKET_MAX])
{
	struct xleave *x = &peer->sym.xleave;
	struct ntp_sysvars_now now;
	struct ntp_packet pkt;
	bool is_interleaved;
	size_t len;

	xleave_renew(x, clock_epoch(), peer->reach);
	is_interleaved = xleave_is_due(x, peer->assoc->conf.xleave);
	ntp_sysvars_age(&now, system_vars(), (u64)loop_now_ns());
	pkt = (struct ntp_packet){
		.leap = now.leap, .version = peer->assoc->conf.version,
		.mode = mode, .stratum = now.stratum, .poll = peer->hpoll,
		.precision = now.precision, .rootdelay = now.rootdelay,
		.rootdisp = now.rootdisp, .refid = now.refid,
		.reftime = now.reftime,
		.rec = xleave_say(x, peer->sym.rec),
		.org = is_interleaved ? x->rec : peer->sym.org,
	};
	peer->epoch = clock_epoch();
	peer->sym.sent = stamp_of(clock_real_ns());
	pkt.xmt = ntp_lfp_from_unix(is_interleaved ?
				    x->ours[x->last].left.ns :
				    peer->sym.sent.ns);
	peer->sym.xmt = pkt.xmt;
	xleave_sent(x, pkt.rec, is_interleaved);
	peer->sent++;
	ntp_packet_write(buf, &pkt);
	len = auth_sign(buf, NTP_PACKET_HEADER, peer->assoc->conf.key);
	if (len && is_stamped(peer))
		sent_want(&peer->sym.stamp, buf, len, left, peer);
	else
		sent_forget(&peer->sym.stamp);
	return len;
}

void symmetric_send(struct peer *peer)
{
	u8 buf[AUTH_PACKET_MAX];
	size_t len = build(peer, NTP_MODE_ACTIVE, buf);
	int err = len ? net_server_transmit(&peer->addr, 0, buf, len,
					    is_stamped(peer)) : -ENOKEY;

	if (!err)
		return;
	peer->sym.xmt.v = 0;
	poll_unsent(peer, err);
}

static void answer(struct peer *peer, const struct net_dgram *dgram)
{
	u8 buf[AUTH_PACKET_MAX];
	size_t len = build(peer, NTP_MODE_PASSIVE, buf);

	if (!len || net_server_send(dgram, buf, len, is_stamped(peer)))
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
