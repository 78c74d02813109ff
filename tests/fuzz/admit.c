// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */

/*
 * From any datagram to its reply, in any clock state. The input is a control
 * block (tests/fuzz/admit.h) and the datagram. libFuzzer hands over memory of
 * the exact length and checks that it is not written.
 */

#include <stdio.h>
#include <stdlib.h>

#include "kmod/core/admit.h"
#include "kmod/core/respond.h"
#include "tests/fuzz/admit.h"

#define SECOND		1000000000ULL
#define GIVEN		(1000 * SECOND)
#define VALID		(1024 * SECOND)

#define CHECK(c)						\
	do {							\
		if (!(c))					\
			check_failed(#c, __LINE__);		\
	} while (0)

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

static void check_reply(const struct ntp_exchange *ex, const u8 *req,
			const u8 *reply, const struct ntp_sysvars_now *now)
{
	u8 mode = ntp_packet_mode(req[0]);
	ntp_ts_t rec = { ntp_bytes_get64(reply + NTP_PACKET_REC) };
	ntp_ts_t xmt = { ntp_bytes_get64(reply + NTP_PACKET_XMT) };

	CHECK(ex->sport);
	CHECK(mode == NTP_MODE_CLIENT || mode == NTP_MODE_ACTIVE ||
	      (mode == NTP_MODE_RESERVED && ntp_packet_version(req[0]) == 1 &&
	       ex->sport != NTP_PORT));
	CHECK(ntp_packet_mode(reply[0]) == (mode == NTP_MODE_ACTIVE ?
					    NTP_MODE_PASSIVE :
					    NTP_MODE_SERVER));
	CHECK(ntp_packet_version(reply[0]) == ntp_packet_version(req[0]));
	CHECK(!memcmp(reply + NTP_PACKET_ORG, req + NTP_PACKET_XMT, 8));
	CHECK(rec.v == ex->rec.v);
	CHECK(ntp_lfp_diff(xmt, rec) > 0);
	CHECK((s8)reply[NTP_PACKET_POLL] >= (s8)req[NTP_PACKET_POLL]);
	CHECK(reply[NTP_PACKET_STRATUM] < NTP_STRATUM_UNSYNC);
	if (now->state == NTP_SYSVARS_SYNC) {
		CHECK(reply[0] >> 6 != NTP_LEAP_UNSYNC);
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
static void check_in_place(const struct ntp_policy *policy,
			   struct ntp_exchange *ex,
			   const struct ntp_sysvars_now *now, ntp_ts_t clock,
			   const u8 *reply, u16 reply_len)
{
	u8 *place = malloc(ex->len);

	CHECK(place);
	memcpy(place, ex->req, ex->len);
	ntp_respond(policy, ex, now, place);
	ntp_respond_seal(ex, place, clock);
	CHECK(!memcmp(place, reply, reply_len));
	CHECK(!memcmp(place + reply_len, ex->req + reply_len,
		      ex->len - reply_len));
	free(place);
}

int LLVMFuzzerTestOneInput(const u8 *input, size_t size)
{
	u8 reply[NTP_RESPOND_MAX + 4];
	struct ntp_sysvars_now now;
	struct ntp_exchange ex = { .reason = NTP_REASON_COUNT };
	struct ntp_policy policy;
	enum ntp_verdict verdict;
	enum ntp_reason why;
	ntp_ts_t clock;
	u16 len;

	if (size < FUZZ_CONTROL || size - FUZZ_CONTROL > 65507)
		return -1;
	policy.serve_symmetric = input[FUZZ_FLAGS] & FUZZ_SYMMETRIC;
	policy.send_nak = input[FUZZ_FLAGS] & FUZZ_NAK;
	policy.minpoll = (s8)input[FUZZ_MINPOLL];
	ex.req = input + FUZZ_CONTROL;
	ex.len = (u16)(size - FUZZ_CONTROL);
	ex.sport = ntp_bytes_get16(input + FUZZ_SPORT);
	ex.rec.v = ntp_bytes_get64(input + FUZZ_REC);
	clock.v = ex.rec.v + (u64)(s64)(s8)input[FUZZ_TOOK];

	verdict = ntp_admit(&policy, &ex);
	why = ex.reason;
	CHECK(why < NTP_REASON_COUNT);
	CHECK(verdict == ntp_reason_verdict(why));
	CHECK(verdict != NTP_DROP);
	if (verdict != NTP_REPLY)
		return 0;

	make_clock(&now, input);
	len = ntp_respond_len(&ex);
	CHECK(len <= ex.len && len <= NTP_RESPOND_MAX);
	memset(reply, 0xa5, sizeof(reply));
	ntp_respond(&policy, &ex, &now, reply);
	CHECK(ntp_respond_seal(&ex, reply, clock).v ==
	      ntp_bytes_get64(reply + NTP_PACKET_XMT));
	CHECK(ntp_bytes_get32(reply + len) == 0xa5a5a5a5);
	CHECK(len == NTP_PACKET_HEADER || why == NTP_SERVED_NAK);
	check_reply(&ex, ex.req, reply, &now);
	ex.reason = why;
	check_in_place(&policy, &ex, &now, clock, reply, len);
	return 0;
}
