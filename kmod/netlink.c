// SPDX-License-Identifier: GPL-2.0-only
/* Copyright (C) 2026 The kntp authors */

#include <linux/module.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/genetlink.h>
#include <net/net_namespace.h>
#include <net/sock.h>
#include <uapi/linux/kntp.h>

#include "kmod/dev.h"
#include "kmod/kntp.h"
#include "kmod/message.h"
#include "kmod/mru.h"
#include "kmod/net.h"
#include "kmod/netlink.h"
#include "kmod/netlink_config.h"
#include "kmod/netlink_dev.h"
#include "kmod/netlink_phc.h"
#include "kmod/policy.h"
#include "kmod/sysvars.h"

static struct genl_family family;

/* Events may be sent: set while the family is registered. */
static bool has_family;

/**
 * kntp_netlink_new_reply() - begin an answer
 * @info: the request
 * @cmd: command of the answer
 * @hdr: where it begins
 *
 * Return: the message, for kntp_netlink_send_reply(), or NULL.
 */
struct sk_buff *kntp_netlink_new_reply(struct genl_info *info, u8 cmd,
				       void **hdr)
{
	struct sk_buff *msg = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);

	if (!msg)
		return NULL;
	*hdr = genlmsg_put_reply(msg, info, &family, 0, cmd);
	if (*hdr)
		return msg;
	nlmsg_free(msg);
	return NULL;
}

/**
 * kntp_netlink_send_reply() - end an answer and send it
 * @info: the request
 * @msg: the answer, given away
 * @hdr: where it begins
 * @err: not 0 if it could not be put together
 *
 * Return: 0 or -errno.
 */
int kntp_netlink_send_reply(struct genl_info *info, struct sk_buff *msg,
			    void *hdr, int err)
{
	if (err) {
		nlmsg_free(msg);
		NL_SET_ERR_MSG(info->extack, "the answer does not fit into a message");
		return err;
	}
	genlmsg_end(msg, hdr);
	return genlmsg_reply(msg, info);
}

static int clock_get(struct sk_buff *skb, struct genl_info *info)
{
	struct kntp_net *kn = kntp_net_of(genl_info_net(info));
	struct sk_buff *msg;
	void *hdr;

	msg = kntp_netlink_new_reply(info, KNTP_CMD_CLOCK_GET, &hdr);
	if (!msg)
		return -ENOMEM;
	return kntp_netlink_send_reply(info, msg, hdr,
				       kntp_message_put_clock(msg, kn));
}

static int clock_set(struct sk_buff *skb, struct genl_info *info)
{
	struct kntp_net *kn = kntp_net_of(genl_info_net(info));
	struct nlattr **attrs = info->attrs;
	struct ntp_sysvars sys = {};
	int ret;

	ret = kntp_policy_check_clock(attrs, info->extack);
	if (ret)
		return ret;
	sys.is_set = true;
	sys.leap = nla_get_u8(attrs[KNTP_A_CLOCK_LEAP]);
	sys.stratum = nla_get_u8(attrs[KNTP_A_CLOCK_STRATUM]);
	if (!sys.stratum)
		sys.stratum = NTP_STRATUM_UNSYNC;
	sys.precision = nla_get_s8(attrs[KNTP_A_CLOCK_PRECISION]);
	sys.refid = be32_to_cpu(nla_get_be32(attrs[KNTP_A_CLOCK_REFID]));
	/* 0 is no time: the clock has never been set. */
	if (nla_get_u64(attrs[KNTP_A_CLOCK_REFTIME]))
		sys.reftime = ntp_lfp_from_unix(nla_get_u64(attrs[KNTP_A_CLOCK_REFTIME]));
	sys.rootdelay = ntp_lfp_short(nla_get_u64(attrs[KNTP_A_CLOCK_ROOTDELAY]));
	sys.rootdisp_ns = nla_get_u64(attrs[KNTP_A_CLOCK_ROOTDISP]);
	sys.drift_ppb = attrs[KNTP_A_CLOCK_DRIFT_PPB] ?
			nla_get_u32(attrs[KNTP_A_CLOCK_DRIFT_PPB]) :
			NTP_SYSVARS_PHI_PPB;
	sys.valid_ns = (u64)nla_get_u32(attrs[KNTP_A_CLOCK_VALIDITY]) *
		       NSEC_PER_MSEC;
	kntp_message_get_smear(attrs, &sys.smear);
	kntp_sysvars_set(kn, &sys);
	return 0;
}

