// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */

/*
 * From any datagram to its reply, in any clock state, under any rules. The
 * input is a control block (tests/fuzz/admit.h) and the datagram, which may be
 * signed here, as no fuzzer guesses a digest.
 */

#include <stdio.h>
#include <stdlib.h>

#include "kmod/core/admit.h"
#include "kmod/core/mac.h"
#include "kmod/core/respond.h"
#include "tests/fuzz/admit.h"
#include "tools/lib/port.h"

#define SECOND		1000000000ULL
#define GIVEN		(1000 * SECOND)
#define VALID		(1024 * SECOND)

#define CHECK(c)						\
	do {							\
		if (!(c))					\
			check_failed(#c, __LINE__);		\
	} while (0)

enum {
	KEYS	= 4,
	RULES	= 3,
};

static struct ntp_key keys[KEYS] = {
	{ .id = 4, .type = NTP_KEY_MD5, .is_trusted = true },
	{ .id = 5, .type = NTP_KEY_MD5 },
	{ .id = 9, .type = NTP_KEY_OTHER, .is_trusted = true },
	{ .id = 20, .type = NTP_KEY_CMAC, .is_trusted = true },
};

static const struct ntp_keys all_keys = { .key = keys, .n = KEYS };

/* What a server is, made anew for each input. */
static struct server {
	struct ntp_policy policy;
	struct ntp_acl acl;
	struct ntp_acl_rule rules[RULES];
	struct ntp_rate rate;
	u64 words[4 * NTP_RATE_WAYS];
	u64 memory[1024];
} server;

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const u8 *input, size_t size);

static void check_failed(const char *what, int line)
{
	fprintf(stderr, "tests/fuzz/admit.c:%d: not so: %s\n", line, what);
	abort();
}

/* System variables of each state, all else taken from the control block. */
static void make_clock(struct ntp_sysvars_now *now, const u8 *control)
{
	struct ntp_sysvars sys = {
		.leap = control[FUZZ_FLAGS] >> 6 & 1,
		.stratum = 1 + control[FUZZ_CLOCK] % 15,
		.precision = (s8)control[FUZZ_CLOCK],
		.is_set = true,
		.refid = ntp_bytes_get32(control + FUZZ_REC),
		.drift_ppb = NTP_SYSVARS_PHI_PPB,
		.rootdisp_ns = (u64)control[FUZZ_CLOCK] << 20,
		.given_ns = GIVEN,
		.valid_ns = VALID,
	};
	u64 mono_ns = GIVEN + (u64)control[FUZZ_CLOCK] * SECOND;

	/* A leap second that is smeared, sometimes near the stamps. */
	if (control[FUZZ_MINPOLL] & 1) {
		sys.smear.interval_s = 1 + control[FUZZ_SOURCE];
		sys.smear.is_deleted = control[FUZZ_CLOCK] & 1;
		sys.smear.end_ns = GIVEN + 100 * SECOND;
		sys.smear.end.v = ntp_bytes_get64(control + FUZZ_REC) +
				  (u64)(s64)(s8)control[FUZZ_TOOK];
	}

	switch (control[FUZZ_FLAGS] >> 2 & 3) {
	case NTP_SYSVARS_UNSET:
		sys.is_set = false;
		break;
	case NTP_SYSVARS_UNSYNC:
		sys.leap = NTP_LEAP_UNSYNC;
		break;
	case NTP_SYSVARS_EXPIRED:
		mono_ns += VALID;
		break;
	}
	ntp_sysvars_age(now, &sys, mono_ns);
	CHECK((unsigned int)now->state == (control[FUZZ_FLAGS] >> 2 & 3));
}

