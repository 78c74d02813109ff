// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
/*
 * How fast this processor's time stamp counter is, in kHz: what QEMU's guests
 * count, too. A guest that has to find out itself while it is made to wait errs
 * by a factor.
 */
#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <x86intrin.h>

struct reading {
	uint64_t tsc;
	int64_t ns;
	int64_t window_ns;
};

static int64_t clock_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC_RAW, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

/* Both at once, as nearly as some tries get it. */
static struct reading take(void)
{
	struct reading best = { .window_ns = INT64_MAX };

	for (int i = 0; i < 100; i++) {
		int64_t before = clock_ns();
		uint64_t tsc = __rdtsc();
		int64_t window = clock_ns() - before;

		if (window < best.window_ns)
			best = (struct reading){ tsc, before + window / 2,
						 window };
	}
	return best;
}

int main(void)
{
	struct timespec wait = { .tv_nsec = 200000000 };
	struct reading first = take(), last;

	nanosleep(&wait, NULL);
	last = take();
	printf("%.0f\n", (double)(last.tsc - first.tsc) * 1e6 /
	       (double)(last.ns - first.ns));
	return 0;
}
