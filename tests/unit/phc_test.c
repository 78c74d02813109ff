// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include <errno.h>

#include "daemon/io/loop.h"
#include "daemon/io/phc.h"
#include "tests/lib/tap.h"

#define S	LOOP_NS_PER_S

static struct phc_line line(void)
{
	return (struct phc_line){
		.phc_ns = 100 * S, .real_ns = 1700000000 * S, .rate = 20e-6,
		.error_ns = 30, .error_rate = 1e-9,
		.until_ns = loop_now_ns() + 100 * S,
		.rxcomp_ns = 200, .txcomp_ns = 50,
	};
}

static void convert(void)
{
	struct phc_line l = line();
	int64_t real = 7, error;

	is_int(phc_to_real(2, PHC_RECEIVE, 100 * S, &real, &error), -ENODATA,
	       "no line, no time");
	is_int(real, 7, "and nothing is made up");
	phc_set_line(2, &l);
	ok(phc_has_line(2) && !phc_has_line(3), "one interface has a line");
	is_int(phc_to_real(2, PHC_RECEIVE, 100 * S, &real, &error), 0,
	       "a stamp of the line's time");
	is_int(real - l.real_ns, -200, "is its real time, less rxcomp");
	is_int(error, 30, "its error is the line's");
	phc_to_real(2, PHC_TRANSMIT, 101 * S, &real, &error);
	is_int(real - l.real_ns, S + 20000 + 50,
	       "a second later: by its rate, and txcomp");
	is_int(error, 31, "the error has grown");
	phc_to_real(2, PHC_TRANSMIT, 99 * S, &real, NULL);
	is_int(real - l.real_ns, -S - 20000 + 50, "a second before");
	is_int(phc_to_real(3, PHC_RECEIVE, 100 * S, &real, &error), -ENODATA,
	       "stamps of another interface");
}

static void refuse(void)
{
	static const int64_t wild[] = { 161 * S, 39 * S, 0, INT64_MIN,
					INT64_MAX };
	struct phc_line l = line();
	int64_t real;

	for (size_t i = 0; i < sizeof(wild) / sizeof(wild[0]); i++)
		is_int(phc_to_real(2, PHC_RECEIVE, wild[i], &real, NULL),
		       -ENODATA, "a stamp of %lld", (long long)wild[i]);
	l.until_ns = loop_now_ns() - 1;
	phc_set_line(2, &l);
	is_int(phc_to_real(2, PHC_RECEIVE, 100 * S, &real, NULL), -ENODATA,
	       "a stale line");
	ok(!phc_has_line(2), "is none");
	l = line();
	phc_set_line(2, &l);
	phc_set_line(3, &l);
	phc_set_line(2, NULL);
	ok(!phc_has_line(2) && phc_has_line(3), "one is taken away");
	phc_forget();
	ok(!phc_has_line(3), "all are");
}

int main(void)
{
	tap_start();
	convert();
	refuse();
	return tap_finish();
}
