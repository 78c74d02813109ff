// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */

#include "kmod/core/acl.h"
#include "kmod/core/addr.h"
#include "kmod/core/packet.h"

/*
 * Networks are nested or apart, never across each other. So the addresses fall
 * into ranges within which the same rule holds, at most two for each network
 * and one: where a network starts, and where what is around it goes on. A range
 * goes to the first address of the next, and the first range starts at 0.
 */
struct ntp_acl_range4 {
	u32 first;
	u32 rule;	/* for any source port but 123 */
	u32 rule123;
};

struct ntp_acl_range6 {
	u64 high, low;
	u32 rule;
	u32 rule123;
};

/* An address in host order; of IPv4, the last 32 bits. */
struct place {
	u64 high, low;
};

/* A network that the sweep is in. The outermost is that of no rule: all. */
struct open {
	struct place first, last;
	u32 rule;
	u32 rule123;
	u8 prefix;
};

enum {
	DEPTH_MAX	= 1 + 129,	/* networks within each other, and all */
};

/* The sweep through the networks of a family, in order. */
struct sweep {
	struct ntp_acl *acl;
	struct ntp_acl_range4 *range4;
	struct ntp_acl_range6 *range6;
	struct open *open;
	int depth;
	bool is_4;
};

#define NTP_ACL_NAME(NAME, name)	#name,

static const char *const names[] = { NTP_ACL_FLAGS(NTP_ACL_NAME) };

const char *ntp_acl_flag_name(enum ntp_acl_bit bit)
{
	return names[bit];
}

int ntp_acl_compare(const void *a, const void *b)
{
	const struct ntp_acl_rule *x = a, *y = b;
	int order = memcmp(x->addr.b, y->addr.b, sizeof(x->addr.b));

	if (order)
		return order;
	if (x->prefix != y->prefix)
		return x->prefix - y->prefix;
	return !!(x->flags & NTP_ACL_NTPPORT) - !!(y->flags & NTP_ACL_NTPPORT);
}

/* Ranges of both families: that of IPv6 are the larger ones. */
size_t ntp_acl_size(u32 rule_n)
{
	return (2 * (size_t)rule_n + 2) * sizeof(struct ntp_acl_range6) +
	       DEPTH_MAX * sizeof(struct open);
}

static bool is_rule4(const struct ntp_acl_rule *rule)
{
	return rule->prefix >= 96 && ntp_addr_is_ipv4(&rule->addr);
}

static struct place place_of(const struct ntp_addr *addr, bool is_4)
{
	struct place p = {
		.high = is_4 ? 0 : ntp_addr_high(addr),
		.low = is_4 ? (u32)ntp_addr_low(addr) : ntp_addr_low(addr),
	};

	return p;
}

static bool is_before(struct place a, struct place b)
{
	return a.high < b.high || (a.high == b.high && a.low < b.low);
}

static bool is_equal(struct place a, struct place b)
{
	return a.high == b.high && a.low == b.low;
}

/* The last address of a rule's network. */
static struct place last_of(const struct ntp_acl_rule *rule, bool is_4)
{
	struct place last = place_of(&rule->addr, is_4);

	last.low |= ~ntp_addr_mask_low(rule->prefix);
	if (is_4)
		last.low &= 0xffffffff;
	else
		last.high |= ~ntp_addr_mask_high(rule->prefix);
	return last;
}

static void emit4(struct sweep *s, u32 first, const struct open *o)
{
	struct ntp_acl_range4 *r = s->range4 + s->acl->range4_n;

	if (s->acl->range4_n && r[-1].first == first)
		r--;
	else
		s->acl->range4_n++;
	r->first = first;
	r->rule = o->rule;
	r->rule123 = o->rule123;
}

static void emit6(struct sweep *s, struct place first, const struct open *o)
{
	struct ntp_acl_range6 *r = s->range6 + s->acl->range6_n;

	if (s->acl->range6_n && r[-1].high == first.high &&
	    r[-1].low == first.low)
		r--;
	else
		s->acl->range6_n++;
	r->high = first.high;
	r->low = first.low;
	r->rule = o->rule;
	r->rule123 = o->rule123;
}

