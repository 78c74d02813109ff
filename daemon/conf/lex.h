/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef LEX_H
#define LEX_H

#include <stdbool.h>
#include <stddef.h>

/* Longest line, in octets. */
#define LEX_LINE_MAX	4096

/** struct lex_token - a word, or one of = ( ) */
struct lex_token {
	char *text;		/* NUL-terminated, quotes taken off */
	unsigned int col;	/* of its first character, from 1 */
	bool is_quoted;
};

/** enum lex_flaw - why a line cannot be taken apart */
enum lex_flaw {
	LEX_FINE,
	LEX_TOO_LONG,
	LEX_CONTROL,		/* a control character, NUL included */
	LEX_QUOTE,		/* no closing quote on the line */
	LEX_NO_MEMORY,
};

/**
 * struct lex_line - the words of one line
 *
 * Words are separated by blanks; # starts a comment outside of "quotes"; the
 * marks = ( ) stand for themselves. Columns count characters of UTF-8.
 */
struct lex_line {
	struct lex_token *token;
	size_t token_n;
	size_t next;			/* first one that was not taken */
	struct lex_token end;		/* empty word behind the last one */
	enum lex_flaw flaw;
	unsigned int flaw_col;
	char *buf;
};

/**
 * lex_split() - take a line apart
 * @line: result, for lex_free() also when it has a flaw
 * @text: @len octets without the newline; a carriage return at the end and a
 *	byte order mark at the start of the line are left out
 */
void lex_split(struct lex_line *line, const char *text, size_t len);

/** lex_free() - free what lex_split() allocated */
void lex_free(struct lex_line *line);

/** lex_take() - the next word, NULL behind the last one */
const struct lex_token *lex_take(struct lex_line *line);

/** lex_peek() - the next word, which stays the next; NULL behind the last */
const struct lex_token *lex_peek(const struct lex_line *line);

/** lex_is() - is it this word or mark, not quoted? @token may be NULL */
bool lex_is(const struct lex_token *token, const char *word);

#endif
