// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tools/kntp/kntp.h"

enum {
	RESTRICT_SHOW,
	RESTRICT_GET,
	RESTRICT_ADD,
	RESTRICT_DEL,
};

static const struct cli_word restrict_verbs[] = {
	{ "show", "[addr PREFIX] [flag FLAG] [min HITS]\n"
	  "          [sort network | hits] [limit N]",
	  "print the rules and how often each one decided", RESTRICT_SHOW },
	{ "get", "ADDRESS [port N]", "print the rule that decides about a client", RESTRICT_GET },
	{ "add", "NETWORK [mask MASK] [FLAG...]", "add a rule, or give it other flags", RESTRICT_ADD },
	{ "del", "NETWORK [mask MASK] [ntpport]", "delete a rule", RESTRICT_DEL },
	{ "help", NULL, "this text; NETWORK: 192.0.2.0/24, 2001:db8::/32, default (all)", -1 },
	{ 0 }
};

enum {
	RESTRICT_ADDR,
	RESTRICT_FLAG,
	RESTRICT_MIN,
	RESTRICT_SORT,
	RESTRICT_LIMIT,
};

static const struct cli_word restrict_filters[] = {
	{ "addr", "PREFIX", NULL, RESTRICT_ADDR },
	{ "flag", "FLAG", NULL, RESTRICT_FLAG },
	{ "min", "HITS", NULL, RESTRICT_MIN },
	{ "sort", "KEY", NULL, RESTRICT_SORT },
	{ "limit", "N", NULL, RESTRICT_LIMIT },
	{ 0 }
};

enum {
	RESTRICT_BY_NETWORK,
	RESTRICT_BY_HITS,
};

static const struct cli_word restrict_keys[] = {
	{ "network", NULL, NULL, RESTRICT_BY_NETWORK },
	{ "hits", NULL, NULL, RESTRICT_BY_HITS },
	{ 0 }
};

#define RESTRICT_WORD(NAME, name)	{ #name, NULL, NULL, NTP_ACL_##NAME },

static const struct cli_word restrict_flags[] = {
	NTP_ACL_FLAGS(RESTRICT_WORD)
	{ 0 }
};

struct restrict_query {
	struct ntp_addr addr;
	u8 prefix;
	u32 flags;		/* all of these */
	long long min;
	long long limit;
	int sort;
};

struct restrict_list {
	struct knl_restrict *rule;
	size_t count;
	size_t room;
	const struct restrict_query *query;	/* NULL: all rules */
};

/* A network and what it was written as; default is two. */
struct restrict_target {
	const char *text;
	struct ntp_acl_rule rule[2];
	size_t n;
};

static int restrict_parse_filter(const struct cli_word *filter,
				 const char *text,
				 struct restrict_query *query)
{
	const struct cli_word *word;

	switch (filter->value) {
	case RESTRICT_ADDR:
		return kntp_network(text, &query->addr, &query->prefix);
	case RESTRICT_FLAG:
		word = cli_find(restrict_flags, "flag", text);
		if (!word)
			return KNTP_USAGE;
		query->flags |= (u32)word->value;
		return 0;
	case RESTRICT_MIN:
		return cli_number("min", text, 0, INT64_MAX, &query->min);
	case RESTRICT_LIMIT:
		return cli_number("limit", text, 1, INT64_MAX, &query->limit);
	default:
		word = cli_find(restrict_keys, "sort key", text);
		if (!word)
			return KNTP_USAGE;
		query->sort = word->value;
		return 0;
	}
}

static int restrict_parse(struct kntp_words *words,
			  struct restrict_query *query)
{
	const struct cli_word *filter;
	const char *value;

	while (words->count) {
		filter = cli_find(restrict_filters, "filter", kntp_next(words));
		value = filter ? kntp_value(words, filter->name) : NULL;
		if (!value || restrict_parse_filter(filter, value, query))
			return KNTP_USAGE;
	}
	return 0;
}

static bool restrict_is_wanted(const struct restrict_query *query,
			       const struct knl_restrict *r)
{
	return !query || (r->rule.prefix >= query->prefix &&
			  addr_in_prefix(&r->rule.addr, &query->addr,
					 query->prefix) &&
			  (r->rule.flags & query->flags) == query->flags &&
			  r->hits >= (uint64_t)query->min);
}

static int restrict_keep(const struct knl_restrict *r, void *arg)
{
	struct restrict_list *list = arg;
	struct knl_restrict *more;
	size_t room;

	if (!restrict_is_wanted(list->query, r))
		return 0;
	if (list->count == list->room) {
		room = list->room ? 2 * list->room : 64;
		more = reallocarray(list->rule, room, sizeof(*more));
		if (!more)
			return -ENOMEM;
		list->rule = more;
		list->room = room;
	}
	list->rule[list->count++] = *r;
	return 0;
}

static int restrict_by_network(const void *a, const void *b)
{
	const struct knl_restrict *x = a, *y = b;

	return ntp_acl_compare(&x->rule, &y->rule);
}

