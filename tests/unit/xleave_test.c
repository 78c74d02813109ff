// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */

/*
 * A server in interleaved mode, one step after the other: what it answers,
 * whom it remembers, and that nobody drives others out of its memory.
 */
#include <pthread.h>

#include "kmod/core/admit.h"
#include "kmod/core/respond.h"
#include "kmod/core/xleave.h"
#include "tests/lib/tap.h"

#define MS	((1ULL << 32) / 1000)

static const struct ntp_policy policy = { .minpoll = 3 };
static const struct ntp_sysvars_now synced = {
	.state = NTP_SYSVARS_SYNC, .stratum = 1, .precision = -25,
};

static struct ntp_xleave memory;
static u64 now = 0xeb00000000000000ULL;
static u32 epoch;

static void forget(u32 buckets)
{
	free(memory.word);
	memory.mask = buckets - 1;
	memory.seed = tap_random();
	memory.word = calloc((size_t)buckets * NTP_XLEAVE_WAYS * 2,
			     sizeof(u64));
	if (!memory.word)
		abort();
}

static struct ntp_addr ipv4(u32 host)
{
	struct ntp_addr a = { { [10] = 0xff, [11] = 0xff } };

	ntp_bytes_put32(a.b + 12, host);
	return a;
}

/* A request's answer, and what the server needs to stamp it. */
struct answer {
	struct ntp_packet pkt;
	struct ntp_xleave_turn turn;
};

/* What a server does, that of the module and that of the daemon. */
static struct answer ask_of(struct ntp_addr from, struct ntp_packet request)
{
	struct ntp_exchange ex = { .len = NTP_PACKET_HEADER, .src = from,
				   .sport = 40000 };
	u64 client = ntp_xleave_client(&memory, &from);
	u8 buf[NTP_PACKET_HEADER];
	struct answer answer = { 0 };
	enum ntp_reason why;

	ntp_packet_write(buf, &request);
	ex.req = buf;
	if (ntp_admit(&policy, &ex) != NTP_REPLY)
		abort();
	now += 10 * MS + tap_below(MS);
	ex.rec = ntp_xleave_mark(client, (ntp_ts_t){ now });
	if (ntp_xleave_is_asked(client, &ex.pkt))
		ntp_xleave_turn(&memory, client, ex.pkt.org, ex.rec, epoch,
				&answer.turn);
	ntp_respond(&policy, &ex, &synced, buf);
	if (answer.turn.is_interleaved)
		ntp_respond_seal_interleaved(&ex, buf, answer.turn.xmt);
	else
		ntp_respond_seal(&ex, buf,
				 ntp_xleave_even((ntp_ts_t){ now + MS }));
	if (!ntp_packet_parse(&answer.pkt, buf, sizeof(buf), &why))
		abort();
	return answer;
}

static struct answer ask(u64 org, u64 rec, u64 xmt)
{
	return ask_of(ipv4(0xc0000202),
		      (struct ntp_packet){ .version = 4,
					   .mode = NTP_MODE_CLIENT,
					   .org.v = org, .rec.v = rec,
					   .xmt.v = xmt });
}

/* The reply leaves @after it came in. */
static ntp_ts_t leave(const struct answer *answer, u64 after)
{
	ntp_ts_t xmt = ntp_xleave_even((ntp_ts_t){ answer->pkt.rec.v + after });

	ok(answer->turn.slot && ntp_xleave_stamp(&answer->turn, xmt,
						 (ntp_ts_t){ 0 }),
	   "its transmit stamp is kept");
	return xmt;
}

static bool is_basic(const struct answer *answer, u64 xmt)
{
	return answer->pkt.org.v == xmt && !(answer->pkt.xmt.v & 1) &&
	       ntp_lfp_diff(answer->pkt.xmt, answer->pkt.rec) > 0;
}

