// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include <errno.h>

#include "tests/lib/tap.h"
#include "tools/lib/date.h"

static void test_utc(void)
{
	static const struct {
		const char *text;
		uint64_t ns;
	} times[] = {
		{ "1970-01-01T00:00:00.000000000Z", 0 },
		{ "2000-02-29T23:59:59.999999999Z", 951868799999999999 },
		{ "2036-02-07T06:28:16.000000000Z", 2085978496000000000 },
		{ "2038-01-19T03:14:08.000000001Z", 2147483648000000001 },
	};
	static const char *const bad[] = {
		"", "2026", "2026-11-22", "2026-11-22T15:20", "2026-13-01T00:00:00",
		"2026-00-01T00:00:00", "2026-04-31T00:00:00", "2026-02-29T00:00:00",
		"2026-01-00T00:00:00", "2026-01-01T24:00:00",
		"2026-01-01T00:00:00.", "2026-01-01T00:00:00+01:00",
		"2026-01-01T00:00:00Zx", "2026/01/01T00:00:00", "now",
	};
	char buf[DATE_TEXT_MAX];
	uint64_t ns, again;
	unsigned int same = 0;
	size_t i;

	for (i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		is_str(date_utc_print(times[i].ns, buf, sizeof(buf)),
		       times[i].text, "%s is printed", times[i].text);
		is_int(date_utc_parse(times[i].text, &ns), 0, "and read");
		is_int(ns, times[i].ns, "as the same");
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		is_int(date_utc_parse(bad[i], &ns), -EINVAL, "'%s' is no time",
		       bad[i]);
	is_int(date_utc_parse("1969-12-31T23:59:59Z", &ns), -ERANGE,
	       "before 1970");
	is_int(date_utc_parse("2554-01-01T00:00:00Z", &ns), -ERANGE,
	       "too late a time");
	is_int(date_utc_parse("2026-01-01 00:00:00.5", &ns), 0,
	       "a space, a short fraction, no Z");
	is_int(ns % 1000000000, 500000000, "a half");
	for (i = 0; i < 2000; i++) {
		ns = tap_below(UINT64_C(18429206399000000000));
		same += !date_utc_parse(date_utc_print(ns, buf, sizeof(buf)),
					&again) && again == ns;
	}
	is_int(same, 2000, "what is printed is read as the same");
}

static void test_span(void)
{
	static const struct {
		uint64_t ns;
		const char *text;
	} spans[] = {
		{ 0, "0 ns" }, { 999, "999 ns" }, { 1000, "1.000 us" },
		{ 1204000, "1.204 ms" }, { 5800000000, "5.800 s" },
		{ 59999999999, "59.999 s" }, { 60000000000, "1 min 0 s" },
		{ 11520000000000, "3 h 12 min" }, { 86400000000000, "1 d 0 h" },
		{ UINT64_MAX, "213503 d 23 h" },
	};
	static const struct {
		const char *text;
		uint64_t ns;
	} good[] = {
		{ "60", 60000000000 }, { "0.001", 1000000 }, { "1ms", 1000000 },
		{ "1.5us", 1500 }, { "2min", 120000000000 }, { ".5", 500000000 },
		{ "1d", 86400000000000 }, { "0", 0 }, { "12ns", 12 },
		{ "0.0000000019", 1 },
	};
	static const char *const bad[] = {
		"", "ms", "1 ms", "1.", "-1", "1e3", "1.2.3", ".", "5m", "1msx",
	};
	char buf[DATE_TEXT_MAX];
	uint64_t ns;
	size_t i;

	for (i = 0; i < sizeof(spans) / sizeof(spans[0]); i++)
		is_str(date_span_print(spans[i].ns, buf, sizeof(buf)),
		       spans[i].text, "%s", spans[i].text);
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		ns = 77;
		is_int(date_span_parse(good[i].text, &ns), 0, "'%s' is read",
		       good[i].text);
		is_int(ns, good[i].ns, "as %" PRIu64 " ns", good[i].ns);
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		is_int(date_span_parse(bad[i], &ns), -EINVAL,
		       "'%s' is no duration", bad[i]);
	is_int(date_span_parse("99999999999999999999", &ns), -ERANGE,
	       "too many digits");
	is_int(date_span_parse("213504d", &ns), -ERANGE, "too many days");
	is_int(date_span_parse("18446744073.709551616", &ns), -ERANGE,
	       "one nanosecond too many");
}

int main(void)
{
	tap_start();
	test_utc();
	test_span();
	return tap_finish();
}
