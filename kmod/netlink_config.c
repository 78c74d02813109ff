// SPDX-License-Identifier: GPL-2.0-only
/* Copyright (C) 2026 The kntp authors */

#include <linux/module.h>
#include <linux/netlink.h>
#include <net/genetlink.h>
#include <net/net_namespace.h>
#include <net/sock.h>
#include <uapi/linux/kntp.h>

#include "kmod/config.h"
#include "kmod/draft.h"
#include "kmod/keys.h"
#include "kmod/message.h"
#include "kmod/net.h"
#include "kmod/netlink.h"
#include "kmod/netlink_config.h"
#include "kmod/policy.h"

static_assert((int)KNTP_KEY_TYPE_MD5 == NTP_KEY_MD5 &&
	      (int)KNTP_KEY_TYPE_CMAC == NTP_KEY_CMAC &&
	      (int)KNTP_KEY_TYPE_OTHER == NTP_KEY_OTHER);
static_assert((int)KNTP_RESTRICT_FLAG_NTPPORT == NTP_ACL_BIT_NTPPORT &&
	      (int)KNTP_RESTRICT_FLAG_NOEPEER + 1 == NTP_ACL_BIT_COUNT);

static struct kntp_draft *edit(struct genl_info *info)
{
	return kntp_config_edit(kntp_net_of(genl_info_net(info)),
				info->snd_portid, info->extack);
}

static int done(struct genl_info *info, struct kntp_draft *draft, int err)
{
	return kntp_config_done(kntp_net_of(genl_info_net(info)), draft, err,
				info->extack);
}

/**
 * kntp_netlink_config_get() - answer server-get
 * @skb: the request
 * @info: the request
 *
 * Return: 0 or -errno.
 */
int kntp_netlink_config_get(struct sk_buff *skb, struct genl_info *info)
{
	struct sk_buff *msg;
	void *hdr;

	msg = kntp_netlink_new_reply(info, KNTP_CMD_SERVER_GET, &hdr);
	if (!msg)
		return -ENOMEM;
	return kntp_netlink_send_reply(info, msg, hdr,
		kntp_message_put_server(msg, kntp_net_of(genl_info_net(info))));
}

/**
 * kntp_netlink_config_set() - do server-set
 * @skb: the request
 * @info: the request; what it does not name stays
 *
 * Return: 0 or -errno.
 */
int kntp_netlink_config_set(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr **attrs = info->attrs;
	struct kntp_draft *draft = edit(info);

	if (IS_ERR(draft))
		return PTR_ERR(draft);
	if (attrs[KNTP_A_SERVER_AVERAGE])
		draft->limits.average_log2 =
			nla_get_u8(attrs[KNTP_A_SERVER_AVERAGE]);
	if (attrs[KNTP_A_SERVER_MINIMUM])
		draft->limits.minimum_s =
			nla_get_u8(attrs[KNTP_A_SERVER_MINIMUM]);
	if (attrs[KNTP_A_SERVER_PREFIX6])
		draft->limits.prefix6 =
			nla_get_u8(attrs[KNTP_A_SERVER_PREFIX6]);
	if (attrs[KNTP_A_SERVER_NAK])
		draft->send_nak = nla_get_u8(attrs[KNTP_A_SERVER_NAK]);
	if (attrs[KNTP_A_SERVER_CLIENTS])
		draft->clients = nla_get_u32(attrs[KNTP_A_SERVER_CLIENTS]);
	return done(info, draft, 0);
}

/**
 * kntp_netlink_config_begin() - do config-begin
 * @skb: the request
 * @info: the request
 *
 * Return: 0 or -errno.
 */
int kntp_netlink_config_begin(struct sk_buff *skb, struct genl_info *info)
{
	return kntp_config_begin(kntp_net_of(genl_info_net(info)),
				 info->snd_portid, info->extack);
}

/**
 * kntp_netlink_config_commit() - do config-commit
 * @skb: the request
 * @info: the request
 *
 * Return: 0 or -errno.
 */
int kntp_netlink_config_commit(struct sk_buff *skb, struct genl_info *info)
{
	return kntp_config_commit(kntp_net_of(genl_info_net(info)),
				  info->snd_portid, info->extack);
}

