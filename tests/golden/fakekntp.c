// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */

/*
 * The kntp program on a module made of canned answers, which KNTP_FAKE chooses:
 * sync (the default), smear, primary, unset, unsync, expired, empty, absent,
 * denied, refused, lacking, newer, broken or events. What is written to the
 * module goes to stderr.
 */
#include <stdio.h>
#include <stdlib.h>

#include "tests/lib/fakenl.h"

#include "tools/lib/knlsock.c"
#include "tools/lib/knl.c"

enum {
	FAMILY		= 30,
	GROUP		= 7,
	NOTIFY_GROUP	= 16,
};

static const char *scenario;

static bool is(const char *name)
{
	return !strcmp(scenario, name);
}

static void put_clock(struct nlmsghdr *nlh)
{
	static const struct knl_clock sync = {
		.leap = 0, .stratum = 2, .precision = -24, .refid = 0xc0000201,
		.reftime_ns = 1795360843123456789, .rootdelay_ns = 512345,
		.rootdisp_ns = 1204000, .drift_ppb = 15000,
		.validity_ms = 64000,
	};
	struct knl_clock clock = sync;
	enum kntp_state state = KNTP_STATE_SYNC;
	uint64_t age = 5800000000;

	if (is("primary")) {
		clock.stratum = 1;
		clock.refid = 0x47505300;
	} else if (is("smear")) {
		clock.leap = 1;
		clock.smear_interval_s = 7200;
		clock.smear_end_s = 1798761600;
		clock.smear_left_ns = 1800000000000;
	} else if (is("unset")) {
		state = KNTP_STATE_UNSET;
		memset(&clock, 0, sizeof(clock));
		clock.leap = 3;
		clock.rootdisp_ns = 16000000000;
		age = 0;
	} else if (is("unsync")) {
		state = KNTP_STATE_UNSYNC;
		clock.leap = 3;
		clock.stratum = 0;
		clock.refid = 0x494e4954;
		clock.reftime_ns = 0;
	} else if (is("expired")) {
		state = KNTP_STATE_EXPIRED;
		clock.leap = 3;
		clock.stratum = 0;
		clock.refid = 0;
		age = 3600000000000;
	}
	knlmsg_put_clock(nlh, &clock);
	mnl_attr_put_u64(nlh, KNTP_A_CLOCK_AGE, age);
	mnl_attr_put_u32(nlh, KNTP_A_CLOCK_STATE, is("newer") ? 9 : state);
}

static void put_dev(struct nlmsghdr *nlh, uint32_t ifindex, const char *name,
		    enum kntp_hook hook)
{
	mnl_attr_put_u32(nlh, KNTP_A_DEV_IFINDEX, ifindex);
	mnl_attr_put_strz(nlh, KNTP_A_DEV_IFNAME, name);
	mnl_attr_put_u32(nlh, KNTP_A_DEV_HOOK, is("newer") ? 9 : hook);
	mnl_attr_put_u64(nlh, KNTP_A_DEV_REQUESTS, 1000 * ifindex);
	mnl_attr_put_u64(nlh, KNTP_A_DEV_REPLIES, 999 * ifindex);
	mnl_attr_put_strz(nlh, KNTP_A_DEV_RX_STAMP,
			  ifindex & 1 ? "hardware" : "clock");
	if (!(ifindex & 1))
		return;
	mnl_attr_put_u32(nlh, KNTP_A_DEV_PHC, 0);
	mnl_attr_put_u32(nlh, KNTP_A_DEV_STAMPING, 5);
	mnl_attr_put_u32(nlh, KNTP_A_DEV_RX_COMP, 320);
	mnl_attr_put_u32(nlh, KNTP_A_DEV_TX_COMP, (uint32_t)-7);
	mnl_attr_put_u64(nlh, KNTP_A_DEV_RX_HARDWARE, 2990);
	mnl_attr_put_u64(nlh, KNTP_A_DEV_RX_DRIVER, 7);
	mnl_attr_put_u64(nlh, KNTP_A_DEV_TX_MISSING, 2);
	mnl_attr_put_u64(nlh, KNTP_A_DEV_TX_DELAY, 4012);
	mnl_attr_put_u64(nlh, KNTP_A_DEV_TX_SPREAD, 130);
}

