// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include "daemon/conf/parse.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/conf/keyword.h"

/* A million rules fit. */
#define FILE_SIZE_MAX	(64 << 20)

/* Who has made that many has given the wrong file. */
#define ERRORS_MAX	20

/* Problems of one line that are told. */
#define KEPT_MAX	16

/* Copies text, cut between characters, control characters made visible. */
static void copy_clean(char *to, size_t size, const char *from)
{
	size_t n = 0;

	for (; *from && n + 1 < size; from++, n++) {
		unsigned char c = *from;

		to[n] = c < ' ' || c == 0x7f ? '?' : c;
	}
	if (*from) {
		while (n && ((unsigned char)*from & 0xc0) == 0x80) {
			n--;
			from--;
		}
	}
	to[n] = '\0';
}

struct conf_where parse_where(const struct parse *p, const struct lex_token *at)
{
	return (struct conf_where){ .file = p->file, .line = p->line,
				    .col = at ? at->col : 1 };
}

void parse_report(struct parse *p, enum conf_severity severity,
		  const struct lex_token *at, const char *remedy,
		  const char *format, ...)
{
	struct conf_problem problem = { .severity = severity };
	char text[sizeof(problem.text)];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	problem.where = parse_where(p, at);
	copy_clean(problem.word, sizeof(problem.word), at ? at->text : "");
	copy_clean(problem.text, sizeof(problem.text), text);
	copy_clean(problem.remedy, sizeof(problem.remedy),
		   remedy ? remedy : "");
	if (severity == CONF_ERROR)
		p->error_n++;
	if (p->report)
		p->report(&problem, p->arg);
}

void *parse_grow(struct parse *p, void *array, size_t *n, size_t size)
{
	char *more = array;

	/* Room doubles at each power of two: no array tells how much it has. */
	if (!(*n & (*n - 1)))
		more = reallocarray(array, *n ? 2 * *n : 1, size);
	if (!more) {
		p->has_memory = false;
		return NULL;
	}
	memset(more + *n * size, 0, size);
	++*n;
	return more;
}

/* The next word, or an error at the end of the line that @key wants one. */
static const struct lex_token *take_value(struct parse *p,
					  struct lex_line *line,
					  const char *key, const char *what)
{
	const struct lex_token *token = lex_take(line);
	char remedy[128];

	if (token)
		return token;
	snprintf(remedy, sizeof(remedy), "write %s %s", key, what);
	parse_error(p, &line->end, remedy, "the line ends where %s wants %s",
		    key, what);
	return NULL;
}

bool parse_string(struct parse *p, struct lex_line *line, const char *key,
		  char **result)
{
	const struct lex_token *token = take_value(p, line, key, "NAME");
	char *copy;

	if (!token)
		return false;
	copy = strdup(token->text);
	if (!copy) {
		p->has_memory = false;
		return false;
	}
	free(*result);
	*result = copy;
	return true;
}

bool parse_long(struct parse *p, struct lex_line *line, const char *key,
		long min, long max, long *result)
{
	const struct lex_token *token = take_value(p, line, key, "NUMBER");
	char remedy[128];
	char *end;
	long value;

	if (!token)
		return false;
	errno = 0;
	value = strtol(token->text, &end, 10);
	snprintf(remedy, sizeof(remedy), "give %s a whole number from %ld to "
		 "%ld", key, min, max);
	if (end == token->text || *end) {
		parse_error(p, token, remedy, "\"%s\" is no whole number",
			    token->text);
		return false;
	}
	if (errno || value < min || value > max) {
		parse_error(p, token, remedy, "%s %s is out of range", key,
			    token->text);
		return false;
	}
	*result = value;
	return true;
}

