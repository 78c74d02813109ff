// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "daemon/conf/choice.h"
#include "daemon/conf/parse.h"
#include "tools/lib/addr.h"

/* Directives about who is answered, and where. */

#define ARRAY_N(a)	(sizeof(a) / sizeof((a)[0]))

/* --- restrict ----------------------------------------------------------- */

static const struct {
	const char *name;
	u32 flag;
} flags[] = {
#define ROW(NAME, name)	{ #name, NTP_ACL_##NAME },
	NTP_ACL_FLAGS(ROW)
#undef ROW
};

static const char *const *flag_names(void)
{
	static const char *names[ARRAY_N(flags) + 3];

	for (size_t i = 0; i < ARRAY_N(flags); i++)
		names[i] = flags[i].name;
	names[ARRAY_N(flags)] = "ippeerlimit";
	names[ARRAY_N(flags) + 1] = "mask";
	return names;
}

/* What completion and the manual page know it by. */
const struct choice access_restrict_flags[] = {
#define ROW(NAME, name_)	{ .name = #name_ },
	NTP_ACL_FLAGS(ROW)
#undef ROW
	{ .name = "ippeerlimit" },
	{ .name = "mask" },
	{ .name = NULL },
};

/* A flag that is misread leaves a hole, so each line is right or refused. */
static void take_flag(struct parse *p, const struct lex_token *at, u32 *set)
{
	for (size_t i = 0; i < ARRAY_N(flags); i++) {
		if (lex_is(at, flags[i].name)) {
			*set |= flags[i].flag;
			return;
		}
	}
	if (lex_is(at, "mask"))
		parse_error(p, at, "put mask right behind the address",
			    "mask stands behind the flags");
	else if (lex_is(at, "-4") || lex_is(at, "-6"))
		parse_error(p, at, "write it right behind restrict",
			    "%s stands behind the address", at->text);
	else if (lex_is(at, "non-ntpport"))
		parse_error(p, at, "give a line with ntpport to those that use "
			    "port 123, and one without to the others",
			    "non-ntpport is a flag of xntp3, and of no ntpd "
			    "since");
	else
		parse_unknown(p, at, "flag of restrict", flag_names());
}

static bool take_mask(struct parse *p, struct lex_line *line,
		      struct conf_restrict *r)
{
	const struct lex_token *at = lex_take(line);
	struct ntp_addr mask;
	int prefix;

	if (!at || addr_parse(at->text, &mask, NULL) ||
	    addr_family(&mask) != addr_family(&r->addr)) {
		parse_error(p, at ? at : &line->end,
			    addr_is_v4(&r->addr) ? "such as mask 255.255.255.0"
						 : "such as mask ffff:ffff::",
			    "mask wants a mask of the address's family");
		return false;
	}
	prefix = addr_mask_prefix(&mask);
	if (prefix < 0) {
		parse_error(p, at, "write one line for each network",
			    "the mask %s has holes", at->text);
		return false;
	}
	r->prefix = prefix;
	return true;
}

static bool take_target_addr(struct parse *p, struct lex_line *line,
			     const struct lex_token *at,
			     struct conf_restrict *r)
{
	char host[INET6_ADDRSTRLEN];
	int family = addr_family(&r->addr);

	if (r->family != AF_UNSPEC && r->family != family) {
		parse_error(p, at, "leave out -4 or -6",
			    "%s is no IPv%c address", at->text,
			    r->family == AF_INET ? '4' : '6');
		return false;
	}
	r->family = family;
	if (lex_is(lex_peek(line), "mask")) {
		const struct lex_token *mask = lex_take(line);

		if (strchr(at->text, '/')) {
			parse_error(p, mask, "keep one of the two",
				    "the address has a /length and a mask");
			return false;
		}
		if (!take_mask(p, line, r))
			return false;
	}
	if (addr_clear_host(&r->addr, r->prefix))
		parse_warning(p, at, "the line is about the whole network; "
			      "for one host leave out the mask",
			      "%s has bits behind its mask, taken as %s/%d",
			      at->text,
			      addr_print(&r->addr, host, sizeof(host)),
			      family == AF_INET ? r->prefix - 96 : r->prefix);
	return true;
}

static bool take_target(struct parse *p, struct lex_line *line,
			struct conf_restrict *r)
{
	const struct lex_token *at = lex_take(line);
	int err;

	if (lex_is(at, "-4") || lex_is(at, "-6")) {
		r->family = at->text[1] == '4' ? AF_INET : AF_INET6;
		at = lex_take(line);
	}
	if (!at) {
		parse_error(p, &line->end, "such as restrict default noquery",
			    "the line ends where restrict wants an address");
		return false;
	}
	r->where = parse_where(p, at);
	r->prefix = 128;
	if (lex_is(at, "default")) {
		r->target = CONF_TARGET_DEFAULT;
		return true;
	}
	if (lex_is(at, "source")) {
		r->target = CONF_TARGET_SOURCE;
		return true;
	}
	err = addr_parse_prefix(at->text, &r->addr, &r->prefix);
	if (!err)
		return take_target_addr(p, line, at, r);
	if (err == -ERANGE || strpbrk(at->text, "/:") ||
	    !at->text[strspn(at->text, "0123456789.")] ||
	    strlen(at->text) >= sizeof(r->name)) {
		parse_error(p, at, "such as 192.0.2.0/24, 2001:db8::/32, "
			    "default, source, or a host name",
			    "\"%.60s\" is no address", at->text);
		return false;
	}
	if (lex_is(lex_peek(line), "mask")) {
		parse_error(p, lex_peek(line), "write the address",
			    "a host name goes with no mask");
		return false;
	}
	r->target = CONF_TARGET_NAME;
	snprintf(r->name, sizeof(r->name), "%s", at->text);
	return true;
}

