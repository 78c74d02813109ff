/* SPDX-License-Identifier: GPL-2.0-only */
/* Copyright (C) 2026 The kntp authors */
#ifndef KNTP_NETLINK_H
#define KNTP_NETLINK_H

#include <linux/types.h>

struct genl_info;
struct kntp_dev;
struct kntp_net;
struct netlink_callback;
struct sk_buff;

struct sk_buff *kntp_netlink_new_reply(struct genl_info *info, u8 cmd,
				       void **hdr);
int kntp_netlink_send_reply(struct genl_info *info, struct sk_buff *msg,
			    void *hdr, int err);
void *kntp_netlink_put_dump_header(struct sk_buff *skb,
				   struct netlink_callback *cb, u8 cmd);
void kntp_netlink_clock_changed(struct kntp_net *kn);
void kntp_netlink_config_changed(struct kntp_net *kn);
void kntp_netlink_dev_changed(const struct kntp_dev *kd, u8 cmd);
int kntp_netlink_init(void);
void kntp_netlink_uninit(void);

#endif
