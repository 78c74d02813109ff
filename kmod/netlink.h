/* SPDX-License-Identifier: GPL-2.0-only */
/* Copyright (C) 2026 The kntp authors */
#ifndef KNTP_NETLINK_H
#define KNTP_NETLINK_H

#include <linux/types.h>

struct kntp_dev;
struct kntp_net;

void kntp_netlink_clock_changed(struct kntp_net *kn);
void kntp_netlink_dev_changed(const struct kntp_dev *kd, u8 cmd);
int kntp_netlink_init(void);
void kntp_netlink_uninit(void);

#endif