static int stats_get(struct sk_buff *skb, struct genl_info *info)
{
	struct kntp_net *kn = kntp_net_of(genl_info_net(info));
	struct sk_buff *msg;
	void *hdr;

	msg = kntp_netlink_new_reply(info, KNTP_CMD_STATS_GET, &hdr);
	if (!msg)
		return -ENOMEM;
	return kntp_netlink_send_reply(info, msg, hdr,
				       kntp_message_put_stats(msg, kn));
}

static int stats_reset(struct sk_buff *skb, struct genl_info *info)
{
	kntp_counters_reset(&kntp_net_of(genl_info_net(info))->counters);
	return 0;
}

/* Dumps know no filters: to ignore one would be an answer to another request. */
static int dump_start(struct netlink_callback *cb)
{
	if (!nlmsg_attrlen(cb->nlh, GENL_HDRLEN))
		return 0;
	NL_SET_ERR_MSG_ATTR(cb->extack, nlmsg_attrdata(cb->nlh, GENL_HDRLEN),
			    "a dump takes no attributes; leave them out");
	return -EINVAL;
}

/**
 * kntp_netlink_put_dump_header() - begin a record of a dump
 * @skb: the answer
 * @cb: the dump
 * @cmd: command of the record
 *
 * Return: where it begins, or NULL if it does not fit.
 */
void *kntp_netlink_put_dump_header(struct sk_buff *skb,
				   struct netlink_callback *cb, u8 cmd)
{
	return genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
			   &family, NLM_F_MULTI, cmd);
}

/* cb->args[0]: bucket, cb->args[1]: way of struct kntp_mru_cursor. */
static int client_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct kntp_net *kn = kntp_net_of(sock_net(skb->sk));
	struct kntp_mru_cursor cursor = {
		.bucket = cb->args[0],
		.way = cb->args[1],
	};
	struct ntp_mru_entry entry;
	void *hdr;

	while (kntp_mru_next(kn, &cursor, &entry)) {
		hdr = kntp_netlink_put_dump_header(skb, cb,
						   KNTP_CMD_CLIENT_GET);
		if (!hdr)
			break;
		if (kntp_message_put_client(skb, &entry)) {
			genlmsg_cancel(skb, hdr);
			break;
		}
		genlmsg_end(skb, hdr);
		cb->args[0] = cursor.bucket;
		cb->args[1] = cursor.way;
	}
	return skb->len;
}

