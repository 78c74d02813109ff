// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/conf/choice.h"
#include "daemon/conf/parse.h"

/* Directives about what the daemon reads and writes. */

/* --- names -------------------------------------------------------------- */

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

void record_driftfile(struct parse *p, struct lex_line *line)
{
	take_file(p, line, true, &p->conf->driftfile);
	if (lex_peek(line))
		parse_double(p, line, "driftfile", 0, 500,
			     &p->conf->files.drift_threshold);
}

void record_logfile(struct parse *p, struct lex_line *line)
{
	take_file(p, line, false, &p->conf->logfile);
}

void record_pidfile(struct parse *p, struct lex_line *line)
{
	take_file(p, line, false, &p->conf->pidfile);
}

void record_leapfile(struct parse *p, struct lex_line *line)
{
	const struct lex_token *at;

	take_file(p, line, false, &p->conf->leapfile);
	at = lex_peek(line);
	if (lex_is(at, "checkhash") || lex_is(at, "ignorehash"))
		p->conf->files.is_leap_unchecked =
			lex_is(lex_take(line), "ignorehash");
}

void record_leapsmear(struct parse *p, struct lex_line *line)
{
	long value;

	if (parse_long(p, line, "leapsmearinterval", 0, 86400, &value))
		p->conf->files.leapsmear_s = value;
}

void record_signd(struct parse *p, struct lex_line *line)
{
	take_file(p, line, false, &p->conf->files.signd);
}

void record_statsdir(struct parse *p, struct lex_line *line)
{
	take_file(p, line, false, &p->conf->files.statsdir);
}

/* --- statistics, filegen ------------------------------------------------ */

static const char *const *kind_names(void)
{
	static const char *names[CONF_STATS_COUNT + 1];

	for (int i = 0; i < CONF_STATS_COUNT; i++)
		names[i] = conf_stats_name(i);
	return names;
}

static struct conf_filegen *take_kind(struct parse *p,
				      const struct lex_token *at)
{
	for (int i = 0; i < CONF_STATS_COUNT; i++) {
		if (lex_is(at, conf_stats_name(i)))
			return &p->conf->files.filegen[i];
	}
	parse_unknown(p, at, "kind of statistics", kind_names());
	return NULL;
}

void record_statistics(struct parse *p, struct lex_line *line)
{
	struct conf_filegen *on[CONF_STATS_COUNT * 4];
	unsigned int errors = p->error_n;
	const struct lex_token *at;
	size_t n = 0;

	if (!lex_peek(line))
		parse_error(p, &line->end, "such as statistics loopstats",
			    "statistics wants to know which");
	while ((at = lex_take(line)) && n < sizeof(on) / sizeof(on[0]))
		on[n++] = take_kind(p, at);
	if (at)
		parse_error(p, at, "name each kind once",
			    "that are more kinds than there are");
	if (p->error_n != errors)
		return;
	while (n-- > 0)
		on[n]->is_enabled = true;
}

static void take_path(struct parse *p, struct lex_line *line,
		      const struct lex_token *key, void *to)
{
	const struct lex_token *at = lex_peek(line);
	char **file = to;

	if (!parse_string(p, line, key->text, file))
		return;
	if (strstr(at->text, "..") || !*at->text)
		parse_error(p, at, "name a file below statsdir",
			    "\"%.60s\" is no name of a file of statistics",
			    at->text);
}

static void take_type(struct parse *p, struct lex_line *line,
		      const struct lex_token *key, void *to)
{
	static const char *const types[] = { "none", "pid", "day", "week",
					     "month", "year", "age", NULL };
	int i = parse_choose(p, line, key->text, "type of filegen", types);

	if (i >= 0)
		*(enum conf_filegen_type *)to = CONF_FILEGEN_NONE + i;
}

#define AT(member)	offsetof(struct conf_filegen, member)

const struct choice record_filegen_choices[] = {
	{ .name = "disable", .kind = CHOICE_CLEAR, .offset = AT(is_enabled) },
	{ .name = "enable", .kind = CHOICE_SET, .offset = AT(is_enabled) },
	{ .name = "file", .kind = CHOICE_OWN, .offset = AT(file),
	  .take = take_path },
	{ .name = "link", .kind = CHOICE_SET, .offset = AT(has_link) },
	{ .name = "nolink", .kind = CHOICE_CLEAR, .offset = AT(has_link) },
	{ .name = "type", .kind = CHOICE_OWN, .offset = AT(type),
	  .take = take_type },
	{ .name = NULL },
};

