// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */

/*
 * Any octets as ntp.conf. Beside what the sanitizers see: a configuration is
 * refused exactly if an error was reported, what is accepted is within its
 * bounds, and reading it twice gives the same associations.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/conf/conf.h"
#include "daemon/conf/summary.h"

struct tally {
	unsigned int errors;
	size_t octets;
};

static void must(int condition, const char *what)
{
	if (condition)
		return;
	fprintf(stderr, "does not hold: %s\n", what);
	abort();
}

static void report(const struct conf_problem *problem, void *arg)
{
	struct tally *tally = arg;
	char line[1024];

	tally->errors += problem->severity == CONF_ERROR;
	conf_problem_print(problem, line, sizeof(line));
	for (const char *p = line; *p; p++)
		must((unsigned char)*p >= ' ', "a message is one line");
	tally->octets += strlen(line);
}

static void check_assoc(const struct conf_assoc *a)
{
	must(a->minpoll >= CONF_POLL_MIN && a->maxpoll <= CONF_POLL_MAX &&
	     a->minpoll <= a->maxpoll, "polls are in order");
	must(a->version >= 1 && a->version <= 4, "version");
	must(a->fudge_stratum >= -1 && a->fudge_stratum <= 16, "stratum");
	must(a->name[0] && memchr(a->name, 0, sizeof(a->name)), "name");
	must(a->where.line && a->where.col, "place");
	must(a->kind != CONF_REFCLOCK || a->has_addr, "reference clock");
	must(a->key <= 65534, "key");
	must((a->kind != CONF_BROADCAST && a->kind != CONF_MANYCASTCLIENT) ||
	     a->has_addr, "a group is an address");
	must(memchr(a->path, 0, sizeof(a->path)) &&
	     memchr(a->fudge_refid, 0, sizeof(a->fudge_refid)), "strings end");
}

static void check_rest(const struct conf *c)
{
	const struct ntp_rate_limits *rate = &c->limits.rate;

	for (size_t i = 0; i < c->nic_n; i++)
		must(c->nic[i].prefix <= 128, "prefix");
	for (size_t i = 0; i < c->restrict_n; i++) {
		must(c->restricts[i].prefix <= 128, "prefix");
		must(c->restricts[i].flags < 1U << NTP_ACL_BIT_COUNT, "flags");
	}
	for (size_t i = 0; i < c->keys.trusted_n; i++)
		must(c->keys.trusted[i].first >= 1 &&
		     c->keys.trusted[i].first <= c->keys.trusted[i].last &&
		     c->keys.trusted[i].last <= 65534, "range of keys");
	must(rate->average_log2 <= 17 && rate->prefix6 <= 128, "limits");
	must(c->modes.ttl_n >= 1 && c->modes.ttl_n <= CONF_TTL_MAX, "ttl");
	for (size_t i = 1; i < c->modes.ttl_n; i++)
		must(c->modes.ttl[i] > c->modes.ttl[i - 1], "ttl rises");
	must(c->files.log_mask <= CONF_LOG_ALL, "classes of messages");
	must(c->dscp >= -1 && c->dscp <= 63, "dscp");
}

/* Other files are not what is tried here, and could be any of the machine. */
static int includes_files(const char *text, size_t len)
{
	return memmem(text, len, "includefile", 11) != NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *buf, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *buf, size_t len)
{
	static FILE *null;
	enum conf_grammar grammar = CONF_STRICT;
	struct tally first = { 0 }, second = { 0 };
	struct conf *a, *b;
	int err;

	if (!null)
		null = fopen("/dev/null", "w");
	if (includes_files((const char *)buf, len))
		return 0;
	/* What follows a mark is read as ntpd would. */
	if (len && *buf == '!') {
		grammar = CONF_COMPAT;
		buf++;
		len--;
	}
	err = conf_parse((const char *)buf, len, "fuzz", grammar, &a, report,
			 &first);
	must(!err == !!a, "a result without an error, and only then");
	must(!err || err == -EINVAL, "the only error is a wrong line");
	must(!err == !first.errors, "what is refused is reported");
	must(conf_parse((const char *)buf, len, "fuzz", grammar, &b, report,
			&second) == err && first.octets == second.octets,
	     "twice the same");
	if (!err) {
		must(a->assoc_n == b->assoc_n, "as many associations");
		for (size_t i = 0; i < a->assoc_n; i++) {
			check_assoc(&a->assoc[i]);
			must(conf_assoc_equal(&a->assoc[i], &b->assoc[i]),
			     "equal associations");
		}
		check_rest(a);
		must(a->restrict_n == b->restrict_n &&
		     a->keys.trusted_n == b->keys.trusted_n, "as many rules");
		summary_print(a, null);
	}
	conf_free(a);
	conf_free(b);
	return 0;
}
