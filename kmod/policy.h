/* SPDX-License-Identifier: GPL-2.0-only */
/* Copyright (C) 2026 The kntp authors */
#ifndef KNTP_POLICY_H
#define KNTP_POLICY_H

#include <net/netlink.h>
#include <uapi/linux/kntp.h>

#include "kmod/core/key.h"
#include "kmod/core/smear.h"

enum {
	KNTP_POLICY_NONE_MAX = 1,
};

/* What a request may carry. Each refusal says what the attribute may be. */
extern const struct nla_policy kntp_policy_clock_set[KNTP_A_CLOCK_SMEAR_LEFT + 1];
extern const struct nla_policy kntp_policy_dev[KNTP_A_DEV_TX_COMP + 1];
extern const struct nla_policy kntp_policy_phc[KNTP_A_PHC_REFUSED + 1];
extern const struct nla_policy kntp_policy_restrict[KNTP_A_RESTRICT_RULE + 1];
extern const struct nla_policy kntp_policy_key[KNTP_A_KEY_PEER + 1];
extern const struct nla_policy kntp_policy_server[KNTP_A_SERVER_CLIENTS + 1];
extern const struct nla_policy kntp_policy_none[KNTP_POLICY_NONE_MAX + 1];

int kntp_policy_check_clock(struct nlattr **attrs,
			    struct netlink_ext_ack *extack);
int kntp_policy_check_phc(struct nlattr **attrs,
			  struct netlink_ext_ack *extack);
int kntp_policy_check_network(const struct nlattr *addr,
			      const struct nlattr *prefix,
			      struct netlink_ext_ack *extack);
int kntp_policy_check_secret(enum ntp_key_type type,
			     const struct nlattr *secret,
			     struct netlink_ext_ack *extack);

#endif
