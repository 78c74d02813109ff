// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include "daemon/engine/broadcast.h"
#include "daemon/engine/leap.h"
#include "daemon/engine/manycast.h"
#include "daemon/engine/peer.h"
#include "daemon/engine/refid.h"
#include "daemon/engine/symmetric.h"
#include "kmod/core/bytes.h"
#include "tests/lib/tap.h"
#include "tools/lib/addr.h"
#include "tools/lib/port.h"

static const ntp_ts_t xmt = { 0x123456789abcdef0 };

static void good(u8 buf[NTP_PACKET_HEADER])
{
	struct ntp_packet pkt = {
		.version = 4,
		.mode = NTP_MODE_SERVER,
		.stratum = 2,
		.poll = 6,
		.precision = -23,
		.rootdelay = { 100 },
		.rootdisp = { 200 },
		.refid = 0xc0000201,
		.reftime = { 0xe0000000ULL << 32 },
		.org = xmt,
		.rec = { 0xe0000010ULL << 32 },
		.xmt = { (0xe0000010ULL << 32) + 1000 },
	};

	ntp_packet_write(buf, &pkt);
}

static enum auth_result auth;

static enum peer_check check_as(const u8 *buf, size_t len, ntp_ts_t sent,
				u8 version)
{
	struct peer_request req = { .xmt = sent, .version = version };
	struct ntp_packet pkt;

	return peer_check_reply(&pkt, buf, len, &req, &auth);
}

static enum peer_check check(const u8 *buf, size_t len)
{
	return check_as(buf, len, xmt, 4);
}

static void test_fields(void)
{
	u8 buf[NTP_PACKET_HEADER + 20] = { 0 };

	good(buf);
	is_int(check(buf, NTP_PACKET_HEADER), PEER_GOOD, "a good reply");
	is_int(check(buf, sizeof(buf)), PEER_GOOD, "what follows is ignored");
	is_int(check(buf, NTP_PACKET_HEADER - 1), PEER_BAD_LENGTH, "short");
	is_int(check(buf, 0), PEER_BAD_LENGTH, "empty");
	is_int(check_as(buf, NTP_PACKET_HEADER, xmt, 3),
	       PEER_BAD_VERSION, "another version than that of the request");
	for (int mode = 0; mode < 8; mode++) {
		good(buf);
		buf[0] = (u8)((buf[0] & ~7) | mode);
		is_int(check(buf, NTP_PACKET_HEADER),
		       mode == NTP_MODE_SERVER ? PEER_GOOD : PEER_BAD_MODE,
		       "mode %d", mode);
	}
	good(buf);
	buf[0] |= 3 << 6;
	is_int(check(buf, NTP_PACKET_HEADER), PEER_UNSYNC, "leap 3");
	good(buf);
	buf[NTP_PACKET_STRATUM] = 0;
	is_int(check(buf, NTP_PACKET_HEADER), PEER_UNSYNC, "stratum 0");
	buf[NTP_PACKET_STRATUM] = 15;
	is_int(check(buf, NTP_PACKET_HEADER), PEER_GOOD, "stratum 15");
	buf[NTP_PACKET_STRATUM] = 16;
	is_int(check(buf, NTP_PACKET_HEADER), PEER_BAD_STRATUM, "stratum 16");
	good(buf);
	ntp_bytes_put32(buf + NTP_PACKET_ROOTDISP, 16 << 16);
	is_int(check(buf, NTP_PACKET_HEADER), PEER_BAD_ROOT, "dispersion 16 s");
	good(buf);
	ntp_bytes_put32(buf + NTP_PACKET_ROOTDELAY, 0xffffffff);
	is_int(check(buf, NTP_PACKET_HEADER), PEER_BAD_ROOT, "delay 65535 s");
}

