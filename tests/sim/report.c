// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include <glob.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tests/sim/plot.h"
#include "tests/sim/report.h"

void report_measure(struct report_run *run, const struct meter *meter,
		    double from, double to)
{
	run->rms = meter_get(meter, "rms", 0, from, to);
	run->max = meter_get(meter, "max", 0, from, to);
	run->settle = meter_get(meter, "settle", run->max * (1 + 1e-9), 0, to);
	run->cover = meter_get(meter, "cover", 0, from, to);
	run->pph = meter_get(meter, "pph", 0, from, to);
}

static bool is_one_of(const char *name, const char *list)
{
	const char *at = strstr(list, name);
	size_t len = strlen(name);

	return at && (at == list || at[-1] == ' ') &&
	       (at[len] == ' ' || !at[len]);
}

const char *report_value(const struct script_check *check, double value,
			 char *buf)
{
	if (isnan(value))
		return "not measured";
	if (isinf(value))
		return "never";
	if (is_one_of(check->metric, "rms max mean"))
		return plot_seconds(value, buf);
	if (is_one_of(check->metric, "cover dispcover sdcover sync"))
		snprintf(buf, 32, "%.3f %%", value * 100);
	else if (!strcmp(check->metric, "freq"))
		snprintf(buf, 32, "%.3g ppb", value * 1e9);
	else if (!strcmp(check->metric, "settle"))
		snprintf(buf, 32, "%g s", value);
	else
		snprintf(buf, 32, "%.4g", value);
	return buf;
}

/* The member at @at of all runs, its median. */
static double median_of(const struct report_run *run, size_t runs, size_t at)
{
	double value[SCRIPT_SEEDS];

	for (size_t i = 0; i < runs; i++)
		memcpy(&value[i], (const char *)&run[i] + at, sizeof(double));
	return script_median(value, runs);
}

#define MEDIAN(member)	median_of(run, runs, offsetof(struct report_run, member))

static void print_html(FILE *f, const char *text)
{
	for (; *text; text++) {
		if (*text == '<')
			fputs("&lt;", f);
		else if (*text == '>')
			fputs("&gt;", f);
		else if (*text == '&')
			fputs("&amp;", f);
		else
			fputc(*text, f);
	}
}

static size_t write_checks(FILE *f, const struct script *script, size_t runs)
{
	size_t good = 0;
	char buf[32];

	fprintf(f, "<h2 id='%s'>%s</h2>\n<p>", script->name, script->name);
	print_html(f, script->title);
	fprintf(f, "</p>\n<img src='%s.svg' alt='error of the clock'>\n"
		"<table>\n", script->name);
	for (size_t i = 0; i < script->check_n; i++) {
		const struct script_check *c = &script->check[i];
		double value;
		bool is_good = script_judge(c, runs, &value);

		good += is_good;
		fprintf(f, "<tr class='%s'><td>", is_good ? "ok" : "bad");
		print_html(f, c->line);
		fprintf(f, "</td><td>%s</td></tr>\n",
			report_value(c, value, buf));
	}
	fprintf(f, "</table>\n");
	return good;
}

bool report_row(const char *dir, const struct script *script,
		const struct report_run *run, size_t runs)
{
	char path[512], rms[32], max[32];
	size_t good;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s.part", dir, script->name);
	f = fopen(path, "we");
	if (!f)
		return false;
	good = write_checks(f, script, runs);
	if (fclose(f))
		return false;
	snprintf(path, sizeof(path), "%s/%s.row", dir, script->name);
	f = fopen(path, "we");
	if (!f)
		return false;
	fprintf(f, "%-16s %10s %10s %8.0f %9.3f %7.1f %9.0f %4zu/%zu\n",
		script->name, plot_seconds(MEDIAN(rms), rms),
		plot_seconds(MEDIAN(max), max), MEDIAN(settle),
		MEDIAN(cover) * 100, MEDIAN(pph), MEDIAN(speed), good,
		script->check_n);
	return !fclose(f);
}

/* Copies a file into another, and to standard output. */
static void append(FILE *to, const char *path, bool is_printed)
{
	FILE *f = fopen(path, "re");
	char line[1024];

	if (!f)
		return;
	while (fgets(line, sizeof(line), f)) {
		fputs(line, to);
		if (is_printed)
			fputs(line, stdout);
	}
	fclose(f);
}

static const char style[] =
	"<style>body{font-family:sans-serif;max-width:1220px;margin:1em auto}"
	"td{padding:0 1em 0 0;font-family:monospace}"
	".bad{color:#b00}.ok{color:#060}</style>\n";

int report_index(const char *dir)
{
	static const char head[] =
		"scenario                RMS        max settle/s cover/%  "
		"req./h   x faster  checks\n";
	char pattern[512], path[512];
	glob_t rows;
	FILE *f;

	snprintf(path, sizeof(path), "%s/index.html", dir);
	snprintf(pattern, sizeof(pattern), "%s/*.row", dir);
	f = fopen(path, "we");
	if (!f || glob(pattern, 0, NULL, &rows)) {
		fprintf(stderr, "sim: no results in %s\n", dir);
		if (f)
			fclose(f);
		return 1;
	}
	fprintf(f, "<!DOCTYPE html><meta charset='utf-8'>"
		"<title>kntpd in simulation</title>\n%s"
		"<h1>kntpd in simulation</h1>\n<pre>%s", style, head);
	fputs(head, stdout);
	for (size_t i = 0; i < rows.gl_pathc; i++)
		append(f, rows.gl_pathv[i], true);
	fprintf(f, "</pre>\n<p>Medians of all seeds; plots of the first one. "
		"Blue: the clock's error; grey: the root distance that was "
		"served.</p>\n");
	for (size_t i = 0; i < rows.gl_pathc; i++) {
		snprintf(path, sizeof(path), "%.*s.part",
			 (int)strlen(rows.gl_pathv[i]) - 4, rows.gl_pathv[i]);
		append(f, path, false);
	}
	globfree(&rows);
	fclose(f);
	printf("plots: %s/index.html\n", dir);
	return 0;
}