/* As RFC 9769 has it and chronyd does it, step by step. */
static void test_steps(void)
{
	struct answer r1, r2, r3, r4, r;
	ntp_ts_t left;

	forget(64);
	r1 = ask(0, 0, 0xb000);
	ok(is_basic(&r1, 0xb000), "1: a first request is answered in basic mode");
	ok(r1.pkt.rec.v & 1 && !r1.turn.slot,
	   "1: with an odd receive stamp, and nothing kept");

	r2 = ask(r1.pkt.rec.v, 0xa001, 0xb002);
	ok(is_basic(&r2, 0xb002) && r2.turn.slot,
	   "2: a receive stamp comes back: basic, but remembered");
	left = leave(&r2, 60000);

	r3 = ask(r2.pkt.rec.v, 0xa002, 0xb003);
	ok(r3.turn.is_interleaved, "3: then in interleaved mode");
	is_int(r3.pkt.org.v, 0xa002, "3: origin is the client's receive stamp");
	is_int(r3.pkt.xmt.v, left.v, "3: and when reply 2 left");
	left = leave(&r3, 70000);

	r4 = ask(r3.pkt.rec.v, 0xa003, 0xb004);
	is_int(r4.pkt.xmt.v, left.v, "4: and so on");
	leave(&r4, 80000);

	r = ask(r3.pkt.rec.v, 0xa003, 0xb005);
	ok(is_basic(&r, 0xb005), "5: a stamp is good for once");

	r = ask(r4.pkt.rec.v, 0xb006, 0xb006);
	ok(is_basic(&r, 0xb006) && !r.turn.slot,
	   "6: receive and transmit stamp are the same: basic");
	r = ask(r4.pkt.rec.v, 0xa004, 0xb007);
	ok(r.turn.is_interleaved, "6: and the entry was not used up");
	leave(&r, 90000);
	r4 = r;

	r = ask(r4.pkt.xmt.v, 0xa005, 0xb008);
	ok(is_basic(&r, 0xb008) && !r.turn.slot,
	   "7: a transmit stamp as origin: basic");
	r = ask_of(ipv4(0xc0000202),
		   (struct ntp_packet){ .version = 3, .mode = NTP_MODE_CLIENT,
					.org = r4.pkt.rec, .rec.v = 0xa005,
					.xmt.v = 0xb009 });
	ok(is_basic(&r, 0xb009) && !r.turn.slot, "8: version 3: basic");
	r = ask(r4.pkt.rec.v, 0xa006, 0);
	is_int(r.pkt.org.v, 0xa006, "10: no transmit stamp, interleaved");
	r = ask(0, 0, 0);
	ok(is_basic(&r, 0), "10: and in basic mode");
}

/* 9: an origin that is odd, but nothing that this server has sent there. */
static void test_guesses(void)
{
	struct ntp_addr other = ipv4(0xc0000203);
	struct answer r, reply;
	int i, kept = 0, told = 0, foreign = 0;

	forget(1024);
	for (i = 0; i < 16000; i++) {
		r = ask(tap_random() | 1, 0xa000 + 2 * (u64)i, 0xb000);
		kept += !!r.turn.slot;
		told += r.turn.is_interleaved;
	}
	is_int(told, 0, "9: no random origin is answered in interleaved mode");
	ok(kept > 700 && kept < 1300, "one of 16 has an entry: %d", kept);
	for (i = 0; i < 1000; i++) {
		reply = ask(0, 0, 0xb000);
		r = ask_of(other, (struct ntp_packet){ .version = 4,
						       .mode = NTP_MODE_CLIENT,
						       .org = reply.pkt.rec,
						       .rec.v = 1 });
		foreign += !!r.turn.slot;
	}
	ok(foreign < 130, "nor does a stamp of somebody else do better: %d",
	   foreign);
}

static void test_stamps(void)
{
	struct answer r1, r2, r3, late;

	forget(64);
	r1 = ask(0, 0, 1);
	r1 = ask(r1.pkt.rec.v, 2, 3);
	r2 = ask(r1.pkt.rec.v, 4, 5);
	ok(is_basic(&r2, 5) && r2.turn.slot,
	   "without its transmit stamp the next reply is basic");
	ok(!ntp_xleave_stamp(&r1.turn, (ntp_ts_t){ r1.pkt.rec.v + 4000 },
			     (ntp_ts_t){ 0 }), "which then comes too late");
	leave(&r2, 4000);
	late = r2;
	ok(ntp_xleave_stamp(&late.turn, (ntp_ts_t){ r2.pkt.rec.v + 9001 },
			    (ntp_ts_t){ r2.pkt.rec.v + 4000 }),
	   "a better stamp replaces the first one");
	ok(!ntp_xleave_stamp(&late.turn, (ntp_ts_t){ r2.pkt.rec.v + 99 },
			     (ntp_ts_t){ r2.pkt.rec.v + 4000 }),
	   "but not one that was replaced");
	r3 = ask(r2.pkt.rec.v, 6, 7);
	is_int(r3.pkt.xmt.v, r2.pkt.rec.v + 9001, "the better one is told");
	ok(!ntp_xleave_stamp(&r3.turn, (ntp_ts_t){ r3.pkt.rec.v + (1ULL << 32) + 2 },
			     (ntp_ts_t){ 0 }), "no stamp of a second later");
	ok(!ntp_xleave_stamp(&r3.turn, (ntp_ts_t){ r3.pkt.rec.v - 100 },
			     (ntp_ts_t){ 0 }), "nor one before the receive stamp");
	r1 = ask(r3.pkt.rec.v, 8, 9);
	ok(is_basic(&r1, 9), "those were not kept");
}

