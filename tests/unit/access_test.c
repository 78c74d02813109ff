// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */

/* Restrict lines, names, remotes and own addresses become rules. */

#include "daemon/engine/assoc.h"
#include "daemon/io/links.h"
#include "daemon/io/resolve.h"
#include "tests/lib/tap.h"
#include "tools/lib/addr.h"

/* A host with these addresses, these remotes, and this resolver. */
static struct ntp_addr own[4];
static size_t own_n;
static struct peer peers[4];
static size_t peer_n;
static char asked[CONF_NAME_MAX];
static int asked_family;
static resolve_fn on_answer;
static void *answer_arg;
static unsigned int asked_n, cancelled_n;
static int ask_error;

static void fake_links_each(void (*each)(const struct links_if *, void *),
			    void *arg)
{
	struct links_if link = { .ifindex = 1, .addr = own, .addr_n = own_n };

	each(&link, arg);
}

static void fake_assoc_each_peer(void (*each)(struct peer *, void *), void *arg)
{
	for (size_t i = 0; i < peer_n; i++)
		each(&peers[i], arg);
}

static int fake_resolve_ask(struct resolve_query **query, const char *name,
			    int family, resolve_fn answered, void *arg)
{
	snprintf(asked, sizeof(asked), "%s", name);
	asked_family = family;
	on_answer = answered;
	answer_arg = arg;
	asked_n++;
	*query = ask_error ? NULL : (struct resolve_query *)&on_answer;
	return ask_error;
}

static void fake_resolve_cancel(struct resolve_query *query)
{
	cancelled_n += !!query;
}

#define links_each	fake_links_each
#define assoc_each_peer	fake_assoc_each_peer
#define resolve_ask	fake_resolve_ask
#define resolve_cancel	fake_resolve_cancel
#include "daemon/engine/access.c"
#include "daemon/engine/rulename.c"

#define LINES_MAX	64

static struct conf_restrict lines[LINES_MAX];
static struct conf test_conf = { .restricts = lines };
static unsigned int changes;

static void changed(void)
{
	changes++;
}

static struct ntp_addr address(const char *text)
{
	struct ntp_addr addr;

	if (addr_parse(text, &addr, NULL))
		ok(false, "%s is an address", text);
	return addr;
}

static void begin(void)
{
	access_close();
	access_init(changed);
	own_n = peer_n = test_conf.restrict_n = 0;
	asked_n = cancelled_n = changes = 0;
	ask_error = 0;
	memset(lines, 0, sizeof(lines));
}

static struct conf_restrict *line(enum conf_target target, int family,
				  const char *text, u32 flags)
{
	struct conf_restrict *l = &lines[test_conf.restrict_n++];

	*l = (struct conf_restrict){
		.target = target,
		.family = family,
		.flags = flags,
		.ippeerlimit = -1,
		.where = { "test.conf", (unsigned int)test_conf.restrict_n, 1 },
	};
	if (target == CONF_TARGET_ADDR)
		addr_parse_prefix(text, &l->addr, &l->prefix);
	else if (text)
		snprintf(l->name, sizeof(l->name), "%s", text);
	return l;
}

static u32 flags_of(const char *text, u16 sport)
{
	struct ntp_addr addr = address(text);

	return access_flags(&addr, sport);
}

static void test_defaults(void)
{
	begin();
	is_int(flags_of("192.0.2.1", 5000), 0, "nothing before any line");
	access_apply(&test_conf);
	is_int(flags_of("192.0.2.1", 5000), 0, "IPv4 is allowed by default");
	is_int(flags_of("2001:db8::1", 5000), 0, "IPv6 is allowed by default");
	ok(access_acl()->rule_n == 2, "by a rule of each family");
	ok(!access_limits(), "nobody is limited");

	begin();
	line(CONF_TARGET_DEFAULT, AF_UNSPEC, NULL, NTP_ACL_NOQUERY);
	access_apply(&test_conf);
	is_int(flags_of("192.0.2.1", 1), NTP_ACL_NOQUERY, "default: IPv4");
	is_int(flags_of("2001:db8::1", 1), NTP_ACL_NOQUERY, "and IPv6");

	begin();
	line(CONF_TARGET_DEFAULT, AF_INET6, NULL, NTP_ACL_IGNORE);
	access_apply(&test_conf);
	is_int(flags_of("192.0.2.1", 1), 0, "-6 default is not about IPv4");
	is_int(flags_of("2001:db8::1", 1), NTP_ACL_IGNORE, "but IPv6");

	begin();
	line(CONF_TARGET_DEFAULT, AF_INET, NULL, NTP_ACL_LIMITED);
	access_apply(&test_conf);
	is_int(flags_of("192.0.2.1", 1), NTP_ACL_LIMITED, "-4 default: IPv4");
	is_int(flags_of("2001:db8::1", 1), 0, "but not IPv6");
	ok(access_limits(), "somebody is limited");
}

