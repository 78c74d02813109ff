// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/engine/assoc.h"
#include "daemon/engine/clock.h"
#include "daemon/engine/keyring.h"
#include "daemon/engine/peer.h"
#include "daemon/engine/poll.h"
#include "daemon/engine/refid.h"
#include "daemon/engine/stats.h"
#include "daemon/engine/steer.h"
#include "daemon/engine/system.h"
#include "daemon/io/links.h"
#include "tools/lib/log.h"

#define NS		1e9
#define MAXDISP_NS	NTP_SYSVARS_MAXDISP_NS

/* Servers that fuzz the last bits may put them in disorder; 2^-32 s. */
#define STAMP_FUZZ	(1 << 13)

/* Kiss codes that are acted upon, RFC 5905 section 7.4. */
#define KISS_RATE	0x52415445U
#define KISS_DENY	0x44454e59U
#define KISS_RSTR	0x52535452U

/* However well the frequency is known, it may have changed since. */
#define FREQ_SD_MIN	1e-7

/* Deviations that bound an error: 3.3 would do for 99.9 % of normal ones. */
#define SIGMAS		4
/* Poll intervals after which a sample is missing. */
#define OVERDUE		1.5

static const struct peer_clock_ops *clock_ops;

void peer_set_clock_ops(const struct peer_clock_ops *ops)
{
	clock_ops = ops;
}

/* A new filter starts with what is known of the oscillator. */
static void start_filter(struct peer *peer)
{
	double freq_sd, freq = steer_freq(&freq_sd);

	filter_init(&peer->filter, freq, fmax(freq_sd, FREQ_SD_MIN));
	peer->samples = 0;
	peer->otherwise = 0;
}

struct peer *peer_new(struct assoc *assoc, const struct addr_end *addr)
{
	struct peer *peer = calloc(1, sizeof(*peer));

	if (!peer)
		return NULL;
	peer->assoc = assoc;
	peer->mode = assoc->mode;
	if (assoc->conf.kind == CONF_REFCLOCK) {
		snprintf(peer->text, sizeof(peer->text), "%.40s",
			 assoc->conf.name);
		if (!clock_ops || clock_ops->open(&assoc->conf, &peer->clock)) {
			free(peer);
			return NULL;
		}
	} else {
		peer->addr = *addr;
		peer->addr.port = NET_PORT;
		addr_end_print(&peer->addr, peer->text, sizeof(peer->text));
	}
	peer->hpoll = assoc->conf.minpoll;
	peer->floor_poll = CONF_POLL_MIN;
	peer->fitness = PEER_UNREACHABLE;
	start_filter(peer);
	stats_peer_event(peer, STATS_PEER_MOBILIZE, "");
	return peer;
}

void peer_free(struct peer *peer)
{
	if (!peer)
		return;
	stats_peer_event(peer, STATS_PEER_DEMOBILIZE, "");
	system_forget(peer);
	poll_stop(peer);
	sent_forget(&peer->sym.stamp);
	if (peer->clock)
		clock_ops->close(peer->clock);
	free(peer);
}

enum peer_check peer_check_header(const struct ntp_packet *pkt)
{
	if (pkt->stratum == NTP_STRATUM_UNSPEC &&
	    (pkt->refid == KISS_RATE || pkt->refid == KISS_DENY ||
	     pkt->refid == KISS_RSTR))
		return PEER_KISS;
	if (pkt->leap == NTP_LEAP_UNSYNC || pkt->stratum == NTP_STRATUM_UNSPEC)
		return PEER_UNSYNC;
	if (pkt->stratum >= NTP_STRATUM_UNSYNC)
		return PEER_BAD_STRATUM;
	if (ntp_lfp_short_ns(pkt->rootdelay) >= MAXDISP_NS ||
	    ntp_lfp_short_ns(pkt->rootdisp) >= MAXDISP_NS)
		return PEER_BAD_ROOT;
	return PEER_GOOD;
}

