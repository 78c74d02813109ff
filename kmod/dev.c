// SPDX-License-Identifier: GPL-2.0-only
/* Copyright (C) 2026 The kntp authors */

#include <linux/if_arp.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>
#include <net/net_namespace.h>

#include "kmod/dev.h"
#include "kmod/hook.h"
#include "kmod/kntp.h"
#include "kmod/line.h"
#include "kmod/mru.h"
#include "kmod/net.h"
#include "kmod/netlink.h"
#include "kmod/txstamp.h"
#include "kmod/xleave.h"

/**
 * kntp_dev_hook_name() - name of a hook in all interfaces
 * @hook: enum kntp_hook
 *
 * Return: its name.
 */
const char *kntp_dev_hook_name(u32 hook)
{
	switch (hook) {
	case KNTP_HOOK_INGRESS:
		return "ingress";
	case KNTP_HOOK_ROUTED:
		return "routed";
	default:
		return "input";
	}
}

/**
 * kntp_dev_find() - the served device of an index
 * @kn: the namespace
 * @ifindex: interface index
 *
 * Return: the device, or NULL if it is not served. Under RCU or RTNL.
 */
struct kntp_dev *kntp_dev_find(const struct kntp_net *kn, int ifindex)
{
	return xa_load((struct xarray *)&kn->devs, ifindex);
}

static u64 read(const struct u64_stats_sync *sync, const u64_stats_t *count)
{
	unsigned int start;
	u64 value;

	do {
		start = u64_stats_fetch_begin(sync);
		value = u64_stats_read(count);
	} while (u64_stats_fetch_retry(sync, start));
	return value;
}

/* Was the reply of one CPU after that of another, or as late and worse? */
static bool is_newer(const struct kntp_dev_cpu *cpu,
		     const struct kntp_dev_cpu *than)
{
	unsigned long replied = READ_ONCE(cpu->replied);
	unsigned long other = READ_ONCE(than->replied);

	return time_after(replied, other) ||
	       (replied == other &&
		READ_ONCE(cpu->source) < READ_ONCE(than->source));
}

/**
 * kntp_dev_totals() - add up what the CPUs counted
 * @kd: the served device
 * @sum: result
 */
void kntp_dev_totals(const struct kntp_dev *kd, struct kntp_dev_totals *sum)
{
	const struct kntp_dev_cpu *c, *last = NULL;
	u64 replies;
	int cpu, i;

	memset(sum, 0, sizeof(*sum));
	for_each_possible_cpu(cpu) {
		c = per_cpu_ptr(kd->cpu, cpu);
		for (i = 0; i < KNTP_DEV_TX_COUNTERS; i++)
			sum->tx_count[i] += read(&c->tx_sync, &c->tx_count[i]);
		for (i = 0, replies = 0; i < KNTP_STAMP_SOURCES; i++)
			replies += read(&c->sync, &c->count[KNTP_DEV_REPLIES + i]);
		for (i = 0; i < KNTP_DEV_COUNTERS; i++)
			sum->count[i] += read(&c->sync, &c->count[i]);
		sum->replies += replies;
		if (replies && (!last || is_newer(c, last)))
			last = c;
	}
	sum->count[KNTP_DEV_TX_MISSING] += kntp_txstamp_missing(kd);
	/* Until there is a reply, what the stack is going to do. */
	sum->source = last ? READ_ONCE(last->source) : KNTP_STAMP_DRIVER;
}

static bool is_ingress(u32 hook)
{
	return hook != KNTP_HOOK_INPUT;
}

static int attach(struct kntp_dev *kd, u32 hook, struct netlink_ext_ack *extack)
{
	int ret = 0;

	if (is_ingress(hook)) {
		ret = kntp_hook_ingress_attach(kd);
		if (ret == -EOPNOTSUPP)
			NL_SET_ERR_MSG(extack, "this kernel has no CONFIG_NETFILTER_INGRESS; use hook input");
		else if (ret)
			NL_SET_ERR_MSG(extack, "cannot attach to the device's ingress hook");
		return ret;
	}
	if (!kd->kn->input_users) {
		ret = kntp_hook_input_attach(kd->kn);
		if (ret) {
			NL_SET_ERR_MSG(extack, "cannot attach to the INPUT hooks of this network namespace");
			return ret;
		}
	}
	kd->kn->input_users++;
	return 0;
}

static void detach(struct kntp_dev *kd, u32 hook)
{
	if (is_ingress(hook))
		kntp_hook_ingress_detach(kd);
	else if (!--kd->kn->input_users)
		kntp_hook_input_detach(kd->kn);
}

/* Never 0, which tells a dump that nothing can have changed. */
static void changed(struct kntp_net *kn)
{
	if (!++kn->dev_seq)
		kn->dev_seq = 1;
}

