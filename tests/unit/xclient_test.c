// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include <stdlib.h>
#include <string.h>

#include "daemon/engine/xclient.h"
#include "tests/lib/tap.h"

/*
 * A client and a server whose clocks are right. Packets take 1 ms; the server
 * keeps stamps of some replies, which leave 40 us after what they say.
 */

#define MS	1000000LL
#define LATE	(MS / 25)
#define BASE	1800000000000000000LL
#define KEPT	4

struct kept {
	ntp_ts_t rec;
	int64_t left;
};

static int64_t now;
static struct kept kept[KEPT];
static unsigned int place;
static unsigned int basic, interleaved, wrong;

static ntp_ts_t ts(int64_t ns)
{
	return ntp_lfp_from_unix(ns);
}

static void reset(struct xclient *x)
{
	*x = (struct xclient){ 0 };
	memset(kept, 0, sizeof(kept));
	basic = 0;
	interleaved = 0;
	wrong = 0;
	now = BASE;
}

/* Return: is .xmt of what was before? Each one is told once. */
static bool serve(ntp_ts_t org, struct ntp_packet *pkt)
{
	bool is_known = false;

	*pkt = (struct ntp_packet){ .rec = ts(now), .xmt = ts(now) };
	for (int i = 0; i < KEPT && org.v; i++) {
		if (kept[i].rec.v != org.v)
			continue;
		pkt->xmt = ts(kept[i].left);
		kept[i].rec.v = 0;
		is_known = true;
	}
	kept[place++ % KEPT] = (struct kept){ pkt->rec, now + LATE };
	return is_known;
}

static void exchange(struct xclient *x, bool comes, bool returns)
{
	ntp_ts_t org = xclient_origin(x, 0);
	struct xclient_exchange e = { .org_ns = now };
	struct ntp_packet pkt;
	bool is_known;

	now += MS;
	if (!comes)
		return;
	is_known = serve(org, &pkt);
	now += LATE + MS;
	if (!returns)
		return;
	e.dst_ns = now;
	e.rec = pkt.rec;
	e.is_spent = !is_known && !xclient_is_on(x);
	if (e.is_spent) {
		basic++;
	} else if (is_known && xclient_match(x, &pkt)) {
		interleaved++;
		wrong += llabs(ntp_lfp_to_unix(x->last.rec, now) -
			       x->last.org_ns - MS) > 1 ||
			 llabs(x->last.dst_ns -
			       ntp_lfp_to_unix(pkt.xmt, now) - MS) > 1;
	}
	xclient_heard(x, &e, is_known);
}

static void test_exchanges(void)
{
	struct xclient x;

	reset(&x);
	ok(!xclient_origin(&x, 0).v, "the first request is basic");
	for (int i = 0; i < 10; i++, now += 100 * MS)
		exchange(&x, true, true);
	is_int(basic, 1, "so is the first reply");
	is_int(interleaved, 8, "from the third one on, each brings a sample");
	is_int(wrong, 0, "of stamps that belong together");

	reset(&x);
	for (int i = 0; i < 20000; i++, now += (1 + rand() % 90) * MS) {
		exchange(&x, rand() % 4, rand() % 4);
		if (!(rand() % 8))
			memset(kept, 0, sizeof(kept));
	}
	ok(basic > 100 && interleaved > 1000,
	   "with losses on both ways and in memory: %u basic, %u interleaved",
	   basic, interleaved);
	is_int(wrong, 0, "none of them wrong");
}

static void test_forgetting(void)
{
	struct xclient_exchange e = { .rec = ts(BASE) };
	struct ntp_packet pkt = { .xmt = ts(BASE + LATE) };
	struct xclient x = { 0 };

	xclient_origin(&x, 7);
	ok(!xclient_match(&x, &pkt), "nothing was heard");
	xclient_heard(&x, &e, true);
	ok(xclient_match(&x, &pkt), "the stamp fits what was heard");
	pkt.xmt = ts(BASE - 1000);
	ok(xclient_match(&x, &pkt), "also with fuzz");
	pkt.xmt = ts(BASE - MS);
	ok(!xclient_match(&x, &pkt), "not one of before");
	pkt.xmt = ts(BASE + 9000 * MS);
	ok(!xclient_match(&x, &pkt), "nor one of much later");
	for (int i = 0; i < 4; i++)
		ok(xclient_origin(&x, 7).v == e.rec.v, "asked, %d", i);
	ok(!xclient_origin(&x, 7).v, "without answers it is given up");
	xclient_heard(&x, &e, false);
	ok(xclient_is_on(&x), "a basic one in between is no sample");
	xclient_heard(&x, &e, false);
	xclient_heard(&x, &e, false);
	ok(x.was_on && !xclient_is_on(&x), "but after three in a row");
	ok(!xclient_origin(&x, 8).v, "not after the clock was set");
	e.is_spent = true;
	xclient_heard(&x, &e, false);
	pkt.xmt = ts(BASE + LATE);
	ok(!xclient_match(&x, &pkt), "no exchange makes two samples");
	xclient_forget(&x);
	ok(!xclient_origin(&x, 8).v, "forgotten");
}

int main(void)
{
	tap_start();
	test_exchanges();
	test_forgetting();
	return tap_finish();
}
