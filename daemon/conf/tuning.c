// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/conf/choice.h"
#include "daemon/conf/parse.h"

/* Directives about the clock, the selection, and what is switched. */

/* --- tos ---------------------------------------------------------------- */

#define AT(member)	offsetof(struct conf_tos, member)
#define UINT(name_, min_, max_)	{ .name = #name_, .kind = CHOICE_UINT, \
				  .offset = AT(name_), .min = min_, \
				  .max = max_ }
#define SECONDS(name_, min_, max_) { .name = #name_, .kind = CHOICE_DOUBLE, \
				     .offset = AT(name_##_s), .min = min_, \
				     .max = max_ }

const struct choice tuning_tos_choices[] = {
	{ .name = "basedate", .kind = CHOICE_WORD,
	  .inert = "the era of a time comes from the clock of this host" },
	UINT(bcpollbstep, 0, 4),
	SECONDS(beacon, 1, 131072),
	UINT(ceiling, 1, 16),
	{ .name = "cohort", .kind = CHOICE_BOOL, .offset = AT(cohort),
	  .max = 1 },
	UINT(floor, 0, 15),
	UINT(maxclock, 1, 100),
	SECONDS(maxdist, 0.001, 16),
	UINT(minclock, 1, 100),
	SECONDS(mindist, 0, 16),
	UINT(minsane, 1, 100),
	UINT(orphan, 1, 16),
	SECONDS(orphanwait, 0, 86400),
	{ .name = NULL },
};

#undef AT
#undef SECONDS

void tuning_tos(struct parse *p, struct lex_line *line)
{
	struct conf_tos tos = p->conf->tos;
	unsigned int errors = p->error_n;

	choice_line(p, line, tuning_tos_choices, "option of tos", &tos,
		    "such as tos minsane 2");
	if (p->error_n == errors)
		p->conf->tos = tos;
}

/* --- tinker ------------------------------------------------------------- */