static int check_add(const struct kntp_net *kn, const struct net_device *dev,
		     struct netlink_ext_ack *extack)
{
	if (kntp_dev_find(kn, dev->ifindex)) {
		NL_SET_ERR_MSG(extack, "the device is served already; change its hook with dev set");
		return -EEXIST;
	}
	if (dev->flags & IFF_LOOPBACK) {
		NL_SET_ERR_MSG(extack, "the loopback device is not served by the kernel; kntpd answers there");
		return -EOPNOTSUPP;
	}
	if (dev->type != ARPHRD_ETHER || dev->addr_len != ETH_ALEN) {
		NL_SET_ERR_MSG(extack, "only Ethernet-like devices can be served; kntpd answers on others");
		return -EOPNOTSUPP;
	}
	return 0;
}

/* What a namespace needs once it serves. */
static int alloc_memory(struct kntp_net *kn)
{
	if (kntp_mru_alloc(kn) || kntp_xleave_alloc(kn))
		return -ENOMEM;
	return kntp_xleave_is_on(kn) ? kntp_txstamp_alloc(kn) : 0;
}

static struct kntp_dev *new_dev(struct kntp_net *kn, struct net_device *dev)
{
	struct kntp_dev *kd;
	int cpu;

	kd = kzalloc(sizeof(*kd), GFP_KERNEL);
	if (!kd)
		return NULL;
	kd->cpu = alloc_percpu(struct kntp_dev_cpu);
	if (!kd->cpu) {
		kfree(kd);
		return NULL;
	}
	for_each_possible_cpu(cpu) {
		u64_stats_init(&per_cpu_ptr(kd->cpu, cpu)->sync);
		u64_stats_init(&per_cpu_ptr(kd->cpu, cpu)->tx_sync);
	}
	kd->kn = kn;
	kd->dev = dev;
	kd->ifindex = dev->ifindex;
	return kd;
}

static void free_dev(struct kntp_dev *kd)
{
	free_percpu(kd->cpu);
	kfree(kd);
}

static void free_dev_rcu(struct rcu_head *rcu)
{
	free_dev(container_of(rcu, struct kntp_dev, rcu));
}

/**
 * kntp_dev_add() - serve a device from now on
 * @kn: the namespace
 * @dev: a device of it
 * @hook: enum kntp_hook
 * @extack: says why not
 *
 * Under RTNL.
 *
 * Return: 0; -EEXIST if it is served already, -EOPNOTSUPP if it cannot be,
 * -ENOMEM.
 */
int kntp_dev_add(struct kntp_net *kn, struct net_device *dev, u32 hook,
		 struct netlink_ext_ack *extack)
{
	struct kntp_dev *kd;
	int ret;

	ASSERT_RTNL();
	ret = check_add(kn, dev, extack);
	if (ret)
		return ret;
	kd = alloc_memory(kn) ? NULL : new_dev(kn, dev);
	if (!kd) {
		NL_SET_ERR_MSG(extack, "no memory for another served device");
		return -ENOMEM;
	}
	kd->hook = hook;
	kntp_local_watch(kn);
	ret = xa_err(xa_store(&kn->devs, kd->ifindex, kd, GFP_KERNEL));
	if (ret) {
		NL_SET_ERR_MSG(extack, "no memory for another served device");
		goto err_free;
	}
	ret = attach(kd, hook, extack);
	if (ret)
		goto err_erase;
	netdev_hold(dev, &kd->tracker, GFP_KERNEL);
	net_enable_timestamp();
	changed(kn);
	kntp_netlink_dev_changed(kd, KNTP_CMD_DEV_ADD_NTF);
	return 0;

err_erase:
	xa_erase(&kn->devs, kd->ifindex);
err_free:
	call_rcu(&kd->rcu, free_dev_rcu);
	return ret;
}

/**
 * kntp_dev_set() - serve a device in another way
 * @kd: the served device
 * @hook: enum kntp_hook
 * @extack: says why not
 *
 * No request is answered twice meanwhile, nor missed: both hooks are there for
 * a moment, and @kd->hook says which one acts. Under RTNL.
 *
 * Return: 0 or -errno; then all is as before.
 */
int kntp_dev_set(struct kntp_dev *kd, u32 hook, struct netlink_ext_ack *extack)
{
	u32 old = kd->hook;
	int ret;

	ASSERT_RTNL();
	if (hook == old)
		return 0;
	if (is_ingress(hook) != is_ingress(old)) {
		ret = attach(kd, hook, extack);
		if (ret)
			return ret;
	}
	WRITE_ONCE(kd->hook, hook);
	if (is_ingress(hook) != is_ingress(old))
		detach(kd, old);
	changed(kd->kn);
	kntp_netlink_dev_changed(kd, KNTP_CMD_DEV_ADD_NTF);
	return 0;
}

/**
 * kntp_dev_stamping() - which stamps of its NIC a device is served with
 * @kd: the served device
 * @s: result
 *
 * Under RTNL.
 */
void kntp_dev_stamping(const struct kntp_dev *kd, struct kntp_dev_stamping *s)
{
	const struct kntp_line *line = rtnl_dereference(kd->line);

	s->phc = line ? line->index : KNTP_PHC_NONE;
	s->stamping = kd->stamping;
	s->rx_comp_ns = kd->rx_comp_ns;
	s->tx_comp_ns = kd->tx_comp_ns;
}

