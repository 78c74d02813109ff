// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
/*
 * truth - how far CLOCK_REALTIME is from the clock of rawclock.h, each second.
 */
#include "tests/bench/rawclock.h"

#include <errno.h>
#include <getopt.h>

enum {
	TRIES = 20,
};

static void usage(FILE *to)
{
	fputs("Usage: truth -b PPB [-o MICROSECONDS]\n"
	      "       RAWCLOCK=... truth -n SECONDS\n"
	      "Compare the system clock with one that nobody can set.\n\n"
	      "  -b PPB  print RAWCLOCK: a clock so much faster than this machine's\n"
	      "          oscillator, that shows the present time now\n"
	      "  -o US   and so much later\n"
	      "  -n S    print, each second, seconds since the first line, ns that\n"
	      "          the system clock is ahead, ns that the comparison took\n",
	      to);
}

static void begin(int64_t ppb, int64_t ahead)
{
	struct rawclock_pair now = rawclock_pair(clock_gettime, TRIES);

	printf("%lld %lld %lld\n", (long long)(now.real + ahead),
	       (long long)now.raw, (long long)ppb);
}

static int compare(long seconds)
{
	struct timespec next;
	struct rawclock_pair now;
	struct rawclock c;
	long i;

	if (!rawclock_from_env(&c)) {
		fputs("truth: RAWCLOCK must be set; see truth -b\n", stderr);
		return 2;
	}
	clock_gettime(CLOCK_MONOTONIC, &next);
	for (i = 0; i < seconds; i++) {
		now = rawclock_pair(clock_gettime, TRIES);
		printf("%ld %lld %lld\n", i,
		       (long long)(now.real - rawclock_at(&c, now.raw)),
		       (long long)now.gap);
		next.tv_sec++;
		while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next,
				       NULL) == EINTR)
			;
	}
	return 0;
}

int main(int argc, char **argv)
{
	long long ppb = 0, ahead = 0;
	bool is_begin = false;
	long seconds = 0;
	int opt;

	while ((opt = getopt(argc, argv, "b:o:n:h")) != -1) {
		if (opt == 'b') {
			is_begin = true;
			ppb = strtoll(optarg, NULL, 10);
		} else if (opt == 'o') {
			ahead = strtoll(optarg, NULL, 10) * 1000;
		} else if (opt == 'n') {
			seconds = strtol(optarg, NULL, 10);
		} else {
			usage(opt == 'h' ? stdout : stderr);
			return opt == 'h' ? 0 : 2;
		}
	}
	if (optind != argc || is_begin == (seconds > 0)) {
		usage(stderr);
		return 2;
	}
	if (!is_begin)
		return compare(seconds);
	begin(ppb, ahead);
	return 0;
}
