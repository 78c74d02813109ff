// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include <math.h>

#include "kmod/core/bytes.h"
#include "kmod/core/packet.h"
#include "tests/sim/io.h"

/* Modelled servers: their time is UTC, but for what a scenario tells. */

#define PRECISION	(-29)
#define KISS_RATE	0x52415445U	/* "RATE" */
#define REFID		0x53494d00U	/* "SIM" */

static ntp_ts_t time_of(const struct server *s, double t)
{
	double lie = s->lie + s->drift * fmax(t - s->since, 0);
	double ns = (t + world_utc_shift(t) + lie) * 1e9;

	return ntp_lfp_from_unix(world.epoch_ns + (int64_t)floor(ns));
}

/*
 * Interleaved mode: is this the receive stamp of a reply that is remembered? It
 * is told once when that left. A new one takes the place of some old one.
 */
static bool recall(struct node *node, const u8 *asked, u64 *xmt)
{
	u64 org = ntp_bytes_get64(asked + NTP_PACKET_ORG);

	for (int i = 0; i < SERVER_KEEPS && org; i++) {
		if (node->kept[i].rec != org)
			continue;
		*xmt = node->kept[i].left;
		node->kept[i].rec = 0;
		return true;
	}
	return false;
}

static void keep(struct node *node, u64 rec, u64 left)
{
	struct server_kept *at = &node->kept[rng_bits(&node->bits) %
					     SERVER_KEEPS];

	for (int i = 0; i < SERVER_KEEPS; i++)
		if (!node->kept[i].rec)
			at = &node->kept[i];
	*at = (struct server_kept){ rec, left };
}

void server_answer(struct node *node, const struct event *request)
{
	const struct server *s = &node->server;
	const u8 *asked = request->buf;
	u8 buf[NTP_PACKET_HEADER] = { 0 };
	u8 stratum = (u8)s->stratum;
	u32 refid = REFID;
	double later = s->turn;
	u64 org, rec, xmt;

	if (s->down != 0 || request->len < NTP_PACKET_HEADER)
		return;
	if (s->kiss != 0) {
		stratum = 0;
		refid = KISS_RATE;
	}
	buf[0] = (u8)((unsigned int)s->leap << 6 |
		      ntp_packet_version(asked[0]) << 3 | NTP_MODE_SERVER);
	buf[NTP_PACKET_STRATUM] = stratum;
	buf[NTP_PACKET_POLL] = asked[NTP_PACKET_POLL];
	buf[NTP_PACKET_PRECISION] = (u8)PRECISION;
	ntp_bytes_put32(buf + NTP_PACKET_ROOTDELAY,
			ntp_lfp_short((u64)(s->rootdelay * 1e9)).v);
	ntp_bytes_put32(buf + NTP_PACKET_ROOTDISP,
			ntp_lfp_short((u64)(s->rootdisp * 1e9)).v);
	ntp_bytes_put32(buf + NTP_PACKET_REFID, refid);
	ntp_bytes_put64(buf + NTP_PACKET_REFTIME,
			time_of(s, world.now - 16).v);
	if (s->late > 0)
		later += s->late * rng_exponential(&node->bits);
	org = ntp_bytes_get64(asked + NTP_PACKET_XMT);
	rec = time_of(s, world.now).v;
	xmt = time_of(s, world.now + s->turn).v;
	if (s->keep != 0) {
		if (recall(node, asked, &xmt))
			org = ntp_bytes_get64(asked + NTP_PACKET_REC);
		keep(node, rec, time_of(s, world.now + later).v);
	}
	ntp_bytes_put64(buf + NTP_PACKET_ORG, org);
	ntp_bytes_put64(buf + NTP_PACKET_REC, rec);
	ntp_bytes_put64(buf + NTP_PACKET_XMT, xmt);
	wire_send(node, request->from, buf, sizeof(buf), request->src.port,
		  s->refuse != 0, later);
}