static const struct genl_ops ops[] = {
	{
		.cmd = KNTP_CMD_CLOCK_GET,
		.doit = clock_get,
		.policy = kntp_policy_none,
		.maxattr = KNTP_POLICY_NONE_MAX,
	},
	{
		.cmd = KNTP_CMD_CLOCK_SET,
		.flags = GENL_UNS_ADMIN_PERM,
		.doit = clock_set,
		.policy = kntp_policy_clock_set,
		.maxattr = KNTP_A_CLOCK_SMEAR_LEFT,
	},
	{
		.cmd = KNTP_CMD_DEV_GET,
		.doit = kntp_netlink_dev_get,
		.start = dump_start,
		.dumpit = kntp_netlink_dev_dump,
		.policy = kntp_policy_dev,
		.maxattr = KNTP_A_DEV_IFNAME,
	},
	{
		.cmd = KNTP_CMD_DEV_ADD,
		.flags = GENL_UNS_ADMIN_PERM,
		.doit = kntp_netlink_dev_add,
		.policy = kntp_policy_dev,
		.maxattr = KNTP_A_DEV_TX_COMP,
	},
	{
		.cmd = KNTP_CMD_DEV_DEL,
		.flags = GENL_UNS_ADMIN_PERM,
		.doit = kntp_netlink_dev_del,
		.policy = kntp_policy_dev,
		.maxattr = KNTP_A_DEV_IFNAME,
	},
	{
		.cmd = KNTP_CMD_DEV_SET,
		.flags = GENL_UNS_ADMIN_PERM,
		.doit = kntp_netlink_dev_set,
		.policy = kntp_policy_dev,
		.maxattr = KNTP_A_DEV_TX_COMP,
	},
	{
		.cmd = KNTP_CMD_STATS_GET,
		.doit = stats_get,
		.policy = kntp_policy_none,
		.maxattr = KNTP_POLICY_NONE_MAX,
	},
	{
		.cmd = KNTP_CMD_STATS_RESET,
		.flags = GENL_UNS_ADMIN_PERM,
		.doit = stats_reset,
		.policy = kntp_policy_none,
		.maxattr = KNTP_POLICY_NONE_MAX,
	},
	{
		.cmd = KNTP_CMD_CLIENT_GET,
		.start = dump_start,
		.dumpit = client_dump,
		.policy = kntp_policy_none,
		.maxattr = KNTP_POLICY_NONE_MAX,
	},
	{
		.cmd = KNTP_CMD_SERVER_GET,
		.doit = kntp_netlink_config_get,
		.policy = kntp_policy_none,
		.maxattr = KNTP_POLICY_NONE_MAX,
	},
	{
		.cmd = KNTP_CMD_SERVER_SET,
		.flags = GENL_UNS_ADMIN_PERM,
		.doit = kntp_netlink_config_set,
		.policy = kntp_policy_server,
		.maxattr = KNTP_A_SERVER_CLIENTS,
	},
	{
		.cmd = KNTP_CMD_CONFIG_BEGIN,
		.flags = GENL_UNS_ADMIN_PERM,
		.doit = kntp_netlink_config_begin,
		.policy = kntp_policy_none,
		.maxattr = KNTP_POLICY_NONE_MAX,
	},
	{
		.cmd = KNTP_CMD_CONFIG_COMMIT,
		.flags = GENL_UNS_ADMIN_PERM,
		.doit = kntp_netlink_config_commit,
		.policy = kntp_policy_none,
		.maxattr = KNTP_POLICY_NONE_MAX,
	},
	{
		.cmd = KNTP_CMD_RESTRICT_GET,
		.start = dump_start,
		.dumpit = kntp_netlink_config_dump_rules,
		.policy = kntp_policy_none,
		.maxattr = KNTP_POLICY_NONE_MAX,
	},
	{
		.cmd = KNTP_CMD_RESTRICT_ADD,
		.flags = GENL_UNS_ADMIN_PERM,
		.doit = kntp_netlink_config_add_rules,
		.policy = kntp_policy_restrict,
		.maxattr = KNTP_A_RESTRICT_RULE,
	},
	{
		.cmd = KNTP_CMD_RESTRICT_DEL,
		.flags = GENL_UNS_ADMIN_PERM,
		.doit = kntp_netlink_config_del_rule,
		.policy = kntp_policy_restrict,
		.maxattr = KNTP_A_RESTRICT_HITS,
	},
	{
		.cmd = KNTP_CMD_KEY_GET,
		.start = dump_start,
		.dumpit = kntp_netlink_config_dump_keys,
		.policy = kntp_policy_none,
		.maxattr = KNTP_POLICY_NONE_MAX,
	},
	{
		.cmd = KNTP_CMD_KEY_ADD,
		.flags = GENL_UNS_ADMIN_PERM,
		.doit = kntp_netlink_config_add_key,
		.policy = kntp_policy_key,
		.maxattr = KNTP_A_KEY_PEER,
	},
	{
		.cmd = KNTP_CMD_KEY_DEL,
		.flags = GENL_UNS_ADMIN_PERM,
		.doit = kntp_netlink_config_del_key,
		.policy = kntp_policy_key,
		.maxattr = KNTP_A_KEY_ID,
	},
	{
		.cmd = KNTP_CMD_PHC_GET,
		.start = dump_start,
		.dumpit = kntp_netlink_phc_dump,
		.policy = kntp_policy_none,
		.maxattr = KNTP_POLICY_NONE_MAX,
	},
	{
		.cmd = KNTP_CMD_PHC_SET,
		.flags = GENL_UNS_ADMIN_PERM,
		.doit = kntp_netlink_phc_set,
		.policy = kntp_policy_phc,
		.maxattr = KNTP_A_PHC_REFUSED,
	},
	{
		.cmd = KNTP_CMD_PHC_DEL,
		.flags = GENL_UNS_ADMIN_PERM,
		.doit = kntp_netlink_phc_del,
		.policy = kntp_policy_phc,
		.maxattr = KNTP_A_PHC_INDEX,
	},
};