static void test_networks(void)
{
	begin();
	line(CONF_TARGET_DEFAULT, AF_UNSPEC, NULL, NTP_ACL_IGNORE);
	line(CONF_TARGET_ADDR, AF_INET, "192.0.2.0/24", NTP_ACL_NOQUERY);
	line(CONF_TARGET_ADDR, AF_INET, "192.0.2.7", 0);
	line(CONF_TARGET_ADDR, AF_INET, "192.0.2.7",
	     NTP_ACL_NTPPORT | NTP_ACL_NOSERVE);
	access_apply(&test_conf);
	is_int(flags_of("192.0.3.1", 1), NTP_ACL_IGNORE, "outside");
	is_int(flags_of("192.0.2.1", 1), NTP_ACL_NOQUERY, "in the network");
	is_int(flags_of("192.0.2.7", 1), 0, "the host in it");
	is_int(flags_of("192.0.2.7", 123), NTP_ACL_NTPPORT | NTP_ACL_NOSERVE,
	       "from port 123 the line with ntpport");

	begin();
	line(CONF_TARGET_ADDR, AF_INET, "192.0.2.0/24", NTP_ACL_NOQUERY);
	line(CONF_TARGET_ADDR, AF_INET, "192.0.2.0/24", NTP_ACL_NOMODIFY);
	line(CONF_TARGET_ADDR, AF_INET, "192.0.2.0/24", 0);
	access_apply(&test_conf);
	is_int(flags_of("192.0.2.1", 1), NTP_ACL_NOQUERY | NTP_ACL_NOMODIFY,
	       "lines about the same network add up");
	is_int(access_acl()->rule_n, 3, "to one rule");
}

static int limit_of(const char *text)
{
	struct ntp_addr addr = address(text);

	return access_ippeerlimit(&addr, 123);
}

static void test_ippeerlimit(void)
{
	begin();
	is_int(limit_of("192.0.2.1"), -1, "no limit before any line");
	line(CONF_TARGET_DEFAULT, AF_UNSPEC, NULL, 0)->ippeerlimit = 4;
	line(CONF_TARGET_ADDR, AF_INET, "192.0.2.0/24", 0);
	line(CONF_TARGET_ADDR, AF_INET, "192.0.2.0/24", 0)->ippeerlimit = 2;
	line(CONF_TARGET_ADDR, AF_INET, "192.0.2.0/24", 0)->ippeerlimit = 3;
	line(CONF_TARGET_ADDR, AF_INET, "192.0.2.7", 0);
	line(CONF_TARGET_SOURCE, AF_UNSPEC, NULL, 0)->ippeerlimit = 1;
	peers[peer_n].mode = PEER_CLIENT;
	peers[peer_n++].addr.addr = address("2001:db8::1");
	access_apply(&test_conf);
	is_int(limit_of("198.51.100.1"), 4, "that of the default");
	is_int(limit_of("192.0.2.1"), 2, "the least of lines about the same");
	is_int(limit_of("192.0.2.7"), -1, "a host without one in it");
	is_int(limit_of("2001:db8::1"), 1, "that of source, where it is one");
	lines[0].ippeerlimit = 0;
	access_refresh();
	loop_timer_cancel(&refresh_timer);
	refresh(NULL);
	is_int(changes, 1, "another limit is another set of rules");
	is_int(limit_of("2001:db8::2"), 0, "which is in force");
}

/* The rule that a plain walk over all lines finds. */
static u32 slow_flags(const struct ntp_addr *addr, u16 sport)
{
	u32 found = 0;
	int best = -1;

	for (size_t i = 0; i < test_conf.restrict_n; i++) {
		bool is_123 = lines[i].flags & NTP_ACL_NTPPORT;
		int rank = 2 * lines[i].prefix + is_123;

		if (!addr_in_prefix(addr, &lines[i].addr, lines[i].prefix) ||
		    (is_123 && sport != 123) || rank < best)
			continue;
		found = rank == best ? found | lines[i].flags :
				       lines[i].flags;
		best = rank;
	}
	return found;
}

/* Few addresses, so that networks lie within each other. */
static struct ntp_addr near(void)
{
	struct ntp_addr addr = address("10.0.0.0");

	addr.b[13] = (u8)tap_below(2);
	addr.b[15] = (u8)tap_below(4);
	return addr;
}

