// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */

#include "kmod/core/respond.h"
#include "tests/lib/tap.h"
#include "tools/lib/port.h"

#define ROUNDS	100000

static const struct ntp_policy policy = { .minpoll = 3 };

static struct ntp_packet parse(const u8 *buf)
{
	struct ntp_packet pkt = { 0 };
	enum ntp_reason why;

	ok(ntp_packet_parse(&pkt, buf, NTP_PACKET_HEADER, &why),
	   "the reply is a packet");
	return pkt;
}

static struct ntp_sysvars_now sync_vars(void)
{
	return (struct ntp_sysvars_now){
		.state = NTP_SYSVARS_SYNC,
		.leap = 2,
		.stratum = 2,
		.precision = -23,
		.refid = 0xc0000202,
		.reftime = { 0xe000000011111111 },
		.rootdelay = { 77 },
		.rootdisp = { 99 },
	};
}

static struct ntp_exchange exchange(u8 version, u8 mode)
{
	return (struct ntp_exchange){
		.len = NTP_PACKET_HEADER,
		.rec = { 0xe000000122222222 },
		.reason = NTP_SERVED,
		.pkt = {
			.version = version,
			.mode = mode,
			.poll = 6,
			.org = { 1 },
			.rec = { 2 },
			.xmt = { 0xfedcba9876543210 },
		},
	};
}

static void test_fields(void)
{
	struct ntp_sysvars_now sys = sync_vars();
	struct ntp_exchange ex = exchange(4, NTP_MODE_CLIENT);
	u8 reply[NTP_PACKET_HEADER];
	struct ntp_packet pkt;

	ntp_respond(&policy, &ex, &sys, reply);
	ntp_respond_seal(&ex, reply, (ntp_ts_t){ 0xe000000133333333 });
	pkt = parse(reply);
	is_int(pkt.leap, 2, "leap of the clock");
	is_int(pkt.version, 4, "version of the request");
	is_int(pkt.mode, NTP_MODE_SERVER, "mode 4");
	is_int(pkt.stratum, 2, "stratum of the clock");
	is_int(pkt.poll, 6, "poll of the request");
	is_int(pkt.precision, -23, "precision of the clock");
	is_int(pkt.rootdelay.v, 77, "root delay");
	is_int(pkt.rootdisp.v, 99, "root dispersion");
	is_int(pkt.refid, 0xc0000202, "reference identifier");
	is_int(pkt.reftime.v, 0xe000000011111111, "reference time");
	is_int(pkt.org.v, 0xfedcba9876543210, "origin is the request's xmt");
	is_int(pkt.rec.v, 0xe000000122222222, "receive time");
	is_int(pkt.xmt.v, 0xe000000133333333, "transmit time");
	is_int(ex.reason, NTP_SERVED, "it is served");
}

static void test_modes(void)
{
	struct ntp_sysvars_now sys = sync_vars();
	u8 reply[NTP_PACKET_HEADER];

	for (u8 version = 1; version <= 4; version++) {
		struct ntp_exchange ex = exchange(version, NTP_MODE_CLIENT);

		ntp_respond(&policy, &ex, &sys, reply);
		is_int(reply[0], 2 << 6 | version << 3 | NTP_MODE_SERVER,
		       "version %u, mode 3: mode 4", version);
		ex.pkt.mode = NTP_MODE_ACTIVE;
		ntp_respond(&policy, &ex, &sys, reply);
		is_int(reply[0], 2 << 6 | version << 3 | NTP_MODE_PASSIVE,
		       "version %u, mode 1: mode 2", version);
	}
	struct ntp_exchange old = exchange(1, NTP_MODE_RESERVED);

	ntp_respond(&policy, &old, &sys, reply);
	is_int(reply[0], 2 << 6 | 1 << 3 | NTP_MODE_SERVER,
	       "version 1, mode 0: mode 4");
}

