// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include <stdio.h>
#include <string.h>

#include "daemon/conf/choice.h"
#include "daemon/conf/parse.h"

/* Directive hwtimestamp: stamps of NICs. Names and meaning are chrony's. */

#define AT(member)	offsetof(struct conf_hwtimestamp, member)

#define POLL_LOWEST	(-6)
#define POLL_HIGHEST	6

static void take_rxfilter(struct parse *p, struct lex_line *line,
			  const struct lex_token *key, void *to)
{
	static const char *const names[] = { "none", "ntp", "ptp", "all",
					     NULL };
	int i = parse_choose(p, line, key->text, "filter of rxfilter", names);

	if (i >= 0)
		*(enum conf_rxfilter *)to = (enum conf_rxfilter)i;
}

#define SECONDS(name_, min_, max_)					\
	{ .name = #name_, .kind = CHOICE_DOUBLE, .offset = AT(name_##_s), \
	  .min = min_, .max = max_ }

const struct choice hwtimestamp_choices[] = {
	{ .name = "force", .kind = CHOICE_SET, .offset = AT(force) },
	{ .name = "maxpoll", .kind = CHOICE_S8, .offset = AT(maxpoll),
	  .min = POLL_LOWEST, .max = POLL_HIGHEST },
	{ .name = "minpoll", .kind = CHOICE_S8, .offset = AT(minpoll),
	  .min = POLL_LOWEST, .max = POLL_HIGHEST },
	{ .name = "nocrossts", .kind = CHOICE_SET, .offset = AT(nocrossts) },
	{ .name = "notxcorrect", .kind = CHOICE_SET,
	  .offset = AT(notxcorrect) },
	SECONDS(precision, 0, 0.001),
	SECONDS(rxcomp, -0.001, 0.001),
	{ .name = "rxfilter", .kind = CHOICE_OWN, .offset = AT(rxfilter),
	  .take = take_rxfilter },
	SECONDS(txcomp, -0.001, 0.001),
	{ .name = NULL },
};

static bool is_name(const char *text)
{
	size_t len = strlen(text);

	return len && len < IF_NAMESIZE && !strpbrk(text, "/:") &&
	       strcmp(text, ".") && strcmp(text, "..");
}

static bool is_named(struct parse *p, const struct lex_token *at)
{
	for (size_t i = 0; i < p->conf->hwtimestamp_n; i++) {
		const struct conf_hwtimestamp *h = &p->conf->hwtimestamp[i];

		if (strcmp(h->name, at->text))
			continue;
		parse_error(p, at, "write all of its options on one line",
			    "%s has a line hwtimestamp already, line %u",
			    at->text, h->where.line);
		return true;
	}
	return false;
}

/* Two values that are not given follow the one that is. */
static void check_polls(struct parse *p, const struct lex_token *at,
			struct conf_hwtimestamp *h)
{
	bool has_min = h->minpoll != CONF_POLL_UNSET;
	bool has_max = h->maxpoll != CONF_POLL_UNSET;

	if (!has_min)
		h->minpoll = has_max && h->maxpoll < 0 ? h->maxpoll : 0;
	if (!has_max)
		h->maxpoll = h->minpoll > 0 ? h->minpoll : 0;
	if (h->minpoll > h->maxpoll)
		parse_error(p, at, "swap the values, or leave one out",
			    "minpoll %d is above maxpoll %d", h->minpoll,
			    h->maxpoll);
}

void hwtimestamp_line(struct parse *p, struct lex_line *line)
{
	const struct lex_token *at = lex_take(line);
	struct conf_hwtimestamp h = { .minpoll = CONF_POLL_UNSET,
				      .maxpoll = CONF_POLL_UNSET,
				      .rxfilter = CONF_RXFILTER_ALL }, *more;
	unsigned int errors = p->error_n;

	if (!at || !is_name(at->text)) {
		parse_error(p, at ? at : &line->end, "such as hwtimestamp eth0, "
			    "or hwtimestamp * for all that can",
			    "hwtimestamp wants the name of an interface");
		return;
	}
	h.where = parse_where(p, at);
	snprintf(h.name, sizeof(h.name), "%s", at->text);
	choice_line(p, line, hwtimestamp_choices, "option of hwtimestamp", &h,
		    NULL);
	check_polls(p, at, &h);
	if (is_named(p, at) || p->error_n != errors)
		return;
	more = parse_grow(p, p->conf->hwtimestamp, &p->conf->hwtimestamp_n,
			  sizeof(*more));
	if (!more)
		return;
	p->conf->hwtimestamp = more;
	more[p->conf->hwtimestamp_n - 1] = h;
}
