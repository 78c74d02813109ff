// SPDX-License-Identifier: GPL-2.0-only
/* Copyright (C) 2026 The kntp authors */

#include <linux/inetdevice.h>
#include <linux/netdevice.h>
#include <net/addrconf.h>
#include <net/ip_fib.h>
#include <net/ipv6.h>
#include <net/route.h>

#include "kmod/kntp.h"
#include "kmod/local.h"
#include "kmod/net.h"

/**
 * kntp_local_ask_unicast4() - ask the table for kntp_local_is_unicast4()
 * @cache: remembers it if so
 * @net: the namespace
 * @dev: where the packet came in
 * @addr: destination
 *
 * The generation is read before the table, so that an answer from just before
 * a change is never believed after it. Loopback addresses are local, but not
 * for what comes from outside.
 *
 * Return: true for a local unicast address.
 */
bool kntp_local_ask_unicast4(struct kntp_local_cache *cache, struct net *net,
			     const struct net_device *dev, __be32 addr)
{
	unsigned int i = ntohl(addr) % KNTP_LOCAL_SLOTS;
	int genid = rt_genid_ipv4(net);

	/* Changes of the table come before that of the generation. */
	/* genid is from before the look-up: a change meanwhile outdates it. */
	smp_rmb();
	if (!__in_dev_get_rcu(dev) || ipv4_is_loopback(addr) ||
	    inet_addr_type_dev_table(net, dev, addr) != RTN_LOCAL)
		return false;
	cache->slot[i].addr = addr;
	cache->slot[i].genid = genid;
	cache->slot[i].ifindex = dev->ifindex;
	return true;
}

/**
 * kntp_local_is_unicast6() - is an address one that this machine answers for
 * @net: the namespace
 * @dev: where the packet came in; the scope of link-local addresses
 * @addr: destination
 *
 * Return: true if so; false for tentative ones, too. RCU is held.
 */
bool kntp_local_is_unicast6(struct net *net, const struct net_device *dev,
			    const struct in6_addr *addr)
{
	const struct inet6_dev *idev = __in6_dev_get(dev);

	/* Where IPv6 is off there may be no table to look into. */
	if (!idev || READ_ONCE(idev->cnf.disable_ipv6))
		return false;
	return ipv6_chk_addr(net, addr, dev, 0);
}

/**
 * kntp_local_ask_client4() - ask the table for kntp_local_is_client4()
 * @net: the namespace
 * @dev: where the packet came in
 * @addr: source
 *
 * Return: false for a local or broadcast address.
 */
bool kntp_local_ask_client4(struct net *net, const struct net_device *dev,
			    __be32 addr)
{
	return inet_addr_type_dev_table(net, dev, addr) == RTN_UNICAST;
}

/**
 * kntp_local_is_client6() - may a source address be answered
 * @net: the namespace
 * @dev: where the packet came in
 * @addr: source
 *
 * Return: false for the unspecified, loopback, multicast and mapped addresses
 * and for this machine's own. RCU is held.
 */
bool kntp_local_is_client6(struct net *net, const struct net_device *dev,
			   const struct in6_addr *addr)
{
	if (!(addr->s6_addr32[0] | addr->s6_addr32[1]) &&
	    (ipv6_addr_any(addr) || ipv6_addr_loopback(addr) ||
	     ipv6_addr_v4mapped(addr)))
		return false;
	if (ipv6_addr_is_multicast(addr))
		return false;
	return !ipv6_chk_addr(net, addr, dev, 0);
}

/* What a route of type local or broadcast is made for, see fib_add_ifaddr(). */
static void add_address(unsigned long *bit, const struct in_ifaddr *ifa)
{
	set_bit(kntp_local_bit(ifa->ifa_local), bit);
	if (ifa->ifa_broadcast)
		set_bit(kntp_local_bit(ifa->ifa_broadcast), bit);
	if (ifa->ifa_prefixlen < 31)
		set_bit(kntp_local_bit(ifa->ifa_address | ~ifa->ifa_mask), bit);
}

/*
 * Make the filter afresh, without the bits of addresses that have gone. Word
 * by word, as readers look on: bits that stay set are never seen cleared.
 */
static void make_filter(struct kntp_net *kn)
{
	DECLARE_BITMAP(bit, 1 << KNTP_LOCAL_FILTER_BITS) = {};
	const struct in_ifaddr *ifa;
	struct in_device *in_dev;
	struct net_device *dev;
	size_t i;

	kn->local.added = 0;
	for_each_netdev(kn->net, dev) {
		in_dev = __in_dev_get_rtnl(dev);
		if (!in_dev)
			continue;
		in_dev_for_each_ifa_rtnl(ifa, in_dev) {
			add_address(bit, ifa);
			kn->local.added++;
		}
	}
	for (i = 0; i < ARRAY_SIZE(bit); i++)
		WRITE_ONCE(kn->local.bit[i], bit[i]);
	/* Half as many again may come before it is worth the next time. */
	kn->local.added /= 2;
}

/**
 * kntp_local_watch() - know the addresses of a namespace from now on
 * @kn: the namespace
 *
 * Before a device of it is served. Under RTNL.
 */
void kntp_local_watch(struct kntp_net *kn)
{
	if (kn->local.is_complete)
		return;
	make_filter(kn);
	kn->local.is_complete = true;
}

/* An address that goes leaves its bit: the routing table is asked then. */
static int notify(struct notifier_block *nb, unsigned long event, void *ptr)
{
	const struct in_ifaddr *ifa = ptr;
	struct kntp_net *kn = kntp_net_of(dev_net(ifa->ifa_dev->dev));

	if (event != NETDEV_UP || !kn->local.is_complete)
		return NOTIFY_DONE;
	add_address(kn->local.bit, ifa);
	if (++kn->local.added > 1 << (KNTP_LOCAL_FILTER_BITS - 3))
		make_filter(kn);
	return NOTIFY_DONE;
}

static struct notifier_block notifier = {
	.notifier_call = notify,
};

/**
 * kntp_local_init() - follow addresses as they come
 *
 * Return: 0 or -errno.
 */
int kntp_local_init(void)
{
	return register_inetaddr_notifier(&notifier);
}

/**
 * kntp_local_uninit() - follow them no more
 */
void kntp_local_uninit(void)
{
	unregister_inetaddr_notifier(&notifier);
}
