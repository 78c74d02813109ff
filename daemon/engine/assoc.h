/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef ASSOC_H
#define ASSOC_H

#include "daemon/engine/peer.h"
#include "daemon/io/resolve.h"

enum {
	ASSOC_POOL_PEERS	= 4,	/* remotes that a pool line mobilises */
};

/**
 * struct assoc - a server, pool or refclock line at work
 *
 * Names become addresses here, and addresses peers: one for a server (the next
 * address when one does not answer), several for a pool (each one that turns
 * out bad is replaced).
 */
struct assoc {
	struct assoc *next;
	struct conf_assoc conf;
	struct peer *peer;
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

/** assoc_count() - associations that follow somebody else's clock */
size_t assoc_count(void);

/**
 * assoc_bad_peer() - a peer does not answer, or will not: try another address
 * Return: true if @peer was replaced, and freed.
 */
bool assoc_bad_peer(struct peer *peer);

/** assoc_close() - demobilise all */
void assoc_close(void);

#endif