static void test_stamps(void)
{
	u8 buf[NTP_PACKET_HEADER];
	unsigned int taken = 0;

	good(buf);
	ntp_bytes_put64(buf + NTP_PACKET_ORG, 0);
	is_int(check(buf, sizeof(buf)), PEER_BAD_ORIGIN, "origin 0");
	is_int(check_as(buf, sizeof(buf), (ntp_ts_t){ 0 }, 4),
	       PEER_BAD_ORIGIN, "also when nothing was asked");
	for (int bit = 0; bit < 64; bit++) {
		good(buf);
		ntp_bytes_put64(buf + NTP_PACKET_ORG, xmt.v ^ 1ULL << bit);
		taken += check(buf, sizeof(buf)) != PEER_BAD_ORIGIN;
	}
	is_int(taken, 0, "an origin that is wrong in any bit");
	good(buf);
	ntp_bytes_put64(buf + NTP_PACKET_XMT, 0);
	is_int(check(buf, sizeof(buf)), PEER_BAD_STAMP, "no transmit stamp");
	good(buf);
	ntp_bytes_put64(buf + NTP_PACKET_REC, 0);
	is_int(check(buf, sizeof(buf)), PEER_BAD_STAMP, "no receive stamp");
	good(buf);
	ntp_bytes_put64(buf + NTP_PACKET_XMT, 0xe0000000ULL << 32);
	is_int(check(buf, sizeof(buf)), PEER_BAD_STAMP, "sent before received");
	good(buf);
	ntp_bytes_put64(buf + NTP_PACKET_XMT, (0xe0000010ULL << 32) - 1);
	is_int(check(buf, sizeof(buf)), PEER_GOOD, "but for the fuzz");
	good(buf);
	ntp_bytes_put64(buf + NTP_PACKET_REC, ~0ULL);
	ntp_bytes_put64(buf + NTP_PACKET_XMT, 5);
	is_int(check(buf, sizeof(buf)), PEER_GOOD, "across the era of 2036");
}

static void test_interleaved(void)
{
	struct peer_request req = { .xmt = xmt, .rec = { 0xfedcba9876543210 },
				    .version = 4 };
	u8 buf[NTP_PACKET_HEADER];
	struct ntp_packet pkt;
	unsigned int taken = 0;

	good(buf);
	is_int(peer_check_reply(&pkt, buf, sizeof(buf), &req, &auth), PEER_GOOD,
	       "a basic reply to an interleaved request");
	ntp_bytes_put64(buf + NTP_PACKET_ORG, req.rec.v);
	is_int(peer_check_reply(&pkt, buf, sizeof(buf), &req, &auth),
	       PEER_BAD_STAMP, "an interleaved one of the future");
	ntp_bytes_put64(buf + NTP_PACKET_XMT, 0xe0000010ULL << 32);
	is_int(peer_check_reply(&pkt, buf, sizeof(buf), &req, &auth),
	       PEER_BAD_STAMP, "transmit and receive stamp are the same");
	ntp_bytes_put64(buf + NTP_PACKET_XMT, 0xe000000fULL << 32);
	is_int(peer_check_reply(&pkt, buf, sizeof(buf), &req, &auth), PEER_GOOD,
	       "an interleaved one, of what was a second ago");
	for (int bit = 0; bit < 64; bit++) {
		ntp_bytes_put64(buf + NTP_PACKET_ORG, req.rec.v ^ 1ULL << bit);
		taken += peer_check_reply(&pkt, buf, sizeof(buf), &req,
					  &auth) != PEER_BAD_ORIGIN;
	}
	is_int(taken, 0, "a receive stamp that is wrong in any bit");
	ntp_bytes_put64(buf + NTP_PACKET_ORG, 0);
	is_int(check(buf, sizeof(buf)), PEER_BAD_ORIGIN,
	       "origin 0, where no receive stamp was sent");
	ntp_bytes_put64(buf + NTP_PACKET_ORG, req.rec.v);
	is_int(check(buf, sizeof(buf)), PEER_BAD_ORIGIN, "or another one");
}

