// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include "daemon/engine/leap.h"
#include "daemon/engine/leapfile.h"
#include "tests/lib/tap.h"

#define DAY	86400

/* The list of 2016-07-06, its last three leap seconds, hash made for these. */
static const char list_text[] =
	"#\tA comment, with numbers 1 2 3\n"
	"#$\t 3676752000\n"
	"#@\t3707596800\n"
	"#\n"
	"3550089600\t35\t# 1 Jul 2012\n"
	"3644697600 36 # 1 Jul 2015\r\n"
	"\n"
	"3692217600\t37\t# 1 Jan 2017\n"
	"#h\t%s\n";

static struct leapfile list;
static char text[1024];

static const char *parse(const char *hash, bool is_checked)
{
	snprintf(text, sizeof(text), list_text, hash);
	return leapfile_parse(text, strlen(text), is_checked, &list);
}

static const char *parse_text(const char *what)
{
	return leapfile_parse(what, strlen(what), false, &list);
}

static void refused(const char *what, const char *why, const char *description)
{
	const char *wrong = parse_text(what);

	ok(wrong && strstr(wrong, why), "%s", description);
}

static void contents(void)
{
	/* SHA1 of the digits, as published: without zeros in front */
	static const char hash[] = "d938e1b1 2cb8fbd0 b026df62 ac4f2daf 93e7e2cb";
	/* 2016-12-31 12:00 UTC */
	int64_t noon = 1483185600;

	ok(!parse(hash, true), "a right list");
	is_int(list.n, 3, "of three");
	is_int(list.updated_s, 1467763200, "from 2016-07-06");
	is_int(list.expires_s, 1498608000, "until 2017-06-28");
	is_int(leapfile_due(&list, noon), LEAP_INSERT, "the day of the leap");
	is_int(leapfile_due(&list, noon - DAY / 2), LEAP_INSERT, "from its begin");
	is_int(leapfile_due(&list, noon + DAY / 2 - 1), LEAP_INSERT,
	       "to its end");
	is_int(leapfile_due(&list, noon + DAY / 2), LEAP_NONE, "not later");
	is_int(leapfile_due(&list, noon - DAY / 2 - 1), LEAP_NONE,
	       "nor the day before");
	is_int(leapfile_tai(&list, noon), 36, "TAI before");
	is_int(leapfile_tai(&list, noon + DAY / 2), 37, "and after");
	is_int(leapfile_tai(&list, 0), 0, "unknown before the first");
	ok(strstr(parse("1 2 3 4 5", true), "hash is wrong") != NULL,
	   "another hash");
	ok(!parse("1 2 3 4 5", false), "which may be ignored");
	ok(strstr(parse("1 2 3 4", true), "#h makes no sense") != NULL,
	   "half a hash");
}

static void broken(void)
{
	char many[8192] = "#@ 3707596800\n";
	size_t used = strlen(many);

	refused("", "no leap seconds", "an empty file");
	refused("3692217600 37\n", "no line #@", "without expiry");
	refused("#@ x\n3692217600 37\n", "makes no sense", "expiry is no number");
	refused("#@ 3707596800\n3692217600 x\n", "neither comment",
		"offset is no number");
	refused("#@ 3707596800\n3692217601 37\n", "end of a day",
		"in the middle of a day");
	refused("#@ 3707596800\n3692217600 37\n3644697600 36\n", "in order",
		"in disorder");
	refused("#@ 3707596800\n99999999999999999999 37\n", "neither comment",
		"a number beyond all");
	ok(!parse_text("#@ 3707596800\n3644697600 37\n3692217600 36"),
	   "a second less, no newline at the end");
	is_int(leapfile_due(&list, 1483185600), LEAP_DELETE, "is deleted");
	for (int i = 0; i < LEAPFILE_MAX + 1; i++)
		used += (size_t)snprintf(many + used, sizeof(many) - used,
					 "%lld 37\n", 2208988800LL +
					 (long long)i * DAY);
	refused(many, "more leap seconds than can be", "too many");
	ok(leapfile_parse("#@ 1\0\n", 6, false, &list) != NULL, "a NUL");
}

/* Whatever is done to it: an answer, and no sanitizer complains. */
static void mutated(void)
{
	for (int i = 0; i < 20000; i++) {
		size_t len = (size_t)snprintf(text, sizeof(text), list_text,
					      "1 2 3 4 5");

		for (uint64_t n = tap_below(4) + 1; n; n--)
			text[tap_below(len)] = (char)tap_random();
		leapfile_parse(text, tap_below(len + 1), tap_below(2), &list);
		if (list.n > LEAPFILE_MAX)
			break;
	}
	ok(list.n <= LEAPFILE_MAX, "20000 mutations");
}

int main(void)
{
	tap_start();
	contents();
	broken();
	mutated();
	return tap_finish();
}
