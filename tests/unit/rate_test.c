// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */

#include <netinet/in.h>
#include <arpa/inet.h>
#include <pthread.h>

#include "kmod/core/rate.h"
#include "tests/lib/tap.h"

#define MS		1000000ULL
#define SECOND		1000000000ULL
#define START		(12345 * SECOND + 678 * MS)
#define NOISE		65	/* nobody is let through by chance */
#define LUCK		0	/* whoever can be is */

enum {
	BUCKETS	= 256,
};

static const struct ntp_rate_limits defaults = NTP_RATE_LIMITS_DEFAULT;
static u64 words[BUCKETS * NTP_RATE_WAYS];
static struct ntp_rate rate = { .word = words, .mask = BUCKETS - 1 };

/*
 * Two clients of a bucket share a word if their tags are the same, and the seed
 * is another one each time: of thousands of clients one may meet that.
 */
static bool are_all(int fine, int count)
{
	return fine <= count && fine >= count - 2;
}

static void forget(void)
{
	memset(words, 0, sizeof(words));
	rate.seed = (u32)tap_random();
}

static struct ntp_addr addr(const char *text)
{
	struct ntp_addr a = { { [10] = 0xff, [11] = 0xff } };

	if (strchr(text, ':'))
		inet_pton(AF_INET6, text, a.b);
	else
		inet_pton(AF_INET, text, a.b + 12);
	return a;
}

static enum ntp_rate_result take(const struct ntp_rate_limits *limits,
				 const char *from, u64 at_ns)
{
	struct ntp_addr a = addr(from);

	return ntp_rate_take(&rate, limits, &a, NOISE, START + at_ns);
}

/* How many requests, from @at_ns on and @step_ns apart, get which answer. */
static void take_many(const struct ntp_rate_limits *limits, const char *from,
		      u64 at_ns, u64 step_ns, int count, int results[3])
{
	memset(results, 0, 3 * sizeof(*results));
	for (int i = 0; i < count; i++)
		results[take(limits, from, at_ns + (u64)i * step_ns)]++;
}

static void test_burst(void)
{
	int got[3];

	forget();
	take_many(&defaults, "192.0.2.1", 0, MS, 20, got);
	is_int(got[NTP_RATE_FINE], 1, "20 at once: one is answered");
	is_int(got[NTP_RATE_KISS], 1, "20 at once: one kiss");
	is_int(got[NTP_RATE_OVER], 18, "20 at once: 18 are not");
	is_int(take(&defaults, "192.0.2.2", 25 * MS), NTP_RATE_FINE,
	       "nor does it matter to somebody else");
	is_int(take(&defaults, "192.0.2.1", 2 * SECOND), NTP_RATE_FINE,
	       "after the guard time: fine");
	forget();
	is_int(take(&defaults, "192.0.2.1", 0), NTP_RATE_FINE, "first: fine");
	is_int(take(&defaults, "192.0.2.1", 0), NTP_RATE_KISS, "second: kiss");
	is_int(take(&defaults, "192.0.2.1", 0), NTP_RATE_OVER, "third: over");
}

static void test_guard(void)
{
	static const struct {
		u8 minimum_s;
		u64 gap_ms;
		enum ntp_rate_result want;
	} rows[] = {
		{ 0, 0, NTP_RATE_FINE },
		{ 1, 300, NTP_RATE_KISS },
		{ 1, 600, NTP_RATE_FINE },
		{ 2, 1400, NTP_RATE_KISS },
		{ 2, 1600, NTP_RATE_FINE },
		{ 2, 2000, NTP_RATE_FINE },
		{ 64, 63400, NTP_RATE_KISS },
		{ 64, 63600, NTP_RATE_FINE },
		{ 255, 254400, NTP_RATE_KISS },
		{ 255, 255000, NTP_RATE_FINE },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ntp_rate_limits limits = {
			.average_log2 = 3, .minimum_s = rows[i].minimum_s,
		};

		forget();
		take(&limits, "192.0.2.1", 0);
		is_int(take(&limits, "192.0.2.1", rows[i].gap_ms * MS),
		       rows[i].want, "minimum %u s, %u ms apart",
		       rows[i].minimum_s, (unsigned int)rows[i].gap_ms);
	}
}

