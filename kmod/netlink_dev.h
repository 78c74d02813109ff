/* SPDX-License-Identifier: GPL-2.0-only */
/* Copyright (C) 2026 The kntp authors */
#ifndef KNTP_NETLINK_DEV_H
#define KNTP_NETLINK_DEV_H

#include <net/genetlink.h>

int kntp_netlink_dev_get(struct sk_buff *skb, struct genl_info *info);
int kntp_netlink_dev_add(struct sk_buff *skb, struct genl_info *info);
int kntp_netlink_dev_set(struct sk_buff *skb, struct genl_info *info);
int kntp_netlink_dev_del(struct sk_buff *skb, struct genl_info *info);
int kntp_netlink_dev_dump(struct sk_buff *skb, struct netlink_callback *cb);

#endif