static void answer_clock(const struct nlmsghdr *request)
{
	struct nlmsghdr *nlh = fakenl_begin(request, FAMILY, 0,
					    KNTP_CMD_CLOCK_GET);

	put_clock(nlh);
	if (is("broken"))
		mnl_attr_put_u8(nlh, KNTP_A_CLOCK_AGE, 1);
	fakenl_push(nlh, nlh->nlmsg_len);
	fakenl_status(request, 0, NULL, 0);
}

static void answer_devs(const struct nlmsghdr *request)
{
	static const struct {
		const char *name;
		enum kntp_hook hook;
	} devs[] = {
		{ "eth0", KNTP_HOOK_INGRESS }, { "eth1", KNTP_HOOK_ROUTED },
		{ "longest-name-15", KNTP_HOOK_INPUT },
	};
	struct nlmsghdr *nlh;
	uint32_t i;

	for (i = 0; i < 3 && !is("empty"); i++) {
		nlh = fakenl_begin(request, FAMILY, NLM_F_MULTI,
				   KNTP_CMD_DEV_GET);
		put_dev(nlh, i + 2, devs[i].name, devs[i].hook);
		fakenl_push(nlh, nlh->nlmsg_len);
	}
	fakenl_done(request, 0);
}

static void answer_stats(const struct nlmsghdr *request)
{
	static const uint64_t canned[NTP_REASON_COUNT] = {
		[NTP_SERVED] = 120000, [NTP_SERVED_UNSYNC] = 42,
		[NTP_PASS_MODE] = 7, [NTP_PASS_NOTLOCAL] = 9000000000000,
		[NTP_DROP_CHECKSUM] = 3, [NTP_DROP_XMIT] = 1,
	};
	uint64_t sum = 0;
	struct nlmsghdr *nlh;
	struct nlattr *nest;
	int i;

	nlh = fakenl_begin(request, FAMILY, 0, KNTP_CMD_STATS_GET);
	nest = mnl_attr_nest_start(nlh, KNTP_A_STATS_REASONS);
	for (i = 0; i < NTP_REASON_COUNT; i++) {
		sum += is("empty") ? 0 : canned[i];
		mnl_attr_put_u64(nlh, (uint16_t)(KNTP_A_REASONS_SERVED + i),
				 is("empty") ? 0 : canned[i]);
	}
	mnl_attr_nest_end(nlh, nest);
	mnl_attr_put_u64(nlh, KNTP_A_STATS_REQUESTS, sum);
	mnl_attr_put_u64(nlh, KNTP_A_STATS_STAMP_DRIVER, is("empty") ? 0 : 53);
	mnl_attr_put_u64(nlh, KNTP_A_STATS_STAMP_CLOCK, is("empty") ? 0 : 120000);
	mnl_attr_put_u64(nlh, KNTP_A_STATS_STAMP_HARDWARE,
			 is("empty") ? 0 : 1011);
	mnl_attr_put_u64(nlh, KNTP_A_STATS_INTERLEAVED, is("empty") ? 0 : 17);
	fakenl_push(nlh, nlh->nlmsg_len);
	fakenl_status(request, 0, NULL, 0);
}

