// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */

/*
 * Rules, keys and configurations on their way to the module: what is asked of
 * it, what a refusal says, and that no secret is left behind.
 */
#include "tests/lib/tap.h"
#include "tests/lib/fakenl.h"

#include "tools/lib/knlsock.c"
#include "tools/lib/knl.c"
#include "tests/lib/fakeknl.h"

/* Secrets are wiped from messages: this sees it. */
static struct {
	const char *at;
	size_t len;
} wiped;

static void wipe(void *at, size_t len)
{
	wiped.at = at;
	wiped.len = len;
	memset(at, 0, len);
}

#define explicit_bzero wipe
#include "tools/lib/knl_key.c"
#undef explicit_bzero

/* What the last request of a command was, for tests to look at. */
static struct {
	uint8_t cmd;
	unsigned int rules, keys;
	struct ntp_acl_rule rule;
	struct knl_key key;
	struct knl_server server;
	uint8_t secret[NTP_KEY_SECRET_MAX];
	size_t secret_len;
	const char *secret_at;
} asked;

/* A rule's attributes, as the module reads them. */
static void ask_rule(const struct nlattr *attr)
{
	const void *value = mnl_attr_get_payload(attr);

	switch (mnl_attr_get_type(attr)) {
	case KNTP_A_RESTRICT_ADDR:
		asked.rules++;
		memcpy(&asked.rule.addr, value, sizeof(asked.rule.addr));
		break;
	case KNTP_A_RESTRICT_PREFIX:
		asked.rule.prefix = mnl_attr_get_u8(attr);
		break;
	case KNTP_A_RESTRICT_FLAGS:
		asked.rule.flags = mnl_attr_get_u32(attr);
		break;
	default:
		break;
	}
}

/* Refuses the rule of this number, counted over all messages; 0: none. */
static unsigned int refuse_rule;

static void module_rules(const struct nlmsghdr *request)
{
	const struct genlmsghdr *genl = mnl_nlmsg_get_payload(request);
	const struct nlattr *attr, *inner;
	uint32_t offset = 0;

	asked.cmd = genl->cmd;
	mnl_attr_for_each(attr, request, GENL_HDRLEN) {
		if (mnl_attr_get_type(attr) != KNTP_A_RESTRICT_RULE) {
			ask_rule(attr);
			continue;
		}
		mnl_attr_for_each_nested(inner, attr) {
			ask_rule(inner);
			if (asked.rules == refuse_rule && !offset)
				offset = (uint32_t)((const char *)inner -
						    (const char *)request);
		}
	}
	if (offset)
		fakenl_status(request, -EINVAL, "prefix: is wrong", offset);
	else
		fakenl_status(request, 0, NULL, 0);
}

static struct ntp_acl_rule rule4(uint8_t a, uint8_t b, uint8_t c,
				 uint8_t prefix)
{
	return (struct ntp_acl_rule) {
		.addr.b = { [10] = 0xff, [11] = 0xff, a, b, c, 0 },
		.prefix = (uint8_t)(96 + prefix), .flags = NTP_ACL_NOSERVE,
	};
}

static void test_restrict_add(void)
{
	struct knl *knl = start(module_rules);
	struct ntp_acl_rule rule = rule4(192, 0, 2, 24), *rules;
	const unsigned int n = 2500;
	unsigned int i;

	memset(&asked, 0, sizeof(asked));
	is_int(knl_restrict_add(knl, &rule, 1), 0, "a rule is added");
	is_int(asked.cmd, KNTP_CMD_RESTRICT_ADD, "by its command");
	ok(!memcmp(&asked.rule, &rule, sizeof(rule)), "whole");
	is_int(knl_restrict_del(knl, &rule), 0, "and deleted");
	is_int(asked.cmd, KNTP_CMD_RESTRICT_DEL, "by its command");
	is_int(knl_restrict_add(knl, NULL, 0), 0, "no rules, no messages");
	is_int(calls, 2, "two calls so far");

	rules = calloc(n, sizeof(*rules));
	if (!rules)
		abort();
	for (i = 0; i < n; i++)
		rules[i] = rule4(10, (uint8_t)(i >> 8), (uint8_t)i, 24);
	memset(&asked, 0, sizeof(asked));
	calls = 0;
	is_int(knl_restrict_add(knl, rules, n), 0, "many rules are added");
	is_int(asked.rules, n, "all of them");
	is_int(calls, 3, "in a few messages");
	ok(!memcmp(&asked.rule, &rules[n - 1], sizeof(rule)), "in their order");

	memset(&asked, 0, sizeof(asked));
	refuse_rule = 1024 + 7;
	is_int(knl_restrict_add(knl, rules, n), -EINVAL, "a wrong one");
	is_str(knl_error(knl), "rule 10.4.6.0/24: prefix: is wrong",
	       "is named");
	refuse_rule = 0;
	free(rules);
	knl_close(knl);
}

