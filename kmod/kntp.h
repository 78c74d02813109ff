/* SPDX-License-Identifier: GPL-2.0-only */
/* Copyright (C) 2026 The kntp authors */
#ifndef KNTP_KNTP_H
#define KNTP_KNTP_H

#include <linux/mutex.h>
#include <linux/netfilter.h>
#include <linux/seqlock.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>

#include "kmod/core/mru.h"
#include "kmod/core/rate.h"
#include "kmod/core/sysvars.h"
#include "kmod/core/xleave.h"
#include "kmod/counters.h"
#include "kmod/local.h"

#define KNTP_VERSION	"0.1.0"

struct kntp_config;
struct kntp_draft;
struct kntp_txstamp_cpu;
struct net;
struct proc_dir_entry;

/**
 * struct kntp_clock_aged - the clock state as it is served in some tick
 * @seq: of the state that it was made from; odd for none
 * @mono_ns: the tick
 * @now: the state
 */
struct kntp_clock_aged {
	unsigned int seq;
	u64 mono_ns;
	struct ntp_sysvars_now now;
};

/**
 * struct kntp_clock - the clock state that a namespace serves
 * @lock: readers are lockless, in softirq too
 * @sys: as the daemon gave it, times on CLOCK_BOOTTIME
 * @aged: per CPU, what @sys came to in this tick
 * @told_lock: guards @told; held while an event is sent
 * @told: as the last clock-ntf said
 * @expiry: looks again when the state may have lost its worth
 */
struct kntp_clock {
	seqlock_t lock;
	struct ntp_sysvars sys;
	struct kntp_clock_aged __percpu *aged;
	struct mutex told_lock;
	struct ntp_sysvars_now told;
	struct delayed_work expiry;
};

/**
 * struct kntp_configs - the configurations of a namespace
 * @lock: guards all but what readers under RCU see of @now
 * @now: the one in force, never NULL
 * @staged: the one that a netlink socket has begun, or NULL
 * @seq: changes with @now, never 0
 * @rate: rates of limited clients; kept when @now changes
 */
struct kntp_configs {
	struct mutex lock;
	struct kntp_config __rcu *now;
	struct kntp_draft *staged;
	unsigned int seq;
	struct ntp_rate rate;
};

/**
 * struct kntp_net - all of kntp that belongs to one network namespace
 * @net: the namespace; lives at least as long
 * @devs: served devices, struct kntp_dev by ifindex; RTNL to write, RCU or
 *	RTNL to read
 * @dev_seq: changes with @devs, never 0; RTNL
 * @input_users: devices served by the input hook; RTNL
 * @input_ops: the hooks at LOCAL_IN, registered while @input_users is not 0
 * @mru: recent clients, one table per CPU; NULL until a device was served;
 *	bottom halves read it under RCU
 * @mru_lock: guards @mru and @mru_clients against change
 * @mru_clients: how many to remember; 0: as the module's parameter says
 * @local: which sources may be no clients
 * @config: rules, keys and limits
 * @lines: lines of PHCs, struct kntp_line by index; RTNL to write
 * @line_n: number of these; RTNL
 * @xleave: memory of interleaved mode; off while it has no words, and they are
 *	there before a device is served until the namespace goes
 * @txstamp: transmit stamps under way, likewise; NULL until they are wanted
 * @clock: what is served
 * @counters: what happened
 * @proc: /proc/net/kntp
 */
struct kntp_net {
	struct net *net;
	struct xarray devs;
	unsigned int dev_seq;
	unsigned int input_users;
	struct nf_hook_ops input_ops[2];
	struct ntp_mru __percpu *mru;
	struct mutex mru_lock;
	unsigned int mru_clients;
	struct kntp_local_filter local;
	struct kntp_configs config;
	struct xarray lines;
	unsigned int line_n;
	struct ntp_xleave xleave;
	struct kntp_txstamp_cpu __percpu *txstamp;
	struct kntp_clock clock;
	struct kntp_counters counters;
	struct proc_dir_entry *proc;
};

#endif
