// SPDX-License-Identifier: GPL-2.0-only
/* Copyright (C) 2026 The kntp authors */

#include <linux/errqueue.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/net.h>
#include <linux/net_tstamp.h>
#include <linux/rcupdate.h>
#include <net/sock.h>

#include "kmod/line.h"
#include "kmod/stamp.h"
#include "kmod/trace.h"
#include "kmod/txstamp.h"

/*
 * Transmit stamps come back through the error queue of the socket that owns a
 * packet: each CPU has one socket of each namespace, for its own replies. What
 * is under way stands in a ring of the same CPU. The key of a packet says where:
 *
 *	8 bits	entry of the ring
 *	n	CPU
 *	rest	how often the CPU has asked, so that a stamp that comes when
 *		its entry is another packet's is told
 *
 * An entry is its CPU's to fill while it is FREE; who puts BUSY for the key may
 * read it, and puts FREE, or the key again. Stamps come in softirqs as in
 * process context or interrupts, on any CPU, or never.
 */
enum {
	RING_BITS	= 8,
	RING		= 1 << RING_BITS,
	PROBES		= 4,	/* entries to look at for a free one */
	FREE		= 0,
	BUSY		= 1,	/* no key: the part that counts is not 0 */
	/* Weights of a new delay in the mean, and how far off it may seem. */
	LEARN_SHIFT	= 4,
	FAR_SPREADS	= 8,
	FAR_NS		= 1000,
};

struct wait {
	atomic_t state;
	int ifindex;
	unsigned int cpu;
	const struct kntp_line *line;	/* only to compare */
	u64 mono_ns;
	ktime_t xmt;
	ntp_ts_t soft;
	struct ntp_xleave_turn turn;
};

struct kntp_txstamp_cpu {
	struct socket *sock;
	void (*report)(struct sock *sk);	/* the socket's own */
	u32 asked;
	struct wait *ring;
};

static unsigned int cpu_bits(void)
{
	return order_base_2(nr_cpu_ids);
}

static u32 key_of(u32 asked, unsigned int cpu, u32 entry)
{
	u32 key = (asked << cpu_bits() | cpu) << RING_BITS | entry;

	return key > BUSY ? key : 1U << 31;
}

static struct wait *find(const struct kntp_net *kn, u32 key)
{
	unsigned int cpu = key >> RING_BITS & ((1 << cpu_bits()) - 1);

	if (unlikely(!cpu_possible(cpu)))
		return NULL;
	return &per_cpu_ptr(kn->txstamp, cpu)->ring[key % RING];
}

static bool is_overdue(const struct wait *w, u64 mono_ns)
{
	return mono_ns > READ_ONCE(w->mono_ns) + KNTP_STAMP_AGE_MAX_NS;
}

static void count_tx(const struct kntp_dev *kd, unsigned int counter)
{
	struct kntp_dev_cpu *cpu;
	unsigned long flags;

	local_irq_save(flags);
	cpu = this_cpu_ptr(kd->cpu);
	u64_stats_update_begin(&cpu->tx_sync);
	u64_stats_inc(&cpu->tx_count[counter]);
	u64_stats_update_end(&cpu->tx_sync);
	local_irq_restore(flags);
}

static u64 pack(s64 mean, s64 spread)
{
	mean = clamp_t(s64, mean, S32_MIN, S32_MAX);
	spread = min_t(s64, spread, S32_MAX);
	return (u64)(u32)mean << 32 | (u32)spread << 1 | 1;
}

/*
 * A reply left so much later: mean and mean deviation, exponentially weighted.
 * A reply that was held up by something rare moves them no further than one
 * that was at the edge of what is common.
 */
static void learn(atomic64_t *delay, s64 delay_ns)
{
	u64 old = atomic64_read(delay), new;
	s64 mean, spread, off, far;

	delay_ns = clamp_t(s64, delay_ns, S32_MIN >> KNTP_TXSTAMP_FRACTION,
			   S32_MAX >> KNTP_TXSTAMP_FRACTION);
	do {
		mean = (s32)(old >> 32);
		spread = (u32)old >> 1;
		off = (delay_ns << KNTP_TXSTAMP_FRACTION) - mean;
		if (old & 1) {
			far = FAR_SPREADS * spread +
			      (FAR_NS << KNTP_TXSTAMP_FRACTION);
			off = clamp(off, -far, far);
			spread += (abs(off) - spread) >> LEARN_SHIFT;
			mean += off >> LEARN_SHIFT;
		} else {
			mean = off;
			spread = abs(off) / 2;
		}
		new = pack(mean, spread);
	} while (!atomic64_try_cmpxchg(delay, (s64 *)&old, new));
}