static int restrict_by_hits(const void *a, const void *b)
{
	const struct knl_restrict *x = a, *y = b;

	if (x->hits != y->hits)
		return x->hits < y->hits ? 1 : -1;
	return restrict_by_network(a, b);
}

/* The rules, sorted; list->rule is the caller's to free. */
static int restrict_read(struct kntp *kntp, struct restrict_list *list,
			 int sort)
{
	int err = knl_restrict_each(kntp->knl, restrict_keep, list);

	if (err)
		return kntp_fail(kntp, err, "cannot read the rules");
	if (list->count)
		qsort(list->rule, list->count, sizeof(*list->rule),
		      sort == RESTRICT_BY_HITS ? restrict_by_hits :
						 restrict_by_network);
	return 0;
}

static json_t *restrict_json(const struct knl_restrict *rule, size_t count)
{
	char network[KNTP_NETWORK_MAX];
	json_t *root = json_array(), *flags;
	int err = 0;

	for (size_t i = 0; i < count; i++) {
		flags = json_array();
		for (int bit = 0; bit < NTP_ACL_BIT_COUNT; bit++) {
			if (rule[i].rule.flags & 1U << bit)
				err |= json_array_append_new(flags, json_string(
					ntp_acl_flag_name(bit)));
		}
		addr_print_prefix(&rule[i].rule.addr, rule[i].rule.prefix,
				  network, sizeof(network));
		err |= json_array_append_new(root, json_pack(
			"{s:s, s:o, s:I}", "network", network, "flags", flags,
			"hits", (json_int_t)rule[i].hits));
	}
	if (err) {
		json_decref(root);
		return NULL;
	}
	return root;
}

static void restrict_print_flags(const struct kntp *kntp, u32 flags)
{
	if (kntp->is_numeric)
		printf("  %#" PRIx32, flags);
	else if (!flags)
		fputs("  -", stdout);
	else
		fputc(' ', stdout);
	for (int bit = 0; bit < 32 && !kntp->is_numeric; bit++) {
		if (!(flags & 1U << bit))
			continue;
		if (bit < NTP_ACL_BIT_COUNT)
			printf(" %s", ntp_acl_flag_name(bit));
		else
			printf(" %#x", 1U << bit);
	}
	putchar('\n');
}

static void restrict_print(const struct kntp *kntp,
			   const struct knl_restrict *rule, size_t count)
{
	char network[KNTP_NETWORK_MAX];

	if (count)
		printf("%-43s  %12s  %s\n", "NETWORK", "HITS", "FLAGS");
	for (size_t i = 0; i < count; i++) {
		printf("%-43s  %12" PRIu64,
		       addr_print_prefix(&rule[i].rule.addr,
					 rule[i].rule.prefix, network,
					 sizeof(network)), rule[i].hits);
		restrict_print_flags(kntp, rule[i].rule.flags);
	}
}

static int restrict_out(const struct kntp *kntp,
			const struct knl_restrict *rule, size_t count)
{
	if (kntp->is_json)
		return kntp_print_json(restrict_json(rule, count),
				       JSON_INDENT(2));
	restrict_print(kntp, rule, count);
	return KNTP_DONE;
}

static int restrict_show(struct kntp *kntp, struct kntp_words *words)
{
	struct restrict_query query = { .limit = -1 };
	struct restrict_list list = { .query = &query };
	size_t count;
	int status;

	if (restrict_parse(words, &query))
		return KNTP_USAGE;
	status = restrict_read(kntp, &list, query.sort);
	count = list.count;
	if (query.limit > 0 && count > (unsigned long long)query.limit)
		count = (size_t)query.limit;
	if (!status)
		status = restrict_out(kntp, list.rule, count);
	free(list.rule);
	return status;
}

/* Of two rules for a client, is @a the one that decides? Both match. */
static bool restrict_is_closer(const struct ntp_acl_rule *a,
			       const struct ntp_acl_rule *b)
{
	if (a->prefix != b->prefix)
		return a->prefix > b->prefix;
	return a->flags & NTP_ACL_NTPPORT;
}

static int restrict_get(struct kntp *kntp, struct kntp_words *words)
{
	const char *text = kntp_value(words, "get"), *value;
	const struct knl_restrict *r, *found = NULL;
	struct restrict_list list = { 0 };
	struct ntp_addr addr;
	long long port = 0;
	int status;

	if (!text)
		return KNTP_USAGE;
	if (addr_parse(text, &addr, NULL)) {
		cli_error("'%s' is not an address", text);
		return KNTP_USAGE;
	}
	value = kntp_next(words);
	if (value && strcmp(value, "port") != 0) {
		cli_error("unexpected '%s'; only port N may follow", value);
		return KNTP_USAGE;
	}
	value = value ? kntp_value(words, "port") : "1024";
	if (!value || cli_number("port", value, 0, 65535, &port) ||
	    kntp_end(words))
		return KNTP_USAGE;
	status = restrict_read(kntp, &list, RESTRICT_BY_NETWORK);
	for (r = list.rule; r && r < list.rule + list.count; r++) {
		if (addr_in_prefix(&addr, &r->rule.addr, r->rule.prefix) &&
		    (port == 123 || !(r->rule.flags & NTP_ACL_NTPPORT)) &&
		    (!found || restrict_is_closer(&r->rule, &found->rule)))
			found = r;
	}
	if (!status && (found || kntp->is_json))
		status = restrict_out(kntp, found, found ? 1 : 0);
	else if (!status)
		printf("no rule is for %s: it is answered\n", text);
	free(list.rule);
	return status;
}

