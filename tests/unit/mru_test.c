// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */

#include <pthread.h>

#include "kmod/core/mru.h"
#include "tests/lib/tap.h"

#define BUCKETS	64
#define SLOTS	(BUCKETS * NTP_MRU_WAYS)

static struct ntp_mru_entry slots[SLOTS];

static struct ntp_mru fresh(u32 buckets)
{
	memset(slots, 0, sizeof(slots));
	return (struct ntp_mru){ slots, buckets - 1, (u32)tap_random() };
}

static struct ntp_addr addr_of(u32 n)
{
	struct ntp_addr addr = { { 0 } };

	addr.b[10] = 0xff;
	addr.b[11] = 0xff;
	for (int i = 0; i < 4; i++)
		addr.b[12 + i] = (u8)(n >> (24 - 8 * i));
	return addr;
}

static bool find(const struct ntp_mru *mru, u32 n, struct ntp_mru_entry *entry)
{
	struct ntp_addr addr = addr_of(n);

	for (u32 i = 0; i < (mru->mask + 1) * NTP_MRU_WAYS; i++)
		if (ntp_mru_read(mru, i, entry) &&
		    !memcmp(&entry->addr, &addr, sizeof(addr)))
			return true;
	return false;
}

static u32 count_used(const struct ntp_mru *mru)
{
	struct ntp_mru_entry entry;
	u32 used = 0;

	for (u32 i = 0; i < (mru->mask + 1) * NTP_MRU_WAYS; i++)
		used += ntp_mru_read(mru, i, &entry);
	return used;
}

static void touch(struct ntp_mru *mru, u32 n, u64 now_ns)
{
	struct ntp_addr addr = addr_of(n);

	ntp_mru_touch(mru, &addr, (u16)n, 4, 3, now_ns);
}

static void test_one(void)
{
	struct ntp_mru mru = fresh(BUCKETS);
	struct ntp_addr addr = addr_of(7);
	struct ntp_mru_entry e;

	is_int(count_used(&mru), 0, "a new table is empty");
	ntp_mru_touch(&mru, &addr, 1000, 4, 3, 50);
	ok(find(&mru, 7, &e), "a client is remembered");
	ok(e.count == 1 && e.first_ns == 50 && e.last_ns == 50 &&
	   !e.interval_ns && e.port == 1000 && e.version == 4 && e.mode == 3,
	   "with what its first request said");
	ntp_mru_touch(&mru, &addr, 1001, 3, 1, 850);
	ok(find(&mru, 7, &e) && e.count == 2 && e.first_ns == 50 &&
	   e.last_ns == 850 && e.interval_ns == 800 && e.port == 1001 &&
	   e.version == 3 && e.mode == 1, "and with its second");
	ntp_mru_touch(&mru, &addr, 1001, 3, 1, 850 + 1600);
	ok(find(&mru, 7, &e) && e.interval_ns == 900,
	   "an interval weighs an eighth");
	ntp_mru_touch(&mru, &addr, 1001, 3, 1, 100);
	ok(find(&mru, 7, &e) && e.interval_ns == 900 - 112,
	   "a clock that went back is no interval");
	is_int(count_used(&mru), 1, "all of that is one client");
}

static void test_interval(void)
{
	struct ntp_mru mru = fresh(BUCKETS);
	struct ntp_mru_entry e;

	for (u64 i = 0; i < 500; i++)
		touch(&mru, 1, 1000000 * i + tap_below(100000));
	ok(find(&mru, 1, &e) && e.interval_ns > 900000 &&
	   e.interval_ns < 1100000, "the interval settles at the true one");
}

static void test_eviction(void)
{
	struct ntp_mru mru = fresh(1);
	struct ntp_mru_entry e;

	for (u32 n = 0; n < NTP_MRU_WAYS; n++)
		touch(&mru, n, 100 + n);
	touch(&mru, 0, 200);
	touch(&mru, 99, 300);
	ok(find(&mru, 99, &e) && e.count == 1 && e.first_ns == 300,
	   "a full bucket takes a new client");
	ok(!find(&mru, 1, &e), "for the one that was silent for longest");
	ok(find(&mru, 0, &e) && find(&mru, 2, &e) && find(&mru, 3, &e),
	   "and keeps the others");
}

