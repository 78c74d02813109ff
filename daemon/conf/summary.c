// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include "daemon/conf/summary.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "tools/lib/addr.h"

#define LINE(to, what, ...) \
	(fprintf(to, "  %-11s  ", what), fprintf(to, __VA_ARGS__))

/* --- where time comes from and is sent to ------------------------------- */

static void print_polls(const struct conf_assoc *assoc, FILE *to)
{
	double min = ldexp(1, assoc->minpoll), max = ldexp(1, assoc->maxpoll);

	if (assoc->kind == CONF_BROADCAST || assoc->minpoll == assoc->maxpoll)
		fprintf(to, ", every %g s", min);
	else
		fprintf(to, ", every %g to %g s", min, max);
}

static void print_clock(const struct conf_assoc *assoc, FILE *to)
{
	static const char *const kind[] = {
		[CONF_REFCLOCK_LOCAL] = "local clock",
		[CONF_REFCLOCK_PPS] = "PPS",
		[CONF_REFCLOCK_SHM] = "SHM",
		[CONF_REFCLOCK_PHC] = "PHC",
		[CONF_REFCLOCK_SOCK] = "SOCK",
	};
	int stratum = assoc->fudge_stratum;

	LINE(to, kind[assoc->refclock_type], "%s", assoc->name);
	if (assoc->refclock_type == CONF_REFCLOCK_LOCAL && stratum < 0)
		stratum = 5;
	if (stratum >= 0)
		fprintf(to, ", at stratum %d; others see %d", stratum,
			stratum + 1);
	if (assoc->fudge_refid[0])
		fprintf(to, ", named %s", assoc->fudge_refid);
	if (assoc->fudge_time1_s != 0)
		fprintf(to, ", %+g s", assoc->fudge_time1_s);
	if (assoc->path[0])
		fprintf(to, ", by %s", assoc->path);
	if (assoc->extpps)
		fprintf(to, ", pulses of channel %u", assoc->channel);
	if (assoc->tai)
		fputs(", which shows TAI", to);
}

static void print_assoc(const struct conf_assoc *assoc, FILE *to)
{
	static const char *const kind[] = {
		[CONF_SERVER] = "server", [CONF_POOL] = "pool",
		[CONF_PEER] = "peer", [CONF_BROADCAST] = "send to",
		[CONF_MANYCASTCLIENT] = "search by",
	};

	if (assoc->kind == CONF_REFCLOCK) {
		print_clock(assoc, to);
	} else {
		LINE(to, kind[assoc->kind], "%s", assoc->name);
		if (!assoc->has_addr && assoc->family != AF_UNSPEC)
			fprintf(to, " (IPv%c)",
				assoc->family == AF_INET ? '4' : '6');
		print_polls(assoc, to);
	}
	if (assoc->version != 4)
		fprintf(to, ", NTP version %u", assoc->version);
	if (assoc->key)
		fprintf(to, ", signed by key %u", assoc->key);
	fprintf(to, "%s%s%s%s%s%s%s\n",
		assoc->iburst ? ", fast at the start" : "",
		assoc->burst ? ", in bursts" : "",
		assoc->xleave ? ", interleaved" : "",
		assoc->preempt ? ", given up when not needed" : "",
		assoc->prefer ? ", preferred" : "",
		assoc->noselect ? ", only watched" : "",
		assoc->is_true ? ", always believed" : "");
}

static void print_groups(const struct conf_group *group, size_t n,
			 const char *what, FILE *to)
{
	char host[INET6_ADDRSTRLEN];

	for (size_t i = 0; i < n; i++)
		LINE(to, what, "%s\n", addr_print(&group[i].addr, host,
						  sizeof(host)));
}

