// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */

#include "kmod/core/ext.h"
#include "kmod/core/mac.h"
#include "kmod/core/packet.h"
#include "tests/lib/tap.h"

#define ROUNDS	100000

static void fill(u8 *buf, size_t len)
{
	for (size_t i = 0; i < len; i++)
		buf[i] = (u8)tap_random();
}

/*
 * Heap memory of the exact length, so that the sanitizer sees a read beyond,
 * and at an odd address, as a packet may lie.
 */
static bool parse(struct ntp_packet *pkt, const u8 *buf, size_t len,
		  enum ntp_reason *why)
{
	u8 *copy = malloc(len + 1);
	bool is_good;

	memcpy(copy + 1, buf, len);
	*why = NTP_REASON_COUNT;
	memset(pkt, 1, sizeof(*pkt));
	is_good = ntp_packet_parse(pkt, copy + 1, len, why);
	free(copy);
	return is_good;
}

static void test_round_trip(void)
{
	bool same = true;

	for (int i = 0; i < ROUNDS && same; i++) {
		u8 in[NTP_PACKET_HEADER], out[NTP_PACKET_HEADER + 1];
		struct ntp_packet pkt;
		enum ntp_reason why;

		fill(in, sizeof(in));
		out[NTP_PACKET_HEADER] = 0xa5;
		same = parse(&pkt, in, sizeof(in), &why) && !pkt.ext_len &&
		       !pkt.mac_len && !pkt.has_nts;
		ntp_packet_write(out, &pkt);
		same = same && !memcmp(in, out, sizeof(in)) &&
		       out[NTP_PACKET_HEADER] == 0xa5;
	}
	ok(same, "any header is written as it was read, in 48 octets");
}

static void test_fields(void)
{
	u8 buf[NTP_PACKET_HEADER];
	struct ntp_packet pkt;
	enum ntp_reason why;

	for (unsigned int i = 0; i < sizeof(buf); i++)
		buf[i] = (u8)(0x80 + i);
	buf[0] = 1 << 6 | 4 << 3 | NTP_MODE_CLIENT;
	ok(parse(&pkt, buf, sizeof(buf), &why), "a header alone is a packet");
	is_int(pkt.leap, 1, "leap");
	is_int(pkt.version, 4, "version");
	is_int(pkt.mode, 3, "mode");
	is_int(pkt.stratum, 0x81, "stratum");
	is_int(pkt.poll, -126, "poll is signed");
	is_int(pkt.precision, -125, "precision is signed");
	is_int(pkt.rootdelay.v, 0x84858687, "rootdelay");
	is_int(pkt.rootdisp.v, 0x88898a8b, "rootdisp");
	is_int(pkt.refid, 0x8c8d8e8f, "refid");
	is_int(pkt.reftime.v, 0x9091929394959697, "reftime");
	is_int(pkt.org.v, 0x98999a9b9c9d9e9f, "org");
	is_int(pkt.rec.v, 0xa0a1a2a3a4a5a6a7, "rec");
	is_int(pkt.xmt.v, 0xa8a9aaabacadaeaf, "xmt");
}

/* One octet string behind a header: s is a list of field lengths. */
struct tail {
	const char *name;
	u8 version;
	u16 fields[4];		/* lengths as written, 0 ends */
	u16 rest;		/* octets behind the fields */
	bool is_good;
	enum ntp_reason why;
	u16 ext_len, mac_len;
};