static void test_step(void)
{
	struct answer r1, r2, r3;

	forget(64);
	r1 = ask(0, 0, 1);
	r1 = ask(r1.pkt.rec.v, 2, 3);
	leave(&r1, 5000);
	epoch = 1;
	r2 = ask(r1.pkt.rec.v, 4, 5);
	ok(is_basic(&r2, 5) && r2.turn.slot,
	   "after the clock was set, what was kept before does not count");
	leave(&r2, 5000);
	r3 = ask(r2.pkt.rec.v, 6, 7);
	ok(r3.turn.is_interleaved, "and what is kept since does");
	leave(&r3, 5000);
	epoch = 0;
	ok(!ntp_xleave_stamp(&r1.turn, (ntp_ts_t){ r1.pkt.rec.v + 8000 },
			     (ntp_ts_t){ r1.pkt.rec.v + 5000 }),
	   "an entry that is another reply's takes no stamp");
}

/*
 * A client that loses every other reply, and others of its bucket: it goes on
 * being told for ever, and does not take theirs.
 */
static void test_losses(void)
{
	struct answer other = { 0 }, last, r = { 0 };
	unsigned int told = 0, lost = 0;
	struct ntp_addr neighbour = ipv4(0xc0000203);

	forget(1);
	for (int i = 0; i < 2; i++) {
		other = ask_of(neighbour, (struct ntp_packet){
			.version = 4, .mode = NTP_MODE_CLIENT,
			.org = other.pkt.rec, .rec.v = 7, .xmt.v = 0xb000 });
	}
	r = ask(0, 0, 0xb000);
	for (int i = 0; i < 300; i++) {
		/* The answer to this one does not arrive. */
		last = ask(r.pkt.rec.v, 0xa001, 0xb002);
		lost += last.turn.is_interleaved;
		r = ask(r.pkt.rec.v, 0xa001, 0xb004);
		if (r.turn.slot)
			ntp_xleave_stamp(&r.turn, ntp_xleave_even(
					 (ntp_ts_t){ r.pkt.rec.v + MS }),
					 (ntp_ts_t){ 0 });
		last = ask(r.pkt.rec.v, 0xa001, 0xb006);
		told += last.turn.is_interleaved;
		if (last.turn.slot)
			ntp_xleave_stamp(&last.turn, ntp_xleave_even(
					 (ntp_ts_t){ last.pkt.rec.v + MS }),
					 (ntp_ts_t){ 0 });
		r = last;
	}
	is_int(told, 300, "who loses replies is told of those that came");
	is_int(lost, 299, "as if they had not been lost");
	ok(ntp_xleave_stamp(&other.turn, ntp_xleave_even(
			    (ntp_ts_t){ other.pkt.rec.v + MS }),
			    (ntp_ts_t){ 0 }), "others keep their entries");
}

/* As many behind one address as have entries keep them, whoever comes later. */
static void test_shared(void)
{
	enum { TURNS = 100, CLIENTS = NTP_XLEAVE_WAYS + 4 };
	struct answer last[CLIENTS] = { 0 };
	int told = 0;

	forget(1);
	for (int i = 0; i < TURNS; i++) {
		int n = i < TURNS / 4 ? NTP_XLEAVE_WAYS : CLIENTS;

		for (int j = 0; j < n; j++) {
			last[j] = ask(last[j].pkt.rec.v, 0xa001, 0xb002);
			if (last[j].turn.slot)
				ntp_xleave_stamp(&last[j].turn, ntp_xleave_even(
					(ntp_ts_t){ last[j].pkt.rec.v + MS }),
					(ntp_ts_t){ 0 });
			told += j < NTP_XLEAVE_WAYS &&
				last[j].turn.is_interleaved;
		}
	}
	is_int(told, (TURNS - 2) * NTP_XLEAVE_WAYS,
	       "later ones behind an address take nothing from the first");
}

