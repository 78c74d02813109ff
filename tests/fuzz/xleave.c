// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */

/*
 * A server in interleaved mode and a few clients, all in the same buckets. An
 * input is a row of requests with fields that are right, half right, another
 * client's or any; of transmit stamps that come at once, late, twice, wrong or
 * never; and of clocks that are set. Where it ends, chance goes on, so that
 * each input is LEAST requests at least.
 *
 * Each reply is held to a record of all that were sent: it may only tell when
 * one left that was sent to that client with that receive stamp. There are two
 * exceptions, which are counted: who sends the stamp of a reply to somebody else
 * is believed by one chance in sixteen; and of replies to clients of one bucket
 * that have the same stamp, as they came within 7 ns, one may stand for another.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "kmod/core/admit.h"
#include "kmod/core/respond.h"
#include "kmod/core/xleave.h"

#define MS	((1ULL << 32) / 1000)

#define CHECK(c)						\
	do {							\
		if (!(c))					\
			check_failed(#c, __LINE__);		\
	} while (0)

enum {
	LEAST	= 256,
	CLIENTS	= 12,
	BUCKETS	= 2,
	KEPT	= 512,		/* replies; the older ones of a row are few */
	BUFFER	= 96,
};

/* A reply that was sent. */
struct sent {
	unsigned int client;
	ntp_ts_t rec, xmt;	/* as it says */
	u32 epoch;
	struct ntp_xleave_turn turn;
	ntp_ts_t left;		/* the stamp that the server took, or 0 */
	bool is_told;
};

static const struct ntp_policy policy = {
	.serve_symmetric = true, .send_nak = true, .minpoll = 3,
};

static struct {
	struct ntp_xleave memory;
	u64 words[BUCKETS * NTP_XLEAVE_WAYS * 2];
	struct ntp_sysvars_now sys;
	u64 now;
	u32 epoch;
	struct sent sent[KEPT];
	unsigned int sent_n;
} server;

/* What chooses: the input, and then what it makes of a generator. */
static struct {
	const u8 *at, *end;
	u64 state;
} chance;

static u64 requests, interleaved, foreign_tried, foreign_told, twins_told;

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const u8 *input, size_t size);

static void check_failed(const char *what, int line)
{
	fprintf(stderr, "tests/fuzz/xleave.c:%d: not so: %s\n", line, what);
	abort();
}

static u8 octet(void)
{
	u8 in = chance.at < chance.end ? *chance.at++ : 0;

	chance.state = chance.state * 6364136223846793005ULL + in +
		       1442695040888963407ULL;
	return chance.at < chance.end ? in : (u8)(chance.state >> 56);
}

static u64 word(void)
{
	u64 v = 0;

	for (int i = 0; i < 8; i++)
		v = v << 8 | octet();
	return v;
}

static struct ntp_addr address_of(unsigned int client)
{
	struct ntp_addr a = { { [15] = (u8)client } };

	if (client & 1) {
		a.b[0] = 0x20;
		a.b[7] = (u8)(client >> 2);
	} else {
		a.b[10] = a.b[11] = 0xff;
	}
	return a;
}

/* One of the last replies, to @client or to anybody; NULL if there is none. */
static struct sent *some_reply(unsigned int client, bool is_own)
{
	unsigned int back = octet() & 3;

	for (unsigned int i = server.sent_n; i-- > 0; )
		if ((server.sent[i].client == client) == is_own && !back--)
			return &server.sent[i];
	return NULL;
}

/* A field of a request, of what the client may or may not know. */
static u64 field(unsigned int client)
{
	u8 how = octet();
	struct sent *reply;

	if (how < 24)
		return word();
	if (how < 40)
		return 0;
	reply = some_reply(client, how >= 64);
	if (!reply)
		return how;
	if (how < 176)
		return reply->rec.v;
	if (how < 192)
		return reply->xmt.v;
	if (how < 200)
		return reply->left.v;
	/* Nearly right: a bit or so. */
	if (how < 224)
		return reply->rec.v ^ 1ULL << (octet() & 63);
	return how & 1 ? reply->rec.v + octet() : reply->rec.v;
}

