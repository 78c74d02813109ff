/* SPDX-License-Identifier: GPL-2.0-only */
/* Copyright (C) 2026 The kntp authors */
#ifndef KNTP_CONFIG_H
#define KNTP_CONFIG_H

#include <linux/percpu.h>
#include <linux/rcupdate.h>
#include <linux/u64_stats_sync.h>
#include <linux/workqueue.h>

#include "kmod/core/exchange.h"
#include "kmod/kntp.h"

struct kntp_draft;
struct netlink_ext_ack;

/**
 * struct kntp_config_hits - what one CPU counts of a configuration's rules
 * @sync: makes 64-bit values whole on 32-bit machines
 * @count: packets that each rule decided about
 */
struct kntp_config_hits {
	struct u64_stats_sync sync;
	u64_stats_t count[];
};

/**
 * struct kntp_config - a configuration in force; immutable but for counters
 * @policy: what the core sees of it: the next two, and the namespace's rate
 * @acl: compiled rules
 * @keys: keys, each held
 * @needs_noise: some rule limits clients
 * @hits: per CPU; NULL if there are no rules
 * @rule: what @acl points to, in order
 * @acl_memory: what else it points to
 * @kept: hits of each rule in configurations before; lock of the namespace
 * @told: of hits of each rule, those that the next configuration has got; the
 *	same lock
 * @key: what @keys points to
 * @kn: the namespace
 * @free: frees it after a grace period
 */
struct kntp_config {
	struct ntp_policy policy;
	struct ntp_acl acl;
	struct ntp_keys keys;
	bool needs_noise;
	struct kntp_config_hits * __percpu *hits;
	struct ntp_acl_rule *rule;
	void *acl_memory;
	u64 *kept;
	u64 *told;
	struct ntp_key *key;
	struct kntp_net *kn;
	struct rcu_work free;
};

/**
 * kntp_config_of() - the configuration in force
 * @kn: the namespace
 *
 * Under RCU, for as long as it is used: whoever asks twice may get two.
 *
 * Return: the configuration, there is always one.
 */
static inline const struct kntp_config *kntp_config_of(const struct kntp_net *kn)
{
	return rcu_dereference(kn->config.now);
}

/**
 * kntp_config_count_hit() - count a packet for the rule that decided about it
 * @config: the configuration; bottom halves are off
 * @rule: index of the rule
 */
static inline void kntp_config_count_hit(const struct kntp_config *config,
					 u32 rule)
{
	struct kntp_config_hits *hits = this_cpu_read(*config->hits);

	u64_stats_update_begin(&hits->sync);
	u64_stats_inc(&hits->count[rule]);
	u64_stats_update_end(&hits->sync);
}

int kntp_config_begin(struct kntp_net *kn, u32 portid,
		      struct netlink_ext_ack *extack);
int kntp_config_commit(struct kntp_net *kn, u32 portid,
		       struct netlink_ext_ack *extack);
struct kntp_draft *kntp_config_edit(struct kntp_net *kn, u32 portid,
				    struct netlink_ext_ack *extack);
int kntp_config_done(struct kntp_net *kn, struct kntp_draft *draft, int err,
		     struct netlink_ext_ack *extack);
void kntp_config_release(struct kntp_net *kn, u32 portid);
const struct kntp_config *kntp_config_lock(struct kntp_net *kn);
void kntp_config_unlock(struct kntp_net *kn);
u64 kntp_config_hits(const struct kntp_config *config, u32 rule);
int kntp_config_init_net(struct kntp_net *kn);
void kntp_config_uninit_net(struct kntp_net *kn);
void kntp_config_flush(void);
int kntp_config_init(void);
void kntp_config_uninit(void);

#endif