#define AT(member)	offsetof(struct conf_tinker, member)
#define SECONDS(name_, max_)	{ .name = #name_, .kind = CHOICE_DOUBLE, \
				  .offset = AT(name_##_s), .max = max_ }

static void take_step(struct parse *p, struct lex_line *line,
		      const struct lex_token *at, void *to)
{
	struct conf_tinker *tinker = to;

	if (!parse_double(p, line, at->text, 0, 1e9, &tinker->step_s))
		return;
	tinker->stepback_s = tinker->step_s;
	tinker->stepfwd_s = tinker->step_s;
}

static void take_freq(struct parse *p, struct lex_line *line,
		      const struct lex_token *at, void *to)
{
	struct conf_tinker *tinker = to;

	tinker->has_freq = parse_double(p, line, at->text, -500, 500,
					&tinker->freq_ppm);
}

#define NO_ALLAN	"how long to average is found out for each server, " \
			"see kntpd(8)"
#define NO_HUFFPUFF	"what the way adds is told from what the clock does " \
			"for each server, see kntpd(8)"
#define NO_TICK		"the kernel is given frequencies, not ticks"

const struct choice tuning_tinker_choices[] = {
	{ .name = "allan", .kind = CHOICE_DOUBLE, .offset = AT(allan_log2),
	  .max = 17, .inert = NO_ALLAN },
	{ .name = "dispersion", .kind = CHOICE_DOUBLE,
	  .offset = AT(dispersion_ppm), .max = 1000 },
	{ .name = "freq", .kind = CHOICE_OWN, .take = take_freq },
	{ .name = "huffpuff", .kind = CHOICE_DOUBLE,
	  .offset = AT(huffpuff_s), .max = 1e6, .inert = NO_HUFFPUFF },
	SECONDS(panic, 1e12),
	{ .name = "step", .kind = CHOICE_OWN, .take = take_step },
	SECONDS(stepback, 1e9),
	SECONDS(stepfwd, 1e9),
	SECONDS(stepout, 1e6),
	{ .name = "tick", .kind = CHOICE_WORD, .inert = NO_TICK },
	{ .name = NULL },
};

void tuning_tinker(struct parse *p, struct lex_line *line)
{
	struct conf_tinker tinker = p->conf->tinker;
	unsigned int errors = p->error_n;

	choice_line(p, line, tuning_tinker_choices, "option of tinker",
		    &tinker, "such as tinker panic 0");
	if (p->error_n == errors)
		p->conf->tinker = tinker;
}

/* --- enable, disable ---------------------------------------------------- */

#undef AT
#define AT(member)	offsetof(struct conf_enabled, member)
#define SWITCH(name_)	{ .name = #name_, .offset = AT(name_) }
#define FIXED(name_, why) { .name = #name_, .offset = AT(name_), .inert = why }

#define NO_LIST	"clients are always counted, and listed to nobody"
#define EARLY	"an association that is lost is always cleared at once"

/* .inert: why a value other than the default has no effect. */
const struct choice tuning_switches[] = {
	SWITCH(auth),
	SWITCH(bclient),
	FIXED(calibrate, "fudge says how far a clock is off"),
	FIXED(kernel, "the kernel's discipline is not used"),
	FIXED(mode7, "there is no control protocol (ntpq, ntpdc) yet"),
	FIXED(monitor, NO_LIST),
	SWITCH(nak),
	SWITCH(ntp),
	FIXED(peer_clear_digest_early, EARLY),
	SWITCH(stats),
	FIXED(unpeer_crypto_early, EARLY),
	FIXED(unpeer_crypto_nak_early, EARLY),
	FIXED(unpeer_digest_early, EARLY),
	{ .name = NULL },
};

static const char *const *switch_names(void)
{
	static const char *names[sizeof(tuning_switches) /
				 sizeof(tuning_switches[0])];

	for (size_t i = 0; tuning_switches[i].name; i++)
		names[i] = tuning_switches[i].name;
	return names;
}

static void take_switches(struct parse *p, struct lex_line *line, bool on)
{
	struct conf_enabled enabled = p->conf->enabled;
	unsigned int errors = p->error_n;
	const struct lex_token *at;

	if (!lex_peek(line))
		parse_error(p, &line->end, "such as disable ntp",
			    "%s wants to know what", line->token[0].text);
	while ((at = lex_take(line))) {
		const struct choice *c = tuning_switches;
		bool *to;

		while (c->name && !lex_is(at, c->name))
			c++;
		if (!c->name) {
			parse_unknown(p, at, "switch", switch_names());
			continue;
		}
		to = (bool *)((char *)&enabled + c->offset);
		if (c->inert && *to != on)
			choice_tell_inert(p, at, c->inert);
		*to = on;
	}
	if (p->error_n == errors)
		p->conf->enabled = enabled;
}

void tuning_enable(struct parse *p, struct lex_line *line)
{
	take_switches(p, line, true);
}

void tuning_disable(struct parse *p, struct lex_line *line)
{
	take_switches(p, line, false);
}

/* --- others ------------------------------------------------------------- */

void tuning_dscp(struct parse *p, struct lex_line *line)
{
	long value;

	if (parse_long(p, line, "dscp", 0, 63, &value))
		p->conf->dscp = value;
}

/* setvar NAME = VALUE [default] */
void tuning_setvar(struct parse *p, struct lex_line *line)
{
	const struct lex_token *name = lex_take(line), *is = lex_take(line);
	const struct lex_token *value = lex_take(line);
	struct conf *conf = p->conf;
	struct conf_setvar *more;
	bool is_default = lex_is(lex_peek(line), "default");

	if (!name || !lex_is(is, "=") || !value) {
		parse_error(p, name && is ? is : &line->end,
			    "such as setvar site = \"Rack 4\" default",
			    "setvar wants NAME = VALUE");
		return;
	}
	if (is_default)
		lex_take(line);
	if (lex_peek(line))
		return;
	more = parse_grow(p, conf->setvar, &conf->setvar_n, sizeof(*more));
	if (!more)
		return;
	conf->setvar = more;
	more += conf->setvar_n - 1;
	more->name = strdup(name->text);
	more->value = strdup(value->text);
	more->is_default = is_default;
	if (!more->name || !more->value)
		p->has_memory = false;
}