static void module_rule_dump(const struct nlmsghdr *request)
{
	const struct ntp_acl_rule rule = rule4(198, 51, 100, 24);
	struct nlmsghdr *nlh;
	int i;

	for (i = 0; i < 3; i++) {
		nlh = fakenl_begin(request, FAMILY, NLM_F_MULTI,
				   KNTP_CMD_RESTRICT_GET);
		knlmsg_put_rule(nlh, &rule);
		mnl_attr_put_u64(nlh, KNTP_A_RESTRICT_HITS,
				 5000000000ULL + (unsigned int)i);
		fakenl_push(nlh, nlh->nlmsg_len);
	}
	fakenl_done(request, 0);
}

static int see_rule(const struct knl_restrict *r, void *arg)
{
	const struct ntp_acl_rule rule = rule4(198, 51, 100, 24);
	unsigned int *right = arg;

	if (!memcmp(&r->rule, &rule, sizeof(rule)) &&
	    r->hits == 5000000000ULL + *right)
		++*right;
	return 0;
}

static void test_restrict_each(void)
{
	struct knl *knl = start(module_rule_dump);
	unsigned int right = 0;

	is_int(knl_restrict_each(knl, see_rule, &right), 0, "rules are got");
	is_int(right, 3, "with their hits");
	knl_close(knl);
}

static void module_keys(const struct nlmsghdr *request)
{
	const struct genlmsghdr *genl = mnl_nlmsg_get_payload(request);
	const struct nlattr *attr;

	asked.cmd = genl->cmd;
	asked.keys++;
	if (genl->cmd == KNTP_CMD_KEY_ADD) {
		/* What a dump would tell but for the secret is told back. */
		if (knlmsg_get_key(request, &asked.key))
			abort();
	}
	mnl_attr_for_each(attr, request, GENL_HDRLEN) {
		if (mnl_attr_get_type(attr) == KNTP_A_KEY_ID)
			asked.key.id = mnl_attr_get_u32(attr);
		if (mnl_attr_get_type(attr) != KNTP_A_KEY_SECRET)
			continue;
		asked.secret_at = mnl_attr_get_payload(attr);
		asked.secret_len = mnl_attr_get_payload_len(attr);
		memcpy(asked.secret, mnl_attr_get_payload(attr),
		       asked.secret_len);
	}
	fakenl_status(request, 0, NULL, 0);
}

static void test_key_add(void)
{
	struct knl *knl = start(module_keys);
	uint8_t secret[NTP_KEY_SECRET_MAX];
	struct knl_key key = {
		.id = 65534, .type = KNTP_KEY_TYPE_SHA512, .is_trusted = true,
		.secret = secret, .secret_len = sizeof(secret),
		.peer_n = NTP_KEY_PEERS_MAX,
	};
	size_t i;

	memset(&asked, 0, sizeof(asked));
	memset(secret, 0x5a, sizeof(secret));
	for (i = 0; i < NTP_KEY_PEERS_MAX; i++) {
		key.peer[i].addr = rule4(10, 0, (uint8_t)i, 24).addr;
		key.peer[i].prefix = 120;
	}
	is_int(knl_key_add(knl, &key), 0, "the longest key is added");
	is_int(asked.cmd, KNTP_CMD_KEY_ADD, "by its command");
	is_int(asked.key.id, 65534, "identifier");
	is_int(asked.key.type, KNTP_KEY_TYPE_SHA512, "type");
	ok(asked.key.is_trusted, "trusted");
	is_int(asked.secret_len, sizeof(secret), "length of the secret");
	ok(!memcmp(asked.secret, secret, sizeof(secret)), "the secret");
	ok(asked.key.peer_n == NTP_KEY_PEERS_MAX &&
	   !memcmp(asked.key.peer, key.peer, sizeof(key.peer)), "its hosts");

	ok(wiped.at <= asked.secret_at && asked.secret_at +
	   asked.secret_len <= wiped.at + wiped.len,
	   "the message is wiped");

	key.secret_len = NTP_KEY_SECRET_MAX + 1;
	is_int(knl_key_add(knl, &key), -EINVAL, "a longer secret");
	ok(strstr(knl_error(knl), "65534"), "is refused by name");
	key.secret_len = 16;
	key.peer_n = NTP_KEY_PEERS_MAX + 1;
	is_int(knl_key_add(knl, &key), -EINVAL, "more hosts, too");
	is_int(asked.keys, 1, "neither was sent");

	is_int(knl_key_del(knl, 7), 0, "a key is deleted");
	is_int(asked.cmd, KNTP_CMD_KEY_DEL, "by its command");
	is_int(asked.key.id, 7, "and identifier");
	knl_close(knl);
}

