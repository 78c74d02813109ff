/* SPDX-License-Identifier: GPL-2.0-only */
/* Copyright (C) 2026 The kntp authors */
/*
 * The parts of tphc, a pair of network devices with a clock each: what it is
 * for and what it takes is told in tphc_dev.c.
 *
 *	tphc_dev.c	parameters, the devices, the wire between them
 *	tphc_stamp.c	which frames are stamped, and when a sender learns of it
 *	tphc_phc.c	the clocks, their pulses and the pulses they stamp
 *	tphc_wire.c	what truly happened, to be read from debugfs
 *
 * All durations are in ns. "raw" is CLOCK_MONOTONIC_RAW: the time that runs the
 * clocks and the wire. "real" is CLOCK_REALTIME.
 */
#ifndef TPHC_H
#define TPHC_H

#include <linux/ethtool.h>
#include <linux/hrtimer.h>
#include <linux/mutex.h>
#include <linux/net_tstamp.h>
#include <linux/netdevice.h>
#include <linux/ptp_clock_kernel.h>
#include <linux/skbuff.h>
#include <linux/spinlock.h>
#include <linux/timekeeping.h>
#include <linux/workqueue.h>

#include "tests/kmod/tphc_compat.h"

#define TPHC_DEVICES	4	/* as many as there can be */

struct tphc_phc {
	struct ptp_clock_info info;
	struct ptp_clock *ptp;
	struct ptp_pin_desc pin;
	int index;
	u64 born;		/* raw */

	/* the line of its readings; see tphc_phc_at() */
	spinlock_t lock;
	u64 start;		/* raw */
	s64 phase;		/* the reading at start */
	s64 part;		/* and 2^-40 ns of it */
	s64 walk;		/* frequency it walked away, 2^-40 */
	s64 adjust;		/* frequency its user gave it, 2^-40 */
	u64 next;		/* raw: next step of the walk */
	u64 random;

	/* its own pulse each second, and those from outside that it stamps */
	struct mutex edge_lock;
	struct hrtimer edge;
	bool alive;
	bool pps;
	bool extts;
	s64 pps_second;
	s64 pulse_second;
};

struct tphc_counters {
	u64 rx_stamps;
	u64 tx_stamps;
	u64 tx_stamps_lost;	/* on purpose */
	u64 tx_stamps_skipped;	/* too many were under way */
};

struct tphc_port {
	struct net_device *dev;
	struct tphc_port *peer;
	int index;
	struct tphc_phc phc;

	/* stamping, as user space set it */
	int tx_type;
	int rx_filter;
	u32 rx_filters;		/* those that there are */

	/* frames on their way to the peer, in order of arrival */
	spinlock_t wire_lock;
	struct sk_buff_head wire;
	struct hrtimer wire_timer;
	u64 wire_free;		/* raw: end of the last frame */
	u64 frames;
	u64 random;
	u64 tx_bytes;

	/* frames that arrived; its lock guards up, too */
	struct sk_buff_head arrived;
	struct napi_struct napi;
	bool up;
	u64 rx_frames;
	u64 rx_bytes;
	u64 rx_dropped;

	/* sent frames whose sender waits for the stamp; its lock guards these */
	struct sk_buff_head stamps;
	struct hrtimer stamp_timer;
	struct work_struct stamp_work;
	struct tphc_counters count;
	u64 stamps_asked;
};

/* What a frame carries along, in skb->cb. */
struct tphc_cb {
	ktime_t due;		/* CLOCK_MONOTONIC, of what comes next */
	u64 frame;
	u64 raw;		/* start of the frame, at this end of the wire */
	s64 real;
	s64 phc;
	bool lost;		/* nobody learns of the stamp */
};

static inline struct tphc_cb *tphc_cb(struct sk_buff *skb)
{
	BUILD_BUG_ON(sizeof(struct tphc_cb) > sizeof(skb->cb));
	return (struct tphc_cb *)skb->cb;
}

/* UDP in a frame, as far as anybody here asks. */
struct tphc_udp {
	int version;		/* of IP */
	const u8 *saddr;
	const u8 *daddr;
	u16 sport;
	u16 dport;
	const u8 *data;
	unsigned int len;	/* of data */
};

enum tphc_flags {
	TPHC_STAMPED	= 1,	/* a stamp was given, or is on its way */
	TPHC_LOST	= 2,	/* it was asked for, and lost on purpose */
	TPHC_SKIPPED	= 4,	/* it was asked for, when no place was free */
};

/* tphc_dev.c: module parameters that the other parts read */
extern int tphc_freq[TPHC_DEVICES];
extern int tphc_wander[TPHC_DEVICES];
extern int tphc_offset[TPHC_DEVICES];
extern int tphc_stamp_ns[TPHC_DEVICES];
extern int tphc_stamp_loss[TPHC_DEVICES];
extern int tphc_stamp_slots[TPHC_DEVICES];
extern char *tphc_rxfilter[TPHC_DEVICES];
extern bool tphc_stamp_process;
extern bool tphc_cross;
extern uint tphc_seed;
extern uint tphc_ring;

/* tphc_stamp.c */
int tphc_stamp_init(struct tphc_port *port);
void tphc_stamp_stop(struct tphc_port *port);
u8 tphc_stamp_tx(struct tphc_port *port, struct sk_buff *skb);
void tphc_stamp_later(struct tphc_port *port, struct sk_buff *skb, ktime_t due);
u8 tphc_stamp_rx(struct tphc_port *port, struct sk_buff *skb);
int tphc_stamp_set(struct tphc_port *port, int tx_type, int *rx_filter);
void tphc_stamp_info(struct tphc_port *port, struct tphc_ts_info *info);

/* tphc_phc.c */
int tphc_phc_init(struct tphc_phc *phc, int index);
void tphc_phc_exit(struct tphc_phc *phc);
s64 tphc_phc_at(struct tphc_phc *phc, u64 raw);
u64 tphc_random_seed(u64 seed);
u64 tphc_random(u64 *state);

/* tphc_wire.c */
int tphc_wire_init(void);
void tphc_wire_exit(void);
void tphc_wire_show(const char *name, int index, u64 *value);
void tphc_wire_tick(void);
s64 tphc_wire_real(const struct tphc_now *now, u64 raw);
bool tphc_wire_udp(const struct sk_buff *skb, struct tphc_udp *udp);
void tphc_wire_record(const struct tphc_port *port, struct sk_buff *skb,
		      bool sent, u8 flags, s64 driver);

#endif
