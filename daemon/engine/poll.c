// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "daemon/engine/assoc.h"
#include "daemon/engine/clock.h"
#include "daemon/engine/poll.h"
#include "daemon/engine/symmetric.h"
#include "daemon/engine/stats.h"
#include "daemon/engine/system.h"
#include "kmod/core/bytes.h"
#include "tools/lib/log.h"

/* Replies that take longer are of no use, s. */
#define TIMEOUT_S		5
#define TIMEOUT_SHORT_S		1
/* Below this poll exponent there is no time to wait that long. */
#define POLL_SHORT		3
/* From this one on, an interleaved sample would be too old by the next poll. */
#define POLL_PAIRS		5
/* Requests spread by up to 1/SPREAD of the interval, either way. */
#define SPREAD			32
/* Samples in favour of another poll interval before it is taken. */
#define GROW_AFTER		4
#define SHRINK_AFTER		(-2)
/* Expected error by share of a sample's own, see filter_growth(). */
#define GROW_BELOW		1.2
#define SHRINK_ABOVE		2.4
/* Polls between two that are made sooner. */
#define AGAIN_POLLS		8
/* Polls without an answer before another address is tried. */
#define UNREACH_START		3
#define UNREACH_LATER		8
/* Precision that data-minimised requests carry: says nothing. */
#define PRECISION_UNSAID	0x20

static u64 random_bits(void)
{
	u64 v = 0;

	while (getrandom(&v, sizeof(v), 0) != sizeof(v) && errno == EINTR)
		;
	return v;
}

static int64_t interval_ns(int poll)
{
	return poll < 0 ? LOOP_NS_PER_S >> -poll : LOOP_NS_PER_S << poll;
}

/* Not all at once, not in step with others. */
static int64_t spread(int64_t ns)
{
	int64_t width = ns / SPREAD;

	return ns - width + (int64_t)(random_bits() % (2 * width + 1));
}

static int lowest(const struct peer *peer)
{
	const struct conf_assoc *conf = &peer->assoc->conf;

	return peer->floor_poll > conf->minpoll ? peer->floor_poll :
						  conf->minpoll;
}

static int highest(const struct peer *peer)
{
	int max = peer->assoc->conf.maxpoll;

	return max > lowest(peer) ? max : lowest(peer);
}

/* Symmetric peers keep to the shorter one of both sides' intervals. */
static int exponent(const struct peer *peer)
{
	int poll = peer->hpoll;

	if (peer->mode != PEER_ACTIVE && peer->mode != PEER_PASSIVE)
		return poll;
	if (peer->mode == PEER_PASSIVE ||
	    (peer->reach && peer->sym.poll < poll))
		poll = peer->sym.poll;
	if (poll > highest(peer))
		poll = highest(peer);
	return poll < lowest(peer) ? lowest(peer) : poll;
}

double poll_interval(const struct peer *peer)
{
	return peer->burst ? POLL_BURST_GAP_S :
			     interval_ns(exponent(peer)) / 1e9;
}

double poll_lag(const struct peer *peer)
{
	if (!xclient_is_on(&peer->xclient))
		return 0;
	return peer->hpoll >= POLL_PAIRS ? POLL_BURST_GAP_S :
					   poll_interval(peer);
}

static void schedule(struct peer *peer)
{
	int64_t interval = interval_ns(exponent(peer));

	if (peer->burst)
		interval = POLL_BURST_GAP_S * LOOP_NS_PER_S;
	else if (peer->mode == PEER_LISTENER)
		interval += interval / 2;
	else
		interval = spread(interval);
	loop_timer_in(&peer->timer, interval);
}

static int64_t reply_timeout(const struct peer *peer)
{
	if (peer->burst > 1)
		return POLL_BURST_GAP_S;
	return peer->hpoll < POLL_SHORT ? TIMEOUT_SHORT_S : TIMEOUT_S;
}

void poll_unsent(struct peer *peer, int err)
{
	if (peer->told_unreachable || peer->reach)
		return;
	peer->told_unreachable = true;
	if (err == -ENOKEY)
		log_warning("%s is not asked, as key %u is not to be had: it "
			    "has to stand in the key file and in trustedkey",
			    peer->text, peer->assoc->conf.key);
	else
		log_warning("%s: cannot send: %s; trying again", peer->text,
			    strerror(-err));
}

static ntp_ts_t random_stamp(ntp_ts_t but)
{
	ntp_ts_t ts;

	do {
		ts.v = random_bits();
	} while (!ts.v || ts.v == but.v);
	return ts;
}

