// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include "tools/lib/nic.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/ethtool.h>
#include <linux/ethtool_netlink.h>
#include <linux/genetlink.h>
#include <linux/net_tstamp.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "tools/lib/knlsock.h"

/* What the headers of older systems lack: Linux 6.14. */
#define MSG_TSCONFIG_GET	46
#define MSG_TSCONFIG_SET	47
#define A_TSCONFIG_HEADER	1
#define A_TSCONFIG_TX_TYPES	3
#define A_TSCONFIG_RX_FILTERS	4

#define BITS_MAX		32

/* --- netlink ------------------------------------------------------------- */

/* One request to the ethtool family, and the sets that its answer holds. */
struct query {
	struct knlsock *sock;
	struct nlmsghdr *nlh;
	uint32_t bits[8];	/* first word of bitset attributes */
	uint32_t u32[8];
	uint32_t has;		/* bit of an attribute that was there */
	char buf[KNLSOCK_REQUEST_MAX] __attribute__((aligned(8)));
};

static int query_open(struct query *q, const char *ifname, int cmd)
{
	struct knlmsg_family family = { 0 };
	struct nlattr *nest;
	int err;

	memset(q, 0, sizeof(*q));
	q->sock = calloc(1, sizeof(*q->sock));
	if (!q->sock)
		return -ENOMEM;
	q->sock->fd = knlsock_socket(0);
	if (q->sock->fd < 0)
		return q->sock->fd;
	err = knlsock_resolve(q->sock, ETHTOOL_GENL_NAME,
			      ETHTOOL_MCGRP_MONITOR_NAME, &family);
	if (err)
		return err;
	q->nlh = knlsock_request(q->buf, cmd, ETHTOOL_GENL_VERSION, NLM_F_ACK);
	q->nlh->nlmsg_type = family.id;
	/* The header has the same number in all these messages. */
	nest = mnl_attr_nest_start(q->nlh, ETHTOOL_A_TSINFO_HEADER);
	mnl_attr_put_strz(q->nlh, ETHTOOL_A_HEADER_DEV_NAME, ifname);
	mnl_attr_put_u32(q->nlh, ETHTOOL_A_HEADER_FLAGS,
			 ETHTOOL_FLAG_COMPACT_BITSETS);
	mnl_attr_nest_end(q->nlh, nest);
	return 0;
}

static void query_close(struct query *q)
{
	if (q->sock && q->sock->fd >= 0)
		close(q->sock->fd);
	free(q->sock);
}

static uint32_t first_word(const struct nlattr *set)
{
	const struct nlattr *at;

	mnl_attr_for_each_nested(at, set) {
		if (mnl_attr_get_type(at) == ETHTOOL_A_BITSET_VALUE &&
		    mnl_attr_get_payload_len(at) >= sizeof(uint32_t))
			return mnl_attr_get_u32(at);
	}
	return 0;
}

static int query_record(const struct nlmsghdr *nlh, void *arg)
{
	struct query *q = arg;
	const struct nlattr *at;

	mnl_attr_for_each(at, nlh, sizeof(struct genlmsghdr)) {
		unsigned int type = mnl_attr_get_type(at);

		if (type >= 8 || type == ETHTOOL_A_TSINFO_HEADER)
			continue;
		q->has |= 1U << type;
		if (at->nla_type & NLA_F_NESTED)
			q->bits[type] = first_word(at);
		else if (mnl_attr_get_payload_len(at) == sizeof(uint32_t))
			q->u32[type] = mnl_attr_get_u32(at);
	}
	return 0;
}

static int query_run(struct query *q)
{
	struct knlsock_sink sink = { .record = query_record, .arg = q };

	return knlsock_call(q->sock, q->nlh, &sink);
}

static void put_bit(struct nlmsghdr *nlh, uint16_t type, int bit)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, type);
	uint32_t word = 1U << bit;

	mnl_attr_put(nlh, ETHTOOL_A_BITSET_NOMASK, 0, NULL);
	mnl_attr_put_u32(nlh, ETHTOOL_A_BITSET_SIZE, BITS_MAX);
	mnl_attr_put(nlh, ETHTOOL_A_BITSET_VALUE, sizeof(word), &word);
	mnl_attr_nest_end(nlh, nest);
}

static int caps_by_netlink(const char *ifname, struct nic_caps *caps)
{
	struct query q;
	int err = query_open(&q, ifname, ETHTOOL_MSG_TSINFO_GET);

	if (!err)
		err = query_run(&q);
	if (!err)
		*caps = (struct nic_caps){
			.phc = q.has & 1U << ETHTOOL_A_TSINFO_PHC_INDEX ?
			       (int)q.u32[ETHTOOL_A_TSINFO_PHC_INDEX] : -1,
			.stamping = q.bits[ETHTOOL_A_TSINFO_TIMESTAMPING],
			.tx_types = q.bits[ETHTOOL_A_TSINFO_TX_TYPES],
			.rx_filters = q.bits[ETHTOOL_A_TSINFO_RX_FILTERS],
		};
	query_close(&q);
	return err;
}

static void config_of(const struct query *q, struct nic_config *config)
{
	uint32_t tx = q->bits[A_TSCONFIG_TX_TYPES];
	uint32_t rx = q->bits[A_TSCONFIG_RX_FILTERS];

	config->tx_type = tx ? __builtin_ctz(tx) : HWTSTAMP_TX_OFF;
	config->rx_filter = rx ? __builtin_ctz(rx) : HWTSTAMP_FILTER_NONE;
}

