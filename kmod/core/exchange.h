/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef NTP_EXCHANGE_H
#define NTP_EXCHANGE_H

#include "kmod/core/acl.h"
#include "kmod/core/key.h"
#include "kmod/core/packet.h"
#include "kmod/core/rate.h"
#include "kmod/core/smear.h"

/**
 * struct ntp_policy - what a server answers; the same for many exchanges
 * @serve_symmetric: answer mode 1 in mode 2, keeping nothing (the daemon)
 * @send_nak: answer a client whose MAC fails with a crypto-NAK
 * @minpoll: least poll exponent put into replies
 * @limits: of clients whose rule says so
 * @acl: rules, NULL if there are none
 * @keys: known keys, NULL if there are none
 * @rate: memory for @limits; NULL: nobody is limited
 *
 * Immutable but for what @rate points to: a new configuration is a new policy.
 */
struct ntp_policy {
	bool serve_symmetric;
	bool send_nak;
	s8 minpoll;
	struct ntp_rate_limits limits;
	const struct ntp_acl *acl;
	const struct ntp_keys *keys;
	struct ntp_rate *rate;
};

/**
 * struct ntp_exchange - one datagram's journey from request to reply
 * @req: UDP payload of the request; read by ntp_admit() only, so that a reply
 *	may be written over it
 * @len: its length in octets
 * @src: who asks
 * @sport: its UDP port, host order
 * @mono_ns: now, on a clock that only moves forward, for limits
 * @noise: bits that nobody can foretell, for limits
 * @rule: index of the rule that matched, or NTP_ACL_NONE (ntp_admit())
 * @key: that the reply is to be signed with, or NULL (ntp_admit())
 * @smear: of the stamps of the reply, or NULL (ntp_respond())
 * @rec: when the request came in, by the clock of this host
 * @pkt: the request taken apart (ntp_admit())
 * @reason: why the verdict is what it is (ntp_admit(), ntp_respond())
 */
struct ntp_exchange {
	const u8 *req;
	u16 len;
	u16 sport;
	enum ntp_reason reason;
	struct ntp_addr src;
	u64 mono_ns;
	u32 noise;
	u32 rule;
	const struct ntp_key *key;
	const struct ntp_smear *smear;
	ntp_ts_t rec;
	struct ntp_packet pkt;
};

#endif
