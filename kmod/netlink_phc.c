// SPDX-License-Identifier: GPL-2.0-only
/* Copyright (C) 2026 The kntp authors */

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/genetlink.h>
#include <net/sock.h>
#include <uapi/linux/kntp.h>

#include "kmod/dev.h"
#include "kmod/kntp.h"
#include "kmod/line.h"
#include "kmod/message.h"
#include "kmod/net.h"
#include "kmod/netlink.h"
#include "kmod/netlink_phc.h"
#include "kmod/policy.h"

/**
 * kntp_netlink_phc_set() - replace the line of a PHC
 * @skb: the request
 * @info: the request
 *
 * Return: 0 or -errno.
 */
int kntp_netlink_phc_set(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr **attrs = info->attrs;
	struct kntp_line_given given = {};
	int ret;

	ret = kntp_policy_check_phc(attrs, info->extack);
	if (ret)
		return ret;
	given.time = nla_get_u64(attrs[KNTP_A_PHC_TIME]);
	given.real = nla_get_s64(attrs[KNTP_A_PHC_REAL]);
	given.rate = nla_get_s32(attrs[KNTP_A_PHC_RATE]);
	given.error_ns = nla_get_u32(attrs[KNTP_A_PHC_ERROR]);
	given.drift_ppb = nla_get_u32(attrs[KNTP_A_PHC_DRIFT]);
	given.given_offset = nla_get_s64(attrs[KNTP_A_PHC_MONO_OFFSET]);
	given.valid_ns = (u64)nla_get_u32(attrs[KNTP_A_PHC_VALIDITY]) *
			 NSEC_PER_MSEC;
	rtnl_lock();
	ret = kntp_line_set(kntp_net_of(genl_info_net(info)),
			    nla_get_u32(attrs[KNTP_A_PHC_INDEX]), &given,
			    info->extack);
	rtnl_unlock();
	return ret;
}

/**
 * kntp_netlink_phc_del() - forget the line of a PHC
 * @skb: the request
 * @info: the request
 *
 * Return: 0 or -errno.
 */
int kntp_netlink_phc_del(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *index = info->attrs[KNTP_A_PHC_INDEX];
	int ret;

	if (!index) {
		NL_SET_ERR_MSG(info->extack, "index is missing; give N of /dev/ptpN");
		NL_SET_ERR_ATTR_MISS(info->extack, NULL, KNTP_A_PHC_INDEX);
		return -EINVAL;
	}
	rtnl_lock();
	ret = kntp_line_del(kntp_net_of(genl_info_net(info)),
			    nla_get_u32(index), info->extack);
	rtnl_unlock();
	return ret;
}

/**
 * kntp_netlink_phc_dump() - the lines of PHCs
 * @skb: the answer
 * @cb: the dump; args[0]: the index to go on with
 *
 * Return: octets put, or -errno.
 */
int kntp_netlink_phc_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct kntp_net *kn = kntp_net_of(sock_net(skb->sk));
	struct kntp_line *line;
	unsigned long index;
	void *hdr;

	rtnl_lock();
	xa_for_each_start(&kn->lines, index, line, cb->args[0]) {
		hdr = kntp_netlink_put_dump_header(skb, cb, KNTP_CMD_PHC_GET);
		if (!hdr)
			break;
		if (kntp_message_put_line(skb, kn, line)) {
			genlmsg_cancel(skb, hdr);
			break;
		}
		genlmsg_end(skb, hdr);
		cb->args[0] = index + 1;
	}
	rtnl_unlock();
	return skb->len;
}

/**
 * kntp_netlink_phc_is_stamping() - does a request say which stamps to serve
 * @attrs: of a request about a device
 *
 * Return: true if so.
 */
bool kntp_netlink_phc_is_stamping(struct nlattr **attrs)
{
	return attrs[KNTP_A_DEV_PHC] || attrs[KNTP_A_DEV_STAMPING] ||
	       attrs[KNTP_A_DEV_RX_COMP] || attrs[KNTP_A_DEV_TX_COMP];
}

/**
 * kntp_netlink_phc_stamp() - serve a device with other stamps of its NIC
 * @kd: the device
 * @info: the request; what it leaves out stays as it is
 *
 * Under RTNL.
 *
 * Return: 0 or -errno.
 */
int kntp_netlink_phc_stamp(struct kntp_dev *kd, struct genl_info *info)
{
	struct nlattr **attrs = info->attrs;
	struct kntp_dev_stamping s;
	int ret;

	kntp_dev_stamping(kd, &s);
	if (attrs[KNTP_A_DEV_PHC])
		s.phc = nla_get_u32(attrs[KNTP_A_DEV_PHC]);
	if (attrs[KNTP_A_DEV_STAMPING])
		s.stamping = nla_get_u32(attrs[KNTP_A_DEV_STAMPING]);
	if (attrs[KNTP_A_DEV_RX_COMP])
		s.rx_comp_ns = nla_get_s32(attrs[KNTP_A_DEV_RX_COMP]);
	if (attrs[KNTP_A_DEV_TX_COMP])
		s.tx_comp_ns = nla_get_s32(attrs[KNTP_A_DEV_TX_COMP]);
	ret = kntp_dev_set_stamping(kd, &s, info->extack);
	if (ret)
		NL_SET_BAD_ATTR(info->extack, attrs[KNTP_A_DEV_PHC] ?:
				attrs[KNTP_A_DEV_STAMPING]);
	return ret;
}
