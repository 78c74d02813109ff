// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "daemon/conf/choice.h"
#include "daemon/conf/parse.h"
#include "tools/lib/addr.h"

/* Directives about where time comes from and is sent to. */

#define AT(member)	offsetof(struct conf_assoc, member)

#define NO_AUTOKEY	"it is a part of Autokey"

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
void source_take_poll(struct parse *p, struct lex_line *line, const char *key,
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

static void take_minpoll(struct parse *p, struct lex_line *line,
			 const struct lex_token *at, void *to)
{
	source_take_poll(p, line, at->text, to);
}

static void refuse_autokey(struct parse *p, struct lex_line *line,
			   const struct lex_token *at, void *to)
{
	(void)line;
	(void)to;
	parse_error(p, at, "Autokey is broken (its seeds have 32 bits); write "
		    "key ID instead, see keys in ntp.conf(5)",
		    "Autokey is not supported");
}

#define AUTOKEY { .name = "autokey", .kind = CHOICE_OWN, .take = refuse_autokey }
#define KEY	{ .name = "key", .kind = CHOICE_UINT, .offset = AT(key), \
		  .min = 1, .max = 65534 }
#define POLL(name_) { .name = #name_, .kind = CHOICE_OWN, \
		      .offset = AT(name_), .take = take_minpoll }
#define FLAG(name_, member) { .name = name_, .kind = CHOICE_SET, \
			      .offset = AT(member) }
#define TTL	{ .name = "ttl", .kind = CHOICE_U8, .offset = AT(ttl), \
		  .max = 255 }
#define VERSION	{ .name = "version", .kind = CHOICE_U8, \
		  .offset = AT(version), .min = 1, .max = 4 }

const struct choice source_server[] = {
	AUTOKEY,
	FLAG("burst", burst),
	FLAG("iburst", iburst),
	{ .name = "ident", .kind = CHOICE_WORD, .inert = NO_AUTOKEY },
	KEY,
	POLL(maxpoll),
	POLL(minpoll),
	{ .name = "mode", .kind = CHOICE_UINT, .offset = AT(mode),
	  .max = UINT32_MAX },
	FLAG("noselect", noselect),
	FLAG("preempt", preempt),
	FLAG("prefer", prefer),
	FLAG("true", is_true),
	TTL,
	VERSION,
	FLAG("xleave", xleave),
	{ .name = NULL },
};

const struct choice source_broadcast_choices[] = {
	AUTOKEY,
	{ .name = "ident", .kind = CHOICE_WORD, .inert = NO_AUTOKEY },
	KEY,
	POLL(maxpoll),
	POLL(minpoll),
	TTL,
	VERSION,
	FLAG("xleave", xleave),
	{ .name = NULL },
};

const struct choice source_manycast_choices[] = {
	AUTOKEY,
	FLAG("iburst", iburst),
	{ .name = "ident", .kind = CHOICE_WORD, .inert = NO_AUTOKEY },
	KEY,
	POLL(maxpoll),
	POLL(minpoll),
	FLAG("noselect", noselect),
	FLAG("preempt", preempt),
	FLAG("prefer", prefer),
	FLAG("true", is_true),
	TTL,
	VERSION,
	{ .name = NULL },
};

/* --- lines -------------------------------------------------------------- */

