// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/engine/access.h"
#include "daemon/engine/assoc.h"
#include "daemon/engine/rulename.h"
#include "daemon/io/links.h"
#include "daemon/io/loop.h"
#include "tools/lib/addr.h"
#include "tools/lib/log.h"

/* Addresses come in bunches: one new set of rules for all of them. */
#define REFRESH_NS	(LOOP_NS_PER_S / 20)

/* Of the same sort: so many are told one by one. */
#define TOLD_MAX	5
#define REPORT_MAX	20

#define PREFIX_V4	96	/* where IPv4 begins */
#define PREFIX_HOST	128
#define NETWORK_MAX	(INET6_ADDRSTRLEN + 4)

/* Flags that keep the packets of a host from being looked at. */
#define DROPPING	(NTP_ACL_IGNORE | NTP_ACL_NOSERVE | NTP_ACL_NOTRUST | \
			 NTP_ACL_VERSION | NTP_ACL_LIMITED | NTP_ACL_KOD | \
			 NTP_ACL_FLAKE)

/* Whose rule counts where there are two: what somebody wrote, above all. */
enum origin {
	ORIGIN_LINE,
	ORIGIN_SOURCE,
	ORIGIN_OWN,
};

/* A rule before it is one among others. */
struct draft {
	struct ntp_acl_rule rule;	/* first: sorted by it */
	int ippeerlimit;
	enum origin origin;
	const struct conf_where *where;
};

struct drafts {
	struct draft *draft;
	size_t n;
	size_t room;
	bool is_short;		/* of memory */
};

/* What is in force: exchanged as a whole. */
struct table {
	struct ntp_acl acl;
	struct ntp_acl_rule *rule;
	u64 *hits;
	int *ippeerlimit;	/* of each rule; -1: none */
	void *memory;
	bool has_limits;
};

static const struct ntp_addr any4 = { .b = { [10] = 0xff, [11] = 0xff } };
static const struct ntp_addr any6;

/* What holds where nothing is written, and for own addresses. */
static const struct conf_restrict no_line = {
	.target = CONF_TARGET_DEFAULT, .ippeerlimit = -1 };
static const struct conf_restrict own_line = {
	.target = CONF_TARGET_DEFAULT, .ippeerlimit = -1,
	.flags = NTP_ACL_IGNORE | NTP_ACL_NTPPORT };

static const struct conf *rules_conf;
static struct table *table;
static struct loop_timer refresh_timer;
static void (*rules_changed)(void);

/* --- collecting ---------------------------------------------------------- */

static void add(struct drafts *d, const struct ntp_addr *addr, u8 prefix,
		const struct conf_restrict *line, enum origin origin)
{
	if (d->n == d->room) {
		size_t room = d->room ? 2 * d->room : 64;
		struct draft *more = reallocarray(d->draft, room,
						  sizeof(*more));

		if (!more) {
			d->is_short = true;
			return;
		}
		d->draft = more;
		d->room = room;
	}
	d->draft[d->n++] = (struct draft){
		.rule = { *addr, prefix, line->flags },
		.ippeerlimit = line->ippeerlimit,
		.origin = origin,
		.where = line->target == CONF_TARGET_ADDR ? &line->where : NULL,
	};
}

static void add_name(struct drafts *d, const struct conf_restrict *line)
{
	const struct ntp_addr *addr;
	size_t n = rulename_find(line, &addr);

	for (size_t i = 0; i < n; i++)
		add(d, &addr[i], PREFIX_HOST, line, ORIGIN_LINE);
}

static void add_line(struct drafts *d, const struct conf_restrict *line)
{
	switch (line->target) {
	case CONF_TARGET_ADDR:
		add(d, &line->addr, line->prefix, line, ORIGIN_LINE);
		break;
	case CONF_TARGET_NAME:
		add_name(d, line);
		break;
	case CONF_TARGET_DEFAULT:
		if (line->family != AF_INET6)
			add(d, &any4, PREFIX_V4, line, ORIGIN_LINE);
		if (line->family != AF_INET)
			add(d, &any6, 0, line, ORIGIN_LINE);
		break;
	case CONF_TARGET_SOURCE:
		break;
	}
}

/* The stricter limit of two lines. */
static int least(int a, int b)
{
	return a < 0 || (b >= 0 && b < a) ? b : a;
}

/* All restrict source lines for one family in one; false without any. */
static bool source_line(int family, struct conf_restrict *all)
{
	bool is_there = false;

	*all = no_line;
	for (size_t i = 0; i < rules_conf->restrict_n; i++) {
		const struct conf_restrict *line = &rules_conf->restricts[i];

		if (line->target != CONF_TARGET_SOURCE ||
		    (line->family != AF_UNSPEC && line->family != family))
			continue;
		all->flags |= line->flags;
		all->ippeerlimit = least(all->ippeerlimit, line->ippeerlimit);
		is_there = true;
	}
	return is_there;
}

