// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */

/* Requests in interleaved mode, one after the other, and their replies. */

#include <stdio.h>
#include <stdlib.h>

#include "kmod/core/admit.h"
#include "kmod/core/mac.h"
#include "kmod/core/respond.h"
#include "kmod/core/xleave.h"
#include "tests/lib/tap.h"
#include "tests/vectors/keys.h"
#include "tests/vectors/sequence.h"

/* ------------------------------------------------------------------- reading */

static bool read_stamp(struct sequence_stamp *stamp, const char *word, int asked)
{
	static const char *const names[] = {
		[SEQUENCE_ZERO] = "0",
		[SEQUENCE_NEW] = "new",
		[SEQUENCE_ODD] = "odd",
		[SEQUENCE_REC] = "rec",
		[SEQUENCE_XMT] = "xmt",
		[SEQUENCE_SAME] = "same",
	};

	for (int i = 0; i <= SEQUENCE_SAME; i++) {
		size_t len = strlen(names[i]);
		char *end;

		if (strncmp(word, names[i], len))
			continue;
		stamp->kind = i;
		if (i != SEQUENCE_REC && i != SEQUENCE_XMT)
			return !word[len];
		stamp->of = (int)strtol(word + len, &end, 10);
		return stamp->of > 0 && stamp->of <= asked && !*end;
	}
	return false;
}

static const char *read_ask(struct sequence *seq, const char *text)
{
	char org[16], rec[16], xmt[16], reply[16];
	int version, told = 0;

	if (seq->n == SEQUENCE_ASKS)
		return "too many requests";
	if (sscanf(text, "%d %15s %15s %15s %15s %d", &version, org, rec, xmt,
		   reply, &told) < 5)
		return "ask needs VERSION ORIGIN RECEIVE TRANSMIT REPLY";
	seq->ask[seq->n].version = (u8)version;
	seq->ask[seq->n].told = told;
	if (!read_stamp(&seq->ask[seq->n].org, org, seq->n) ||
	    !read_stamp(&seq->ask[seq->n].rec, rec, seq->n) ||
	    !read_stamp(&seq->ask[seq->n].xmt, xmt, seq->n))
		return "a stamp is 0, new, odd, same, recN or xmtN";
	if (version < 1 || version > 4 || told < 0 || told > seq->n ||
	    strcmp(reply, told ? "tells" : "basic"))
		return "a reply is basic, or tells N";
	seq->n++;
	return NULL;
}

static const char *read_line(struct sequence *seq, const char *text)
{
	char word[16];
	int at;

	if (sscanf(text, "%15s%n", word, &at) != 1)
		return NULL;
	if (!strcmp(word, "ask"))
		return read_ask(seq, text + at);
	if (!strcmp(word, "key") && sscanf(text + at, "%u", &seq->key) == 1)
		return NULL;
	return "a line is ask or key";
}

bool sequence_load(const char *path, struct sequence **sequences, int *count)
{
	FILE *file = fopen(path, "r");
	struct sequence *seq = NULL;
	const char *wrong = NULL;
	char text[256];
	int line = 0;

	while (file && !wrong && fgets(text, sizeof(text), file)) {
		line++;
		text[strcspn(text, "#\n")] = '\0';
		if (!text[strspn(text, " \t")])
			continue;
		if (text[0] == ' ' || text[0] == '\t') {
			wrong = seq ? read_line(seq, text) : "needs a name";
			continue;
		}
		*sequences = realloc(*sequences, ((size_t)*count + 1) *
						 sizeof(**sequences));
		if (!*sequences)
			abort();
		seq = *sequences + (*count)++;
		*seq = (struct sequence){ .file = path, .line = line };
		snprintf(seq->name, sizeof(seq->name), "%.*s",
			 PKT_NAME_MAX - 1, text);
	}
	if (!file)
		perror(path);
	else if (wrong)
		fprintf(stderr, "%s:%d: %s\n", path, line, wrong);
	if (file)
		fclose(file);
	return file && !wrong;
}

