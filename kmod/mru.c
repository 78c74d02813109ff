// SPDX-License-Identifier: GPL-2.0-only
/* Copyright (C) 2026 The kntp authors */

#define pr_fmt(fmt) "kntp: " fmt

#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/moduleparam.h>
#include <linux/random.h>
#include <linux/sched.h>

#include "kmod/mru.h"

/* As kntp_policy_server has it. */
enum {
	CLIENTS_MIN	= 64,
	CLIENTS_MAX	= 1 << 20,
};

static unsigned int clients_max = 16384;

static int clients_max_set(const char *val, const struct kernel_param *kp)
{
	unsigned int n;
	int ret;

	ret = kstrtouint(val, 0, &n);
	if (ret) {
		pr_err("clients_max=%s is not a number; give %u to %u\n", val,
		       CLIENTS_MIN, CLIENTS_MAX);
		return ret;
	}
	*(unsigned int *)kp->arg = clamp_t(unsigned int, n, CLIENTS_MIN,
					   CLIENTS_MAX);
	if (*(unsigned int *)kp->arg != n)
		pr_warn("clients_max=%u is outside of %u to %u; using %u\n", n,
			CLIENTS_MIN, CLIENTS_MAX, *(unsigned int *)kp->arg);
	return 0;
}

static const struct kernel_param_ops clients_max_ops = {
	.set = clients_max_set,
	.get = param_get_uint,
};
module_param_cb(clients_max, &clients_max_ops, &clients_max, 0444);
__MODULE_PARM_TYPE(clients_max, "uint");
MODULE_PARM_DESC(clients_max, "Recent clients to remember in each network namespace, 64 to 1048576 (16384)");

static void free_tables(struct ntp_mru __percpu *mru)
{
	int cpu;

	for_each_possible_cpu(cpu)
		kvfree(per_cpu_ptr(mru, cpu)->slot);
	free_percpu(mru);
}

/*
 * One table per CPU, so that nobody waits; together they hold @clients or
 * somewhat more. All have the same seed and size: a client is in the same
 * bucket of each.
 */
static struct ntp_mru __percpu *new_tables(unsigned int clients)
{
	struct ntp_mru __percpu *mru;
	struct ntp_mru *table;
	u32 buckets, seed;
	int cpu;

	mru = alloc_percpu(struct ntp_mru);
	if (!mru)
		return NULL;
	buckets = DIV_ROUND_UP(clients ?: clients_max,
			       num_possible_cpus() * NTP_MRU_WAYS);
	buckets = roundup_pow_of_two(buckets);
	seed = get_random_u32();
	for_each_possible_cpu(cpu) {
		table = per_cpu_ptr(mru, cpu);
		table->slot = kvcalloc((size_t)buckets * NTP_MRU_WAYS,
				       sizeof(*table->slot),
				       GFP_KERNEL_ACCOUNT);
		if (!table->slot) {
			free_tables(mru);
			return NULL;
		}
		table->mask = buckets - 1;
		table->seed = seed;
	}
	return mru;
}

/**
 * kntp_mru_alloc() - give a namespace its client memory, if it has none yet
 * @kn: the namespace
 *
 * May sleep.
 *
 * Return: 0 or -ENOMEM.
 */
int kntp_mru_alloc(struct kntp_net *kn)
{
	struct ntp_mru __percpu *mru;
	int ret = 0;

	mutex_lock(&kn->mru_lock);
	if (!kn->mru) {
		mru = new_tables(kn->mru_clients);
		if (!mru)
			ret = -ENOMEM;
		else
			/* Whoever finds the tables finds what is in them. */
			smp_store_release(&kn->mru, mru);
	}
	mutex_unlock(&kn->mru_lock);
	return ret;
}

/**
 * kntp_mru_resize() - remember another number of clients, from none on
 * @kn: the namespace
 * @clients: how many; 0: as the module's parameter says
 *
 * May sleep. Nothing happens where it is the number of before.
 *
 * Return: 0 or -ENOMEM: then all is as before.
 */
int kntp_mru_resize(struct kntp_net *kn, unsigned int clients)
{
	struct ntp_mru __percpu *old, *mru = NULL;
	int ret = 0;

	mutex_lock(&kn->mru_lock);
	old = kn->mru;
	if (clients == kn->mru_clients)
		goto out;
	if (old) {
		mru = new_tables(clients);
		if (!mru) {
			ret = -ENOMEM;
			goto out;
		}
	}
	WRITE_ONCE(kn->mru_clients, clients);
	if (!old)
		goto out;
	/* As in kntp_mru_alloc(). */
	smp_store_release(&kn->mru, mru);
	/* Packets under way still write to the old ones. */
	synchronize_rcu();
	free_tables(old);
out:
	mutex_unlock(&kn->mru_lock);
	return ret;
}

/**
 * kntp_mru_free() - forget all clients; nobody looks any more
 * @kn: the namespace
 */
void kntp_mru_free(struct kntp_net *kn)
{
	if (kn->mru)
		free_tables(kn->mru);
	kn->mru = NULL;
}

/* The entry of a bucket that is the @way-th of all CPUs' ways together. */
static bool read_way(struct ntp_mru __percpu *mru, u32 bucket, u32 way,
		     struct ntp_mru_entry *entry)
{
	unsigned int cpu = way / NTP_MRU_WAYS;

	if (!cpu_possible(cpu))
		return false;
	return ntp_mru_read(per_cpu_ptr(mru, cpu),
			    bucket * NTP_MRU_WAYS + way % NTP_MRU_WAYS, entry);
}

/* Did an earlier way of the bucket hold this client, or does a later one? */
static bool merge_bucket(struct ntp_mru __percpu *mru, u32 bucket, u32 way,
			 struct ntp_mru_entry *entry)
{
	const u32 ways = nr_cpu_ids * NTP_MRU_WAYS;
	struct ntp_mru_entry other;
	u32 i;

	for (i = 0; i < ways; i++) {
		if (i == way || !read_way(mru, bucket, i, &other) ||
		    memcmp(&other.addr, &entry->addr, sizeof(other.addr)))
			continue;
		if (i < way)
			return false;
		ntp_mru_merge(entry, &other);
	}
	return true;
}

static bool next(struct ntp_mru __percpu *mru, struct kntp_mru_cursor *cursor,
		 struct ntp_mru_entry *entry)
{
	const u32 ways = nr_cpu_ids * NTP_MRU_WAYS;
	u32 mask, way;

	mask = per_cpu_ptr(mru, cpumask_first(cpu_possible_mask))->mask;
	for (; cursor->bucket <= mask; cursor->bucket++, cursor->way = 0) {
		while (cursor->way < ways) {
			way = cursor->way++;
			if (read_way(mru, cursor->bucket, way, entry) &&
			    merge_bucket(mru, cursor->bucket, way, entry))
				return true;
		}
		cond_resched();
	}
	return false;
}

/**
 * kntp_mru_next() - the next client of a walk through all
 * @kn: the namespace
 * @cursor: moves behind the client that is returned
 * @entry: the client; what CPUs remember of it apart is added up
 *
 * May sleep. A walk that meets kntp_mru_resize() goes on through the new
 * tables.
 *
 * Return: false at the end.
 */
bool kntp_mru_next(struct kntp_net *kn, struct kntp_mru_cursor *cursor,
		   struct ntp_mru_entry *entry)
{
	bool is_there;

	mutex_lock(&kn->mru_lock);
	is_there = kn->mru && next(kn->mru, cursor, entry);
	mutex_unlock(&kn->mru_lock);
	return is_there;
}