/* A rule for each family, and one for port 123 of some. */
static void make_server(const u8 *control)
{
	struct server *s = &server;

	memset(s, 0, sizeof(*s));
	s->rules[1].prefix = 96;
	s->rules[2].prefix = 96 + 25;
	for (int i = 1; i < RULES; i++)
		s->rules[i].addr.b[10] = s->rules[i].addr.b[11] = 0xff;
	s->rules[0].flags = ntp_bytes_get32(control + FUZZ_RULE) &
			    ~(u32)NTP_ACL_NTPPORT;
	s->rules[1].flags = s->rules[0].flags;
	s->rules[2].flags = ntp_bytes_get32(control + FUZZ_RULE123) |
			    NTP_ACL_NTPPORT;
	CHECK(ntp_acl_size(RULES) <= sizeof(s->memory));
	ntp_acl_build(&s->acl, s->memory, s->rules, RULES);
	s->rate.word = s->words;
	s->rate.mask = 3;
	s->policy = (struct ntp_policy){
		.serve_symmetric = control[FUZZ_FLAGS] & FUZZ_SYMMETRIC,
		.send_nak = control[FUZZ_FLAGS] & FUZZ_NAK,
		.minpoll = (s8)control[FUZZ_MINPOLL],
		.limits = {
			.average_log2 = control[FUZZ_AGAIN] % 18,
			.minimum_s = control[FUZZ_AGAIN] & 3,
			.prefix6 = control[FUZZ_SOURCE] % 129,
		},
	};
	if (control[FUZZ_FLAGS] & FUZZ_RULES)
		s->policy.acl = &s->acl;
	if (control[FUZZ_FLAGS] & FUZZ_KEYS)
		s->policy.keys = &all_keys;
	if (control[FUZZ_FLAGS] & FUZZ_LIMITS)
		s->policy.rate = &s->rate;
}

static struct ntp_addr source_of(u8 which)
{
	struct ntp_addr a = { { [15] = which } };

	a.b[which & 1 ? 0 : 10] = 0xff;
	a.b[which & 1 ? 1 : 11] = 0xff;
	return a;
}

/* What the rule that matched leaves of the server. */
static void check_rule(const struct ntp_exchange *ex, enum ntp_verdict verdict)
{
	u8 version = ex->len ? ntp_packet_version(ex->req[0]) : 0;
	u32 flags;

	if (!server.policy.acl) {
		CHECK(verdict != NTP_DROP);
		CHECK(ex->rule == NTP_ACL_NONE);
		return;
	}
	CHECK(ex->rule < RULES);
	flags = server.rules[ex->rule].flags;
	CHECK(!(flags & NTP_ACL_NTPPORT) || ex->sport == NTP_PORT);
	CHECK(!(flags & NTP_ACL_IGNORE) == (ex->reason != NTP_DROP_IGNORE));
	CHECK(!(flags & NTP_ACL_NOSERVE) || verdict != NTP_REPLY);
	CHECK(!(flags & NTP_ACL_VERSION) || verdict != NTP_REPLY || version == 4);
	CHECK(!(flags & NTP_ACL_NOTRUST) || verdict != NTP_REPLY || ex->key ||
	      ex->reason == NTP_SERVED_NAK);
	CHECK(ex->reason != NTP_DROP_FLAKE || flags & NTP_ACL_FLAKE);
	CHECK((ex->reason != NTP_SERVED_RATE && ex->reason != NTP_DROP_RATE) ||
	      (flags & NTP_ACL_LIMITED && server.policy.rate));
	CHECK(ex->reason != NTP_SERVED_RATE || flags & NTP_ACL_KOD);
}

/* A key signs the replies to what is signed with it, and no others. */
static void check_key(const struct ntp_exchange *ex)
{
	u16 signed_len = NTP_PACKET_HEADER + ex->pkt.ext_len;

	CHECK(ex->reason != NTP_SERVED_AUTH || ex->key);
	CHECK(ex->reason != NTP_SERVED_NAK || !ex->key);
	if (!ex->key)
		return;
	CHECK(ex->reason == NTP_SERVED_AUTH || ex->reason == NTP_SERVED_RATE);
	CHECK(server.policy.keys && ex->key->is_trusted && ex->key->dgst_len);
	CHECK(ex->key->id == ex->pkt.keyid);
	CHECK(ntp_mac_verify(ex->key, ex->req, signed_len, ex->req + signed_len,
			     ex->len - signed_len));
}