static void answer_clients(const struct nlmsghdr *request)
{
	static const struct knl_client clients[] = {
		{ { { [10] = 0xff, 0xff, 192, 0, 2, 7 } }, 41234, 4, 3, 100,
		  2000000000, 6400000000000, 64000000000, "hardware", true },
		{ { { [10] = 0xff, 0xff, 192, 0, 2, 200 } }, 123, 3, 3, 1,
		  1500000000, 1500000000, 0, "hardware", false },
		{ { { [10] = 0xff, 0xff, 198, 51, 100, 1 } }, 5, 1, 0, 900000,
		  120, 86400000000000, 1000000, "clock", false },
		{ { { 0x20, 1, 0xd, 0xb8, [15] = 1 } }, 65535, 4, 3, 100,
		  90000000000, 100000000000, 16000000000, "driver", true },
	};
	struct nlmsghdr *nlh;
	size_t i;

	for (i = 0; i < 4 && !is("empty"); i++) {
		nlh = fakenl_begin(request, FAMILY, NLM_F_MULTI,
				   KNTP_CMD_CLIENT_GET);
		mnl_attr_put(nlh, KNTP_A_CLIENT_ADDR, 16, &clients[i].addr);
		mnl_attr_put_u16(nlh, KNTP_A_CLIENT_PORT, clients[i].port);
		mnl_attr_put_u8(nlh, KNTP_A_CLIENT_VERSION, clients[i].version);
		mnl_attr_put_u8(nlh, KNTP_A_CLIENT_MODE, clients[i].mode);
		mnl_attr_put_u64(nlh, KNTP_A_CLIENT_COUNT, clients[i].count);
		mnl_attr_put_u64(nlh, KNTP_A_CLIENT_LAST, clients[i].last_ns);
		mnl_attr_put_u64(nlh, KNTP_A_CLIENT_FIRST, clients[i].first_ns);
		mnl_attr_put_u64(nlh, KNTP_A_CLIENT_INTERVAL,
				 clients[i].interval_ns);
		mnl_attr_put_strz(nlh, KNTP_A_CLIENT_RX_STAMP,
				  clients[i].rx_stamp);
		mnl_attr_put_u8(nlh, KNTP_A_CLIENT_INTERLEAVED,
				clients[i].is_interleaved);
		fakenl_push(nlh, nlh->nlmsg_len);
	}
	fakenl_done(request, 0);
}

static void answer_rules(const struct nlmsghdr *request)
{
	static const struct knl_restrict rules[] = {
		{ { { { 0 } }, 0, NTP_ACL_KOD | NTP_ACL_LIMITED |
				  NTP_ACL_NOMODIFY | NTP_ACL_NOPEER |
				  NTP_ACL_NOQUERY | NTP_ACL_NOTRAP }, 17 },
		{ { { { [15] = 1 } }, 128, 0 }, 0 },
		{ { { { [10] = 0xff, 0xff } }, 96, NTP_ACL_NOQUERY }, 120000 },
		{ { { { [10] = 0xff, 0xff, 192, 0, 2 } }, 120,
		    NTP_ACL_LIMITED }, 900 },
		{ { { { [10] = 0xff, 0xff, 192, 0, 2, 7 } }, 128,
		    NTP_ACL_IGNORE }, 1 },
		{ { { { [10] = 0xff, 0xff, 192, 0, 2, 7 } }, 128,
		    NTP_ACL_NTPPORT }, 0 },
		{ { { { 0x20, 1, 0xd, 0xb8 } }, 32, NTP_ACL_NOSERVE | 1 << 20 },
		  12345678901234 },
	};
	struct nlmsghdr *nlh;
	size_t i;

	for (i = 0; i < 7 && !is("empty"); i++) {
		nlh = fakenl_begin(request, FAMILY, NLM_F_MULTI,
				   KNTP_CMD_RESTRICT_GET);
		knlmsg_put_rule(nlh, &rules[i].rule);
		mnl_attr_put_u64(nlh, KNTP_A_RESTRICT_HITS, rules[i].hits);
		fakenl_push(nlh, nlh->nlmsg_len);
	}
	fakenl_done(request, 0);
}