/*
 * The rule of a remote that is followed must not shut it out. Answers to
 * requests are met by no rule at all, but symmetric and broadcast packets come
 * to the port that rules guard.
 */
static void add_source(struct peer *peer, void *arg)
{
	const struct ntp_addr *addr = &peer->addr.addr;
	struct conf_restrict line;

	if (peer->mode == PEER_REFCLOCK || addr_is_any(addr) ||
	    addr_is_multicast(addr) || !source_line(addr_family(addr), &line))
		return;
	if (peer->mode != PEER_CLIENT)
		line.flags &= ~DROPPING;
	else if (line.flags & NTP_ACL_IGNORE)
		line.flags = (line.flags & ~NTP_ACL_IGNORE) | NTP_ACL_NOSERVE |
			     NTP_ACL_NOQUERY;
	add(arg, addr, PREFIX_HOST, &line, ORIGIN_SOURCE);
}

static void add_own(const struct links_if *link, void *arg)
{
	for (size_t i = 0; i < link->addr_n; i++)
		add(arg, &link->addr[i], PREFIX_HOST, &own_line, ORIGIN_OWN);
}

/* --- making rules of it -------------------------------------------------- */

static int by_rule(const void *a, const void *b)
{
	const struct draft *x = a, *y = b;
	int order = ntp_acl_compare(&x->rule, &y->rule);

	return order ? order : (int)x->origin - (int)y->origin;
}

/* As it would stand in ntp.conf. @buf: NETWORK_MAX octets. */
static const char *print_network(const struct ntp_acl_rule *rule, char *buf)
{
	return addr_print_prefix(&rule->addr, rule->prefix, buf, NETWORK_MAX);
}

static void tell_merged(const struct draft *d)
{
	char network[NETWORK_MAX];

	log_info("%s:%u: restrict %s stands there more than once: as with ntpd, "
		 "the flags of all these lines count; make one line of them",
		 d->where->file, d->where->line,
		 print_network(&d->rule, network));
}

/*
 * One rule for what several lines are about, with the flags of all of them, as
 * ntpd does: a second line never opens what the first one closed.
 */
static void merge(struct drafts *d, bool is_told)
{
	size_t n = 0, told = 0;

	qsort(d->draft, d->n, sizeof(*d->draft), by_rule);
	for (size_t i = 0; i < d->n; i++) {
		struct draft *at = &d->draft[i], *last = &d->draft[n ? n - 1 : 0];

		if (!n || ntp_acl_compare(&last->rule, &at->rule)) {
			d->draft[n++] = *at;
			continue;
		}
		if (at->origin != last->origin)
			continue;
		if (is_told && at->where && last->where && told++ < TOLD_MAX)
			tell_merged(at);
		last->rule.flags |= at->rule.flags;
		last->ippeerlimit = least(last->ippeerlimit, at->ippeerlimit);
	}
	d->n = n;
	if (told > TOLD_MAX)
		log_info("%zu more lines are about what others are about",
			 told - TOLD_MAX);
}

static void free_table(struct table *t)
{
	if (!t)
		return;
	free(t->rule);
	free(t->hits);
	free(t->ippeerlimit);
	free(t->memory);
	free(t);
}

static struct table *make_table(const struct drafts *d)
{
	struct table *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->rule = calloc(d->n + 1, sizeof(*t->rule));
	t->hits = calloc(d->n + 1, sizeof(*t->hits));
	t->ippeerlimit = calloc(d->n + 1, sizeof(*t->ippeerlimit));
	t->memory = malloc(ntp_acl_size((u32)d->n) + 1);
	if (!t->rule || !t->hits || !t->ippeerlimit || !t->memory) {
		free_table(t);
		return NULL;
	}
	for (size_t i = 0; i < d->n; i++) {
		t->rule[i] = d->draft[i].rule;
		t->ippeerlimit[i] = d->draft[i].ippeerlimit;
		if (t->rule[i].flags & NTP_ACL_LIMITED)
			t->has_limits = true;
	}
	ntp_acl_build(&t->acl, t->memory, t->rule, (u32)d->n);
	return t;
}

static void keep_hits(struct table *to, const struct table *from)
{
	for (u32 i = 0, j = 0; i < from->acl.rule_n && j < to->acl.rule_n;) {
		int order = ntp_acl_compare(&from->rule[i], &to->rule[j]);

		if (!order)
			to->hits[j] = from->hits[i];
		i += order <= 0;
		j += order >= 0;
	}
}

static bool is_same(const struct table *a, const struct table *b)
{
	if (a->acl.rule_n != b->acl.rule_n)
		return false;
	for (u32 i = 0; i < a->acl.rule_n; i++)
		if (ntp_acl_compare(&a->rule[i], &b->rule[i]) ||
		    a->rule[i].flags != b->rule[i].flags ||
		    a->ippeerlimit[i] != b->ippeerlimit[i])
			return false;
	return true;
}