/* How many replies had this receive stamp, to the client or to others? */
static unsigned int replies_with(ntp_ts_t rec, unsigned int client, bool is_own)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < server.sent_n; i++)
		n += server.sent[i].rec.v == rec.v &&
		     (server.sent[i].client == client) == is_own;
	return n;
}

static void stamp(struct sent *reply, ntp_ts_t xmt)
{
	if (ntp_xleave_stamp(&reply->turn, xmt, reply->left))
		reply->left = ntp_xleave_even(xmt);
}

/* The server learns when some reply left: soon, again, or what cannot be. */
static void learn(struct sent *reply)
{
	u8 how = octet();
	ntp_ts_t xmt = { server.now + octet() * (MS / 256) };

	if (!reply || !reply->turn.slot)
		return;
	if (how < 16)
		xmt.v = word();
	else if (how < 24)
		xmt.v = reply->rec.v - octet();
	/* A shell asks for the epoch before it takes a stamp. */
	if (reply->epoch == server.epoch)
		stamp(reply, xmt);
}

/* Some reply that left then, and of which nobody was told. */
static bool told_by(unsigned int client, ntp_ts_t org, ntp_ts_t xmt,
		    bool is_own)
{
	for (unsigned int i = server.sent_n; i-- > 0; ) {
		struct sent *s = &server.sent[i];

		if ((s->client == client) != is_own || s->rec.v != org.v ||
		    !s->left.v || s->left.v != xmt.v ||
		    s->epoch != server.epoch || s->is_told)
			continue;
		s->is_told = true;
		return true;
	}
	return false;
}

static void check_interleaved(unsigned int client, const struct ntp_packet *req,
			      const struct ntp_packet *reply)
{
	unsigned int own = replies_with(req->org, client, true);
	unsigned int others = replies_with(req->org, client, false);

	interleaved++;
	CHECK(req->version == 4 && req->mode == NTP_MODE_CLIENT);
	CHECK(req->rec.v != req->xmt.v);
	CHECK(reply->org.v == req->rec.v);
	CHECK(server.sys.state == NTP_SYSVARS_SYNC);
	CHECK(!(reply->xmt.v & 1));
	CHECK(ntp_lfp_diff(reply->xmt, req->org) > 0);
	if (told_by(client, req->org, reply->xmt, true))
		return;
	CHECK(others);
	CHECK(told_by(client, req->org, reply->xmt, false));
	if (own)
		twins_told++;
	else
		foreign_told++;
}

static void check_basic(const struct ntp_packet *req,
			const struct ntp_packet *reply)
{
	CHECK(reply->org.v == req->xmt.v);
	CHECK(ntp_lfp_diff(reply->xmt, reply->rec) > 0);
	CHECK(!(reply->xmt.v & 1));
}

static struct sent *keep(unsigned int client, const struct ntp_packet *reply,
			 const struct ntp_xleave_turn *turn)
{
	struct sent *s;

	if (server.sent_n == KEPT) {
		server.sent_n /= 2;
		memmove(server.sent, server.sent + server.sent_n,
			server.sent_n * sizeof(*server.sent));
	}
	s = &server.sent[server.sent_n++];
	*s = (struct sent){ .client = client, .rec = reply->rec,
			    .xmt = reply->xmt, .epoch = server.epoch,
			    .turn = *turn };
	return s;
}

/* As the module and the daemon do it, in place. */
static struct sent *answer(unsigned int client, struct ntp_exchange *ex, u8 *buf)
{
	u64 number = ntp_xleave_client(&server.memory, &ex->src);
	struct ntp_xleave_turn turn = { 0 };
	struct ntp_packet reply;
	enum ntp_reason why;
	u16 len = ntp_respond_len(ex);

