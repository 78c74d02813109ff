// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include "tests/lib/tryconf.h"

static void lines(void)
{
	struct conf *conf = accepted(
		"hwtimestamp eth0 minpoll -2 maxpoll 3 precision 50e-9 "
		"rxcomp 645e-9 txcomp -1e-9 rxfilter ntp nocrossts "
		"notxcorrect force\n"
		"hwtimestamp *\n"
		"hwtimestamp eth1 minpoll 4\n"
		"hwtimestamp eth2 maxpoll -3 rxfilter none\n",
		"no server");
	const struct conf_hwtimestamp *h = conf->hwtimestamp;

	is_int(conf->hwtimestamp_n, 4, "four lines");
	ok(h[0].minpoll == -2 && h[0].maxpoll == 3 &&
	   h[0].precision_s == 50e-9 && h[0].rxcomp_s == 645e-9 &&
	   h[0].txcomp_s == -1e-9 && h[0].rxfilter == CONF_RXFILTER_NTP &&
	   h[0].nocrossts && h[0].notxcorrect && h[0].force, "all options");
	ok(h[1].minpoll == 0 && h[1].maxpoll == 0 && h[1].precision_s == 0 &&
	   h[1].rxfilter == CONF_RXFILTER_ALL && !h[1].nocrossts &&
	   !h[1].notxcorrect && !h[1].force, "the defaults");
	ok(h[2].minpoll == 4 && h[2].maxpoll == 4, "maxpoll follows minpoll");
	ok(h[3].minpoll == -3 && h[3].maxpoll == -3, "minpoll follows maxpoll");
	ok(conf_hwtimestamp(conf, "eth2") == &h[3], "its own line");
	ok(conf_hwtimestamp(conf, "eth3") == &h[1], "or that for all");
	conf_free(conf);
	conf = accepted("hwtimestamp eth0\n", "no server");
	ok(!conf_hwtimestamp(conf, "eth3"), "or none");
	conf_free(conf);
}

static void wrong(void)
{
	refused("hwtimestamp", "1:12: error: hwtimestamp wants the name");
	refused("hwtimestamp eth0/1", "wants the name of an interface");
	refused("hwtimestamp averyverylongname", "wants the name");
	refused("hwtimestamp eth0 rxfiltre ntp", "did you mean \"rxfilter\"");
	refused("hwtimestamp eth0 rxfilter pttp", "did you mean \"ptp\"");
	refused("hwtimestamp eth0 rxfilter", "none, ntp, ptp or all");
	refused("hwtimestamp eth0 minpoll -7", "range");
	refused("hwtimestamp eth0 minpoll 3 maxpoll 2",
		"minpoll 3 is above maxpoll 2");
	refused("hwtimestamp eth0 rxcomp 1", "range");
	refused("hwtimestamp eth0 rxcomp nan", "no number");
	refused("hwtimestamp *\nhwtimestamp * force",
		"2:13: error: * has a line hwtimestamp already, line 1");
}

int main(void)
{
	tap_start();
	lines();
	wrong();
	return tap_finish();
}
