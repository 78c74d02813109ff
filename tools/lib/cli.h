/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef CLI_H
#define CLI_H

#include <stdio.h>

/*
 * Words of a command line, in the manner of iproute2: any unique prefix of a
 * word stands for it. What goes wrong is told on stderr, in one line.
 */

/** struct cli_word - an entry of a table of words, the last one all zero */
struct cli_word {
	const char *name;
	const char *args;	/* what may follow, for the help; or NULL */
	const char *help;	/* one line */
	int value;		/* what the caller makes of it */
};

/**
 * cli_program() - set the name that messages begin with
 * @name: the program's, kept by reference
 */
void cli_program(const char *name);

/**
 * cli_error() - one line to stderr
 * @format: as of printf(), without a full stop or a new line
 */
__attribute__((format(printf, 1, 2)))
void cli_error(const char *format, ...);

/**
 * cli_find() - find a word in a table
 * @words: the table
 * @what: what the words are, such as "object", for the message
 * @text: the word or a prefix of it
 *
 * Return: the entry, or NULL after an error message that names the choices.
 */
const struct cli_word *cli_find(const struct cli_word *words, const char *what,
				const char *text);

/**
 * cli_usage() - print a table as help
 * @out: where to
 * @head: what stands before each word, such as "kntp dev"
 * @words: the table
 */
void cli_usage(FILE *out, const char *head, const struct cli_word *words);

/**
 * cli_number() - a number from text
 * @what: what it is, for the message
 * @text: decimal, or hexadecimal after 0x
 * @min: lowest value allowed
 * @max: highest value allowed
 * @value: result
 *
 * Return: 0, or -EINVAL after an error message that names the range.
 */
int cli_number(const char *what, const char *text, long long min,
	       long long max, long long *value);

/**
 * cli_close() - see that all output has arrived
 * @out: the stream
 *
 * Return: 0, or a negative errno after an error message.
 */
int cli_close(FILE *out);

#endif
