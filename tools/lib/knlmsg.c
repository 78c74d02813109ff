// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <arpa/inet.h>
#include <libmnl/libmnl.h>

#include "tools/lib/knlmsg.h"

/*
 * The module's attributes of a reason follow its own enum: what makes the loop
 * in knlmsg_get_stats() right.
 */
#define KNLMSG_CHECK_REASON(NAME, name, verdict)			\
	_Static_assert((int)KNTP_A_REASONS_##NAME ==			\
		       (int)NTP_##NAME + KNTP_A_REASONS_SERVED,		\
		       "reason and attribute differ");
NTP_REASONS(KNLMSG_CHECK_REASON)
_Static_assert((int)KNTP_A_REASONS_MAX ==
	       (int)NTP_REASON_COUNT - 1 + KNTP_A_REASONS_SERVED,
	       "a reason without an attribute, or the other way round");

/* Set as flags of a rule: the message is of no use without the attribute. */
#define KNLMSG_NEEDED	0x80

struct knlmsg_rule {
	uint8_t type;		/* MNL_TYPE_*, MNL_TYPE_UNSPEC: skip */
	uint16_t len;		/* exact for binary, highest for strings */
};

/*
 * Sort attributes into tb[] by type, tb[max] being the last. Fails where the
 * chain is broken, a known attribute has a wrong length or a needed one lacks.
 */
static int knlmsg_sort(const void *start, size_t len,
		       const struct knlmsg_rule *rules, unsigned int max,
		       const struct nlattr **tb)
{
	const uint8_t *p = start, *end = p + len;
	const struct nlattr *attr;
	unsigned int type;
	size_t step;

	memset(tb, 0, (max + 1) * sizeof(*tb));
	for (; p < end; p += step) {
		attr = (const struct nlattr *)p;
		if (!mnl_attr_ok(attr, (int)(end - p)))
			return -EBADMSG;
		step = MNL_ALIGN(attr->nla_len);
		if (step > (size_t)(end - p))
			step = (size_t)(end - p);

		type = mnl_attr_get_type(attr);
		if (type > max || (rules[type].type & ~KNLMSG_NEEDED) ==
		    MNL_TYPE_UNSPEC)
			continue;
		if (mnl_attr_validate(attr, rules[type].type & ~KNLMSG_NEEDED) < 0)
			return -EBADMSG;
		if (rules[type].len &&
		    (mnl_attr_get_payload_len(attr) > rules[type].len ||
		     ((rules[type].type & ~KNLMSG_NEEDED) == MNL_TYPE_BINARY &&
		      mnl_attr_get_payload_len(attr) != rules[type].len)))
			return -EBADMSG;
		tb[type] = attr;
	}
	for (type = 0; type <= max; type++)
		if ((rules[type].type & KNLMSG_NEEDED) && !tb[type])
			return -EBADMSG;
	return 0;
}

static int knlmsg_sort_genl(const struct nlmsghdr *nlh,
			    const struct knlmsg_rule *rules, unsigned int max,
			    const struct nlattr **tb)
{
	size_t len = mnl_nlmsg_get_payload_len(nlh);

	if (len < GENL_HDRLEN)
		return -EBADMSG;
	return knlmsg_sort(mnl_nlmsg_get_payload_offset(nlh, GENL_HDRLEN),
			   len - GENL_HDRLEN, rules, max, tb);
}

static int knlmsg_sort_nest(const struct nlattr *nest,
			    const struct knlmsg_rule *rules, unsigned int max,
			    const struct nlattr **tb)
{
	return knlmsg_sort(mnl_attr_get_payload(nest),
			   mnl_attr_get_payload_len(nest), rules, max, tb);
}

static uint64_t knlmsg_u64(const struct nlattr *attr)
{
	return attr ? mnl_attr_get_u64(attr) : 0;
}

static uint32_t knlmsg_u32(const struct nlattr *attr)
{
	return attr ? mnl_attr_get_u32(attr) : 0;
}

static uint16_t knlmsg_u16(const struct nlattr *attr)
{
	return attr ? mnl_attr_get_u16(attr) : 0;
}

static uint8_t knlmsg_u8(const struct nlattr *attr)
{
	return attr ? mnl_attr_get_u8(attr) : 0;
}

static void knlmsg_string(const struct nlattr *attr, char *to, size_t size)
{
	snprintf(to, size, "%s", attr ? mnl_attr_get_str(attr) : "");
}