/* Headways of the whole range, each with a jitter of 30 ms. */
static void test_average(void)
{
	for (u8 log2 = 0; log2 <= 17; log2++) {
		struct ntp_rate_limits limits = { .average_log2 = log2 };
		u64 headway_ns = SECOND << log2, at_ns = 0;
		int fine = 0, got[3];

		forget();
		for (int i = 0; i < 3000; i++) {
			u64 jitter_ns = tap_below(30 * MS);

			fine += take(&limits, "192.0.2.1", at_ns + jitter_ns) ==
				NTP_RATE_FINE;
			at_ns += headway_ns;
		}
		is_int(fine, 3000, "average %u: who keeps to it is served", log2);
		forget();
		take_many(&limits, "192.0.2.1", 0, 0, 20, got);
		is_int(got[NTP_RATE_FINE], 8, "average %u: a burst of 8", log2);
		take_many(&limits, "192.0.2.1", headway_ns, headway_ns / 2,
			  2000, got);
		ok(got[NTP_RATE_FINE] >= 999 && got[NTP_RATE_FINE] <= 1072,
		   "average %u: of twice as many half are served (%d of 2000)",
		   log2, got[NTP_RATE_FINE]);
	}
}

static void test_clients(void)
{
	int got[3];

	forget();
	take_many(&defaults, "192.0.2.1", 0, 2 * SECOND, 8, got);
	is_int(got[NTP_RATE_FINE], 8, "iburst: 8 requests, 2 s apart");
	take_many(&defaults, "192.0.2.1", 64 * SECOND, 64 * SECOND, 100, got);
	is_int(got[NTP_RATE_FINE], 100, "and then each 64 s");
	take_many(&defaults, "192.0.2.1", 10000 * SECOND, 2 * SECOND, 8, got);
	is_int(got[NTP_RATE_FINE], 8, "and once more");
	forget();
	take_many(&defaults, "192.0.2.1", 0, 8 * SECOND, 100000, got);
	is_int(got[NTP_RATE_FINE], 100000, "each 8 s, for nine days");
	forget();
	take_many(&defaults, "192.0.2.1", 0, SECOND, 8000, got);
	ok(got[NTP_RATE_FINE] >= 1000 && got[NTP_RATE_FINE] <= 1100,
	   "each second: one of eight (%d of 8000)", got[NTP_RATE_FINE]);
}

/* Whatever comes, kisses are a guard time apart, and so are answers. */
static void test_kisses(void)
{
	static const u8 minimums[] = { 1, 2, 8, 60 };

	for (size_t m = 0; m < sizeof(minimums); m++) {
		struct ntp_rate_limits limits = {
			.average_log2 = 3, .minimum_s = minimums[m],
		};
		u64 at_ns = 0, kiss_ns = 0, guard_ns = minimums[m] * SECOND;
		u64 fine_ns = 0, tick_ns = SECOND / 16;
		int kisses = 0;
		bool is_good = true;

		forget();
		for (int i = 0; i < 100000 && is_good; i++) {
			enum ntp_rate_result got;

			at_ns += tap_below(4) ? tap_below(guard_ns / 8) :
						tap_below(3 * guard_ns);
			got = take(&limits, "192.0.2.1", at_ns);
			if (got == NTP_RATE_FINE) {
				is_good = !i || at_ns - fine_ns >=
					  guard_ns - SECOND / 2 - tick_ns;
				fine_ns = at_ns;
			} else if (got == NTP_RATE_KISS) {
				is_good = !kisses++ || at_ns - kiss_ns >=
					  guard_ns - tick_ns;
				kiss_ns = at_ns;
			}
		}
		ok(is_good && kisses > 100, "minimum %u s: of %d kisses and of "
		   "the answers none comes early", minimums[m], kisses);
	}
}

static void test_leak(void)
{
	struct ntp_addr a = addr("192.0.2.1");
	int fine = 0, first = 0;

	forget();
	for (int i = 1; i < 200; i++)
		if (ntp_rate_take(&rate, &defaults, &a, LUCK, START) ==
		    NTP_RATE_FINE && i > 1) {
			first = first ? first : i;
			fine++;
		}
	is_int(first, 65, "let through: not before 63 too many");
	is_int(fine, 200 - 65, "then, by chance, as many as chance lets");
	fine = 0;
	for (u32 i = 0; i < 64000; i++)
		fine += ntp_rate_take(&rate, &defaults, &a, i, START) ==
			NTP_RATE_FINE;
	is_int(fine, 1000, "which is one of 64");
	is_int(ntp_rate_take(&rate, &defaults, &a, NOISE, START + 2 * SECOND),
	       NTP_RATE_FINE, "and the guard time still ends it");
	is_int(ntp_rate_take(&rate, &defaults, &a, LUCK, START + 2 * SECOND),
	       NTP_RATE_OVER, "as it does the luck");
}

