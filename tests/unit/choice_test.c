// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */

#include "daemon/conf/conf.h"
#include "tests/lib/tap.h"
#include "tests/lib/tryconf.h"

/* What a value may be is told where none of them was meant. */
static void test_values(void)
{
	static const char *const values[][2] = {
		{ "filegen loopstats type x",
		  "write none, pid, day, week, month, year or age\n" },
		{ "filegen x", "write clockstats, cryptostats, loopstats, " },
		{ "statistics x", "sysstats or timingstats\n" },
		{ "hwtimestamp * rxfilter x", "write none, ntp, ptp or all\n" },
		{ "hwtimestamp * rxfilter", "write none, ntp, ptp or all\n" },
		{ "interface x all", "write listen, ignore or drop\n" },
		{ "logconfig x", "write all, allall, clock, " },
		{ "disable x", "write auth, bclient, " },
		{ "enable x", "write auth, bclient, " },
		{ "refclock x", "write " },
		{ "restrict default x", "write " },
		{ "fudge 127.127.1.0 flag1 x", "from 0 to 1" },
	};

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		refused(values[i][0], values[i][1]);
}

int main(void)
{
	tap_start();
	test_values();
	return tap_finish();
}