static int knlmsg_get_group(const struct nlattr *groups, const char *name,
			    uint32_t *id)
{
	static const struct knlmsg_rule rules[] = {
		[CTRL_ATTR_MCAST_GRP_NAME] = { MNL_TYPE_NUL_STRING, GENL_NAMSIZ },
		[CTRL_ATTR_MCAST_GRP_ID] = { MNL_TYPE_U32, 0 },
	};
	const struct nlattr *tb[CTRL_ATTR_MCAST_GRP_ID + 1], *group;

	mnl_attr_for_each_nested(group, groups) {
		if (knlmsg_sort_nest(group, rules, CTRL_ATTR_MCAST_GRP_ID, tb))
			return -EBADMSG;
		if (tb[CTRL_ATTR_MCAST_GRP_NAME] && tb[CTRL_ATTR_MCAST_GRP_ID] &&
		    !strcmp(mnl_attr_get_str(tb[CTRL_ATTR_MCAST_GRP_NAME]), name))
			*id = mnl_attr_get_u32(tb[CTRL_ATTR_MCAST_GRP_ID]);
	}
	return 0;
}

int knlmsg_get_family(const struct nlmsghdr *nlh, const char *group,
		      struct knlmsg_family *family)
{
	static const struct knlmsg_rule rules[] = {
		[CTRL_ATTR_FAMILY_ID] = { MNL_TYPE_U16 | KNLMSG_NEEDED, 0 },
		[CTRL_ATTR_FAMILY_NAME] = {
			MNL_TYPE_NUL_STRING | KNLMSG_NEEDED, GENL_NAMSIZ
		},
		[CTRL_ATTR_MCAST_GROUPS] = { MNL_TYPE_NESTED, 0 },
	};
	const struct nlattr *tb[CTRL_ATTR_MCAST_GROUPS + 1];

	memset(family, 0, sizeof(*family));
	if (knlmsg_sort_genl(nlh, rules, CTRL_ATTR_MCAST_GROUPS, tb))
		return -EBADMSG;
	family->id = mnl_attr_get_u16(tb[CTRL_ATTR_FAMILY_ID]);
	knlmsg_string(tb[CTRL_ATTR_FAMILY_NAME], family->name,
		      sizeof(family->name));
	if (!tb[CTRL_ATTR_MCAST_GROUPS])
		return 0;
	return knlmsg_get_group(tb[CTRL_ATTR_MCAST_GROUPS], group,
				&family->group);
}

int knlmsg_get_error(const struct nlmsghdr *nlh, struct knlmsg_error *error)
{
	static const struct knlmsg_rule rules[] = {
		[NLMSGERR_ATTR_MSG] = { MNL_TYPE_NUL_STRING, 0 },
		[NLMSGERR_ATTR_OFFS] = { MNL_TYPE_U32, 0 },
		[NLMSGERR_ATTR_MISS_TYPE] = { MNL_TYPE_U32, 0 },
	};
	const struct nlattr *tb[NLMSGERR_ATTR_MISS_TYPE + 1];
	size_t len = mnl_nlmsg_get_payload_len(nlh), fixed = sizeof(int);
	const struct nlmsgerr *msg;
	int err;

	memset(error, 0, sizeof(*error));
	/* An old kernel may end a dump without telling its status. */
	if (nlh->nlmsg_type == NLMSG_DONE && !len)
		return 0;
	if (nlh->nlmsg_type == NLMSG_ERROR)
		fixed = sizeof(struct nlmsgerr);
	if (len < fixed)
		return -EBADMSG;
	memcpy(&err, mnl_nlmsg_get_payload(nlh), sizeof(err));
	error->err = err;

	/* The text follows the request, unless the request was left out. */
	if (nlh->nlmsg_type == NLMSG_ERROR && !(nlh->nlmsg_flags & NLM_F_CAPPED)) {
		msg = mnl_nlmsg_get_payload(nlh);
		if (msg->msg.nlmsg_len > sizeof(msg->msg))
			fixed += MNL_ALIGN(msg->msg.nlmsg_len -
					   sizeof(msg->msg));
	}
	if (!(nlh->nlmsg_flags & NLM_F_ACK_TLVS) || len <= fixed)
		return 0;
	/* A status with a garbled text is still a status. */
	if (knlmsg_sort(mnl_nlmsg_get_payload_offset(nlh, fixed), len - fixed,
			rules, NLMSGERR_ATTR_MISS_TYPE, tb))
		return 0;
	knlmsg_string(tb[NLMSGERR_ATTR_MSG], error->text, sizeof(error->text));
	error->offset = knlmsg_u32(tb[NLMSGERR_ATTR_OFFS]);
	error->missing = knlmsg_u32(tb[NLMSGERR_ATTR_MISS_TYPE]);
	return 0;
}