/* The NIC's stamp, as a time that can be true. */
static bool hardware_time(const struct kntp_dev *kd, const struct wait *w,
			  ktime_t stamp, ktime_t *time, s64 *bound_ns)
{
	const struct kntp_line *line = rcu_dereference(kd->line);
	struct kntp_line_point point;
	ktime_t now = ktime_get_real();

	if (!line || line != w->line ||
	    !kntp_line_real(line, stamp, kntp_stamp_mono(), &point))
		return false;
	*time = ktime_add_ns(point.real, READ_ONCE(kd->tx_comp_ns));
	*bound_ns = point.bound_ns;
	return ktime_to_ns(ktime_sub(*time, w->xmt)) >= -point.bound_ns &&
	       ktime_to_ns(ktime_sub(*time, now)) <= point.bound_ns &&
	       kntp_stamp_epoch() == w->turn.epoch;
}

static void keep(const struct kntp_dev *kd, const struct wait *w, ktime_t time,
		 enum kntp_stamp_source source)
{
	ntp_ts_t xmt = ntp_lfp_from_unix(ktime_to_ns(time));

	trace_kntp_txstamp(kd, source, ktime_to_ns(ktime_sub(time, w->xmt)));
	if (!w->turn.slot)
		return;
	count_tx(kd, !ntp_xleave_stamp(&w->turn, xmt, w->soft) ?
		     KNTP_DEV_TX_LATE : source == KNTP_STAMP_HARDWARE ?
		     KNTP_DEV_TX_HARDWARE : KNTP_DEV_TX_DRIVER);
}

/* A stamp of the NIC came: nothing better will. */
static void take_hardware(const struct kntp_dev *kd, struct wait *w,
			  ktime_t stamp)
{
	ktime_t time;
	s64 bound_ns;

	if (!hardware_time(kd, w, stamp, &time, &bound_ns)) {
		count_tx(kd, KNTP_DEV_TX_REFUSED);
		return;
	}
	keep(kd, w, time, KNTP_STAMP_HARDWARE);
	if ((READ_ONCE(kd->stamping) & KNTP_TXSTAMP_CORRECT) ==
	    KNTP_TXSTAMP_CORRECT)
		learn(&per_cpu_ptr(kd->cpu, w->cpu)->delay,
		      ktime_to_ns(ktime_sub(time, w->xmt)));
}

/* One of the driver's. Return: true if one of the NIC may follow. */
static bool take_software(const struct kntp_dev *kd, struct wait *w,
			  ktime_t time)
{
	ktime_t now = ktime_get_real();

	if (time < w->xmt || time > now ||
	    kntp_stamp_epoch() != w->turn.epoch)
		return w->line;
	keep(kd, w, time, KNTP_STAMP_DRIVER);
	if (w->turn.slot)
		w->soft = ntp_lfp_from_unix(ktime_to_ns(time));
	return w->line;
}

static void take(const struct kntp_net *kn, struct sk_buff *skb)
{
	const struct sock_extended_err *ee = &SKB_EXT_ERR(skb)->ee;
	const struct kntp_dev *kd;
	bool goes_on = false;
	struct wait *w;
	u32 key;

	if (ee->ee_errno != ENOMSG ||
	    ee->ee_origin != SO_EE_ORIGIN_TIMESTAMPING ||
	    ee->ee_info != SCM_TSTAMP_SND)
		return;
	key = ee->ee_data;
	w = find(kn, key);
	if (!w)
		return;
	kd = kntp_dev_find(kn, READ_ONCE(w->ifindex));
	if (atomic_cmpxchg_acquire(&w->state, key, BUSY) != key) {
		if (kd)
			count_tx(kd, KNTP_DEV_TX_LATE);
		return;
	}
	if (kd && skb_hwtstamps(skb)->hwtstamp)
		take_hardware(kd, w, skb_hwtstamps(skb)->hwtstamp);
	else if (kd && skb->tstamp)
		goes_on = take_software(kd, w, skb->tstamp);
	atomic_set_release(&w->state, goes_on ? key : FREE);
}

/* Stamps are there. */
static void report(struct sock *sk)
{
	const struct kntp_net *kn;
	struct sk_buff *skb;

	rcu_read_lock();
	kn = rcu_dereference_sk_user_data(sk);
	while (kn && (skb = skb_dequeue(&sk->sk_error_queue))) {
		take(kn, skb);
		dev_kfree_skb_any(skb);
	}
	rcu_read_unlock();
}