bool parse_double(struct parse *p, struct lex_line *line, const char *key,
		  double min, double max, double *result)
{
	const struct lex_token *token = take_value(p, line, key, "NUMBER");
	char remedy[128];
	double value;
	char *end;

	if (!token)
		return false;
	value = strtod(token->text, &end);
	snprintf(remedy, sizeof(remedy), "give %s a number from %g to %g", key,
		 min, max);
	if (end == token->text || *end || !isfinite(value)) {
		parse_error(p, token, remedy, "\"%s\" is no number",
			    token->text);
		return false;
	}
	if (value < min || value > max) {
		parse_error(p, token, remedy, "%s %s is out of range", key,
			    token->text);
		return false;
	}
	*result = value;
	return true;
}

/* "minpoll3": the value is glued to a word that is known. */
static const char *find_glued(const char *text, const char *const *words,
			      const char **value)
{
	size_t len = strcspn(text, "0123456789");

	*value = text + len;
	if (!len || !text[len])
		return NULL;
	for (; *words; words++) {
		if (strlen(*words) == len && !strncmp(*words, text, len))
			return *words;
	}
	return NULL;
}

/* "a, b or c"; false where that does not fit. */
static bool list_words(char *to, size_t size, const char *const *words)
{
	size_t len = 0;

	for (size_t i = 0; words[i]; i++) {
		len += snprintf(to + len, size - len, "%s%s",
				!i ? "" : words[i + 1] ? ", " : " or ",
				words[i]);
		if (len >= size)
			return false;
	}
	return len;
}

void parse_unknown(struct parse *p, const struct lex_token *at,
		   const char *what, const char *const *words)
{
	const char *near = keyword_nearest(at->text, words);
	char remedy[256], list[200];
	const char *value;
	const char *glued = find_glued(at->text, words, &value);

	if (glued)
		snprintf(remedy, sizeof(remedy), "did you mean \"%s %s\"?",
			 glued, value);
	else if (strchr(at->text, ';'))
		snprintf(remedy, sizeof(remedy),
			 "a line holds one directive, and ends without ;");
	else if (near && !strcasecmp(near, at->text))
		snprintf(remedy, sizeof(remedy),
			 "it is written in lower case: %s", near);
	else if (near)
		snprintf(remedy, sizeof(remedy), "did you mean \"%s\"?", near);
	else if (strchr("/-;!", at->text[0]))
		snprintf(remedy, sizeof(remedy), "comments start with #");
	else if (list_words(list, sizeof(list), words))
		snprintf(remedy, sizeof(remedy), "write %s", list);
	else
		snprintf(remedy, sizeof(remedy), "take it out; comments start "
			 "with #, and ntp.conf(5) lists what may stand here");
	parse_error(p, at, remedy, "\"%.60s\" is no %s", at->text, what);
}

int parse_choose(struct parse *p, struct lex_line *line, const char *key,
		 const char *what, const char *const *words)
{
	const struct lex_token *at = lex_take(line);
	char list[200], remedy[210];

	for (int i = 0; words[i]; i++)
		if (lex_is(at, words[i]))
			return i;
	if (at) {
		parse_unknown(p, at, what, words);
	} else {
		snprintf(remedy, sizeof(remedy), "write %s",
			 list_words(list, sizeof(list), words) ? list : what);
		parse_error(p, &line->end, remedy, "the line ends where %s wants "
			    "to know which", key);
	}
	return -1;
}

static void tell_inert(struct parse *p, const struct lex_token *at,
		       const struct keyword *keyword)
{
	char remedy[200];

	snprintf(remedy, sizeof(remedy), "%s", keyword->inert);
	parse_warning(p, at, remedy, "%s has no effect in this version",
		      keyword->name);
	p->conf->ignored_n++;
}

static void tell_flaw(struct parse *p, const struct lex_line *line)
{
	struct lex_token at = { .text = (char *)"", .col = line->flaw_col };

	switch (line->flaw) {
	case LEX_TOO_LONG:
		parse_error(p, &at, "break it into shorter ones",
			    "the line is longer than %d octets", LEX_LINE_MAX);
		break;
	case LEX_CONTROL:
		parse_error(p, &at, "take it out; is this a text file?",
			    "there is a control character in the line");
		break;
	case LEX_QUOTE:
		parse_error(p, &at, "close it on the same line",
			    "the quote is not closed");
		break;
	case LEX_NO_MEMORY:
		p->has_memory = false;
		break;
	case LEX_FINE:
		break;
	}
}

