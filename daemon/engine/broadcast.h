/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef BROADCAST_H
#define BROADCAST_H

#include "daemon/conf/conf.h"
#include "daemon/engine/peer.h"
#include "daemon/io/net.h"

/*
 * Broadcast and multicast, RFC 5905 section 8 and 9.2. A server sends its time
 * in mode 5 again and again. A client that hears one for the first time asks
 * it a few times in mode 3, to learn how long a broadcast takes, and then only
 * listens. With xleave, a broadcast also says when the one before really left,
 * which everybody else ignores.
 */

/** struct broadcast - a broadcast line at work */
struct broadcast;

/**
 * broadcast_start() - send every 2^minpoll s, while the clock is synchronised
 * @conf: line with an address; stays valid until broadcast_stop()
 * Return: NULL without memory.
 */
struct broadcast *broadcast_start(const struct conf_assoc *conf);

/** broadcast_stop() - send no more; NULL is fine */
void broadcast_stop(struct broadcast *broadcast);

/**
 * broadcast_apply() - listen to what a configuration names, also for manycast
 * @old: the one before, or NULL
 * @new: valid until the next call
 */
void broadcast_apply(const struct conf *old, const struct conf *new);

/** broadcast_check() - what is to be held of one that is signed as agreed */
enum peer_check broadcast_check(const struct ntp_packet *pkt,
				const struct peer_broadcast *state);

/**
 * broadcast_left() - does it say when the one before left? RFC 9769 section 4
 * @lag: how long after its transmit stamp that was, s
 * Return: false also where the one before is not the last one that came.
 */
bool broadcast_left(const struct ntp_packet *pkt,
		    const struct peer_broadcast *state, double *lag);

/** broadcast_receive() - a packet of mode 5 came to the server port */
void broadcast_receive(const struct net_dgram *dgram);

#endif
