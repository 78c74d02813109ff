/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef STATS_H
#define STATS_H

#include "daemon/conf/conf.h"
#include "daemon/engine/peer.h"
#include "daemon/sync/combine.h"

/*
 * Statistics files and events: lines in the formats of ntpd, which plotting
 * and monitoring programs know. Each begins with the modified Julian day and
 * the seconds of the UTC day. Where nothing is to be written, a call costs a
 * test.
 */

/* Events of peers and of the system, as RFC 9327 numbers them. */
enum stats_peer_event {
	STATS_PEER_MOBILIZE	= 1,
	STATS_PEER_DEMOBILIZE	= 2,
	STATS_PEER_UNREACHABLE	= 3,
	STATS_PEER_REACHABLE	= 4,
	STATS_PEER_RESTART	= 5,
	STATS_PEER_RATE		= 7,
	STATS_PEER_DENIED	= 8,
	STATS_PEER_SYSPEER	= 10,
	STATS_PEER_CLOCK	= 11,
	STATS_PEER_BAD_AUTH	= 12,
	STATS_PEER_POPCORN	= 13,
};

enum stats_event {
	STATS_FREQ_SET		= 2,
	STATS_CLOCK_SYNC	= 5,
	STATS_RESTART		= 6,
	STATS_PANIC		= 7,
	STATS_NO_PEER		= 8,
	STATS_LEAP_ARMED	= 9,
	STATS_LEAP_DISARMED	= 10,
	STATS_LEAP		= 11,
	STATS_CLOCK_STEP	= 12,
	STATS_TAI		= 14,
	STATS_LEAP_STALE	= 15,
};

/** stats_init() - before any configuration */
void stats_init(void);

/** stats_apply() - the files that a configuration asks for */
void stats_apply(const struct conf *conf);

/** stats_reopen() - open all files anew when they are next written to */
void stats_reopen(void);

/** stats_close() - close all files */
void stats_close(void);

/**
 * stats_loop() - loopstats: the clock was updated
 * @what: what the survivors say
 * @syspeer: whose poll interval is that of the loop
 */
void stats_loop(const struct combine_result *what, const struct peer *syspeer);

/** stats_peer() - peerstats: a sample of this peer was taken */
void stats_peer(const struct peer *peer);

/**
 * stats_raw() - rawstats: a packet came in
 * @peer: whose it is
 * @pkt: the packet
 * @local: address that it came to, NULL where that is not known
 * @dst_ns: when it came, since 1970
 */
void stats_raw(const struct peer *peer, const struct ntp_packet *pkt,
	       const struct ntp_addr *local, int64_t dst_ns);

/** stats_clock() - clockstats: what a reference clock said, with flag4 */
void stats_clock(const struct peer *peer, const char *text);

/**
 * stats_peer_event() - protostats and the log: something happened to a peer
 * @text: more of it, or ""
 */
void stats_peer_event(struct peer *peer, enum stats_peer_event event,
		      const char *text);

/** stats_event() - the same of the system */
void stats_event(enum stats_event event, const char *text);

/**
 * stats_peer_status() - status word of a peer, RFC 9327 section 3.2
 * Configured, authentic, reachable, selection, count and code of its events.
 */
u16 stats_peer_status(const struct peer *peer);

/** stats_status() - status word of the system, RFC 9327 section 3.1 */
u16 stats_status(void);

#endif