/* @attrs: of a rule, each valid by itself. */
static int read_rule(struct nlattr **attrs, struct ntp_acl_rule *rule,
		     struct netlink_ext_ack *extack)
{
	int ret;

	ret = kntp_policy_check_network(attrs[KNTP_A_RESTRICT_ADDR],
					attrs[KNTP_A_RESTRICT_PREFIX], extack);
	if (ret)
		return ret;
	memcpy(&rule->addr, nla_data(attrs[KNTP_A_RESTRICT_ADDR]),
	       sizeof(rule->addr));
	rule->prefix = nla_get_u8(attrs[KNTP_A_RESTRICT_PREFIX]);
	rule->flags = attrs[KNTP_A_RESTRICT_FLAGS] ?
		      nla_get_u32(attrs[KNTP_A_RESTRICT_FLAGS]) : 0;
	return 0;
}

static int add_nested(struct kntp_draft *draft, const struct nlattr *nest,
		      struct netlink_ext_ack *extack)
{
	struct nlattr *attrs[KNTP_A_RESTRICT_HITS + 1];
	struct ntp_acl_rule rule;
	int ret;

	/* The policy of the request has looked into nests already. */
	ret = nla_parse_nested(attrs, KNTP_A_RESTRICT_HITS, nest, NULL, extack);
	if (ret)
		return ret;
	if (!attrs[KNTP_A_RESTRICT_ADDR])
		NL_SET_BAD_ATTR(extack, nest);
	ret = read_rule(attrs, &rule, extack);
	if (!ret)
		kntp_draft_add_rule(draft, &rule);
	return ret;
}

/* A draft with room for @nests more rules, and one. */
static int add_rules(struct kntp_draft *draft, struct genl_info *info,
		     u32 nests)
{
	const struct nlattr *attr;
	struct ntp_acl_rule rule;
	int left, ret;

	/* The request is a rule itself, unless all are in nests. */
	if (!nests || info->attrs[KNTP_A_RESTRICT_ADDR]) {
		ret = read_rule(info->attrs, &rule, info->extack);
		if (ret)
			return ret;
		kntp_draft_add_rule(draft, &rule);
	}
	nlmsg_for_each_attr(attr, info->nlhdr, GENL_HDRLEN, left) {
		if (nla_type(attr) != KNTP_A_RESTRICT_RULE)
			continue;
		ret = add_nested(draft, attr, info->extack);
		if (ret)
			return ret;
	}
	return 0;
}

/**
 * kntp_netlink_config_add_rules() - do restrict-add
 * @skb: the request
 * @info: the request: all its rules are added, or none
 *
 * Return: 0 or -errno.
 */
int kntp_netlink_config_add_rules(struct sk_buff *skb, struct genl_info *info)
{
	struct kntp_draft *draft = edit(info);
	const struct nlattr *attr;
	u32 nests = 0, before;
	int left, ret;

	if (IS_ERR(draft))
		return PTR_ERR(draft);
	nlmsg_for_each_attr(attr, info->nlhdr, GENL_HDRLEN, left)
		nests += nla_type(attr) == KNTP_A_RESTRICT_RULE;
	ret = kntp_draft_reserve(draft, nests + 1, info->extack);
	if (ret)
		return done(info, draft, ret);
	before = draft->rule_n;
	ret = add_rules(draft, info, nests);
	if (ret)
		draft->rule_n = before;
	return done(info, draft, ret);
}

/**
 * kntp_netlink_config_del_rule() - do restrict-del
 * @skb: the request
 * @info: the request
 *
 * Return: 0 or -errno.
 */
int kntp_netlink_config_del_rule(struct sk_buff *skb, struct genl_info *info)
{
	struct kntp_draft *draft;
	struct ntp_acl_rule rule;
	int ret;

	ret = read_rule(info->attrs, &rule, info->extack);
	if (ret)
		return ret;
	draft = edit(info);
	if (IS_ERR(draft))
		return PTR_ERR(draft);
	if (!kntp_draft_del_rule(draft, &rule)) {
		NL_SET_ERR_MSG_ATTR(info->extack,
				    info->attrs[KNTP_A_RESTRICT_ADDR],
				    "addr: no rule of this network, prefix and ntpport; see restrict-get");
		ret = -ENODATA;
	}
	return done(info, draft, ret);
}

