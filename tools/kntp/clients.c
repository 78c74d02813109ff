// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tools/kntp/kntp.h"
#include "tools/lib/addr.h"
#include "tools/lib/date.h"

enum {
	CLIENTS_SHOW,
};

static const struct cli_word clients_verbs[] = {
	{ "show", "[addr PREFIX] [version N] [mode N] [min COUNT]\n"
	  "          [sort last | count | rate] [limit N]",
	  "print recent clients, the last one first", CLIENTS_SHOW },
	{ "help", NULL, "this text", -1 },
	{ 0 }
};

enum {
	CLIENTS_ADDR,
	CLIENTS_VERSION,
	CLIENTS_MODE,
	CLIENTS_MIN,
	CLIENTS_SORT,
	CLIENTS_LIMIT,
};

static const struct cli_word clients_filters[] = {
	{ "addr", "PREFIX", NULL, CLIENTS_ADDR },
	{ "version", "N", NULL, CLIENTS_VERSION },
	{ "mode", "N", NULL, CLIENTS_MODE },
	{ "min", "COUNT", NULL, CLIENTS_MIN },
	{ "sort", "KEY", NULL, CLIENTS_SORT },
	{ "limit", "N", NULL, CLIENTS_LIMIT },
	{ 0 }
};

enum {
	CLIENTS_LAST,
	CLIENTS_COUNT,
	CLIENTS_RATE,
};

static const struct cli_word clients_keys[] = {
	{ "last", NULL, NULL, CLIENTS_LAST },
	{ "count", NULL, NULL, CLIENTS_COUNT },
	{ "rate", NULL, NULL, CLIENTS_RATE },
	{ 0 }
};

/* What is wanted; -1 is any. */
struct clients_query {
	struct ntp_addr addr;
	u8 prefix;
	long long version;
	long long mode;
	long long min;
	long long limit;
	int sort;
};

struct clients_list {
	const struct clients_query *query;
	struct knl_client *client;
	size_t count;
	size_t room;
};

static int clients_parse_filter(const struct cli_word *filter, const char *text,
				struct clients_query *query)
{
	const struct cli_word *key;

	switch (filter->value) {
	case CLIENTS_ADDR:
		if (!addr_parse_prefix(text, &query->addr, &query->prefix))
			return 0;
		cli_error("addr '%s' is not an address or prefix, such as 192.0.2.0/24",
			  text);
		return -EINVAL;
	case CLIENTS_VERSION:
		return cli_number("version", text, 0, 7, &query->version);
	case CLIENTS_MODE:
		return cli_number("mode", text, 0, 7, &query->mode);
	case CLIENTS_MIN:
		return cli_number("min", text, 0, INT64_MAX, &query->min);
	case CLIENTS_LIMIT:
		return cli_number("limit", text, 1, INT64_MAX, &query->limit);
	default:
		key = cli_find(clients_keys, "sort key", text);
		if (!key)
			return -EINVAL;
		query->sort = key->value;
		return 0;
	}
}

static int clients_parse(struct kntp_words *words, struct clients_query *query)
{
	const struct cli_word *filter;
	const char *value;

	while (words->count) {
		filter = cli_find(clients_filters, "filter", kntp_next(words));
		value = filter ? kntp_value(words, filter->name) : NULL;
		if (!value || clients_parse_filter(filter, value, query))
			return KNTP_USAGE;
	}
	return 0;
}

static bool clients_is_wanted(const struct clients_query *query,
			      const struct knl_client *client)
{
	return addr_in_prefix(&client->addr, &query->addr, query->prefix) &&
	       (query->version < 0 || client->version == query->version) &&
	       (query->mode < 0 || client->mode == query->mode) &&
	       client->count >= (uint64_t)query->min;
}

static int clients_keep(const struct knl_client *client, void *arg)
{
	struct clients_list *list = arg;
	struct knl_client *more;
	size_t room;

	if (!clients_is_wanted(list->query, client))
		return 0;
	if (list->count == list->room) {
		room = list->room ? 2 * list->room : 64;
		more = reallocarray(list->client, room, sizeof(*more));
		if (!more)
			return -ENOMEM;
		list->client = more;
		list->room = room;
	}
	list->client[list->count++] = *client;
	return 0;
}

