/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef PARSE_H
#define PARSE_H

#include "daemon/conf/conf.h"
#include "daemon/conf/lex.h"

/* What the directives of this folder share while a file is read. */

/** struct parse - state of one conf_load() */
struct parse {
	struct conf *conf;
	conf_report_fn report;
	void *arg;
	const char *file;	/* the one being read */
	enum conf_grammar grammar;
	unsigned int line;
	unsigned int depth;	/* of includefile */
	unsigned int error_n;
	bool has_memory;	/* false: an allocation failed */
};

/**
 * typedef parse_directive_fn - reads the rest of a line
 * @line: behind the directive, which is token 0
 *
 * Reports what is wrong; the caller reports words that were not taken.
 */
typedef void (*parse_directive_fn)(struct parse *p, struct lex_line *line);

/**
 * parse_text() - read lines into p->conf
 * @name: the file, for messages; must live as long as p->conf
 */
void parse_text(struct parse *p, const char *text, size_t len,
		const char *name);

/**
 * parse_file() - read a file into p->conf
 * @path: the file; a name is kept
 * @is_included: not being there is a warning, and no error
 *
 * Return: 0 or the negative errno that it could not be read for, reported.
 */
int parse_file(struct parse *p, const char *path, bool is_included);

/**
 * parse_report() - report a problem in this line
 * @at: the word; NULL for the line as a whole
 * @remedy: what to do, or NULL
 */
void parse_report(struct parse *p, enum conf_severity severity,
		  const struct lex_token *at, const char *remedy,
		  const char *format, ...)
	__attribute__((format(printf, 5, 6)));

#define parse_error(p, at, remedy, ...) \
	parse_report(p, CONF_ERROR, at, remedy, __VA_ARGS__)
#define parse_warning(p, at, remedy, ...) \
	parse_report(p, CONF_WARNING, at, remedy, __VA_ARGS__)
#define parse_note(p, at, remedy, ...) \
	parse_report(p, CONF_NOTE, at, remedy, __VA_ARGS__)

/** parse_where() - this line, at this word */
struct conf_where parse_where(const struct parse *p,
			      const struct lex_token *at);

/**
 * parse_grow() - room for one more element
 * @array: NULL or what an earlier call returned
 * @n: number of elements, is increased
 * @size: of an element
 *
 * Return: the array, its new element zeroed; NULL without memory, where the
 * old one stays valid and p->has_memory becomes false.
 */
void *parse_grow(struct parse *p, void *array, size_t *n, size_t size);

/** parse_string() - a word of the line as a string of its own, @key wants it */
bool parse_string(struct parse *p, struct lex_line *line, const char *key,
		  char **result);

/**
 * parse_long() - take a whole number within bounds
 * @key: the word that wants it, for messages
 * Return: false where there is none; reported.
 */
bool parse_long(struct parse *p, struct lex_line *line, const char *key,
		long min, long max, long *result);

/** parse_double() - take a finite number within bounds, see parse_long() */
bool parse_double(struct parse *p, struct lex_line *line, const char *key,
		  double min, double max, double *result);

/**
 * parse_unknown() - report a word that fits none of a list, with the one that
 * was probably meant, else with all of a short list
 * @what: what the words of the list are, such as "option of server"
 * @words: NULL-terminated
 */
void parse_unknown(struct parse *p, const struct lex_token *at,
		   const char *what, const char *const *words);

/**
 * parse_choose() - take a word that is one of a list
 * @key: the word that wants it, for messages
 * @what: what the words of the list are, such as "type of filegen"
 * @words: NULL-terminated
 * Return: its place in the list; -1 where there is none, reported.
 */
int parse_choose(struct parse *p, struct lex_line *line, const char *key,
		 const char *what, const char *const *words);

/* The directives, by file. */
void source_server_line(struct parse *p, struct lex_line *line);
void source_pool(struct parse *p, struct lex_line *line);
void source_peer(struct parse *p, struct lex_line *line);
void source_broadcast(struct parse *p, struct lex_line *line);
void source_manycastclient(struct parse *p, struct lex_line *line);
void source_unpeer(struct parse *p, struct lex_line *line);
void driver_fudge(struct parse *p, struct lex_line *line);
void driver_refclock(struct parse *p, struct lex_line *line);
void access_restrict(struct parse *p, struct lex_line *line);
void access_unrestrict(struct parse *p, struct lex_line *line);
void access_interface(struct parse *p, struct lex_line *line);
void limit_discard(struct parse *p, struct lex_line *line);
void hwtimestamp_line(struct parse *p, struct lex_line *line);
void limit_mru(struct parse *p, struct lex_line *line);
void trust_keys(struct parse *p, struct lex_line *line);
void trust_keysdir(struct parse *p, struct lex_line *line);
void trust_trustedkey(struct parse *p, struct lex_line *line);
void trust_requestkey(struct parse *p, struct lex_line *line);
void trust_controlkey(struct parse *p, struct lex_line *line);
void group_broadcastclient(struct parse *p, struct lex_line *line);
void group_broadcastdelay(struct parse *p, struct lex_line *line);
void group_multicastclient(struct parse *p, struct lex_line *line);
void group_manycastserver(struct parse *p, struct lex_line *line);
void group_ttl(struct parse *p, struct lex_line *line);
void tuning_tos(struct parse *p, struct lex_line *line);
void tuning_tinker(struct parse *p, struct lex_line *line);
void tuning_enable(struct parse *p, struct lex_line *line);
void tuning_disable(struct parse *p, struct lex_line *line);
void tuning_dscp(struct parse *p, struct lex_line *line);
void tuning_setvar(struct parse *p, struct lex_line *line);
void record_driftfile(struct parse *p, struct lex_line *line);
void record_logfile(struct parse *p, struct lex_line *line);
void record_logconfig(struct parse *p, struct lex_line *line);
void record_pidfile(struct parse *p, struct lex_line *line);
void record_leapfile(struct parse *p, struct lex_line *line);
void record_signd(struct parse *p, struct lex_line *line);
void record_leapsmear(struct parse *p, struct lex_line *line);
void record_statsdir(struct parse *p, struct lex_line *line);
void record_statistics(struct parse *p, struct lex_line *line);
void record_filegen(struct parse *p, struct lex_line *line);
void parse_includefile(struct parse *p, struct lex_line *line);
void inert_any(struct parse *p, struct lex_line *line);
void inert_file(struct parse *p, struct lex_line *line);
void inert_number(struct parse *p, struct lex_line *line);

/* --- what source.c and driver.c share ----------------------------------- */

/* An association of which the line has said nothing yet. */
extern const struct conf_assoc source_default;

/** source_take_poll() - take a poll exponent; out of range it is moved, told */
void source_take_poll(struct parse *p, struct lex_line *line, const char *key,
		      s8 *poll);

/** source_check_polls() - give both polls of an association a value, in order */
void source_check_polls(struct parse *p, const struct lex_token *at,
			struct conf_assoc *assoc);

/** source_add() - add an association, unless an earlier line has it */
void source_add(struct parse *p, const struct lex_token *at,
		const struct conf_assoc *assoc);

/** driver_is_known() - is there a driver for t of 127.127.t.u? */
bool driver_is_known(u8 type);

#endif