static bool is_interleaved(const struct ntp_packet *pkt, ntp_ts_t rec)
{
	return rec.v && pkt->org.v == rec.v;
}

/* An interleaved reply tells when the one before it left. */
static bool is_in_order(const struct ntp_packet *pkt, ntp_ts_t rec)
{
	int64_t turn = ntp_lfp_diff(pkt->xmt, pkt->rec);

	if (!pkt->rec.v || !pkt->xmt.v)
		return false;
	return is_interleaved(pkt, rec) ? turn < 0 : turn >= -STAMP_FUZZ;
}

enum peer_check peer_check_reply(struct ntp_packet *pkt, const u8 *buf,
				 size_t len, const struct peer_request *req,
				 enum auth_result *auth)
{
	enum peer_check check;
	enum ntp_reason why;

	if (len < NTP_PACKET_HEADER)
		return PEER_BAD_LENGTH;
	if (ntp_packet_mode(buf[0]) != NTP_MODE_SERVER)
		return PEER_BAD_MODE;
	if (ntp_packet_version(buf[0]) != req->version)
		return PEER_BAD_VERSION;
	/* Without a key, only a header was asked for: the rest is ignored. */
	if (!ntp_packet_parse(pkt, buf, req->keyid ? len : NTP_PACKET_HEADER,
			      &why))
		return PEER_BAD_LENGTH;
	if (!req->xmt.v || (pkt->org.v != req->xmt.v &&
			    !is_interleaved(pkt, req->rec)))
		return PEER_BAD_ORIGIN;
	if (req->keyid) {
		*auth = auth_check_key(pkt, buf, &req->to, req->key);
		if (*auth == AUTH_NAK)
			return PEER_NAK;
		if (*auth != AUTH_GOOD)
			return PEER_BAD_AUTH;
	}
	check = peer_check_header(pkt);
	if (check != PEER_GOOD)
		return check;
	return is_in_order(pkt, req->rec) ? PEER_GOOD : PEER_BAD_STAMP;
}

bool peer_is_signed(const struct peer *peer, const struct ntp_packet *pkt,
		    const u8 *buf, enum auth_result *auth)
{
	u32 id = peer->assoc->conf.key;

	*auth = auth_check_key(pkt, buf, &peer->addr.addr,
			       keyring_find(id ? id : pkt->keyid));
	return *auth == AUTH_GOOD || (!id && *auth == AUTH_NONE);
}

void peer_tell_auth(struct peer *peer, enum auth_result auth)
{
	u32 key = peer->assoc->conf.key;

	if (peer->told_auth == auth)
		return;
	peer->told_auth = auth;
	if (auth == AUTH_NAK)
		log_warning("%s does not accept key %u (crypto-NAK): not used; "
			    "give both hosts the same key %u, of the same type, "
			    "and name it in trustedkey on both", peer->text,
			    key, key);
	else if (key)
		log_warning("%s: dropped what is %s, as key %u is asked for; "
			    "give both hosts the same key, of the same type",
			    peer->text, auth_result_name(auth), key);
	else
		log_warning("%s: dropped what is %s", peer->text,
			    auth_result_name(auth));
}

static void got_kiss(struct peer *peer, const struct ntp_packet *pkt)
{
	if (pkt->refid == KISS_RATE) {
		stats_peer_event(peer, STATS_PEER_RATE, "");
		poll_slower(peer, pkt->poll);
		return;
	}
	peer->is_denied = true;
	stats_peer_event(peer, STATS_PEER_DENIED, "");
	log_warning("%s refuses to serve this host (kiss code %s): not asked "
		    "any more; remove it from the configuration", peer->text,
		    pkt->refid == KISS_DENY ? "DENY" : "RSTR");
	poll_stop(peer);
	system_update();
	assoc_bad_peer(peer);
}