/* Of another PHC, or an offset ago: what was learnt says nothing any more. */
static void forget_delays(struct kntp_dev *kd)
{
	int cpu;

	for_each_possible_cpu(cpu)
		atomic64_set(&per_cpu_ptr(kd->cpu, cpu)->delay, 0);
}

/**
 * kntp_dev_set_stamping() - serve a device with other stamps of its NIC
 * @kd: the served device
 * @s: all of it
 * @extack: says why not
 *
 * Under RTNL.
 *
 * Return: 0 or -errno; then all is as before.
 */
int kntp_dev_set_stamping(struct kntp_dev *kd,
			  const struct kntp_dev_stamping *s,
			  struct netlink_ext_ack *extack)
{
	struct kntp_line *line = NULL, *old = rtnl_dereference(kd->line);

	if (s->stamping && kntp_txstamp_alloc(kd->kn)) {
		NL_SET_ERR_MSG(extack, "no memory for transmit stamps");
		return -ENOMEM;
	}
	if (s->phc != KNTP_PHC_NONE) {
		line = kntp_line_get(kd->kn, s->phc, extack);
		if (IS_ERR(line))
			return PTR_ERR(line);
	}
	/* What is of the old PHC must not meet what is of the new one. */
	if (line != old)
		WRITE_ONCE(kd->stamping, 0);
	rcu_assign_pointer(kd->line, line);
	kntp_line_put(kd->kn, old);
	WRITE_ONCE(kd->rx_comp_ns, s->rx_comp_ns);
	WRITE_ONCE(kd->tx_comp_ns, s->tx_comp_ns);
	WRITE_ONCE(kd->stamping, s->stamping);
	forget_delays(kd);
	changed(kd->kn);
	kntp_netlink_dev_changed(kd, KNTP_CMD_DEV_ADD_NTF);
	return 0;
}

/**
 * kntp_dev_del() - do not serve a device any more
 * @kd: the served device; gone afterwards
 *
 * Under RTNL. Packets that are being served end as they would have.
 */
void kntp_dev_del(struct kntp_dev *kd)
{
	struct kntp_net *kn = kd->kn;
	struct kntp_line *line;

	ASSERT_RTNL();
	detach(kd, kd->hook);
	xa_erase(&kn->devs, kd->ifindex);
	net_disable_timestamp();
	changed(kn);
	kntp_netlink_dev_changed(kd, KNTP_CMD_DEV_DEL_NTF);
	line = rtnl_dereference(kd->line);
	RCU_INIT_POINTER(kd->line, NULL);
	kntp_line_put(kn, line);
	netdev_put(kd->dev, &kd->tracker);
	call_rcu(&kd->rcu, free_dev_rcu);
}

/*
 * A bond turns to another of its NICs, which may have another clock: what is
 * above is served with stamps of software until somebody says of which PHC they
 * are now. A bond tells so before it takes the first frame of that NIC.
 */
static void forget_line(struct net_device *nic)
{
	struct kntp_net *kn = kntp_net_of(dev_net(nic));
	struct kntp_dev_stamping s;
	struct kntp_dev *kd;
	unsigned long ifindex;

	xa_for_each(&kn->devs, ifindex, kd) {
		if (!rtnl_dereference(kd->line) ||
		    !netdev_has_upper_dev(nic, kd->dev))
			continue;
		kntp_dev_stamping(kd, &s);
		s.phc = KNTP_PHC_NONE;
		kntp_dev_set_stamping(kd, &s, NULL);
	}
}

/*
 * A device that leaves its namespace, for another or for good, or that becomes
 * something else than Ethernet, is not served any more.
 */
static int notify(struct notifier_block *nb, unsigned long event, void *ptr)
{
	struct net_device *dev = netdev_notifier_info_to_dev(ptr);
	struct kntp_dev *kd;

	switch (event) {
	case NETDEV_UNREGISTER:
	case NETDEV_PRE_TYPE_CHANGE:
		kd = kntp_dev_find(kntp_net_of(dev_net(dev)), dev->ifindex);
		if (kd)
			kntp_dev_del(kd);
		break;
	case NETDEV_CHANGELOWERSTATE:
		forget_line(dev);
		break;
	case NETDEV_CHANGENAME:
		kd = kntp_dev_find(kntp_net_of(dev_net(dev)), dev->ifindex);
		if (kd) {
			changed(kd->kn);
			kntp_netlink_dev_changed(kd, KNTP_CMD_DEV_ADD_NTF);
		}
		break;
	}
	return NOTIFY_DONE;
}

static struct notifier_block notifier = {
	.notifier_call = notify,
};

/**
 * kntp_dev_init() - follow the life of devices
 *
 * Return: 0 or -errno.
 */
int kntp_dev_init(void)
{
	return register_netdevice_notifier(&notifier);
}

/**
 * kntp_dev_uninit() - serve no device any more
 *
 * On return no hook runs and no served device is left.
 */
void kntp_dev_uninit(void)
{
	/* Tells of every device that it goes: notify() ends serving it. */
	unregister_netdevice_notifier(&notifier);
	synchronize_net();
	rcu_barrier();
}