/* Reads a line; @line is behind its first word. */
static void parse_words(struct parse *p, struct lex_line *line,
			const struct keyword *keyword)
{
	unsigned int errors = p->error_n;

	keyword->parse(p, line);
	if (p->error_n != errors)
		return;
	if (lex_peek(line)) {
		parse_error(p, lex_peek(line), "take it out; comments start "
			    "with #", "\"%.60s\" is one word too many for %s",
			    lex_peek(line)->text, keyword->name);
		return;
	}
	if (keyword->inert)
		tell_inert(p, &line->token[0], keyword);
}

/* --- lines as ntpd takes them ------------------------------------------- */

/* Problems of one line, kept until it is known what becomes of it. */
struct kept {
	struct conf_problem problem[KEPT_MAX];
	size_t n;
	const struct conf_problem *error;	/* the first one */
};

static void keep(const struct conf_problem *problem, void *arg)
{
	struct kept *kept = arg;

	if (kept->n == KEPT_MAX)
		return;
	kept->problem[kept->n] = *problem;
	if (problem->severity == CONF_ERROR && !kept->error)
		kept->error = &kept->problem[kept->n];
	kept->n++;
}

static bool try_words(struct parse *p, struct lex_line *line,
		      const struct keyword *keyword, struct kept *kept)
{
	conf_report_fn report = p->report;
	void *arg = p->arg;
	unsigned int errors = p->error_n;

	kept->n = 0;
	kept->error = NULL;
	p->report = keep;
	p->arg = kept;
	line->next = 1;
	parse_words(p, line, keyword);
	p->report = report;
	p->arg = arg;
	p->error_n = errors;
	return !kept->error;
}

static size_t token_at(const struct lex_line *line, unsigned int col)
{
	size_t i = 1;

	while (i < line->token_n && line->token[i].col < col)
		i++;
	return i;
}

/*
 * The line counts up to the word that is wrong, and without the option that
 * wanted it: a line that has been refused has changed nothing yet.
 */
static void parse_tolerant(struct parse *p, struct lex_line *line,
			   const struct keyword *keyword)
{
	struct conf_problem first;
	struct kept kept;
	bool is_fine = try_words(p, line, keyword, &kept);

	if (!is_fine) {
		size_t n = token_at(line, kept.error->where.col);

		first = *kept.error;
		if (n >= line->token_n)
			n = line->token_n - 1;
		for (int i = 0; i < 3 && n && !is_fine; i++, n--) {
			line->token_n = n;
			line->end.col = line->token[n].col;
			is_fine = try_words(p, line, keyword, &kept);
		}
		first.severity = CONF_WARNING;
		snprintf(first.remedy, sizeof(first.remedy), "%s",
			 is_fine ? "as ntpd does, the rest of the line is left "
				   "out; mind what it loses" :
				   "as ntpd does, the line is left out");
		if (p->report)
			p->report(&first, p->arg);
	}
	for (size_t i = 0; is_fine && i < kept.n && p->report; i++)
		p->report(&kept.problem[i], p->arg);
}

static void parse_line(struct parse *p, struct lex_line *line)
{
	const struct lex_token *first = lex_take(line);
	const struct keyword *keyword;

	if (!first)
		return;
	keyword = keyword_find(first->text);
	if (!keyword && p->grammar == CONF_COMPAT)
		parse_warning(p, first, "as ntpd does, the line is left out",
			      "\"%.60s\" is no directive of ntp.conf",
			      first->text);
	else if (!keyword)
		parse_unknown(p, first, "directive of ntp.conf",
			      keyword_names());
	else if (p->grammar == CONF_COMPAT &&
		 keyword->parse != parse_includefile)
		parse_tolerant(p, line, keyword);
	else
		parse_words(p, line, keyword);
}