static bool read_restrict(struct parse *p, struct lex_line *line,
			  struct conf_restrict *r)
{
	unsigned int errors = p->error_n;
	const struct lex_token *at;
	long value;

	if (!take_target(p, line, r))
		return false;
	while ((at = lex_take(line))) {
		if (!lex_is(at, "ippeerlimit"))
			take_flag(p, at, &r->flags);
		else if (parse_long(p, line, at->text, -1, 65535, &value))
			r->ippeerlimit = value;
	}
	return p->error_n == errors;
}

static void check_flags(struct parse *p, const struct conf_restrict *r)
{
	struct lex_token at = { .text = (char *)"kod", .col = r->where.col };

	if (r->flags & NTP_ACL_KOD && !(r->flags & NTP_ACL_LIMITED))
		parse_note(p, &at, "add limited",
			   "kod does nothing without limited");
}

void access_restrict(struct parse *p, struct lex_line *line)
{
	struct conf_restrict r = { .family = AF_UNSPEC, .ippeerlimit = -1 };
	struct conf_restrict *more;

	if (!read_restrict(p, line, &r))
		return;
	check_flags(p, &r);
	more = parse_grow(p, p->conf->restricts, &p->conf->restrict_n,
			  sizeof(*more));
	if (!more)
		return;
	p->conf->restricts = more;
	more[p->conf->restrict_n - 1] = r;
}

static bool is_same_target(const struct conf_restrict *a,
			   const struct conf_restrict *b)
{
	return a->target == b->target && a->family == b->family &&
	       !strcmp(a->name, b->name) && addr_equal(&a->addr, &b->addr) &&
	       a->prefix == b->prefix &&
	       !((a->flags ^ b->flags) & NTP_ACL_NTPPORT);
}

/* Without flags the rules go, otherwise their flags that are named. */
void access_unrestrict(struct parse *p, struct lex_line *line)
{
	struct conf_restrict r = { .family = AF_UNSPEC, .ippeerlimit = -1 };
	struct conf *conf = p->conf;
	u32 away;
	size_t n = 0, found = 0;

	if (!read_restrict(p, line, &r))
		return;
	away = r.flags & ~(u32)NTP_ACL_NTPPORT;
	for (size_t i = 0; i < conf->restrict_n; i++) {
		struct conf_restrict *to = &conf->restricts[i];
		bool is_same = is_same_target(to, &r);

		found += is_same;
		if (is_same && !away)
			continue;
		if (is_same)
			to->flags &= ~away;
		conf->restricts[n++] = *to;
	}
	conf->restrict_n = n;
	if (!found)
		parse_warning(p, &line->token[0], "remove the line",
			      "no earlier line restricts it");
}

/* --- interface, nic ----------------------------------------------------- */

static const char *const nic_actions[] = { "listen", "ignore", "drop", NULL };

const struct choice access_nic_words[] = {
	{ .name = "all" }, { .name = "drop" }, { .name = "ignore" },
	{ .name = "ipv4" }, { .name = "ipv6" }, { .name = "listen" },
	{ .name = "wildcard" }, { .name = NULL },
};

static bool take_class(struct parse *p, struct lex_line *line,
		       struct conf_nic *nic)
{
	static const char *const classes[] = { "all", "ipv4", "ipv6",
					       "wildcard" };
	const struct lex_token *at = lex_take(line);
	int err;

	if (!at) {
		parse_error(p, &line->end, "such as interface listen eth0",
			    "interface wants to know which one");
		return false;
	}
	for (size_t i = 0; i < ARRAY_N(classes); i++) {
		if (lex_is(at, classes[i])) {
			nic->match = CONF_NIC_ALL + i;
			return true;
		}
	}
	err = addr_parse_prefix(at->text, &nic->addr, &nic->prefix);
	if (!err) {
		nic->match = CONF_NIC_ADDR;
		addr_clear_host(&nic->addr, nic->prefix);
		return true;
	}
	if (err == -ERANGE || strchr(at->text, '/') || !*at->text ||
	    strlen(at->text) >= IF_NAMESIZE) {
		parse_error(p, at, "write all, ipv4, ipv6, wildcard, an "
			    "interface, or an address, perhaps with /length",
			    "\"%.60s\" is neither interface nor address",
			    at->text);
		return false;
	}
	nic->match = CONF_NIC_NAME;
	snprintf(nic->name, sizeof(nic->name), "%s", at->text);
	return true;
}

void access_interface(struct parse *p, struct lex_line *line)
{
	struct conf_nic nic = { .where = parse_where(p, lex_peek(line)) };
	struct conf_nic *more;
	int i = parse_choose(p, line, "interface", "action of interface",
			     nic_actions);

	if (i < 0)
		return;
	nic.action = CONF_NIC_LISTEN + i;
	if (!take_class(p, line, &nic))
		return;
	more = parse_grow(p, p->conf->nic, &p->conf->nic_n, sizeof(*more));
	if (!more)
		return;
	p->conf->nic = more;
	more[p->conf->nic_n - 1] = nic;
}
