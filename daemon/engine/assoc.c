// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include <stdlib.h>
#include <string.h>

#include "daemon/engine/access.h"
#include "daemon/engine/assoc.h"
#include "daemon/engine/clock.h"
#include "daemon/engine/poll.h"
#include "daemon/engine/system.h"
#include "tools/lib/log.h"

/* Names are asked for again after 2 s, 4 s, ... up to this. */
#define RETRY_MAX_LOG2	9
/* Polls that a falseticker of a pool is tolerated for. */
#define UNWANTED_LIMIT	8
/* Where another address is needed, the name is asked for every hour. */
#define REFRESH_NS	(3600 * LOOP_NS_PER_S)

static struct assoc *assocs;

void assoc_each_peer(void (*each)(struct peer *peer, void *arg), void *arg)
{
	for (struct assoc *a = assocs; a; a = a->next)
		for (struct peer *p = a->peer; p; p = p->next)
			each(p, arg);
}

size_t assoc_count(void)
{
	size_t n = 0;

	for (struct assoc *a = assocs; a; a = a->next)
		n += !a->is_ephemeral && a->conf.kind != CONF_BROADCAST &&
		     (a->conf.kind != CONF_REFCLOCK ||
		      a->conf.refclock_type != CONF_REFCLOCK_LOCAL);
	return n;
}

static size_t peer_count(const struct assoc *assoc)
{
	size_t n = 0;

	for (const struct peer *p = assoc->peer; p; p = p->next)
		n++;
	return n;
}

static size_t pool_count(void)
{
	size_t n = 0;

	for (struct assoc *a = assocs; a; a = a->next)
		if (a->conf.kind == CONF_POOL)
			n += peer_count(a);
	return n;
}

bool assoc_has_addr(const struct ntp_addr *addr)
{
	for (struct assoc *a = assocs; a; a = a->next)
		for (struct peer *p = a->peer; p; p = p->next)
			if (!p->clock && addr_equal(&p->addr.addr, addr))
				return true;
	return false;
}

struct peer *assoc_find_peer(const struct addr_end *addr, enum peer_mode one,
			     enum peer_mode other)
{
	for (struct assoc *a = assocs; a; a = a->next)
		for (struct peer *p = a->peer; p; p = p->next)
			if ((p->mode == one || p->mode == other) &&
			    p->addr.scope == addr->scope &&
			    addr_equal(&p->addr.addr, &addr->addr))
				return p;
	return NULL;
}

size_t assoc_children(const struct assoc *parent)
{
	size_t n = 0;

	for (struct assoc *a = assocs; a; a = a->next)
		n += a->parent == parent;
	return n;
}

static size_t ephemeral_count(void)
{
	size_t n = 0;

	for (struct assoc *a = assocs; a; a = a->next)
		n += a->is_ephemeral;
	return n;
}

static void mobilise(struct assoc *assoc, const struct addr_end *addr)
{
	struct peer *peer = peer_new(assoc, addr);

	if (!peer)
		return;
	peer->next = assoc->peer;
	assoc->peer = peer;
	if (!assoc->conf.has_addr && assoc->conf.kind != CONF_REFCLOCK)
		log_info("%s: using %s", assoc->conf.name, peer->text);
	access_refresh();
	poll_start(peer);
}

static void demobilise(struct peer *peer)
{
	struct peer **link = &peer->assoc->peer;

	while (*link != peer)
		link = &(*link)->next;
	*link = peer->next;
	peer_free(peer);
	access_refresh();
}

static size_t wanted_peers(const struct assoc *assoc)
{
	return assoc->conf.kind == CONF_POOL ? ASSOC_POOL_PEERS : 1;
}

static bool is_bad(const struct peer *peer)
{
	const struct conf_assoc *conf = &peer->assoc->conf;
	bool may_go = conf->kind == CONF_POOL || conf->preempt ||
		      peer->assoc->parent;

	return peer->is_denied || (!peer->reach && peer->unreach) ||
	       (may_go && peer->unwanted >= UNWANTED_LIMIT);
}

static struct peer *bad_peer(const struct assoc *assoc)
{
	for (struct peer *p = assoc->peer; p; p = p->next)
		if (is_bad(p))
			return p;
	return NULL;
}

