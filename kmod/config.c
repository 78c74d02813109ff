// SPDX-License-Identifier: GPL-2.0-only
/* Copyright (C) 2026 The kntp authors */

#include <linux/mm.h>
#include <linux/netlink.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "kmod/config.h"
#include "kmod/draft.h"
#include "kmod/keys.h"
#include "kmod/limit.h"
#include "kmod/mru.h"
#include "kmod/netlink.h"

/* Frees what was in force: keys end in process context. */
static struct workqueue_struct *wq;

static void free_hits(struct kntp_config *config)
{
	int cpu;

	if (!config->hits)
		return;
	for_each_possible_cpu(cpu)
		kvfree(*per_cpu_ptr(config->hits, cpu));
	free_percpu(config->hits);
}

static void free_config(struct kntp_config *config)
{
	u32 i;

	if (!config)
		return;
	for (i = 0; i < config->keys.n; i++)
		kntp_keys_put(config->key[i].secret);
	free_hits(config);
	kvfree(config->key);
	kvfree(config->told);
	kvfree(config->kept);
	kvfree(config->acl_memory);
	kvfree(config->rule);
	kfree(config);
}

static int new_hits(struct kntp_config *config, u32 n)
{
	struct kntp_config_hits *hits;
	int cpu;

	config->hits = alloc_percpu(struct kntp_config_hits *);
	config->kept = kvcalloc(n, sizeof(u64), GFP_KERNEL_ACCOUNT);
	config->told = kvcalloc(n, sizeof(u64), GFP_KERNEL_ACCOUNT);
	if (!config->hits || !config->kept || !config->told)
		return -ENOMEM;
	for_each_possible_cpu(cpu) {
		hits = kvzalloc(struct_size(hits, count, n),
				GFP_KERNEL_ACCOUNT);
		if (!hits)
			return -ENOMEM;
		u64_stats_init(&hits->sync);
		*per_cpu_ptr(config->hits, cpu) = hits;
	}
	return 0;
}

static int take_rules(struct kntp_config *config, struct kntp_draft *draft)
{
	u32 i, n, flags = 0;

	kntp_draft_sort(draft);
	n = draft->rule_n;
	if (!n)
		return 0;
	config->rule = kvmalloc_array(n, sizeof(*config->rule),
				      GFP_KERNEL_ACCOUNT);
	config->acl_memory = kvmalloc(ntp_acl_size(n), GFP_KERNEL_ACCOUNT);
	if (!config->rule || !config->acl_memory || new_hits(config, n))
		return -ENOMEM;
	for (i = 0; i < n; i++) {
		config->rule[i] = draft->rule[i].rule;
		flags |= config->rule[i].flags;
	}
	ntp_acl_build(&config->acl, config->acl_memory, config->rule, n);
	config->policy.acl = &config->acl;
	config->needs_noise = flags & NTP_ACL_LIMITED;
	cond_resched();
	if (!(flags & NTP_ACL_LIMITED))
		return 0;
	config->policy.rate = kntp_limit_get(config->kn);
	return config->policy.rate ? 0 : -ENOMEM;
}

static int take_keys(struct kntp_config *config, struct kntp_draft *draft)
{
	struct kntp_keys_slot *slot;
	unsigned long id;

	if (!draft->key_n)
		return 0;
	config->key = kvmalloc_array(draft->key_n, sizeof(*config->key),
				     GFP_KERNEL_ACCOUNT);
	if (!config->key)
		return -ENOMEM;
	xa_for_each(&draft->keys, id, slot) {
		kntp_keys_get(slot);
		config->key[config->keys.n++] = slot->key;
	}
	config->keys.key = config->key;
	config->policy.keys = &config->keys;
	return 0;
}

static struct kntp_config *new_config(struct kntp_net *kn,
				      struct kntp_draft *draft)
{
	struct kntp_config *config;

	config = kzalloc(sizeof(*config), GFP_KERNEL_ACCOUNT);
	if (!config)
		return NULL;
	config->kn = kn;
	config->policy.minpoll = 3;
	config->policy.send_nak = draft->send_nak;
	config->policy.limits = draft->limits;
	if (!take_rules(config, draft) && !take_keys(config, draft))
		return config;
	free_config(config);
	return NULL;
}

static u64 counted(const struct kntp_config *config, u32 rule)
{
	const struct kntp_config_hits *hits;
	unsigned int start;
	u64 sum = 0, count;
	int cpu;

	for_each_possible_cpu(cpu) {
		hits = *per_cpu_ptr(config->hits, cpu);
		do {
			start = u64_stats_fetch_begin(&hits->sync);
			count = u64_stats_read(&hits->count[rule]);
		} while (u64_stats_fetch_retry(&hits->sync, start));
		sum += count;
	}
	return sum;
}

/*
 * Hits of rules that stay go over to the configuration in force: once when it
 * comes, and once more when nobody can count in the old one any longer.
 */
