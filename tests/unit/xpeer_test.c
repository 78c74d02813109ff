// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include <stdlib.h>

#include "daemon/engine/xleave.h"
#include "daemon/io/sent.h"
#include "tests/lib/tap.h"

/*
 * Two sides of an association, whose packets take 1 ms and leave 40 us after
 * they are formed. Both clocks are right: any error is one of the protocol.
 */

#define MS	1000000LL
#define LATE	(MS / 25)
#define BASE	1800000000000000000LL

struct side {
	struct xleave x;
	bool is_wanted;
	ntp_ts_t xmt, org, rec;		/* as symmetric.c has them */
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
	bool is_due = xleave_is_due(&s->x, s->is_wanted);
	struct ntp_packet pkt = {
		.org = is_due ? s->x.rec : s->org, .rec = s->rec,
		.xmt = ts(is_due ? s->x.left.ns : now),
	};

	s->xmt = pkt.xmt;
	xleave_sent(&s->x, s->rec, is_due);
	if (has_stamp)
		s->x.left = (struct xleave_stamp){ .ns = now + LATE };
	return pkt;
}

static void judge(struct side *s, const struct xleave_times *t)
{
	int64_t rec = ntp_lfp_to_unix(t->rec, now);
	int64_t xmt = ntp_lfp_to_unix(t->xmt, now);

	s->samples++;
	if (llabs(rec - t->org.ns - MS) > 1 || llabs(t->dst.ns - xmt - MS) > 1)
		s->wrong++;
}

static void take(struct side *s, const struct ntp_packet *pkt)
{
	struct xleave_stamp came = { .ns = now };
	bool is_basic = s->xmt.v && pkt->org.v == s->xmt.v;
	struct xleave_times times;

	if (pkt->xmt.v == s->org.v)
		return;
	s->org = pkt->xmt;
	s->rec = ts(now);
	if (!is_basic && !(s->xmt.v && xleave_fits(&s->x, pkt))) {
		s->none++;
		xleave_upset(&s->x);
		return;
	}
	s->xmt.v = 0;
	s->basic += is_basic;
	s->interleaved += !is_basic;
	if (!is_basic && xleave_match(&s->x, pkt, &times))
		judge(s, &times);
	xleave_heard(&s->x, pkt, s->rec, came, is_basic);
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
	ok(b.x.is_heard, "who did not ask for it is told by the other side");
	forget_counts(&a);
	turns(&a, &b, 5);
	is_int(a.interleaved, 5, "and does the same");
	is_int(a.wrong + b.wrong, 0, "rightly");
	a = (struct side){ 0 };
	b = (struct side){ 0 };
	turns(&a, &b, 5);
	is_int(a.interleaved + b.interleaved, 0, "if nobody asks, nobody does");
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
	xleave_heard(&a.x, &(struct ntp_packet){ 0 }, ts(now),
		     (struct xleave_stamp){ 0 }, false);
	xleave_sent(&a.x, ts(now), false);
	xleave_sent(&a.x, ts(now), false);
	ok(!a.x.said.v, "the same receive stamp twice is of no use");
	xleave_sent(&a.x, ts(now + MS), false);
	ok(a.x.said.v, "but a new one is, though nothing valid came");
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

	now = BASE;
	turns(&a, &b, 4);
	b = (struct side){ .is_wanted = true };
	forget_counts(&a);
	turns(&a, &b, 1);
	is_int(a.basic, 1, "one that started anew is basic");
	turns(&a, &b, 4);
	ok(a.interleaved >= 2 && b.interleaved >= 2, "and comes back");
	is_int(a.wrong + b.wrong, 0, "without a wrong sample");

	xleave_renew(&a.x, 1, true);
	ok(!xleave_is_due(&a.x, true), "basic after the clock was set");
	ok(!a.x.came.ns && !a.x.left.ns && a.x.is_heard,
	   "stamps of before are gone");
	xleave_renew(&a.x, 1, false);
	ok(!a.x.is_heard, "unreachable: nothing is known of it any more");

	a = (struct side){ .is_wanted = true };
	b = (struct side){ .is_wanted = true };
	turns(&a, &b, 4);
	speak(&a, &b, true);
	pkt = form(&b, false);
	now += LATE + MS;
	take(&a, &pkt);
	now += 70 * MS;
	speak(&a, &b, true);
	ok(!xleave_is_due(&b.x, true), "no stamp of the kernel: basic");
}

/* It does not know what to do with them, and answers the last basic one. */
static void test_stranger(void)
{
	struct side a = { .is_wanted = true };
	unsigned int sent = 0;

	now = BASE;
	for (int i = 0; i < 40; i++) {
		bool is_due = xleave_is_due(&a.x, true);
		struct ntp_packet pkt = form(&a, true);

		sent += is_due;
		now += LATE + MS;
		pkt = (struct ntp_packet){ .org = pkt.xmt, .rec = ts(now),
					   .xmt = ts(now + MS) };
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
	test_loss();
	test_fallback();
	test_stranger();
	test_sent();
	return tap_finish();
}
