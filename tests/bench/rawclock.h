/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
/*
 * A clock that nobody can set: CLOCK_MONOTONIC_RAW at another rate. All
 * namespaces of a guest share CLOCK_REALTIME, so this is what a server there
 * tells to daemons that discipline CLOCK_REALTIME, and what they are held to.
 */
#ifndef KNTP_TESTS_BENCH_RAWCLOCK_H
#define KNTP_TESTS_BENCH_RAWCLOCK_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define RAWCLOCK_VARIABLE	"RAWCLOCK"

/* At @raw of CLOCK_MONOTONIC_RAW it shows @utc, both ns; it is @ppb faster. */
struct rawclock {
	int64_t utc, raw, ppb;
};

/* CLOCK_REALTIME and CLOCK_MONOTONIC_RAW of one moment, known to @gap, ns. */
struct rawclock_pair {
	int64_t real, raw, gap;
};

typedef int rawclock_read(clockid_t id, struct timespec *ts);

static inline bool rawclock_from_env(struct rawclock *c)
{
	const char *text = getenv(RAWCLOCK_VARIABLE);
	long long utc, raw, ppb;

	if (!text || sscanf(text, "%lld %lld %lld", &utc, &raw, &ppb) != 3)
		return false;
	*c = (struct rawclock){ .utc = utc, .raw = raw, .ppb = ppb };
	return true;
}

static inline int64_t rawclock_at(const struct rawclock *c, int64_t raw)
{
	int64_t gone = raw - c->raw;

	return c->utc + gone + gone / 1000 * c->ppb / 1000000;
}

static inline int64_t rawclock_ns(rawclock_read *read, clockid_t id)
{
	struct timespec ts;

	read(id, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

/* Of @tries readings the one that took the least time. */
static inline struct rawclock_pair rawclock_pair(rawclock_read *read, int tries)
{
	struct rawclock_pair best = { .gap = INT64_MAX };
	int64_t before, real, gap;

	while (tries--) {
		before = rawclock_ns(read, CLOCK_MONOTONIC_RAW);
		real = rawclock_ns(read, CLOCK_REALTIME);
		gap = rawclock_ns(read, CLOCK_MONOTONIC_RAW) - before;
		if (gap < best.gap)
			best = (struct rawclock_pair){
				.real = real, .raw = before + gap / 2, .gap = gap,
			};
	}
	return best;
}

#endif