static void test_poll(void)
{
	static const s8 polls[][2] = {
		{ -128, 3 }, { 0, 3 }, { 3, 3 }, { 4, 4 }, { 17, 17 }, { 127, 127 },
	};
	struct ntp_sysvars_now sys = sync_vars();
	u8 reply[NTP_PACKET_HEADER];

	for (size_t i = 0; i < sizeof(polls) / sizeof(polls[0]); i++) {
		struct ntp_exchange ex = exchange(4, NTP_MODE_CLIENT);

		ex.pkt.poll = polls[i][0];
		ntp_respond(&policy, &ex, &sys, reply);
		is_int((s8)reply[NTP_PACKET_POLL], polls[i][1],
		       "poll %d", polls[i][0]);
	}
}

static void test_unsync(void)
{
	struct ntp_sysvars_now sys = sync_vars();
	u8 reply[NTP_RESPOND_MAX];

	sys.state = NTP_SYSVARS_EXPIRED;
	sys.leap = NTP_LEAP_UNSYNC;
	sys.stratum = NTP_STRATUM_UNSPEC;
	struct ntp_exchange ex = exchange(4, NTP_MODE_CLIENT);

	ntp_respond(&policy, &ex, &sys, reply);
	is_int(reply[0], 0xe4, "unsync: leap 3");
	is_int(reply[1], 0, "unsync: stratum 0");
	is_int(ex.reason, NTP_SERVED_UNSYNC, "unsync: counted as such");
	ex = exchange(4, NTP_MODE_ACTIVE);
	ex.reason = NTP_SERVED_SYMMETRIC;
	ntp_respond(&policy, &ex, &sys, reply);
	is_int(ex.reason, NTP_SERVED_UNSYNC, "unsync: also for mode 1");
	ex.reason = NTP_SERVED_NAK;
	ntp_respond(&policy, &ex, &sys, reply);
	is_int(ex.reason, NTP_SERVED_NAK, "unsync: a NAK stays a NAK");
}

static void test_nak(void)
{
	struct ntp_sysvars_now sys = sync_vars();
	struct ntp_exchange ex = exchange(4, NTP_MODE_CLIENT);
	u8 reply[NTP_RESPOND_MAX + 1];

	is_int(ntp_respond_len(&ex), 48, "a reply has 48 octets");
	ex.reason = NTP_SERVED_NAK;
	is_int(ntp_respond_len(&ex), 52, "a crypto-NAK 52");
	memset(reply, 0xa5, sizeof(reply));
	ntp_respond(&policy, &ex, &sys, reply);
	ok(!memcmp(reply + 48, "\0\0\0\0\xa5", 5), "the last 4 are zero");
	ex.reason = NTP_SERVED;
	memset(reply, 0xa5, sizeof(reply));
	ntp_respond(&policy, &ex, &sys, reply);
	ok(reply[48] == 0xa5, "a reply ends with the header");
}

static void test_signed(void)
{
	struct ntp_key key = { .id = 11, .type = NTP_KEY_SHA1 };
	struct ntp_sysvars_now sys = sync_vars();
	u8 reply[NTP_RESPOND_MAX + 1];

	is_int(port_key_prepare(&key, NULL, (const u8 *)"secret", 6), 0, "key");
	for (int i = 0; i < 3; i++) {
		struct ntp_exchange ex = exchange(4, i == 2 ? NTP_MODE_ACTIVE :
							      NTP_MODE_CLIENT);

		ex.reason = i ? NTP_SERVED_AUTH : NTP_SERVED_RATE;
		ex.key = &key;
		is_int(ntp_respond_len(&ex), 72, "a signed reply has 72 octets");
		memset(reply, 0xa5, sizeof(reply));
		ntp_respond(&policy, &ex, &sys, reply);
		ntp_respond_seal(&ex, reply, (ntp_ts_t){ 0xe000000133333333 });
		ok(ntp_mac_verify(&key, reply, 48, reply + 48, 24),
		   "its MAC is right, transmit stamp and all");
		is_int(ntp_bytes_get32(reply + 48), 11, "it names the key");
		ok(reply[72] == 0xa5, "no octet more is written");
		is_int(ex.reason, i ? NTP_SERVED_AUTH : NTP_SERVED_RATE,
		       "counted as such");
	}
	struct ntp_exchange ex = exchange(4, NTP_MODE_CLIENT);

	ex.reason = NTP_SERVED_AUTH;
	ex.key = &key;
	sys.state = NTP_SYSVARS_UNSYNC;
	ntp_respond(&policy, &ex, &sys, reply);
	is_int(ex.reason, NTP_SERVED_UNSYNC, "unsync: also if it is signed");
	is_int(ntp_respond_len(&ex), 72, "which it is still");
	port_key_wipe(&key);
}