static const struct tail tails[] = {
	{ "field of 28", 4, { 28 }, 0, true, 0, 28, 0 },
	{ "field of 32", 4, { 32 }, 0, true, 0, 32, 0 },
	{ "two fields of 28", 4, { 28, 28 }, 0, true, 0, 56, 0 },
	{ "field of 16 before one of 28", 4, { 16, 28 }, 0, true, 0, 44, 0 },
	{ "field of 28 before one of 16", 4, { 28, 16 }, 0, false, NTP_PASS_EXTENSION, 0, 0 },
	{ "field of 16 alone", 4, { 16 }, 0, false, NTP_PASS_EXTENSION, 0, 0 },
	{ "field of 20 alone is a MAC", 4, { 20 }, 0, true, 0, 0, 20 },
	{ "field of 24 alone is a MAC", 4, { 24 }, 0, true, 0, 0, 24 },
	{ "field of 16 and a MAC of 20", 4, { 16 }, 20, true, 0, 16, 20 },
	{ "field of 28 and a MAC of 24", 4, { 28 }, 24, true, 0, 28, 24 },
	{ "field of 28 and a crypto-NAK", 4, { 28 }, 4, true, 0, 28, 4 },
	{ "field of 28 and 8 octets", 4, { 28 }, 8, false, NTP_PASS_EXTENSION, 0, 0 },
	{ "field of 12", 4, { 12 }, 24, false, NTP_PASS_EXTENSION, 0, 0 },
	{ "field of 30", 4, { 30 }, 24, false, NTP_PASS_EXTENSION, 0, 0 },
	{ "MAC of 20", 4, { 0 }, 20, true, 0, 0, 20 },
	{ "MAC of 24", 4, { 0 }, 24, true, 0, 0, 24 },
	{ "crypto-NAK", 4, { 0 }, 4, true, 0, 0, 4 },
	{ "version 3, MAC of 20", 3, { 0 }, 20, true, 0, 0, 20 },
	{ "version 3, MAC of 24", 3, { 0 }, 24, true, 0, 0, 24 },
	{ "version 3, crypto-NAK", 3, { 0 }, 4, true, 0, 0, 4 },
	{ "version 3, field of 28", 3, { 28 }, 0, false, NTP_PASS_MAC, 0, 0 },
	{ "version 1, MAC of 12", 1, { 0 }, 12, false, NTP_PASS_MAC, 0, 0 },
	{ "odd octet", 4, { 0 }, 1, false, NTP_PASS_EXTENSION, 0, 0 },
	{ "12 octets", 4, { 0 }, 12, false, NTP_PASS_EXTENSION, 0, 0 },
};

static void test_tails(void)
{
	for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
		const struct tail *t = &tails[i];
		u8 buf[256] = { (u8)(t->version << 3 | NTP_MODE_CLIENT) };
		size_t len = NTP_PACKET_HEADER;
		struct ntp_packet pkt;
		enum ntp_reason why;
		bool is_good;

		for (int f = 0; f < 4 && t->fields[f]; f++) {
			buf[len] = 0xf0;
			buf[len + 2] = (u8)(t->fields[f] >> 8);
			buf[len + 3] = (u8)t->fields[f];
			len += t->fields[f];
		}
		for (int r = 0; r < t->rest; r++)
			buf[len++] = (u8)(0x11 + r);
		is_good = parse(&pkt, buf, len, &why);
		if (!t->is_good)
			ok(!is_good && why == t->why, "%s: %s", t->name,
			   ntp_reason_name(t->why));
		else
			ok(is_good && pkt.ext_len == t->ext_len &&
			   pkt.mac_len == t->mac_len && !pkt.has_nts &&
			   (!t->rest || pkt.keyid == (t->rest == 4 ||
						      t->mac_len ?
						      0x11121314U : 0)),
			   "%s: %u + %u", t->name, t->ext_len, t->mac_len);
	}
}

static void test_lengths(void)
{
	static const u8 buf[1500] = { 4 << 3 | NTP_MODE_CLIENT };
	struct ntp_packet pkt;
	enum ntp_reason why;
	bool is_short = true, is_long = true;

	for (size_t len = 0; len < NTP_PACKET_HEADER; len++)
		is_short &= !parse(&pkt, buf, len, &why) &&
			    why == NTP_PASS_SHORT;
	ok(is_short, "below 48 octets a packet is short");
	for (size_t len = NTP_PACKET_MAX + 1; len <= sizeof(buf); len++)
		is_long &= !parse(&pkt, buf, len, &why) && why == NTP_PASS_LONG;
	ok(is_long, "above 1232 octets it is long");
}

