/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef SYMMETRIC_H
#define SYMMETRIC_H

#include "daemon/engine/peer.h"
#include "daemon/io/net.h"

/*
 * Symmetric modes, RFC 5905 sections 8 and 9.2. Active associations are those
 * of peer lines: they speak when their poll interval is over. Passive ones are
 * mobilised by a stranger in mode 1 that has a trusted key, and answer at once,
 * so that neither side's clock has much time to drift between the stamps.
 *
 * Packets are interleaved where the peer line says so, and to those who do it;
 * such packets are understood by all associations.
 */

/** enum symmetric_use - what a packet changes */
enum symmetric_use {
	SYMMETRIC_NOTHING,
	SYMMETRIC_STAMPS,	/* what our next packet has to answer */
	SYMMETRIC_TIME,		/* that, and it is a sample */
	SYMMETRIC_XLEAVE,	/* the same, interleaved */
};

/**
 * symmetric_check() - duplicates, replays and forgeries
 * @pkt: a packet of the remote, signed as agreed
 * @sym: state of the association
 * @is_reachable: does the remote speak to us already?
 * @check: what is to be held of the packet
 */
enum symmetric_use symmetric_check(const struct ntp_packet *pkt,
				   const struct peer_symmetric *sym,
				   bool is_reachable, enum peer_check *check);

/**
 * symmetric_receive() - a packet of mode 1 or 2 came to the server port
 * Return: false where it is of no association and makes none: it may then be
 * answered like any client's.
 */
bool symmetric_receive(const struct net_dgram *dgram);

/** symmetric_send() - speak to the remote of an active association */
void symmetric_send(struct peer *peer);

#endif