/* From @first on, what the innermost network says holds. */
static void emit(struct sweep *s, struct place first)
{
	const struct open *o = s->open + s->depth;

	if (s->is_4)
		emit4(s, (u32)first.low, o);
	else
		emit6(s, first, o);
}

/* Leave the innermost network; behind its end, what is around it goes on. */
static void leave(struct sweep *s)
{
	struct place next = s->open[s->depth].last;
	bool is_last = is_equal(next, s->open[0].last);

	s->depth--;
	next.low++;
	next.high += !next.low;
	if (!is_last)
		emit(s, next);
}

static void enter(struct sweep *s, u32 index)
{
	const struct ntp_acl_rule *rule = s->acl->rule + index;
	struct place first = place_of(&rule->addr, s->is_4);
	struct open *o;

	while (s->depth && is_before(s->open[s->depth].last, first))
		leave(s);
	o = s->open + s->depth;
	if (!s->depth || o->prefix != rule->prefix ||
	    !is_equal(o->first, first)) {
		o[1] = *o;
		o++;
		s->depth++;
		o->first = first;
		o->last = last_of(rule, s->is_4);
		o->prefix = rule->prefix;
	}
	/* One with NTPPORT comes behind the equal one without. */
	if (!(rule->flags & NTP_ACL_NTPPORT))
		o->rule = index;
	o->rule123 = index;
	emit(s, first);
}

static void sweep(struct sweep *s, bool is_4)
{
	struct place start = { 0, 0 };
	struct open all = {
		.last.high = is_4 ? 0 : ~0ULL,
		.last.low = is_4 ? 0xffffffff : ~0ULL,
		.rule = NTP_ACL_NONE,
		.rule123 = NTP_ACL_NONE,
	};
	u32 i;

	s->is_4 = is_4;
	s->depth = 0;
	s->open[0] = all;
	emit(s, start);
	for (i = 0; i < s->acl->rule_n; i++)
		if (is_rule4(s->acl->rule + i) == is_4)
			enter(s, i);
	while (s->depth)
		leave(s);
}

void ntp_acl_build(struct ntp_acl *acl, void *memory,
		   const struct ntp_acl_rule *rule, u32 rule_n)
{
	struct sweep s = {
		.acl = acl,
		.open = memory,
		.range6 = (void *)((struct open *)memory + DEPTH_MAX),
	};

	acl->rule = rule;
	acl->rule_n = rule_n;
	acl->range4_n = 0;
	acl->range6_n = 0;
	sweep(&s, false);
	s.range4 = (void *)(s.range6 + acl->range6_n);
	sweep(&s, true);
	acl->range6 = s.range6;
	acl->range4 = s.range4;
}

/*
 * Both halve what is left by a conditional move: what a branch would do, a
 * processor could only guess.
 */
static const struct ntp_acl_range4 *find4(const struct ntp_acl *acl, u32 place)
{
	const struct ntp_acl_range4 *r = acl->range4, *middle;
	size_t n;

	for (n = acl->range4_n; n > 1; n -= n / 2) {
		middle = r + n / 2;
		r = middle->first <= place ? middle : r;
	}
	return r;
}

static const struct ntp_acl_range6 *find6(const struct ntp_acl *acl,
					  struct place place)
{
	const struct ntp_acl_range6 *r = acl->range6, *middle;
	size_t n;
	bool is_behind;

	for (n = acl->range6_n; n > 1; n -= n / 2) {
		middle = r + n / 2;
		is_behind = (middle->high < place.high) |
			    ((middle->high == place.high) &
			     (middle->low <= place.low));
		OPTIMIZER_HIDE_VAR(is_behind);
		r = is_behind ? middle : r;
	}
	return r;
}

u32 ntp_acl_match(const struct ntp_acl *acl, const struct ntp_addr *addr,
		  u16 sport)
{
	const struct ntp_acl_range4 *r4;
	const struct ntp_acl_range6 *r6;

	if (ntp_addr_is_ipv4(addr)) {
		r4 = find4(acl, (u32)ntp_addr_low(addr));
		return sport == NTP_PORT ? r4->rule123 : r4->rule;
	}
	r6 = find6(acl, place_of(addr, false));
	return sport == NTP_PORT ? r6->rule123 : r6->rule;
}