	CHECK(ex->pkt.mode == NTP_MODE_CLIENT ||
	      ex->pkt.mode == NTP_MODE_ACTIVE ||
	      (ex->pkt.mode == NTP_MODE_RESERVED && ex->pkt.version == 1));
	CHECK(len <= ex->len);
	ex->rec = ntp_xleave_mark(number, (ntp_ts_t){ server.now });
	CHECK(llabs(ntp_lfp_diff(ex->rec, (ntp_ts_t){ server.now })) < 32);
	if (ntp_xleave_is_asked(number, &ex->pkt) &&
	    ntp_respond_can_interleave(ex, &server.sys))
		ntp_xleave_turn(&server.memory, number, ex->pkt.org, ex->rec,
				server.epoch, &turn);
	ntp_respond(&policy, ex, &server.sys, buf);
	server.now += octet();
	if (turn.is_interleaved)
		ntp_respond_seal_interleaved(ex, buf, turn.xmt);
	else
		ntp_respond_seal(ex, buf,
				 ntp_xleave_even((ntp_ts_t){ server.now }));
	CHECK(ntp_packet_parse(&reply, buf, NTP_PACKET_HEADER, &why));
	CHECK(reply.mode == (ex->pkt.mode == NTP_MODE_ACTIVE ?
			     NTP_MODE_PASSIVE : NTP_MODE_SERVER));
	CHECK(reply.rec.v == ex->rec.v && reply.rec.v & 1);
	CHECK(!turn.slot || (turn.slot >= server.words && turn.slot <
	      server.words + sizeof(server.words) / sizeof(u64)));
	if (turn.is_interleaved)
		check_interleaved(client, &ex->pkt, &reply);
	else
		check_basic(&ex->pkt, &reply);
	return keep(client, &reply, &turn);
}

static void ask(void)
{
	unsigned int client = octet() % CLIENTS;
	struct ntp_exchange ex = { .len = NTP_PACKET_HEADER, .sport = 40000,
				   .src = address_of(client) };
	struct ntp_packet request = { .version = 4, .mode = NTP_MODE_CLIENT };
	struct sent *reply = NULL;
	u8 buf[BUFFER] = { 0 }, first = octet();

	if (first < 32) {
		request.version = first & 7;
		request.mode = octet() & 7;
	}
	request.org.v = field(client);
	request.rec.v = octet() < 32 ? field(client) : word();
	request.xmt.v = octet() < 32 ? request.rec.v : word();
	ntp_packet_write(buf, &request);
	/* Behind the header something that is ignored, now and then. */
	if (first >= 248) {
		ex.len += 28;
		buf[NTP_PACKET_HEADER] = 0x7f;
		buf[NTP_PACKET_HEADER + 3] = 28;
	}
	ex.req = buf;
	requests++;
	foreign_tried += !replies_with(request.org, client, true) &&
			 replies_with(request.org, client, false);
	if (ntp_admit(&policy, &ex) == NTP_REPLY)
		reply = answer(client, &ex, buf);
	if (octet() < 224)
		learn(reply);
}

static void step(void)
{
	u8 what = octet();

	if (what < 8)
		learn(some_reply(octet() % CLIENTS, true));
	else if (what < 10)
		server.now += (u64)octet() << 32;
	else if (what < 11)
		server.now -= word() >> 20;
	if (what == 0)
		server.epoch = (u32)word();
	server.sys.state = what < 252 ? NTP_SYSVARS_SYNC : NTP_SYSVARS_UNSYNC;
	server.now += what < 248 ? (1 + octet()) * MS : 0;
	ask();
}

static void tell(void)
{
	fprintf(stderr, "requests %" PRIu64 ", interleaved replies %" PRIu64
		", stamps of others tried %" PRIu64 ", believed %" PRIu64
		", twins %" PRIu64 "\n", requests, interleaved, foreign_tried,
		foreign_told, twins_told);
	if (foreign_tried > 10000 && foreign_told > foreign_tried / 8)
		check_failed("one of sixteen guesses", __LINE__);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	return atexit(tell);
}

int LLVMFuzzerTestOneInput(const u8 *input, size_t size)
{
	chance.at = input;
	chance.end = input + size;
	chance.state = size;
	memset(&server, 0, sizeof(server));
	server.memory = (struct ntp_xleave){ .word = server.words,
					     .mask = BUCKETS - 1,
					     .seed = word() };
	server.sys = (struct ntp_sysvars_now){ .stratum = 1, .precision = -25 };
	server.now = 0xeb00000000000000ULL;
	for (int i = 0; i < LEAST || chance.at < chance.end; i++)
		step();
	return 0;
}