/* An entry for another packet: a free one, or one that was waited for long. */
static struct wait *claim(struct kntp_net *kn, struct kntp_txstamp_cpu *cpu,
			  u64 mono_ns, u32 *entry)
{
	const struct kntp_dev *kd;
	struct wait *w;
	int i, state;

	for (i = 0; i < PROBES; i++) {
		*entry = cpu->asked++ % RING;
		w = &cpu->ring[*entry];
		state = atomic_read_acquire(&w->state);
		if (state == FREE)
			return w;
		if (state == BUSY || !is_overdue(w, mono_ns) ||
		    atomic_cmpxchg_acquire(&w->state, state, BUSY) != state)
			continue;
		kd = kntp_dev_find(kn, w->ifindex);
		if (kd && !w->soft.v)
			kntp_dev_count(kd, KNTP_DEV_TX_MISSING);
		return w;
	}
	return NULL;
}

static bool has_room(struct sock *sk)
{
	return sk_wmem_alloc_get(sk) < READ_ONCE(sk->sk_sndbuf);
}

/**
 * kntp_txstamp_ask() - have a reply stamped when it leaves
 * @rx: the request, its packet ready to be sent
 * @xmt: when kntp thinks that it leaves
 *
 * With too many under way the reply goes without. Bottom halves are off, RCU is
 * held.
 */
void kntp_txstamp_ask(struct kntp_rx *rx, ktime_t xmt)
{
	struct kntp_txstamp_cpu *cpu = this_cpu_ptr(rx->kn->txstamp);
	const struct kntp_line *line = rcu_dereference(rx->kd->line);
	struct sk_buff *skb = rx->skb;
	struct kntp_line_given given;
	struct wait *w;
	u32 entry, key;

	this_cpu_ptr(rx->kd->cpu)->sampled_ns = rx->ex.mono_ns;
	w = has_room(cpu->sock->sk) ? claim(rx->kn, cpu, rx->ex.mono_ns,
					    &entry) : NULL;
	if (unlikely(!w)) {
		kntp_dev_count(rx->kd, KNTP_DEV_TX_LOST);
		return;
	}
	if (!(READ_ONCE(rx->kd->stamping) & BIT(KNTP_STAMP_FLAG_TX_HARDWARE)) ||
	    (line && kntp_line_read(line, &given, rx->ex.mono_ns) !=
		     KNTP_PHC_STATE_VALID))
		line = NULL;
	w->ifindex = rx->kd->ifindex;
	w->cpu = smp_processor_id();
	w->line = line;
	w->xmt = xmt;
	w->soft.v = 0;
	w->turn = rx->turn;
	if (!w->turn.slot)
		w->turn.epoch = kntp_stamp_epoch();
	WRITE_ONCE(w->mono_ns, rx->ex.mono_ns);
	key = key_of(cpu->asked / RING + 1, w->cpu, entry);
	atomic_set_release(&w->state, key);
	skb_set_owner_w(skb, cpu->sock->sk);
	skb_shinfo(skb)->tx_flags |= SKBTX_SW_TSTAMP |
				     (line ? SKBTX_HW_TSTAMP : 0);
	skb_shinfo(skb)->tskey = key;
	kntp_dev_count(rx->kd, KNTP_DEV_TX_ASKED);
}

/**
 * kntp_txstamp_missing() - stamps that were asked for and did not come in time
 * @kd: the served device
 *
 * Return: how many of them nobody has counted yet.
 */
u64 kntp_txstamp_missing(const struct kntp_dev *kd)
{
	const u64 mono_ns = kntp_stamp_mono();
	const struct wait *w;
	u64 n = 0;
	int cpu, i;

	if (!READ_ONCE(kd->kn->txstamp))
		return 0;
	for_each_possible_cpu(cpu) {
		w = per_cpu_ptr(kd->kn->txstamp, cpu)->ring;
		for (i = 0; i < RING; i++)
			n += (u32)atomic_read(&w[i].state) > BUSY &&
			     w[i].ifindex == kd->ifindex && !w[i].soft.v &&
			     is_overdue(&w[i], mono_ns);
	}
	return n;
}

/**
 * kntp_txstamp_delay() - how much later than kntp thinks replies leave
 * @kd: the served device
 *
 * Return: the mean of all CPUs.
 */