static void take_refclock(struct parse *p, const struct lex_token *at,
			  struct conf_assoc *assoc)
{
	assoc->kind = CONF_REFCLOCK;
	assoc->refclock_type = assoc->addr.b[14];
	assoc->refclock_unit = assoc->addr.b[15];
	if (!driver_is_known(assoc->refclock_type))
		parse_error(p, at, "remove the line, or name a server; there "
			    "are 127.127.1.x (local clock), 127.127.22.x (PPS), "
			    "127.127.28.x (shared memory) and 127.127.48.x "
			    "(clock of a NIC)",
			    "there is no driver for reference clock type %u",
			    assoc->refclock_type);
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

void source_add(struct parse *p, const struct lex_token *at,
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

void source_check_polls(struct parse *p, const struct lex_token *at,
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

const struct conf_assoc source_default = {
	.version = 4, .ttl = CONF_TTL_DEFAULT, .fudge_stratum = -1, .pin = -1,
	.minpoll = CONF_POLL_UNSET, .maxpoll = CONF_POLL_UNSET,
};

/* Options that ntpd takes anywhere, and that mean something in few places. */
static void check_place(struct parse *p, const struct lex_token *host,
			const struct conf_assoc *assoc)
{
	if (assoc->mode && assoc->kind != CONF_REFCLOCK)
		parse_warning(p, host, "it is for reference clocks",
			      "mode has no effect on this line");
	if (assoc->key && assoc->kind == CONF_REFCLOCK)
		parse_warning(p, host, "a reference clock sends no packets",
			      "key has no effect on this line");
	if (assoc->xleave && assoc->kind == CONF_REFCLOCK)
		parse_warning(p, host, "a reference clock sends no packets",
			      "xleave has no effect on this line");
	if (assoc->xleave && assoc->version != 4 &&
	    (assoc->kind == CONF_SERVER || assoc->kind == CONF_POOL))
		parse_warning(p, host, "write version 4, or leave it out",
			      "only packets of version 4 are interleaved");
}

static void check_host(struct parse *p, const struct lex_token *host,
		       struct conf_assoc *assoc)
{
	bool is_clock = is_refclock(&assoc->addr);

	if (assoc->kind == CONF_SERVER && is_clock)
		take_refclock(p, host, assoc);
	else if (assoc->kind == CONF_POOL)
		parse_error(p, host, "write server instead of pool",
			    "a pool is a name with many addresses");
	else if (is_clock)
		parse_error(p, host, "write server instead of peer",
			    "%s is a reference clock", assoc->name);
	else if (addr_is_loopback(&assoc->addr))
		parse_warning(p, host, "is it meant?", "%s is this host itself",
			      assoc->name);
}

static void finish_assoc(struct parse *p, struct lex_line *line,
			 const struct choice *table, const char *what,
			 struct conf_assoc *assoc)
{
	const struct lex_token *host = line->next ?
				       &line->token[line->next - 1] : NULL;
	const struct lex_token *at;
	unsigned int errors = p->error_n;

	/* One error hides no other: p->error_n may count some already. */
	while ((at = lex_take(line)))
		choice_take(p, line, at, table, what, assoc);
	if (p->error_n != errors)
		return;
	source_check_polls(p, host, assoc);
	check_place(p, host, assoc);
}

static void read_assoc(struct parse *p, struct lex_line *line,
		       enum conf_kind kind)
{
	struct conf_assoc assoc = source_default;
	unsigned int errors = p->error_n;
	const struct lex_token *host;
	bool is_usable;

	assoc.kind = kind;
	is_usable = take_host(p, line, &assoc);
	host = line->next ? &line->token[line->next - 1] : NULL;
	if (is_usable && assoc.has_addr)
		check_host(p, host, &assoc);
	finish_assoc(p, line, source_server, "option of server", &assoc);
	if (p->error_n == errors)
		source_add(p, host, &assoc);
}

void source_server_line(struct parse *p, struct lex_line *line)
{
	read_assoc(p, line, CONF_SERVER);
}

void source_pool(struct parse *p, struct lex_line *line)
{
	read_assoc(p, line, CONF_POOL);
}

void source_peer(struct parse *p, struct lex_line *line)
{
	read_assoc(p, line, CONF_PEER);
}

/* --- broadcast, manycastclient ------------------------------------------ */

static bool take_group(struct parse *p, struct lex_line *line,
		       struct conf_assoc *assoc)
{
	const struct lex_token *at = lex_take(line);
	bool has_family = lex_is(at, "-4") || lex_is(at, "-6");
	int family = AF_UNSPEC;

	if (has_family) {
		family = at->text[1] == '4' ? AF_INET : AF_INET6;
		at = lex_take(line);
	}
	if (!at || addr_parse(at->text, &assoc->addr, &assoc->scope) ||
	    strlen(at->text) >= sizeof(assoc->name)) {
		parse_error(p, at ? at : &line->end, "such as 192.168.0.255 "
			    "or 224.0.1.1", "%s wants an address",
			    line->token[0].text);
		return false;
	}
	assoc->where = parse_where(p, at);
	snprintf(assoc->name, sizeof(assoc->name), "%s", at->text);
	assoc->has_addr = true;
	assoc->family = addr_family(&assoc->addr);
	if (family != AF_UNSPEC && family != assoc->family)
		parse_error(p, at, "leave out -4 or -6",
			    "%s is no IPv%c address", at->text,
			    family == AF_INET ? '4' : '6');
	else if (addr_is_any(&assoc->addr) || addr_is_loopback(&assoc->addr))
		parse_error(p, at, "such as 192.168.0.255 or 224.0.1.1",
			    "%s reaches no other host", at->text);
	else if (assoc->kind == CONF_MANYCASTCLIENT &&
		 !addr_is_multicast(&assoc->addr))
		parse_error(p, at, "such as 239.255.254.254",
			    "%s is no multicast address", at->text);
	return true;
}

static void read_group(struct parse *p, struct lex_line *line,
		       enum conf_kind kind, const struct choice *table,
		       const char *what)
{
	struct conf_assoc assoc = source_default;
	unsigned int errors = p->error_n;
	const struct lex_token *host;

	assoc.kind = kind;
	take_group(p, line, &assoc);
	host = line->next ? &line->token[line->next - 1] : NULL;
	finish_assoc(p, line, table, what, &assoc);
	if (p->error_n != errors)
		return;
	if (!assoc.key && p->conf->enabled.auth && kind == CONF_BROADCAST)
		parse_note(p, host, "write key ID, and the key on both sides",
			   "clients follow an unsigned broadcast only with "
			   "disable auth");
	source_add(p, host, &assoc);
}

void source_broadcast(struct parse *p, struct lex_line *line)
{
	read_group(p, line, CONF_BROADCAST, source_broadcast_choices,
		   "option of broadcast");
}

void source_manycastclient(struct parse *p, struct lex_line *line)
{
	read_group(p, line, CONF_MANYCASTCLIENT, source_manycast_choices,
		   "option of manycastclient");
}

/* --- unpeer, unconfig --------------------------------------------------- */

void source_unpeer(struct parse *p, struct lex_line *line)
{
	struct conf *conf = p->conf;
	const struct lex_token *at = lex_take(line);
	size_t n = 0;

	if (!at) {
		parse_error(p, &line->end, "name what an earlier line names",
			    "%s wants a host", line->token[0].text);
		return;
	}
	if (lex_peek(line))
		return;
	for (size_t i = 0; i < conf->assoc_n; i++) {
		if (strcmp(conf->assoc[i].name, at->text))
			conf->assoc[n++] = conf->assoc[i];
	}
	if (n == conf->assoc_n)
		parse_warning(p, at, "remove the line", "no earlier line names "
			      "%.60s", at->text);
	conf->assoc_n = n;
}