static void hand_over(struct kntp_config *from, struct kntp_config *to)
{
	u32 i, j = 0;
	u64 hits;

	for (i = 0; i < from->acl.rule_n; i++) {
		while (j < to->acl.rule_n &&
		       ntp_acl_compare(&to->rule[j], &from->rule[i]) < 0)
			j++;
		if (j == to->acl.rule_n)
			return;
		if (ntp_acl_compare(&to->rule[j], &from->rule[i]))
			continue;
		hits = from->kept[i] + counted(from, i);
		to->kept[j] += hits - from->told[i];
		from->told[i] = hits;
	}
}

static struct kntp_config *locked(struct kntp_net *kn)
{
	return rcu_dereference_protected(kn->config.now,
					 lockdep_is_held(&kn->config.lock));
}

static void retire(struct work_struct *work)
{
	struct kntp_config *config = container_of(to_rcu_work(work),
						  struct kntp_config, free);
	struct kntp_net *kn = config->kn;

	mutex_lock(&kn->config.lock);
	hand_over(config, locked(kn));
	mutex_unlock(&kn->config.lock);
	free_config(config);
}

/* Never 0, which tells a dump that nothing can have changed. */
static void publish(struct kntp_net *kn, struct kntp_config *config)
{
	struct kntp_config *old = locked(kn);

	rcu_assign_pointer(kn->config.now, config);
	if (!++kn->config.seq)
		kn->config.seq = 1;
	hand_over(old, config);
	INIT_RCU_WORK(&old->free, retire);
	queue_rcu_work(wq, &old->free);
	kntp_netlink_config_changed(kn);
}

/* Put a draft in force; it stays the caller's. */
static int commit(struct kntp_net *kn, struct kntp_draft *draft,
		  struct netlink_ext_ack *extack)
{
	struct kntp_config *config = new_config(kn, draft);

	if (!config) {
		NL_SET_ERR_MSG(extack, "no memory for this configuration; the one before stays in force");
		return -ENOMEM;
	}
	if (kntp_mru_resize(kn, draft->clients)) {
		free_config(config);
		NL_SET_ERR_MSG(extack, "no memory for so many clients; the configuration before stays in force");
		return -ENOMEM;
	}
	publish(kn, config);
	return 0;
}

/**
 * kntp_config_begin() - begin a configuration that is put in force as a whole
 * @kn: the namespace
 * @portid: the netlink socket whose it is; it may begin afresh
 * @extack: says why not
 *
 * Return: 0, -EBUSY while another socket makes one, or -ENOMEM.
 */
int kntp_config_begin(struct kntp_net *kn, u32 portid,
		      struct netlink_ext_ack *extack)
{
	struct kntp_draft *draft;
	int ret = 0;

	mutex_lock(&kn->config.lock);
	draft = kn->config.staged;
	if (draft && draft->portid != portid) {
		NL_SET_ERR_MSG(extack, "another program prepares a configuration; try again when it has committed it or ended");
		ret = -EBUSY;
		goto out;
	}
	kntp_draft_free(draft);
	draft = kntp_draft_new(portid);
	WRITE_ONCE(kn->config.staged, draft);
	if (!draft)
		ret = -ENOMEM;
out:
	mutex_unlock(&kn->config.lock);
	return ret;
}

/**
 * kntp_config_commit() - put the configuration that was begun in force
 * @kn: the namespace
 * @portid: the netlink socket that has begun it
 * @extack: says why not
 *
 * Return: 0, -ENODATA if the socket has begun none, or -ENOMEM: then it may
 * try again.
 */
int kntp_config_commit(struct kntp_net *kn, u32 portid,
		       struct netlink_ext_ack *extack)
{
	struct kntp_draft *draft;
	int ret;

	mutex_lock(&kn->config.lock);
	draft = kn->config.staged;
	if (!draft || draft->portid != portid) {
		NL_SET_ERR_MSG(extack, "this socket has begun no configuration; begin one with config-begin");
		ret = -ENODATA;
		goto out;
	}
	ret = commit(kn, draft, extack);
	if (!ret) {
		WRITE_ONCE(kn->config.staged, NULL);
		kntp_draft_free(draft);
	}
out:
	mutex_unlock(&kn->config.lock);
	return ret;
}

static struct kntp_draft *copy(const struct kntp_config *config,
			       struct netlink_ext_ack *extack)
{
	struct kntp_draft *draft = kntp_draft_new(0);
	struct kntp_keys_slot *slot;
	u32 i;

	if (!draft)
		return NULL;
	draft->limits = config->policy.limits;
	draft->send_nak = config->policy.send_nak;
	draft->clients = READ_ONCE(config->kn->mru_clients);
	if (kntp_draft_reserve(draft, config->acl.rule_n, extack))
		goto err;
	for (i = 0; i < config->acl.rule_n; i++)
		kntp_draft_add_rule(draft, &config->rule[i]);
	for (i = 0; i < config->keys.n; i++) {
		slot = config->key[i].secret;
		kntp_keys_get(slot);
		if (kntp_draft_put_key(draft, slot)) {
			kntp_keys_put(slot);
			goto err;
		}
	}
	return draft;

err:
	kntp_draft_free(draft);
	return NULL;
}

