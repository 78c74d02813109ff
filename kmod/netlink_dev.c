// SPDX-License-Identifier: GPL-2.0-only
/* Copyright (C) 2026 The kntp authors */

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/genetlink.h>
#include <net/net_namespace.h>
#include <net/sock.h>
#include <uapi/linux/kntp.h>

#include "kmod/dev.h"
#include "kmod/kntp.h"
#include "kmod/message.h"
#include "kmod/net.h"
#include "kmod/netlink.h"
#include "kmod/netlink_dev.h"
#include "kmod/netlink_phc.h"

/* The device that a request names, by either or both of the ways. */
static struct net_device *find_dev(struct genl_info *info)
{
	struct nlattr *index = info->attrs[KNTP_A_DEV_IFINDEX];
	struct nlattr *name = info->attrs[KNTP_A_DEV_IFNAME];
	struct net *net = genl_info_net(info);
	struct net_device *dev;

	if (!index && !name) {
		NL_SET_ERR_MSG(info->extack, "ifname is missing; give ifname or ifindex");
		NL_SET_ERR_ATTR_MISS(info->extack, NULL, KNTP_A_DEV_IFNAME);
		return ERR_PTR(-EINVAL);
	}
	dev = index ? __dev_get_by_index(net, nla_get_u32(index)) :
		      __dev_get_by_name(net, nla_data(name));
	if (!dev) {
		NL_SET_ERR_MSG_ATTR(info->extack, index ?: name,
				    "no such device in this network namespace; see ip link");
		return ERR_PTR(-ENODEV);
	}
	if (index && name && strcmp(dev->name, nla_data(name))) {
		NL_SET_ERR_MSG_ATTR(info->extack, name,
				    "ifindex and ifname are of different devices; give one of them");
		return ERR_PTR(-EINVAL);
	}
	return dev;
}

static struct kntp_dev *find_served(struct genl_info *info)
{
	struct net_device *dev = find_dev(info);
	struct kntp_dev *kd;

	if (IS_ERR(dev))
		return ERR_CAST(dev);
	kd = kntp_dev_find(kntp_net_of(genl_info_net(info)), dev->ifindex);
	if (kd)
		return kd;
	NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[KNTP_A_DEV_IFINDEX] ?:
			    info->attrs[KNTP_A_DEV_IFNAME],
			    "the device is not served; serve it with dev add");
	return ERR_PTR(-ENODEV);
}

/**
 * kntp_netlink_dev_get() - a served device
 * @skb: the request
 * @info: the request
 *
 * Return: 0 or -errno.
 */
int kntp_netlink_dev_get(struct sk_buff *skb, struct genl_info *info)
{
	struct kntp_dev *kd;
	struct sk_buff *msg;
	void *hdr;
	int ret;

	msg = kntp_netlink_new_reply(info, KNTP_CMD_DEV_GET, &hdr);
	if (!msg)
		return -ENOMEM;
	rtnl_lock();
	kd = find_served(info);
	ret = IS_ERR(kd) ? PTR_ERR(kd) : kntp_message_put_dev(msg, kd);
	rtnl_unlock();
	if (IS_ERR(kd)) {
		nlmsg_free(msg);
		return ret;
	}
	return kntp_netlink_send_reply(info, msg, hdr, ret);
}

/**
 * kntp_netlink_dev_add() - serve a device
 * @skb: the request
 * @info: the request
 *
 * Return: 0 or -errno.
 */
int kntp_netlink_dev_add(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *hook = info->attrs[KNTP_A_DEV_HOOK];
	struct kntp_net *kn = kntp_net_of(genl_info_net(info));
	struct net_device *dev;
	int ret;

	rtnl_lock();
	dev = find_dev(info);
	if (IS_ERR(dev)) {
		ret = PTR_ERR(dev);
	} else {
		ret = kntp_dev_add(kn, dev, hook ? nla_get_u32(hook) :
						   KNTP_HOOK_INGRESS,
				   info->extack);
		if (ret)
			NL_SET_BAD_ATTR(info->extack,
					info->attrs[KNTP_A_DEV_IFINDEX] ?:
					info->attrs[KNTP_A_DEV_IFNAME]);
	}
	if (!ret && kntp_netlink_phc_is_stamping(info->attrs)) {
		ret = kntp_netlink_phc_stamp(kntp_dev_find(kn, dev->ifindex),
					     info);
		if (ret)
			kntp_dev_del(kntp_dev_find(kn, dev->ifindex));
	}
	rtnl_unlock();
	return ret;
}

/**
 * kntp_netlink_dev_set() - change how a device is served
 * @skb: the request
 * @info: the request
 *
 * Return: 0 or -errno.
 */
int kntp_netlink_dev_set(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *hook = info->attrs[KNTP_A_DEV_HOOK];
	const bool is_stamping = kntp_netlink_phc_is_stamping(info->attrs);
	struct kntp_dev *kd;
	int ret = 0;

	if (!hook && !is_stamping) {
		NL_SET_ERR_MSG(info->extack, "hook is missing; give ingress, routed or input, or say which stamps to use");
		NL_SET_ERR_ATTR_MISS(info->extack, NULL, KNTP_A_DEV_HOOK);
		return -EINVAL;
	}
	rtnl_lock();
	kd = find_served(info);
	if (IS_ERR(kd)) {
		ret = PTR_ERR(kd);
	} else if (hook) {
		ret = kntp_dev_set(kd, nla_get_u32(hook), info->extack);
		if (ret)
			NL_SET_BAD_ATTR(info->extack, hook);
	}
	if (!ret && is_stamping)
		ret = kntp_netlink_phc_stamp(kd, info);
	rtnl_unlock();
	return ret;
}

/**
 * kntp_netlink_dev_del() - stop serving a device
 * @skb: the request
 * @info: the request
 *
 * Return: 0 or -errno.
 */
int kntp_netlink_dev_del(struct sk_buff *skb, struct genl_info *info)
{
	struct kntp_dev *kd;
	int ret = 0;

	rtnl_lock();
	kd = find_served(info);
	if (IS_ERR(kd))
		ret = PTR_ERR(kd);
	else
		kntp_dev_del(kd);
	rtnl_unlock();
	return ret;
}

/**
 * kntp_netlink_dev_dump() - the served devices
 * @skb: the answer
 * @cb: the dump; args[0]: the index to go on with
 *
 * Return: octets put, or -errno.
 */
int kntp_netlink_dev_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct kntp_net *kn = kntp_net_of(sock_net(skb->sk));
	struct kntp_dev *kd;
	unsigned long ifindex;
	void *hdr;

	rtnl_lock();
	cb->seq = kn->dev_seq;
	xa_for_each_start(&kn->devs, ifindex, kd, cb->args[0]) {
		hdr = kntp_netlink_put_dump_header(skb, cb, KNTP_CMD_DEV_GET);
		if (!hdr)
			break;
		if (kntp_message_put_dev(skb, kd)) {
			genlmsg_cancel(skb, hdr);
			break;
		}
		genl_dump_check_consistent(cb, hdr);
		genlmsg_end(skb, hdr);
		cb->args[0] = ifindex + 1;
	}
	rtnl_unlock();
	return skb->len;
}
