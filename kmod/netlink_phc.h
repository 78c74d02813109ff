/* SPDX-License-Identifier: GPL-2.0-only */
/* Copyright (C) 2026 The kntp authors */
#ifndef KNTP_NETLINK_PHC_H
#define KNTP_NETLINK_PHC_H

#include <net/genetlink.h>

struct kntp_dev;

int kntp_netlink_phc_set(struct sk_buff *skb, struct genl_info *info);
int kntp_netlink_phc_del(struct sk_buff *skb, struct genl_info *info);
int kntp_netlink_phc_dump(struct sk_buff *skb, struct netlink_callback *cb);
bool kntp_netlink_phc_is_stamping(struct nlattr **attrs);
int kntp_netlink_phc_stamp(struct kntp_dev *kd, struct genl_info *info);

#endif
