// SPDX-License-Identifier: GPL-2.0-only
/* Copyright (C) 2026 The kntp authors */

#include <linux/inetdevice.h>
#include <linux/netdevice.h>
#include <net/addrconf.h>
#include <net/ip_fib.h>
#include <net/ipv6.h>
#include <net/net_namespace.h>
#include <net/route.h>

#include "kmod/local.h"

/**
 * kntp_local_is_unicast4() - is an address one that this machine answers for
 * @cache: this CPU's, of the device
 * @net: the namespace
 * @dev: where the packet came in; its VRF decides the table
 * @addr: destination
 *
 * The answer is the routing table's. It is remembered for as long as no route,
 * address or device of the namespace changes: the generation is the one that
 * the stack's own cached routes are checked against. It is read before the
 * table, so that an answer from just before a change is never believed after.
 *
 * Return: true if so. Bottom halves are off, RCU is held.
 */
bool kntp_local_is_unicast4(struct kntp_local_cache *cache, struct net *net,
			    const struct net_device *dev, __be32 addr)
{
	unsigned int i = ntohl(addr) % KNTP_LOCAL_SLOTS;
	int genid = rt_genid_ipv4(net);

	if (likely(cache->slot[i].addr == addr &&
		   cache->slot[i].genid == genid &&
		   cache->slot[i].ifindex == dev->ifindex))
		return true;
	smp_rmb();
	if (!__in_dev_get_rcu(dev) ||
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
 * kntp_local_is_client4() - may a source address be answered
 * @net: the namespace
 * @dev: where the packet came in
 * @addr: source
 *
 * Return: false for 0/8, 127/8, 224/3 and for this machine's own addresses and
 * broadcast addresses. RCU is held.
 */
bool kntp_local_is_client4(struct net *net, const struct net_device *dev,
			   __be32 addr)
{
	u32 top = ntohl(addr) >> 24;

	if (!top || top == 127 || top >= 224)
		return false;
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
