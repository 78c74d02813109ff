/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef NTP_ADMIT_H
#define NTP_ADMIT_H

#include "kmod/core/exchange.h"

/**
 * ntp_admit() - decide what becomes of a datagram for the NTP port
 * @policy: what this server answers
 * @ex: @req, @len, @src and @sport are set by the caller, and where the policy
 *	limits anybody @mono_ns and @noise; @rule, @key, @pkt and @reason are set
 *	here
 *
 * Never writes the packet, takes no time, memory or lock. Order: the rule for
 * the client, mode, version, lengths, source port, spans, limits, MAC. So what
 * a rule ignores is not even looked at, and no digest is made for a client that
 * is beyond its limits, unless to sign what tells it so.
 *
 * A MAC that is right has the reply signed with the same key; one that is not,
 * where it claims to be of a key, gets a crypto-NAK in mode 3 (RFC 5905 section
 * 9.2).
 *
 * Return: NTP_REPLY, NTP_PASS or NTP_DROP.
 */
enum ntp_verdict ntp_admit(const struct ntp_policy *policy,
			   struct ntp_exchange *ex);

#endif