int knlmsg_get_clock(const struct nlmsghdr *nlh, struct knl_clock *clock)
{
	static const struct knlmsg_rule rules[] = {
		[KNTP_A_CLOCK_LEAP] = { MNL_TYPE_U8, 0 },
		[KNTP_A_CLOCK_STRATUM] = { MNL_TYPE_U8, 0 },
		[KNTP_A_CLOCK_PRECISION] = { MNL_TYPE_U8, 0 },
		[KNTP_A_CLOCK_REFID] = { MNL_TYPE_U32, 0 },
		[KNTP_A_CLOCK_REFTIME] = { MNL_TYPE_U64, 0 },
		[KNTP_A_CLOCK_ROOTDELAY] = { MNL_TYPE_U64, 0 },
		[KNTP_A_CLOCK_ROOTDISP] = { MNL_TYPE_U64, 0 },
		[KNTP_A_CLOCK_DRIFT_PPB] = { MNL_TYPE_U32, 0 },
		[KNTP_A_CLOCK_VALIDITY] = { MNL_TYPE_U32, 0 },
		[KNTP_A_CLOCK_AGE] = { MNL_TYPE_U64, 0 },
		[KNTP_A_CLOCK_STATE] = { MNL_TYPE_U32 | KNLMSG_NEEDED, 0 },
		[KNTP_A_CLOCK_PAD] = { MNL_TYPE_UNSPEC, 0 },
		[KNTP_A_CLOCK_SMEAR_INTERVAL] = { MNL_TYPE_U32, 0 },
		[KNTP_A_CLOCK_SMEAR_END] = { MNL_TYPE_U64, 0 },
		[KNTP_A_CLOCK_SMEAR_LEFT] = { MNL_TYPE_U64, 0 },
	};
	const struct nlattr *tb[KNTP_A_CLOCK_MAX + 1];

	memset(clock, 0, sizeof(*clock));
	if (knlmsg_sort_genl(nlh, rules, KNTP_A_CLOCK_MAX, tb))
		return -EBADMSG;
	clock->leap = knlmsg_u8(tb[KNTP_A_CLOCK_LEAP]);
	clock->stratum = knlmsg_u8(tb[KNTP_A_CLOCK_STRATUM]);
	clock->precision = (int8_t)knlmsg_u8(tb[KNTP_A_CLOCK_PRECISION]);
	clock->refid = ntohl(knlmsg_u32(tb[KNTP_A_CLOCK_REFID]));
	clock->reftime_ns = knlmsg_u64(tb[KNTP_A_CLOCK_REFTIME]);
	clock->rootdelay_ns = knlmsg_u64(tb[KNTP_A_CLOCK_ROOTDELAY]);
	clock->rootdisp_ns = knlmsg_u64(tb[KNTP_A_CLOCK_ROOTDISP]);
	clock->drift_ppb = knlmsg_u32(tb[KNTP_A_CLOCK_DRIFT_PPB]);
	clock->validity_ms = knlmsg_u32(tb[KNTP_A_CLOCK_VALIDITY]);
	clock->age_ns = knlmsg_u64(tb[KNTP_A_CLOCK_AGE]);
	clock->state = knlmsg_u32(tb[KNTP_A_CLOCK_STATE]);
	clock->smear_interval_s = knlmsg_u32(tb[KNTP_A_CLOCK_SMEAR_INTERVAL]);
	clock->smear_end_s = knlmsg_u64(tb[KNTP_A_CLOCK_SMEAR_END]);
	clock->smear_left_ns = (int64_t)knlmsg_u64(tb[KNTP_A_CLOCK_SMEAR_LEFT]);
	return 0;
}

static void knlmsg_get_stamping(const struct nlattr *const *tb,
				struct knl_dev *dev)
{
	dev->phc = tb[KNTP_A_DEV_PHC] ? knlmsg_u32(tb[KNTP_A_DEV_PHC]) :
					KNTP_PHC_NONE;
	dev->stamping = knlmsg_u32(tb[KNTP_A_DEV_STAMPING]);
	dev->rx_comp_ns = (int32_t)knlmsg_u32(tb[KNTP_A_DEV_RX_COMP]);
	dev->tx_comp_ns = (int32_t)knlmsg_u32(tb[KNTP_A_DEV_TX_COMP]);
	dev->rx_hardware = knlmsg_u64(tb[KNTP_A_DEV_RX_HARDWARE]);
	dev->rx_driver = knlmsg_u64(tb[KNTP_A_DEV_RX_DRIVER]);
	dev->rx_clock = knlmsg_u64(tb[KNTP_A_DEV_RX_CLOCK]);
	dev->rx_refused = knlmsg_u64(tb[KNTP_A_DEV_RX_REFUSED]);
	dev->tx_asked = knlmsg_u64(tb[KNTP_A_DEV_TX_ASKED]);
	dev->tx_hardware = knlmsg_u64(tb[KNTP_A_DEV_TX_HARDWARE]);
	dev->tx_driver = knlmsg_u64(tb[KNTP_A_DEV_TX_DRIVER]);
	dev->tx_late = knlmsg_u64(tb[KNTP_A_DEV_TX_LATE]);
	dev->tx_refused = knlmsg_u64(tb[KNTP_A_DEV_TX_REFUSED]);
	dev->tx_missing = knlmsg_u64(tb[KNTP_A_DEV_TX_MISSING]);
	dev->tx_lost = knlmsg_u64(tb[KNTP_A_DEV_TX_LOST]);
	dev->has_tx_delay = tb[KNTP_A_DEV_TX_DELAY];
	dev->tx_delay_ns = (int64_t)knlmsg_u64(tb[KNTP_A_DEV_TX_DELAY]);
	dev->tx_spread_ns = knlmsg_u64(tb[KNTP_A_DEV_TX_SPREAD]);
}

