// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "daemon/conf/parse.h"
#include "tools/lib/addr.h"

/* Directives about where time comes from and is sent to. */

static const char *const server_options[] = {
	"autokey", "burst", "iburst", "ident", "key", "maxpoll", "minpoll",
	"mode", "noselect", "preempt", "prefer", "true", "ttl", "version",
	"xleave", NULL,
};

static const char *const broadcast_options[] = {
	"autokey", "key", "maxpoll", "minpoll", "ttl", "version", "xleave",
	NULL,
};

static const char *const fudge_factors[] = {
	"flag1", "flag2", "flag3", "flag4", "refid", "stratum", "time1",
	"time2", NULL,
};

static const char *word_of(const struct lex_token *token)
{
	return token->is_quoted ? "" : token->text;
}

/* --- server, pool ------------------------------------------------------- */

static bool looks_like_name(const char *text)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
		"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
	size_t len = strlen(text);

	return len && len < CONF_NAME_MAX && strspn(text, letters) == len &&
	       text[0] != '-' && text[0] != '.';
}

static bool looks_numeric(const char *text)
{
	return strchr(text, ':') || text[strspn(text, "0123456789.")] == '\0';
}

/* 127.127.t.u is no address, but a reference clock. */
static bool is_refclock(const struct ntp_addr *addr)
{
	return addr_is_v4(addr) && addr->b[12] == 127 && addr->b[13] == 127;
}

static bool check_addr(struct parse *p, const struct lex_token *at,
		       struct conf_assoc *assoc)
{
	if (addr_is_any(&assoc->addr)) {
		parse_error(p, at, "name the address of a server",
			    "%s stands for no host", at->text);
		return false;
	}
	if (addr_is_multicast(&assoc->addr)) {
		parse_error(p, at, "name the address of a server",
			    "%s is a multicast address", at->text);
		return false;
	}
	if (assoc->family != AF_UNSPEC &&
	    assoc->family != addr_family(&assoc->addr)) {
		parse_error(p, at, "leave out -4 or -6",
			    "%s is no IPv%c address", at->text,
			    assoc->family == AF_INET ? '4' : '6');
		return false;
	}
	assoc->family = addr_family(&assoc->addr);
	return true;
}

static bool take_host(struct parse *p, struct lex_line *line,
		      struct conf_assoc *assoc)
{
	const struct lex_token *at = lex_take(line);
	int err;

	if (lex_is(at, "-4") || lex_is(at, "-6")) {
		assoc->family = at->text[1] == '4' ? AF_INET : AF_INET6;
		at = lex_take(line);
	}
	if (!at) {
		parse_error(p, &line->end, "name a host or an address",
			    "the line ends where %s wants a host",
			    line->token[0].text);
		return false;
	}
	assoc->where = parse_where(p, at);
	err = addr_parse(at->text, &assoc->addr, &assoc->scope);
	if (err == -ENODEV) {
		parse_error(p, at, "name an interface of this host after %",
			    "%s: there is no such interface", at->text);
		return false;
	}
	if (err && (looks_numeric(at->text) || !looks_like_name(at->text))) {
		parse_error(p, at, "write a.b.c.d, an IPv6 address without "
			    "brackets, or a host name; the port is always 123",
			    "\"%.60s\" is neither an address nor a host name",
			    at->text);
		return false;
	}
	assoc->has_addr = !err;
	snprintf(assoc->name, sizeof(assoc->name), "%s", at->text);
	return err || check_addr(p, at, assoc);
}

/* As ntpd does, a poll exponent out of range is moved into it. */
static void take_poll(struct parse *p, struct lex_line *line, const char *key,
		      s8 *poll)
{
	const struct lex_token *at = lex_peek(line);
	long value;

	if (!parse_long(p, line, key, -128, 127, &value))
		return;
	if (value < CONF_POLL_MIN) {
		parse_warning(p, at, NULL, "%s %ld is taken as %d, 1/%d s", key,
			      value, CONF_POLL_MIN, 1 << -CONF_POLL_MIN);
		value = CONF_POLL_MIN;
	} else if (value > CONF_POLL_MAX) {
		parse_warning(p, at, NULL, "%s %ld is taken as %d, 36 hours",
			      key, value, CONF_POLL_MAX);
		value = CONF_POLL_MAX;
	}
	*poll = value;
}

