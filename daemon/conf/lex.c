// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include "daemon/conf/lex.h"

#include <stdlib.h>
#include <string.h>

struct reader {
	const char *at;
	const char *end;
	unsigned int col;
	char *out;		/* next free octet of line->buf */
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool is_mark(char c)
{
	return c == '=' || c == '(' || c == ')';
}

static bool is_control(char c)
{
	return ((unsigned char)c < ' ' && c != '\t') || c == 0x7f;
}

/* Columns are for people, who count characters and not their octets. */
static void step(struct reader *r)
{
	r->at++;
	if (r->at == r->end || ((unsigned char)*r->at & 0xc0) != 0x80)
		r->col++;
}

static bool add_token(struct lex_line *line, char *text, unsigned int col,
		      bool is_quoted)
{
	/* Room doubles whenever the count is a power of two from 8 on. */
	if (!line->token || (line->token_n >= 8 &&
			     !(line->token_n & (line->token_n - 1)))) {
		size_t room = line->token ? 2 * line->token_n : 8;
		struct lex_token *more = reallocarray(line->token, room,
						      sizeof(*more));

		if (!more) {
			line->flaw = LEX_NO_MEMORY;
			return false;
		}
		line->token = more;
	}
	line->token[line->token_n++] = (struct lex_token){
		.text = text, .col = col, .is_quoted = is_quoted,
	};
	return true;
}

static bool read_quoted(struct lex_line *line, struct reader *r)
{
	unsigned int col = r->col;
	char *text = r->out;

	step(r);
	while (r->at < r->end && *r->at != '"') {
		*r->out++ = *r->at;
		step(r);
	}
	if (r->at == r->end) {
		line->flaw = LEX_QUOTE;
		line->flaw_col = col;
		return false;
	}
	step(r);
	*r->out++ = '\0';
	return add_token(line, text, col, true);
}

static bool read_word(struct lex_line *line, struct reader *r)
{
	unsigned int col = r->col;
	char *text = r->out;

	do {
		*r->out++ = *r->at;
		step(r);
	} while (!is_mark(*text) && r->at < r->end && !is_blank(*r->at) &&
		 !is_mark(*r->at) && *r->at != '"' && *r->at != '#');
	*r->out++ = '\0';
	return add_token(line, text, col, false);
}

static bool find_control(struct lex_line *line, struct reader r)
{
	for (; r.at < r.end; step(&r)) {
		if (is_control(*r.at)) {
			line->flaw = LEX_CONTROL;
			line->flaw_col = r.col;
			return true;
		}
	}
	return false;
}

void lex_split(struct lex_line *line, const char *text, size_t len)
{
	struct reader r = { .at = text, .end = text + len, .col = 1 };

	memset(line, 0, sizeof(*line));
	if (len >= 3 && !memcmp(text, "\xef\xbb\xbf", 3))
		r.at += 3;
	if (r.end > r.at && r.end[-1] == '\r')
		r.end--;
	line->end = (struct lex_token){ .text = (char *)"", .col = 1 };
	if (r.end - r.at > LEX_LINE_MAX) {
		line->flaw = LEX_TOO_LONG;
		line->flaw_col = LEX_LINE_MAX;
		return;
	}
	if (find_control(line, r))
		return;
	/* A mark or quote next to a word needs one more octet for its NUL. */
	line->buf = malloc(2 * len + 2);
	if (!line->buf) {
		line->flaw = LEX_NO_MEMORY;
		return;
	}
	r.out = line->buf;
	while (r.at < r.end && *r.at != '#') {
		if (is_blank(*r.at)) {
			step(&r);
			continue;
		}
		if (!(*r.at == '"' ? read_quoted(line, &r) :
				     read_word(line, &r)))
			return;
		line->end.col = r.col;
	}
}

void lex_free(struct lex_line *line)
{
	free(line->token);
	free(line->buf);
	line->token = NULL;
	line->buf = NULL;
	line->token_n = 0;
}

const struct lex_token *lex_take(struct lex_line *line)
{
	return line->next < line->token_n ? &line->token[line->next++] : NULL;
}

const struct lex_token *lex_peek(const struct lex_line *line)
{
	return line->next < line->token_n ? &line->token[line->next] : NULL;
}

bool lex_is(const struct lex_token *token, const char *word)
{
	return token && !token->is_quoted && !strcmp(token->text, word);
}
