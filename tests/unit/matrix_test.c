// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */

/*
 * What becomes of a client by the flags of its rule and by its MAC: the matrix
 * measured with ntpd, cell by cell, and what follows from it.
 */

#include "kmod/core/admit.h"
#include "kmod/core/mac.h"
#include "kmod/core/respond.h"
#include "tests/lib/tap.h"
#include "tools/lib/port.h"

#define SECOND		1000000000ULL
#define NOISE		65	/* nobody is let through by chance */

#define LENGTH(a)	(sizeof(a) / sizeof((a)[0]))

enum {
	KEY		= 4,
	UNTRUSTED	= 5,
	ELSEWHERE	= 6,	/* trusted, for hosts of another network */
	OTHER		= 9,	/* trusted, of a digest that is not known here */
	UNKNOWN		= 99,
	MAX		= 128,
};

/* A request: its first octet, its port, and how it is signed. */
struct probe {
	const char *name;
	u8 first;
	u16 sport;
	u32 key;
	bool is_bad;
};

static const struct probe probes[] = {
	{ "v4", 0x23, 40000, 0, false },
	{ "v3", 0x1b, 40000, 0, false },
	{ "v2", 0x13, 40000, 0, false },
	{ "v1 mode 0", 0x08, 40000, 0, false },
	{ "v4 from port 123", 0x23, 123, 0, false },
	{ "v4, good MAC", 0x23, 40000, KEY, false },
	{ "v4, bad MAC", 0x23, 40000, KEY, true },
	{ "v4 mode 1", 0x21, 40000, 0, false },
};

enum {
	PROBES	= LENGTH(probes),
};

#define S	NTP_SERVED
#define A	NTP_SERVED_AUTH
#define N	NTP_SERVED_NAK
#define Y	NTP_SERVED_SYMMETRIC
#define I	NTP_DROP_IGNORE
#define O	NTP_DROP_NOSERVE
#define T	NTP_DROP_NOTRUST
#define V	NTP_DROP_VERSION

static const struct row {
	u32 flags;
	enum ntp_reason want[PROBES];
	int burst[3];	/* of 20: answered, told RATE, not answered */
} rows[] = {
	{ 0,				{ S, S, S, S, S, A, N, Y }, { 20, 0, 0 } },
	{ NTP_ACL_KOD,			{ S, S, S, S, S, A, N, Y }, { 20, 0, 0 } },
	{ NTP_ACL_NOMODIFY,		{ S, S, S, S, S, A, N, Y }, { 20, 0, 0 } },
	{ NTP_ACL_NOPEER,		{ S, S, S, S, S, A, N, Y }, { 20, 0, 0 } },
	{ NTP_ACL_LIMITED,		{ S, S, S, S, S, A, N, Y }, { 1, 0, 19 } },
	{ NTP_ACL_KOD | NTP_ACL_LIMITED, { S, S, S, S, S, A, N, Y }, { 1, 1, 18 } },
	{ NTP_ACL_IGNORE,		{ I, I, I, I, I, I, I, I }, { 0, 0, 20 } },
	{ NTP_ACL_NOSERVE,		{ O, O, O, O, O, O, O, O }, { 0, 0, 20 } },
	{ NTP_ACL_NOQUERY,		{ S, S, S, S, S, A, N, Y }, { 20, 0, 0 } },
	{ NTP_ACL_NOTRAP,		{ S, S, S, S, S, A, N, Y }, { 20, 0, 0 } },
	{ NTP_ACL_NOTRUST,		{ T, T, T, T, T, A, N, T }, { 0, 0, 20 } },
	{ NTP_ACL_VERSION,		{ S, V, V, V, S, A, N, Y }, { 20, 0, 0 } },
	{ NTP_ACL_NTPPORT | NTP_ACL_IGNORE,
					{ S, S, S, S, I, A, N, Y }, { 20, 0, 0 } },
	{ NTP_ACL_NOMODIFY | NTP_ACL_NOTRAP | NTP_ACL_NOPEER | NTP_ACL_NOQUERY,
					{ S, S, S, S, S, A, N, Y }, { 20, 0, 0 } },
};

#undef S
#undef A
#undef N
#undef Y
#undef I
#undef O
#undef T
#undef V

static struct ntp_key keys[] = {
	{ .id = KEY, .type = NTP_KEY_MD5, .is_trusted = true },
	{ .id = UNTRUSTED, .type = NTP_KEY_MD5 },
	{ .id = ELSEWHERE, .type = NTP_KEY_MD5, .is_trusted = true },
	{ .id = OTHER, .type = NTP_KEY_OTHER, .is_trusted = true },
};

