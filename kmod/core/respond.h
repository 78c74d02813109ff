/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef NTP_RESPOND_H
#define NTP_RESPOND_H

#include "kmod/core/exchange.h"
#include "kmod/core/mac.h"
#include "kmod/core/sysvars.h"

enum {
	/* The longest reply: one with a MAC. */
	NTP_RESPOND_MAX	= NTP_PACKET_HEADER + NTP_MAC_KEYID +
			  NTP_KEY_DGST_WIRE_MAX,
};

/**
 * ntp_respond_len() - length of the reply to an admitted request
 * @ex: admitted with NTP_REPLY
 *
 * A header, and a MAC where the request had a good one: extension fields are
 * not sent back.
 *
 * Return: octets of UDP payload, never more than @ex->len.
 */
static inline u16 ntp_respond_len(const struct ntp_exchange *ex)
{
	if (unlikely(ex->key))
		return NTP_PACKET_HEADER + ntp_mac_len(ex->key);
	if (unlikely(ex->reason == NTP_SERVED_NAK))
		return NTP_PACKET_HEADER + NTP_MAC_NAK;
	return NTP_PACKET_HEADER;
}

/**
 * ntp_respond_can_interleave() - has a reply a part in interleaved mode
 * @ex: admitted with NTP_REPLY
 * @sys: system variables, aged to now
 *
 * Kisses, crypto-NAKs and replies of a clock that is not set have none, nor
 * have smeared ones: what they tell is no stamp of this host.
 *
 * Return: true if so, should the client ask for it.
 */
static inline bool ntp_respond_can_interleave(const struct ntp_exchange *ex,
					      const struct ntp_sysvars_now *sys)
{
	return sys->state == NTP_SYSVARS_SYNC && !sys->smear.is_on &&
	       (ex->reason == NTP_SERVED || ex->reason == NTP_SERVED_AUTH);
}

/**
 * ntp_respond() - write the reply, all but the transmit stamp and the MAC
 * @policy: what this server answers
 * @ex: admitted with NTP_REPLY, @rec set; where @sys is not synchronised,
 *	@reason becomes NTP_SERVED_UNSYNC, signed or not, unless it is
 *	NTP_SERVED_NAK or NTP_SERVED_RATE
 * @sys: system variables, aged to now; valid until ntp_respond_seal()
 * @reply: ntp_respond_len() octets; may be the request's own memory
 *
 * RFC 5905 section 9.2 (fast_xmit): leap and stratum from @sys, version of
 * the request, mode 4 (2 for mode 1), origin = the request's transmit stamp to
 * the bit. With NTP_SERVED_RATE, section 7.4: leap 3, stratum 0, reference
 * identifier RATE, and the mean headway as poll. While a leap second is
 * smeared: leap 0, the reference identifier that says so, all stamps smeared.
 */
void ntp_respond(const struct ntp_policy *policy, struct ntp_exchange *ex,
		 const struct ntp_sysvars_now *sys, u8 *reply);

/**
 * ntp_respond_restamp() - write another receive stamp into a reply
 * @ex: answered by ntp_respond(), then @rec changed
 * @reply: as ntp_respond() left it
 */
void ntp_respond_restamp(const struct ntp_exchange *ex, u8 *reply);

/** ntp_respond_seal_odd() - ntp_respond_seal() where it is more than a stamp */
ntp_ts_t ntp_respond_seal_odd(const struct ntp_exchange *ex, u8 *reply,
			      ntp_ts_t xmt);

/**
 * ntp_respond_seal() - put transmit stamp and MAC into a reply, last of all
 * @ex: the exchange
 * @reply: as ntp_respond() left it
 * @xmt: now
 *
 * Should the clock have been set back since the receive stamp, the stamp sent
 * is the receive stamp's next (RFC 9769 section 2 wants them to differ). Should
 * the port layer fail to make the digest, the MAC is all zero, which no client
 * takes for a good one.
 *
 * Return: the transmit stamp that was written, always after the receive stamp.
 */
static inline ntp_ts_t ntp_respond_seal(const struct ntp_exchange *ex,
					u8 *reply, ntp_ts_t xmt)
{
	if (unlikely(ex->smear || ex->key || ntp_lfp_diff(xmt, ex->rec) <= 0))
		return ntp_respond_seal_odd(ex, reply, xmt);
	ntp_bytes_put64(reply + NTP_PACKET_XMT, xmt.v);
	return xmt;
}

/**
 * ntp_respond_seal_interleaved() - make a reply one in interleaved mode, last
 *	of all and in place of ntp_respond_seal()
 * @ex: the exchange; its request asks for that
 * @reply: as ntp_respond() left it
 * @xmt: when the reply before it left
 *
 * RFC 9769 section 2: the origin is the request's receive stamp.
 */
void ntp_respond_seal_interleaved(const struct ntp_exchange *ex, u8 *reply,
				  ntp_ts_t xmt);

/**
 * ntp_respond_add_disp() - add to the root dispersion of a reply
 * @reply: as ntp_respond() left it
 * @ns: what to add, rounded up
 */
void ntp_respond_add_disp(u8 *reply, u64 ns);

#endif