void record_filegen(struct parse *p, struct lex_line *line)
{
	const struct lex_token *at = lex_take(line);
	unsigned int errors = p->error_n;
	struct conf_filegen *filegen, copy;

	if (!at) {
		parse_error(p, &line->end, "such as filegen loopstats type day",
			    "filegen wants to know which");
		return;
	}
	filegen = take_kind(p, at);
	if (!filegen)
		return;
	copy = *filegen;
	copy.file = NULL;
	/* As with ntpd: what has a file is written, unless the line says no. */
	copy.is_enabled = true;
	choice_line(p, line, record_filegen_choices, "option of filegen", &copy,
		    NULL);
	if (p->error_n != errors || !p->has_memory) {
		free(copy.file);
		return;
	}
	if (copy.file)
		free(filegen->file);
	else
		copy.file = filegen->file;
	*filegen = copy;
}

/* --- logconfig ---------------------------------------------------------- */

/* Length of the name that @text begins with; *i is its place in the list. */
static size_t match(const char *text, const char *const *names, size_t *i)
{
	for (*i = 0; names[*i]; ++*i) {
		size_t len = strlen(names[*i]);

		if (!strncmp(text, names[*i], len))
			return len;
	}
	return 0;
}

/* A class, a type, or both: all, sync, syncall, allstatus; 0: neither. */
static u32 read_mask(const char *text)
{
	static const char *const classes[] = { "sys", "peer", "clock", "sync",
					       "all", NULL };
	static const char *const types[] = { "info", "events", "status",
					     "statistics", "all", NULL };
	size_t c, t;
	size_t len = match(text, classes, &c);
	u32 mask = 0;

	if (!classes[c])
		c = CONF_LOG_CLASS_COUNT;
	text += len;
	if (!*text)
		t = CONF_LOG_TYPE_COUNT;
	else if (text[match(text, types, &t)])
		return 0;
	if (!len && !*text)
		return 0;
	for (unsigned int i = 0; i < CONF_LOG_CLASS_COUNT; i++) {
		for (unsigned int j = 0; j < CONF_LOG_TYPE_COUNT; j++) {
			if ((c == CONF_LOG_CLASS_COUNT || c == i) &&
			    (t == CONF_LOG_TYPE_COUNT || t == j))
				mask |= CONF_LOG_BIT(i, j);
		}
	}
	return mask;
}

static void take_class(struct parse *p, const struct lex_token *at, char sign,
		       u32 *mask)
{
	static const char *const words[] = {
		"all", "allall", "clock", "clockall", "events", "info", "peer",
		"peerall", "statistics", "status", "sync", "syncall", "sys",
		"sysall", NULL,
	};
	u32 bits = read_mask(at->text);

	if (!bits)
		parse_unknown(p, at, "class of log messages", words);
	else if (sign == '+')
		*mask |= bits;
	else if (sign == '-')
		*mask &= ~bits;
	else
		*mask = bits;
}

void record_logconfig(struct parse *p, struct lex_line *line)
{
	u32 mask = p->conf->files.log_mask;
	unsigned int errors = p->error_n;
	const struct lex_token *at;
	bool is_bare = false;

	if (!lex_peek(line))
		parse_error(p, &line->end, "such as logconfig =allall",
			    "logconfig wants to know what to log");
	while ((at = lex_take(line))) {
		struct lex_token bare = *at;
		char sign = *bare.text;

		if (lex_is(at, "=") && lex_peek(line)) {
			take_class(p, lex_take(line), '=', &mask);
			continue;
		}
		if (sign == '+' || sign == '-') {
			bare.text++;
			bare.col++;
		} else {
			/* The first one sets, the others are meant, too. */
			sign = is_bare ? '+' : '=';
			is_bare = true;
		}
		take_class(p, &bare, sign, &mask);
	}
	if (p->error_n != errors)
		return;
	p->conf->files.log_mask = mask;
	if (is_bare)
		parse_note(p, &line->token[1], "= sets classes, + adds and - "
			   "takes them away, such as =allall",
			   "without = it is taken as =%s%s",
			   mask == CONF_LOG_ALL ? "allall" : line->token[1].text,
			   mask == CONF_LOG_ALL ? ", everything" : "");
}