/* Return: are the rules others than before? */
static bool rebuild(bool is_told)
{
	struct drafts d = { 0 };
	struct table *new = NULL;
	bool is_new = false;

	/* What no line is about is allowed, in both families alike. */
	add(&d, &any4, PREFIX_V4, &no_line, ORIGIN_LINE);
	add(&d, &any6, 0, &no_line, ORIGIN_LINE);
	for (size_t i = 0; i < rules_conf->restrict_n; i++)
		add_line(&d, &rules_conf->restricts[i]);
	assoc_each_peer(add_source, &d);
	links_each(add_own, &d);
	if (!d.is_short) {
		merge(&d, is_told);
		if (d.n > NTP_ACL_RULES_MAX)
			log_error("%zu rules of restrict lines are more than "
				  "%d: those in force stay; write networks in "
				  "place of hosts", d.n, NTP_ACL_RULES_MAX);
		else
			new = make_table(&d);
	}
	if (new && table && is_same(new, table)) {
		free_table(new);
	} else if (new) {
		if (table)
			keep_hits(new, table);
		free_table(table);
		table = new;
		is_new = true;
	} else if (d.is_short || d.n <= NTP_ACL_RULES_MAX) {
		log_error("out of memory for %zu lines of restrict: the rules "
			  "in force stay", rules_conf->restrict_n);
	}
	free(d.draft);
	return is_new;
}

static void refresh(void *arg)
{
	if (rebuild(false))
		rules_changed();
}

void access_refresh(void)
{
	if (rules_conf && !refresh_timer.is_armed)
		loop_timer_in(&refresh_timer, REFRESH_NS);
}

/* --- the rest ------------------------------------------------------------ */

void access_init(void (*changed)(void))
{
	rules_changed = changed;
	loop_timer_init(&refresh_timer, refresh, NULL);
	rulename_init(access_refresh);
}

static void tell_source_ignore(void)
{
	for (size_t i = 0; i < rules_conf->restrict_n; i++) {
		const struct conf_restrict *line = &rules_conf->restricts[i];

		if (line->target == CONF_TARGET_SOURCE &&
		    line->flags & NTP_ACL_IGNORE) {
			log_warning("%s:%u: restrict source ignore is taken as "
				    "noserve noquery: a server that is "
				    "followed is not ignored; write that",
				    line->where.file, line->where.line);
			return;
		}
	}
}

void access_apply(const struct conf *conf)
{
	rules_conf = conf;
	loop_timer_cancel(&refresh_timer);
	rulename_apply(conf);
	tell_source_ignore();
	rebuild(true);
}

const struct ntp_acl *access_acl(void)
{
	return table ? &table->acl : NULL;
}

static u32 match(const struct ntp_addr *addr, u16 sport)
{
	return table ? ntp_acl_match(&table->acl, addr, sport) : NTP_ACL_NONE;
}

u32 access_flags(const struct ntp_addr *addr, u16 sport)
{
	u32 rule = match(addr, sport);

	return rule == NTP_ACL_NONE ? 0 : table->rule[rule].flags;
}

int access_ippeerlimit(const struct ntp_addr *addr, u16 sport)
{
	u32 rule = match(addr, sport);

	return rule == NTP_ACL_NONE ? -1 : table->ippeerlimit[rule];
}

bool access_limits(void)
{
	return table && table->has_limits;
}

void access_hit(u32 rule)
{
	if (table && rule < table->acl.rule_n)
		table->hits[rule]++;
}

static void report_rule(const struct ntp_acl_rule *rule, u64 hits)
{
	char network[NETWORK_MAX], flags[256] = "";
	size_t used = 0;

	for (int i = 0; i < NTP_ACL_BIT_COUNT && used < sizeof(flags); i++) {
		int n;

		if (!(rule->flags & 1U << i))
			continue;
		n = snprintf(flags + used, sizeof(flags) - used, " %s",
			     ntp_acl_flag_name(i));
		used += n > 0 ? (size_t)n : 0;
	}
	log_info("restrict %s%s: met by %" PRIu64 " packets",
		 print_network(rule, network), flags, hits);
}

void access_report(void)
{
	u32 n = 0;

	for (u32 i = 0; table && i < table->acl.rule_n; i++)
		if (table->hits[i] && n++ < REPORT_MAX)
			report_rule(&table->rule[i], table->hits[i]);
	if (n > REPORT_MAX)
		log_info("and %u rules more", n - REPORT_MAX);
}

void access_close(void)
{
	loop_timer_cancel(&refresh_timer);
	rulename_close();
	free_table(table);
	table = NULL;
	rules_conf = NULL;
}