/* Set what is in @config, or read it. */
static int config_by_netlink(const char *ifname, bool is_set,
			     struct nic_config *config)
{
	struct query q;
	int err = query_open(&q, ifname, is_set ? MSG_TSCONFIG_SET :
						  MSG_TSCONFIG_GET);

	if (!err && is_set) {
		put_bit(q.nlh, A_TSCONFIG_TX_TYPES, config->tx_type);
		put_bit(q.nlh, A_TSCONFIG_RX_FILTERS, config->rx_filter);
	}
	if (!err)
		err = query_run(&q);
	if (!err && !is_set)
		config_of(&q, config);
	query_close(&q);
	return err;
}

/* --- ioctl --------------------------------------------------------------- */

static int call(const char *ifname, unsigned long request, void *arg)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), err = 0;
	struct ifreq ifr = { 0 };

	if (fd < 0)
		return -errno;
	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", ifname);
	ifr.ifr_data = arg;
	if (ioctl(fd, request, &ifr))
		err = errno == ENOTTY || errno == EINVAL ? -EOPNOTSUPP :
							   -errno;
	close(fd);
	return err;
}

static int caps_by_ioctl(const char *ifname, struct nic_caps *caps)
{
	struct ethtool_ts_info info = { .cmd = ETHTOOL_GET_TS_INFO };
	int err = call(ifname, SIOCETHTOOL, &info);

	if (!err)
		*caps = (struct nic_caps){
			.phc = info.phc_index,
			.stamping = info.so_timestamping,
			.tx_types = info.tx_types,
			.rx_filters = info.rx_filters,
		};
	return err;
}

static int config_by_ioctl(const char *ifname, unsigned long request,
			   struct nic_config *config)
{
	struct hwtstamp_config c = { .tx_type = config->tx_type,
				     .rx_filter = config->rx_filter };
	int err = call(ifname, request, &c);

	if (err)
		return err;
	config->tx_type = c.tx_type;
	config->rx_filter = c.rx_filter;
	return 0;
}

/* --- either -------------------------------------------------------------- */

int nic_caps(const char *ifname, struct nic_caps *caps)
{
	int err = caps_by_netlink(ifname, caps);

	return err && err != -ENODEV ? caps_by_ioctl(ifname, caps) : err;
}

int nic_config_get(const char *ifname, struct nic_config *config)
{
	int err = config_by_netlink(ifname, false, config);

	if (!err || err == -ENODEV)
		return err;
	memset(config, 0, sizeof(*config));
	return config_by_ioctl(ifname, SIOCGHWTSTAMP, config);
}

int nic_config_set(const char *ifname, struct nic_config *config)
{
	int err = config_by_netlink(ifname, true, config);

	if (err == -ENODEV || err == -EPERM || err == -ERANGE)
		return err;
	if (err)
		return config_by_ioctl(ifname, SIOCSHWTSTAMP, config);
	/* A driver may stamp more than it was asked for. */
	return nic_config_get(ifname, config);
}

int nic_filter(const struct nic_caps *caps, enum nic_rx want)
{
	uint32_t can = caps->rx_filters;

	if (want == NIC_RX_ALL && can & 1U << HWTSTAMP_FILTER_ALL)
		return HWTSTAMP_FILTER_ALL;
	if ((want == NIC_RX_ALL || want == NIC_RX_NTP) &&
	    can & 1U << HWTSTAMP_FILTER_NTP_ALL)
		return HWTSTAMP_FILTER_NTP_ALL;
	/* Asked for NTP alone, more is fine where that is all there is. */
	if (want == NIC_RX_NTP && can & 1U << HWTSTAMP_FILTER_ALL)
		return HWTSTAMP_FILTER_ALL;
	if (want == NIC_RX_PTP && can & 1U << HWTSTAMP_FILTER_PTP_V2_EVENT)
		return HWTSTAMP_FILTER_PTP_V2_EVENT;
	return HWTSTAMP_FILTER_NONE;
}

bool nic_filter_stamps_ntp(int filter)
{
	return filter == HWTSTAMP_FILTER_ALL ||
	       filter == HWTSTAMP_FILTER_NTP_ALL;
}

const char *nic_filter_name(int filter)
{
	static const char *const names[] = {
		"none", "all", "some", "ptpv1-l4-event", "ptpv1-l4-sync",
		"ptpv1-l4-delay-req", "ptpv2-l4-event", "ptpv2-l4-sync",
		"ptpv2-l4-delay-req", "ptpv2-l2-event", "ptpv2-l2-sync",
		"ptpv2-l2-delay-req", "ptpv2-event", "ptpv2-sync",
		"ptpv2-delay-req", "ntp-all",
	};

	return filter >= 0 && filter < (int)(sizeof(names) / sizeof(names[0])) ?
	       names[filter] : "unknown";
}

const char *nic_tx_name(int tx_type)
{
	static const char *const names[] = { "off", "on", "onestep-sync",
					     "onestep-p2p" };

	return tx_type >= 0 && tx_type < (int)(sizeof(names) / sizeof(names[0])) ?
	       names[tx_type] : "unknown";
}