static const struct ntp_keys all_keys = { .key = keys, .n = LENGTH(keys) };
static const struct ntp_addr client = { { [10] = 0xff, 0xff, 192, 0, 2, 2 } };
static const struct ntp_key_peer peer = {
	{ { [10] = 0xff, 0xff, 198, 51, 100, 0 } }, 96 + 24,
};

static struct {
	struct ntp_policy policy;
	struct ntp_acl acl;
	struct ntp_acl_rule rule;
	struct ntp_rate rate;
	u64 words[NTP_RATE_WAYS];
	u64 memory[1024];
} server;

/* A server with one rule, for all of IPv4. */
static struct ntp_policy *start(u32 flags)
{
	memset(&server, 0, sizeof(server));
	server.rule = (struct ntp_acl_rule){
		.addr = { { [10] = 0xff, 0xff } }, .prefix = 96, .flags = flags,
	};
	if (sizeof(server.memory) < ntp_acl_size(1))
		exit(1);
	ntp_acl_build(&server.acl, server.memory, &server.rule, 1);
	server.rate.word = server.words;
	server.policy = (struct ntp_policy){
		.serve_symmetric = true,
		.send_nak = true,
		.minpoll = 3,
		.limits = NTP_RATE_LIMITS_DEFAULT,
		.acl = &server.acl,
		.keys = &all_keys,
		.rate = &server.rate,
	};
	return &server.policy;
}

static u16 make(u8 *buf, const struct probe *probe)
{
	u16 len = NTP_PACKET_HEADER;

	memset(buf, 0, MAX);
	buf[0] = probe->first;
	ntp_bytes_put64(buf + NTP_PACKET_XMT, 0xe1b2c3d4a5968778);
	if (!probe->key)
		return len;
	/* All of them have the same secret; what is not there has a digest, too. */
	ntp_mac_sign(&keys[0], buf, len);
	ntp_bytes_put32(buf + len, probe->key);
	buf[len + NTP_MAC_KEYID] ^= probe->is_bad;
	return len + ntp_mac_len(&keys[0]);
}

static enum ntp_reason ask_at(const struct ntp_policy *policy, const u8 *buf,
			      u16 len, u16 sport, u64 now_ns,
			      struct ntp_exchange *ex)
{
	*ex = (struct ntp_exchange){
		.req = buf, .len = len, .sport = sport, .src = client,
		.mono_ns = now_ns, .noise = NOISE, .reason = NTP_REASON_COUNT,
		.key = &keys[1], .rule = 77,
	};
	ntp_admit(policy, ex);
	return ex->reason;
}

static enum ntp_reason ask(const struct ntp_policy *policy,
			   const struct probe *probe, struct ntp_exchange *ex)
{
	u8 buf[MAX];
	u16 len = make(buf, probe);

	return ask_at(policy, buf, len, probe->sport, SECOND, ex);
}

static void test_row(const struct row *row, bool is_daemon)
{
	for (size_t i = 0; i < PROBES; i++) {
		struct ntp_policy *policy = start(row->flags);
		enum ntp_reason got, want = row->want[i];
		struct ntp_exchange ex;

		policy->serve_symmetric = is_daemon;
		if (!is_daemon && probes[i].first == 0x21 &&
		    ntp_reason_verdict(want) == NTP_REPLY)
			want = NTP_PASS_MODE;
		if (!is_daemon && probes[i].first == 0x21 &&
		    want == NTP_DROP_NOTRUST)
			want = NTP_PASS_MODE;
		got = ask(policy, &probes[i], &ex);
		if (!ok(got == want, "%s, flags %#x: %s",
			is_daemon ? "daemon" : "module", row->flags,
			probes[i].name))
			diag("%s, not %s", ntp_reason_name(got),
			     ntp_reason_name(want));
		if ((ex.key == &keys[0]) != (want == NTP_SERVED_AUTH))
			ok(false, "but the key is not right");
	}
}

static void test_burst(const struct row *row)
{
	struct ntp_policy *policy = start(row->flags);
	struct ntp_exchange ex;
	int got[3] = { 0 };

	for (int i = 0; i < 20; i++) {
		switch (ask(policy, &probes[0], &ex)) {
		case NTP_SERVED:
			got[0]++;
			break;
		case NTP_SERVED_RATE:
			got[1]++;
			break;
		default:
			got[2] += ntp_reason_verdict(ex.reason) == NTP_DROP;
		}
	}
	ok(!memcmp(got, row->burst, sizeof(got)),
	   "flags %#x: 20 at once: %d answered, %d told, %d not", row->flags,
	   got[0], got[1], got[2]);
}