int knlmsg_get_dev(const struct nlmsghdr *nlh, struct knl_dev *dev)
{
	static const struct knlmsg_rule rules[] = {
		[KNTP_A_DEV_IFINDEX] = { MNL_TYPE_U32 | KNLMSG_NEEDED, 0 },
		[KNTP_A_DEV_IFNAME] = {
			MNL_TYPE_NUL_STRING | KNLMSG_NEEDED, IF_NAMESIZE
		},
		[KNTP_A_DEV_HOOK] = { MNL_TYPE_U32, 0 },
		[KNTP_A_DEV_REQUESTS] = { MNL_TYPE_U64, 0 },
		[KNTP_A_DEV_REPLIES] = { MNL_TYPE_U64, 0 },
		[KNTP_A_DEV_RX_STAMP] = { MNL_TYPE_NUL_STRING, 0 },
		[KNTP_A_DEV_PAD] = { MNL_TYPE_UNSPEC, 0 },
		[KNTP_A_DEV_PHC ... KNTP_A_DEV_TX_COMP] = { MNL_TYPE_U32, 0 },
		[KNTP_A_DEV_RX_HARDWARE ... KNTP_A_DEV_TX_SPREAD] = {
			MNL_TYPE_U64, 0
		},
	};
	const struct nlattr *tb[KNTP_A_DEV_MAX + 1];

	memset(dev, 0, sizeof(*dev));
	if (knlmsg_sort_genl(nlh, rules, KNTP_A_DEV_MAX, tb))
		return -EBADMSG;
	dev->ifindex = knlmsg_u32(tb[KNTP_A_DEV_IFINDEX]);
	knlmsg_string(tb[KNTP_A_DEV_IFNAME], dev->ifname, sizeof(dev->ifname));
	dev->hook = knlmsg_u32(tb[KNTP_A_DEV_HOOK]);
	dev->requests = knlmsg_u64(tb[KNTP_A_DEV_REQUESTS]);
	dev->replies = knlmsg_u64(tb[KNTP_A_DEV_REPLIES]);
	knlmsg_string(tb[KNTP_A_DEV_RX_STAMP], dev->rx_stamp,
		      sizeof(dev->rx_stamp));
	knlmsg_get_stamping(tb, dev);
	return 0;
}

int knlmsg_get_stats(const struct nlmsghdr *nlh, struct knl_stats *stats)
{
	static const struct knlmsg_rule rules[] = {
		[KNTP_A_STATS_REQUESTS] = { MNL_TYPE_U64 | KNLMSG_NEEDED, 0 },
		[KNTP_A_STATS_REASONS] = { MNL_TYPE_NESTED | KNLMSG_NEEDED, 0 },
		[KNTP_A_STATS_STAMP_DRIVER] = { MNL_TYPE_U64, 0 },
		[KNTP_A_STATS_STAMP_CLOCK] = { MNL_TYPE_U64, 0 },
		[KNTP_A_STATS_PAD] = { MNL_TYPE_UNSPEC, 0 },
		[KNTP_A_STATS_STAMP_HARDWARE] = { MNL_TYPE_U64, 0 },
		[KNTP_A_STATS_INTERLEAVED] = { MNL_TYPE_U64, 0 },
	};
	static const struct knlmsg_rule counters[] = {
		[KNTP_A_REASONS_PAD] = { MNL_TYPE_UNSPEC, 0 },
		[KNTP_A_REASONS_SERVED ... KNTP_A_REASONS_MAX] = { MNL_TYPE_U64, 0 },
	};
	const struct nlattr *tb[KNTP_A_STATS_MAX + 1];
	const struct nlattr *nest[KNTP_A_REASONS_MAX + 1];
	unsigned int i;

	memset(stats, 0, sizeof(*stats));
	if (knlmsg_sort_genl(nlh, rules, KNTP_A_STATS_MAX, tb) ||
	    knlmsg_sort_nest(tb[KNTP_A_STATS_REASONS], counters,
			     KNTP_A_REASONS_MAX, nest))
		return -EBADMSG;
	stats->requests = knlmsg_u64(tb[KNTP_A_STATS_REQUESTS]);
	stats->stamp_driver = knlmsg_u64(tb[KNTP_A_STATS_STAMP_DRIVER]);
	stats->stamp_clock = knlmsg_u64(tb[KNTP_A_STATS_STAMP_CLOCK]);
	stats->stamp_hardware = knlmsg_u64(tb[KNTP_A_STATS_STAMP_HARDWARE]);
	stats->interleaved = knlmsg_u64(tb[KNTP_A_STATS_INTERLEAVED]);
	for (i = 0; i < NTP_REASON_COUNT; i++)
		stats->reason[i] = knlmsg_u64(nest[KNTP_A_REASONS_SERVED + i]);
	return 0;
}

