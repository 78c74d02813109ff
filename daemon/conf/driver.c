// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "daemon/conf/choice.h"
#include "daemon/conf/parse.h"
#include "tools/lib/addr.h"

/* Directives about reference clocks: fudge, and refclock as of ntpsec. */

#define AT(member)	offsetof(struct conf_assoc, member)

/* Names of ntpsec's line refclock. */
static const struct {
	const char *name;
	u8 type;
} drivers[] = {
	{ "local", CONF_REFCLOCK_LOCAL },
	{ "phc", CONF_REFCLOCK_PHC },
	{ "pps", CONF_REFCLOCK_PPS },
	{ "shm", CONF_REFCLOCK_SHM },
	{ "sock", CONF_REFCLOCK_SOCK },
};

#define DRIVER_N	(sizeof(drivers) / sizeof(drivers[0]))

bool driver_is_known(u8 type)
{
	for (size_t i = 0; i < DRIVER_N; i++) {
		if (drivers[i].type == type)
			return true;
	}
	return false;
}

static void take_refid(struct parse *p, struct lex_line *line,
		       const struct lex_token *key, void *to)
{
	const struct lex_token *at = lex_take(line);
	size_t len = at ? strlen(at->text) : 0;

	if (!at || !len || len > 4) {
		parse_error(p, at ? at : &line->end, "such as refid GPS",
			    "%s wants one to four characters", key->text);
		return;
	}
	for (size_t i = 0; i < len; i++) {
		if (at->text[i] & 0x80 || at->text[i] <= ' ') {
			parse_error(p, at, "use letters and digits",
				    "a refid is plain ASCII");
			return;
		}
	}
	snprintf((char *)to, 5, "%s", at->text);
}

#define FLAG(name_, i)	{ .name = name_, .kind = CHOICE_BOOL, \
			  .offset = AT(fudge_flag[i]), .max = 1 }
#define TIME(name_, member) { .name = name_, .kind = CHOICE_DOUBLE, \
			      .offset = AT(member), .min = -86400, \
			      .max = 86400 }
#define FACTORS								\
	FLAG("flag1", 0), FLAG("flag2", 1), FLAG("flag3", 2),		\
	FLAG("flag4", 3),						\
	{ .name = "refid", .kind = CHOICE_OWN,				\
	  .offset = AT(fudge_refid), .take = take_refid },		\
	{ .name = "stratum", .kind = CHOICE_S8,				\
	  .offset = AT(fudge_stratum), .max = 16 },			\
	TIME("time1", fudge_time1_s),					\
	TIME("time2", fudge_time2_s)

const struct choice driver_fudge_choices[] = {
	FACTORS,
	{ .name = NULL },
};

/* --- fudge -------------------------------------------------------------- */

static struct conf_assoc *find_clock(struct conf *conf,
				     const struct ntp_addr *addr)
{
	for (size_t i = 0; i < conf->assoc_n; i++) {
		struct conf_assoc *a = &conf->assoc[i];

		if (a->kind == CONF_REFCLOCK && addr_equal(&a->addr, addr))
			return a;
	}
	return NULL;
}

void driver_fudge(struct parse *p, struct lex_line *line)
{
	const struct lex_token *at = lex_take(line);
	unsigned int errors = p->error_n;
	struct conf_assoc *assoc, copy = { 0 };
	struct ntp_addr addr;

	if (!at || addr_parse(at->text, &addr, NULL) || !addr_is_v4(&addr) ||
	    addr.b[12] != 127 || addr.b[13] != 127) {
		parse_error(p, at ? at : &line->end, "such as fudge "
			    "127.127.1.0 stratum 10",
			    "fudge wants a reference clock, 127.127.t.u");
		return;
	}
	assoc = find_clock(p->conf, &addr);
	if (!assoc)
		parse_error(p, at, "put a line server 127.127.t.u before it, "
			    "or remove this one",
			    "there is no server %s to fudge", at->text);
	else
		copy = *assoc;
	if (!lex_peek(line))
		parse_error(p, &line->end, "such as stratum 10",
			    "fudge says nothing about the clock");
	choice_line(p, line, driver_fudge_choices, "factor of fudge", &copy,
		    NULL);
	if (assoc && p->error_n == errors)
		*assoc = copy;
}

/* --- refclock ----------------------------------------------------------- */

static void take_poll(struct parse *p, struct lex_line *line,
		      const struct lex_token *at, void *to)
{
	source_take_poll(p, line, at->text, to);
}