static void check_kiss(const struct ntp_exchange *ex, const u8 *reply)
{
	CHECK(ex->pkt.mode != NTP_MODE_RESERVED);
	CHECK(reply[0] >> 6 == NTP_LEAP_UNSYNC);
	CHECK(reply[NTP_PACKET_STRATUM] == NTP_STRATUM_UNSPEC);
	CHECK(!memcmp(reply + NTP_PACKET_REFID, "RATE", 4));
	CHECK((s8)reply[NTP_PACKET_POLL] >=
	      (s8)server.policy.limits.average_log2);
}

static void check_reply(const struct ntp_exchange *ex, const u8 *req,
			const u8 *reply, const struct ntp_sysvars_now *now)
{
	u8 mode = ntp_packet_mode(req[0]);
	ntp_ts_t rec = { ntp_bytes_get64(reply + NTP_PACKET_REC) };
	ntp_ts_t xmt = { ntp_bytes_get64(reply + NTP_PACKET_XMT) };
	ntp_ts_t came = ntp_smear_stamp(&now->smear, ex->rec);

	CHECK(ex->sport);
	CHECK(mode == NTP_MODE_CLIENT || mode == NTP_MODE_ACTIVE ||
	      (mode == NTP_MODE_RESERVED && ntp_packet_version(req[0]) == 1 &&
	       ex->sport != NTP_PORT));
	CHECK(ntp_packet_mode(reply[0]) == (mode == NTP_MODE_ACTIVE ?
					    NTP_MODE_PASSIVE :
					    NTP_MODE_SERVER));
	CHECK(ntp_packet_version(reply[0]) == ntp_packet_version(req[0]));
	CHECK(!memcmp(reply + NTP_PACKET_ORG, req + NTP_PACKET_XMT, 8));
	CHECK(rec.v == came.v);
	CHECK(!now->smear.is_on || now->state == NTP_SYSVARS_SYNC);
	CHECK(ntp_lfp_diff(xmt, rec) > 0);
	CHECK((s8)reply[NTP_PACKET_POLL] >= (s8)req[NTP_PACKET_POLL]);
	CHECK(reply[NTP_PACKET_STRATUM] < NTP_STRATUM_UNSYNC);
	if (ex->key)
		CHECK(ntp_mac_verify(ex->key, reply, NTP_PACKET_HEADER,
				     reply + NTP_PACKET_HEADER,
				     ntp_mac_len(ex->key)));
	if (ex->reason == NTP_SERVED_RATE) {
		check_kiss(ex, reply);
	} else if (now->state == NTP_SYSVARS_SYNC) {
		CHECK(reply[0] >> 6 != NTP_LEAP_UNSYNC);
		CHECK(!now->smear.is_on || !(reply[0] >> 6));
		CHECK(reply[NTP_PACKET_STRATUM] != NTP_STRATUM_UNSPEC);
		CHECK(ex->reason != NTP_SERVED_UNSYNC);
	} else {
		CHECK(reply[0] >> 6 == NTP_LEAP_UNSYNC);
		CHECK(reply[NTP_PACKET_STRATUM] == NTP_STRATUM_UNSPEC);
		CHECK(ex->reason == NTP_SERVED_UNSYNC ||
		      ex->reason == NTP_SERVED_NAK);
	}
}

/* Over the request, as the module does: the same octets, and no more. */
static void check_in_place(struct ntp_exchange *ex,
			   const struct ntp_sysvars_now *now, ntp_ts_t clock,
			   const u8 *reply, u16 reply_len)
{
	u8 *place = malloc(ex->len);

	CHECK(place);
	memcpy(place, ex->req, ex->len);
	ntp_respond(&server.policy, ex, now, place);
	ntp_respond_seal(ex, place, clock);
	CHECK(!memcmp(place, reply, reply_len));
	CHECK(!memcmp(place + reply_len, ex->req + reply_len,
		      ex->len - reply_len));
	free(place);
}