int knlmsg_get_client(const struct nlmsghdr *nlh, struct knl_client *client)
{
	static const struct knlmsg_rule rules[] = {
		[KNTP_A_CLIENT_ADDR] = {
			MNL_TYPE_BINARY | KNLMSG_NEEDED, sizeof(struct ntp_addr)
		},
		[KNTP_A_CLIENT_PORT] = { MNL_TYPE_U16, 0 },
		[KNTP_A_CLIENT_VERSION] = { MNL_TYPE_U8, 0 },
		[KNTP_A_CLIENT_MODE] = { MNL_TYPE_U8, 0 },
		[KNTP_A_CLIENT_COUNT] = { MNL_TYPE_U64, 0 },
		[KNTP_A_CLIENT_LAST] = { MNL_TYPE_U64, 0 },
		[KNTP_A_CLIENT_FIRST] = { MNL_TYPE_U64, 0 },
		[KNTP_A_CLIENT_INTERVAL] = { MNL_TYPE_U64, 0 },
		[KNTP_A_CLIENT_PAD] = { MNL_TYPE_UNSPEC, 0 },
		[KNTP_A_CLIENT_RX_STAMP] = { MNL_TYPE_NUL_STRING, 0 },
		[KNTP_A_CLIENT_INTERLEAVED] = { MNL_TYPE_U8, 0 },
	};
	const struct nlattr *tb[KNTP_A_CLIENT_MAX + 1];

	memset(client, 0, sizeof(*client));
	if (knlmsg_sort_genl(nlh, rules, KNTP_A_CLIENT_MAX, tb))
		return -EBADMSG;
	memcpy(&client->addr, mnl_attr_get_payload(tb[KNTP_A_CLIENT_ADDR]),
	       sizeof(client->addr));
	client->port = knlmsg_u16(tb[KNTP_A_CLIENT_PORT]);
	client->version = knlmsg_u8(tb[KNTP_A_CLIENT_VERSION]);
	client->mode = knlmsg_u8(tb[KNTP_A_CLIENT_MODE]);
	client->count = knlmsg_u64(tb[KNTP_A_CLIENT_COUNT]);
	client->last_ns = knlmsg_u64(tb[KNTP_A_CLIENT_LAST]);
	client->first_ns = knlmsg_u64(tb[KNTP_A_CLIENT_FIRST]);
	client->interval_ns = knlmsg_u64(tb[KNTP_A_CLIENT_INTERVAL]);
	knlmsg_string(tb[KNTP_A_CLIENT_RX_STAMP], client->rx_stamp,
		      sizeof(client->rx_stamp));
	client->is_interleaved = knlmsg_u8(tb[KNTP_A_CLIENT_INTERLEAVED]);
	return 0;
}