void peer_take(struct peer *peer, const struct filter_sample *s)
{
	enum filter_result result = filter_add(&peer->filter, s);

	peer->last = s->when;
	peer->disp = s->disp;
	peer->delay = s->delay;
	peer->samples++;
	peer->is_new |= result != FILTER_SUSPECT;
	stats_peer(peer);
	if (result == FILTER_SUSPECT)
		stats_peer_event(peer, STATS_PEER_POPCORN, "");
	if (result == FILTER_SUSPECT)
		log_info("%s: sample put aside, offset %+.6f s is far from "
			 "what was expected", peer->text,
			 s->offset - clock_phase(s->when));
	else if (result == FILTER_JUMP)
		log_notice("%s: its time jumped, offset %+.6f s now",
			   peer->text, s->offset - clock_phase(s->when));
	poll_sampled(peer);
	if (result == FILTER_SUSPECT && peer->filter.suspect != 0)
		poll_again(peer);
}

static double precision_s(int log2_s)
{
	return ldexp(1, log2_s < -32 ? -32 : log2_s > 5 ? 5 : log2_s);
}

static void sample(struct peer *peer, const struct ntp_packet *pkt,
		   const struct xclient_exchange *e)
{
	int64_t org = e->org_ns, dst = e->dst_ns;
	int64_t rec = ntp_lfp_to_unix(e->rec, dst);
	int64_t xmt = ntp_lfp_to_unix(pkt->xmt, dst);
	struct filter_sample s = { .when = e->when };

	s.offset = ((double)(rec - org) + (double)(xmt - dst)) / 2 / NS +
		   e->phase;
	s.delay = (double)((dst - org) - (xmt - rec)) / NS;
	s.disp = precision_s(clock_precision()) + precision_s(pkt->precision) +
		 system_phi() * (dst - org) / NS;
	if (dst < org || s.delay < -s.disp - 1e-3) {
		log_info("%s: sample dropped, its stamps contradict ours "
			 "(delay %+.6f s)", peer->text, s.delay);
		return;
	}
	log_debug("%s: offset %+.9f delay %.9f%s", peer->text,
		  s.offset - clock_phase(s.when), s.delay,
		  xclient_is_on(&peer->xclient) ? " interleaved" : "");
	peer_take(peer, &s);
}

static void got_time(struct peer *peer, const struct ntp_packet *pkt,
		     const struct net_reply *reply, bool is_xleave)
{
	int64_t org = reply->xmt.ns, dst = reply->rec.ns;
	struct xclient *x = &peer->xclient;
	struct xclient_exchange before = x->last, now = {
		.org_ns = org, .dst_ns = dst, .rec = pkt->rec,
		.when = clock_when(org + (dst - org) / 2),
		.is_spent = !is_xleave && !xclient_is_on(x),
	};
	bool is_match = is_xleave && xclient_match(x, pkt);

	/* Half of it was before, half after somebody set the clock. */
	if (peer->epoch != clock_epoch()) {
		xclient_forget(x);
		return;
	}
	now.phase = clock_phase(now.when);
	if (is_xleave && !x->was_on)
		log_info("%s: interleaved", peer->text);
	xclient_heard(x, &now, is_xleave);
	if (now.is_spent)
		sample(peer, pkt, &now);
	else if (is_match)
		sample(peer, pkt, &before);
}

static void check_loop(struct peer *peer, const struct ntp_packet *pkt)
{
	bool was = peer->is_loop;

	peer->is_loop = links_has_addr(&peer->addr.addr) ||
			(pkt->stratum > 1 && refid_is_own(pkt->refid));
	if (peer->is_loop && !was)
		log_info("%s follows this host itself: not used", peer->text);
}

void peer_heard(struct peer *peer, const struct ntp_packet *pkt,
		enum peer_check check)
{
	peer->received++;
	poll_answered(peer);
	if (!pkt)
		return;
	peer->last_check = check;
	/* Without a MAC, all that a crypto-NAK says is that it is one. */
	if (check == PEER_NAK) {
		peer->burst = 0;
		return;
	}
	peer->told_auth = AUTH_GOOD;
	peer->pkt = *pkt;
	check_loop(peer, pkt);
}