/* Two replies of one receive stamp cannot be told apart. */
static void test_twins(void)
{
	struct ntp_addr a = ipv4(7);
	u64 client;
	struct ntp_xleave_turn t1, t2, t3;
	ntp_ts_t rec;

	forget(16);
	client = ntp_xleave_client(&memory, &a);
	rec = ntp_xleave_mark(client, (ntp_ts_t){ now });
	ntp_xleave_turn(&memory, client, (ntp_ts_t){ 1 }, rec, 0, &t1);
	ntp_xleave_turn(&memory, client, (ntp_ts_t){ 3 }, rec, 0, &t2);
	ok(t1.slot && !t2.slot, "the second one of the same stamp is not kept");
	ok(!ntp_xleave_stamp(&t1, (ntp_ts_t){ rec.v + 1001 }, (ntp_ts_t){ 0 }),
	   "nor is the first any more");
	ntp_xleave_turn(&memory, client, rec, (ntp_ts_t){ rec.v + 64 }, 0, &t3);
	ok(!t3.is_interleaved, "so neither is told");
}

/* Marks change stamps by a few ns, and not in the mean. */
static void test_mark(void)
{
	double sum = 0, worst = 0, by;
	int i, told = 0;

	forget(16);
	for (i = 0; i < 100000; i++) {
		struct ntp_addr a = ipv4((u32)tap_random());
		u64 client = ntp_xleave_client(&memory, &a);
		ntp_ts_t rec = { tap_random() };
		ntp_ts_t marked = ntp_xleave_mark(client, rec);
		const struct ntp_packet pkt = {
			.version = 4, .mode = NTP_MODE_CLIENT, .org = marked,
			.rec.v = 1,
		};

		by = (double)ntp_lfp_diff(marked, rec) / 4.294967296;
		sum += by;
		if (by > worst || -by > worst)
			worst = by < 0 ? -by : by;
		told += ntp_xleave_is_asked(client, &pkt);
	}
	is_int(told, 100000, "marked stamps are told");
	ok(worst < 7.3, "they are moved by %.2f ns at the most", worst);
	ok(sum / i < 0.15 && sum / i > -0.15, "by %.3f ns on average", sum / i);
}

/* The client's next request, as long as it is answered. */
static bool go_on(struct ntp_addr a, u64 *org)
{
	u64 client = ntp_xleave_client(&memory, &a);
	struct ntp_xleave_turn turn;
	ntp_ts_t rec;

	rec = ntp_xleave_mark(client, (ntp_ts_t){ now += 64 });
	if (!*org)
		*org = 0x1111;
	ntp_xleave_turn(&memory, client, (ntp_ts_t){ *org }, rec, 0, &turn);
	*org = rec.v;
	if (turn.slot)
		ntp_xleave_stamp(&turn, (ntp_ts_t){ rec.v + 1001 },
				 (ntp_ts_t){ 0 });
	return turn.is_interleaved;
}

/* A million clients in 64 MiB. */
static void test_capacity(void)
{
	enum { CLIENTS = 1000000, BUCKETS = 1 << 19 };
	u64 *org = calloc(CLIENTS, sizeof(*org));
	int i, served = 0;

	forget(BUCKETS);
	ok(BUCKETS * NTP_XLEAVE_WAYS * 2 * sizeof(u64) <= 96000000,
	   "%zu octets", BUCKETS * NTP_XLEAVE_WAYS * 2 * sizeof(u64));
	for (i = 0; i < CLIENTS; i++)
		go_on(ipv4((u32)i * 2654435761U), &org[i]);
	for (i = 0; i < CLIENTS; i++)
		go_on(ipv4((u32)i * 2654435761U), &org[i]);
	for (i = 0; i < CLIENTS; i++)
		served += go_on(ipv4((u32)i * 2654435761U), &org[i]);
	ok(served > CLIENTS - CLIENTS / 1000,
	   "%d of %d clients are in interleaved mode", served, CLIENTS);
	free(org);
}