int knlmsg_get_server(const struct nlmsghdr *nlh, struct knl_server *server)
{
	static const struct knlmsg_rule rules[] = {
		[KNTP_A_SERVER_AVERAGE] = { MNL_TYPE_U8 | KNLMSG_NEEDED, 0 },
		[KNTP_A_SERVER_MINIMUM] = { MNL_TYPE_U8 | KNLMSG_NEEDED, 0 },
		[KNTP_A_SERVER_PREFIX6] = { MNL_TYPE_U8, 0 },
		[KNTP_A_SERVER_NAK] = { MNL_TYPE_U8, 0 },
		[KNTP_A_SERVER_STAGED] = { MNL_TYPE_U8, 0 },
		[KNTP_A_SERVER_CLIENTS] = { MNL_TYPE_U32, 0 },
	};
	const struct nlattr *tb[KNTP_A_SERVER_MAX + 1];

	memset(server, 0, sizeof(*server));
	if (knlmsg_sort_genl(nlh, rules, KNTP_A_SERVER_MAX, tb))
		return -EBADMSG;
	server->limits.average_log2 = knlmsg_u8(tb[KNTP_A_SERVER_AVERAGE]);
	server->limits.minimum_s = knlmsg_u8(tb[KNTP_A_SERVER_MINIMUM]);
	server->limits.prefix6 = knlmsg_u8(tb[KNTP_A_SERVER_PREFIX6]);
	server->send_nak = knlmsg_u8(tb[KNTP_A_SERVER_NAK]);
	server->is_staged = knlmsg_u8(tb[KNTP_A_SERVER_STAGED]);
	server->clients = knlmsg_u32(tb[KNTP_A_SERVER_CLIENTS]);
	return 0;
}

int knlmsg_get_restrict(const struct nlmsghdr *nlh, struct knl_restrict *r)
{
	static const struct knlmsg_rule rules[] = {
		[KNTP_A_RESTRICT_ADDR] = {
			MNL_TYPE_BINARY | KNLMSG_NEEDED, sizeof(struct ntp_addr)
		},
		[KNTP_A_RESTRICT_PREFIX] = { MNL_TYPE_U8 | KNLMSG_NEEDED, 0 },
		[KNTP_A_RESTRICT_FLAGS] = { MNL_TYPE_U32, 0 },
		[KNTP_A_RESTRICT_HITS] = { MNL_TYPE_U64, 0 },
		[KNTP_A_RESTRICT_RULE] = { MNL_TYPE_UNSPEC, 0 },
		[KNTP_A_RESTRICT_PAD] = { MNL_TYPE_UNSPEC, 0 },
	};
	const struct nlattr *tb[KNTP_A_RESTRICT_MAX + 1];

	memset(r, 0, sizeof(*r));
	if (knlmsg_sort_genl(nlh, rules, KNTP_A_RESTRICT_MAX, tb))
		return -EBADMSG;
	memcpy(&r->rule.addr, mnl_attr_get_payload(tb[KNTP_A_RESTRICT_ADDR]),
	       sizeof(r->rule.addr));
	r->rule.prefix = knlmsg_u8(tb[KNTP_A_RESTRICT_PREFIX]);
	r->rule.flags = knlmsg_u32(tb[KNTP_A_RESTRICT_FLAGS]);
	r->hits = knlmsg_u64(tb[KNTP_A_RESTRICT_HITS]);
	return 0;
}

static int knlmsg_get_peer(const struct nlattr *nest, struct ntp_key_peer *peer)
{
	static const struct knlmsg_rule rules[] = {
		[KNTP_A_KEY_ADDR] = {
			MNL_TYPE_BINARY | KNLMSG_NEEDED, sizeof(struct ntp_addr)
		},
		[KNTP_A_KEY_PREFIX] = { MNL_TYPE_U8 | KNLMSG_NEEDED, 0 },
	};
	const struct nlattr *tb[KNTP_A_KEY_PREFIX + 1];

	if (knlmsg_sort_nest(nest, rules, KNTP_A_KEY_PREFIX, tb))
		return -EBADMSG;
	memcpy(&peer->addr, mnl_attr_get_payload(tb[KNTP_A_KEY_ADDR]),
	       sizeof(peer->addr));
	peer->prefix = knlmsg_u8(tb[KNTP_A_KEY_PREFIX]);
	return 0;
}

int knlmsg_get_key(const struct nlmsghdr *nlh, struct knl_key *key)
{
	static const struct knlmsg_rule rules[] = {
		[KNTP_A_KEY_ID] = { MNL_TYPE_U32 | KNLMSG_NEEDED, 0 },
		[KNTP_A_KEY_TYPE] = { MNL_TYPE_U32 | KNLMSG_NEEDED, 0 },
		[KNTP_A_KEY_TRUSTED] = { MNL_TYPE_U8, 0 },
		[KNTP_A_KEY_PEER] = { MNL_TYPE_NESTED, 0 },
	};
	const struct nlattr *tb[KNTP_A_KEY_PEER + 1], *attr;

	memset(key, 0, sizeof(*key));
	if (knlmsg_sort_genl(nlh, rules, KNTP_A_KEY_PEER, tb))
		return -EBADMSG;
	key->id = knlmsg_u32(tb[KNTP_A_KEY_ID]);
	key->type = knlmsg_u32(tb[KNTP_A_KEY_TYPE]);
	key->is_trusted = knlmsg_u8(tb[KNTP_A_KEY_TRUSTED]);
	/* The chain is sound, knlmsg_sort() has walked along it. */
	mnl_attr_for_each(attr, nlh, GENL_HDRLEN) {
		if (mnl_attr_get_type(attr) != KNTP_A_KEY_PEER)
			continue;
		if (key->peer_n == NTP_KEY_PEERS_MAX ||
		    knlmsg_get_peer(attr, &key->peer[key->peer_n]))
			return -EBADMSG;
		key->peer_n++;
	}
	return 0;
}