static void test_kiss(void)
{
	static const char *const code[] = { "RATE", "DENY", "RSTR" };
	u8 buf[NTP_PACKET_HEADER];

	for (int i = 0; i < 3; i++) {
		good(buf);
		buf[NTP_PACKET_STRATUM] = 0;
		memcpy(buf + NTP_PACKET_REFID, code[i], 4);
		ntp_bytes_put64(buf + NTP_PACKET_XMT, 0);
		is_int(check(buf, sizeof(buf)), PEER_KISS, "%s", code[i]);
		ntp_bytes_put64(buf + NTP_PACKET_ORG, xmt.v + 1);
		is_int(check(buf, sizeof(buf)), PEER_BAD_ORIGIN,
		       "%s by somebody else", code[i]);
	}
	good(buf);
	buf[NTP_PACKET_STRATUM] = 0;
	memcpy(buf + NTP_PACKET_REFID, "XYZZ", 4);
	is_int(check(buf, sizeof(buf)), PEER_UNSYNC, "an unknown kiss code");
	good(buf);
	memcpy(buf + NTP_PACKET_REFID, "RATE", 4);
	is_int(check(buf, sizeof(buf)), PEER_GOOD, "RATE above stratum 0");
}

static void test_key(void)
{
	static const struct ntp_key_peer others = {
		.addr = { { [10] = 0xff, 0xff, 10, 0, 0, 0 } }, .prefix = 104,
	};
	struct ntp_key key = { .id = 4, .type = NTP_KEY_SHA1,
			       .is_trusted = true };
	struct peer_request req = { .xmt = xmt, .version = 4, .keyid = 4,
				    .key = &key };
	u8 buf[AUTH_PACKET_MAX + 4] = { 0 };
	struct ntp_packet pkt;
	unsigned int taken = 0;
	size_t len = NTP_PACKET_HEADER + NTP_MAC_160;

	addr_parse("192.0.2.1", &req.to, NULL);
	is_int(port_key_prepare(&key, NULL, (const u8 *)"secret", 6), 0,
	       "a key");
	good(buf);
	ok(ntp_mac_sign(&key, buf, NTP_PACKET_HEADER), "a reply is signed");
	is_int(peer_check_reply(&pkt, buf, len, &req, &auth), PEER_GOOD,
	       "with the key that was asked for");
	for (size_t bit = 0; bit < len * 8; bit++) {
		buf[bit / 8] ^= 1 << bit % 8;
		taken += peer_check_reply(&pkt, buf, len, &req, &auth) ==
			 PEER_GOOD;
		buf[bit / 8] ^= 1 << bit % 8;
	}
	is_int(taken, 0, "no bit of it can be changed");
	is_int(peer_check_reply(&pkt, buf, NTP_PACKET_HEADER, &req, &auth),
	       PEER_BAD_AUTH, "not signed");
	is_int(auth, AUTH_NONE, "and it is told");
	req.key = NULL;
	is_int(peer_check_reply(&pkt, buf, len, &req, &auth), PEER_BAD_AUTH,
	       "the key is gone here");
	req.key = &key;
	key.peer = &others;
	key.peer_n = 1;
	is_int(peer_check_reply(&pkt, buf, len, &req, &auth), PEER_BAD_AUTH,
	       "the key is for others");
	is_int(auth, AUTH_NOT_THEIRS, "and it is told");
	key.peer_n = 0;
	key.id = 5;
	is_int(peer_check_reply(&pkt, buf, len, &req, &auth), PEER_BAD_AUTH,
	       "another key");
	is_int(auth, AUTH_NO_KEY, "and it is told");
	key.id = 4;

	ntp_bytes_put32(buf + NTP_PACKET_HEADER, 0);
	len = NTP_PACKET_HEADER + NTP_MAC_NAK;
	is_int(peer_check_reply(&pkt, buf, len, &req, &auth), PEER_NAK,
	       "a crypto-NAK");
	ntp_bytes_put64(buf + NTP_PACKET_ORG, xmt.v + 1);
	is_int(peer_check_reply(&pkt, buf, len, &req, &auth), PEER_BAD_ORIGIN,
	       "a crypto-NAK by somebody else");
	good(buf);
	buf[NTP_PACKET_STRATUM] = 0;
	memcpy(buf + NTP_PACKET_REFID, "DENY", 4);
	is_int(peer_check_reply(&pkt, buf, NTP_PACKET_HEADER, &req, &auth),
	       PEER_BAD_AUTH, "a kiss counts when it is signed");
	is_int(check(buf, NTP_PACKET_HEADER), PEER_KISS,
	       "or where no key is asked for");
	port_key_wipe(&key);
}