static void test_longest(void)
{
	u8 buf[NTP_PACKET_MAX] = { 4 << 3 | NTP_MODE_CLIENT };
	struct ntp_packet pkt;
	enum ntp_reason why;

	buf[48] = 0xf0;
	buf[50] = (NTP_PACKET_MAX - NTP_PACKET_HEADER) >> 8;
	buf[51] = (NTP_PACKET_MAX - NTP_PACKET_HEADER) & 0xff;
	ok(parse(&pkt, buf, sizeof(buf), &why) && pkt.ext_len == 1184,
	   "1232 octets with one field are a packet");
	buf[51] += 4;
	ok(!parse(&pkt, buf, sizeof(buf), &why) && why == NTP_PASS_EXTENSION,
	   "a field that ends past the packet is malformed");
}

static void test_nts(void)
{
	static const u16 types[] = { 0x0104, 0x0204, 0x0304, 0x0404 };
	u8 buf[104] = { 4 << 3 | NTP_MODE_CLIENT };
	struct ntp_packet pkt;
	enum ntp_reason why;

	buf[51] = 28;
	buf[79] = 28;
	for (int i = 0; i < 4; i++) {
		buf[76] = (u8)(types[i] >> 8);
		buf[77] = (u8)types[i];
		ok(parse(&pkt, buf, sizeof(buf), &why) && pkt.has_nts,
		   "field %#06x is of NTS", types[i]);
	}
	buf[76] = 0x20;
	buf[77] = 0x05;
	ok(parse(&pkt, buf, sizeof(buf), &why) && !pkt.has_nts,
	   "the checksum complement is not");
}

/* Whatever is accepted is tiled by its spans. */
static void test_any(void)
{
	bool tiled = true;

	for (int i = 0; i < ROUNDS && tiled; i++) {
		size_t len = tap_below(2) ? 48 + 4 * tap_below(40) :
					    tap_below(1400);
		struct ntp_packet pkt;
		enum ntp_reason why;
		u8 buf[1400];

		fill(buf, len);
		if (len > 52 && tap_below(4)) {
			buf[50] = 0;
			buf[51] = (u8)(4 * tap_below(32));
		}
		if (parse(&pkt, buf, len, &why))
			tiled = (size_t)48 + pkt.ext_len + pkt.mac_len ==
				len && (!pkt.mac_len ||
					ntp_mac_is_length(pkt.mac_len)) &&
				(pkt.version >= 4 || !pkt.ext_len);
		else
			tiled = why == NTP_PASS_SHORT || why == NTP_PASS_LONG ||
				why == NTP_PASS_EXTENSION ||
				why == NTP_PASS_MAC;
	}
	ok(tiled, "header, fields and MAC are all of a packet that is accepted");
}

static void test_claim(void)
{
	u8 mac[24] = { 0 };

	ok(!ntp_mac_is_claim(mac, 20), "zeros claim no key");
	mac[3] = 7;
	ok(!ntp_mac_is_claim(mac, 4), "a crypto-NAK claims no key");
	ok(!ntp_mac_is_claim(mac, 20), "nor does a blank digest");
	mac[23] = 1;
	ok(!ntp_mac_is_claim(mac, 20), "nor what lies behind it");
	ok(ntp_mac_is_claim(mac, 24), "a digest and a key do");
	mac[3] = 0;
	ok(!ntp_mac_is_claim(mac, 24), "a digest of key 0 does not");
}

int main(void)
{
	tap_start();
	test_round_trip();
	test_fields();
	test_tails();
	test_lengths();
	test_longest();
	test_nts();
	test_any();
	test_claim();
	return tap_finish();
}
