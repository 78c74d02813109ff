// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "tools/lib/cli.h"

static const char *cli_name = "kntp";

void cli_program(const char *name)
{
	cli_name = name;
}

void cli_error(const char *format, ...)
{
	va_list args;

	fprintf(stderr, "%s: ", cli_name);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
}

/* "a, b, c": those of the words that start with text. */
static void cli_choices(const struct cli_word *words, const char *text,
			char *buf, size_t size)
{
	const struct cli_word *word;
	size_t len = 0;

	buf[0] = '\0';
	for (word = words; word->name; word++) {
		if (strncmp(word->name, text, strlen(text)) != 0)
			continue;
		if (len < size)
			len += (size_t)snprintf(buf + len, size - len, "%s%s",
						len ? ", " : "", word->name);
	}
}

const struct cli_word *cli_find(const struct cli_word *words, const char *what,
				const char *text)
{
	const struct cli_word *word, *found = NULL;
	char choices[256];
	int count = 0;

	for (word = words; word->name; word++) {
		if (!strcmp(word->name, text))
			return word;
		if (*text && !strncmp(word->name, text, strlen(text))) {
			found = word;
			count++;
		}
	}
	if (count == 1)
		return found;
	cli_choices(words, count ? text : "", choices, sizeof(choices));
	if (count)
		cli_error("%s '%s' is ambiguous: %s", what, text, choices);
	else
		cli_error("unknown %s '%s'; there are: %s", what, text, choices);
	return NULL;
}

void cli_usage(FILE *out, const char *head, const struct cli_word *words)
{
	const struct cli_word *word;

	for (word = words; word->name; word++)
		fprintf(out, "  %s %s%s%s\n        %s\n", head, word->name,
			word->args ? " " : "", word->args ? word->args : "",
			word->help);
}

int cli_number(const char *what, const char *text, long long min,
	       long long max, long long *value)
{
	long long number;
	char *end;

	errno = 0;
	number = strtoll(text, &end, !strncmp(text, "0x", 2) ? 16 : 10);
	if (errno || end == text || *end || number < min || number > max) {
		cli_error("%s '%s' is not a number from %lld to %lld", what,
			  text, min, max);
		return -EINVAL;
	}
	*value = number;
	return 0;
}

int cli_close(FILE *out)
{
	const bool was_lost = ferror(out);
	int err;

	errno = 0;
	if (fflush(out)) {
		err = errno ? -errno : -EIO;
		cli_error("cannot write the output: %s", strerror(-err));
		return err;
	}
	/* What failed before has no errno any more. */
	if (was_lost)
		cli_error("cannot write all of the output");
	return was_lost ? -EIO : 0;
}