void parse_text(struct parse *p, const char *text, size_t len, const char *name)
{
	const char *outer_file = p->file;
	unsigned int outer_line = p->line;
	const char *end = text + len;

	p->file = name;
	p->line = 0;
	while (text < end && p->has_memory && p->error_n < ERRORS_MAX) {
		const char *newline = memchr(text, '\n', end - text);
		size_t n = (newline ? newline : end) - text;
		struct lex_line line;

		p->line++;
		lex_split(&line, text, n);
		if (line.flaw != LEX_FINE)
			tell_flaw(p, &line);
		else
			parse_line(p, &line);
		lex_free(&line);
		text += n + 1;
		if (p->error_n >= ERRORS_MAX && text < end)
			parse_note(p, NULL, "is it a configuration at all?",
				   "so many errors that the rest is not read");
	}
	p->file = outer_file;
	p->line = outer_line;
}

/* All of a file, which may be a pipe; or a negative errno. */
static int read_all(const char *path, char **text, size_t *len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	char *buf = NULL;
	size_t room = 0;
	ssize_t n = 0;
	int err = 0;

	*len = 0;
	if (fd < 0)
		return -errno;
	while (*len <= FILE_SIZE_MAX) {
		if (*len == room) {
			char *more = realloc(buf, room = room ? 2 * room : 4096);

			n = more ? 0 : -1;
			errno = ENOMEM;
			if (!more)
				break;
			buf = more;
		}
		n = read(fd, buf + *len, room - *len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		*len += n;
	}
	if (n < 0)
		err = -errno;
	else if (*len > FILE_SIZE_MAX)
		err = -EFBIG;
	close(fd);
	if (err) {
		free(buf);
		return err;
	}
	*text = buf;
	return 0;
}

static const char *read_remedy(int err)
{
	switch (err) {
	case -ENOENT:
		return "create it, or name another one with -c FILE";
	case -EACCES:
	case -EPERM:
		return "make it readable for the user that starts the daemon";
	case -EISDIR:
		return "name a file";
	case -EFBIG:
		return "it is larger than 64 MiB; is it a configuration?";
	default:
		return NULL;
	}
}

int parse_file(struct parse *p, const char *path, bool is_included)
{
	struct conf *conf = p->conf;
	char *text = NULL, *name;
	char **files;
	size_t len;
	int err;

	files = parse_grow(p, conf->file, &conf->file_n, sizeof(*files));
	if (!files)
		return -ENOMEM;
	conf->file = files;
	name = strdup(path);
	files[conf->file_n - 1] = name;
	if (!name) {
		p->has_memory = false;
		return -ENOMEM;
	}
	err = read_all(path, &text, &len);
	if (err) {
		bool is_missing = is_included && err == -ENOENT;

		if (!is_included)
			p->file = name;
		parse_report(p, is_missing ? CONF_WARNING : CONF_ERROR, NULL,
			     is_missing ? "it is gone without" :
			     read_remedy(err), "cannot read %s: %s",
			     is_included ? path : "the configuration",
			     strerror(-err));
		return err;
	}
	p->depth++;
	parse_text(p, text, len, name);
	p->depth--;
	free(text);
	return 0;
}

/* A relative name is sought where the including file lies. */
void parse_includefile(struct parse *p, struct lex_line *line)
{
	const struct lex_token *first = &line->token[0];
	const char *slash = strrchr(p->file, '/');
	char *name = NULL, *path = NULL;

	if (!parse_string(p, line, "includefile", &name))
		return;
	if (lex_peek(line)) {
		free(name);
		return;
	}
	if (p->depth > CONF_INCLUDE_MAX) {
		parse_error(p, first, "put the lines into one file",
			    "files include one another more than %d deep",
			    CONF_INCLUDE_MAX);
	} else if (*name != '/' && slash) {
		if (asprintf(&path, "%.*s/%s", (int)(slash - p->file), p->file,
			     name) < 0)
			p->has_memory = false;
		else
			parse_file(p, path, true);
	} else {
		parse_file(p, name, true);
	}
	free(path);
	free(name);
}
