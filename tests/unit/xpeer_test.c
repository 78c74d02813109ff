// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include <stdlib.h>

#include "daemon/engine/symmetric.h"
#include "daemon/engine/xleave.h"
#include "daemon/io/sent.h"
#include "tests/lib/tap.h"

/*
 * Two sides of an association, whose packets take 1 ms and leave 40 us after
 * they are formed. Both clocks are right: any error is one of the protocol.
 */

#define MS	1000000LL
#define LATE	(MS / 25)
/* What a receive stamp is changed by to be told from others, and more, ns. */
#define FEW	5
#define BASE	1800000000000000000LL

struct side {
	struct peer_symmetric sym;
	bool is_wanted;
	bool is_reachable;
	bool takes_all;		/* several valid ones before its next */
	unsigned int basic, interleaved, none;	/* what came, of use */
	unsigned int samples, wrong;
};

static int64_t now;

static ntp_ts_t ts(int64_t ns)
{
	return ntp_lfp_from_unix(ns);
}

static struct ntp_packet form(struct side *s, bool has_stamp)
{
	struct xleave *x = &s->sym.xleave;
	bool is_due = xleave_is_due(x, s->is_wanted);
	struct ntp_packet pkt = {
		.stratum = 2, .org = is_due ? x->rec : s->sym.org,
		.rec = xleave_say(x, s->sym.rec),
		.xmt = ts(is_due ? x->ours[x->last].left.ns : now),
	};

	s->sym.xmt = pkt.xmt;
	xleave_sent(x, pkt.rec, is_due);
	if (has_stamp)
		xleave_left(x, (struct xleave_stamp){ .ns = now + LATE });
	return pkt;
}

static void judge(struct side *s, const struct xleave_times *t)
{
	int64_t rec = ntp_lfp_to_unix(t->rec, now);
	int64_t xmt = ntp_lfp_to_unix(t->xmt, now);

	/* As symmetric.c does. */
	if (t->dst.ns - t->org.ns < xmt - rec)
		return;
	s->samples++;
	if (llabs(rec - t->org.ns - MS) > FEW ||
	    llabs(t->dst.ns - xmt - MS) > FEW)
		s->wrong++;
}

static void take(struct side *s, const struct ntp_packet *pkt)
{
	struct xleave_stamp came = { .ns = now };
	struct xleave *x = &s->sym.xleave;
	struct xleave_times times;
	enum symmetric_use use;
	enum peer_check check;
	u8 sent_before;

	use = symmetric_check(pkt, &s->sym, s->is_reachable, &check);
	if (use == SYMMETRIC_NOTHING)
		return;
	s->sym.org = pkt->xmt;
	s->sym.rec = ts(now);
	if (use == SYMMETRIC_STAMPS) {
		s->none++;
		xleave_upset(x);
		return;
	}
	if (!s->takes_all)
		s->sym.xmt.v = 0;
	s->is_reachable = true;
	s->basic += use == SYMMETRIC_TIME;
	s->interleaved += use == SYMMETRIC_XLEAVE;
	if (use == SYMMETRIC_XLEAVE && xleave_match(x, pkt, &times))
		judge(s, &times);
	sent_before = x->sent ? x->sent : x->sent_before;
	xleave_heard(x, pkt, s->sym.rec, came, use == SYMMETRIC_TIME);
	x->sent_before = sent_before;
}

/* @arrives: or it is lost. Return: the packet, for who wants to repeat it. */
static struct ntp_packet speak(struct side *from, struct side *to, bool arrives)
{
	struct ntp_packet pkt = form(from, true);

	now += LATE + MS;
	if (arrives)
		take(to, &pkt);
	return pkt;
}

static void turns(struct side *a, struct side *b, unsigned int n)
{
	while (n--) {
		speak(a, b, true);
		now += 30 * MS;
		speak(b, a, true);
		now += 70 * MS;
	}
}

static void forget_counts(struct side *s)
{
	s->basic = s->interleaved = s->none = s->samples = 0;
}