static void print_modes(const struct conf *conf, FILE *to)
{
	const struct conf_modes *modes = &conf->modes;
	bool listens = modes->broadcastclient || modes->multicastclient_n;

	if (modes->broadcastclient_key)
		LINE(to, "follow", "broadcasts, signed by key %u alone\n",
		     modes->broadcastclient_key);
	else if (modes->broadcastclient)
		LINE(to, "follow", "broadcasts\n");
	print_groups(modes->multicastclient, modes->multicastclient_n,
		     "follow", to);
	print_groups(modes->manycastserver, modes->manycastserver_n,
		     "found by", to);
	if (listens && modes->broadcastdelay_s > 0)
		LINE(to, "broadcasts", "are taken as %g s on their way, not "
		     "measured\n", modes->broadcastdelay_s / 2);
	if (!conf->enabled.auth)
		LINE(to, "strangers", "may be followed unsigned (disable "
		     "auth)\n");
	if (conf->tos.orphan < 16)
		LINE(to, "orphan", "stratum %u when there is no source for "
		     "%g s\n", conf->tos.orphan, conf->tos.orphanwait_s);
}

/* --- who may do what ---------------------------------------------------- */

static const char *time_of(u32 flags)
{
	if (flags & NTP_ACL_NOSERVE)
		return "no time";
	if (flags & NTP_ACL_NOTRUST)
		return "the time, to signed requests alone";
	return "the time";
}

static const char *queries_of(u32 flags)
{
	if (flags & NTP_ACL_NOQUERY)
		return "no queries";
	if (flags & NTP_ACL_NOMODIFY)
		return "queries that change nothing";
	return "queries";
}

static void print_flags(u32 flags, FILE *to)
{
	const u32 minor = NTP_ACL_LOWPRIOTRAP | NTP_ACL_KOD | NTP_ACL_NTPPORT;

	if (flags & NTP_ACL_NTPPORT)
		fputs(" from port 123", to);
	if (flags & NTP_ACL_IGNORE) {
		fputs(": nothing\n", to);
		return;
	}
	if (!(flags & ~minor)) {
		fputs(": everything\n", to);
		return;
	}
	fprintf(to, ": %s", time_of(flags));
	if (flags & NTP_ACL_VERSION)
		fputs(", in NTP version 4 alone", to);
	if (flags & NTP_ACL_LIMITED)
		fprintf(to, ", within the limits%s", flags & NTP_ACL_KOD ?
			" and told so" : "");
	if (flags & NTP_ACL_FLAKE)
		fputs(", one request of ten lost", to);
	fprintf(to, "; %s%s%s%s\n", queries_of(flags),
		flags & NTP_ACL_NOPEER ? "; no unsigned peers" : "",
		flags & NTP_ACL_NOEPEER ? "; no passing peers" : "",
		flags & NTP_ACL_NOTRAP ? "; no traps" : "");
}

static void print_network(const struct ntp_addr *addr, u8 prefix, FILE *to)
{
	char text[INET6_ADDRSTRLEN + 4];

	LINE(to, "grant", "%s", addr_print_prefix(addr, prefix, text,
						  sizeof(text)));
}

/* As they are looked for: hosts and names, networks, default, sources. */
static int rank(const struct conf_restrict *r)
{
	switch (r->target) {
	case CONF_TARGET_NAME:
		return 0;
	case CONF_TARGET_ADDR:
		return 128 - r->prefix;
	case CONF_TARGET_DEFAULT:
		return 200;
	default:
		return 201;
	}
}

static int by_rank(const void *a, const void *b)
{
	const struct conf_restrict *x = a, *y = b;
	int family = addr_is_v4(&y->addr) - addr_is_v4(&x->addr);
	bool are_addrs = x->target == CONF_TARGET_ADDR &&
			 y->target == CONF_TARGET_ADDR;
	int order = rank(x) - rank(y);

	if (are_addrs && family)
		return family;
	if (!order && are_addrs)
		order = memcmp(&x->addr, &y->addr, sizeof(x->addr));
	if (!order)
		order = !(x->flags & NTP_ACL_NTPPORT) -
			!(y->flags & NTP_ACL_NTPPORT);
	return order ? order : (int)x->where.line - (int)y->where.line;
}