static void refuse_auth(struct parse *p, struct lex_line *line,
			const struct lex_token *at)
{
	long key;

	if (lex_is(at, "autokey")) {
		parse_error(p, at, "Autokey is broken (its seeds have 32 "
			    "bits); take autokey out and accept a server that "
			    "is not authenticated, or remove the line",
			    "Autokey is not supported");
		return;
	}
	if (parse_long(p, line, "key", 1, 65534, &key))
		parse_error(p, at, "take it out and accept a server that is "
			    "not authenticated, or remove the line",
			    "this version cannot authenticate servers by key");
}

static void take_option(struct parse *p, struct lex_line *line,
			const struct lex_token *at, struct conf_assoc *assoc)
{
	const char *word = word_of(at);
	long value;

	if (!strcmp(word, "iburst"))
		assoc->iburst = true;
	else if (!strcmp(word, "burst"))
		assoc->burst = true;
	else if (!strcmp(word, "prefer"))
		assoc->prefer = true;
	else if (!strcmp(word, "noselect"))
		assoc->noselect = true;
	else if (!strcmp(word, "true"))
		assoc->is_true = true;
	else if (!strcmp(word, "minpoll"))
		take_poll(p, line, word, &assoc->minpoll);
	else if (!strcmp(word, "maxpoll"))
		take_poll(p, line, word, &assoc->maxpoll);
	else if (!strcmp(word, "version")) {
		if (parse_long(p, line, word, 1, 4, &value))
			assoc->version = value;
	} else if (!strcmp(word, "autokey") || !strcmp(word, "key"))
		refuse_auth(p, line, at);
	else if (!strcmp(word, "xleave") || !strcmp(word, "preempt"))
		parse_warning(p, at, NULL, "%s has no effect in this version",
			      word);
	else if (!strcmp(word, "ttl") || !strcmp(word, "mode") ||
		 !strcmp(word, "ident")) {
		if (!lex_take(line))
			parse_error(p, &line->end, "give it one, or take it "
				    "out", "%s wants a value", word);
		else
			parse_warning(p, at, NULL,
				      "%s has no effect in this version", word);
	} else
		parse_unknown(p, at, "option of server", server_options);
}

static bool take_refclock(struct parse *p, const struct lex_token *at,
			  struct conf_assoc *assoc)
{
	assoc->kind = CONF_REFCLOCK;
	assoc->refclock_type = assoc->addr.b[14];
	assoc->refclock_unit = assoc->addr.b[15];
	if (assoc->refclock_type == CONF_REFCLOCK_LOCAL)
		return true;
	parse_error(p, at, "remove the line, or name a server; this version "
		    "drives 127.127.1.x (local clock) alone",
		    "there is no driver for reference clock type %u",
		    assoc->refclock_type);
	return false;
}

static const struct conf_assoc *find_assoc(const struct conf *conf,
					   const struct conf_assoc *assoc)
{
	for (size_t i = 0; i < conf->assoc_n; i++) {
		const struct conf_assoc *a = &conf->assoc[i];

		if (a->has_addr == assoc->has_addr && a->kind == assoc->kind &&
		    (a->has_addr ? addr_equal(&a->addr, &assoc->addr) &&
				   a->scope == assoc->scope :
		     !strcmp(a->name, assoc->name) &&
		     a->family == assoc->family))
			return a;
	}
	return NULL;
}

