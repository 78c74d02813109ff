// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */

#include "kmod/core/admit.h"
#include "kmod/core/respond.h"
#include "tests/lib/tap.h"

#define ROUNDS	100000

static const struct ntp_policy module = { .send_nak = true, .minpoll = 3 };
static const struct ntp_policy daemon_policy = {
	.serve_symmetric = true, .send_nak = true, .minpoll = 3,
};
static const struct ntp_policy no_nak = { .minpoll = 3 };

static enum ntp_reason admit(const struct ntp_policy *policy, const u8 *buf,
			     size_t len, u16 sport)
{
	/* Ends where the memory ends, even if there is nothing of it. */
	u8 *memory = malloc(len + 1), *copy = memory + 1;
	struct ntp_exchange ex = {
		.req = copy, .len = (u16)len, .sport = sport,
		.reason = NTP_REASON_COUNT,
	};
	enum ntp_verdict verdict;
	bool is_kept;

	memcpy(copy, buf, len);
	verdict = ntp_admit(policy, &ex);
	is_kept = !memcmp(copy, buf, len);
	free(memory);
	if (!is_kept || verdict != ntp_reason_verdict(ex.reason) ||
	    (verdict == NTP_REPLY && ntp_respond_len(&ex) > len))
		return NTP_REASON_COUNT;
	return ex.reason;
}

/* What PROTOCOL says about each pair of version and mode. */
static enum ntp_reason rule(const struct ntp_policy *policy, int version,
			    int mode, u16 sport)
{
	bool is_asking = mode == NTP_MODE_CLIENT ||
			 (mode == NTP_MODE_ACTIVE && policy->serve_symmetric) ||
			 (mode == NTP_MODE_RESERVED && version == 1);

	if (!is_asking)
		return NTP_PASS_MODE;
	if (version < 1 || version > 4)
		return NTP_PASS_VERSION;
	if (!sport || (sport == NTP_PORT && mode == NTP_MODE_RESERVED))
		return NTP_PASS_PORT;
	return mode == NTP_MODE_ACTIVE ? NTP_SERVED_SYMMETRIC : NTP_SERVED;
}

static void test_first_octets(void)
{
	static const u16 ports[] = { 0, 1, NTP_PORT, 1024, 65535 };
	const struct ntp_policy *policies[] = { &module, &daemon_policy };

	for (int p = 0; p < 2; p++) {
		for (size_t s = 0; s < sizeof(ports) / sizeof(ports[0]); s++) {
			u8 buf[NTP_PACKET_HEADER] = { 0 };
			bool right = true;

			for (int first = 0; first < 256 && right; first++) {
				buf[0] = (u8)first;
				right = admit(policies[p], buf, sizeof(buf),
					      ports[s]) ==
					rule(policies[p], first >> 3 & 7,
					     first & 7, ports[s]);
				if (!right)
					diag("first octet %#x", first);
			}
			ok(right, "%s: each leap, version and mode from port %u",
			   p ? "daemon" : "module", ports[s]);
		}
	}
}

static void test_order(void)
{
	u8 buf[1500] = { 0 };
	int i;

	is_int(admit(&module, buf, 0, 9), NTP_PASS_MODE, "empty: mode");
	buf[0] = 0x26;
	is_int(admit(&module, buf, 8, 9), NTP_PASS_MODE,
	       "a short control message is not a short request");
	buf[0] = 0x27;
	is_int(admit(&module, buf, 1400, 9), NTP_PASS_MODE,
	       "nor a long private one a long request");
	buf[0] = 0x2b;
	is_int(admit(&module, buf, 12, 9), NTP_PASS_VERSION,
	       "version comes before length");
	buf[0] = 0x23;
	is_int(admit(&module, buf, 47, 0), NTP_PASS_SHORT,
	       "length comes before port");
	is_int(admit(&module, buf, 1400, 0), NTP_PASS_LONG, "also when long");
	buf[50] = 0;
	buf[51] = 28;
	buf[48] = 1;
	buf[49] = 4;
	for (i = 76; i < 96; i++)
		buf[i] = 1;
	is_int(admit(&module, buf, 96, 9), NTP_PASS_NTS,
	       "NTS comes before a MAC");
}

static void test_mac(void)
{
	u8 buf[96] = { 0x23 };

	memset(buf + 48, 0x5a, 24);
	is_int(admit(&module, buf, 68, 9), NTP_SERVED_NAK, "MAC of 20: NAK");
	is_int(admit(&module, buf, 72, 9), NTP_SERVED_NAK, "MAC of 24: NAK");
	is_int(admit(&no_nak, buf, 68, 9), NTP_PASS_MAC, "unless told not to");
	buf[0] = 0x1b;
	is_int(admit(&module, buf, 68, 9), NTP_SERVED_NAK, "version 3: NAK");
	buf[0] = 0x21;
	is_int(admit(&daemon_policy, buf, 68, 9), NTP_PASS_MAC,
	       "mode 1: silence");
	buf[0] = 0x08;
	is_int(admit(&daemon_policy, buf, 68, 9), NTP_PASS_MAC,
	       "mode 0: silence");
	buf[0] = 0x23;
	memset(buf + 48, 0, 4);
	is_int(admit(&module, buf, 68, 9), NTP_PASS_MAC, "key 0: silence");
	is_int(admit(&module, buf, 52, 9), NTP_PASS_MAC, "a NAK: silence");
	memset(buf + 48, 0, 24);
	buf[51] = 1;
	is_int(admit(&module, buf, 72, 9), NTP_PASS_MAC,
	       "blank digest, as from MS-SNTP: silence");
}

/* Nothing random makes it answer what it should not, or write. */
static void test_any(void)
{
	bool sane = true;

	for (int i = 0; i < ROUNDS && sane; i++) {
		size_t len = tap_below(8) ? tap_below(128) : tap_below(1500);
		u16 sport = (u16)tap_spread();
		enum ntp_reason why;
		u8 buf[1500];

		for (size_t at = 0; at < len; at++)
			buf[at] = (u8)tap_random();
		if (len && tap_below(4))
			buf[0] = (u8)(buf[0] & 0xf8) | NTP_MODE_CLIENT;
		if (len > 51)
			buf[50] = 0;
		why = admit(&daemon_policy, buf, len, sport);
		sane = why < NTP_REASON_COUNT;
		if (sane && ntp_reason_verdict(why) == NTP_REPLY)
			sane = rule(&daemon_policy, buf[0] >> 3 & 7,
				    buf[0] & 7, sport) <= NTP_SERVED_SYMMETRIC;
		if (!sane)
			diag("length %zu port %u", len, sport);
	}
	ok(sane, "random packets: verdicts fit reasons, replies fit requests");
}

int main(void)
{
	tap_start();
	test_first_octets();
	test_order();
	test_mac();
	test_any();
	return tap_finish();
}
