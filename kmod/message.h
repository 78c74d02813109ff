/* SPDX-License-Identifier: GPL-2.0-only */
/* Copyright (C) 2026 The kntp authors */
#ifndef KNTP_MESSAGE_H
#define KNTP_MESSAGE_H

#include <linux/types.h>

struct kntp_config;
struct kntp_dev;
struct kntp_line;
struct kntp_net;
struct nlattr;
struct ntp_key;
struct ntp_mru_entry;
struct ntp_smear_plan;
struct sk_buff;

int kntp_message_put_clock(struct sk_buff *msg, const struct kntp_net *kn);
void kntp_message_get_smear(struct nlattr **attrs,
			    struct ntp_smear_plan *plan);
int kntp_message_put_line(struct sk_buff *msg, const struct kntp_net *kn,
			  const struct kntp_line *line);
int kntp_message_put_dev(struct sk_buff *msg, const struct kntp_dev *kd);
int kntp_message_put_stats(struct sk_buff *msg, struct kntp_net *kn);
int kntp_message_put_client(struct sk_buff *msg, const struct ntp_mru_entry *e);
int kntp_message_put_server(struct sk_buff *msg, const struct kntp_net *kn);
int kntp_message_put_rule(struct sk_buff *msg, const struct kntp_config *config,
			  u32 rule);
int kntp_message_put_key(struct sk_buff *msg, const struct ntp_key *key);

#endif