/* An address of the name that is not in use, or NULL. */
static const struct addr_end *fresh_addr(struct assoc *assoc)
{
	while (assoc->addr_next < assoc->addr_n) {
		const struct addr_end *addr = &assoc->addr[assoc->addr_next++];

		if (!assoc_has_addr(&addr->addr))
			return addr;
	}
	return NULL;
}

static bool has_room(const struct assoc *assoc)
{
	if (peer_count(assoc) >= wanted_peers(assoc))
		return false;
	return assoc->conf.kind != CONF_POOL ||
	       pool_count() < system_conf()->tos.maxclock;
}

/*
 * As many remotes as are wanted, and good ones in place of bad ones. A bad one
 * stays until there is something to replace it by: it may come back.
 */
static void fill(struct assoc *assoc)
{
	while (has_room(assoc) || bad_peer(assoc)) {
		const struct addr_end *addr = fresh_addr(assoc);

		if (!addr)
			return;
		if (!has_room(assoc))
			demobilise(bad_peer(assoc));
		mobilise(assoc, addr);
	}
}

static void retry_later(struct assoc *assoc)
{
	unsigned int log2_s = assoc->retries + 1;

	if (log2_s > RETRY_MAX_LOG2)
		log2_s = RETRY_MAX_LOG2;
	assoc->retries++;
	loop_timer_in(&assoc->timer, LOOP_NS_PER_S << log2_s);
}

static void answered(const char *err, const struct addr_end *addr, size_t n,
		     void *arg)
{
	struct assoc *assoc = arg;

	assoc->query = NULL;
	if (err || !n) {
		if (!assoc->is_told)
			log_warning("%s: %s; asked again, see /etc/resolv.conf",
				    assoc->conf.name,
				    err ? err : "name has no address");
		assoc->is_told = true;
		retry_later(assoc);
		return;
	}
	assoc->is_told = false;
	memcpy(assoc->addr, addr, n * sizeof(*addr));
	assoc->addr_n = n;
	assoc->addr_next = 0;
	assoc->retries = 0;
	fill(assoc);
	/* Others may come, or the name may move elsewhere. */
	if (has_room(assoc) || bad_peer(assoc))
		loop_timer_in(&assoc->timer, REFRESH_NS);
}

static void ask(void *arg)
{
	struct assoc *assoc = arg;
	int err;

	if (assoc->query)
		return;
	err = resolve_ask(&assoc->query, assoc->conf.name, assoc->conf.family,
			  answered, assoc);
	if (!err)
		return;
	assoc->query = NULL;
	if (!assoc->is_told)
		log_warning("%s: names can not be looked up: %s; write the "
			    "address, or start without --no-sandbox",
			    assoc->conf.name, strerror(-err));
	assoc->is_told = true;
	retry_later(assoc);
}

static const enum peer_mode modes[] = {
	[CONF_SERVER] = PEER_CLIENT,
	[CONF_POOL] = PEER_CLIENT,
	[CONF_REFCLOCK] = PEER_REFCLOCK,
	[CONF_PEER] = PEER_ACTIVE,
	[CONF_BROADCAST] = PEER_CLIENT,		/* has no peer */
	[CONF_MANYCASTCLIENT] = PEER_CLIENT,	/* nor has this one */
};

static void start(struct assoc *assoc)
{
	const struct conf_assoc *conf = &assoc->conf;
	struct addr_end addr = {
		.addr = conf->addr,
		.port = NET_PORT,
		.scope = conf->scope,
	};

	loop_timer_init(&assoc->timer, ask, assoc);
	assoc->mode = modes[conf->kind];
	if (conf->kind == CONF_BROADCAST)
		assoc->broadcast = system_is_once() ? NULL :
				   broadcast_start(conf);
	else if (conf->kind == CONF_MANYCASTCLIENT)
		assoc->manycast = manycast_start(assoc);
	else if (conf->has_addr || conf->kind == CONF_REFCLOCK)
		mobilise(assoc, &addr);
	else
		ask(assoc);
}

static void stop(struct assoc *assoc)
{
	struct assoc **link = &assocs;

	while (*link != assoc)
		link = &(*link)->next;
	*link = assoc->next;
	resolve_cancel(assoc->query);
	loop_timer_cancel(&assoc->timer);
	broadcast_stop(assoc->broadcast);
	manycast_stop(assoc->manycast);
	while (assoc->peer)
		demobilise(assoc->peer);
	free(assoc);
}