static void answer(struct ntp_exchange *ex, const u8 *control)
{
	enum ntp_reason why = ex->reason;
	u8 reply[NTP_RESPOND_MAX + 4];
	struct ntp_sysvars_now now;
	ntp_ts_t clock;
	u16 len;

	clock.v = ex->rec.v + (u64)(s64)(s8)control[FUZZ_TOOK];
	make_clock(&now, control);
	len = ntp_respond_len(ex);
	CHECK(len <= ex->len && len <= NTP_RESPOND_MAX);
	memset(reply, 0xa5, sizeof(reply));
	ntp_respond(&server.policy, ex, &now, reply);
	CHECK(ntp_respond_seal(ex, reply, clock).v ==
	      ntp_bytes_get64(reply + NTP_PACKET_XMT));
	CHECK(ntp_bytes_get32(reply + len) == 0xa5a5a5a5);
	CHECK(len == NTP_PACKET_HEADER || why == NTP_SERVED_NAK || ex->key);
	check_reply(ex, ex->req, reply, &now);
	ex->reason = why;
	check_in_place(ex, &now, clock, reply, len);
}

static void exchange(const u8 *control, const u8 *req, u16 len, u64 mono_ns)
{
	struct ntp_exchange ex = {
		.req = req,
		.len = len,
		.sport = ntp_bytes_get16(control + FUZZ_SPORT),
		.src = source_of(control[FUZZ_SOURCE]),
		.rec.v = ntp_bytes_get64(control + FUZZ_REC),
		.mono_ns = mono_ns,
		.noise = control[FUZZ_CLOCK],
		.reason = NTP_REASON_COUNT,
	};
	enum ntp_verdict verdict = ntp_admit(&server.policy, &ex);

	CHECK(ex.reason < NTP_REASON_COUNT);
	CHECK(verdict == ntp_reason_verdict(ex.reason));
	check_rule(&ex, verdict);
	if (verdict != NTP_REPLY)
		return;
	check_key(&ex);
	answer(&ex, control);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	for (int i = 0; i < KEYS; i++)
		CHECK(!port_key_prepare(&keys[i], "SHA256",
					(const u8 *)"sixteen letters.", 16));
	return 0;
}

int LLVMFuzzerTestOneInput(const u8 *input, size_t size)
{
	size_t len = size - FUZZ_CONTROL;
	const struct ntp_key *key = NULL;
	u8 again, *req, *kept;

	if (size < FUZZ_CONTROL || len > 65507 - NTP_RESPOND_MAX)
		return -1;
	make_server(input);
	if (input[FUZZ_SIGN])
		key = &keys[input[FUZZ_SIGN] % KEYS];
	keys[2].dgst_len = NTP_KEY_DGST_WIRE_MAX;
	req = malloc(len + (key ? ntp_mac_len(key) : 0));
	CHECK(req || !len);
	if (len)
		memcpy(req, input + FUZZ_CONTROL, len);
	if (key) {
		CHECK(ntp_mac_sign(key, req, len));
		len += ntp_mac_len(key);
	}
	/* The module does not know it. */
	if (input[FUZZ_FLAGS] & FUZZ_SYMMETRIC)
		keys[2].dgst_len = 0;
	kept = malloc(len);
	CHECK(kept || !len);
	if (len)
		memcpy(kept, req, len);
	for (again = 0; again <= input[FUZZ_AGAIN] >> 5; again++)
		exchange(input, req, (u16)len, GIVEN + again *
			 (u64)(input[FUZZ_AGAIN] & 31) * SECOND / 4);
	CHECK(!len || !memcmp(kept, req, len));
	free(kept);
	free(req);
	return 0;
}
