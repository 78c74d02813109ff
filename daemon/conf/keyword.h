/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef KEYWORD_H
#define KEYWORD_H

#include <stdio.h>

#include "daemon/conf/choice.h"
#include "daemon/conf/parse.h"

/** struct keyword - a directive of ntp.conf */
struct keyword {
	const char *name;
	parse_directive_fn parse;
	const struct choice *choices;	/* its options, or NULL */
	const char *usage;	/* what follows the name */
	/* Why it has no effect in this version; NULL: it has one. */
	const char *inert;
};

/** keyword_find() - a directive by its name; NULL if there is none */
const struct keyword *keyword_find(const char *name);

/** keyword_at() - one directive after the other, from 0 on; NULL at the end */
const struct keyword *keyword_at(size_t i);

/**
 * keyword_list() - print what ntp.conf may hold, for people and completion
 *
 * A line for each directive, and one for each of its options behind a tab.
 */
void keyword_list(FILE *to);

/** keyword_names() - names of all directives, NULL-terminated */
const char *const *keyword_names(void);

/**
 * keyword_nearest() - the word that was probably meant
 * @word: as written
 * @words: NULL-terminated list of what may stand there
 *
 * Return: a word of @words that differs in case or by few letters (one in
 * three, and three at the most), or NULL.
 */
const char *keyword_nearest(const char *word, const char *const *words);

#endif