static void add_assoc(struct parse *p, const struct lex_token *at,
		      const struct conf_assoc *assoc)
{
	struct conf *conf = p->conf;
	const struct conf_assoc *same = find_assoc(conf, assoc);
	struct conf_assoc *more;

	if (same) {
		parse_warning(p, at, "remove one of the lines",
			      "%s is named a second time, after line %u; this "
			      "line is left out", assoc->name,
			      same->where.line);
		return;
	}
	more = parse_grow(p, conf->assoc, &conf->assoc_n, sizeof(*more));
	if (!more)
		return;
	conf->assoc = more;
	more[conf->assoc_n - 1] = *assoc;
}

static void check_polls(struct parse *p, const struct lex_token *at,
			struct conf_assoc *assoc)
{
	/* One of the two given says where the other default has to move. */
	if (assoc->minpoll == CONF_POLL_UNSET &&
	    assoc->maxpoll == CONF_POLL_UNSET) {
		assoc->minpoll = CONF_MINPOLL_DEFAULT;
		assoc->maxpoll = CONF_MAXPOLL_DEFAULT;
	} else if (assoc->maxpoll == CONF_POLL_UNSET) {
		assoc->maxpoll = assoc->minpoll > CONF_MAXPOLL_DEFAULT ?
				 assoc->minpoll : CONF_MAXPOLL_DEFAULT;
	} else if (assoc->minpoll == CONF_POLL_UNSET) {
		assoc->minpoll = assoc->maxpoll < CONF_MINPOLL_DEFAULT ?
				 assoc->maxpoll : CONF_MINPOLL_DEFAULT;
	} else if (assoc->minpoll > assoc->maxpoll) {
		parse_error(p, at, "swap the values, or leave one out",
			    "minpoll %d is above maxpoll %d", assoc->minpoll,
			    assoc->maxpoll);
	}
}

static void read_assoc(struct parse *p, struct lex_line *line,
		       enum conf_kind kind)
{
	struct conf_assoc assoc = {
		.kind = kind, .version = 4,
		.minpoll = CONF_POLL_UNSET, .maxpoll = CONF_POLL_UNSET,
		.ttl = CONF_TTL_DEFAULT, .fudge_stratum = -1,
	};
	unsigned int errors = p->error_n;
	const struct lex_token *host, *at;
	bool is_usable;

	is_usable = take_host(p, line, &assoc);
	host = line->next ? &line->token[line->next - 1] : NULL;
	/* The other words are looked at even so: one error hides no other. */
	if (is_usable && assoc.has_addr && kind == CONF_SERVER &&
	    is_refclock(&assoc.addr))
		is_usable = take_refclock(p, host, &assoc);
	else if (is_usable && assoc.has_addr && addr_is_loopback(&assoc.addr))
		parse_warning(p, host, "is it meant?", "%s is this host itself",
			      assoc.name);
	if (is_usable && assoc.has_addr && kind == CONF_POOL)
		parse_error(p, host, "write server instead of pool",
			    "a pool is a name with many addresses");
	while ((at = lex_take(line)))
		take_option(p, line, at, &assoc);
	if (p->error_n == errors)
		check_polls(p, host, &assoc);
	if (p->error_n == errors)
		add_assoc(p, host, &assoc);
}

void source_server(struct parse *p, struct lex_line *line)
{
	read_assoc(p, line, CONF_SERVER);
}

void source_pool(struct parse *p, struct lex_line *line)
{
	read_assoc(p, line, CONF_POOL);
}

void source_peer(struct parse *p, struct lex_line *line)
{
	parse_error(p, &line->token[0], "write server instead, on both hosts "
		    "if each shall follow the other",
		    "symmetric associations are not there yet");
}

/* --- fudge -------------------------------------------------------------- */

static void take_refid(struct parse *p, struct lex_line *line,
		       struct conf_assoc *assoc)
{
	const struct lex_token *at = lex_take(line);
	size_t len = at ? strlen(at->text) : 0;

	if (!at || !len || len > 4) {
		parse_error(p, at ? at : &line->end, "such as refid GPS",
			    "refid wants one to four characters");
		return;
	}
	for (size_t i = 0; i < len; i++) {
		if (at->text[i] & 0x80 || at->text[i] <= ' ') {
			parse_error(p, at, "use letters and digits",
				    "a refid is plain ASCII");
			return;
		}
	}
	snprintf(assoc->fudge_refid, sizeof(assoc->fudge_refid), "%s",
		 at->text);
}