static void print_rule(const struct conf_restrict *r, FILE *to)
{
	const char *family = r->family == AF_INET ? " by IPv4" :
			     r->family == AF_INET6 ? " by IPv6" : "";

	switch (r->target) {
	case CONF_TARGET_ADDR:
		print_network(&r->addr, r->prefix, to);
		break;
	case CONF_TARGET_NAME:
		LINE(to, "grant", "%s%s", r->name, family);
		break;
	case CONF_TARGET_DEFAULT:
		LINE(to, "grant", "all others%s", family);
		break;
	case CONF_TARGET_SOURCE:
		LINE(to, "grant", "each source%s, unless named above", family);
		break;
	}
	print_flags(r->flags, to);
}

static void print_limits(const struct conf *conf, FILE *to)
{
	const struct ntp_rate_limits *rate = &conf->limits.rate;
	u32 flags = 0;

	for (size_t i = 0; i < conf->restrict_n; i++)
		flags |= conf->restricts[i].flags;
	if (!(flags & NTP_ACL_LIMITED))
		return;
	LINE(to, "limits", "a client may ask every %u s, %u s apart",
	     1U << rate->average_log2, rate->minimum_s);
	if (rate->prefix6)
		fprintf(to, "; an IPv6 /%u is kept from flooding as one",
			rate->prefix6);
	fputs("\n", to);
}

static void print_access(const struct conf *conf, FILE *to)
{
	size_t n = conf->restrict_n;
	struct conf_restrict *r = calloc(n + 1, sizeof(*r));
	int default_families = 0;

	if (!r)
		return;
	if (n)
		memcpy(r, conf->restricts, n * sizeof(*r));
	qsort(r, n, sizeof(*r), by_rank);
	for (size_t i = 0; i < n; i++) {
		if (r[i].target == CONF_TARGET_DEFAULT &&
		    !(r[i].flags & NTP_ACL_NTPPORT))
			default_families |= r[i].family == AF_INET ? 1 :
					    r[i].family == AF_INET6 ? 2 : 3;
		print_rule(&r[i], to);
	}
	free(r);
	if (default_families != 3)
		LINE(to, "grant", "all others%s: everything\n",
		     default_families == 1 ? " by IPv6" :
		     default_families == 2 ? " by IPv4" : "");
	print_limits(conf, to);
}

static void print_clients(const struct conf *conf, FILE *to)
{
	u32 n = conf_clients(&conf->limits.mru);

	if (n)
		LINE(to, "clients", "%u recent ones are remembered\n", n);
}

static void print_nic(const struct conf_nic *nic, FILE *to)
{
	static const char *const match[] = { "every address", "IPv4", "IPv6",
					     "the wildcard address" };
	char text[INET6_ADDRSTRLEN + 4];

	LINE(to, nic->action == CONF_NIC_LISTEN ? "serve on" : "not on", "%s",
	     "");
	if (nic->match == CONF_NIC_NAME)
		fprintf(to, "interface %s\n", nic->name);
	else if (nic->match == CONF_NIC_ADDR)
		fprintf(to, "%s\n", addr_print_prefix(&nic->addr, nic->prefix,
						      text, sizeof(text)));
	else
		fprintf(to, "%s\n", match[nic->match]);
}

static void print_hwtimestamp(const struct conf_hwtimestamp *h, FILE *to)
{
	static const char *const rx[] = { "no packets", "packets of NTP",
					  "packets of PTP", "all packets" };

	LINE(to, "NIC stamps", "%s, ", strcmp(h->name, "*") ? h->name :
	     "every interface that can");
	fprintf(to, "%s as they come in, clock read every %g to %g s",
		rx[h->rxfilter], ldexp(1, h->minpoll), ldexp(1, h->maxpoll));
	if (h->rxcomp_s != 0 || h->txcomp_s != 0)
		fprintf(to, ", corrected by %g ns in, %g ns out",
			h->rxcomp_s != 0 ? -h->rxcomp_s * 1e9 : 0,
			h->txcomp_s * 1e9);
	fprintf(to, "%s%s%s\n", h->nocrossts ? ", not read at once" : "",
		h->notxcorrect ? ", basic replies uncorrected" : "",
		h->force ? ", whoever has set it otherwise" : "");
}