static void answer_keys(const struct nlmsghdr *request)
{
	static const struct knl_key keys[] = {
		{ .id = 1, .type = KNTP_KEY_TYPE_MD5, .is_trusted = true },
		{ .id = 4, .type = KNTP_KEY_TYPE_CMAC, .is_trusted = true,
		  .peer = { { { { [10] = 0xff, 0xff, 192, 0, 2 } }, 120 },
			    { { { 0x20, 1, 0xd, 0xb8, [15] = 1 } }, 128 } },
		  .peer_n = 2 },
		{ .id = 11, .type = KNTP_KEY_TYPE_SHA1 },
		{ .id = 65534, .type = KNTP_KEY_TYPE_OTHER, .is_trusted = true },
	};
	struct nlmsghdr *nlh;
	struct knl_key key;
	size_t i;

	for (i = 0; i < 4 && !is("empty"); i++) {
		key = keys[i];
		if (is("newer"))
			key.type = 99;
		nlh = fakenl_begin(request, FAMILY, NLM_F_MULTI,
				   KNTP_CMD_KEY_GET);
		knlmsg_put_key(nlh, &key);
		fakenl_push(nlh, nlh->nlmsg_len);
	}
	fakenl_done(request, 0);
}

static void answer_server(const struct nlmsghdr *request)
{
	const struct knl_server server = {
		.limits = { .average_log2 = 3, .minimum_s = 2,
			    .prefix6 = is("empty") ? 0 : 64 },
		.clients = is("empty") ? 4096 : 0,
		.send_nak = !is("empty"),
	};
	struct nlmsghdr *nlh = fakenl_begin(request, FAMILY, 0,
					    KNTP_CMD_SERVER_GET);

	knlmsg_put_server(nlh, &server);
	mnl_attr_put_u8(nlh, KNTP_A_SERVER_STAGED, is("empty"));
	fakenl_push(nlh, nlh->nlmsg_len);
	fakenl_status(request, 0, NULL, 0);
}

static void tell_octets(const struct nlattr *attr)
{
	const uint8_t *octet = mnl_attr_get_payload(attr);
	int i;

	for (i = 0; i < mnl_attr_get_payload_len(attr); i++)
		fprintf(stderr, "%02x", octet[i]);
}

static void tell_nest(const struct nlattr *nest)
{
	const struct nlattr *attr;

	fputs("[", stderr);
	mnl_attr_for_each_nested(attr, nest) {
		fprintf(stderr, " %u=", mnl_attr_get_type(attr));
		tell_octets(attr);
	}
	fputs(" ]", stderr);
}

/* Numbers in host order. */
static void tell_value(const char *name, const struct nlattr *attr)
{
	const uint16_t len = mnl_attr_get_payload_len(attr);
	uint64_t value = 0;

	fprintf(stderr, " %s=", name);
	if (!strcmp(name, "ifname")) {
		fputs(mnl_attr_get_str(attr), stderr);
	} else if (!strcmp(name, "rule") || !strcmp(name, "peer")) {
		tell_nest(attr);
	} else if (!strcmp(name, "addr") || !strcmp(name, "secret")) {
		tell_octets(attr);
	} else {
		memcpy(&value, mnl_attr_get_payload(attr), len < 8 ? len : 8);
		fprintf(stderr, "%#llx/%u", (unsigned long long)value, len);
	}
}

/* A write: tell on stderr what came, attribute by attribute in host order. */
static void answer_write(const struct nlmsghdr *request, uint8_t cmd)
{
	const struct nlattr *attr;
	const char *name;
	uint32_t offset = 0;

	fprintf(stderr, "write %u:", cmd);
	mnl_attr_for_each(attr, request, GENL_HDRLEN) {
		name = knlmsg_attr_name(cmd, mnl_attr_get_type(attr));
		tell_value(name ? name : "?", attr);
		offset = (uint32_t)((const char *)attr - (const char *)request);
	}
	fputc('\n', stderr);
	if (is("denied"))
		fakenl_status(request, -EPERM, NULL, 0);
	else if (is("refused") && cmd == KNTP_CMD_DEV_ADD)
		fakenl_status(request, -EEXIST,
			      "the device is served already; change its hook with dev set",
			      offset);
	else if (is("refused") && cmd == KNTP_CMD_DEV_DEL)
		fakenl_status(request, -ENODEV,
			      "no such device in this network namespace; see ip link",
			      offset);
	else if (is("refused") && (cmd == KNTP_CMD_RESTRICT_DEL ||
				   cmd == KNTP_CMD_KEY_DEL))
		fakenl_status(request, -ENODATA, cmd == KNTP_CMD_KEY_DEL ?
			      "id: no key of this number; see key-get" :
			      "addr: no rule of this network, prefix and ntpport; see restrict-get",
			      offset);
	else if (is("refused"))
		fakenl_status(request, -ERANGE, "integer out of range", offset);
	else if (is("lacking") && cmd == KNTP_CMD_KEY_ADD)
		fakenl_status(request, 0,
			      "this kernel lacks the digest: requests with this key are left to the daemon",
			      0);
	else
		fakenl_status(request, 0, NULL, 0);
}