/* A model that knows each client's last request checks the whole table. */
static void test_flood(void)
{
	enum { CLIENTS = 5000 };
	static u64 last[CLIENTS], count[CLIENTS];
	struct ntp_mru mru = fresh(BUCKETS);
	struct ntp_mru_entry e;
	bool true_to_model = true;
	u32 used, busy = 0, buckets_used = 0;

	for (u64 now = 1; now < 200000; now++) {
		u32 n = (u32)(tap_below(2) ? tap_below(16) : tap_below(CLIENTS));

		touch(&mru, n, now);
		last[n] = now;
		count[n]++;
	}
	for (u32 i = 0; i < SLOTS; i++) {
		if (!ntp_mru_read(&mru, i, &e))
			continue;
		u32 n = (u32)e.addr.b[14] << 8 | e.addr.b[15];

		true_to_model &= n < CLIENTS && e.last_ns == last[n] &&
				 e.count <= count[n];
		buckets_used += i % NTP_MRU_WAYS == 0;
	}
	used = count_used(&mru);
	ok(true_to_model, "what is remembered is the last of each client");
	is_int(used, SLOTS, "a flood fills the table and no more");
	is_int(buckets_used, BUCKETS, "addresses spread over all buckets");
	for (u32 n = 0; n < 16; n++)
		busy += find(&mru, n, &e);
	ok(busy >= 12, "busy clients are known in a flood: %u of 16", busy);
}

struct writer {
	struct ntp_mru mru;
	bool is_done;
};

/*
 * Each request says the same number in all fields, so that a torn copy shows.
 * Three clients out of four do not fit into the one bucket that is read.
 */
static void *write_all(void *arg)
{
	struct writer *w = arg;

	for (u64 i = 1; i < 3000000; i++) {
		struct ntp_addr addr = addr_of((u32)(i / 64 % 16));

		ntp_mru_touch(&w->mru, &addr, (u16)i, (u8)i, (u8)(i >> 8), i);
	}
	__atomic_store_n(&w->is_done, true, __ATOMIC_RELEASE);
	return NULL;
}

static void test_torn(void)
{
	struct writer w = { fresh(1), false };
	unsigned long whole = 0, torn = 0;
	struct ntp_mru_entry e;
	pthread_t thread;

	pthread_create(&thread, NULL, write_all, &w);
	while (!__atomic_load_n(&w.is_done, __ATOMIC_ACQUIRE)) {
		for (u32 i = 0; i < NTP_MRU_WAYS; i++) {
			if (!ntp_mru_read(&w.mru, i, &e))
				continue;
			whole++;
			torn += e.port != (u16)e.last_ns ||
				e.version != (u8)e.last_ns ||
				e.mode != (u8)(e.last_ns >> 8) ||
				e.addr.b[15] != e.last_ns / 64 % 16;
		}
	}
	pthread_join(thread, NULL);
	diag("%lu copies while a writer wrote", whole);
	ok(!torn && whole, "no copy is torn");
	w.mru.slot[0].seq |= 1;
	ok(!ntp_mru_read(&w.mru, 0, &e), "an entry in writing is not read");
}

static struct ntp_mru_entry entry(u64 count, u64 first, u64 last, u64 interval)
{
	return (struct ntp_mru_entry){
		.count = count, .first_ns = first, .last_ns = last,
		.interval_ns = interval, .port = (u16)last,
	};
}

static void test_merge(void)
{
	struct ntp_mru_entry a = entry(10, 100, 1000, 300);
	struct ntp_mru_entry b = entry(5, 50, 900, 600);

	ntp_mru_merge(&a, &b);
	ok(a.count == 15 && a.first_ns == 50 && a.last_ns == 1000 &&
	   a.port == 1000, "merge: sum, first of both, last of both");
	is_int(a.interval_ns, 200, "merge: rates add up");
	a = entry(1, 100, 100, 0);
	b = entry(1, 400, 400, 0);
	ntp_mru_merge(&a, &b);
	ok(a.interval_ns == 300 && a.port == 400,
	   "merge: two requests are an interval");
	a = entry(1, 100, 100, 0);
	b = entry(9, 50, 400, 70);
	ntp_mru_merge(&a, &b);
	is_int(a.interval_ns, 70, "merge: a single request has none");

	bool near = true;

	for (int i = 0; i < 100000 && near; i++) {
		u64 x = 1 + (tap_spread() >> 1), y = 1 + (tap_spread() >> 1);
		unsigned __int128 want = (unsigned __int128)x * y / (x + y);
		u64 least = x < y ? x : y;

		a = entry(9, 1, 9, x);
		b = entry(9, 1, 9, y);
		ntp_mru_merge(&a, &b);
		near = a.interval_ns <= least &&
		       (want > a.interval_ns ? want - a.interval_ns :
					       a.interval_ns - want) <=
		       want / 1000 + (x | y) / (1ULL << 30) + 1;
		if (!near)
			diag("%" PRIu64 " and %" PRIu64 ": %" PRIu64, x, y,
			     a.interval_ns);
	}
	ok(near, "merge: the sum of rates to a part in 1000");
}

int main(void)
{
	tap_start();
	test_one();
	test_interval();
	test_eviction();
	test_flood();
	test_torn();
	test_merge();
	return tap_finish();
}