/* What an interleaved request has on top: see xclient.h. */
static void interleave(struct peer *peer, u8 *buf)
{
	const struct conf_assoc *conf = &peer->assoc->conf;
	ntp_ts_t org = { 0 };

	if (conf->xleave && conf->version == 4)
		org = xclient_origin(&peer->xclient, clock_epoch());
	peer->rec.v = 0;
	if (!org.v)
		return;
	peer->rec = random_stamp(peer->xmt);
	ntp_bytes_put64(buf + NTP_PACKET_ORG, org.v);
	ntp_bytes_put64(buf + NTP_PACKET_REC, peer->rec.v);
}

/*
 * The request tells nothing of this host: its stamps are random bits, which
 * only the server that got them can send back.
 */
static void send_request(struct peer *peer)
{
	u8 buf[AUTH_PACKET_MAX] = { 0 };
	int64_t timeout = reply_timeout(peer);
	size_t len;
	int err;

	net_client_cancel(peer->client);
	peer->client = NULL;
	peer->xmt = random_stamp((ntp_ts_t){ 0 });
	buf[0] = (u8)(peer->assoc->conf.version << 3 | NTP_MODE_CLIENT);
	buf[NTP_PACKET_PRECISION] = PRECISION_UNSAID;
	ntp_bytes_put64(buf + NTP_PACKET_XMT, peer->xmt.v);
	interleave(peer, buf);
	peer->epoch = clock_epoch();
	peer->is_answered = false;
	peer->sent++;
	len = auth_sign(buf, NTP_PACKET_HEADER, peer->assoc->conf.key);
	err = len ? net_client_send(&peer->client, &peer->addr, buf, len,
				    timeout * LOOP_NS_PER_S, peer_got, peer) :
		    -ENOKEY;
	if (err)
		poll_unsent(peer, err);
}

/* Others speak when they like to, and are given up in silence. */
static bool is_asked(const struct peer *peer)
{
	return peer->mode != PEER_PASSIVE && peer->mode != PEER_LISTENER;
}

/* Return: false where the peer is gone now. */
static bool count_unreach(struct peer *peer)
{
	unsigned int limit = peer->received ? UNREACH_LATER : UNREACH_START;

	peer->unreach++;
	/* Answers that are dropped were told of. */
	if (is_asked(peer) && peer->sent && !peer->told_unreachable &&
	    !peer->told_auth) {
		peer->told_unreachable = true;
		log_warning("%s does not answer; asked again", peer->text);
	}
	if (is_asked(peer) && peer->hpoll < highest(peer) && peer->unreach > 1)
		peer->hpoll++;
	if (peer->unreach == 1 && peer->received)
		system_update();
	return peer->unreach % limit || !assoc_bad_peer(peer);
}

/* A new poll, of one packet or a burst of them. */
static bool begin_round(struct peer *peer)
{
	const struct conf_assoc *conf = &peer->assoc->conf;
	bool is_first = is_asked(peer) && !peer->sent;

	if (peer->again)
		peer->again--;
	if (peer->reach == 0x80)
		stats_peer_event(peer, STATS_PEER_UNREACHABLE, "");
	peer->reach = (u8)(peer->reach << 1);
	peer->burst = 1;
	if (peer->mode == PEER_CLIENT &&
	    (peer->reach ? conf->burst : conf->iburst || system_is_once()))
		peer->burst = POLL_BURST;
	/* A second request brings the sample of the first one at once. */
	else if (peer->mode == PEER_CLIENT && conf->xleave &&
		 peer->hpoll >= POLL_PAIRS)
		peer->burst = 2;
	if (peer->status > SELECT_FALSETICKER || !system_peer())
		peer->unwanted = 0;
	else
		peer->unwanted++;
	if (!is_first && !peer->reach)
		return count_unreach(peer);
	return !peer->unwanted || peer->unwanted % UNREACH_LATER ||
	       !assoc_bad_peer(peer);
}

static void fire(void *arg)
{
	struct peer *peer = arg;

	/* Far servers at short polls: one request at a time. */
	if (peer->client && !peer->burst && peer->hpoll < POLL_SHORT) {
		schedule(peer);
		return;
	}
	/* A burst goes on only while it is answered, but for the first one. */
	if (peer->burst && !peer->is_answered && peer->sent >= POLL_BURST) {
		peer->burst = 0;
		schedule(peer);
		return;
	}
	if (!peer->burst) {
		/* Scheduled first: what follows may free the peer. */
		schedule(peer);
		if (!begin_round(peer))
			return;
	}
	if (peer->mode != PEER_CLIENT) {
		peer->burst = 0;
		schedule(peer);
		if (peer->mode == PEER_REFCLOCK)
			peer_read_clock(peer);
		else if (peer->mode == PEER_ACTIVE)
			symmetric_send(peer);
		return;
	}
	send_request(peer);
	peer->burst--;
	schedule(peer);
}

