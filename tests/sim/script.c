// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/sim/node.h"
#include "tests/sim/script.h"
#include "tests/sim/verb.h"
#include "tests/sim/world.h"

bool script_load(struct script *script, const char *path)
{
	const char *name = strrchr(path, '/');
	FILE *file = fopen(path, "re");
	char *line = NULL;
	size_t room = 0;

	memset(script, 0, sizeof(*script));
	if (!file) {
		fprintf(stderr, "sim: cannot read %s: %s\n", path,
			strerror(errno));
		return false;
	}
	snprintf(script->path, sizeof(script->path), "%s", path);
	snprintf(script->name, sizeof(script->name), "%s",
		 name ? name + 1 : path);
	script->name[strcspn(script->name, ".")] = '\0';
	while (getline(&line, &room, file) > 0) {
		script->line = reallocarray(script->line, script->line_n + 1,
					    sizeof(*script->line));
		if (!script->line)
			exit(1);
		line[strcspn(line, "\n")] = '\0';
		script->line[script->line_n++] = strdup(line);
	}
	free(line);
	fclose(file);
	return true;
}

void script_free(struct script *script)
{
	for (size_t i = 0; i < script->line_n; i++)
		free(script->line[i]);
	free(script->line);
}

/* --- lines that are about the run as a whole ------------------------------ */

static const char *set_start(const char *text)
{
	struct tm tm = { 0 };

	if (sscanf(text, "%d-%d-%dT%d:%d:%d", &tm.tm_year, &tm.tm_mon,
		   &tm.tm_mday, &tm.tm_hour, &tm.tm_min, &tm.tm_sec) != 6)
		return "a time such as 2026-03-01T00:00:00 is wanted";
	tm.tm_year -= 1900;
	tm.tm_mon--;
	world.epoch_ns = timegm(&tm) * LOOP_NS_PER_S;
	return NULL;
}

/* utc-leap AT insert|delete: what UTC itself does. */
static const char *set_leap(int n, char **word)
{
	if (n != 3 || !verb_number(word[1], &world.leap_at))
		return "say utc-leap TIME insert or delete";
	world.leap = !strcmp(word[2], "insert") ? -1 :
		     !strcmp(word[2], "delete") ? 1 : 0;
	return world.leap ? NULL : "it is insert or delete";
}

/* The rest of a line, after so many words. */
static const char *rest(const char *line, int skip)
{
	for (int i = 0; i < skip; i++) {
		line += strspn(line, " \t");
		line += strcspn(line, " \t");
	}
	return line + strspn(line, " \t");
}

static const char *set_at(const char *line, int n, char **word)
{
	double at;

	if (n < 3 || !verb_number(word[1], &at))
		return "say at TIME and what happens";
	verb_later(at, rest(line, 2), 1);
	return NULL;
}

/* pulse FROM LENGTH PERIOD add|more ...: undone after each time. */
static const char *set_pulse(const char *line, int n, char **word)
{
	double from, length, period;

	if (n < 6 || !verb_number(word[1], &from) ||
	    !verb_number(word[2], &length) || !verb_number(word[3], &period) ||
	    period <= 0 || (strcmp(word[4], "add") && strcmp(word[4], "more")))
		return "say pulse FROM LENGTH PERIOD add or more";
	if (world.length <= 0)
		return "say length first";
	for (double at = from; at < world.length; at += period) {
		verb_later(at, rest(line, 4), 1);
		verb_later(at + length, rest(line, 4), -1);
	}
	return NULL;
}

static bool parse_metric(struct script_check *c, const char *text)
{
	const char *arg = strchr(text, ':');
	size_t len = arg ? (size_t)(arg - text) : strlen(text);

	if (len >= sizeof(c->metric))
		return false;
	memcpy(c->metric, text, len);
	if (arg && !strcmp(c->metric, "settle"))
		return verb_number(arg + 1, &c->limit);
	if (arg && !strcmp(c->metric, "log"))
		snprintf(c->text, sizeof(c->text), "%s", arg + 1);
	return !arg || !strcmp(c->metric, "log");
}

/* median|each METRIC NODE FROM TO <|>|== BOUND */
static const char *add_check(struct script *script, const char *line, int n,
			     char **word)
{
	struct script_check *c = &script->check[script->check_n];

	if (script->check_n == SCRIPT_CHECKS)
		return "there are too many checks";
	memset(c, 0, sizeof(*c));
	snprintf(c->line, sizeof(c->line), "%s", line);
	c->is_each = !strcmp(word[0], "each");
	if (n != 7 || !parse_metric(c, word[1]) ||
	    !verb_number(word[3], &c->from) || !verb_number(word[4], &c->to) ||
	    !verb_number(word[6], &c->bound))
		return "say METRIC NODE FROM TO OPERATOR BOUND";
	if (!world_find_node(word[2]))
		return "there is no such node";
	snprintf(c->node, sizeof(c->node), "%s", word[2]);
	c->op = word[5][0] == '<' ? SCRIPT_BELOW :
		word[5][0] == '>' ? SCRIPT_ABOVE : SCRIPT_EQUAL;
	if (c->op == SCRIPT_EQUAL && strcmp(word[5], "=="))
		return "the operators are < > ==";
	script->check_n++;
	return NULL;
}

