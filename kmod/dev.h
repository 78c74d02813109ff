/* SPDX-License-Identifier: GPL-2.0-only */
/* Copyright (C) 2026 The kntp authors */
#ifndef KNTP_DEV_H
#define KNTP_DEV_H

#include <linux/jiffies.h>
#include <linux/netdevice.h>
#include <linux/netfilter.h>
#include <linux/percpu.h>
#include <linux/u64_stats_sync.h>
#include <uapi/linux/kntp.h>

#include "kmod/local.h"
#include "kmod/stamp.h"

struct kntp_line;
struct kntp_net;
struct netlink_ext_ack;

/** enum kntp_dev_counter - what is counted of a device with bottom halves off */
enum kntp_dev_counter {
	KNTP_DEV_REQUESTS,
	/* Replies, by enum kntp_stamp_source of the receive stamp. */
	KNTP_DEV_REPLIES,
	KNTP_DEV_RX_REFUSED = KNTP_DEV_REPLIES + KNTP_STAMP_SOURCES,
	KNTP_DEV_TX_ASKED,
	KNTP_DEV_TX_LOST,
	KNTP_DEV_TX_MISSING,
	KNTP_DEV_COUNTERS
};

/** enum kntp_dev_tx_counter - of transmit stamps, with interrupts off */
enum kntp_dev_tx_counter {
	KNTP_DEV_TX_DRIVER,
	KNTP_DEV_TX_HARDWARE,
	KNTP_DEV_TX_LATE,
	KNTP_DEV_TX_REFUSED,
	KNTP_DEV_TX_COUNTERS
};

/**
 * struct kntp_dev_cpu - what one CPU knows of a served device
 * @count: indexed by enum kntp_dev_counter
 * @sync: makes 64-bit values whole on 32-bit machines
 * @source: of the last reply's receive stamp, enum kntp_stamp_source
 * @replied: when that was, jiffies
 * @sampled_ns: when a transmit stamp was last asked for to learn @delay
 * @delay: how much later than kntp reads the clock replies that this CPU sends
 *	leave, see kntp_txstamp_learn(); changed by any CPU
 * @tx_count: indexed by enum kntp_dev_tx_counter
 * @tx_sync: as @sync
 * @local: local IPv4 addresses found lately
 */
struct kntp_dev_cpu {
	u64_stats_t count[KNTP_DEV_COUNTERS];
	struct u64_stats_sync sync;
	u8 source;
	unsigned long replied;
	u64 sampled_ns;
	atomic64_t delay;
	u64_stats_t tx_count[KNTP_DEV_TX_COUNTERS];
	struct u64_stats_sync tx_sync;
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
 * @stamping: stamps of its NIC that it is served with, bits of enum
 *	kntp_stamp_flag; may change any time, as the next two
 * @rx_comp_ns: taken off the NIC's receive stamps
 * @tx_comp_ns: added to the NIC's transmit stamps
 * @line: of the PHC that these stamps are of, or NULL; RTNL to write
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
	u32 stamping;
	s32 rx_comp_ns;
	s32 tx_comp_ns;
	struct kntp_line __rcu *line;
	struct nf_hook_ops ops;
	struct kntp_dev_cpu __percpu *cpu;
	struct rcu_head rcu;
};

/* Bottom halves are off. */
static inline void kntp_dev_count(const struct kntp_dev *kd,
				  unsigned int counter)
{
	struct kntp_dev_cpu *cpu = this_cpu_ptr(kd->cpu);

	u64_stats_update_begin(&cpu->sync);
	u64_stats_inc(&cpu->count[counter]);
	u64_stats_update_end(&cpu->sync);
}

static inline void kntp_dev_count_reply(const struct kntp_dev *kd,
					enum kntp_stamp_source source)
{
	struct kntp_dev_cpu *cpu = this_cpu_ptr(kd->cpu);

	kntp_dev_count(kd, KNTP_DEV_REPLIES + source);
	WRITE_ONCE(cpu->source, source);
	WRITE_ONCE(cpu->replied, jiffies);
}

/**
 * struct kntp_dev_totals - what all CPUs know of a served device
 * @count: by enum kntp_dev_counter
 * @tx_count: by enum kntp_dev_tx_counter
 * @replies: of all sources together
 * @source: where the last reply's receive stamp came from, of several CPUs'
 *	in one tick the worst
 */
struct kntp_dev_totals {
	u64 count[KNTP_DEV_COUNTERS];
	u64 tx_count[KNTP_DEV_TX_COUNTERS];
	u64 replies;
	enum kntp_stamp_source source;
};

/**
 * struct kntp_dev_stamping - which stamps of its NIC a device is served with
 * @phc: index of the PHC, or KNTP_PHC_NONE
 * @stamping: bits of enum kntp_stamp_flag
 * @rx_comp_ns: taken off receive stamps
 * @tx_comp_ns: added to transmit stamps
 */
struct kntp_dev_stamping {
	u32 phc;
	u32 stamping;
	s32 rx_comp_ns;
	s32 tx_comp_ns;
};

const char *kntp_dev_hook_name(u32 hook);
struct kntp_dev *kntp_dev_find(const struct kntp_net *kn, int ifindex);
int kntp_dev_add(struct kntp_net *kn, struct net_device *dev, u32 hook,
		 struct netlink_ext_ack *extack);
int kntp_dev_set(struct kntp_dev *kd, u32 hook, struct netlink_ext_ack *extack);
void kntp_dev_stamping(const struct kntp_dev *kd, struct kntp_dev_stamping *s);
int kntp_dev_set_stamping(struct kntp_dev *kd,
			  const struct kntp_dev_stamping *s,
			  struct netlink_ext_ack *extack);
void kntp_dev_del(struct kntp_dev *kd);
void kntp_dev_totals(const struct kntp_dev *kd, struct kntp_dev_totals *sum);
int kntp_dev_init(void);
void kntp_dev_uninit(void);

#endif