/* --- keys, clock, files -------------------------------------------------- */

static void print_keys(const struct conf_keys *keys, FILE *to)
{
	if (!keys->file && !keys->trusted_n)
		return;
	LINE(to, "keys", "%s, trusted:", keys->file ? keys->file : "no file");
	for (size_t i = 0; i < keys->trusted_n; i++) {
		const struct conf_key_range *r = &keys->trusted[i];

		fprintf(to, "%s %u", i ? "," : "", r->first);
		if (r->last != r->first)
			fprintf(to, " to %u", r->last);
	}
	fputs(keys->trusted_n ? "\n" : " none\n", to);
}

/* What the control protocol will ask for. */
static void print_control(const struct conf *conf, FILE *to)
{
	if (conf->keys.control)
		LINE(to, "ntpq", "changes are to be signed by key %u\n",
		     conf->keys.control);
	if (conf->keys.request)
		LINE(to, "ntpdc", "changes are to be signed by key %u\n",
		     conf->keys.request);
	for (size_t i = 0; i < conf->setvar_n; i++)
		LINE(to, "variable", "%s = %s%s\n", conf->setvar[i].name,
		     conf->setvar[i].value, conf->setvar[i].is_default ?
		     ", shown to all who ask" : "");
}

static void print_steps(const struct conf *conf, FILE *to)
{
	const struct conf_tinker *tinker = &conf->tinker;

	if (!conf->enabled.ntp) {
		LINE(to, "clock", "left alone (disable ntp)\n");
		return;
	}
	if (tinker->step_s > 0)
		LINE(to, "clock", "stepped above %g s for %g s, slewed below",
		     tinker->step_s, tinker->stepout_s);
	else
		LINE(to, "clock", "never stepped");
	if (tinker->panic_s > 0)
		fprintf(to, "; gives up above %g s\n", tinker->panic_s);
	else
		fprintf(to, "; no offset is too large\n");
}

static void print_statistics(const struct conf *conf, FILE *to)
{
	const struct conf_files *files = &conf->files;
	unsigned int n = 0;

	if (!conf->enabled.stats)
		return;
	for (int i = 0; i < CONF_STATS_COUNT; i++) {
		if (!files->filegen[i].is_enabled)
			continue;
		if (n++)
			fprintf(to, ", %s", conf_stats_name(i));
		else
			LINE(to, "statistics", "%s", conf_stats_name(i));
	}
	if (n)
		fprintf(to, "%s%s\n", files->statsdir ? " in " : ", nowhere",
			files->statsdir ? files->statsdir : "");
}

static void print_file(const char *what, const char *file, FILE *to)
{
	if (file)
		LINE(to, what, "%s\n", file);
}

void summary_print(const struct conf *conf, FILE *to)
{
	for (size_t i = 0; i < conf->assoc_n; i++)
		print_assoc(&conf->assoc[i], to);
	print_modes(conf, to);
	print_steps(conf, to);
	for (size_t i = 0; i < conf->nic_n; i++)
		print_nic(&conf->nic[i], to);
	if (!conf->nic_n)
		LINE(to, "serve on", "every interface\n");
	for (size_t i = 0; i < conf->hwtimestamp_n; i++)
		print_hwtimestamp(&conf->hwtimestamp[i], to);
	print_access(conf, to);
	print_clients(conf, to);
	print_keys(&conf->keys, to);
	print_control(conf, to);
	print_file("drift file", conf->driftfile, to);
	print_file("signed by", conf->files.signd, to);
	print_file("leap file", conf->leapfile, to);
	if (conf->files.leapsmear_s)
		LINE(to, "leap second", "hidden from clients, smeared over the "
		     "%u s before it\n", conf->files.leapsmear_s);
	print_statistics(conf, to);
	print_file("log file", conf->logfile, to);
	print_file("pid file", conf->pidfile, to);
}
