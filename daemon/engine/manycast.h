/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef MANYCAST_H
#define MANYCAST_H

#include "daemon/engine/peer.h"
#include "daemon/io/net.h"

/*
 * Manycast: a client asks a multicast group in mode 3, in rings of more and
 * more hops, and makes an association with each server that answers from its
 * own address. RFC 5905 section 3.1.
 */

/** struct manycast - a manycastclient line at work */
struct manycast;

/**
 * manycast_start() - look for servers, for as many as tos minclock asks for
 * @assoc: line with the group; stays valid until manycast_stop()
 * Return: NULL without memory.
 */
struct manycast *manycast_start(struct assoc *assoc);

/** manycast_stop() - look for no more; NULL is fine */
void manycast_stop(struct manycast *manycast);

/** manycast_look() - one that was found is gone: look for others soon */
void manycast_look(struct manycast *manycast);

/**
 * manycast_is_due() - is a request to a group one to be answered?
 * @pkt: the request, its MAC in order
 * @now: what would be answered
 * @cohort: tos cohort: also those of this server's own stratum
 */
bool manycast_is_due(const struct ntp_packet *pkt,
		     const struct ntp_sysvars_now *now, bool cohort);

/**
 * manycast_receive() - a packet of mode 3 came to the server port
 * Return: false where it is to no group; else there is nothing left to do.
 */
bool manycast_receive(const struct net_dgram *dgram);

#endif