static ntp_ts_t at(unsigned int s)
{
	return (ntp_ts_t){ (0xe0000000ULL + s) << 32 };
}

static void test_symmetric(void)
{
	struct ntp_packet pkt = { .version = 4, .mode = NTP_MODE_ACTIVE,
				  .stratum = 2 };
	struct peer_symmetric sym = { 0 };
	enum peer_check is;

	is_int(symmetric_check(&pkt, &sym, false, &is), SYMMETRIC_NOTHING,
	       "no transmit stamp: nothing");
	pkt.xmt = at(10);
	is_int(symmetric_check(&pkt, &sym, false, &is), SYMMETRIC_STAMPS,
	       "the first packet says what is to be answered");
	is_int(is, PEER_BAD_ORIGIN, "origin 0 is no time, ever");
	sym = (struct peer_symmetric){ .org = at(10), .xmt = at(11) };
	is_int(symmetric_check(&pkt, &sym, true, &is), SYMMETRIC_NOTHING,
	       "the same again: nothing");
	is_int(is, PEER_DUPLICATE, "as a duplicate");
	pkt.xmt = at(12);
	is_int(symmetric_check(&pkt, &sym, true, &is), SYMMETRIC_STAMPS,
	       "origin 0 later on: no time");
	pkt.org = at(11);
	pkt.rec = at(11);
	is_int(symmetric_check(&pkt, &sym, true, &is), SYMMETRIC_TIME,
	       "an answer to our last packet");
	is_int(is, PEER_GOOD, "is time");
	pkt.leap = NTP_LEAP_UNSYNC;
	is_int(symmetric_check(&pkt, &sym, true, &is), SYMMETRIC_TIME,
	       "one without time");
	is_int(is, PEER_UNSYNC, "is told apart");
	pkt.leap = 0;
	pkt.rec.v = 0;
	symmetric_check(&pkt, &sym, true, &is);
	is_int(is, PEER_BAD_STAMP, "no receive stamp");
	pkt.rec = at(11);
	pkt.org.v++;
	is_int(symmetric_check(&pkt, &sym, true, &is), SYMMETRIC_STAMPS,
	       "an answer to another packet: no time");
	pkt.xmt = at(9);
	is_int(symmetric_check(&pkt, &sym, true, &is), SYMMETRIC_NOTHING,
	       "nor even that, from before what came last");
	is_int(symmetric_check(&pkt, &sym, false, &is), SYMMETRIC_STAMPS,
	       "unless it had been silent: it may have been set back");
	pkt.org.v = 0;
	sym.xmt.v = 0;
	symmetric_check(&pkt, &sym, false, &is);
	is_int(is, PEER_BAD_ORIGIN, "0 does not answer 0");
}

static void test_broadcast(void)
{
	struct ntp_packet pkt = { .version = 4, .mode = NTP_MODE_BROADCAST,
				  .stratum = 2 };
	struct peer_broadcast state = { 0 };
	double lag;

	is_int(broadcast_check(&pkt, &state), PEER_BAD_STAMP,
	       "a broadcast without stamp");
	pkt.xmt = at(10);
	is_int(broadcast_check(&pkt, &state), PEER_GOOD, "the first one");
	state.xmt = at(10);
	is_int(broadcast_check(&pkt, &state), PEER_DUPLICATE, "again");
	pkt.xmt = at(9);
	is_int(broadcast_check(&pkt, &state), PEER_DUPLICATE, "an older one");
	pkt.xmt = at(11);
	is_int(broadcast_check(&pkt, &state), PEER_GOOD, "the next one");
	pkt.leap = NTP_LEAP_UNSYNC;
	is_int(broadcast_check(&pkt, &state), PEER_UNSYNC, "without time");

	pkt.poll = 3;
	ok(!broadcast_left(&pkt, &state, &lag), "nothing about the one before");
	pkt.org.v = state.xmt.v + (1ULL << 20);
	ok(broadcast_left(&pkt, &state, &lag) && lag == 0x1p-12,
	   "it left 0.2 ms after its stamp");
	pkt.org.v = state.xmt.v - 1;
	ok(!broadcast_left(&pkt, &state, &lag), "not before it");
	pkt.org = at(18);
	ok(!broadcast_left(&pkt, &state, &lag), "nor that late: one was lost");
	pkt.org.v = state.xmt.v + (1ULL << 28);
	pkt.poll = -4;
	ok(!broadcast_left(&pkt, &state, &lag), "nor here, as they come often");
	state.xmt.v = 0;
	pkt.org = at(10);
	ok(!broadcast_left(&pkt, &state, &lag), "none before");
}