static int restrict_mask(struct kntp_words *words, const char *text,
			 struct ntp_acl_rule *rule)
{
	const char *value;
	struct ntp_addr mask;
	int bits;

	kntp_next(words);
	value = kntp_value(words, "mask");
	if (!value)
		return KNTP_USAGE;
	if (strchr(text, '/')) {
		cli_error("'%s' has a length already: write no mask", text);
		return KNTP_USAGE;
	}
	bits = addr_parse(value, &mask, NULL) ? -EINVAL :
	       addr_is_v4(&mask) != addr_is_v4(&rule->addr) ? -EINVAL :
	       addr_mask_prefix(&mask);
	if (bits < 0) {
		cli_error("'%s' is not a mask for %s; write ADDRESS/LENGTH instead",
			  value, text);
		return KNTP_USAGE;
	}
	rule->prefix = (u8)bits;
	return 0;
}

static int restrict_target(struct kntp_words *words, const char *verb,
			   struct restrict_target *target)
{
	struct ntp_acl_rule *rule = target->rule;
	char network[KNTP_NETWORK_MAX];

	target->n = 1;
	target->text = kntp_value(words, verb);
	if (!target->text)
		return KNTP_USAGE;
	if (!strcmp(target->text, "default")) {
		/* All of IPv4 and all of IPv6, as in ntp.conf. */
		target->n = 2;
		rule[0].addr = (struct ntp_addr){ { [10] = 0xff, 0xff } };
		rule[0].prefix = 96;
		return 0;
	}
	if (kntp_network(target->text, &rule->addr, &rule->prefix))
		return KNTP_USAGE;
	if (words->count && !strcmp(words->word[0], "mask") &&
	    restrict_mask(words, target->text, rule))
		return KNTP_USAGE;
	if (addr_clear_host(&rule->addr, rule->prefix)) {
		cli_error("'%s' has bits behind its prefix; for the network write %s",
			  target->text,
			  addr_print_prefix(&rule->addr, rule->prefix,
					    network, sizeof(network)));
		return KNTP_USAGE;
	}
	return 0;
}

static int restrict_change(struct kntp *kntp, int verb,
			   struct kntp_words *words)
{
	struct restrict_target target = { 0 };
	const struct cli_word *flag;
	char what[80];
	int err = 0;

	if (restrict_target(words, verb == RESTRICT_ADD ? "add" : "del",
			    &target))
		return KNTP_USAGE;
	while (words->count) {
		flag = cli_find(restrict_flags, "flag", kntp_next(words));
		if (!flag)
			return KNTP_USAGE;
		if (verb == RESTRICT_DEL && flag->value != NTP_ACL_NTPPORT) {
			cli_error("only ntpport says which rule is meant, not %s",
				  flag->name);
			return KNTP_USAGE;
		}
		for (size_t i = 0; i < target.n; i++)
			target.rule[i].flags |= (u32)flag->value;
	}
	if (verb == RESTRICT_ADD)
		err = knl_restrict_add(kntp->knl, target.rule, target.n);
	for (size_t i = 0; i < target.n && !err && verb == RESTRICT_DEL; i++)
		err = knl_restrict_del(kntp->knl, &target.rule[i]);
	if (!err)
		return KNTP_DONE;
	if (err == -ENODATA) {
		cli_error("there is no rule for %s %s ntpport; see: kntp restrict",
			  target.text, target.rule->flags ? "with" : "without");
		return KNTP_REFUSED;
	}
	snprintf(what, sizeof(what), "cannot %s the rule for %s",
		 verb == RESTRICT_ADD ? "add" : "delete", target.text);
	return kntp_fail(kntp, err, what);
}

int restrict_run(struct kntp *kntp, struct kntp_words *words)
{
	int verb;

	/* A filter may follow the object at once: kntp restrict flag ignore. */
	for (const struct cli_word *f = restrict_filters;
	     words->count && f->name; f++) {
		if (!strcmp(words->word[0], f->name))
			return restrict_show(kntp, words);
	}
	verb = kntp_verb(words, "restrict", restrict_verbs);
	if (verb < 0)
		return kntp_no_verb(verb);
	if (verb == RESTRICT_SHOW)
		return restrict_show(kntp, words);
	if (verb == RESTRICT_GET)
		return restrict_get(kntp, words);
	return restrict_change(kntp, verb, words);
}
