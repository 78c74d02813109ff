/* SPDX-License-Identifier: GPL-2.0-only */
/* Copyright (C) 2026 The kntp authors */
#ifndef KNTP_DEV_H
#define KNTP_DEV_H

#include <linux/netdevice.h>
#include <linux/netfilter.h>
#include <linux/percpu.h>
#include <linux/u64_stats_sync.h>
#include <uapi/linux/kntp.h>

#include "kmod/local.h"

struct kntp_net;
struct netlink_ext_ack;

/**
 * struct kntp_dev_cpu - what one CPU knows of a served device
 * @requests: datagrams for the NTP port
 * @replies: how many of them were answered
 * @sync: makes 64-bit values whole on 32-bit machines
 * @stamp_driver: the last receive stamp was taken below kntp
 * @local: local IPv4 addresses found lately
 */
struct kntp_dev_cpu {
	u64_stats_t requests;
	u64_stats_t replies;
	struct u64_stats_sync sync;
	bool stamp_driver;
	struct kntp_local_cache local;
};

/**
 * struct kntp_dev - a served device
 * @kn: its namespace
 * @dev: the device, held until it is not served any more; readers under RCU
 *	may use it to the end of their section
 * @tracker: of that reference
 * @ifindex: of @dev
 * @hook: where requests are taken from, enum kntp_hook; may change any time
 * @ops: the hook at the device's ingress
 * @cpu: per CPU
 * @rcu: frees it
 */
struct kntp_dev {
	struct kntp_net *kn;
	struct net_device *dev;
	netdevice_tracker tracker;
	int ifindex;
	u32 hook;
	struct nf_hook_ops ops;
	struct kntp_dev_cpu __percpu *cpu;
	struct rcu_head rcu;
};

static inline void kntp_dev_count_request(const struct kntp_dev *kd)
{
	struct kntp_dev_cpu *cpu = this_cpu_ptr(kd->cpu);

	u64_stats_update_begin(&cpu->sync);
	u64_stats_inc(&cpu->requests);
	u64_stats_update_end(&cpu->sync);
}

static inline void kntp_dev_count_reply(const struct kntp_dev *kd,
					bool stamp_driver)
{
	struct kntp_dev_cpu *cpu = this_cpu_ptr(kd->cpu);

	u64_stats_update_begin(&cpu->sync);
	u64_stats_inc(&cpu->replies);
	u64_stats_update_end(&cpu->sync);
	cpu->stamp_driver = stamp_driver;
}

/**
 * struct kntp_dev_totals - what all CPUs know of a served device
 * @requests: datagrams for the NTP port
 * @replies: how many of them were answered
 * @stamp: "driver" or "clock", where receive stamps come from
 */
struct kntp_dev_totals {
	u64 requests;
	u64 replies;
	const char *stamp;
};

const char *kntp_dev_hook_name(u32 hook);
struct kntp_dev *kntp_dev_find(const struct kntp_net *kn, int ifindex);
int kntp_dev_add(struct kntp_net *kn, struct net_device *dev, u32 hook,
		 struct netlink_ext_ack *extack);
int kntp_dev_set(struct kntp_dev *kd, u32 hook, struct netlink_ext_ack *extack);
void kntp_dev_del(struct kntp_dev *kd);
void kntp_dev_totals(const struct kntp_dev *kd, struct kntp_dev_totals *sum);
int kntp_dev_init(void);
void kntp_dev_uninit(void);

#endif