/**
 * kntp_config_edit() - get what a request of a socket changes
 * @kn: the namespace; locked until kntp_config_done(), unless this fails
 * @portid: the socket
 * @extack: says why not
 *
 * Return: the configuration that it has begun, else a copy of the one in force;
 * or ERR_PTR(-ENOMEM).
 */
struct kntp_draft *kntp_config_edit(struct kntp_net *kn, u32 portid,
				    struct netlink_ext_ack *extack)
{
	struct kntp_draft *draft;

	mutex_lock(&kn->config.lock);
	draft = kn->config.staged;
	if (draft && draft->portid == portid)
		return draft;
	draft = copy(locked(kn), extack);
	if (draft)
		return draft;
	mutex_unlock(&kn->config.lock);
	return ERR_PTR(-ENOMEM);
}

/**
 * kntp_config_done() - end a change
 * @kn: the namespace, unlocked here
 * @draft: what kntp_config_edit() gave; put in force if it is a copy
 * @err: not 0 if the change failed
 * @extack: says why not
 *
 * Return: @err, else 0 or -ENOMEM.
 */
int kntp_config_done(struct kntp_net *kn, struct kntp_draft *draft, int err,
		     struct netlink_ext_ack *extack)
{
	if (draft != kn->config.staged) {
		if (!err)
			err = commit(kn, draft, extack);
		kntp_draft_free(draft);
	}
	mutex_unlock(&kn->config.lock);
	return err;
}

/**
 * kntp_config_release() - a netlink socket is closed: drop what it has begun
 * @kn: the namespace
 * @portid: the socket
 */
void kntp_config_release(struct kntp_net *kn, u32 portid)
{
	struct kntp_draft *draft;

	/* Every netlink socket of the machine comes here. */
	if (!READ_ONCE(kn->config.staged))
		return;
	mutex_lock(&kn->config.lock);
	draft = kn->config.staged;
	if (draft && draft->portid == portid) {
		WRITE_ONCE(kn->config.staged, NULL);
		kntp_draft_free(draft);
	}
	mutex_unlock(&kn->config.lock);
}

/**
 * kntp_config_lock() - keep a configuration in force, for lists of it
 * @kn: the namespace, until kntp_config_unlock(); may sleep
 *
 * Return: the configuration.
 */
const struct kntp_config *kntp_config_lock(struct kntp_net *kn)
{
	mutex_lock(&kn->config.lock);
	return locked(kn);
}

/**
 * kntp_config_unlock() - let it go
 * @kn: the namespace
 */
void kntp_config_unlock(struct kntp_net *kn)
{
	mutex_unlock(&kn->config.lock);
}

/**
 * kntp_config_hits() - packets that a rule has decided about
 * @config: the configuration, locked
 * @rule: index of the rule
 *
 * Return: their number, since the rule was added.
 */
u64 kntp_config_hits(const struct kntp_config *config, u32 rule)
{
	return config->kept[rule] + counted(config, rule);
}

/**
 * kntp_config_init_net() - a namespace with the default configuration
 * @kn: the namespace, zeroed
 *
 * Return: 0 or -ENOMEM.
 */
int kntp_config_init_net(struct kntp_net *kn)
{
	struct kntp_draft *draft = kntp_draft_new(0);
	struct kntp_config *config;

	if (!draft)
		return -ENOMEM;
	mutex_init(&kn->config.lock);
	kn->config.seq = 1;
	config = new_config(kn, draft);
	kntp_draft_free(draft);
	if (!config)
		return -ENOMEM;
	RCU_INIT_POINTER(kn->config.now, config);
	return 0;
}

/**
 * kntp_config_uninit_net() - drop all of it; nobody uses it any more
 * @kn: the namespace, after kntp_config_flush()
 */
void kntp_config_uninit_net(struct kntp_net *kn)
{
	kntp_draft_free(kn->config.staged);
	free_config(rcu_dereference_protected(kn->config.now, true));
	kntp_limit_free(kn);
}

/**
 * kntp_config_flush() - wait until all that was in force before is freed
 */
void kntp_config_flush(void)
{
	rcu_barrier();
	flush_workqueue(wq);
}

/**
 * kntp_config_init() - get ready to free configurations
 *
 * Return: 0 or -ENOMEM.
 */
int kntp_config_init(void)
{
	wq = alloc_workqueue("kntp", WQ_UNBOUND, 0);
	return wq ? 0 : -ENOMEM;
}

/**
 * kntp_config_uninit() - no namespace has one any more
 */
void kntp_config_uninit(void)
{
	destroy_workqueue(wq);
}