void poll_start(struct peer *peer)
{
	loop_timer_init(&peer->timer, fire, peer);
	/* A little apart, so that many servers are not asked at once. */
	loop_timer_in(&peer->timer, LOOP_NS_PER_S / 20 +
		      (int64_t)(random_bits() % (LOOP_NS_PER_S / 5)));
}

void poll_listen(struct peer *peer, int poll)
{
	net_client_cancel(peer->client);
	peer->client = NULL;
	peer->burst = 0;
	peer->hpoll = (s8)(poll < CONF_POLL_MIN ? CONF_POLL_MIN :
			   poll > CONF_POLL_MAX ? CONF_POLL_MAX : poll);
	peer->reach = (u8)(peer->reach << 1);
	schedule(peer);
}

void poll_stop(struct peer *peer)
{
	loop_timer_cancel(&peer->timer);
	net_client_cancel(peer->client);
	peer->client = NULL;
}

void poll_answered(struct peer *peer)
{
	peer->is_answered = true;
	peer->is_missed = false;
	if (!peer->reach && peer->unreach) {
		if (is_asked(peer))
			peer->hpoll = (s8)lowest(peer);
		if (peer->told_unreachable)
			log_notice("%s answers%s", peer->text,
				   peer->received > 1 ? " again" : "");
		if (!peer->burst)
			schedule(peer);
	}
	peer->told_unreachable = false;
	if (!peer->reach)
		stats_peer_event(peer, STATS_PEER_REACHABLE, "");
	peer->reach |= 1;
	peer->unreach = 0;
}

void poll_sampled(struct peer *peer)
{
	double now = interval_ns(peer->hpoll) / 1e9;

	if (peer->burst || peer->mode == PEER_LISTENER)
		return;
	if (filter_growth(&peer->filter, 2 * now) < GROW_BELOW)
		peer->growth++;
	else if (filter_growth(&peer->filter, now) > SHRINK_ABOVE)
		peer->growth--;
	else
		peer->growth = 0;
	if (peer->growth >= GROW_AFTER && peer->hpoll < highest(peer)) {
		peer->hpoll++;
		peer->growth = 0;
	} else if (peer->growth <= SHRINK_AFTER &&
		   peer->hpoll > lowest(peer)) {
		peer->hpoll--;
		peer->growth = 0;
	} else {
		return;
	}
	log_debug("%s: polled every %g s now", peer->text,
		  poll_interval(peer));
	schedule(peer);
}

void poll_again(struct peer *peer)
{
	if (peer->mode != PEER_CLIENT || peer->burst || peer->again ||
	    peer->floor_poll > CONF_POLL_MIN ||
	    poll_interval(peer) <= 2 * POLL_BURST_GAP_S)
		return;
	peer->again = AGAIN_POLLS;
	loop_timer_in(&peer->timer, POLL_BURST_GAP_S * LOOP_NS_PER_S);
}

void poll_slower(struct peer *peer, int poll)
{
	int want = poll > peer->hpoll ? poll : peer->hpoll + 1;

	if (want > CONF_POLL_MAX)
		want = CONF_POLL_MAX;
	if (want <= peer->floor_poll)
		want = peer->floor_poll;
	/* No more than what is needed: a server may ask for days. */
	if (want > CONF_MAXPOLL_DEFAULT &&
	    want > peer->assoc->conf.maxpoll)
		want = CONF_MAXPOLL_DEFAULT;
	peer->floor_poll = (s8)want;
	peer->hpoll = (s8)want;
	peer->burst = 0;
	log_notice("%s asks for fewer requests (kiss code RATE): polled every "
		   "%g s from now on", peer->text, poll_interval(peer));
	schedule(peer);
}

void poll_burst(struct peer *peer)
{
	if (peer->is_denied)
		return;
	peer->burst = peer->mode == PEER_CLIENT ? POLL_BURST : 0;
	peer->is_answered = true;
	if (is_asked(peer))
		peer->hpoll = (s8)lowest(peer);
	peer->growth = 0;
	net_client_cancel(peer->client);
	peer->client = NULL;
	if (is_asked(peer))
		loop_timer_in(&peer->timer, LOOP_NS_PER_S / 20);
}