/* A line goes, with what it found. */
static void stop_line(struct assoc *line)
{
	struct assoc *a = assocs;

	while (a) {
		struct assoc *next = a->next;

		if (a->parent == line)
			stop(a);
		a = next;
	}
	stop(line);
}

static void append(struct assoc *assoc)
{
	struct assoc **link = &assocs;

	while (*link)
		link = &(*link)->next;
	*link = assoc;
}

/* Is there one association more to be had for this host? */
static bool is_within_limit(const struct ntp_addr *addr)
{
	int limit = access_ippeerlimit(addr, NET_PORT), n = 0;

	for (struct assoc *a = assocs; a; a = a->next)
		for (struct peer *p = a->peer; p; p = p->next)
			n += !p->clock && addr_equal(&p->addr.addr, addr);
	return limit < 0 || n < limit;
}

struct peer *assoc_mobilise(const struct conf_assoc *conf,
			    const struct addr_end *addr, enum peer_mode mode,
			    struct assoc *parent)
{
	struct assoc *assoc;

	if (ephemeral_count() >= ASSOC_EPHEMERAL_MAX ||
	    !is_within_limit(&addr->addr))
		return NULL;
	assoc = calloc(1, sizeof(*assoc));
	if (!assoc)
		return NULL;
	assoc->conf = *conf;
	addr_print(&addr->addr, assoc->conf.name, sizeof(assoc->conf.name));
	assoc->mode = mode;
	assoc->is_ephemeral = true;
	assoc->parent = parent;
	loop_timer_init(&assoc->timer, ask, assoc);
	append(assoc);
	mobilise(assoc, addr);
	if (assoc->peer)
		return assoc->peer;
	stop(assoc);
	return NULL;
}

static struct assoc *find(const struct conf_assoc *conf)
{
	for (struct assoc *a = assocs; a; a = a->next)
		if (!a->is_ephemeral && conf_assoc_equal(&a->conf, conf))
			return a;
	return NULL;
}

static bool is_configured(const struct conf *conf, const struct assoc *assoc)
{
	for (size_t i = 0; i < conf->assoc_n; i++)
		if (conf_assoc_equal(&conf->assoc[i], &assoc->conf))
			return true;
	return false;
}

/* A line that is there no more; what lines found goes with them. */
static struct assoc *obsolete(const struct conf *conf)
{
	for (struct assoc *a = assocs; a; a = a->next)
		if (!a->is_ephemeral && !is_configured(conf, a))
			return a;
	return NULL;
}

void assoc_apply(const struct conf *conf)
{
	struct assoc *assoc;

	while ((assoc = obsolete(conf)))
		stop_line(assoc);
	for (size_t i = 0; i < conf->assoc_n; i++) {
		if (find(&conf->assoc[i]))
			continue;
		assoc = calloc(1, sizeof(*assoc));
		if (!assoc) {
			log_error("%s: out of memory, not used",
				  conf->assoc[i].name);
			continue;
		}
		assoc->conf = conf->assoc[i];
		append(assoc);
		start(assoc);
	}
}

/* Asked how long its broadcasts take, it keeps silent, but broadcasts. */
static bool is_broadcasting(const struct peer *peer)
{
	return peer->mode == PEER_CLIENT && peer->bc.xmt.v &&
	       clock_now() - peer->bc.when < 4 * poll_interval(peer);
}

static bool forget(struct peer *peer)
{
	if (!is_bad(peer) || is_broadcasting(peer))
		return false;
	log_info("%s is forgotten: it %s", peer->text,
		 peer->reach ? "is of no use" : "is not heard any more");
	if (peer->assoc->parent)
		manycast_look(peer->assoc->parent->manycast);
	stop(peer->assoc);
	return true;
}

bool assoc_bad_peer(struct peer *peer)
{
	struct assoc *assoc = peer->assoc;

	if (assoc->is_ephemeral)
		return forget(peer);
	/* An address that was written down stays the one. */
	if (assoc->conf.has_addr || assoc->conf.kind == CONF_REFCLOCK)
		return false;
	fill(assoc);
	if (bad_peer(assoc))
		ask(assoc);
	for (struct peer *p = assoc->peer; p; p = p->next)
		if (p == peer)
			return false;
	return true;
}

void assoc_close(void)
{
	while (assocs)
		stop(assocs);
}