static void push_event(const struct nlmsghdr *nlh)
{
	fakenl_push_event(nlh, nlh->nlmsg_len);
}

static void push_events(void)
{
	struct nlmsghdr *nlh;

	push_event(fakenl_family(NULL, CTRL_CMD_DELFAMILY, "kntp", FAMILY,
				 "events", GROUP));
	push_event(fakenl_family(NULL, CTRL_CMD_NEWFAMILY, "kntp", FAMILY,
				 "events", GROUP));
	nlh = fakenl_begin(NULL, FAMILY, 0, KNTP_CMD_DEV_ADD_NTF);
	put_dev(nlh, 2, "eth0", KNTP_HOOK_ROUTED);
	push_event(nlh);
	nlh = fakenl_begin(NULL, FAMILY, 0, KNTP_CMD_CLOCK_NTF);
	put_clock(nlh);
	push_event(nlh);
	nlh = fakenl_begin(NULL, FAMILY, 0, KNTP_CMD_CONFIG_NTF);
	push_event(nlh);
	fakenl_push_errno(ENOBUFS, 1);
	nlh = fakenl_begin(NULL, FAMILY, 0, KNTP_CMD_DEV_DEL_NTF);
	put_dev(nlh, 2, "eth0", KNTP_HOOK_ROUTED);
	push_event(nlh);
}

static void answer_nlctrl(const struct nlmsghdr *request)
{
	const struct nlattr *attr;
	const struct nlmsghdr *nlh;
	const char *name = "";

	mnl_attr_for_each(attr, request, GENL_HDRLEN)
		if (mnl_attr_get_type(attr) == CTRL_ATTR_FAMILY_NAME)
			name = mnl_attr_get_str(attr);
	if (!strcmp(name, "kntp") && is("absent")) {
		fakenl_status(request, -ENOENT, NULL, 0);
		return;
	}
	if (!strcmp(name, "kntp")) {
		nlh = fakenl_family(request, CTRL_CMD_NEWFAMILY, "kntp", FAMILY,
				    "events", GROUP);
	} else {
		push_events();
		nlh = fakenl_family(request, CTRL_CMD_NEWFAMILY, "nlctrl",
				    GENL_ID_CTRL, "notify", NOTIFY_GROUP);
	}
	fakenl_push(nlh, nlh->nlmsg_len);
	fakenl_status(request, 0, NULL, 0);
}

static void answer(const struct nlmsghdr *request)
{
	const struct genlmsghdr *genl = mnl_nlmsg_get_payload(request);

	if (request->nlmsg_type == GENL_ID_CTRL) {
		answer_nlctrl(request);
		return;
	}
	switch (genl->cmd) {
	case KNTP_CMD_CLOCK_GET:
		answer_clock(request);
		break;
	case KNTP_CMD_DEV_GET:
		answer_devs(request);
		break;
	case KNTP_CMD_STATS_GET:
		answer_stats(request);
		break;
	case KNTP_CMD_CLIENT_GET:
		answer_clients(request);
		break;
	case KNTP_CMD_RESTRICT_GET:
		answer_rules(request);
		break;
	case KNTP_CMD_KEY_GET:
		answer_keys(request);
		break;
	case KNTP_CMD_SERVER_GET:
		answer_server(request);
		break;
	default:
		answer_write(request, genl->cmd);
	}
}

__attribute__((constructor)) static void start(void)
{
	scenario = getenv("KNTP_FAKE");
	if (!scenario)
		scenario = "sync";
	fakenl_start(answer);
}