const struct choice driver_refclock_choices[] = {
	{ .name = "baud", .kind = CHOICE_WORD,
	  .inert = "no driver reads a serial line" },
	{ .name = "channel", .kind = CHOICE_UINT, .offset = AT(channel),
	  .max = 255 },
	{ .name = "extpps", .kind = CHOICE_SET, .offset = AT(extpps) },
	FACTORS,
	{ .name = "maxpoll", .kind = CHOICE_OWN, .offset = AT(maxpoll),
	  .take = take_poll },
	{ .name = "minpoll", .kind = CHOICE_OWN, .offset = AT(minpoll),
	  .take = take_poll },
	{ .name = "mode", .kind = CHOICE_UINT, .offset = AT(mode),
	  .max = UINT32_MAX },
	{ .name = "nocrossts", .kind = CHOICE_SET, .offset = AT(nocrossts) },
	{ .name = "noselect", .kind = CHOICE_SET, .offset = AT(noselect) },
	{ .name = "path", .kind = CHOICE_TEXT, .offset = AT(path),
	  .max = CONF_PATH_MAX },
	{ .name = "pin", .kind = CHOICE_INT, .offset = AT(pin), .max = 255 },
	{ .name = "ppspath", .kind = CHOICE_TEXT, .offset = AT(ppspath),
	  .max = CONF_PATH_MAX },
	{ .name = "prefer", .kind = CHOICE_SET, .offset = AT(prefer) },
	{ .name = "subtype", .kind = CHOICE_UINT, .offset = AT(mode),
	  .max = UINT32_MAX },
	{ .name = "tai", .kind = CHOICE_SET, .offset = AT(tai) },
	{ .name = "true", .kind = CHOICE_SET, .offset = AT(is_true) },
	{ .name = "unit", .kind = CHOICE_U8, .offset = AT(refclock_unit),
	  .max = 255 },
	{ .name = NULL },
};

static const char *const driver_names[] = { "local", "phc", "pps", "shm",
					    "sock", NULL };

/* A path may follow the driver, as chrony has it: refclock phc /dev/ptp1 */
static void take_path(struct parse *p, struct lex_line *line,
		      struct conf_assoc *assoc)
{
	const struct lex_token *at = lex_peek(line);
	size_t len = at ? strlen(at->text) : 0, digits = 0;

	if (!len || at->text[0] != '/')
		return;
	lex_take(line);
	if (len >= sizeof(assoc->path)) {
		parse_error(p, at, "give it a shorter one",
			    "a path takes %zu octets at the most",
			    sizeof(assoc->path) - 1);
		return;
	}
	snprintf(assoc->path, sizeof(assoc->path), "%s", at->text);
	while (digits < 3 && digits < len && at->text[len - digits - 1] >= '0' &&
	       at->text[len - digits - 1] <= '9')
		digits++;
	if (assoc->refclock_type == CONF_REFCLOCK_PHC)
		for (size_t i = len - digits; i < len; i++)
			assoc->refclock_unit = assoc->refclock_unit * 10 +
					       (at->text[i] - '0');
}

/* Sockets have names, no numbers: the first one that is free. */
static void choose_unit(const struct conf *conf, struct conf_assoc *assoc)
{
	for (size_t i = 0; i < conf->assoc_n; i++) {
		const struct conf_assoc *a = &conf->assoc[i];

		if (a->kind != CONF_REFCLOCK ||
		    a->refclock_type != assoc->refclock_type ||
		    a->refclock_unit != assoc->refclock_unit ||
		    !strcmp(a->path, assoc->path))
			continue;
		if (assoc->refclock_unit == 255)
			return;
		assoc->refclock_unit++;
		i = (size_t)-1;
	}
}

/* Options of one driver that another would silently leave out. */
static void check_driver(struct parse *p, const struct lex_token *name,
			 const struct conf_assoc *assoc)
{
	bool is_phc = assoc->refclock_type == CONF_REFCLOCK_PHC;

	if (!is_phc && (assoc->tai || assoc->extpps || assoc->nocrossts ||
			assoc->channel || assoc->pin >= 0))
		parse_error(p, name, "take them out", "tai, extpps, nocrossts, "
			    "channel and pin are options of refclock phc");
	else if (is_phc && !assoc->extpps &&
		 (assoc->channel || assoc->pin >= 0))
		parse_error(p, name, "add extpps to count the pulses",
			    "channel and pin say where pulses come in");
	else if (is_phc && assoc->extpps && assoc->tai)
		parse_error(p, name, "take out tai", "pulses mark seconds, "
			    "whether they are of TAI or of UTC");
	if (assoc->refclock_type == CONF_REFCLOCK_SOCK && !assoc->path[0])
		parse_error(p, name, "such as refclock sock "
			    "/run/ntpd/gps.sock",
			    "refclock sock wants the path of its socket");
}

void driver_refclock(struct parse *p, struct lex_line *line)
{
	const struct lex_token *name = lex_take(line);
	struct conf_assoc assoc = source_default;
	unsigned int errors = p->error_n;

	if (!name) {
		parse_error(p, &line->end, "such as refclock shm unit 0",
			    "refclock wants the name of a driver");
		return;
	}
	assoc.kind = CONF_REFCLOCK;
	assoc.family = AF_INET;
	assoc.has_addr = true;
	assoc.where = parse_where(p, name);
	for (size_t i = 0; i < DRIVER_N; i++) {
		if (lex_is(name, drivers[i].name))
			assoc.refclock_type = drivers[i].type;
	}
	if (!assoc.refclock_type)
		parse_unknown(p, name, "driver of reference clocks",
			      driver_names);
	take_path(p, line, &assoc);
	choice_line(p, line, driver_refclock_choices, "option of refclock",
		    &assoc, NULL);
	check_driver(p, name, &assoc);
	if (p->error_n != errors)
		return;
	if (assoc.refclock_type == CONF_REFCLOCK_SOCK)
		choose_unit(p->conf, &assoc);
	snprintf(assoc.name, sizeof(assoc.name), "127.127.%u.%u",
		 assoc.refclock_type, assoc.refclock_unit);
	addr_parse(assoc.name, &assoc.addr, NULL);
	source_check_polls(p, name, &assoc);
	if (p->error_n == errors)
		source_add(p, name, &assoc);
}
