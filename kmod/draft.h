/* SPDX-License-Identifier: GPL-2.0-only */
/* Copyright (C) 2026 The kntp authors */
#ifndef KNTP_DRAFT_H
#define KNTP_DRAFT_H

#include <linux/xarray.h>

#include "kmod/core/acl.h"
#include "kmod/core/rate.h"

struct kntp_keys_slot;
struct netlink_ext_ack;

/**
 * struct kntp_draft_rule - a rule of a configuration that is being made
 * @rule: the rule
 * @seq: when it was added; of rules for the same packets the last one counts
 */
struct kntp_draft_rule {
	struct ntp_acl_rule rule;
	u32 seq;
};

/**
 * struct kntp_draft - a configuration that is being made
 * @portid: the netlink socket whose it is
 * @limits: of clients that are limited
 * @send_nak: answer a MAC that fails with a crypto-NAK
 * @clients: recent clients to remember; 0: as the module's parameter says
 * @is_sorted: @rule is in the order of ntp_acl_compare(), none twice
 * @rule: the rules
 * @rule_n: their number
 * @rule_room: how many @rule can hold
 * @seq: of the rule that is added next
 * @keys: struct kntp_keys_slot by identifier, each held
 * @key_n: number of these
 *
 * Guarded by the lock of the configuration.
 */
struct kntp_draft {
	u32 portid;
	struct ntp_rate_limits limits;
	bool send_nak;
	u32 clients;
	bool is_sorted;
	struct kntp_draft_rule *rule;
	u32 rule_n;
	u32 rule_room;
	u32 seq;
	struct xarray keys;
	u32 key_n;
};

struct kntp_draft *kntp_draft_new(u32 portid);
void kntp_draft_free(struct kntp_draft *draft);
int kntp_draft_reserve(struct kntp_draft *draft, u32 n,
		       struct netlink_ext_ack *extack);
void kntp_draft_add_rule(struct kntp_draft *draft,
			 const struct ntp_acl_rule *rule);
bool kntp_draft_del_rule(struct kntp_draft *draft,
			 const struct ntp_acl_rule *rule);
void kntp_draft_sort(struct kntp_draft *draft);
int kntp_draft_put_key(struct kntp_draft *draft, struct kntp_keys_slot *slot);
bool kntp_draft_del_key(struct kntp_draft *draft, u32 id);

#endif