static void module_key_dump(const struct nlmsghdr *request)
{
	struct knl_key key = { .id = 1, .type = KNTP_KEY_TYPE_CMAC,
			       .is_trusted = true };
	struct nlmsghdr *nlh;

	for (key.id = 1; key.id <= 2; key.id++) {
		nlh = fakenl_begin(request, FAMILY, NLM_F_MULTI,
				   KNTP_CMD_KEY_GET);
		key.peer_n = key.id - 1;
		key.peer[0].addr = rule4(10, 1, 2, 24).addr;
		key.peer[0].prefix = 120;
		knlmsg_put_key(nlh, &key);
		fakenl_push(nlh, nlh->nlmsg_len);
	}
	fakenl_done(request, 0);
}

static int see_key(const struct knl_key *key, void *arg)
{
	unsigned int *right = arg;

	*right += key->id == *right + 1 && key->type == KNTP_KEY_TYPE_CMAC &&
		  key->is_trusted && !key->secret && key->peer_n == key->id - 1;
	return 0;
}

static void test_key_each(void)
{
	struct knl *knl = start(module_key_dump);
	unsigned int right = 0;

	is_int(knl_key_each(knl, see_key, &right), 0, "keys are got");
	is_int(right, 2, "without secrets");
	knl_close(knl);
}

static void module_config(const struct nlmsghdr *request)
{
	const struct genlmsghdr *genl = mnl_nlmsg_get_payload(request);
	struct nlmsghdr *nlh;

	asked.cmd = genl->cmd;
	if (genl->cmd == KNTP_CMD_SERVER_SET &&
	    knlmsg_get_server(request, &asked.server))
		abort();
	if (genl->cmd == KNTP_CMD_SERVER_GET) {
		nlh = fakenl_begin(request, FAMILY, 0, KNTP_CMD_SERVER_GET);
		knlmsg_put_server(nlh, &asked.server);
		mnl_attr_put_u8(nlh, KNTP_A_SERVER_STAGED, 1);
		fakenl_push(nlh, nlh->nlmsg_len);
	}
	fakenl_status(request, 0, NULL, 0);
}

static void module_busy(const struct nlmsghdr *request)
{
	fakenl_status(request, -EBUSY, "another one is prepared", 0);
}

static void test_config(void)
{
	const struct knl_server server = {
		.limits = { .average_log2 = 4, .minimum_s = 1, .prefix6 = 48 },
		.send_nak = true,
	};
	struct knl *knl = start(module_config);
	struct knl_server got;

	is_int(knl_config_begin(knl), 0, "a configuration is begun");
	is_int(asked.cmd, KNTP_CMD_CONFIG_BEGIN, "by its command");
	is_int(knl_server_set(knl, &server), 0, "properties are set");
	is_int(knl_config_commit(knl), 0, "it is committed");
	is_int(asked.cmd, KNTP_CMD_CONFIG_COMMIT, "by its command");
	is_int(knl_server_get(knl, &got), 0, "properties are got");
	ok(!memcmp(&got.limits, &server.limits, sizeof(got.limits)) &&
	   got.send_nak, "as they were set");
	ok(got.is_staged, "and that another one is being made");
	module = module_busy;
	is_int(knl_config_begin(knl), -EBUSY, "somebody else is first");
	is_str(knl_error(knl), "another one is prepared", "and that is told");
	knl_close(knl);
}

int main(void)
{
	tap_start();
	test_restrict_add();
	test_restrict_each();
	test_key_add();
	test_key_each();
	test_config();
	return tap_finish();
}
