/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef TRYCONF_H
#define TRYCONF_H

/* For tests of ntp.conf: lines that are refused, or accepted, and why. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/conf/conf.h"
#include "tests/lib/tap.h"

/* What was reported, as lines, and how much of each severity. */
static char reported[16384];
static unsigned int report_n[3];

static enum conf_grammar grammar = CONF_STRICT;

static void note_problem(const struct conf_problem *problem, void *arg)
{
	size_t n = strlen(reported);
	char line[1024];

	(void)arg;
	report_n[problem->severity]++;
	snprintf(reported + n, sizeof(reported) - n, "%s\n",
		 conf_problem_print(problem, line, sizeof(line)));
}

static struct conf *parse(const char *text, int *err)
{
	struct conf *conf;

	reported[0] = '\0';
	memset(report_n, 0, sizeof(report_n));
	*err = conf_parse(text, strlen(text), "ntp.conf", grammar, &conf,
			  note_problem, NULL);
	if (conf)
		conf_check(conf, note_problem, NULL);
	return conf;
}

/* A configuration on one line, for the name of a test. */
static const char *shown(const char *text)
{
	static char line[61];

	snprintf(line, sizeof(line), "%s", text);
	for (char *p = line; *p; p++) {
		if ((unsigned char)*p < ' ' || *p == '#')
			*p = '|';
	}
	return line;
}

/* @say is in what was reported. */
__attribute__((unused))
static void refused(const char *text, const char *say)
{
	int err;
	struct conf *conf = parse(text, &err);

	if (!ok(err == -EINVAL && !conf && strstr(reported, say),
		"refused: %s", shown(text)))
		diag("%d: %s", err, reported);
	conf_free(conf);
}

/* For conf_free() by the caller; ends the tests if it is refused. */
__attribute__((unused))
static struct conf *accepted(const char *text, const char *say)
{
	int err;
	struct conf *conf = parse(text, &err);

	if (!ok(!err && conf && (!say || strstr(reported, say)),
		"accepted: %s", shown(text)))
		diag("%d: %s", err, reported);
	if (!conf)
		exit(1);
	return conf;
}

__attribute__((unused))
static void fine(const char *text, const char *say)
{
	conf_free(accepted(text, say));
}

#endif