static void got_error(struct peer *peer, int err)
{
	bool is_news = !peer->is_missed && peer->received;

	peer->is_missed = true;
	if (err == -ETIMEDOUT)
		peer->client = NULL;
	else if (!peer->told_unreachable && !peer->reach) {
		peer->told_unreachable = true;
		log_warning("%s: %s%s; asked again", peer->text, strerror(-err),
			    err == -ECONNREFUSED ?
			    ", no NTP server listens there" : "");
	}
	/* From now on the root dispersion grows by PHI. */
	if (is_news)
		system_update();
}

static void got_reply(struct peer *peer, struct net_client *client,
		      const struct net_reply *reply)
{
	struct peer_request req = {
		.xmt = peer->xmt,
		.rec = peer->rec,
		.version = peer->assoc->conf.version,
		.keyid = peer->assoc->conf.key,
		.to = peer->addr.addr,
	};
	enum auth_result auth = AUTH_GOOD;
	struct ntp_packet pkt;
	enum peer_check check;

	req.key = req.keyid ? keyring_find(req.keyid) : NULL;
	check = peer_check_reply(&pkt, reply->buf, reply->len, &req, &auth);
	peer->check[check]++;
	if (check == PEER_BAD_AUTH || check == PEER_NAK)
		peer_tell_auth(peer, auth);
	if (check != PEER_GOOD && check < PEER_KISS)
		return;

	stats_raw(peer, &pkt, &reply->local.addr, reply->rec.ns);

	/* One reply to a request, and that was it. */
	peer->xmt.v = 0;
	peer->client = NULL;
	if (check == PEER_KISS) {
		peer_heard(peer, NULL, check);
		net_client_cancel(client);
		got_kiss(peer, &pkt);
		return;
	}
	peer_heard(peer, &pkt, check);
	if (check == PEER_GOOD)
		got_time(peer, &pkt, reply, is_interleaved(&pkt, req.rec));
	else
		xclient_forget(&peer->xclient);
	net_client_cancel(client);
	system_update();
}

void peer_got(struct net_client *client, const struct net_reply *reply, int err,
	      void *arg)
{
	if (reply)
		got_reply(arg, client, reply);
	else
		got_error(arg, err);
}

void peer_read_clock(struct peer *peer)
{
	struct peer_reading reading = { 0 };
	struct filter_sample s = { .when = clock_now() };

	peer->sent++;
	if (clock_ops->read(peer->clock, &reading))
		return;
	peer->received++;
	peer->last_check = PEER_GOOD;
	peer->check[PEER_GOOD]++;
	poll_answered(peer);
	if (reading.text[0])
		stats_clock(peer, reading.text);
	peer->is_free = reading.is_free;
	peer->pkt.leap = reading.leap;
	peer->pkt.stratum = reading.stratum;
	peer->pkt.refid = reading.refid;
	s.offset = reading.offset + clock_phase(s.when);
	s.disp = reading.disp;
	if (reading.is_free) {
		peer->last = s.when;
		peer->disp = s.disp;
		peer->samples++;
		stats_peer(peer);
	} else {
		peer_take(peer, &s);
	}
	system_update();
}

void peer_restart(struct peer *peer)
{
	stats_peer_event(peer, STATS_PEER_RESTART, "");
	start_filter(peer);
	poll_burst(peer);
}

void peer_stepped(struct peer *peer, double delta)
{
	filter_step(&peer->filter, delta);
}

unsigned int peer_stratum(const struct peer *peer)
{
	return peer->pkt.stratum;
}

double peer_rootdelay(const struct peer *peer)
{
	struct filter_estimate est;

	filter_estimate(&peer->filter, peer->last, &est);
	return ntp_lfp_short_ns(peer->pkt.rootdelay) / NS + est.delay;
}

