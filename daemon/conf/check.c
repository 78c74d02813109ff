// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include "daemon/conf/check.h"

#include <ifaddrs.h>
#include <stdio.h>
#include <string.h>

#include "tools/lib/addr.h"

/* A problem of one line, found when all of them were read. */
static void at_line(struct parse *p, const struct conf_where *where,
		    struct lex_token *at)
{
	*at = (struct lex_token){ .text = (char *)"", .col = where->col };
	p->file = where->file;
	p->line = where->line;
}

static void at_file(struct parse *p)
{
	p->file = p->conf->file[0];
	p->line = 0;
}

static void check_sources(struct parse *p)
{
	struct conf *conf = p->conf;
	bool has_source = conf->modes.broadcastclient ||
			  conf->modes.multicastclient_n;
	bool has_selectable = has_source;

	for (size_t i = 0; i < conf->assoc_n; i++) {
		conf->has_names |= !conf->assoc[i].has_addr;
		if (conf->assoc[i].kind == CONF_BROADCAST)
			continue;
		has_source = true;
		has_selectable |= !conf->assoc[i].noselect;
	}
	at_file(p);
	if (!has_source)
		parse_warning(p, NULL, "add a line such as: pool "
			      "2.debian.pool.ntp.org iburst",
			      "no server is named, so the clock will not be "
			      "synchronised");
	else if (!has_selectable)
		parse_warning(p, NULL, "take noselect off one of the servers",
			      "every server is marked noselect, so the clock "
			      "will not be synchronised");
	if (conf->tos.floor > conf->tos.ceiling)
		parse_error(p, NULL, "give floor a value below ceiling",
			    "tos floor %u lies above tos ceiling %u",
			    conf->tos.floor, conf->tos.ceiling);
}

static void check_key(struct parse *p, const struct conf_assoc *assoc)
{
	const struct conf_keys *keys = &p->conf->keys;
	struct lex_token at;

	at_line(p, &assoc->where, &at);
	if (!keys->file) {
		parse_warning(p, &at, "add a line such as keys /etc/ntp/keys",
			      "key %u is in no file, so nothing of %s will be "
			      "believed", assoc->key, assoc->name);
		return;
	}
	for (size_t i = 0; i < keys->trusted_n; i++) {
		if (assoc->key >= keys->trusted[i].first &&
		    assoc->key <= keys->trusted[i].last)
			return;
	}
	parse_warning(p, &at, "add it to trustedkey", "key %u is not trusted, "
		      "so nothing of %s will be believed", assoc->key,
		      assoc->name);
}

static bool is_own(const struct ifaddrs *list, const struct ntp_addr *addr)
{
	for (; list; list = list->ifa_next) {
		struct sockaddr_storage ss = { 0 };
		struct addr_end end;
		int family = list->ifa_addr ? list->ifa_addr->sa_family : 0;

		if (family != AF_INET && family != AF_INET6)
			continue;
		memcpy(&ss, list->ifa_addr, family == AF_INET ?
		       sizeof(struct sockaddr_in) :
		       sizeof(struct sockaddr_in6));
		if (!addr_from_sockaddr(&end, &ss) &&
		    addr_equal(&end.addr, addr))
			return true;
	}
	return false;
}

/* Loopback addresses were told at their lines. */
static void check_own(struct parse *p)
{
	const struct conf *conf = p->conf;
	struct ifaddrs *list = NULL;
	bool is_asked = false;
	struct lex_token at;

	for (size_t i = 0; i < conf->assoc_n; i++) {
		const struct conf_assoc *a = &conf->assoc[i];

		if (!a->has_addr || a->kind == CONF_REFCLOCK ||
		    addr_is_loopback(&a->addr) || addr_is_multicast(&a->addr))
			continue;
		if (!is_asked && getifaddrs(&list))
			return;
		is_asked = true;
		if (!is_own(list, &a->addr))
			continue;
		at_line(p, &a->where, &at);
		parse_warning(p, &at, "name another host",
			      "%s is an address of this host", a->name);
	}
	if (list)
		freeifaddrs(list);
}

static void check_statistics(struct parse *p)
{
	const struct conf_files *files = &p->conf->files;

	if (files->statsdir)
		return;
	for (int i = 0; i < CONF_STATS_COUNT; i++) {
		if (!files->filegen[i].is_enabled)
			continue;
		at_file(p);
		parse_warning(p, NULL, "add a line such as statsdir "
			      "/var/log/ntpstats/",
			      "no statsdir is named, so no statistics will be "
			      "written");
		return;
	}
}

/* A Windows domain needs both: who may ask, and who signs. */
static void check_signd(struct parse *p)
{
	const struct conf *conf = p->conf;
	struct lex_token at;

	for (size_t i = 0; i < conf->restrict_n && !conf->files.signd; i++) {
		if (!(conf->restricts[i].flags & NTP_ACL_MSSNTP))
			continue;
		at_line(p, &conf->restricts[i].where, &at);
		parse_warning(p, &at, "add a line such as ntpsigndsocket "
			      "/var/lib/samba/ntp_signd", "mssntp: no socket "
			      "of Samba is named, so members of a Windows "
			      "domain are not answered");
		return;
	}
}

/* Servers announce a leap second on its day, and not all of them early. */
static void check_smear(struct parse *p)
{
	if (!p->conf->files.leapsmear_s || p->conf->leapfile)
		return;
	at_file(p);
	parse_warning(p, NULL, "add a line such as leapfile "
		      "/usr/share/zoneinfo/leap-seconds.list",
		      "leapsmearinterval without leapfile: a leap second is "
		      "smeared from when servers announce it, which may be "
		      "late");
}

static void check_modes(struct parse *p)
{
	struct conf *conf = p->conf;
	bool listens;

	conf->modes.broadcastclient |= conf->enabled.bclient;
	listens = conf->modes.broadcastclient || conf->modes.multicastclient_n;
	if (!listens || !conf->enabled.auth ||
	    (conf->keys.file && conf->keys.trusted_n))
		return;
	at_file(p);
	parse_warning(p, NULL, "name keys and trustedkey, or, where nobody "
		      "else can send, write disable auth",
		      "broadcasts must be signed by a trusted key, and there "
		      "is none");
}

void check_whole(struct parse *p)
{
	check_modes(p);
	check_sources(p);
	check_own(p);
}

void check_use(struct parse *p)
{
	for (size_t i = 0; i < p->conf->assoc_n; i++) {
		const struct conf_assoc *a = &p->conf->assoc[i];

		if (a->key && a->kind != CONF_REFCLOCK)
			check_key(p, a);
	}
	check_statistics(p);
	check_signd(p);
	check_smear(p);
}