static const struct genl_multicast_group groups[] = {
	{ .name = KNTP_MCGRP_EVENTS },
};

static struct genl_family family __ro_after_init = {
	.name = KNTP_FAMILY_NAME,
	.version = KNTP_FAMILY_VERSION,
	.module = THIS_MODULE,
	.netnsok = true,
	.parallel_ops = true,
	.ops = ops,
	.n_ops = ARRAY_SIZE(ops),
	.resv_start_op = __KNTP_CMD_MAX,
	.mcgrps = groups,
	.n_mcgrps = ARRAY_SIZE(groups),
};

/* Send an event; @err: could it be put together. */
static void send_event(struct net *net, struct sk_buff *msg, void *hdr, int err)
{
	if (err) {
		nlmsg_free(msg);
		return;
	}
	genlmsg_end(msg, hdr);
	/* Against kntp_netlink_uninit(): the group may get another owner. */
	rcu_read_lock();
	if (READ_ONCE(has_family))
		genlmsg_multicast_netns(&family, net, msg, 0, 0, GFP_ATOMIC);
	else
		nlmsg_free(msg);
	rcu_read_unlock();
}

static struct sk_buff *new_event(struct net *net, u8 cmd, void **hdr)
{
	struct sk_buff *msg;

	if (!READ_ONCE(has_family) || !genl_has_listeners(&family, net, 0))
		return NULL;
	msg = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!msg)
		return NULL;
	*hdr = genlmsg_put(msg, 0, 0, &family, 0, cmd);
	return msg;
}

/**
 * kntp_netlink_clock_changed() - tell listeners of a change of the clock state
 * @kn: the namespace
 *
 * May sleep.
 */
void kntp_netlink_clock_changed(struct kntp_net *kn)
{
	struct sk_buff *msg;
	void *hdr;

	msg = new_event(kn->net, KNTP_CMD_CLOCK_NTF, &hdr);
	if (msg)
		send_event(kn->net, msg, hdr, kntp_message_put_clock(msg, kn));
}

/**
 * kntp_netlink_dev_changed() - tell listeners of a change of a served device
 * @kd: the device
 * @cmd: KNTP_CMD_DEV_ADD_NTF or KNTP_CMD_DEV_DEL_NTF
 *
 * Under RTNL.
 */
void kntp_netlink_dev_changed(const struct kntp_dev *kd, u8 cmd)
{
	struct net *net = kd->kn->net;
	struct sk_buff *msg;
	void *hdr;

	msg = new_event(net, cmd, &hdr);
	if (msg)
		send_event(net, msg, hdr, kntp_message_put_dev(msg, kd));
}

/**
 * kntp_netlink_config_changed() - tell listeners of another configuration
 * @kn: the namespace, its configuration locked
 */
void kntp_netlink_config_changed(struct kntp_net *kn)
{
	struct sk_buff *msg;
	void *hdr;

	msg = new_event(kn->net, KNTP_CMD_CONFIG_NTF, &hdr);
	if (msg)
		send_event(kn->net, msg, hdr, kntp_message_put_server(msg, kn));
}

/**
 * kntp_netlink_init() - answer netlink requests
 *
 * Return: 0 or -errno.
 */
int kntp_netlink_init(void)
{
	int ret = kntp_netlink_config_init();

	if (ret)
		return ret;
	ret = genl_register_family(&family);
	if (ret)
		kntp_netlink_config_uninit();
	else
		WRITE_ONCE(has_family, true);
	return ret;
}

/**
 * kntp_netlink_uninit() - answer no more, tell no more
 */
void kntp_netlink_uninit(void)
{
	WRITE_ONCE(has_family, false);
	synchronize_rcu();
	genl_unregister_family(&family);
	kntp_netlink_config_uninit();
}