double peer_rootdisp(const struct peer *peer, double now)
{
	double disp = ntp_lfp_short_ns(peer->pkt.rootdisp) / NS + peer->disp;
	struct filter_estimate est;

	if (!peer->is_free && peer->samples) {
		filter_estimate(&peer->filter, now, &est);
		disp += fmin(est.offset_sd, 16) + est.jitter;
		disp += system_phi() * fmax(now - peer->last, 0);
	}
	return disp;
}

/*
 * Does the filter know how far off the clock is now? Not where a sample is
 * missing, nor where the last one was something else than it expected.
 */
static bool is_known(const struct peer *peer, double now)
{
	double due = OVERDUE * poll_interval(peer) + POLL_BURST_GAP_S +
		     poll_lag(peer);

	return !peer->is_free && peer->samples && !peer->is_missed &&
	       peer->filter.suspect == 0 && now - peer->last < due;
}

static double deviation(const struct peer *peer, double now)
{
	struct filter_estimate est;

	filter_estimate(&peer->filter, now, &est);
	return fmin(SIGMAS * est.offset_sd, 16);
}

double peer_rootdisp_known(const struct peer *peer, double now)
{
	if (!is_known(peer, now))
		return peer_rootdisp(peer, now);
	return ntp_lfp_short_ns(peer->pkt.rootdisp) / NS + peer->disp +
	       deviation(peer, now);
}

double peer_drift_known(const struct peer *peer, double now, double interval)
{
	double growth;

	if (!is_known(peer, now))
		return system_phi();
	growth = deviation(peer, now + interval) - deviation(peer, now);
	return fmax(0, fmin(growth / interval, system_phi()));
}

double peer_rootdist(const struct peer *peer, double now)
{
	return peer_rootdelay(peer) / 2 + peer_rootdisp(peer, now);
}

enum peer_fitness peer_judge(const struct peer *peer,
			     const struct conf_tos *tos, double now)
{
	unsigned int stratum = peer_stratum(peer);

	if (peer->is_denied)
		return PEER_UNFIT_DENIED;
	if (!peer->reach || !peer->received)
		return PEER_UNREACHABLE;
	if (peer->is_loop)
		return PEER_UNFIT_LOOP;
	if (peer->last_check == PEER_UNSYNC || peer->last_check == PEER_KISS)
		return PEER_UNFIT_UNSYNC;
	if (peer->last_check == PEER_NAK)
		return PEER_UNFIT_AUTH;
	if (peer->last_check != PEER_GOOD)
		return PEER_UNFIT_BOGUS;
	if (peer->samples < (peer->is_free ? 1 : FILTER_MIN))
		return PEER_UNFIT_SAMPLES;
	if ((!peer->clock && stratum < tos->floor) ||
	    stratum >= tos->ceiling || stratum >= NTP_STRATUM_UNSYNC - 1)
		return PEER_UNFIT_STRATUM;
	if (peer_rootdist(peer, now) >= tos->maxdist_s)
		return PEER_UNFIT_DISTANCE;
	if (peer->assoc->conf.noselect)
		return PEER_UNFIT_NOSELECT;
	return PEER_FIT;
}

const char *peer_fitness_name(enum peer_fitness fitness)
{
	static const char *const name[] = {
		[PEER_FIT] = "fit",
		[PEER_UNREACHABLE] = "does not answer",
		[PEER_UNFIT_UNSYNC] = "is not synchronised itself",
		[PEER_UNFIT_BOGUS] = "sends packets that make no sense",
		[PEER_UNFIT_SAMPLES] = "has to be measured some more",
		[PEER_UNFIT_STRATUM] = "is of a stratum that is not wanted",
		[PEER_UNFIT_DISTANCE] = "is too far from its root",
		[PEER_UNFIT_LOOP] = "follows this host",
		[PEER_UNFIT_DENIED] = "refuses to serve this host",
		[PEER_UNFIT_NOSELECT] = "is only watched (noselect)",
		[PEER_UNFIT_AUTH] = "does not accept the key",
	};

	return name[fitness];
}