static void test_turns(void)
{
	struct side a = { .is_wanted = true }, b = { .is_wanted = true };

	now = BASE;
	turns(&a, &b, 2);
	is_int(a.basic, 1, "the first answer is basic");
	is_int(a.interleaved, 1, "the second is interleaved");
	forget_counts(&a);
	forget_counts(&b);
	turns(&a, &b, 10);
	is_int(a.interleaved, 10, "and all that follow");
	is_int(b.interleaved, 10, "on both sides");
	is_int(a.samples + b.samples, 20, "each is a sample");
	is_int(a.wrong + b.wrong, 0, "of stamps that belong together");
}

static void test_passive(void)
{
	struct side a = { .is_wanted = true }, b = { 0 };

	now = BASE;
	turns(&a, &b, 5);
	ok(b.sym.xleave.is_heard, "who did not ask for it is told by the other side");
	forget_counts(&a);
	turns(&a, &b, 5);
	is_int(a.interleaved, 5, "and does the same");
	is_int(a.wrong + b.wrong, 0, "rightly");
	a = (struct side){ 0 };
	b = (struct side){ 0 };
	turns(&a, &b, 5);
	is_int(a.interleaved + b.interleaved, 0, "if nobody asks, nobody does");
}

/*
 * One side sends more often, and the other one answers to the last of them, as
 * the RFC lets it: with times that belong to that one.
 */
static void test_rates(void)
{
	struct side a = { .is_wanted = true };
	struct side b = { .is_wanted = true, .takes_all = true };

	now = BASE;
	for (int i = 0; i < 50; i++) {
		for (int n = 1 + i % 7; n; n--) {
			speak(&a, &b, true);
			now += 20 * MS;
		}
		speak(&b, &a, true);
		now += 20 * MS;
	}
	ok(a.interleaved > 40, "of one that sends less often, %u packets are "
	   "interleaved", a.interleaved);
	is_int(a.samples, a.interleaved, "each is a sample");
	is_int(a.wrong + b.wrong, 0, "none of them wrong");

	forget_counts(&a);
	for (int i = 0; i < 10; i++) {
		for (int n = 0; n < 3 * XLEAVE_OURS; n++)
			speak(&a, &b, n < 2 * XLEAVE_OURS - i);
		speak(&b, &a, true);
	}
	ok(a.interleaved == 10 && !a.wrong,
	   "a much slower one, to which we are lost: %u samples, none wrong",
	   a.samples);

	srand(2);
	forget_counts(&a);
	for (int i = 0; i < 20000; i++) {
		for (int n = rand() % 6; n; n--) {
			speak(&a, &b, rand() % 4);
			now += 20 * MS;
		}
		speak(&b, &a, rand() % 4);
		now += 20 * MS;
	}
	ok(a.samples > 1000, "%u samples with losses", a.samples);
	is_int(a.wrong + b.wrong, 0, "none of them wrong");
}

/* Any pattern of losses: less samples, but never a wrong one. */
static void test_loss(void)
{
	struct side a = { .is_wanted = true }, b = { .is_wanted = true };
	unsigned int basic;

	now = BASE;
	srand(1);
	for (int i = 0; i < 20000; i++) {
		bool is_a = rand() % 2;
		struct ntp_packet pkt = speak(is_a ? &a : &b, is_a ? &b : &a,
					      rand() % 4);

		if (!(rand() % 8))
			take(is_a ? &b : &a, &pkt);
		now += (1 + rand() % 90) * MS;
	}
	ok(a.samples > 300 && b.samples > 300,
	   "with losses and repetitions, without turns: %u and %u samples",
	   a.samples, b.samples);
	is_int(a.wrong + b.wrong, 0, "none of them wrong");
	basic = a.basic + b.basic;
	ok(basic > 300, "%u packets were basic in between", basic);
	forget_counts(&a);
	turns(&a, &b, 6);
	ok(a.interleaved >= 4, "it goes on when all is well again");
}

