// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include "daemon/conf/choice.h"
#include "daemon/conf/parse.h"

/* Directives about how much is done for clients: discard, mru. */

#define AT(member)	offsetof(struct conf_limits, member)

const struct choice limit_discard_choices[] = {
	{ .name = "average", .kind = CHOICE_U8,
	  .offset = AT(rate.average_log2), .max = 17 },
	{ .name = "minimum", .kind = CHOICE_U8, .offset = AT(rate.minimum_s),
	  .max = 255 },
	{ .name = "monitor", .kind = CHOICE_UINT, .offset = AT(monitor),
	  .max = INT32_MAX },
	{ .name = "prefix6", .kind = CHOICE_U8, .offset = AT(rate.prefix6),
	  .max = 128 },
	{ .name = NULL },
};

void limit_discard(struct parse *p, struct lex_line *line)
{
	choice_line(p, line, limit_discard_choices, "option of discard",
		    &p->conf->limits, "such as discard average 3 minimum 2");
}

#define NUMBER(name_, member)	{ .name = name_, .kind = CHOICE_UINT, \
				  .offset = AT(mru.member), .max = INT32_MAX }

const struct choice limit_mru_choices[] = {
	NUMBER("incalloc", incalloc),
	NUMBER("incmem", incmem_kb),
	NUMBER("initalloc", initalloc),
	NUMBER("initmem", initmem_kb),
	NUMBER("maxage", maxage_s),
	NUMBER("maxdepth", maxdepth),
	NUMBER("maxmem", maxmem_kb),
	NUMBER("mindepth", mindepth),
	{ .name = NULL },
};

void limit_mru(struct parse *p, struct lex_line *line)
{
	choice_line(p, line, limit_mru_choices, "option of mru",
		    &p->conf->limits, "such as mru maxdepth 10000");
}