static void test_any_order(void)
{
	unsigned int wrong = 0;

	for (int round = 0; round < 500; round++) {
		size_t n = 1 + tap_below(20);

		begin();
		for (size_t i = 0; i < n; i++) {
			struct conf_restrict *l;

			l = line(CONF_TARGET_ADDR, AF_INET, "10.0.0.0",
				 1U << tap_below(NTP_ACL_BIT_COUNT));
			l->addr = near();
			l->prefix = (u8)(96 + tap_below(33));
			if (!tap_below(4))
				l->flags |= NTP_ACL_NTPPORT;
			addr_clear_host(&l->addr, l->prefix);
		}
		access_apply(&test_conf);
		for (int i = 0; i < 20; i++) {
			struct ntp_addr addr = near();
			u16 sport = tap_below(2) ? 123 : 5000;

			wrong += access_flags(&addr, sport) !=
				 slow_flags(&addr, sport);
		}
	}
	is_int(wrong, 0, "10,000 lookups are those of a walk over the lines");
}

static void answer(const char *err, const char *a, const char *b)
{
	struct addr_end ends[2] = { 0 };

	if (a)
		ends[0].addr = address(a);
	if (b)
		ends[1].addr = address(b);
	on_answer(err, ends, !!a + !!b, answer_arg);
}

static void fire(void)
{
	ok(refresh_timer.is_armed, "rules are to be made anew");
	loop_timer_cancel(&refresh_timer);
	refresh(NULL);
}

static void test_names(void)
{
	begin();
	line(CONF_TARGET_DEFAULT, AF_UNSPEC, NULL, NTP_ACL_IGNORE);
	line(CONF_TARGET_NAME, AF_INET, "time.example", NTP_ACL_NOQUERY);
	access_apply(&test_conf);
	ask(names);
	is_str(asked, "time.example", "a name is looked up");
	is_int(asked_family, AF_INET, "in the family of the line");
	is_int(flags_of("192.0.2.1", 1), NTP_ACL_IGNORE, "no effect until then");
	answer(NULL, "192.0.2.1", "192.0.2.2");
	fire();
	is_int(changes, 1, "whoever serves is told");
	is_int(flags_of("192.0.2.1", 1), NTP_ACL_NOQUERY, "an address of it");
	is_int(flags_of("192.0.2.2", 1), NTP_ACL_NOQUERY, "the other one");
	is_int(flags_of("192.0.2.3", 1), NTP_ACL_IGNORE, "no other");

	access_apply(&test_conf);
	is_int(flags_of("192.0.2.1", 1), NTP_ACL_NOQUERY,
	       "a reload keeps what it stood for");
	ok(names->timer.is_armed, "and asks again");
	ask(names);
	answer("no answer", NULL, NULL);
	is_int(flags_of("192.0.2.1", 1), NTP_ACL_NOQUERY,
	       "as does a failure");
	ok(names->timer.is_armed, "which is tried again");
	ask(names);
	answer(NULL, "192.0.2.3", NULL);
	fire();
	is_int(flags_of("192.0.2.1", 1), NTP_ACL_IGNORE, "it moved away");
	is_int(flags_of("192.0.2.3", 1), NTP_ACL_NOQUERY, "to there");

	test_conf.restrict_n = 1;
	ask(names);
	access_apply(&test_conf);
	ok(!names, "a line that is gone is not looked up");
	is_int(cancelled_n, 1, "nor is its answer waited for");
	is_int(flags_of("192.0.2.3", 1), NTP_ACL_IGNORE, "it has no effect");

	begin();
	line(CONF_TARGET_NAME, AF_UNSPEC, "time.example", NTP_ACL_IGNORE);
	ask_error = -ENOSYS;
	access_apply(&test_conf);
	ask(names);
	ok(names->timer.is_armed && !names->query,
	   "without a resolver it is tried later");
}

static void follow(enum peer_mode mode, const char *text)
{
	peers[peer_n].mode = mode;
	peers[peer_n].addr.addr = address(text);
	peer_n++;
}

