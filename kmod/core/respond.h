/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef NTP_RESPOND_H
#define NTP_RESPOND_H

#include "kmod/core/exchange.h"
#include "kmod/core/sysvars.h"

enum {
	NTP_RESPOND_MAX	= NTP_PACKET_HEADER + 4,	/* longest reply */
};

/**
 * ntp_respond_len() - length of the reply to an admitted request
 * @ex: admitted with NTP_REPLY
 *
 * Return: octets of UDP payload, never more than @ex->len.
 */
u16 ntp_respond_len(const struct ntp_exchange *ex);

/**
 * ntp_respond() - write the reply, all but the transmit stamp
 * @policy: what this server answers
 * @ex: admitted with NTP_REPLY, @rec set; @reason, unless NTP_SERVED_NAK,
 *	becomes NTP_SERVED_UNSYNC where @sys is not synchronised
 * @sys: system variables, aged to now
 * @reply: ntp_respond_len() octets; may be the request's own memory
 *
 * RFC 5905 section 9.2 (fast_xmit): leap and stratum from @sys, version of
 * the request, mode 4 (2 for mode 1), origin = the request's transmit stamp to
 * the bit.
 */
void ntp_respond(const struct ntp_policy *policy, struct ntp_exchange *ex,
		 const struct ntp_sysvars_now *sys, u8 *reply);

/**
 * ntp_respond_seal() - put the transmit stamp into a reply, last of all
 * @ex: the exchange
 * @reply: as ntp_respond() left it
 * @xmt: now
 *
 * Should the clock have been set back since the receive stamp, the stamp sent
 * is the receive stamp's next (RFC 9769 section 2 wants them to differ).
 *
 * Return: the transmit stamp that was written, always after @ex->rec.
 */
ntp_ts_t ntp_respond_seal(const struct ntp_exchange *ex, u8 *reply,
			  ntp_ts_t xmt);

#endif