int knlmsg_get_phc(const struct nlmsghdr *nlh, struct knl_phc *phc)
{
	static const struct knlmsg_rule rules[] = {
		[KNTP_A_PHC_INDEX] = { MNL_TYPE_U32 | KNLMSG_NEEDED, 0 },
		[KNTP_A_PHC_TIME ... KNTP_A_PHC_REAL] = { MNL_TYPE_U64, 0 },
		[KNTP_A_PHC_RATE ... KNTP_A_PHC_DRIFT] = { MNL_TYPE_U32, 0 },
		[KNTP_A_PHC_MONO_OFFSET] = { MNL_TYPE_U64, 0 },
		[KNTP_A_PHC_VALIDITY] = { MNL_TYPE_U32, 0 },
		[KNTP_A_PHC_AGE] = { MNL_TYPE_U64, 0 },
		[KNTP_A_PHC_STATE] = { MNL_TYPE_U32 | KNLMSG_NEEDED, 0 },
		[KNTP_A_PHC_USES ... KNTP_A_PHC_REFUSED] = { MNL_TYPE_U64, 0 },
		[KNTP_A_PHC_PAD] = { MNL_TYPE_UNSPEC, 0 },
	};
	const struct nlattr *tb[KNTP_A_PHC_MAX + 1];

	memset(phc, 0, sizeof(*phc));
	if (knlmsg_sort_genl(nlh, rules, KNTP_A_PHC_MAX, tb))
		return -EBADMSG;
	phc->index = knlmsg_u32(tb[KNTP_A_PHC_INDEX]);
	phc->time_ns = knlmsg_u64(tb[KNTP_A_PHC_TIME]);
	phc->real_ns = (int64_t)knlmsg_u64(tb[KNTP_A_PHC_REAL]);
	phc->rate = (int32_t)knlmsg_u32(tb[KNTP_A_PHC_RATE]);
	phc->error_ns = knlmsg_u32(tb[KNTP_A_PHC_ERROR]);
	phc->drift_ppb = knlmsg_u32(tb[KNTP_A_PHC_DRIFT]);
	phc->mono_offset_ns = (int64_t)knlmsg_u64(tb[KNTP_A_PHC_MONO_OFFSET]);
	phc->validity_ms = knlmsg_u32(tb[KNTP_A_PHC_VALIDITY]);
	phc->age_ns = knlmsg_u64(tb[KNTP_A_PHC_AGE]);
	phc->state = knlmsg_u32(tb[KNTP_A_PHC_STATE]);
	phc->uses = knlmsg_u64(tb[KNTP_A_PHC_USES]);
	phc->refused = knlmsg_u64(tb[KNTP_A_PHC_REFUSED]);
	return 0;
}

void knlmsg_put_clock(struct nlmsghdr *nlh, const struct knl_clock *clock)
{
	mnl_attr_put_u8(nlh, KNTP_A_CLOCK_LEAP, clock->leap);
	mnl_attr_put_u8(nlh, KNTP_A_CLOCK_STRATUM, clock->stratum);
	mnl_attr_put_u8(nlh, KNTP_A_CLOCK_PRECISION, (uint8_t)clock->precision);
	mnl_attr_put_u32(nlh, KNTP_A_CLOCK_REFID, htonl(clock->refid));
	mnl_attr_put_u64(nlh, KNTP_A_CLOCK_REFTIME, clock->reftime_ns);
	mnl_attr_put_u64(nlh, KNTP_A_CLOCK_ROOTDELAY, clock->rootdelay_ns);
	mnl_attr_put_u64(nlh, KNTP_A_CLOCK_ROOTDISP, clock->rootdisp_ns);
	mnl_attr_put_u32(nlh, KNTP_A_CLOCK_DRIFT_PPB, clock->drift_ppb);
	mnl_attr_put_u32(nlh, KNTP_A_CLOCK_VALIDITY, clock->validity_ms);
	if (!clock->smear_interval_s)
		return;
	mnl_attr_put_u32(nlh, KNTP_A_CLOCK_SMEAR_INTERVAL,
			 clock->smear_interval_s);
	mnl_attr_put_u64(nlh, KNTP_A_CLOCK_SMEAR_END, clock->smear_end_s);
	mnl_attr_put_u64(nlh, KNTP_A_CLOCK_SMEAR_LEFT,
			 (uint64_t)clock->smear_left_ns);
}

