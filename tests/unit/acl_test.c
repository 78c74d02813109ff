// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */

#include <netinet/in.h>
#include <arpa/inet.h>

#include "kmod/core/acl.h"
#include "kmod/core/packet.h"
#include "tests/lib/tap.h"

#define SETS	400
#define ASKED	300
#define MANY	100000

struct acl {
	struct ntp_acl acl;
	struct ntp_acl_rule *rules;
	void *memory;
};

static struct ntp_addr addr(const char *text)
{
	struct ntp_addr a = { { [10] = 0xff, [11] = 0xff } };

	if (strchr(text, ':'))
		inet_pton(AF_INET6, text, a.b);
	else
		inet_pton(AF_INET, text, a.b + 12);
	return a;
}

static void cut(struct ntp_acl_rule *rule)
{
	for (int bit = rule->prefix; bit < 128; bit++)
		rule->addr.b[bit / 8] &= (u8)~(0x80 >> bit % 8);
}

static bool covers(const struct ntp_acl_rule *rule, const struct ntp_addr *a)
{
	for (int bit = 0; bit < rule->prefix; bit++)
		if ((rule->addr.b[bit / 8] ^ a->b[bit / 8]) & 0x80 >> bit % 8)
			return false;
	return true;
}

static bool is_ipv4(const struct ntp_addr *a)
{
	static const u8 mapped[12] = { [10] = 0xff, [11] = 0xff };

	return !memcmp(a->b, mapped, sizeof(mapped));
}

/* As the words of acl.h have it: each rule is looked at. */
static u32 match_slowly(const struct ntp_acl_rule *rules, u32 n,
			const struct ntp_addr *a, u16 sport)
{
	u32 best = NTP_ACL_NONE;

	for (u32 i = 0; i < n; i++) {
		bool is_ntpport = rules[i].flags & NTP_ACL_NTPPORT;

		if (!covers(&rules[i], a) || (is_ntpport && sport != NTP_PORT))
			continue;
		if (is_ipv4(a) && rules[i].prefix < 96)
			continue;
		if (best == NTP_ACL_NONE ||
		    rules[i].prefix > rules[best].prefix ||
		    (rules[i].prefix == rules[best].prefix && is_ntpport))
			best = i;
	}
	return best;
}

/* Sorts @rules, leaves out what compares as equal, and compiles the rest. */
static struct acl compile(struct ntp_acl_rule *rules, u32 n)
{
	struct acl made = { .rules = rules };
	u32 kept = 0;

	qsort(rules, n, sizeof(*rules), ntp_acl_compare);
	for (u32 i = 0; i < n; i++)
		if (!kept || ntp_acl_compare(&rules[kept - 1], &rules[i]))
			rules[kept++] = rules[i];
	made.memory = malloc(ntp_acl_size(kept));
	ntp_acl_build(&made.acl, made.memory, rules, kept);
	return made;
}

static void drop(struct acl *made)
{
	free(made->memory);
	free(made->rules);
}

static u32 ask(const struct acl *made, const char *text, u16 sport)
{
	struct ntp_addr a = addr(text);

	return ntp_acl_match(&made->acl, &a, sport);
}

/* Flags tell which of the rules of a test matched; 0 is none. */
static u32 flags_for(const struct acl *made, const char *text, u16 sport)
{
	u32 i = ask(made, text, sport);

	return i == NTP_ACL_NONE ? 0 : made->acl.rule[i].flags;
}

static struct acl compile_text(const char *const *nets, const u32 *flags, u32 n)
{
	struct ntp_acl_rule *rules = calloc(n + 1, sizeof(*rules));

	for (u32 i = 0; i < n; i++) {
		char text[64];
		char *slash;

		snprintf(text, sizeof(text), "%s", nets[i]);
		slash = strchr(text, '/');
		*slash = '\0';
		rules[i].addr = addr(text);
		rules[i].prefix = (u8)(strtoul(slash + 1, NULL, 10) +
				       (strchr(text, ':') ? 0 : 96));
		rules[i].flags = flags[i];
	}
	return compile(rules, n);
}

static void test_none(void)
{
	struct acl made = compile_text(NULL, NULL, 0);

	ok(ask(&made, "192.0.2.1", 123) == NTP_ACL_NONE, "no rules, IPv4: none");
	ok(ask(&made, "2001:db8::1", 9) == NTP_ACL_NONE, "no rules, IPv6: none");
	drop(&made);
}

