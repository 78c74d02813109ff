// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include "daemon/conf/choice.h"

#include <stdio.h>
#include <string.h>

#define TABLE_MAX	32

void choice_tell_inert(struct parse *p, const struct lex_token *at,
		       const char *why)
{
	parse_warning(p, at, why, "%s has no effect in this version", at->text);
}

static void take_text(struct parse *p, struct lex_line *line,
		      const struct choice *c, void *to)
{
	const struct lex_token *at = lex_take(line);
	size_t size = c->max;

	if (!at)
		parse_error(p, &line->end, "give it one, or take it out",
			    "%s wants a value", c->name);
	else if (strlen(at->text) >= size)
		parse_error(p, at, "give it a shorter one",
			    "%s takes %zu octets at the most", c->name,
			    size - 1);
	else if (to)
		snprintf(to, size, "%s", at->text);
}

static void take_number(struct parse *p, struct lex_line *line,
			const struct choice *c, void *to)
{
	long value;

	if (!parse_long(p, line, c->name, c->min, c->max, &value))
		return;
	switch (c->kind) {
	case CHOICE_BOOL:
		*(bool *)to = value;
		break;
	case CHOICE_U8:
		*(u8 *)to = value;
		break;
	case CHOICE_S8:
		*(s8 *)to = value;
		break;
	case CHOICE_INT:
		*(int *)to = value;
		break;
	default:
		*(unsigned int *)to = value;
		break;
	}
}

static void take(struct parse *p, struct lex_line *line,
		 const struct lex_token *at, const struct choice *c, void *to)
{
	struct choice word = *c;

	switch (c->kind) {
	case CHOICE_SET:
		*(bool *)to = true;
		break;
	case CHOICE_CLEAR:
		*(bool *)to = false;
		break;
	case CHOICE_DOUBLE:
		parse_double(p, line, c->name, c->min, c->max, to);
		break;
	case CHOICE_WORD:
		word.max = LEX_LINE_MAX + 1;
		take_text(p, line, &word, NULL);
		break;
	case CHOICE_TEXT:
		take_text(p, line, c, to);
		break;
	case CHOICE_OWN:
		c->take(p, line, at, to);
		break;
	default:
		take_number(p, line, c, to);
		break;
	}
}

void choice_take(struct parse *p, struct lex_line *line,
		 const struct lex_token *at, const struct choice *table,
		 const char *what, void *to)
{
	const char *names[TABLE_MAX];
	size_t n = 0;

	for (const struct choice *c = table; c->name; c++) {
		if (lex_is(at, c->name)) {
			take(p, line, at, c, (char *)to + c->offset);
			if (c->inert)
				choice_tell_inert(p, at, c->inert);
			return;
		}
		if (n + 1 < TABLE_MAX)
			names[n++] = c->name;
	}
	names[n] = NULL;
	parse_unknown(p, at, what, names);
}

void choice_line(struct parse *p, struct lex_line *line,
		 const struct choice *table, const char *what, void *to,
		 const char *example)
{
	const struct lex_token *at;

	if (example && !lex_peek(line))
		parse_error(p, &line->end, example, "%s says nothing",
			    line->token[0].text);
	while ((at = lex_take(line)))
		choice_take(p, line, at, table, what, to);
}
