// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include <stdlib.h>
#include <string.h>

#include "daemon/conf/parse.h"
#include "kmod/core/key.h"

/* Directives about symmetric keys. */

void trust_keys(struct parse *p, struct lex_line *line)
{
	p->conf->keys.where = parse_where(p, lex_peek(line));
	parse_string(p, line, "keys", &p->conf->keys.file);
}

void trust_keysdir(struct parse *p, struct lex_line *line)
{
	parse_string(p, line, "keysdir", &p->conf->keys.dir);
}

/* --- trustedkey --------------------------------------------------------- */

/* 4 8 42 or 4,8,42 or (1 ... 5) or 1...5, mixed and with or without blanks. */
struct list {
	struct conf_key_range range;	/* being read; .first 0: none */
	bool is_open;			/* behind ( */
	bool is_dotted;			/* behind ... */
};

static void add_range(struct parse *p, struct list *list)
{
	struct conf_keys *keys = &p->conf->keys;
	struct conf_key_range *more;

	if (!list->range.first)
		return;
	more = parse_grow(p, keys->trusted, &keys->trusted_n, sizeof(*more));
	if (!more)
		return;
	keys->trusted = more;
	more[keys->trusted_n - 1] = list->range;
	list->range.first = 0;
}

static bool add_number(struct parse *p, const struct lex_token *at,
		       const char *text, char **end, struct list *list)
{
	unsigned long id = *text >= '0' && *text <= '9' ?
			   strtoul(text, end, 10) : 0;

	if (!id || id > NTP_KEY_ID_MAX) {
		parse_error(p, at, "identifiers go from 1 to 65534, ranges are "
			    "written (1 ... 5)",
			    "\"%.60s\" is no key identifier", at->text);
		return false;
	}
	if (!list->is_dotted) {
		add_range(p, list);
		list->range.first = id;
	} else if (id < list->range.first) {
		parse_error(p, at, "write the smaller one first",
			    "the range %u ... %lu is empty", list->range.first,
			    id);
		return false;
	}
	list->range.last = id;
	list->is_dotted = false;
	return true;
}

static bool take_ids(struct parse *p, const struct lex_token *at,
		     struct list *list)
{
	char *text = at->text;

	while (*text) {
		if (!strncmp(text, "...", 3)) {
			if (!list->range.first || list->is_dotted) {
				parse_error(p, at, "such as (1 ... 5)",
					    "the range has no beginning");
				return false;
			}
			list->is_dotted = true;
			text += 3;
		} else if (*text == ',' && !list->is_dotted) {
			text++;
		} else if (!add_number(p, at, text, &text, list)) {
			return false;
		}
	}
	return true;
}

void trust_trustedkey(struct parse *p, struct lex_line *line)
{
	size_t before = p->conf->keys.trusted_n;
	struct list list = { .is_open = false };
	unsigned int errors = p->error_n;
	const struct lex_token *at;

	if (!lex_peek(line))
		parse_error(p, &line->end, "such as trustedkey 1 2 (10 ... 19)",
			    "trustedkey wants key identifiers");
	while (p->error_n == errors && (at = lex_take(line))) {
		if (lex_is(at, list.is_open ? ")" : "("))
			list.is_open = !list.is_open;
		else if (!take_ids(p, at, &list))
			break;
	}
	if (p->error_n == errors && list.is_dotted)
		parse_error(p, &line->end, "such as (1 ... 5)",
			    "the range has no end");
	else if (p->error_n == errors && list.is_open)
		parse_error(p, &line->end, "add )", "the ( is not closed");
	if (p->error_n == errors)
		add_range(p, &list);
	else
		p->conf->keys.trusted_n = before;
}

/* --- requestkey, controlkey --------------------------------------------- */

static void take_one(struct parse *p, struct lex_line *line, u32 *key,
		     struct conf_where *where)
{
	const struct lex_token *at = lex_peek(line);
	const char *name = line->token[0].text;
	long value;

	if (!parse_long(p, line, name, 1, NTP_KEY_ID_MAX, &value))
		return;
	if (lex_peek(line))
		parse_error(p, lex_peek(line), "keep one",
			    "%s takes one key", name);
	if (lex_peek(line))
		return;
	*key = value;
	*where = parse_where(p, at);
}

void trust_requestkey(struct parse *p, struct lex_line *line)
{
	take_one(p, line, &p->conf->keys.request,
		 &p->conf->keys.request_where);
}

void trust_controlkey(struct parse *p, struct lex_line *line)
{
	take_one(p, line, &p->conf->keys.control,
		 &p->conf->keys.control_where);
}
