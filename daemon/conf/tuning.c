// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include <stdlib.h>
#include <string.h>

#include "daemon/conf/parse.h"

/* Directives about the clock, the selection, and the daemon's files. */

static void tell_inert(struct parse *p, const struct lex_token *at)
{
	parse_warning(p, at, NULL, "%s has no effect in this version", at->text);
}

/* --- tos ---------------------------------------------------------------- */

static const char *const tos_options[] = {
	"basedate", "bcpollbstep", "beacon", "ceiling", "cohort", "floor",
	"maxclock", "maxdist", "minclock", "mindist", "minsane", "orphan",
	"orphanwait", NULL,
};

static void take_unsigned(struct parse *p, struct lex_line *line,
			  const char *key, long min, long max,
			  unsigned int *result)
{
	long value;

	if (parse_long(p, line, key, min, max, &value))
		*result = value;
}

static void take_tos(struct parse *p, struct lex_line *line,
		     const struct lex_token *at)
{
	struct conf_tos *tos = &p->conf->tos;
	const char *word = at->text;
	long value;

	if (!strcmp(word, "minclock"))
		take_unsigned(p, line, word, 1, 100, &tos->minclock);
	else if (!strcmp(word, "maxclock"))
		take_unsigned(p, line, word, 1, 100, &tos->maxclock);
	else if (!strcmp(word, "minsane"))
		take_unsigned(p, line, word, 1, 100, &tos->minsane);
	else if (!strcmp(word, "mindist"))
		parse_double(p, line, word, 0, 16, &tos->mindist_s);
	else if (!strcmp(word, "maxdist"))
		parse_double(p, line, word, 0.001, 16, &tos->maxdist_s);
	else if (!strcmp(word, "floor"))
		take_unsigned(p, line, word, 0, 15, &tos->floor);
	else if (!strcmp(word, "ceiling"))
		take_unsigned(p, line, word, 1, 16, &tos->ceiling);
	else if (!strcmp(word, "orphan") || !strcmp(word, "orphanwait")) {
		if (parse_long(p, line, word, 0, 86400, &value))
			tell_inert(p, at);
	} else if (!strcmp(word, "basedate") || !strcmp(word, "bcpollbstep") ||
		 !strcmp(word, "beacon") || !strcmp(word, "cohort")) {
		if (lex_take(line))
			tell_inert(p, at);
		else
			parse_error(p, &line->end, "give it one, or take it "
				    "out", "%s wants a value", word);
	} else
		parse_unknown(p, at, "option of tos", tos_options);
}

void tuning_tos(struct parse *p, struct lex_line *line)
{
	const struct lex_token *at;

	if (!lex_peek(line))
		parse_error(p, &line->end, "such as tos minsane 2",
			    "tos wants an option");
	while ((at = lex_take(line)))
		take_tos(p, line, at);
}

/* --- tinker ------------------------------------------------------------- */

static const char *const tinker_options[] = {
	"allan", "dispersion", "freq", "huffpuff", "panic", "step", "stepback",
	"stepfwd", "stepout", "tick", NULL,
};

static void take_tinker(struct parse *p, struct lex_line *line,
			const struct lex_token *at)
{
	struct conf_tinker *tinker = &p->conf->tinker;
	const char *word = at->text;
	double value;

	if (!strcmp(word, "step")) {
		if (parse_double(p, line, word, 0, 1e9, &tinker->step_s)) {
			tinker->stepback_s = tinker->step_s;
			tinker->stepfwd_s = tinker->step_s;
		}
	} else if (!strcmp(word, "stepback")) {
		parse_double(p, line, word, 0, 1e9, &tinker->stepback_s);
	} else if (!strcmp(word, "stepfwd")) {
		parse_double(p, line, word, 0, 1e9, &tinker->stepfwd_s);
	} else if (!strcmp(word, "panic")) {
		parse_double(p, line, word, 0, 1e12, &tinker->panic_s);
	} else if (!strcmp(word, "stepout")) {
		parse_double(p, line, word, 0, 1e6, &tinker->stepout_s);
	} else if (!strcmp(word, "allan") || !strcmp(word, "dispersion") ||
		   !strcmp(word, "freq") || !strcmp(word, "huffpuff") ||
		   !strcmp(word, "tick")) {
		if (parse_double(p, line, word, -1e9, 1e9, &value))
			tell_inert(p, at);
	} else {
		parse_unknown(p, at, "option of tinker", tinker_options);
	}
}

void tuning_tinker(struct parse *p, struct lex_line *line)
{
	const struct lex_token *at;

	if (!lex_peek(line))
		parse_error(p, &line->end, "such as tinker panic 0",
			    "tinker wants an option");
	while ((at = lex_take(line)))
		take_tinker(p, line, at);
}

/* --- enable, disable ---------------------------------------------------- */

static const char *const switches[] = {
	"auth", "bclient", "calibrate", "kernel", "mode7", "monitor", "ntp",
	"peer_clear_digest_early", "stats", "unpeer_crypto_early",
	"unpeer_crypto_nak_early", "unpeer_digest_early", NULL,
};

static void take_switches(struct parse *p, struct lex_line *line, bool on)
{
	const struct lex_token *at;

	if (!lex_peek(line))
		parse_error(p, &line->end, "such as disable ntp",
			    "%s wants to know what", line->token[0].text);
	while ((at = lex_take(line))) {
		size_t i = 0;

		if (lex_is(at, "ntp")) {
			p->conf->enabled.ntp = on;
			continue;
		}
		/* What they name is there: only to switch it off is news. */
		if (on && (lex_is(at, "kernel") || lex_is(at, "monitor")))
			continue;
		while (switches[i] && !lex_is(at, switches[i]))
			i++;
		if (switches[i])
			tell_inert(p, at);
		else
			parse_unknown(p, at, "switch", switches);
	}
}

void tuning_enable(struct parse *p, struct lex_line *line)
{
	take_switches(p, line, true);
}

void tuning_disable(struct parse *p, struct lex_line *line)
{
	take_switches(p, line, false);
}

/* --- files -------------------------------------------------------------- */

/* An empty name, or none where @may_lack, means no file. */
static void take_file(struct parse *p, struct lex_line *line, bool may_lack,
		      char **file)
{
	if (may_lack && !lex_peek(line)) {
		free(*file);
		*file = NULL;
		return;
	}
	if (parse_string(p, line, line->token[0].text, file) && !**file) {
		free(*file);
		*file = NULL;
	}
}

void tuning_driftfile(struct parse *p, struct lex_line *line)
{
	const struct lex_token *at;
	double unused;

	take_file(p, line, true, &p->conf->driftfile);
	at = lex_peek(line);
	if (at && parse_double(p, line, "driftfile", 0, 500, &unused))
		parse_warning(p, at, NULL, "the threshold of driftfile has no "
			      "effect in this version");
}

void tuning_logfile(struct parse *p, struct lex_line *line)
{
	take_file(p, line, false, &p->conf->logfile);
}

void tuning_pidfile(struct parse *p, struct lex_line *line)
{
	take_file(p, line, false, &p->conf->pidfile);
}

void tuning_leapfile(struct parse *p, struct lex_line *line)
{
	take_file(p, line, false, &p->conf->leapfile);
	if (lex_is(lex_peek(line), "checkhash") ||
	    lex_is(lex_peek(line), "ignorehash"))
		lex_take(line);
	if (p->conf->leapfile)
		parse_warning(p, &line->token[0], NULL,
			      "leapfile has no effect in this version; leap "
			      "seconds are learnt from the servers");
}
