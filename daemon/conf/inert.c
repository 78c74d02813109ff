// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/conf/keyword.h"
#include "daemon/conf/parse.h"
#include "tools/lib/addr.h"

/*
 * Directives that have no effect yet. Their lines are read all the same, so
 * that a wrong one is refused today and not on the day it begins to count.
 */

#define KEY_MAX	65534

/* Words that nothing here can judge. */
void inert_any(struct parse *p, struct lex_line *line)
{
	(void)p;
	while (lex_take(line))
		;
}

void inert_file(struct parse *p, struct lex_line *line)
{
	char *name = NULL;

	parse_string(p, line, line->token[0].text, &name);
	free(name);
}

void inert_number(struct parse *p, struct lex_line *line)
{
	double value;

	parse_double(p, line, line->token[0].text, -1e9, 1e9, &value);
}

void inert_bare(struct parse *p, struct lex_line *line)
{
	const struct lex_token *at = lex_peek(line);

	if (lex_is(at, "key"))
		parse_error(p, at, "take it out; the key comes with the "
			    "packet, and trustedkey says which ones count",
			    "%s takes no key", line->token[0].text);
	else if (lex_is(at, "novolley"))
		parse_error(p, at, "take it out; broadcastdelay does without "
			    "the volley", "novolley is of ntpd before 4.2");
}

void inert_groups(struct parse *p, struct lex_line *line)
{
	const struct lex_token *at;
	struct ntp_addr addr;
	u32 scope;

	while ((at = lex_take(line))) {
		if (addr_parse(at->text, &addr, &scope) ||
		    !addr_is_multicast(&addr))
			parse_error(p, at, "such as 224.0.1.1",
				    "\"%.60s\" is no multicast address",
				    at->text);
	}
}

static bool read_key(const char *text, char **end, long *key)
{
	if (*text < '0' || *text > '9')
		return false;
	*key = strtol(text, end, 10);
	return *key >= 1 && *key <= KEY_MAX;
}

/* 4  or  4,8,42  or  1...5, with or without blanks and parentheses */
static bool is_key_list(const char *text)
{
	char *end = (char *)text;
	long key;

	while (*end) {
		if (!strncmp(end, "...", 3))
			end += 3;
		else if (*end == ',')
			end++;
		else if (!read_key(end, &end, &key))
			return false;
	}
	return true;
}

void inert_keys(struct parse *p, struct lex_line *line)
{
	const struct lex_token *at;
	bool is_open = false;

	if (!lex_peek(line))
		parse_error(p, &line->end, "such as trustedkey 1 2 (10 ... 19)",
			    "trustedkey wants key identifiers");
	while ((at = lex_take(line))) {
		if (lex_is(at, is_open ? ")" : "("))
			is_open = !is_open;
		else if (!is_key_list(at->text))
			parse_error(p, at, "identifiers go from 1 to 65534, "
				    "ranges are written (1 ... 5)",
				    "\"%.60s\" is no key identifier", at->text);
	}
	if (is_open)
		parse_error(p, &line->end, "add )", "the ( is not closed");
}

void inert_one_key(struct parse *p, struct lex_line *line)
{
	const char *name = line->token[0].text;
	long key;

	if (parse_long(p, line, name, 1, KEY_MAX, &key) && lex_peek(line))
		parse_error(p, lex_peek(line), "keep one",
			    "%s takes one key", name);
}

void inert_statistics(struct parse *p, struct lex_line *line)
{
	static const char *const names[] = {
		"clockstats", "cryptostats", "loopstats", "peerstats",
		"protostats", "rawstats", "sysstats", "timingstats", NULL,
	};
	const struct lex_token *at;

	while ((at = lex_take(line))) {
		size_t i = 0;

		while (names[i] && !lex_is(at, names[i]))
			i++;
		if (!names[i])
			parse_unknown(p, at, "kind of statistics", names);
	}
}

/* A class, a type, or both: all, sync, syncall, allstatus, ... */
static bool is_log_class(const char *text)
{
	static const char *const classes[] = { "all", "clock", "peer", "sync",
					       "sys", "" };
	static const char *const types[] = { "all", "events", "info",
					     "statistics", "status", "" };

	for (size_t c = 0; c < sizeof(classes) / sizeof(classes[0]); c++) {
		size_t len = strlen(classes[c]);

		if (!*text || strncmp(text, classes[c], len))
			continue;
		for (size_t t = 0; t < sizeof(types) / sizeof(types[0]); t++) {
			if (!strcmp(text + len, types[t]))
				return true;
		}
	}
	return false;
}

void inert_logconfig(struct parse *p, struct lex_line *line)
{
	static const char *const words[] = {
		"all", "allall", "clock", "clockall", "events", "info", "peer",
		"peerall", "statistics", "status", "sync", "syncall", "sys",
		"sysall", NULL,
	};
	const struct lex_token *at;

	if (!lex_peek(line))
		parse_error(p, &line->end, "such as logconfig =allall",
			    "logconfig wants to know what to log");
	while ((at = lex_take(line))) {
		struct lex_token bare = *at;

		if (lex_is(at, "=") && lex_peek(line))
			continue;
		if (*bare.text == '+' || *bare.text == '-') {
			bare.text++;
			bare.col++;
		}
		if (!is_log_class(bare.text))
			parse_unknown(p, &bare, "class of log messages", words);
	}
}
