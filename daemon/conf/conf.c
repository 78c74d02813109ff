// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include "daemon/conf/conf.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/conf/check.h"
#include "daemon/conf/parse.h"
#include "tools/lib/addr.h"

static void set_defaults(struct conf *conf)
{
	conf->limits = (struct conf_limits){
		.rate = NTP_RATE_LIMITS_DEFAULT, .monitor = 3000,
		.mru = { .mindepth = 600, .maxage_s = 64, .initmem_kb = 64,
			 .incmem_kb = 4 },
	};
	conf->enabled = (struct conf_enabled){
		.auth = true, .kernel = true, .monitor = true, .nak = true,
		.ntp = true, .stats = true, .peer_clear_digest_early = true,
		.unpeer_crypto_early = true, .unpeer_crypto_nak_early = true,
		.unpeer_digest_early = true,
	};
	conf->modes.ttl_n = CONF_TTL_MAX;
	for (size_t i = 0; i < CONF_TTL_MAX; i++)
		conf->modes.ttl[i] = 32 * i + 31;
	conf->tos = (struct conf_tos){
		.minclock = 3, .maxclock = 10, .minsane = 1,
		.mindist_s = 0.001, .maxdist_s = 1.5,
		.floor = 1, .ceiling = 15, .orphan = 16, .orphanwait_s = 300,
		.beacon_s = 3600,
	};
	conf->tinker = (struct conf_tinker){
		.step_s = 0.128, .stepback_s = 0.128, .stepfwd_s = 0.128,
		.panic_s = 1000, .stepout_s = 300, .allan_log2 = 11,
		.dispersion_ppm = 15,
	};
	conf->files.log_mask = CONF_LOG_DEFAULT;
	for (size_t i = 0; i < CONF_STATS_COUNT; i++) {
		conf->files.filegen[i].type = CONF_FILEGEN_DAY;
		conf->files.filegen[i].has_link = true;
	}
	conf->dscp = -1;
}

static struct conf *new_conf(void)
{
	struct conf *conf = calloc(1, sizeof(*conf));

	if (conf)
		set_defaults(conf);
	return conf;
}

u32 conf_clients(const struct conf_mru *mru)
{
	u64 n = mru->maxdepth;

	if (!n)
		n = (u64)mru->maxmem_kb * 1024 / CONF_CLIENT_OCTETS;
	if (!n)
		return 0;
	return n < CONF_CLIENTS_MIN ? CONF_CLIENTS_MIN :
	       n > CONF_CLIENTS_MAX ? CONF_CLIENTS_MAX : (u32)n;
}

const char *conf_stats_name(enum conf_stats kind)
{
#define NAME(NAME_, name)	[CONF_STATS_##NAME_] = #name,
	static const char *const names[] = { CONF_STATS(NAME) };
#undef NAME

	return names[kind];
}

static int finish(struct parse *p, int err, struct conf **conf)
{
	if (!err && !p->error_n)
		check_whole(p);
	if (!err && !p->has_memory)
		err = -ENOMEM;
	if (!err && p->error_n)
		err = -EINVAL;
	if (err) {
		conf_free(p->conf);
		return err;
	}
	*conf = p->conf;
	return 0;
}

int conf_load(const char *path, enum conf_grammar grammar, struct conf **conf,
	      conf_report_fn report, void *arg)
{
	struct parse p = { .conf = new_conf(), .report = report, .arg = arg,
			   .grammar = grammar, .has_memory = true };

	*conf = NULL;
	if (!p.conf)
		return -ENOMEM;
	return finish(&p, parse_file(&p, path, false), conf);
}

int conf_parse(const char *text, size_t len, const char *name,
	       enum conf_grammar grammar, struct conf **conf,
	       conf_report_fn report, void *arg)
{
	struct parse p = { .conf = new_conf(), .report = report, .arg = arg,
			   .grammar = grammar, .depth = 1,
			   .has_memory = true };
	char **file;

	*conf = NULL;
	if (!p.conf)
		return -ENOMEM;
	file = parse_grow(&p, NULL, &p.conf->file_n, sizeof(*file));
	p.conf->file = file;
	if (!file || !(file[0] = strdup(name))) {
		conf_free(p.conf);
		return -ENOMEM;
	}
	p.file = file[0];
	parse_text(&p, text, len, file[0]);
	return finish(&p, 0, conf);
}

void conf_check(struct conf *conf, conf_report_fn report, void *arg)
{
	struct parse p = { .conf = conf, .report = report, .arg = arg,
			   .has_memory = true };

	check_use(&p);
}

void conf_free(struct conf *conf)
{
	if (!conf)
		return;
	free(conf->assoc);
	free(conf->nic);
	free(conf->hwtimestamp);
	free(conf->restricts);
	free(conf->driftfile);
	free(conf->logfile);
	free(conf->pidfile);
	free(conf->leapfile);
	free(conf->keys.file);
	free(conf->keys.dir);
	free(conf->keys.trusted);
	free(conf->modes.multicastclient);
	free(conf->modes.manycastserver);
	free(conf->files.signd);
	free(conf->files.statsdir);
	for (size_t i = 0; i < CONF_STATS_COUNT; i++)
		free(conf->files.filegen[i].file);
	for (size_t i = 0; i < conf->setvar_n; i++) {
		free(conf->setvar[i].name);
		free(conf->setvar[i].value);
	}
	free(conf->setvar);
	for (size_t i = 0; i < conf->file_n; i++)
		free(conf->file[i]);
	free(conf->file);
	free(conf);
}