/* Known clients stay, whoever else comes, and new ones leave when forgotten. */
static void test_flood(void)
{
	enum { CLIENTS = 500, BUCKETS = 1 << 10 };
	u64 org[CLIENTS] = { 0 }, other;
	int i, served = 0, again = 0;

	forget(BUCKETS);
	for (i = 0; i < 3 * CLIENTS; i++)
		go_on(ipv4((u32)i % CLIENTS), &org[i % CLIENTS]);
	for (i = 0; i < 200000; i++) {
		other = tap_random() | 1;
		go_on(ipv4(0x80000000 | (u32)tap_random()), &other);
	}
	for (i = 0; i < CLIENTS; i++)
		served += go_on(ipv4((u32)i), &org[i]);
	is_int(served, CLIENTS, "forged addresses drive no known client out");

	/* Somebody with one true address, as often as he likes. */
	for (i = 0; i < 200000; i++) {
		other = i % 3 ? other : tap_random() | 1;
		go_on(ipv4(0x90000000), &other);
	}
	for (i = 0, served = 0; i < CLIENTS; i++)
		served += go_on(ipv4((u32)i), &org[i]);
	is_int(served, CLIENTS, "nor does one true address");

	now += ((u64)NTP_XLEAVE_HOLD_S + 1) << 32;
	for (i = 0; i < 200000; i++) {
		other = tap_random() | 1;
		go_on(ipv4(0x80000000 | (u32)tap_random()), &other);
	}
	for (i = 0; i < CLIENTS; i++)
		again += go_on(ipv4((u32)i), &org[i]);
	is_int(again, 0, "who was silent for too long makes room");
}

static u32 bucket_of(const char *high, u64 low)
{
	struct ntp_addr a = { { 0 } };

	memcpy(a.b, high, 8);
	ntp_bytes_put64(a.b + 8, low);
	return (u32)ntp_xleave_client(&memory, &a) & memory.mask;
}

static void test_network(void)
{
	static bool seen[1 << 16];
	int i, buckets = 0;

	forget(1 << 16);
	for (i = 0; i < 100000; i++) {
		u32 bucket = bucket_of("\x20\x01\x0d\xb8\0\0\0\1", tap_random());

		buckets += !seen[bucket];
		seen[bucket] = true;
	}
	is_int(buckets, 64, "a network of 64 bits has 64 buckets");
}

/* What each thread sees of its own clients must be its own stamps. */
static void *run_thread(void *arg)
{
	u64 base = *(u64 *)arg, org[64] = { 0 }, left[64] = { 0 }, wrong = 0;
	struct ntp_xleave_turn turn;
	u64 i, c, told = 0;

	for (i = 0; i < 400000; i++) {
		struct ntp_addr a = ipv4((u32)(base + (c = i % 64)));
		u64 client = ntp_xleave_client(&memory, &a);
		ntp_ts_t rec = ntp_xleave_mark(client, (ntp_ts_t){
			(0xeb000000ULL << 32) + (base << 20) + i * 4096 });

		ntp_xleave_turn(&memory, client,
				(ntp_ts_t){ org[c] ? org[c] : 1 }, rec, 0,
				&turn);
		if (turn.is_interleaved) {
			told++;
			wrong += turn.xmt.v != left[c];
		}
		org[c] = rec.v;
		left[c] = rec.v + 1001 + 2 * (i % 1000);
		if (turn.slot)
			ntp_xleave_stamp(&turn, (ntp_ts_t){ left[c] },
					 (ntp_ts_t){ 0 });
	}
	*(u64 *)arg = wrong << 32 | (told > 1000);
	return NULL;
}

static void test_threads(void)
{
	u64 arg[4] = { 0x1000, 0x2000, 0x3000, 0x4000 };
	u64 wrong = 0, busy = 0;
	pthread_t thread[4];
	int i;

	/* Few buckets: threads take entries from one another all the time. */
	forget(8);
	for (i = 0; i < 4; i++)
		pthread_create(&thread[i], NULL, run_thread, &arg[i]);
	for (i = 0; i < 4; i++) {
		pthread_join(thread[i], NULL);
		wrong += arg[i] >> 32;
		busy += arg[i] & 1;
	}
	is_int(wrong, 0, "no stamp of another reply, on four CPUs at once");
	ok(busy, "though they were in each other's way");
}

int main(void)
{
	tap_start();
	test_steps();
	test_guesses();
	test_stamps();
	test_step();
	test_losses();
	test_shared();
	test_twins();
	test_mark();
	test_capacity();
	test_flood();
	test_network();
	test_threads();
	free(memory.word);
	return tap_finish();
}