/* cb->args[0]: index of the next record. */
static void end_record(struct sk_buff *skb, struct netlink_callback *cb,
		       void *hdr)
{
	genl_dump_check_consistent(cb, hdr);
	genlmsg_end(skb, hdr);
	cb->args[0]++;
}

/**
 * kntp_netlink_config_dump_rules() - go on with a dump of restrict-get
 * @skb: the answer
 * @cb: where the dump stands: args[0] is the index to go on with
 *
 * Return: octets that were put.
 */
int kntp_netlink_config_dump_rules(struct sk_buff *skb,
				   struct netlink_callback *cb)
{
	struct kntp_net *kn = kntp_net_of(sock_net(skb->sk));
	const struct kntp_config *config = kntp_config_lock(kn);
	void *hdr;

	cb->seq = kn->config.seq;
	while (cb->args[0] < config->acl.rule_n) {
		hdr = kntp_netlink_put_dump_header(skb, cb,
						   KNTP_CMD_RESTRICT_GET);
		if (!hdr)
			break;
		if (kntp_message_put_rule(skb, config, cb->args[0])) {
			genlmsg_cancel(skb, hdr);
			break;
		}
		end_record(skb, cb, hdr);
	}
	kntp_config_unlock(kn);
	return skb->len;
}

/* The hosts of a key. Return: their number, or -EINVAL. */
static int read_peers(struct genl_info *info, struct ntp_key_peer *peer)
{
	struct nlattr *attrs[KNTP_A_KEY_PREFIX + 1];
	const struct nlattr *attr;
	int left, ret, n = 0;

	nlmsg_for_each_attr(attr, info->nlhdr, GENL_HDRLEN, left) {
		if (nla_type(attr) != KNTP_A_KEY_PEER)
			continue;
		if (n == NTP_KEY_PEERS_MAX) {
			NL_SET_ERR_MSG_ATTR(info->extack, attr,
					    "peer: more than 32 networks; put them together into larger ones");
			return -EINVAL;
		}
		ret = nla_parse_nested(attrs, KNTP_A_KEY_PREFIX, attr, NULL,
				       info->extack);
		if (ret)
			return ret;
		if (!attrs[KNTP_A_KEY_ADDR])
			NL_SET_BAD_ATTR(info->extack, attr);
		ret = kntp_policy_check_network(attrs[KNTP_A_KEY_ADDR],
						attrs[KNTP_A_KEY_PREFIX],
						info->extack);
		if (ret)
			return ret;
		memcpy(&peer[n].addr, nla_data(attrs[KNTP_A_KEY_ADDR]),
		       sizeof(peer[n].addr));
		peer[n++].prefix = nla_get_u8(attrs[KNTP_A_KEY_PREFIX]);
	}
	return n;
}

static int check_key(struct genl_info *info)
{
	if (!info->attrs[KNTP_A_KEY_ID]) {
		NL_SET_ERR_MSG(info->extack, "id is missing; give the key's number");
		return -EINVAL;
	}
	if (!info->attrs[KNTP_A_KEY_TYPE]) {
		NL_SET_ERR_MSG(info->extack, "type is missing; give the key's digest");
		return -EINVAL;
	}
	return kntp_policy_check_secret(nla_get_u32(info->attrs[KNTP_A_KEY_TYPE]),
					info->attrs[KNTP_A_KEY_SECRET],
					info->extack);
}

/* Outside of the lock: the crypto API may load modules. */
static struct kntp_keys_slot *read_key(struct genl_info *info)
{
	struct nlattr *secret = info->attrs[KNTP_A_KEY_SECRET];
	struct nlattr *trusted = info->attrs[KNTP_A_KEY_TRUSTED];
	struct ntp_key_peer peer[NTP_KEY_PEERS_MAX];
	struct ntp_key key = {};
	int ret;