bool conf_assoc_equal(const struct conf_assoc *a, const struct conf_assoc *b)
{
	return a->kind == b->kind && !strcmp(a->name, b->name) &&
	       a->family == b->family && a->scope == b->scope &&
	       a->version == b->version &&
	       a->minpoll == b->minpoll && a->maxpoll == b->maxpoll &&
	       a->iburst == b->iburst && a->burst == b->burst &&
	       a->prefer == b->prefer && a->noselect == b->noselect &&
	       a->is_true == b->is_true && a->preempt == b->preempt &&
	       a->xleave == b->xleave && a->key == b->key &&
	       a->ttl == b->ttl && a->mode == b->mode &&
	       !strcmp(a->path, b->path) && !strcmp(a->ppspath, b->ppspath) &&
	       !memcmp(a->fudge_flag, b->fudge_flag, sizeof(a->fudge_flag)) &&
	       a->fudge_time2_s == b->fudge_time2_s &&
	       a->fudge_stratum == b->fudge_stratum &&
	       !strcmp(a->fudge_refid, b->fudge_refid) &&
	       a->fudge_time1_s == b->fudge_time1_s &&
	       a->tai == b->tai && a->extpps == b->extpps &&
	       a->nocrossts == b->nocrossts && a->channel == b->channel &&
	       a->pin == b->pin;
}

const struct conf_hwtimestamp *conf_hwtimestamp(const struct conf *conf,
						const char *ifname)
{
	const struct conf_hwtimestamp *all = NULL;

	for (size_t i = 0; i < conf->hwtimestamp_n; i++) {
		const struct conf_hwtimestamp *h = &conf->hwtimestamp[i];

		if (!strcmp(h->name, ifname))
			return h;
		if (!strcmp(h->name, "*"))
			all = h;
	}
	return all;
}

static bool nic_matches(const struct conf_nic *nic, const char *ifname,
			const struct ntp_addr *addr)
{
	switch (nic->match) {
	case CONF_NIC_ALL:
		return true;
	case CONF_NIC_IPV4:
		return addr && addr_is_v4(addr);
	case CONF_NIC_IPV6:
		return addr && !addr_is_v4(addr);
	case CONF_NIC_WILDCARD:
		return addr && addr_is_any(addr);
	case CONF_NIC_NAME:
		return !strcmp(nic->name, ifname);
	case CONF_NIC_ADDR:
		return addr && addr_in_prefix(addr, &nic->addr, nic->prefix);
	}
	return false;
}

bool conf_nic_listens(const struct conf *conf, const char *ifname,
		      const struct ntp_addr *addr)
{
	if (addr && addr_is_loopback(addr))
		return true;
	for (size_t i = conf->nic_n; i-- > 0;) {
		if (nic_matches(&conf->nic[i], ifname, addr))
			return conf->nic[i].action == CONF_NIC_LISTEN;
	}
	return true;
}

bool conf_nic_serves(const struct conf *conf, const char *ifname,
		     const struct ntp_addr *addr, size_t n)
{
	if (!n)
		return conf_nic_listens(conf, ifname, NULL);
	for (size_t i = 0; i < n; i++) {
		if (!conf_nic_listens(conf, ifname, &addr[i]))
			return false;
	}
	return true;
}

int conf_override_nic(struct conf *conf, const char *const *item, size_t n,
		      const char **bad)
{
	struct conf_nic *nic = calloc(n + 1, sizeof(*nic));

	if (!nic)
		return -ENOMEM;
	nic[0] = (struct conf_nic){ .action = CONF_NIC_IGNORE,
				    .match = CONF_NIC_ALL };
	for (size_t i = 0; i < n; i++) {
		struct conf_nic *to = &nic[i + 1];

		to->action = CONF_NIC_LISTEN;
		if (!addr_parse_prefix(item[i], &to->addr, &to->prefix)) {
			to->match = CONF_NIC_ADDR;
			addr_clear_host(&to->addr, to->prefix);
		} else if (*item[i] && strlen(item[i]) < IF_NAMESIZE &&
			   !strchr(item[i], '/')) {
			to->match = CONF_NIC_NAME;
			snprintf(to->name, sizeof(to->name), "%s", item[i]);
		} else {
			*bad = item[i];
			free(nic);
			return -EINVAL;
		}
	}
	free(conf->nic);
	conf->nic = nic;
	conf->nic_n = n + 1;
	return 0;
}

const char *conf_problem_print(const struct conf_problem *problem, char *buf,
			       size_t size)
{
	static const char *const word[] = { "note", "warning", "error" };
	const struct conf_where *where = &problem->where;
	char place[32] = "";

	if (where->line)
		snprintf(place, sizeof(place), "%u:%u:", where->line,
			 where->col);
	snprintf(buf, size, "%s:%s %s: %s%s%s", where->file ? where->file : "",
		 place, word[problem->severity], problem->text,
		 problem->remedy[0] ? "; " : "", problem->remedy);
	return buf;
}