/* Each address of a network once, all at once. */
static int ask_network(const struct ntp_rate_limits *limits, u32 noise,
		       int count)
{
	struct ntp_addr a = addr("2001:db8:0:1::");
	int fine = 0;

	for (int i = 0; i < count; i++) {
		a.b[14] = (u8)(i >> 8);
		a.b[15] = (u8)i;
		fine += ntp_rate_take(&rate, limits, &a, noise, START) ==
			NTP_RATE_FINE;
	}
	return fine;
}

static void test_network(void)
{
	struct ntp_rate_limits limits = defaults;

	forget();
	is_int(ask_network(&defaults, NOISE, 4000), 2048,
	       "an IPv6 network: a burst of 256 clients");
	is_int(take(&defaults, "2001:db8:0:1:9::", 0), NTP_RATE_OVER,
	       "then none of it is answered");
	is_int(take(&defaults, "2001:db8:0:2:9::", 0), NTP_RATE_FINE,
	       "another network is");
	is_int(take(&defaults, "192.0.2.1", 0), NTP_RATE_FINE, "and IPv4");
	is_int(take(&defaults, "2001:db8:0:1:a::", SECOND / 8), NTP_RATE_FINE,
	       "a moment later there is an answer again");
	limits.prefix6 = 0;
	forget();
	ok(are_all(ask_network(&limits, NOISE, 4000), 4000),
	   "prefix 0: no guard");
	limits.prefix6 = 48;
	forget();
	ask_network(&limits, NOISE, 4000);
	is_int(take(&limits, "2001:db8:0:2:9::", 0), NTP_RATE_OVER,
	       "prefix 48: another /64 of it");
	limits.prefix6 = 120;
	forget();
	ok(are_all(ask_network(&limits, NOISE, 4000), 4000),
	   "prefix 120: 256 addresses at a time");
}

/* More clients than there is room for: nobody is refused for others. */
static void test_full(void)
{
	int fine = 0, count = BUCKETS * NTP_RATE_WAYS * 10;
	struct ntp_addr a = addr("10.0.0.0");

	forget();
	for (int i = 0; i < count; i++) {
		a.b[13] = (u8)(i >> 16);
		a.b[14] = (u8)(i >> 8);
		a.b[15] = (u8)i;
		fine += ntp_rate_take(&rate, &defaults, &a, NOISE,
				      START + (u64)i * MS) == NTP_RATE_FINE;
	}
	ok(are_all(fine, count), "10 clients for each word: all are answered");
}

/* A thread's requests, at the same time as those of the others. */
static void *ask_much(void *results)
{
	static const char *const clients[] = { "192.0.2.1", "2001:db8::1" };
	int *got = results;

	for (int i = 0; i < 20000; i++)
		got[take(&defaults, clients[i & 1], 0)]++;
	return NULL;
}

static void test_threads(void)
{
	enum { THREADS = 4 };
	int got[THREADS][3] = { 0 }, fine = 0, kisses = 0, all = 0;
	pthread_t threads[THREADS];

	forget();
	for (int i = 0; i < THREADS; i++)
		if (pthread_create(&threads[i], NULL, ask_much, got[i]))
			exit(1);
	for (int i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		fine += got[i][NTP_RATE_FINE];
		kisses += got[i][NTP_RATE_KISS];
		all += got[i][0] + got[i][1] + got[i][2];
	}
	is_int(all, THREADS * 20000, "two clients, asking by four CPUs at once");
	is_int(fine, 2, "each is answered once");
	is_int(kisses, 2, "and told once");
}

/* What lasts longer than the fields of a word. */
static void test_long(void)
{
	static const struct {
		u64 after_s;
		const char *what;
	} rows[] = {
		{ 1 << 20, "12 days" }, { 1 << 23, "97 days" },
		{ (1 << 24) + 10, "194 days and 10 s" }, { 1U << 31, "68 years" },
	};
	struct ntp_rate_limits limits = { .average_log2 = 3, .minimum_s = 2 };
	int got[3];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		forget();
		take_many(&limits, "192.0.2.1", 0, 2 * SECOND, 30, got);
		is_int(take(&limits, "192.0.2.1",
			    (rows[i].after_s + 100) * SECOND), NTP_RATE_FINE,
		       "%s later: fine", rows[i].what);
	}
	forget();
	take(&limits, "192.0.2.1", SECOND);
	is_int(take(&limits, "192.0.2.1", SECOND - 100 * MS), NTP_RATE_KISS,
	       "a CPU whose clock is behind: as at the same time");
}

int main(void)
{
	tap_start();
	test_burst();
	test_guard();
	test_average();
	test_clients();
	test_kisses();
	test_leak();
	test_network();
	test_full();
	test_threads();
	test_long();
	return tap_finish();
}
