/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef NTP_ADMIT_H
#define NTP_ADMIT_H

#include "kmod/core/exchange.h"

/**
 * ntp_admit() - decide what becomes of a datagram for the NTP port
 * @policy: what this server answers
 * @ex: @req, @len, @src and @sport are set by the caller; @pkt and @reason are
 *	set here
 *
 * Never writes the packet, takes no time, memory or lock. Order: mode,
 * version, lengths, source port, spans, MAC.
 *
 * Return: NTP_REPLY, NTP_PASS or NTP_DROP.
 */
enum ntp_verdict ntp_admit(const struct ntp_policy *policy,
			   struct ntp_exchange *ex);

#endif
