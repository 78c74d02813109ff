// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */

/* The daemon's own answers, by rules, limits and keys. */

#include "daemon/engine/access.h"
#include "daemon/engine/keyring.h"
#include "daemon/engine/system.h"
#include "kmod/core/mac.h"
#include "kmod/core/packet.h"
#include "tests/lib/tap.h"
#include "tools/lib/addr.h"
#include "tools/lib/port.h"

static u8 reply[NET_DGRAM_MAX];
static size_t reply_len;
static u64 now = 1000000000000;

/* Rules, keys and clock of the test. */
static struct ntp_acl_rule rules[] = {
	{ .prefix = 0, .flags = 0 },
	{ .prefix = 128, .flags = 0 },
};
static struct ntp_acl acl;
static u64 memory[4096];
static u32 hit_rule;
static struct ntp_key key = { .id = 4, .type = NTP_KEY_MD5, .is_trusted = true };
static struct ntp_keys keys = { .key = &key, .n = 1 };

static int fake_send(const struct net_dgram *dgram, const void *buf, size_t len,
		     bool is_stamped)
{
	memcpy(reply, buf, len);
	reply_len = len;
	return 0;
}

static const struct ntp_acl *fake_acl(void)
{
	return &acl;
}

static bool fake_limits(void)
{
	return rules[1].flags & NTP_ACL_LIMITED;
}

static void fake_hit(u32 rule)
{
	hit_rule = rule;
}

static const struct ntp_keys *fake_keys(void)
{
	return &keys;
}

static int64_t fake_now(void)
{
	return (int64_t)now;
}

#define net_server_send	fake_send
#define access_acl	fake_acl
#define access_limits	fake_limits
#define access_hit	fake_hit
#define keyring_keys	fake_keys
#define loop_now_ns	fake_now
#include "daemon/engine/server.c"

static struct conf test_conf = {
	.enabled.nak = true,
	.limits.rate = NTP_RATE_LIMITS_DEFAULT,
};

/* All about one host, 2001:db8::1; everybody else may ask. */
static void rule(u32 flags)
{
	addr_parse("2001:db8::1", &rules[1].addr, NULL);
	rules[1].flags = flags;
	ntp_acl_build(&acl, memory, rules, 2);
	server_apply(&test_conf);
}

/* What the server makes of a request: what is counted. */
static enum ntp_reason ask(const u8 *buf, size_t len, const char *from)
{
	static u64 before[NTP_REASON_COUNT];
	struct net_dgram dgram = {
		.buf = buf,
		.len = len,
		.to_unicast = true,
		.src.port = 5000,
	};

	addr_parse(from, &dgram.src.addr, NULL);
	memcpy(before, counts, sizeof(before));
	reply_len = 0;
	server_receive(&dgram);
	for (int i = 0; i < NTP_REASON_COUNT; i++)
		if (counts[i] != before[i])
			return i;
	return NTP_REASON_COUNT;
}

static enum ntp_reason ask_plain(const char *from)
{
	u8 buf[NTP_PACKET_HEADER] = { 0x23 };

	return ask(buf, sizeof(buf), from);
}

static bool is_served(enum ntp_reason reason)
{
	return reason == NTP_SERVED || reason == NTP_SERVED_UNSYNC;
}

static void test_rules(void)
{
	rule(NTP_ACL_IGNORE);
	is_int(ask_plain("2001:db8::1"), NTP_DROP_IGNORE, "who is ignored");
	is_int(reply_len, 0, "gets nothing");
	is_int(hit_rule, 1, "which counts for the rule");
	ok(is_served(ask_plain("2001:db8::2")), "somebody else does");
	is_int(hit_rule, 0, "by another rule");
	rule(NTP_ACL_NOTRUST);
	is_int(ask_plain("2001:db8::1"), NTP_DROP_NOTRUST, "who must sign");
	rule(0);
	ok(is_served(ask_plain("2001:db8::1")), "a new configuration counts "
	   "at once");
	is_int(reply_len, NTP_PACKET_HEADER, "with a reply");
}

static void test_keys(void)
{
	u8 buf[NTP_PACKET_HEADER + NTP_MAC_128] = { 0x23 };

	ntp_mac_sign(&key, buf, NTP_PACKET_HEADER);
	ask(buf, sizeof(buf), "2001:db8::1");
	is_int(reply_len, sizeof(buf), "a signed request: a signed reply");
	ok(ntp_mac_verify(&key, reply, NTP_PACKET_HEADER,
			  reply + NTP_PACKET_HEADER, NTP_MAC_128),
	   "with the same key");
	buf[NTP_PACKET_HEADER + 8] ^= 1;
	is_int(ask(buf, sizeof(buf), "2001:db8::1"), NTP_SERVED_NAK,
	       "a wrong one: a crypto-NAK");
	test_conf.enabled.nak = false;
	rule(0);
	is_int(ask(buf, sizeof(buf), "2001:db8::1"), NTP_PASS_MAC,
	       "or silence, after disable nak");
	test_conf.enabled.nak = true;
	keys.n = 0;
	rule(0);
	buf[NTP_PACKET_HEADER + 8] ^= 1;
	is_int(ask(buf, sizeof(buf), "2001:db8::1"), NTP_SERVED_NAK,
	       "no key, no trust");
	keys.n = 1;
}

static void test_limits(void)
{
	unsigned int served = 0, kisses = 0;

	rule(0);
	ok(!rate.word, "where nobody is limited, nobody is remembered");
	rule(NTP_ACL_LIMITED | NTP_ACL_KOD);
	for (int i = 0; i < 20; i++) {
		enum ntp_reason reason = ask_plain("2001:db8::1");

		served += is_served(reason);
		kisses += reason == NTP_SERVED_RATE;
	}
	is_int(served, 1, "of 20 requests at once one is answered");
	is_int(kisses, 1, "and one told to be slower");
	rule(NTP_ACL_LIMITED | NTP_ACL_KOD);
	is_int(ask_plain("2001:db8::1"), NTP_DROP_RATE,
	       "a reload does not forget that");
	now += 16000000000;
	ok(is_served(ask_plain("2001:db8::1")), "time does");
	ok(is_served(ask_plain("2001:db8::2")) &&
	   is_served(ask_plain("2001:db8::2")), "nobody else is limited");
}

static void test_noise(void)
{
	u32 last = noise();
	unsigned int same = 0;

	for (int i = 0; i < 1000; i++) {
		u32 next = noise();

		same += next == last;
		last = next;
	}
	ok(same < 2, "noise is not the same again");
}

int main(void)
{
	tap_start();
	port_key_prepare(&key, NULL, (const u8 *)"secret", 6);
	test_rules();
	test_keys();
	test_limits();
	test_noise();
	server_close();
	port_key_wipe(&key);
	return tap_finish();
}
