/* SPDX-License-Identifier: GPL-2.0-only */
/* Copyright (C) 2026 The kntp authors */
#ifndef KNTP_NET_H
#define KNTP_NET_H

struct kntp_net;
struct net;

struct kntp_net *kntp_net_of(const struct net *net);
int kntp_net_init(void);
void kntp_net_uninit(void);

#endif
