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
#define INERT(name_, member, why)	{ .name = name_, .kind = CHOICE_UINT, \
				  .offset = AT(mru.member), .max = INT32_MAX, \
				  .inert = why }

#define NO_GROWTH	"the memory is there as a whole, see maxdepth"
#define NO_AGE		"who was silent for longest goes first, at any age"

const struct choice limit_mru_choices[] = {
	INERT("incalloc", incalloc, NO_GROWTH),
	INERT("incmem", incmem_kb, NO_GROWTH),
	INERT("initalloc", initalloc, NO_GROWTH),
	INERT("initmem", initmem_kb, NO_GROWTH),
	INERT("maxage", maxage_s, NO_AGE),
	NUMBER("maxdepth", maxdepth),
	NUMBER("maxmem", maxmem_kb),
	INERT("mindepth", mindepth, NO_AGE),
	{ .name = NULL },
};

void limit_mru(struct parse *p, struct lex_line *line)
{
	choice_line(p, line, limit_mru_choices, "option of mru",
		    &p->conf->limits, "such as mru maxdepth 10000");
}
