// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */

#include "kmod/core/respond.h"

/* A client that asks too often is told so, and nothing of the clock. */
static void turn_into_kiss(const struct ntp_policy *policy, u8 *reply)
{
	s8 average = (s8)policy->limits.average_log2;

	reply[0] |= NTP_LEAP_UNSYNC << 6;
	reply[NTP_PACKET_STRATUM] = NTP_STRATUM_UNSPEC;
	if ((s8)reply[NTP_PACKET_POLL] < average)
		reply[NTP_PACKET_POLL] = (u8)average;
	memset(reply + NTP_PACKET_ROOTDELAY, 0,
	       NTP_PACKET_ORG - NTP_PACKET_ROOTDELAY);
	memcpy(reply + NTP_PACKET_REFID, "RATE", 4);
}

/*
 * Where a leap second is smeared, clients get all stamps of the same time, and
 * are not told of it, or they would do it once more.
 */
static void smear(const struct ntp_exchange *ex,
		  const struct ntp_sysvars_now *sys, u8 *reply)
{
	s64 offset = ntp_smear_offset(&sys->smear, ex->rec);

	reply[0] &= 0x3f;
	ntp_respond_restamp(ex, reply);
	if (!offset)
		return;
	ntp_bytes_put32(reply + NTP_PACKET_REFID, ntp_smear_refid(offset));
	ntp_bytes_put64(reply + NTP_PACKET_REFTIME,
			sys->reftime.v + (u64)offset);
}

/* What hardly any reply needs, apart: the others pay for none of it. */
static noinline void respond_odd(const struct ntp_policy *policy,
				 struct ntp_exchange *ex,
				 const struct ntp_sysvars_now *sys, u8 *reply)
{
	if (sys->smear.is_on) {
		ex->smear = &sys->smear;
		smear(ex, sys, reply);
	}
	if (ex->reason == NTP_SERVED_NAK)
		ntp_bytes_put32(reply + NTP_PACKET_HEADER, 0);
	else if (ex->reason == NTP_SERVED_RATE)
		turn_into_kiss(policy, reply);
	else if (sys->state != NTP_SYSVARS_SYNC)
		ex->reason = NTP_SERVED_UNSYNC;
}

void ntp_respond(const struct ntp_policy *policy, struct ntp_exchange *ex,
		 const struct ntp_sysvars_now *sys, u8 *reply)
{
	const struct ntp_packet *req = &ex->pkt;
	u8 mode = req->mode == NTP_MODE_ACTIVE ? NTP_MODE_PASSIVE :
						 NTP_MODE_SERVER;

	/* Field by field: a whole packet would not fit into registers. */
	reply[0] = (u8)(sys->leap << 6 | req->version << 3 | mode);
	reply[NTP_PACKET_STRATUM] = sys->stratum;
	reply[NTP_PACKET_POLL] = (u8)(req->poll > policy->minpoll ?
				      req->poll : policy->minpoll);
	reply[NTP_PACKET_PRECISION] = (u8)sys->precision;
	ntp_bytes_put32(reply + NTP_PACKET_ROOTDELAY, sys->rootdelay.v);
	ntp_bytes_put32(reply + NTP_PACKET_ROOTDISP, sys->rootdisp.v);
	ntp_bytes_put32(reply + NTP_PACKET_REFID, sys->refid);
	ntp_bytes_put64(reply + NTP_PACKET_REFTIME, sys->reftime.v);
	ntp_bytes_put64(reply + NTP_PACKET_ORG, req->xmt.v);
	ntp_bytes_put64(reply + NTP_PACKET_REC, ex->rec.v);
	ntp_bytes_put64(reply + NTP_PACKET_XMT, 0);

	ex->smear = NULL;
	if (unlikely(sys->smear.is_on || sys->state != NTP_SYSVARS_SYNC ||
		     ex->reason == NTP_SERVED_NAK ||
		     ex->reason == NTP_SERVED_RATE))
		respond_odd(policy, ex, sys, reply);
}

void ntp_respond_restamp(const struct ntp_exchange *ex, u8 *reply)
{
	ntp_ts_t rec = ex->rec;

	if (unlikely(ex->smear))
		rec = ntp_smear_stamp(ex->smear, rec);
	ntp_bytes_put64(reply + NTP_PACKET_REC, rec.v);
}

static void sign(const struct ntp_key *key, u8 *reply)
{
	if (!ntp_mac_sign(key, reply, NTP_PACKET_HEADER))
		memset(reply + NTP_PACKET_HEADER, 0, ntp_mac_len(key));
}

ntp_ts_t ntp_respond_seal_odd(const struct ntp_exchange *ex, u8 *reply,
			      ntp_ts_t xmt)
{
	ntp_ts_t rec = ex->rec;

	if (ex->smear) {
		xmt = ntp_smear_stamp(ex->smear, xmt);
		rec = ntp_smear_stamp(ex->smear, rec);
	}
	if (ntp_lfp_diff(xmt, rec) <= 0)
		xmt.v = rec.v + 1;
	ntp_bytes_put64(reply + NTP_PACKET_XMT, xmt.v);
	if (ex->key)
		sign(ex->key, reply);
	return xmt;
}

void ntp_respond_seal_interleaved(const struct ntp_exchange *ex, u8 *reply,
				  ntp_ts_t xmt)
{
	ntp_bytes_put64(reply + NTP_PACKET_ORG, ex->pkt.rec.v);
	ntp_bytes_put64(reply + NTP_PACKET_XMT, xmt.v);
	if (unlikely(ex->key))
		sign(ex->key, reply);
}

void ntp_respond_add_disp(u8 *reply, u64 ns)
{
	u32 disp = ntp_bytes_get32(reply + NTP_PACKET_ROOTDISP);
	u32 more = ntp_lfp_short(ns).v;

	ntp_bytes_put32(reply + NTP_PACKET_ROOTDISP,
			disp + more < disp ? ~0U : disp + more);
}
