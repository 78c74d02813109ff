// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include <stdlib.h>

#include "daemon/conf/parse.h"
#include "kmod/core/key.h"
#include "tools/lib/addr.h"

/* Directives about listening to broadcasts and groups. */

#define NTP_GROUP	"224.0.1.1"

void group_broadcastclient(struct parse *p, struct lex_line *line)
{
	struct conf_modes *modes = &p->conf->modes;
	const struct lex_token *at = lex_take(line);
	long key = 0;

	if (lex_is(at, "novolley")) {
		parse_error(p, at, "take it out; broadcastdelay does without "
			    "the volley", "novolley is of ntpd before 4.2");
		return;
	}
	if (at && !lex_is(at, "key")) {
		parse_error(p, at, "write broadcastclient, or broadcastclient "
			    "key ID to follow no other key",
			    "\"%.60s\" is one word too many for "
			    "broadcastclient", at->text);
		return;
	}
	if (at && !parse_long(p, line, "key", 1, NTP_KEY_ID_MAX, &key))
		return;
	modes->broadcastclient = true;
	modes->broadcastclient_key = key;
}

static void add_group(struct parse *p, const struct lex_token *at,
		      const char *text, struct conf_group **groups, size_t *n)
{
	struct conf_group group = { .where = parse_where(p, at) };
	struct conf_group *more;

	if (addr_parse(text, &group.addr, &group.scope) ||
	    !addr_is_multicast(&group.addr)) {
		parse_error(p, at, "such as 224.0.1.1 or ff05::101",
			    "\"%.60s\" is no multicast address", text);
		return;
	}
	for (size_t i = 0; i < *n; i++) {
		if (addr_equal(&(*groups)[i].addr, &group.addr) &&
		    (*groups)[i].scope == group.scope)
			return;
	}
	more = parse_grow(p, *groups, n, sizeof(*more));
	if (!more)
		return;
	*groups = more;
	more[*n - 1] = group;
}

void group_multicastclient(struct parse *p, struct lex_line *line)
{
	struct conf_modes *modes = &p->conf->modes;
	const struct lex_token *at;

	if (!lex_peek(line))
		add_group(p, &line->token[0], NTP_GROUP,
			  &modes->multicastclient, &modes->multicastclient_n);
	while ((at = lex_take(line)))
		add_group(p, at, at->text, &modes->multicastclient,
			  &modes->multicastclient_n);
}

void group_manycastserver(struct parse *p, struct lex_line *line)
{
	struct conf_modes *modes = &p->conf->modes;
	const struct lex_token *at;

	if (!lex_peek(line))
		parse_error(p, &line->end, "such as manycastserver "
			    "239.255.254.254",
			    "manycastserver wants a group");
	while ((at = lex_take(line)))
		add_group(p, at, at->text, &modes->manycastserver,
			  &modes->manycastserver_n);
}

void group_broadcastdelay(struct parse *p, struct lex_line *line)
{
	const struct lex_token *at = lex_peek(line);
	double *delay = &p->conf->modes.broadcastdelay_s;

	if (parse_double(p, line, "broadcastdelay", 0, 10, delay) && *delay > 0)
		parse_note(p, at, "without the line the delay is measured",
			   "broadcasts are taken as %g s on their way, half "
			   "of this; all that is wrong with it the clock gets",
			   *delay / 2);
}

void group_ttl(struct parse *p, struct lex_line *line)
{
	struct conf_modes *modes = &p->conf->modes;
	unsigned int errors = p->error_n;
	u8 ttl[CONF_TTL_MAX];
	size_t n = 0;

	if (!lex_peek(line))
		parse_error(p, &line->end, "such as ttl 1 8 32 127",
			    "ttl wants numbers of hops");
	while (lex_peek(line) && p->error_n == errors) {
		const struct lex_token *at = lex_peek(line);
		long value;

		if (!parse_long(p, line, "ttl", 1, 255, &value))
			return;
		if (n == CONF_TTL_MAX)
			parse_error(p, at, "leave some out",
				    "ttl takes %d numbers", CONF_TTL_MAX);
		else if (n && value <= ttl[n - 1])
			parse_error(p, at, "write them in rising order",
				    "ttl %ld does not follow %u", value,
				    ttl[n - 1]);
		else
			ttl[n++] = value;
	}
	if (p->error_n != errors)
		return;
	for (size_t i = 0; i < n; i++)
		modes->ttl[i] = ttl[i];
	modes->ttl_n = n;
}
