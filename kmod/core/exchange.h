/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef NTP_EXCHANGE_H
#define NTP_EXCHANGE_H

#include "kmod/core/packet.h"

/**
 * struct ntp_policy - what a server answers; the same for many exchanges
 * @serve_symmetric: answer mode 1 in mode 2, keeping nothing (the daemon)
 * @send_nak: answer a client whose MAC fails with a crypto-NAK
 * @minpoll: least poll exponent put into replies
 */
struct ntp_policy {
	bool serve_symmetric;
	bool send_nak;
	s8 minpoll;
};

/**
 * struct ntp_exchange - one datagram's journey from request to reply
 * @req: UDP payload of the request; read by ntp_admit() only, so that a reply
 *	may be written over it
 * @len: its length in octets
 * @src: who asks
 * @sport: its UDP port, host order
 * @rec: when the request came in
 * @pkt: the request taken apart (ntp_admit())
 * @reason: why the verdict is what it is (ntp_admit(), ntp_respond())
 */
struct ntp_exchange {
	const u8 *req;
	u16 len;
	u16 sport;
	enum ntp_reason reason;
	struct ntp_addr src;
	ntp_ts_t rec;
	struct ntp_packet pkt;
};

#endif