/* Modes 6 and 7 are not the core's; what it leaves alone goes to the daemon. */
static void test_queries(void)
{
	static const u8 firsts[] = { 0x16, 0x26, 0x17, 0x27, 0x22, 0x24, 0x25 };

	for (size_t r = 0; r < LENGTH(rows); r++) {
		bool is_good = true;

		for (size_t i = 0; i < LENGTH(firsts); i++) {
			struct probe probe = { "", firsts[i], 40000, 0, false };
			struct ntp_exchange ex;

			is_good &= ask(start(rows[r].flags), &probe, &ex) ==
				   (rows[r].flags == NTP_ACL_IGNORE ?
				    NTP_DROP_IGNORE : NTP_PASS_MODE);
		}
		ok(is_good, "flags %#x: modes 2, 4 to 7", rows[r].flags);
	}
}

static void test_rules(void)
{
	struct ntp_policy *policy = start(NTP_ACL_NTPPORT | NTP_ACL_IGNORE);
	struct ntp_exchange ex;
	u8 buf[MAX] = { 0 };

	ask(policy, &probes[0], &ex);
	ok(ex.rule == NTP_ACL_NONE, "no rule matches: none is named");
	ask(policy, &probes[4], &ex);
	is_int(ex.rule, 0, "the rule that matches is named");
	is_int(ask_at(policy, buf, 0, 123, 0, &ex), NTP_DROP_IGNORE,
	       "an empty datagram is ignored, too");
	policy->acl = NULL;
	ask(policy, &probes[4], &ex);
	ok(ex.rule == NTP_ACL_NONE, "no rules: none is named");
	policy = start(NTP_ACL_VERSION);
	buf[0] = 0x2b;
	is_int(ask_at(policy, buf, 48, 9, 0, &ex), NTP_DROP_VERSION,
	       "version: not 5 either");
	policy = start(NTP_ACL_NOSERVE | NTP_ACL_VERSION);
	buf[0] = 0x23;
	is_int(ask_at(policy, buf, 12, 9, 0, &ex), NTP_DROP_NOSERVE,
	       "what is not served need not be whole");
	policy = start(NTP_ACL_LIMITED);
	policy->rate = NULL;
	for (int i = 0; i < 3; i++)
		is_int(ask(policy, &probes[0], &ex), NTP_SERVED,
		       "limited, without memory for limits: served");
}

static void test_flake(void)
{
	struct ntp_policy *policy = start(NTP_ACL_FLAKE);
	struct ntp_exchange ex;
	int dropped = 0;
	u8 buf[MAX];

	make(buf, &probes[0]);
	for (u32 i = 0; i < 10000; i++) {
		/* Some clients count up; others send noise. */
		ntp_bytes_put32(buf + NTP_PACKET_XMT + 4,
				i & 1 ? i : (u32)tap_random());
		dropped += ask_at(policy, buf, 48, 9, 0, &ex) ==
			   NTP_DROP_FLAKE;
	}
	ok(dropped > 850 && dropped < 1150, "flake: one of ten (%d of 10000)",
	   dropped);
}

static void test_keys(void)
{
	static const struct {
		struct probe probe;
		bool no_nak;
		enum ntp_reason want;
	} asked[] = {
		{ { "right", 0x23, 9, KEY, false }, false, NTP_SERVED_AUTH },
		{ { "right, v3", 0x1b, 9, KEY, false }, false, NTP_SERVED_AUTH },
		{ { "right, mode 1", 0x21, 9, KEY, false }, false, NTP_SERVED_AUTH },
		{ { "right, v1", 0x08, 9, KEY, false }, false, NTP_SERVED_AUTH },
		{ { "wrong", 0x23, 9, KEY, true }, false, NTP_SERVED_NAK },
		{ { "wrong, no NAK", 0x23, 9, KEY, true }, true, NTP_PASS_MAC },
		{ { "wrong, mode 1", 0x21, 9, KEY, true }, false, NTP_PASS_MAC },
		{ { "wrong, v1", 0x08, 9, KEY, true }, false, NTP_PASS_MAC },
		{ { "untrusted", 0x23, 9, UNTRUSTED, false }, false, NTP_SERVED_NAK },
		{ { "for others", 0x23, 9, ELSEWHERE, false }, false, NTP_SERVED_NAK },
		{ { "unknown", 0x23, 9, UNKNOWN, false }, false, NTP_SERVED_NAK },
		{ { "of another type", 0x23, 9, OTHER, true }, false, NTP_PASS_KEY },
	};
	struct ntp_exchange ex;

	for (size_t i = 0; i < LENGTH(asked); i++) {
		struct ntp_policy *policy = start(0);

		policy->send_nak = !asked[i].no_nak;
		is_int(ask(policy, &asked[i].probe, &ex), asked[i].want,
		       "key: %s", asked[i].probe.name);
		ok((ex.key != NULL) == (asked[i].want == NTP_SERVED_AUTH),
		   "and the reply is signed just then");
	}
	start(0)->keys = NULL;
	is_int(ask(&server.policy, &probes[5], &ex), NTP_SERVED_NAK,
	       "without keys each is unknown");
}