static int clients_compare(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static int clients_by_addr(const struct knl_client *a,
			   const struct knl_client *b)
{
	return memcmp(&a->addr, &b->addr, sizeof(a->addr));
}

static int clients_by_last(const void *a, const void *b)
{
	const struct knl_client *x = a, *y = b;
	int order = clients_compare(x->last_ns, y->last_ns);

	return order ? order : clients_by_addr(x, y);
}

static int clients_by_count(const void *a, const void *b)
{
	const struct knl_client *x = a, *y = b;
	int order = clients_compare(y->count, x->count);

	return order ? order : clients_by_addr(x, y);
}

/* The shortest interval first; who came only once has none: last. */
static int clients_by_rate(const void *a, const void *b)
{
	const struct knl_client *x = a, *y = b;
	int order = clients_compare(x->interval_ns - 1, y->interval_ns - 1);

	return order ? order : clients_by_addr(x, y);
}

static json_t *clients_json(const struct clients_list *list, size_t count)
{
	char addr[INET6_ADDRSTRLEN];
	const struct knl_client *c;
	json_t *root = json_array();
	int err = 0;
	size_t i;

	for (i = 0; i < count; i++) {
		c = &list->client[i];
		err |= json_array_append_new(root, json_pack(
			"{s:s, s:i, s:i, s:i, s:I, s:I, s:I, s:I, s:s, s:b}",
			"addr", addr_print(&c->addr, addr, sizeof(addr)),
			"port", c->port, "version", c->version,
			"mode", c->mode, "count", (json_int_t)c->count,
			"interval_ns", (json_int_t)c->interval_ns,
			"last_ns", (json_int_t)c->last_ns,
			"first_ns", (json_int_t)c->first_ns,
			"rx_stamp", c->rx_stamp,
			"interleaved", c->is_interleaved));
	}
	if (err) {
		json_decref(root);
		return NULL;
	}
	return root;
}

static const char *clients_span(const struct kntp *kntp, uint64_t ns, char *buf,
				size_t size)
{
	if (!kntp->is_numeric)
		return date_span_print(ns, buf, size);
	snprintf(buf, size, "%" PRIu64, ns);
	return buf;
}

static void clients_print(const struct kntp *kntp,
			  const struct clients_list *list, size_t count)
{
	static const char *const modes[] = {
		"v1", "active", "passive", "client", "server", "bcast",
		"control", "private",
	};
	char addr[INET6_ADDRSTRLEN], interval[DATE_TEXT_MAX];
	char last[DATE_TEXT_MAX], first[DATE_TEXT_MAX], mode[8];
	const struct knl_client *c;
	size_t i;

	if (count)
		printf("%-39s  %5s  %3s  %-7s  %10s  %13s  %13s  %13s  %-8s  %s\n",
		       "CLIENT", "PORT", "VER", "MODE", "COUNT", "INTERVAL",
		       "LAST", "FIRST", "STAMP", "REPLY");
	for (i = 0; i < count; i++) {
		c = &list->client[i];
		snprintf(mode, sizeof(mode), "%u", c->mode);
		clients_span(kntp, c->interval_ns, interval, sizeof(interval));
		printf("%-39s  %5u  %3u  %-7s  %10" PRIu64 "  %13s  %13s  %13s  %-8s  %s\n",
		       addr_print(&c->addr, addr, sizeof(addr)), c->port,
		       c->version, kntp->is_numeric ? mode : modes[c->mode & 7],
		       c->count, c->interval_ns ? interval : "-",
		       clients_span(kntp, c->last_ns, last, sizeof(last)),
		       clients_span(kntp, c->first_ns, first, sizeof(first)),
		       c->rx_stamp,
		       c->is_interleaved ? "interleaved" : "basic");
	}
}

static int clients_show(struct kntp *kntp, struct kntp_words *words)
{
	static int (*const orders[])(const void *a, const void *b) = {
		[CLIENTS_LAST] = clients_by_last,
		[CLIENTS_COUNT] = clients_by_count,
		[CLIENTS_RATE] = clients_by_rate,
	};
	struct clients_query query = { .version = -1, .mode = -1, .limit = -1 };
	struct clients_list list = { .query = &query };
	int err, status = KNTP_DONE;
	size_t count;

	if (clients_parse(words, &query))
		return KNTP_USAGE;
	err = knl_client_each(kntp->knl, clients_keep, &list);
	if (err) {
		free(list.client);
		return kntp_fail(kntp, err, "cannot read the clients");
	}
	if (list.count)
		qsort(list.client, list.count, sizeof(*list.client),
		      orders[query.sort]);
	count = list.count;
	if (query.limit > 0 && count > (unsigned long long)query.limit)
		count = (size_t)query.limit;
	if (kntp->is_json)
		status = kntp_print_json(clients_json(&list, count),
					 JSON_INDENT(2));
	else
		clients_print(kntp, &list, count);
	free(list.client);
	return status;
}

int clients_run(struct kntp *kntp, struct kntp_words *words)
{
	int verb;

	/* A filter may follow the object at once: kntp clients limit 5. */
	if (words->count && strcmp(words->word[0], "help") != 0 &&
	    strncmp(words->word[0], "show", strlen(words->word[0])) != 0)
		return clients_show(kntp, words);
	verb = kntp_verb(words, "clients", clients_verbs);
	return verb < 0 ? kntp_no_verb(verb) : clients_show(kntp, words);
}