/* ------------------------------------------------------------------- running */

/* One run: what was sent, what came, and when it left, where that is known. */
struct run {
	const struct sequence *seq;
	int at;
	u8 sent[PKT_MAX];
	size_t sent_len;
	struct ntp_packet req;
	struct ntp_packet replies[SEQUENCE_ASKS];
	ntp_ts_t left[SEQUENCE_ASKS];
};

static ntp_ts_t stamp_of(const struct run *run, struct sequence_stamp stamp)
{
	switch (stamp.kind) {
	case SEQUENCE_NEW:
		return (ntp_ts_t){ tap_random() };
	case SEQUENCE_ODD:
		return (ntp_ts_t){ tap_random() | 1 };
	case SEQUENCE_REC:
		return run->replies[stamp.of - 1].rec;
	case SEQUENCE_XMT:
		return run->replies[stamp.of - 1].xmt;
	case SEQUENCE_SAME:
		return run->req.xmt;
	default:
		return (ntp_ts_t){ 0 };
	}
}

static void make_request(struct run *run)
{
	const struct ntp_key *key = NULL;

	run->req = (struct ntp_packet){
		.version = run->seq->ask[run->at].version,
		.mode = NTP_MODE_CLIENT,
		.poll = 6,
	};
	run->req.xmt = stamp_of(run, run->seq->ask[run->at].xmt);
	run->req.org = stamp_of(run, run->seq->ask[run->at].org);
	run->req.rec = stamp_of(run, run->seq->ask[run->at].rec);
	ntp_packet_write(run->sent, &run->req);
	run->sent_len = NTP_PACKET_HEADER;
	if (run->seq->key)
		key = ntp_key_find(keys_all(), run->seq->key);
	if (key && ntp_mac_sign(key, run->sent, run->sent_len))
		run->sent_len += ntp_mac_len(key);
}

static const char *wrong_in_basic(const struct run *run)
{
	const struct ntp_packet *reply = &run->replies[run->at];

	if (reply->org.v != run->req.xmt.v)
		return "not basic: origin is not the transmit stamp";
	if (ntp_lfp_diff(reply->xmt, reply->rec) <= 0)
		return "transmit is not after receive";
	return NULL;
}

/* Where it is not known when a reply left, it was between what it said and now. */
static const char *wrong_in_interleaved(const struct run *run, int told)
{
	const struct ntp_packet *reply = &run->replies[run->at];
	const struct ntp_packet *last = &run->replies[told - 1];
	ntp_ts_t left = run->left[told - 1];

	if (reply->org.v != run->req.rec.v)
		return "not interleaved: origin is not the receive stamp";
	if (left.v)
		return reply->xmt.v == left.v ? NULL :
		       "it is not when that reply left";
	if (ntp_lfp_diff(reply->xmt, last->rec) <= 0 ||
	    ntp_lfp_diff(reply->xmt, reply->rec) >= 0)
		return "no time that the reply can have left";
	if (!run->seq->ask[told - 1].told &&
	    ntp_lfp_diff(reply->xmt, last->xmt) < 0)
		return "that reply had not been made yet";
	return NULL;
}

static const char *wrong_in(const struct run *run, const u8 *buf, size_t len,
			    bool is_sync)
{
	const struct ntp_packet *reply = &run->replies[run->at];
	int told = is_sync ? run->seq->ask[run->at].told : 0;

	if (len != run->sent_len)
		return "not as long as the request";
	if (reply->mode != NTP_MODE_SERVER ||
	    reply->version != run->req.version)
		return "mode or version";
	if (!(reply->rec.v & 1) || reply->xmt.v & 1)
		return "receive stamps are odd, transmit stamps even";
	if (run->seq->key && !keys_verify(run->seq->key, buf, len))
		return "the MAC";
	return told ? wrong_in_interleaved(run, told) : wrong_in_basic(run);
}

/* A reply that took half of what a stamp may take proves nothing. */
static bool is_late(ntp_ts_t rec, ntp_ts_t xmt)
{
	return ntp_lfp_diff(xmt, rec) >> 31;
}