static void test_sources(void)
{
	begin();
	line(CONF_TARGET_DEFAULT, AF_UNSPEC, NULL, NTP_ACL_IGNORE);
	line(CONF_TARGET_SOURCE, AF_UNSPEC, NULL, NTP_ACL_NOQUERY);
	line(CONF_TARGET_ADDR, AF_INET, "192.0.2.9", NTP_ACL_NOSERVE);
	access_apply(&test_conf);
	is_int(flags_of("192.0.2.1", 1), NTP_ACL_IGNORE, "nobody is followed");
	follow(PEER_CLIENT, "192.0.2.1");
	follow(PEER_CLIENT, "2001:db8::1");
	follow(PEER_CLIENT, "192.0.2.9");
	access_refresh();
	access_refresh();
	fire();
	is_int(changes, 1, "two remotes, one change");
	is_int(flags_of("192.0.2.1", 1), NTP_ACL_NOQUERY, "a server");
	is_int(flags_of("2001:db8::1", 1), NTP_ACL_NOQUERY, "one of a pool");
	is_int(flags_of("192.0.2.9", 1), NTP_ACL_NOSERVE,
	       "a line about the host itself counts more");
	access_refresh();
	fire();
	is_int(changes, 1, "nothing new is nothing to tell");
	peer_n = 1;
	access_refresh();
	fire();
	is_int(flags_of("2001:db8::1", 1), NTP_ACL_IGNORE,
	       "followed no more");
	is_int(flags_of("192.0.2.1", 1), NTP_ACL_NOQUERY, "still followed");

	begin();
	line(CONF_TARGET_SOURCE, AF_UNSPEC, NULL, NTP_ACL_IGNORE);
	follow(PEER_CLIENT, "192.0.2.1");
	follow(PEER_ACTIVE, "192.0.2.2");
	follow(PEER_LISTENER, "192.0.2.3");
	access_apply(&test_conf);
	is_int(flags_of("192.0.2.1", 1), NTP_ACL_NOSERVE | NTP_ACL_NOQUERY,
	       "a server is not ignored, but gets nothing");
	is_int(flags_of("192.0.2.2", 123), 0, "a peer must get through");
	is_int(flags_of("192.0.2.3", 123), 0, "as must who broadcasts");

	begin();
	line(CONF_TARGET_SOURCE, AF_INET6, NULL, NTP_ACL_NOQUERY);
	follow(PEER_CLIENT, "192.0.2.1");
	follow(PEER_CLIENT, "2001:db8::1");
	access_apply(&test_conf);
	is_int(flags_of("192.0.2.1", 1), 0, "-6 source is not about IPv4");
	is_int(flags_of("2001:db8::1", 1), NTP_ACL_NOQUERY, "but IPv6");

	begin();
	follow(PEER_CLIENT, "192.0.2.1");
	access_apply(&test_conf);
	is_int(access_acl()->rule_n, 2, "without such a line there is no rule");
}

static void test_own(void)
{
	begin();
	own[0] = address("192.0.2.1");
	own[1] = address("2001:db8::1");
	own_n = 2;
	line(CONF_TARGET_ADDR, AF_INET, "192.0.2.1", NTP_ACL_NOQUERY);
	access_apply(&test_conf);
	is_int(flags_of("192.0.2.1", 123), NTP_ACL_IGNORE | NTP_ACL_NTPPORT,
	       "a server of this host's own address");
	is_int(flags_of("2001:db8::1", 123), NTP_ACL_IGNORE | NTP_ACL_NTPPORT,
	       "in both families");
	is_int(flags_of("192.0.2.1", 5000), NTP_ACL_NOQUERY, "a client of it");
	own_n = 1;
	access_refresh();
	fire();
	is_int(flags_of("2001:db8::1", 123), 0, "the address went");
	line(CONF_TARGET_ADDR, AF_INET, "192.0.2.1", NTP_ACL_NTPPORT);
	access_apply(&test_conf);
	is_int(flags_of("192.0.2.1", 123), NTP_ACL_NTPPORT,
	       "what somebody wrote counts more");
}

static void test_hits(void)
{
	struct ntp_addr addr = address("192.0.2.7");
	u32 rule;

	begin();
	line(CONF_TARGET_ADDR, AF_INET, "192.0.2.0/24", NTP_ACL_NOQUERY);
	access_apply(&test_conf);
	rule = ntp_acl_match(access_acl(), &addr, 1);
	access_hit(rule);
	access_hit(rule);
	access_hit(NTP_ACL_NONE);
	line(CONF_TARGET_ADDR, AF_INET, "10.0.0.0/8", 0);
	lines[0].flags = NTP_ACL_NOSERVE;
	access_apply(&test_conf);
	is_int(ntp_acl_match(access_acl(), &addr, 1), rule + 1, "it moved");
	is_int(table->hits[rule + 1], 2, "hits outlive a reload");
	is_int(table->hits[rule], 0, "and are not another's");
}

int main(void)
{
	tap_start();
	log_set_level(LOG_LEVEL_ERROR);
	test_defaults();
	test_networks();
	test_ippeerlimit();
	test_any_order();
	test_names();
	test_sources();
	test_own();
	test_hits();
	access_close();
	return tap_finish();
}