static const char *set_shown(struct script *script, int n, char **word)
{
	struct script_window *s = &script->shown;

	if (n != 4 || !world_find_node(word[1]) ||
	    !verb_number(word[2], &s->from) || !verb_number(word[3], &s->to))
		return "say show NODE FROM TO";
	snprintf(s->node, sizeof(s->node), "%s", word[1]);
	return NULL;
}

static const char *run_line(struct script *script, const char *line, int n,
			    char **word)
{
	if (!strcmp(word[0], "title")) {
		snprintf(script->title, sizeof(script->title), "%s",
			 n > 1 ? word[1] : "");
		return NULL;
	}
	if (!strcmp(word[0], "repeat")) {
		script->is_repeated = true;
		return NULL;
	}
	if (!strcmp(word[0], "length"))
		return n == 2 && verb_number(word[1], &world.length) ? NULL :
		       "a time is wanted";
	if (!strcmp(word[0], "begin"))
		return set_start(n > 1 ? word[1] : "");
	if (!strcmp(word[0], "utc-leap"))
		return set_leap(n, word);
	if (!strcmp(word[0], "at"))
		return set_at(line, n, word);
	if (!strcmp(word[0], "pulse"))
		return set_pulse(line, n, word);
	if (!strcmp(word[0], "median") || !strcmp(word[0], "each"))
		return add_check(script, line, n, word);
	if (!strcmp(word[0], "show"))
		return set_shown(script, n, word);
	return verb_run(n, word, 1);
}

void script_set_up(struct script *script)
{
	/* Figures of earlier runs stay. */
	static struct script_check old[SCRIPT_CHECKS];

	memcpy(old, script->check, sizeof(old));
	script->check_n = 0;
	for (size_t i = 0; i < script->line_n; i++) {
		char *word[VERB_WORDS], line[512];
		const char *wrong;
		int n;

		snprintf(line, sizeof(line), "%s", script->line[i]);
		n = verb_split(line, word);
		wrong = n ? run_line(script, script->line[i], n, word) : NULL;
		if (wrong) {
			fprintf(stderr, "sim: %s:%zu: %s: %s\n", script->path,
				i + 1, script->line[i], wrong);
			exit(1);
		}
	}
	for (size_t i = 0; i < script->check_n; i++)
		memcpy(script->check[i].value, old[i].value,
		       sizeof(old[i].value));
	if (!script->shown.node[0] || world.length <= 0) {
		fprintf(stderr, "sim: %s: lacks %s\n", script->path,
			world.length > 0 ? "show" : "length");
		exit(1);
	}
}

/* --- after a run ----------------------------------------------------------- */

void script_measure(struct script *script, size_t run)
{
	for (size_t i = 0; i < script->check_n; i++) {
		struct script_check *c = &script->check[i];
		const struct node *node = world_find_node(c->node);

		if (!strcmp(c->metric, "log"))
			c->value[run] = node_log_count(node, c->text, c->from,
						       c->to);
		else if (!strcmp(c->metric, "status"))
			c->value[run] = node->status;
		else
			c->value[run] = meter_get(&node->meter, c->metric,
						  c->limit, c->from, c->to);
	}
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double script_median(const double *value, size_t n)
{
	double sorted[SCRIPT_SEEDS];

	if (!n)
		return NAN;
	for (size_t i = 0; i < n; i++) {
		if (isnan(value[i]))
			return NAN;
		sorted[i] = value[i];
	}
	qsort(sorted, n, sizeof(*sorted), compare);
	if (n % 2 || isinf(sorted[n / 2]))
		return sorted[n / 2];
	return (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
}

static bool holds(const struct script_check *check, double value)
{
	switch (check->op) {
	case SCRIPT_BELOW:
		return value < check->bound;
	case SCRIPT_ABOVE:
		return value > check->bound;
	default:
		return value == check->bound;
	}
}

bool script_judge(const struct script_check *check, size_t runs, double *value)
{
	*value = script_median(check->value, runs);
	if (!check->is_each)
		return holds(check, *value);
	for (size_t i = 0; i < runs; i++) {
		if (!holds(check, check->value[i])) {
			*value = check->value[i];
			return false;
		}
	}
	return true;
}