void knlmsg_put_dev(struct nlmsghdr *nlh, const struct knl_dev *dev)
{
	if (dev->ifindex)
		mnl_attr_put_u32(nlh, KNTP_A_DEV_IFINDEX, dev->ifindex);
	else
		mnl_attr_put_strz(nlh, KNTP_A_DEV_IFNAME, dev->ifname);
}

void knlmsg_put_hook(struct nlmsghdr *nlh, enum kntp_hook hook)
{
	mnl_attr_put_u32(nlh, KNTP_A_DEV_HOOK, hook);
}

void knlmsg_put_stamping(struct nlmsghdr *nlh, const struct knl_dev *dev)
{
	mnl_attr_put_u32(nlh, KNTP_A_DEV_PHC, dev->phc);
	mnl_attr_put_u32(nlh, KNTP_A_DEV_STAMPING, dev->stamping);
	mnl_attr_put_u32(nlh, KNTP_A_DEV_RX_COMP, (uint32_t)dev->rx_comp_ns);
	mnl_attr_put_u32(nlh, KNTP_A_DEV_TX_COMP, (uint32_t)dev->tx_comp_ns);
}

void knlmsg_put_phc(struct nlmsghdr *nlh, const struct knl_phc *phc)
{
	mnl_attr_put_u32(nlh, KNTP_A_PHC_INDEX, phc->index);
	mnl_attr_put_u64(nlh, KNTP_A_PHC_TIME, phc->time_ns);
	mnl_attr_put_u64(nlh, KNTP_A_PHC_REAL, (uint64_t)phc->real_ns);
	mnl_attr_put_u32(nlh, KNTP_A_PHC_RATE, (uint32_t)phc->rate);
	mnl_attr_put_u32(nlh, KNTP_A_PHC_ERROR, phc->error_ns);
	mnl_attr_put_u32(nlh, KNTP_A_PHC_DRIFT, phc->drift_ppb);
	mnl_attr_put_u64(nlh, KNTP_A_PHC_MONO_OFFSET,
			 (uint64_t)phc->mono_offset_ns);
	mnl_attr_put_u32(nlh, KNTP_A_PHC_VALIDITY, phc->validity_ms);
}

void knlmsg_put_server(struct nlmsghdr *nlh, const struct knl_server *server)
{
	mnl_attr_put_u8(nlh, KNTP_A_SERVER_AVERAGE,
			server->limits.average_log2);
	mnl_attr_put_u8(nlh, KNTP_A_SERVER_MINIMUM, server->limits.minimum_s);
	mnl_attr_put_u8(nlh, KNTP_A_SERVER_PREFIX6, server->limits.prefix6);
	mnl_attr_put_u8(nlh, KNTP_A_SERVER_NAK, server->send_nak);
	mnl_attr_put_u32(nlh, KNTP_A_SERVER_CLIENTS, server->clients);
}

void knlmsg_put_rule(struct nlmsghdr *nlh, const struct ntp_acl_rule *rule)
{
	mnl_attr_put(nlh, KNTP_A_RESTRICT_ADDR, sizeof(rule->addr),
		     &rule->addr);
	mnl_attr_put_u8(nlh, KNTP_A_RESTRICT_PREFIX, rule->prefix);
	mnl_attr_put_u32(nlh, KNTP_A_RESTRICT_FLAGS, rule->flags);
}

void knlmsg_put_key(struct nlmsghdr *nlh, const struct knl_key *key)
{
	struct nlattr *nest;
	size_t i;

	mnl_attr_put_u32(nlh, KNTP_A_KEY_ID, key->id);
	mnl_attr_put_u32(nlh, KNTP_A_KEY_TYPE, key->type);
	if (key->secret_len)
		mnl_attr_put(nlh, KNTP_A_KEY_SECRET, key->secret_len,
			     key->secret);
	mnl_attr_put_u8(nlh, KNTP_A_KEY_TRUSTED, key->is_trusted);
	for (i = 0; i < key->peer_n; i++) {
		nest = mnl_attr_nest_start(nlh, KNTP_A_KEY_PEER);
		mnl_attr_put(nlh, KNTP_A_KEY_ADDR, sizeof(key->peer[i].addr),
			     &key->peer[i].addr);
		mnl_attr_put_u8(nlh, KNTP_A_KEY_PREFIX, key->peer[i].prefix);
		mnl_attr_nest_end(nlh, nest);
	}
}
