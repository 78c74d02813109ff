/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef TESTS_LIB_TAP_H
#define TESTS_LIB_TAP_H

/*
 * Test Anything Protocol for C tests, one source file per program:
 *
 *	int main(void)
 *	{
 *		tap_start();
 *		ok(1 + 1 == 2, "addition");
 *		is_int(2 * 2, 4, "multiplication");
 *		return tap_finish();
 *	}
 *
 * Random inputs come from tap_random(), and are the same in each run: limits of
 * statistics are held or not, never by chance. KNTP_SEED=<seed> in the
 * environment gives others; the seed is printed where a test fails.
 */

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static struct {
	unsigned int run;
	unsigned int failed;
	uint64_t seed;
	uint64_t state;
} tap;

/* 64 random bits (splitmix64). */
__attribute__((unused)) static uint64_t tap_random(void)
{
	uint64_t v = tap.state += 0x9e3779b97f4a7c15ULL;

	v = (v ^ v >> 30) * 0xbf58476d1ce4e5b9ULL;
	v = (v ^ v >> 27) * 0x94d049bb133111ebULL;
	return v ^ v >> 31;
}

/* A random number below @limit, which is not 0. */
__attribute__((unused)) static uint64_t tap_below(uint64_t limit)
{
	return tap_random() % limit;
}

/* 64 random bits of random magnitude, to meet small and large ones alike. */
__attribute__((unused)) static uint64_t tap_spread(void)
{
	return tap_random() >> tap_below(64);
}

static inline void tap_start(void)
{
	const char *seed = getenv("KNTP_SEED");

	tap.seed = seed ? strtoull(seed, NULL, 0) : 1;
	tap.state = tap.seed;
	/* What was said must not be lost when a sanitizer ends the program. */
	setvbuf(stdout, NULL, _IOLBF, 0);
	puts("TAP version 13");
}

/* A comment in the output, for people. */
__attribute__((format(printf, 1, 2), unused))
static void diag(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("# ", stdout);
	vprintf(format, args);
	putchar('\n');
	va_end(args);
}

__attribute__((format(printf, 4, 5), unused))
static bool tap_result(bool passed, const char *file, int line,
		       const char *format, ...)
{
	va_list args;

	printf("%s %u - ", passed ? "ok" : "not ok", ++tap.run);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	if (passed)
		return true;
	tap.failed++;
	diag("%s:%d failed; repeat with KNTP_SEED=%" PRIu64, file, line,
	     tap.seed);
	return false;
}

/* One test; the rest says, as for printf, what should hold. Its value is @c. */
#define ok(c, ...)	tap_result(!!(c), __FILE__, __LINE__, __VA_ARGS__)

/* As ok(), and both numbers are shown where they differ. */
#define is_int(got, want, ...)						\
({									\
	int64_t tap_got = (int64_t)(got), tap_want = (int64_t)(want);	\
	bool tap_same = ok(tap_got == tap_want, __VA_ARGS__);		\
									\
	if (!tap_same)							\
		diag("got %" PRId64 " (%#" PRIx64 "), want %" PRId64	\
		     " (%#" PRIx64 ")", tap_got, (uint64_t)tap_got,	\
		     tap_want, (uint64_t)tap_want);			\
	tap_same;							\
})

#define is_str(got, want, ...)						\
({									\
	const char *tap_got = (got), *tap_want = (want);		\
	bool tap_same = ok(tap_got && tap_want &&			\
			   !strcmp(tap_got, tap_want), __VA_ARGS__);	\
									\
	if (!tap_same)							\
		diag("got \"%s\", want \"%s\"",				\
		     tap_got ? tap_got : "(null)",			\
		     tap_want ? tap_want : "(null)");			\
	tap_same;							\
})

/* One test that can not be made here, and why. */
__attribute__((format(printf, 1, 2), unused))
static void skip(const char *format, ...)
{
	va_list args;

	printf("ok %u # SKIP ", ++tap.run);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
}

/* All of them can not be made here: ends the program. */
__attribute__((format(printf, 1, 2), noreturn, unused))
static void skip_all(const char *format, ...)
{
	va_list args;

	fputs("1..0 # SKIP ", stdout);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	exit(0);
}

/* Prints the plan; the value is the program's exit status. */
static inline int tap_finish(void)
{
	printf("1..%u\n", tap.run);
	if (tap.failed)
		diag("%u of %u tests failed", tap.failed, tap.run);
	return tap.failed || !tap.run;
}

#endif
