// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include "daemon/conf/summary.h"

#include <math.h>
#include <sys/socket.h>

#include "tools/lib/addr.h"

static void print_polls(const struct conf_assoc *assoc, FILE *to)
{
	double min = ldexp(1, assoc->minpoll), max = ldexp(1, assoc->maxpoll);

	if (assoc->minpoll == assoc->maxpoll)
		fprintf(to, ", every %g s", min);
	else
		fprintf(to, ", every %g to %g s", min, max);
}

static void print_assoc(const struct conf_assoc *assoc, FILE *to)
{
	if (assoc->kind == CONF_REFCLOCK) {
		fprintf(to, "  local clock  %s, at stratum %d; others see %d",
			assoc->name,
			assoc->fudge_stratum < 0 ? 5 : assoc->fudge_stratum,
			assoc->fudge_stratum < 0 ? 6 : assoc->fudge_stratum + 1);
	} else {
		fprintf(to, "  %-11s  %s", assoc->kind == CONF_POOL ?
			"pool" : "server", assoc->name);
		if (!assoc->has_addr && assoc->family != AF_UNSPEC)
			fprintf(to, " (IPv%c)",
				assoc->family == AF_INET ? '4' : '6');
		print_polls(assoc, to);
	}
	if (assoc->version != 4)
		fprintf(to, ", NTP version %u", assoc->version);
	fprintf(to, "%s%s%s%s%s\n", assoc->iburst ? ", fast at the start" : "",
		assoc->burst ? ", in bursts" : "",
		assoc->prefer ? ", preferred" : "",
		assoc->noselect ? ", only watched" : "",
		assoc->is_true ? ", always believed" : "");
}

static void print_nic(const struct conf_nic *nic, FILE *to)
{
	static const char *const match[] = { "every address", "IPv4", "IPv6",
					     "the wildcard address" };
	char host[INET6_ADDRSTRLEN];

	fprintf(to, "  %-11s  ", nic->action == CONF_NIC_LISTEN ?
		"serve on" : "not on");
	if (nic->match == CONF_NIC_NAME)
		fprintf(to, "interface %s\n", nic->name);
	else if (nic->match == CONF_NIC_ADDR)
		fprintf(to, "%s/%d\n", addr_print(&nic->addr, host,
						  sizeof(host)),
			addr_is_v4(&nic->addr) ? nic->prefix - 96 :
						 nic->prefix);
	else
		fprintf(to, "%s\n", match[nic->match]);
}

static void print_clock(const struct conf *conf, FILE *to)
{
	const struct conf_tinker *tinker = &conf->tinker;

	if (!conf->enabled.ntp) {
		fprintf(to, "  clock        left alone (disable ntp)\n");
		return;
	}
	fprintf(to, "  clock        ");
	if (tinker->step_s > 0)
		fprintf(to, "stepped above %g s for %g s, slewed below",
			tinker->step_s, tinker->stepout_s);
	else
		fprintf(to, "never stepped");
	if (tinker->panic_s > 0)
		fprintf(to, "; gives up above %g s\n", tinker->panic_s);
	else
		fprintf(to, "; no offset is too large\n");
}

void summary_print(const struct conf *conf, FILE *to)
{
	for (size_t i = 0; i < conf->assoc_n; i++)
		print_assoc(&conf->assoc[i], to);
	print_clock(conf, to);
	for (size_t i = 0; i < conf->nic_n; i++)
		print_nic(&conf->nic[i], to);
	if (!conf->nic_n)
		fprintf(to, "  serve on     every interface\n");
	if (conf->driftfile)
		fprintf(to, "  drift file   %s\n", conf->driftfile);
	if (conf->logfile)
		fprintf(to, "  log file     %s\n", conf->logfile);
	if (conf->pidfile)
		fprintf(to, "  pid file     %s\n", conf->pidfile);
}
