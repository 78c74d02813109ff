/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef NTP_PACKET_H
#define NTP_PACKET_H

#include "kmod/core/bytes.h"
#include "kmod/core/lfp.h"
#include "kmod/core/reason.h"

/* Layout of the header, RFC 5905 figure 8. */
enum {
	NTP_PACKET_STRATUM	= 1,
	NTP_PACKET_POLL		= 2,
	NTP_PACKET_PRECISION	= 3,
	NTP_PACKET_ROOTDELAY	= 4,
	NTP_PACKET_ROOTDISP	= 8,
	NTP_PACKET_REFID	= 12,
	NTP_PACKET_REFTIME	= 16,
	NTP_PACKET_ORG		= 24,
	NTP_PACKET_REC		= 32,
	NTP_PACKET_XMT		= 40,
	NTP_PACKET_HEADER	= 48,
	/* Larger payloads go unanswered: the IPv6 minimum MTU less headers. */
	NTP_PACKET_MAX		= 1232,
};

enum ntp_mode {
	NTP_MODE_RESERVED	= 0,
	NTP_MODE_ACTIVE		= 1,
	NTP_MODE_PASSIVE	= 2,
	NTP_MODE_CLIENT		= 3,
	NTP_MODE_SERVER		= 4,
	NTP_MODE_BROADCAST	= 5,
	NTP_MODE_CONTROL	= 6,
	NTP_MODE_PRIVATE	= 7,
};

enum {
	NTP_PORT		= 123,
	NTP_LEAP_UNSYNC		= 3,
	NTP_STRATUM_UNSPEC	= 0,	/* on the wire, for 16 */
	NTP_STRATUM_UNSYNC	= 16,
};

/**
 * struct ntp_packet - an NTP packet, taken apart
 * @leap: leap indicator
 * @version: version number
 * @mode: association mode, enum ntp_mode
 * @stratum: as on the wire, 0 for unspecified
 * @poll: log2 of the poll interval in s
 * @precision: log2 of the precision in s
 * @rootdelay: root delay
 * @rootdisp: root dispersion
 * @refid: reference identifier, host order
 * @reftime: reference time
 * @org: origin time
 * @rec: receive time
 * @xmt: transmit time
 * @ext_len: octets of extension fields, which follow the header
 * @mac_len: octets of key identifier and digest, which follow these; 0 if none
 * @keyid: key identifier, where @mac_len is not 0
 * @has_nts: there is a field of Network Time Security among the extensions
 */
struct ntp_packet {
	u8 leap;
	u8 version;
	u8 mode;
	u8 stratum;
	s8 poll;
	s8 precision;
	bool has_nts;
	u16 ext_len;
	u16 mac_len;
	u32 keyid;
	ntp_short_t rootdelay;
	ntp_short_t rootdisp;
	u32 refid;
	ntp_ts_t reftime;
	ntp_ts_t org;
	ntp_ts_t rec;
	ntp_ts_t xmt;
};

static inline u8 ntp_packet_mode(u8 first)
{
	return first & 7;
}

static inline u8 ntp_packet_version(u8 first)
{
	return first >> 3 & 7;
}

/**
 * ntp_packet_parse() - take an NTP packet of modes 1 to 5 apart
 * @pkt: what was found; all of it is set when the packet is well formed
 * @buf: UDP payload
 * @len: its length in octets, any
 * @why: what is wrong, where something is; else of no meaning
 *
 * Knows the header and the spans behind it (RFC 5905 section 7.3, RFC 7822):
 * with version 4, extension fields and then a MAC of 20 or 24 octets; with
 * lower versions a MAC only. It does not look at the fields' meaning.
 *
 * Return: true if well formed; else false, and @why is NTP_PASS_SHORT,
 * NTP_PASS_LONG, NTP_PASS_EXTENSION or NTP_PASS_MAC. A crypto-NAK (a MAC of 4
 * octets) is well formed here: @pkt->mac_len is 4.
 */
bool ntp_packet_parse(struct ntp_packet *pkt, const u8 *buf, size_t len,
		      enum ntp_reason *why);

/**
 * ntp_packet_write() - write the header of a packet
 * @buf: NTP_PACKET_HEADER octets
 * @pkt: the fields; spans behind the header are the caller's
 *
 * Inline, so that a packet that is built only to be written never exists.
 */
static inline void ntp_packet_write(u8 *buf, const struct ntp_packet *pkt)
{
	buf[0] = (u8)(pkt->leap << 6 | (pkt->version & 7) << 3 |
		      (pkt->mode & 7));
	buf[NTP_PACKET_STRATUM] = pkt->stratum;
	buf[NTP_PACKET_POLL] = (u8)pkt->poll;
	buf[NTP_PACKET_PRECISION] = (u8)pkt->precision;
	ntp_bytes_put32(buf + NTP_PACKET_ROOTDELAY, pkt->rootdelay.v);
	ntp_bytes_put32(buf + NTP_PACKET_ROOTDISP, pkt->rootdisp.v);
	ntp_bytes_put32(buf + NTP_PACKET_REFID, pkt->refid);
	ntp_bytes_put64(buf + NTP_PACKET_REFTIME, pkt->reftime.v);
	ntp_bytes_put64(buf + NTP_PACKET_ORG, pkt->org.v);
	ntp_bytes_put64(buf + NTP_PACKET_REC, pkt->rec.v);
	ntp_bytes_put64(buf + NTP_PACKET_XMT, pkt->xmt.v);
}

#endif