static void tell_inert(struct parse *p, const struct lex_token *at)
{
	parse_warning(p, at, NULL, "%s has no effect in this version",
		      at->text);
}

static void take_fudge(struct parse *p, struct lex_line *line,
		       const struct lex_token *at, struct conf_assoc *assoc)
{
	const char *word = word_of(at);
	double unused;
	long value;

	if (!strcmp(word, "stratum")) {
		if (parse_long(p, line, word, 0, 16, &value))
			assoc->fudge_stratum = value;
	} else if (!strcmp(word, "time1")) {
		parse_double(p, line, word, -86400, 86400,
			     &assoc->fudge_time1_s);
	} else if (!strcmp(word, "time2")) {
		if (parse_double(p, line, word, -86400, 86400, &unused))
			tell_inert(p, at);
	} else if (!strcmp(word, "refid")) {
		take_refid(p, line, assoc);
	} else if (!strncmp(word, "flag", 4) && word[4] >= '1' &&
		   word[4] <= '4' && !word[5]) {
		if (parse_long(p, line, word, 0, 1, &value))
			tell_inert(p, at);
	} else {
		parse_unknown(p, at, "factor of fudge", fudge_factors);
	}
}

void source_fudge(struct parse *p, struct lex_line *line)
{
	const struct lex_token *at = lex_take(line);
	struct conf_assoc *assoc = NULL, copy = { 0 };
	struct ntp_addr addr;

	if (!at || addr_parse(at->text, &addr, NULL) || !is_refclock(&addr)) {
		parse_error(p, at ? at : &line->end, "such as fudge "
			    "127.127.1.0 stratum 10",
			    "fudge wants a reference clock, 127.127.t.u");
		return;
	}
	for (size_t i = 0; i < p->conf->assoc_n; i++) {
		struct conf_assoc *a = &p->conf->assoc[i];

		if (a->kind == CONF_REFCLOCK && addr_equal(&a->addr, &addr))
			assoc = a;
	}
	if (!assoc)
		parse_error(p, at, "put a line server 127.127.t.u before it, "
			    "or remove this one",
			    "there is no server %s to fudge", at->text);
	else
		copy = *assoc;
	if (!lex_peek(line))
		parse_error(p, &line->end, "such as stratum 10",
			    "fudge says nothing about the clock");
	while ((at = lex_take(line)))
		take_fudge(p, line, at, &copy);
	if (assoc)
		*assoc = copy;
}

/* --- broadcast ---------------------------------------------------------- */

/* Without effect so far; read all the same, as a wrong line is refused. */
void source_broadcast(struct parse *p, struct lex_line *line)
{
	const struct lex_token *at = lex_take(line);
	struct conf_assoc unused;
	struct ntp_addr addr;
	long value;

	if (!at || addr_parse(at->text, &addr, &unused.scope))
		parse_error(p, at ? at : &line->end, "such as 192.168.0.255 "
			    "or 224.0.1.1", "%s wants an address",
			    line->token[0].text);
	while ((at = lex_take(line))) {
		const char *word = word_of(at);

		if (!strcmp(word, "minpoll"))
			take_poll(p, line, word, &unused.minpoll);
		else if (!strcmp(word, "maxpoll"))
			take_poll(p, line, word, &unused.maxpoll);
		else if (!strcmp(word, "version"))
			parse_long(p, line, word, 1, 4, &value);
		else if (!strcmp(word, "ttl"))
			parse_long(p, line, word, 0, 255, &value);
		else if (!strcmp(word, "key"))
			parse_long(p, line, word, 1, 65534, &value);
		else if (!strcmp(word, "autokey"))
			refuse_auth(p, line, at);
		else if (strcmp(word, "xleave"))
			parse_unknown(p, at, "option of broadcast",
				      broadcast_options);
	}
}