static const char *ask(struct run *run, const struct sequence_server *server,
		       struct sequence_result *result)
{
	struct ntp_packet *got = &run->replies[run->at];
	const char *wrong = NULL;
	enum ntp_reason reason;
	u8 reply[PKT_MAX];
	size_t len;

	make_request(run);
	if (!server->exchange(server->arg, run->sent, run->sent_len, reply,
			      &len, &run->left[run->at], &wrong))
		return wrong;
	result->asked++;
	if (!ntp_packet_parse(got, reply, len, &reason))
		return ntp_reason_name(reason);
	result->is_sync = got->leap != NTP_LEAP_UNSYNC;
	/* What an interleaved reply tells is another's transmit stamp. */
	if (got->org.v == run->req.xmt.v && is_late(got->rec, got->xmt))
		result->is_late = true;
	return wrong_in(run, reply, len, result->is_sync);
}

bool sequence_run(const struct sequence *seq,
		  const struct sequence_server *server,
		  struct sequence_result *result)
{
	struct run run = { .seq = seq };

	*result = (struct sequence_result){ 0 };
	for (run.at = 0; run.at < seq->n; run.at++) {
		const char *wrong = ask(&run, server, result);

		if (!wrong)
			continue;
		snprintf(result->why, sizeof(result->why), "request %d: %s",
			 run.at + 1, wrong);
		return false;
	}
	return true;
}

/* ------------------------------------------------------------------ the core */

#define MS	((1ULL << 32) / 1000)

static struct {
	const struct ntp_policy *policy;
	const struct ntp_sysvars_now *sys;
	struct ntp_xleave memory;
	u64 words[64 * NTP_XLEAVE_WAYS * 2];
	u64 now;
} core;

static bool ask_core(void *arg, const u8 *req, size_t len, u8 *reply,
		     size_t *reply_len, ntp_ts_t *left, const char **why)
{
	struct ntp_exchange ex = {
		.req = reply, .len = (u16)len, .sport = 40000,
		.src = { { [10] = 0xff, [11] = 0xff, [15] = 1 } },
	};
	struct ntp_xleave_turn turn = { 0 };
	u64 client;

	(void)arg;
	memcpy(reply, req, len);
	if (ntp_admit(core.policy, &ex) != NTP_REPLY) {
		*why = ntp_reason_name(ex.reason);
		return false;
	}
	*reply_len = ntp_respond_len(&ex);
	core.now += 10 * MS + tap_below(MS);
	client = ntp_xleave_client(&core.memory, &ex.src);
	ex.rec = ntp_xleave_mark(client, (ntp_ts_t){ core.now });
	if (ntp_xleave_is_asked(client, &ex.pkt) &&
	    ntp_respond_can_interleave(&ex, core.sys))
		ntp_xleave_turn(&core.memory, client, ex.pkt.org, ex.rec, 0,
				&turn);
	ntp_respond(core.policy, &ex, core.sys, reply);
	if (turn.is_interleaved)
		ntp_respond_seal_interleaved(&ex, reply, turn.xmt);
	else
		ntp_respond_seal(&ex, reply, ntp_xleave_even(
					     (ntp_ts_t){ core.now + MS }));
	*left = ntp_xleave_even((ntp_ts_t){ core.now + MS + tap_below(MS) });
	if (turn.slot && !ntp_xleave_stamp(&turn, *left, (ntp_ts_t){ 0 })) {
		*why = "its stamp was not taken";
		return false;
	}
	return true;
}

void sequence_core(struct sequence_server *server,
		   const struct ntp_policy *policy,
		   const struct ntp_sysvars_now *sys)
{
	memset(&core, 0, sizeof(core));
	core.policy = policy;
	core.sys = sys;
	core.memory.word = core.words;
	core.memory.mask = 63;
	core.memory.seed = tap_random();
	core.now = 0xeb00000000000000ULL;
	*server = (struct sequence_server){ .exchange = ask_core };
}
