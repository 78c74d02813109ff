// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */

#include "kmod/core/ext.h"
#include "kmod/core/mac.h"
#include "kmod/core/packet.h"

static void parse_header(struct ntp_packet *pkt, const u8 *buf)
{
	const u8 first = buf[0];

	pkt->leap = first >> 6;
	pkt->version = ntp_packet_version(first);
	pkt->mode = ntp_packet_mode(first);
	pkt->stratum = buf[NTP_PACKET_STRATUM];
	pkt->poll = (s8)buf[NTP_PACKET_POLL];
	pkt->precision = (s8)buf[NTP_PACKET_PRECISION];
	pkt->rootdelay.v = ntp_bytes_get32(buf + NTP_PACKET_ROOTDELAY);
	pkt->rootdisp.v = ntp_bytes_get32(buf + NTP_PACKET_ROOTDISP);
	pkt->refid = ntp_bytes_get32(buf + NTP_PACKET_REFID);
	pkt->reftime.v = ntp_bytes_get64(buf + NTP_PACKET_REFTIME);
	pkt->org.v = ntp_bytes_get64(buf + NTP_PACKET_ORG);
	pkt->rec.v = ntp_bytes_get64(buf + NTP_PACKET_REC);
	pkt->xmt.v = ntp_bytes_get64(buf + NTP_PACKET_XMT);
}

/* The spans behind the header; false leaves the reason in @why. */
static bool parse_tail(struct ntp_packet *pkt, const u8 *tail, size_t len,
		       enum ntp_reason *why)
{
	if (pkt->version < 4) {
		*why = NTP_PASS_MAC;
		if (!ntp_mac_is_length(len))
			return false;
	} else {
		*why = NTP_PASS_EXTENSION;
		if (!ntp_ext_scan(tail, len, &pkt->ext_len, &pkt->has_nts))
			return false;
	}
	pkt->mac_len = (u16)(len - pkt->ext_len);
	if (pkt->mac_len)
		pkt->keyid = ntp_bytes_get32(tail + pkt->ext_len);
	return true;
}

bool ntp_packet_parse(struct ntp_packet *pkt, const u8 *buf, size_t len,
		      enum ntp_reason *why)
{
	if (unlikely(len < NTP_PACKET_HEADER)) {
		*why = NTP_PASS_SHORT;
		return false;
	}
	if (unlikely(len > NTP_PACKET_MAX)) {
		*why = NTP_PASS_LONG;
		return false;
	}
	parse_header(pkt, buf);
	pkt->has_nts = false;
	pkt->ext_len = 0;
	pkt->mac_len = 0;
	pkt->keyid = 0;
	if (likely(len == NTP_PACKET_HEADER))
		return true;
	return parse_tail(pkt, buf + NTP_PACKET_HEADER, len - NTP_PACKET_HEADER,
			  why);
}