struct kntp_txstamp_delay kntp_txstamp_delay(const struct kntp_dev *kd)
{
	struct kntp_txstamp_delay sum = {}, one;
	int cpu, n = 0;

	for_each_possible_cpu(cpu) {
		one = kntp_txstamp_unpack(atomic64_read(&per_cpu_ptr(kd->cpu,
								     cpu)->delay));
		if (!one.is_known)
			continue;
		sum.is_known = true;
		sum.mean_ns += one.mean_ns;
		sum.spread_ns += one.spread_ns;
		n++;
	}
	if (n) {
		sum.mean_ns = div_s64(sum.mean_ns, n);
		sum.spread_ns = div_u64(sum.spread_ns, n);
	}
	return sum;
}

static int open_socket(struct kntp_net *kn, struct kntp_txstamp_cpu *cpu)
{
	int flags = SOF_TIMESTAMPING_TX_HARDWARE |
		    SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_OPT_ID |
		    SOF_TIMESTAMPING_OPT_TSONLY;
	struct sock *sk;
	int ret;

	ret = sock_create_kern(kn->net, AF_INET, SOCK_DGRAM, IPPROTO_UDP,
			       &cpu->sock);
	if (ret) {
		cpu->sock = NULL;
		return ret;
	}
	sk = cpu->sock->sk;
	write_lock_bh(&sk->sk_callback_lock);
	cpu->report = sk->sk_error_report;
	sk->sk_error_report = report;
	rcu_assign_sk_user_data(sk, kn);
	write_unlock_bh(&sk->sk_callback_lock);
	return sock_setsockopt(cpu->sock, SOL_SOCKET, SO_TIMESTAMPING_OLD,
			       KERNEL_SOCKPTR(&flags), sizeof(flags));
}

static void free_all(struct kntp_txstamp_cpu __percpu *txstamp)
{
	struct kntp_txstamp_cpu *c;
	int cpu;

	for_each_possible_cpu(cpu) {
		c = per_cpu_ptr(txstamp, cpu);
		if (!c->sock)
			continue;
		write_lock_bh(&c->sock->sk->sk_callback_lock);
		rcu_assign_sk_user_data(c->sock->sk, NULL);
		c->sock->sk->sk_error_report = c->report;
		write_unlock_bh(&c->sock->sk->sk_callback_lock);
	}
	/* Who found the namespace in a socket is done with it. */
	synchronize_rcu();
	for_each_possible_cpu(cpu) {
		c = per_cpu_ptr(txstamp, cpu);
		if (c->sock)
			sock_release(c->sock);
		kvfree(c->ring);
	}
	free_percpu(txstamp);
}

/**
 * kntp_txstamp_alloc() - prepare a namespace for transmit stamps, if it is not
 * @kn: the namespace
 *
 * Under RTNL.
 *
 * Return: 0 or -errno.
 */
int kntp_txstamp_alloc(struct kntp_net *kn)
{
	struct kntp_txstamp_cpu __percpu *txstamp;
	struct kntp_txstamp_cpu *c;
	int cpu, ret = 0;

	if (kn->txstamp)
		return 0;
	txstamp = alloc_percpu(struct kntp_txstamp_cpu);
	if (!txstamp)
		return -ENOMEM;
	for_each_possible_cpu(cpu) {
		c = per_cpu_ptr(txstamp, cpu);
		c->ring = kvcalloc(RING, sizeof(*c->ring), GFP_KERNEL_ACCOUNT);
		ret = c->ring ? open_socket(kn, c) : -ENOMEM;
		if (ret) {
			free_all(txstamp);
			return ret;
		}
	}
	/* Pairs with reading it under RCU: the hooks see it whole. */
	smp_store_release(&kn->txstamp, txstamp);
	return 0;
}

/**
 * kntp_txstamp_free() - take no transmit stamps any more
 * @kn: the namespace; nothing is sent any more
 *
 * Those that are under way find nobody. May sleep.
 */
void kntp_txstamp_free(struct kntp_net *kn)
{
	if (kn->txstamp)
		free_all(kn->txstamp);
	kn->txstamp = NULL;
}

/**
 * kntp_txstamp_uninit() - wait for tasks that are about to report a stamp
 *
 * A driver's worker may have read a socket's report function just before it
 * was replaced, and have been preempted there.
 */
void kntp_txstamp_uninit(void)
{
#ifdef CONFIG_TASKS_RCU
	synchronize_rcu_tasks();
#endif
}