static void test_kiss(void)
{
	static const s8 polls[][3] = {
		{ 0, 3, 4 }, { 3, 0, 3 }, { 17, 6, 17 }, { 0, 12, 12 },
	};
	struct ntp_sysvars_now sys = sync_vars();
	struct ntp_policy limited = policy;
	struct ntp_exchange ex = exchange(3, NTP_MODE_CLIENT);
	u8 reply[NTP_RESPOND_MAX] = { 0 };
	struct ntp_packet pkt;

	ex.reason = NTP_SERVED_RATE;
	limited.limits.average_log2 = 3;
	is_int(ntp_respond_len(&ex), 48, "a kiss has 48 octets");
	ntp_respond(&limited, &ex, &sys, reply);
	ntp_respond_seal(&ex, reply, (ntp_ts_t){ 0xe000000133333333 });
	pkt = parse(reply);
	is_int(pkt.leap, NTP_LEAP_UNSYNC, "kiss: leap 3");
	is_int(pkt.stratum, 0, "kiss: stratum 0");
	ok(!memcmp(reply + NTP_PACKET_REFID, "RATE", 4), "kiss: RATE");
	is_int(pkt.version, 3, "kiss: version of the request");
	is_int(pkt.mode, NTP_MODE_SERVER, "kiss: mode 4");
	is_int(pkt.org.v, 0xfedcba9876543210, "kiss: origin");
	is_int(pkt.rootdelay.v | pkt.rootdisp.v | pkt.reftime.v, 0,
	       "kiss: nothing of the clock");
	ok(ntp_lfp_diff(pkt.xmt, pkt.rec) > 0, "kiss: transmit after receive");
	for (size_t i = 0; i < sizeof(polls) / sizeof(polls[0]); i++) {
		ex.pkt.poll = polls[i][0];
		limited.limits.average_log2 = (u8)polls[i][1];
		limited.minpoll = i ? 3 : 4;
		ntp_respond(&limited, &ex, &sys, reply);
		is_int((s8)reply[NTP_PACKET_POLL], polls[i][2],
		       "kiss: poll %d, average %d", polls[i][0], polls[i][1]);
	}
	sys.state = NTP_SYSVARS_EXPIRED;
	ntp_respond(&limited, &ex, &sys, reply);
	is_int(ex.reason, NTP_SERVED_RATE, "unsync: a kiss stays a kiss");
}

static void test_seal(void)
{
	struct ntp_exchange ex = exchange(4, NTP_MODE_CLIENT);
	bool after = true;

	for (int i = 0; i < ROUNDS && after; i++) {
		u8 reply[NTP_PACKET_HEADER] = { 0 };
		ntp_ts_t xmt, sent;
		s64 step = tap_below(2) ? (s64)tap_below(5) - 2 :
					  (s64)tap_random() / 2;

		ex.rec.v = tap_below(8) ? tap_random() : UINT64_MAX;
		xmt.v = ex.rec.v + (u64)step;
		sent = ntp_respond_seal(&ex, reply, xmt);
		after = ntp_lfp_diff(sent, ex.rec) > 0 &&
			sent.v == (step > 0 ? xmt.v : ex.rec.v + 1) &&
			ntp_bytes_get64(reply + NTP_PACKET_XMT) == sent.v;
		if (!after)
			diag("rec %#" PRIx64 " step %" PRId64, ex.rec.v, step);
	}
	ok(after, "xmt is after rec, also across eras, and is now if it can be");
}

int main(void)
{
	tap_start();
	test_fields();
	test_modes();
	test_poll();
	test_unsync();
	test_nak();
	test_signed();
	test_kiss();
	test_seal();
	return tap_finish();
}
