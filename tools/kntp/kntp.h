/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef KNTP_H
#define KNTP_H

#include <stdbool.h>
#include <jansson.h>

#include "tools/lib/addr.h"
#include "tools/lib/cli.h"
#include "tools/lib/knl.h"

/* The longest text of a network: address, slash, three digits and a NUL. */
#define KNTP_NETWORK_MAX	(INET6_ADDRSTRLEN + 4)

/* Exit codes, fixed: scripts rely on them. */
enum {
	KNTP_DONE	= 0,
	KNTP_REFUSED	= 1,	/* by the kernel, or not all could be done */
	KNTP_USAGE	= 2,
	KNTP_NO_MODULE	= 3,
};

/** struct kntp - one run of the program */
struct kntp {
	struct knl *knl;
	bool is_json;
	bool is_numeric;
};

/** struct kntp_words - words of the command line that are not used up */
struct kntp_words {
	int count;
	char **word;
};

/**
 * kntp_next() - use up a word
 * Return: it, or NULL where none is left.
 */
const char *kntp_next(struct kntp_words *words);

/**
 * kntp_value() - use up the word that must follow another one
 * @what: the word before, for the message
 *
 * Return: it, or NULL after an error message.
 */
const char *kntp_value(struct kntp_words *words, const char *what);

/**
 * kntp_end() - see that no word is left
 * Return: 0, or KNTP_USAGE after an error message.
 */
int kntp_end(const struct kntp_words *words);

/**
 * kntp_verb() - use up the verb of an object
 * @words: what follows the object
 * @object: its name
 * @verbs: its verbs, the first one being what an absent verb means; "help" is
 *	known by itself and its value is -1
 *
 * Return: the verb's value, -1 after the help was printed, or -2 after an
 * error message.
 */
int kntp_verb(struct kntp_words *words, const char *object,
	      const struct cli_word *verbs);

/**
 * kntp_no_verb() - exit code where kntp_verb() was negative
 * @verb: what it returned
 */
int kntp_no_verb(int verb);

/**
 * kntp_fail() - tell why a call of knl failed and what to do next
 * @err: negative errno that it returned
 * @what: what was being done, as in "cannot read the clock state"
 *
 * Return: the exit code.
 */
int kntp_fail(const struct kntp *kntp, int err, const char *what);

/**
 * kntp_print_json() - print a value and a new line
 * @root: the value; the reference is taken; NULL where memory ran out
 * @flags: of json_dumpf()
 *
 * Return: the exit code.
 */
int kntp_print_json(json_t *root, size_t flags);

/**
 * kntp_network() - a network from text
 * @text: address, with /length or not
 * @addr: result
 * @prefix: bits of @addr that count
 *
 * Return: 0, or KNTP_USAGE after an error message.
 */
int kntp_network(const char *text, struct ntp_addr *addr, u8 *prefix);

/* The objects: each takes the words after its name, returns the exit code. */
int clock_run(struct kntp *kntp, struct kntp_words *words);
int dev_run(struct kntp *kntp, struct kntp_words *words);
int stats_run(struct kntp *kntp, struct kntp_words *words);
int clients_run(struct kntp *kntp, struct kntp_words *words);
int restrict_run(struct kntp *kntp, struct kntp_words *words);
int keys_run(struct kntp *kntp, struct kntp_words *words);
int limits_run(struct kntp *kntp, struct kntp_words *words);
int monitor_run(struct kntp *kntp, struct kntp_words *words);

/**
 * clock_json() - a clock state as JSON
 * Return: a new reference, or NULL where memory ran out.
 */
json_t *clock_json(const struct knl_clock *clock);

/**
 * clock_refid_print() - a reference identifier for people
 * @clock: whose; its stratum says how to read it
 * @buf: result, 16 octets are enough: IPv4 address, up to four characters, or
 *	0x and eight digits
 *
 * Return: @buf.
 */
const char *clock_refid_print(const struct knl_clock *clock, char *buf,
			      size_t size);

/** limits_json() - limits as JSON, see clock_json() */
json_t *limits_json(const struct knl_server *server);

/** limits_print() - limits as words of a command, without a new line */
void limits_print(const struct knl_server *server);

/** dev_json() - a served device as JSON, see clock_json() */
json_t *dev_json(const struct knl_dev *dev);

#endif
