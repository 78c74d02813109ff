// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include <stdlib.h>

#include "daemon/conf/parse.h"

/*
 * Directives that have no effect. Their lines are read all the same, so that a
 * wrong one is refused today and not on the day it begins to count.
 */

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