static void test_manycast(void)
{
	struct ntp_packet pkt = { .stratum = 0 };
	struct ntp_sysvars_now now = { .state = NTP_SYSVARS_SYNC,
				       .stratum = 3 };

	ok(manycast_is_due(&pkt, &now, false), "who has no time is answered");
	pkt.stratum = 4;
	ok(manycast_is_due(&pkt, &now, false), "who has a worse one, too");
	pkt.stratum = 3;
	ok(!manycast_is_due(&pkt, &now, false), "one's own stratum is not");
	ok(manycast_is_due(&pkt, &now, true), "but with tos cohort");
	pkt.stratum = 2;
	ok(!manycast_is_due(&pkt, &now, true), "who is better is not");
	now.state = NTP_SYSVARS_UNSYNC;
	pkt.stratum = 0;
	ok(!manycast_is_due(&pkt, &now, true), "without time, nobody is");
}

static void test_refid(void)
{
	struct ntp_addr addr;

	addr_parse("192.0.2.1", &addr, NULL);
	is_int(refid_from_addr(&addr), 0xc0000201, "IPv4: the address");
	/* md5 of the 16 octets of 2001:db8::1 */
	addr_parse("2001:db8::1", &addr, NULL);
	is_int(refid_from_addr(&addr), 0x39ab9b37, "IPv6: of its MD5");
	is_int(refid_from_text("LOCL"), 0x4c4f434c, "text");
	is_int(refid_from_text("GPS"), 0x47505300, "short text");
}

static void test_leap(void)
{
	const int64_t last = 1483228799;	/* 2016-12-31 23:59:59 */
	struct leap_vote vote = { 0 };

	ok(leap_is_last_day(last), "last second of the year");
	ok(leap_is_last_day(last - 86399), "first second of that day");
	ok(!leap_is_last_day(last - 86400), "the day before");
	ok(!leap_is_last_day(last + 1), "the day after");
	ok(leap_is_last_day(1709164800), "29 February 2024");
	ok(!leap_is_last_day(1709078400), "28 February 2024");

	is_int(leap_decide(&vote, last), LEAP_NONE, "nobody says anything");
	leap_vote_add(&vote, LEAP_INSERT);
	is_int(leap_decide(&vote, last), LEAP_INSERT, "one, who says so");
	leap_vote_add(&vote, LEAP_NONE);
	is_int(leap_decide(&vote, last), LEAP_NONE, "half is no majority");
	leap_vote_add(&vote, LEAP_INSERT);
	is_int(leap_decide(&vote, last), LEAP_INSERT, "two of three");
	is_int(leap_decide(&vote, last - 86400), LEAP_NONE, "not too early");
	is_int(leap_decide(&vote, last + 1), LEAP_NONE, "nor too late");
	vote = (struct leap_vote){ 0 };
	leap_vote_add(&vote, LEAP_DELETE);
	is_int(leap_decide(&vote, last), LEAP_DELETE, "a deleted second");
}

int main(void)
{
	tap_start();
	test_fields();
	test_stamps();
	test_interleaved();
	test_kiss();
	test_key();
	test_symmetric();
	test_broadcast();
	test_manycast();
	test_refid();
	test_leap();
	return tap_finish();
}