static void test_examples(void)
{
	static const char *const nets[] = {
		"0.0.0.0/0", "::/0", "192.0.2.0/24", "192.0.2.128/25",
		"192.0.2.128/25", "255.255.255.255/32", "2001:db8::/32",
		"2001:db8::/32", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128",
		"2001:db8:0:1::/64",
	};
	static const u32 flags[] = {
		NTP_ACL_KOD, NTP_ACL_LIMITED, NTP_ACL_NOPEER, NTP_ACL_NOQUERY,
		NTP_ACL_IGNORE | NTP_ACL_NTPPORT, NTP_ACL_FLAKE,
		NTP_ACL_NOSERVE | NTP_ACL_NTPPORT, NTP_ACL_VERSION,
		NTP_ACL_MSSNTP, NTP_ACL_NOTRUST,
	};
	struct acl made = compile_text(nets, flags, 10);

	is_int(flags_for(&made, "198.51.100.1", 9), NTP_ACL_KOD, "IPv4 default");
	is_int(flags_for(&made, "0.0.0.0", 9), NTP_ACL_KOD, "its first address");
	is_int(flags_for(&made, "192.0.2.127", 9), NTP_ACL_NOPEER, "a network");
	is_int(flags_for(&made, "192.0.2.128", 9), NTP_ACL_NOQUERY,
	       "one within it");
	is_int(flags_for(&made, "192.0.2.255", 123),
	       NTP_ACL_IGNORE | NTP_ACL_NTPPORT, "and from port 123");
	is_int(flags_for(&made, "192.0.3.0", 123), NTP_ACL_KOD, "behind it");
	is_int(flags_for(&made, "255.255.255.255", 9), NTP_ACL_FLAKE,
	       "the last address");
	is_int(flags_for(&made, "255.255.255.254", 9), NTP_ACL_KOD,
	       "the last but one");
	is_int(flags_for(&made, "::1", 9), NTP_ACL_LIMITED, "IPv6 default");
	is_int(flags_for(&made, "2001:db8::1", 9), NTP_ACL_VERSION, "a network");
	is_int(flags_for(&made, "2001:db8::1", 123),
	       NTP_ACL_NOSERVE | NTP_ACL_NTPPORT, "and from port 123");
	is_int(flags_for(&made, "2001:db8:0:1::1", 123), NTP_ACL_NOTRUST,
	       "a longer prefix beats NTPPORT");
	is_int(flags_for(&made, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 9),
	       NTP_ACL_MSSNTP, "the last address");
	is_int(flags_for(&made, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe", 9),
	       NTP_ACL_LIMITED, "the last but one");
	drop(&made);
}

static void test_families(void)
{
	static const char *const all6[] = { "::/0" }, *const all4[] = {
		"0.0.0.0/0" };
	static const u32 flags[] = { NTP_ACL_IGNORE };
	struct acl made = compile_text(all6, flags, 1);

	ok(ask(&made, "192.0.2.1", 9) == NTP_ACL_NONE, "::/0 is not for IPv4");
	ok(!ask(&made, "::fffe:192.0.2.1", 9), "but for all that is not");
	drop(&made);
	made = compile_text(all4, flags, 1);
	ok(!ask(&made, "192.0.2.1", 9), "the IPv4 default is for IPv4");
	ok(ask(&made, "2001:db8::1", 9) == NTP_ACL_NONE, "and for nothing else");
	drop(&made);
}

/* Near each other, so that they nest and meet. */
static struct ntp_addr random_addr(bool is_4)
{
	struct ntp_addr a = addr("0.0.0.0");
	int spots = (int)tap_below(3);

	if (!is_4) {
		memset(&a, 0, sizeof(a));
		a.b[0] = tap_below(4) ? 0x20 : 0xff;
		a.b[10] = a.b[11] = tap_below(8) ? 0 : 0xff;
	}
	for (int i = 0; i <= spots; i++)
		a.b[is_4 ? 12 + tap_below(4) : tap_below(16)] =
			(u8)(tap_below(2) ? tap_below(4) : tap_random());
	if (!tap_below(16))
		memset(a.b + (is_4 ? 12 : 0), 0xff, is_4 ? 4 : 16);
	return a;
}

static struct ntp_acl_rule random_rule(void)
{
	struct ntp_acl_rule rule = { .flags = (u32)tap_below(1 << 17) };
	bool is_4 = tap_below(2);

	rule.addr = random_addr(is_4);
	rule.prefix = (u8)(is_4 ? 96 + tap_below(33) : tap_below(129));
	cut(&rule);
	return rule;
}

/* An end of a network, or next to it: where mistakes are. */
static struct ntp_addr near_rule(const struct ntp_acl_rule *rule)
{
	struct ntp_addr a = rule->addr;
	int step = (int)tap_below(3) - 1;

	if (tap_below(2))
		for (int bit = rule->prefix; bit < 128; bit++)
			a.b[bit / 8] |= (u8)(0x80 >> bit % 8);
	for (int i = 15; i >= 0 && step; i--) {
		a.b[i] = (u8)(a.b[i] + step);
		if (a.b[i] != (step > 0 ? 0 : 0xff))
			break;
	}
	return a;
}

static bool agrees(const struct acl *made, const struct ntp_addr *a, u16 sport)
{
	u32 want = match_slowly(made->acl.rule, made->acl.rule_n, a, sport);
	u32 got = ntp_acl_match(&made->acl, a, sport);
	char text[INET6_ADDRSTRLEN];

	if (got == want)
		return true;
	diag("%u rules, %s port %u: %u, not %u", made->acl.rule_n,
	     inet_ntop(AF_INET6, a->b, text, sizeof(text)), sport, got, want);
	return false;
}

static void test_random(void)
{
	bool is_good = true;

	for (int set = 0; set < SETS && is_good; set++) {
		u32 n = (u32)tap_below(tap_below(2) ? 8 : 120);
		struct ntp_acl_rule *rules = calloc(n + 1, sizeof(*rules));
		struct acl made;

		for (u32 i = 0; i < n; i++) {
			rules[i] = random_rule();
			if (i && !tap_below(4)) {
				rules[i] = rules[tap_below(i)];
				rules[i].flags ^= NTP_ACL_NTPPORT;
			}
		}
		made = compile(rules, n);
		for (int i = 0; i < ASKED && is_good; i++) {
			u32 of = (u32)tap_below(made.acl.rule_n + 1ULL);
			struct ntp_addr a = of < made.acl.rule_n && i % 4 ?
					    near_rule(&made.acl.rule[of]) :
					    random_addr(i & 1);

			is_good = agrees(&made, &a, NTP_PORT) &&
				  agrees(&made, &a, 1024);
		}
		drop(&made);
	}
	ok(is_good, "%d sets of random rules, %d clients each: as one by one",
	   SETS, ASKED);
}

/* Each prefix of an address at once, with and without NTPPORT. */
static void test_deep(bool is_4)
{
	u32 n = is_4 ? 33 : 129;
	struct ntp_acl_rule *rules = calloc(2UL * n, sizeof(*rules));
	bool is_good = true;
	struct acl made;

	for (u32 i = 0; i < 2 * n; i++) {
		rules[i].addr = addr(is_4 ? "255.255.255.255" :
				     "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
		rules[i].prefix = (u8)(i / 2 + (is_4 ? 96 : 0));
		rules[i].flags = i & 1 ? NTP_ACL_NTPPORT : 0;
		cut(&rules[i]);
	}
	made = compile(rules, 2 * n);
	for (u32 i = 0; i < 2 * n && is_good; i++) {
		struct ntp_addr a = near_rule(&made.acl.rule[i]);

		is_good = agrees(&made, &a, NTP_PORT) && agrees(&made, &a, 9);
	}
	ok(is_good, "IPv%d: %u networks within each other", is_4 ? 4 : 6, n);
	drop(&made);
}

static void test_many(void)
{
	struct ntp_acl_rule *rules = calloc(MANY, sizeof(*rules));
	struct timespec start, end;
	struct acl made;
	double s;

	for (u32 i = 0; i < MANY; i++) {
		rules[i].addr = addr("10.0.0.0");
		if (i & 1)
			rules[i].addr = addr("2001:db8::");
		rules[i].prefix = i & 2 ? 128 : 126;
		rules[i].addr.b[13] = (u8)(i >> 16);
		rules[i].addr.b[14] = (u8)(i >> 8);
		rules[i].addr.b[15] = (u8)i;
		cut(&rules[i]);
	}
	made = compile(rules, MANY);
	clock_gettime(CLOCK_MONOTONIC, &start);
	ntp_acl_build(&made.acl, made.memory, rules, made.acl.rule_n);
	clock_gettime(CLOCK_MONOTONIC, &end);
	s = (double)(end.tv_sec - start.tv_sec) +
	    (double)(end.tv_nsec - start.tv_nsec) * 1e-9;
	diag("%u rules: %.1f ms", made.acl.rule_n, s * 1e3);
	ok(s < 2, "%u rules are compiled at once", made.acl.rule_n);
	bool is_good = made.acl.rule_n > MANY / 2;

	for (int i = 0; i < 50 && is_good; i++) {
		struct ntp_addr a = near_rule(
			&made.acl.rule[tap_below(made.acl.rule_n)]);

		is_good = agrees(&made, &a, 9);
	}
	ok(is_good, "and found");
	drop(&made);
}

static void test_names(void)
{
	is_str(ntp_acl_flag_name(NTP_ACL_BIT_IGNORE), "ignore", "first flag");
	is_str(ntp_acl_flag_name(NTP_ACL_BIT_NOEPEER), "noepeer", "last flag");
	is_int(NTP_ACL_BIT_COUNT, 17, "17 flags");
}

int main(void)
{
	tap_start();
	test_names();
	test_none();
	test_examples();
	test_families();
	test_random();
	test_deep(true);
	test_deep(false);
	test_many();
	return tap_finish();
}
