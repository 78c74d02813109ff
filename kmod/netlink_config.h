/* SPDX-License-Identifier: GPL-2.0-only */
/* Copyright (C) 2026 The kntp authors */
#ifndef KNTP_NETLINK_CONFIG_H
#define KNTP_NETLINK_CONFIG_H

struct genl_info;
struct netlink_callback;
struct sk_buff;

/* Operations about rules, keys and limits, for the table in netlink.c. */
int kntp_netlink_config_get(struct sk_buff *skb, struct genl_info *info);
int kntp_netlink_config_set(struct sk_buff *skb, struct genl_info *info);
int kntp_netlink_config_begin(struct sk_buff *skb, struct genl_info *info);
int kntp_netlink_config_commit(struct sk_buff *skb, struct genl_info *info);
int kntp_netlink_config_add_rules(struct sk_buff *skb, struct genl_info *info);
int kntp_netlink_config_del_rule(struct sk_buff *skb, struct genl_info *info);
int kntp_netlink_config_dump_rules(struct sk_buff *skb,
				   struct netlink_callback *cb);
int kntp_netlink_config_add_key(struct sk_buff *skb, struct genl_info *info);
int kntp_netlink_config_del_key(struct sk_buff *skb, struct genl_info *info);
int kntp_netlink_config_dump_keys(struct sk_buff *skb,
				  struct netlink_callback *cb);
int kntp_netlink_config_init(void);
void kntp_netlink_config_uninit(void);

#endif
