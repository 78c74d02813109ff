// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */

#include "kmod/core/respond.h"

#define KISS_RATE	0x52415445	/* "RATE" */

u16 ntp_respond_len(const struct ntp_exchange *ex)
{
	if (unlikely(ex->key))
		return NTP_PACKET_HEADER + ntp_mac_len(ex->key);
	if (unlikely(ex->reason == NTP_SERVED_NAK))
		return NTP_PACKET_HEADER + NTP_MAC_NAK;
	return NTP_PACKET_HEADER;
}

/* Nothing of the clock, but for what it can tell apart. */
static void write_kiss(const struct ntp_policy *policy,
		       const struct ntp_exchange *ex,
		       const struct ntp_packet *reply, u8 *buf)
{
	s8 average = (s8)policy->limits.average_log2;
	struct ntp_packet pkt = {
		.leap = NTP_LEAP_UNSYNC,
		.version = reply->version,
		.mode = reply->mode,
		.stratum = NTP_STRATUM_UNSPEC,
		.poll = reply->poll > average ? reply->poll : average,
		.precision = reply->precision,
		.refid = KISS_RATE,
		.org = reply->org,
		.rec = ex->rec,
	};

	ntp_packet_write(buf, &pkt);
}

void ntp_respond(const struct ntp_policy *policy, struct ntp_exchange *ex,
		 const struct ntp_sysvars_now *sys, u8 *reply)
{
	const struct ntp_packet *req = &ex->pkt;
	struct ntp_packet pkt = {
		.leap = sys->leap,
		.version = req->version,
		.mode = req->mode == NTP_MODE_ACTIVE ? NTP_MODE_PASSIVE :
						       NTP_MODE_SERVER,
		.stratum = sys->stratum,
		.poll = req->poll > policy->minpoll ? req->poll :
						      policy->minpoll,
		.precision = sys->precision,
		.rootdelay = sys->rootdelay,
		.rootdisp = sys->rootdisp,
		.refid = sys->refid,
		.reftime = sys->reftime,
		.org = req->xmt,
		.rec = ex->rec,
	};

	if (unlikely(ex->reason == NTP_SERVED_RATE)) {
		write_kiss(policy, ex, &pkt, reply);
		return;
	}
	ntp_packet_write(reply, &pkt);

	if (unlikely(ex->reason == NTP_SERVED_NAK))
		ntp_bytes_put32(reply + NTP_PACKET_HEADER, 0);
	else if (unlikely(sys->state != NTP_SYSVARS_SYNC))
		ex->reason = NTP_SERVED_UNSYNC;
}

ntp_ts_t ntp_respond_seal(const struct ntp_exchange *ex, u8 *reply,
			  ntp_ts_t xmt)
{
	if (unlikely(ntp_lfp_diff(xmt, ex->rec) <= 0))
		xmt.v = ex->rec.v + 1;
	ntp_bytes_put64(reply + NTP_PACKET_XMT, xmt.v);
	if (unlikely(ex->key) &&
	    !ntp_mac_sign(ex->key, reply, NTP_PACKET_HEADER))
		memset(reply + NTP_PACKET_HEADER, 0, ntp_mac_len(ex->key));
	return xmt;
}