static void test_fallback(void)
{
	struct side a = { .is_wanted = true }, b = { .is_wanted = true };
	struct ntp_packet pkt;
	struct xleave *x;

	now = BASE;
	turns(&a, &b, 4);
	b = (struct side){ .is_wanted = true };
	forget_counts(&a);
	turns(&a, &b, 1);
	is_int(a.basic, 1, "one that started anew is basic");
	turns(&a, &b, 4);
	ok(a.interleaved >= 2 && b.interleaved >= 2, "and comes back");
	is_int(a.wrong + b.wrong, 0, "without a wrong sample");

	x = &a.sym.xleave;
	xleave_renew(x, 1, true);
	ok(!xleave_is_due(x, true), "basic after the clock was set");
	ok(!x->came.ns && !x->ours[x->last].left.ns && x->is_heard,
	   "stamps of before are gone");
	xleave_renew(x, 1, false);
	ok(!x->is_heard, "unreachable: nothing is known of it any more");

	a = (struct side){ .is_wanted = true };
	b = (struct side){ .is_wanted = true };
	turns(&a, &b, 4);
	speak(&a, &b, true);
	pkt = form(&b, false);
	now += LATE + MS;
	take(&a, &pkt);
	now += 70 * MS;
	speak(&a, &b, true);
	ok(!xleave_is_due(&b.sym.xleave, true), "no stamp of the kernel: basic");
}

/* It does not know what to do with them, and answers the last basic one. */
static void test_stranger(void)
{
	struct side a = { .is_wanted = true };
	unsigned int sent = 0;

	now = BASE;
	for (int i = 0; i < 40; i++) {
		bool is_due = xleave_is_due(&a.sym.xleave, true);
		struct ntp_packet pkt = form(&a, true);

		sent += is_due;
		now += LATE + MS;
		pkt = (struct ntp_packet){ .stratum = 2, .org = pkt.xmt,
					   .rec = ts(now), .xmt = ts(now + MS) };
		now += 3 * MS;
		take(&a, &pkt);
		now += 90 * MS;
	}
	is_int(sent, 8, "after eight it is believed not to know the mode");
	is_int(a.basic, 40, "its basic ones are of use all the time");
}

static int64_t told_ns;
static unsigned int told_n;

static void told(void *arg, int64_t real_ns)
{
	told_n++;
	told_ns = real_ns;
	is_int(*(int *)arg, 7, "by whom it was asked");
}

static void test_sent(void)
{
	static struct sent one, two;
	u8 long_one[SENT_MAX + 1] = { 0 };
	int arg = 7;

	sent_want(&one, "first", 5, told, &arg);
	sent_want(&two, "second", 6, told, &arg);
	sent_stamped((const u8 *)"headers of second.", 18, 1);
	sent_stamped((const u8 *)"irst", 4, 1);
	is_int(told_n, 0, "another packet");
	sent_stamped((const u8 *)"headers of second", 17, 2);
	ok(told_n == 1 && told_ns == 2, "known by its end");
	sent_stamped((const u8 *)"headers of second", 17, 3);
	is_int(told_n, 1, "once");
	sent_want(&one, "third", 5, told, &arg);
	sent_stamped((const u8 *)"first", 5, 4);
	is_int(told_n, 1, "nothing is waited for but the last one");
	sent_stamped((const u8 *)"third", 5, 5);
	is_int(told_n, 2, "which comes");
	sent_want(&one, "fourth", 6, told, &arg);
	sent_forget(&one);
	sent_forget(&one);
	sent_stamped((const u8 *)"fourth", 6, 6);
	is_int(told_n, 2, "forgotten");
	sent_want(&one, long_one, sizeof(long_one), told, &arg);
	sent_stamped(long_one, sizeof(long_one), 7);
	is_int(told_n, 2, "too long");
}

int main(void)
{
	tap_start();
	test_turns();
	test_passive();
	test_rates();
	test_loss();
	test_fallback();
	test_stranger();
	test_sent();
	return tap_finish();
}