/* A MAC covers the extension fields before it. */
static void test_fields(void)
{
	struct ntp_policy *policy = start(0);
	struct ntp_exchange ex;
	u8 buf[MAX];

	make(buf, &probes[0]);
	ntp_bytes_put32(buf + 48, 0xf0010010);
	ntp_mac_sign(&keys[0], buf, 64);
	is_int(ask_at(policy, buf, 84, 9, 0, &ex), NTP_SERVED_AUTH,
	       "field and MAC: right");
	is_int(ntp_respond_len(&ex), 68, "the reply has the MAC only");
	buf[60] ^= 1;
	is_int(ask_at(policy, buf, 84, 9, 0, &ex), NTP_SERVED_NAK,
	       "field changed: NAK");
	policy = start(NTP_ACL_NOTRUST);
	memset(buf + 64, 0, 20);
	is_int(ask_at(policy, buf, 84, 9, 0, &ex), NTP_DROP_NOTRUST,
	       "notrust: an empty MAC is no MAC");
	policy = start(NTP_ACL_NOTRUST);
	policy->send_nak = false;
	is_int(ask(policy, &probes[6], &ex), NTP_DROP_NOTRUST,
	       "notrust, no NAK: a bad MAC is dropped");
}

/* The second of two requests at once: told, if it is wise to. */
static void test_kiss(void)
{
	static const struct {
		struct probe probe;
		enum ntp_reason want;
		bool is_signed;
	} asked[] = {
		{ { "v4", 0x23, 9, 0, false }, NTP_SERVED_RATE, false },
		{ { "v4, good MAC", 0x23, 9, KEY, false }, NTP_SERVED_RATE, true },
		{ { "v4, bad MAC", 0x23, 9, KEY, true }, NTP_DROP_RATE, false },
		{ { "v4, unknown key", 0x23, 9, UNKNOWN, false }, NTP_DROP_RATE, false },
		{ { "another type", 0x23, 9, OTHER, false }, NTP_PASS_KEY, false },
		{ { "mode 1", 0x21, 9, 0, false }, NTP_SERVED_RATE, false },
		{ { "v1 mode 0", 0x08, 9, 0, false }, NTP_DROP_RATE, false },
	};
	struct ntp_exchange ex;

	for (size_t i = 0; i < LENGTH(asked); i++) {
		struct ntp_policy *policy = start(NTP_ACL_KOD | NTP_ACL_LIMITED);

		is_int(ask(policy, &probes[0], &ex), NTP_SERVED, "one is served");
		is_int(ask(policy, &asked[i].probe, &ex), asked[i].want,
		       "the next: %s", asked[i].probe.name);
		is_int(ex.key != NULL, asked[i].is_signed, "signed as the request");
		is_int(ask(policy, &probes[5], &ex), NTP_DROP_RATE,
		       "then nothing, with a good MAC or without");
	}
}

int main(void)
{
	tap_start();
	for (size_t i = 0; i < LENGTH(keys); i++)
		port_key_prepare(&keys[i], "SHA256", (const u8 *)"secret", 6);
	keys[2].peer = &peer;
	keys[2].peer_n = 1;
	/* As it is in the kernel. */
	keys[3].dgst_len = 0;
	for (size_t r = 0; r < LENGTH(rows); r++) {
		test_row(&rows[r], true);
		test_row(&rows[r], false);
		test_burst(&rows[r]);
	}
	test_queries();
	test_rules();
	test_flake();
	test_keys();
	test_fields();
	test_kiss();
	for (size_t i = 0; i < LENGTH(keys); i++)
		port_key_wipe(&keys[i]);
	return tap_finish();
}
