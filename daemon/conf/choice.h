/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef CHOICE_H
#define CHOICE_H

#include "daemon/conf/parse.h"

/* Options of directives as tables: what is read, listed and checked is one. */

/** enum choice_kind - what an option is, and what it sets */
enum choice_kind {
	CHOICE_SET,	/* bool: true by being there */
	CHOICE_CLEAR,	/* bool: false by being there */
	CHOICE_BOOL,	/* bool: 0 or 1 follows */
	CHOICE_U8,	/* u8 */
	CHOICE_S8,	/* s8 */
	CHOICE_UINT,	/* unsigned int */
	CHOICE_INT,	/* int */
	CHOICE_DOUBLE,	/* double */
	CHOICE_WORD,	/* any word follows, and is left out */
	CHOICE_TEXT,	/* a word follows, of less than .max octets */
	CHOICE_OWN,	/* .take reads it */
};

/** struct choice - an option; the last one of a table has no name */
struct choice {
	const char *name;
	enum choice_kind kind;
	size_t offset;		/* of what it sets */
	double min;
	double max;
	void (*take)(struct parse *p, struct lex_line *line,
		     const struct lex_token *at, void *to);
	const char *inert;	/* why it has no effect; NULL: it has one */
};

/**
 * choice_take() - read an option, a word that was taken already
 * @table: what may stand here
 * @what: what they are, such as "option of server"
 * @to: what their offsets count from
 *
 * Reports what is wrong.
 */
void choice_take(struct parse *p, struct lex_line *line,
		 const struct lex_token *at, const struct choice *table,
		 const char *what, void *to);

/**
 * choice_line() - read the rest of a line, see choice_take()
 * @example: what to write instead of nothing; NULL: nothing is fine
 */
void choice_line(struct parse *p, struct lex_line *line,
		 const struct choice *table, const char *what, void *to,
		 const char *example);

/** choice_tell_inert() - warn that a word has no effect, and why */
void choice_tell_inert(struct parse *p, const struct lex_token *at,
		       const char *why);

/* The tables, by file. */
extern const struct choice source_server[];
extern const struct choice source_broadcast_choices[];
extern const struct choice source_manycast_choices[];
extern const struct choice driver_fudge_choices[];
extern const struct choice driver_refclock_choices[];
extern const struct choice access_restrict_flags[];
extern const struct choice access_nic_words[];
extern const struct choice hwtimestamp_choices[];
extern const struct choice limit_discard_choices[];
extern const struct choice limit_mru_choices[];
extern const struct choice tuning_tos_choices[];
extern const struct choice tuning_tinker_choices[];
extern const struct choice tuning_switches[];
extern const struct choice record_filegen_choices[];

#endif
