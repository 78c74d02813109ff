// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include "daemon/conf/lex.h"
#include "tests/lib/tap.h"

#define ROUNDS	20000

/* The words of a line as text: word@column, quotes shown as ". */
static const char *words(const char *text, size_t len)
{
	static char out[8192];
	struct lex_line line;
	const struct lex_token *t;
	size_t n = 0;

	lex_split(&line, text, len);
	out[0] = '\0';
	if (line.flaw)
		n = snprintf(out, sizeof(out), "flaw %d@%u ", line.flaw,
			     line.flaw_col);
	while ((t = lex_take(&line)))
		n += snprintf(out + n, sizeof(out) - n, "%s%s%s@%u ",
			      t->is_quoted ? "\"" : "", t->text,
			      t->is_quoted ? "\"" : "", t->col);
	snprintf(out + n, sizeof(out) - n, "end@%u", line.end.col);
	lex_free(&line);
	return out;
}

static void test_known(void)
{
	static const struct {
		const char *text, *want;
	} known[] = {
		{ "", "end@1" },
		{ "   \t ", "end@1" },
		{ "# all comment", "end@1" },
		{ "server a", "server@1 a@8 end@9" },
		{ "\tserver  a  # b", "server@2 a@10 end@11" },
		{ "server a\r", "server@1 a@8 end@9" },
		{ "server a#b", "server@1 a@8 end@9" },
		{ "keys \"a b#c\" x", "keys@1 \"a b#c\"@6 x@14 end@15" },
		{ "driftfile \"\"", "driftfile@1 \"\"@11 end@13" },
		{ "a\"b\"c", "a@1 \"b\"@2 c@5 end@6" },
		{ "(1...5)9", "(@1 1...5@2 )@7 9@8 end@9" },
		{ "logconfig=all", "logconfig@1 =@10 all@11 end@14" },
		{ "==", "=@1 =@2 end@3" },
		{ "\xe4\xb8\x8b\xe9\x9d\xa2" "2\xe8\xa1\x8c x",
		  "\xe4\xb8\x8b\xe9\x9d\xa2" "2\xe8\xa1\x8c@1 x@6 end@7" },
		{ "\xef\xbb\xbfserver", "server@1 end@7" },
		{ "key \"open", "flaw 3@5 key@1 end@4" },
		{ "a\vb", "flaw 2@2 end@1" },
		{ "a\rb", "flaw 2@2 end@1" },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		is_str(words(known[i].text, strlen(known[i].text)),
		       known[i].want, "line %zu", i + 1);
	is_str(words("a\0b", 3), "flaw 2@2 end@1", "a NUL is no end");
}

static void test_limits(void)
{
	static char longest[LEX_LINE_MAX + 1];
	struct lex_line line;

	memset(longest, 'x', sizeof(longest));
	lex_split(&line, longest, LEX_LINE_MAX);
	ok(!line.flaw && line.token_n == 1, "the longest line");
	lex_free(&line);
	lex_split(&line, longest, LEX_LINE_MAX + 1);
	is_int(line.flaw, LEX_TOO_LONG, "one octet more");
	lex_free(&line);
	memset(longest, '(', sizeof(longest));
	lex_split(&line, longest, LEX_LINE_MAX);
	is_int(line.token_n, LEX_LINE_MAX, "as many words as octets");
	lex_free(&line);
}

/*
 * Random octets: words hold no blank, no NUL and no comment, columns never
 * fall, and what is put together again with blanks between splits the same way.
 */
static void test_random(void)
{
	static const char some[] = "ab=()\"# \t-+.:/\xc3\xa4";
	unsigned int wrong = 0;

	for (int i = 0; i < ROUNDS; i++) {
		char text[65], again[256];
		size_t len = tap_below(64), n = 0;
		struct lex_line a, b;
		unsigned int col = 0;

		for (size_t j = 0; j < len; j++)
			text[j] = tap_below(8) ?
				  some[tap_below(sizeof(some) - 1)] :
				  (char)tap_random();
		lex_split(&a, text, len);
		for (size_t j = 0; j < a.token_n; j++) {
			struct lex_token *t = &a.token[j];

			/* Stray octets of UTF-8 count for nothing. */
			wrong += t->col < col;
			col = t->col;
			if (!t->is_quoted)
				wrong += !*t->text ||
					 strpbrk(t->text, " \t\"#") != NULL;
			n += snprintf(again + n, sizeof(again) - n, "%s%s%s ",
				      t->is_quoted ? "\"" : "", t->text,
				      t->is_quoted ? "\"" : "");
		}
		wrong += a.end.col < col;
		if (!a.flaw) {
			lex_split(&b, again, n);
			wrong += b.flaw || b.token_n != a.token_n;
			for (size_t j = 0; j < a.token_n && j < b.token_n; j++)
				wrong += strcmp(a.token[j].text,
						b.token[j].text) != 0;
			lex_free(&b);
		}
		lex_free(&a);
	}
	is_int(wrong, 0, "random lines");
}

int main(void)
{
	tap_start();
	test_known();
	test_limits();
	test_random();
	return tap_finish();
}