	ret = check_key(info);
	if (ret)
		return ERR_PTR(ret);
	ret = read_peers(info, peer);
	if (ret < 0)
		return ERR_PTR(ret);
	key.id = nla_get_u32(info->attrs[KNTP_A_KEY_ID]);
	key.type = nla_get_u32(info->attrs[KNTP_A_KEY_TYPE]);
	key.is_trusted = trusted && nla_get_u8(trusted);
	key.peer_n = ret;
	key.peer = peer;
	return kntp_keys_new(&key, secret ? nla_data(secret) : NULL,
			     secret ? nla_len(secret) : 0, info->extack);
}

/**
 * kntp_netlink_config_add_key() - do key-add
 * @skb: the request, whose secret is wiped
 * @info: the request
 *
 * Return: 0 or -errno.
 */
int kntp_netlink_config_add_key(struct sk_buff *skb, struct genl_info *info)
{
	struct kntp_keys_slot *slot = read_key(info);
	struct nlattr *attr;
	struct kntp_draft *draft;
	int left, ret;

	/* Whatever becomes of it: nobody needs the message any more. */
	nlmsg_for_each_attr(attr, info->nlhdr, GENL_HDRLEN, left)
		if (nla_type(attr) == KNTP_A_KEY_SECRET)
			memzero_explicit(nla_data(attr), nla_len(attr));
	if (IS_ERR(slot))
		return PTR_ERR(slot);
	draft = edit(info);
	if (IS_ERR(draft)) {
		kntp_keys_put(slot);
		return PTR_ERR(draft);
	}
	ret = kntp_draft_put_key(draft, slot);
	if (ret)
		kntp_keys_put(slot);
	return done(info, draft, ret);
}

/**
 * kntp_netlink_config_del_key() - do key-del
 * @skb: the request
 * @info: the request
 *
 * Return: 0 or -errno.
 */
int kntp_netlink_config_del_key(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *id = info->attrs[KNTP_A_KEY_ID];
	struct kntp_draft *draft;
	int ret = 0;

	if (!id) {
		NL_SET_ERR_MSG(info->extack, "id is missing; give the key's number");
		return -EINVAL;
	}
	draft = edit(info);
	if (IS_ERR(draft))
		return PTR_ERR(draft);
	if (!kntp_draft_del_key(draft, nla_get_u32(id))) {
		NL_SET_ERR_MSG_ATTR(info->extack, id,
				    "id: no key of this number; see key-get");
		ret = -ENODATA;
	}
	return done(info, draft, ret);
}

/**
 * kntp_netlink_config_dump_keys() - go on with a dump of key-get
 * @skb: the answer
 * @cb: where the dump stands: args[0] is the index to go on with
 *
 * Return: octets that were put.
 */
int kntp_netlink_config_dump_keys(struct sk_buff *skb,
				  struct netlink_callback *cb)
{
	struct kntp_net *kn = kntp_net_of(sock_net(skb->sk));
	const struct kntp_config *config = kntp_config_lock(kn);
	void *hdr;

	cb->seq = kn->config.seq;
	while (cb->args[0] < config->keys.n) {
		hdr = kntp_netlink_put_dump_header(skb, cb, KNTP_CMD_KEY_GET);
		if (!hdr)
			break;
		if (kntp_message_put_key(skb, &config->key[cb->args[0]])) {
			genlmsg_cancel(skb, hdr);
			break;
		}
		end_record(skb, cb, hdr);
	}
	kntp_config_unlock(kn);
	return skb->len;
}

static int socket_event(struct notifier_block *nb, unsigned long event,
			void *data)
{
	const struct netlink_notify *notify = data;

	if (event == NETLINK_URELEASE && notify->protocol == NETLINK_GENERIC)
		kntp_config_release(kntp_net_of(notify->net), notify->portid);
	return NOTIFY_DONE;
}

static struct notifier_block socket_notifier = {
	.notifier_call = socket_event,
};

/**
 * kntp_netlink_config_init() - see sockets close that have begun something
 *
 * Return: 0 or -errno.
 */
int kntp_netlink_config_init(void)
{
	return netlink_register_notifier(&socket_notifier);
}

/**
 * kntp_netlink_config_uninit() - see them no more
 */
void kntp_netlink_config_uninit(void)
{
	netlink_unregister_notifier(&socket_notifier);
}
