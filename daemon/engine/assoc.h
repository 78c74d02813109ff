/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef ASSOC_H
#define ASSOC_H

#include "daemon/engine/broadcast.h"
#include "daemon/engine/manycast.h"
#include "daemon/engine/peer.h"
#include "daemon/io/resolve.h"

enum {
	ASSOC_POOL_PEERS	= 4,	/* remotes that a pool line mobilises */
	ASSOC_EPHEMERAL_MAX	= 64,	/* that no line of its own asked for */
};

/**
 * struct assoc - an association line at work, or what came without one
 *
 * Names become addresses here, and addresses peers: one for a server (the next
 * address when one does not answer), several for a pool (each one that turns
 * out bad is replaced).
 */
struct assoc {
	struct assoc *next;
	struct conf_assoc conf;
	enum peer_mode mode;
	bool is_ephemeral;		/* no line: it goes once it is silent */
	struct assoc *parent;		/* line that found it, or NULL */
	struct peer *peer;
	struct broadcast *broadcast;	/* of a broadcast line, without a peer */
	struct manycast *manycast;	/* of a manycastclient line, likewise */
	struct resolve_query *query;
	struct loop_timer timer;	/* to ask for the name again */
	unsigned int retries;
	bool is_told;			/* of the failure, in the log */
	struct addr_end addr[RESOLVE_ADDR_MAX];
	size_t addr_n;
	size_t addr_next;		/* the one to be tried next */
};

/**
 * assoc_apply() - mobilise what a configuration asks for, and nothing else
 *
 * Lines that were there before keep all their state.
 */
void assoc_apply(const struct conf *conf);

/** assoc_each_peer() - walk over all peers */
void assoc_each_peer(void (*each)(struct peer *peer, void *arg), void *arg);

/**
 * assoc_mobilise() - an association that packets from the network make
 * @conf: as a line would be, but for .name
 * @addr: remote; its port is not looked at
 * @mode: PEER_PASSIVE, PEER_LISTENER, or PEER_CLIENT
 * @parent: line that asked for such ones, it takes them along when it goes
 *
 * Return: its peer; NULL without memory, or where there are too many, in all or
 * of this host, see ippeerlimit in ntp.conf(5).
 */
struct peer *assoc_mobilise(const struct conf_assoc *conf,
			    const struct addr_end *addr, enum peer_mode mode,
			    struct assoc *parent);

/**
 * assoc_find_peer() - the peer of a remote, in one of two modes
 * @addr: remote; its port is not looked at
 * Return: NULL if there is none.
 */
struct peer *assoc_find_peer(const struct addr_end *addr, enum peer_mode one,
			     enum peer_mode other);

/** assoc_has_addr() - is this remote followed, in whatever mode? */
bool assoc_has_addr(const struct ntp_addr *addr);

/** assoc_children() - associations that a line has found */
size_t assoc_children(const struct assoc *parent);

/** assoc_count() - lines that ask for somebody else's clock */
size_t assoc_count(void);

/**
 * assoc_bad_peer() - a peer does not answer, will not, or is of no use: try
 * another address, or forget what has none
 * Return: true if @peer was freed.
 */
bool assoc_bad_peer(struct peer *peer);

/** assoc_close() - demobilise all */
void assoc_close(void);

#endif
