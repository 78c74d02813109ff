/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef SIGND_H
#define SIGND_H

#include "daemon/conf/conf.h"
#include "daemon/io/net.h"
#include "kmod/core/packet.h"

/*
 * MS-SNTP: members of a Windows domain ask with a key identifier and no digest,
 * and expect a reply that is signed with the password of their machine account.
 * Samba knows that, and signs what it is given through the socket of its
 * ntp_signd service; the passwords stay there.
 */

enum {
	SIGND_KEYID	= 4,
	/* A packet with key identifier and MD5 digest. */
	SIGND_PACKET	= NTP_PACKET_HEADER + SIGND_KEYID + 16,
};

/** signd_apply() - use the socket that a configuration names, or none */
void signd_apply(const struct conf *conf);

/**
 * signd_is_request() - does a client ask for a reply that Samba signs?
 * @req: UDP payload
 * @len: its octets
 *
 * Return: true for a header, a key identifier other than 0 and an empty digest,
 * where there is a Samba to ask.
 */
bool signd_is_request(const u8 *req, size_t len);

/**
 * signd_send() - have a reply signed, and send it
 * @dgram: the request, signd_is_request(); need not live on
 * @reply: header of the reply, complete
 *
 * What comes back, within two seconds, is sent then. What cannot be signed goes
 * unanswered: why is logged once.
 *
 * Return: is Samba asked?
 */
bool signd_send(const struct net_dgram *dgram,
		const u8 reply[NTP_PACKET_HEADER]);

/** signd_close() - forget requests and the socket */
void signd_close(void);

#endif
