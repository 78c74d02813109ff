/* SPDX-License-Identifier: GPL-2.0-only */
/* Copyright (C) 2026 The kntp authors */
#ifndef KNTP_LOCAL_H
#define KNTP_LOCAL_H

#include <linux/bitmap.h>
#include <linux/hash.h>
#include <linux/netdevice.h>
#include <net/net_namespace.h>

struct in6_addr;
struct kntp_net;

enum {
	KNTP_LOCAL_SLOTS = 8,	/* a power of two */
	KNTP_LOCAL_FILTER_BITS = 12,
};

/**
 * struct kntp_local_filter - which IPv4 sources may be no clients
 * @bit: a hash of each address and broadcast address of the namespace has its
 *	bit set; others may have, too, and then the routing table is asked
 * @added: addresses added since it was last made afresh; RTNL
 * @is_complete: made, and kept, since a device was first served; RTNL
 */
struct kntp_local_filter {
	DECLARE_BITMAP(bit, 1 << KNTP_LOCAL_FILTER_BITS);
	unsigned int added;
	bool is_complete;
};

/**
 * struct kntp_local_cache - local IPv4 addresses found lately on a device
 * @slot: an address, and the generation of the routes that said so
 *
 * One per CPU and device: written with bottom halves off, never shared.
 */
struct kntp_local_cache {
	struct {
		__be32 addr;
		int genid;
		int ifindex;
	} slot[KNTP_LOCAL_SLOTS];
};

bool kntp_local_ask_unicast4(struct kntp_local_cache *cache, struct net *net,
			     const struct net_device *dev, __be32 addr);
bool kntp_local_ask_client4(struct net *net, const struct net_device *dev,
			    __be32 addr);
bool kntp_local_is_unicast6(struct net *net, const struct net_device *dev,
			    const struct in6_addr *addr);
bool kntp_local_is_client6(struct net *net, const struct net_device *dev,
			   const struct in6_addr *addr);

/**
 * kntp_local_is_unicast4() - is an address one that this machine answers for
 * @cache: this CPU's, of the device
 * @net: the namespace
 * @dev: where the packet came in; its VRF decides the table
 * @addr: destination
 *
 * The answer is the routing table's. It is remembered for as long as no route,
 * address or device of the namespace changes: the generation is the one that
 * the stack's own cached routes are checked against.
 *
 * Return: true if so. Bottom halves are off, RCU is held.
 */
static inline bool kntp_local_is_unicast4(struct kntp_local_cache *cache,
					  struct net *net,
					  const struct net_device *dev,
					  __be32 addr)
{
	unsigned int i = ntohl(addr) % KNTP_LOCAL_SLOTS;

	if (likely(cache->slot[i].addr == addr &&
		   cache->slot[i].genid == rt_genid_ipv4(net) &&
		   cache->slot[i].ifindex == dev->ifindex))
		return true;
	return kntp_local_ask_unicast4(cache, net, dev, addr);
}

static inline unsigned int kntp_local_bit(__be32 addr)
{
	return hash_32((__force u32)addr, KNTP_LOCAL_FILTER_BITS);
}

/**
 * kntp_local_is_client4() - may a source address be answered
 * @filter: of the namespace
 * @net: the namespace
 * @dev: where the packet came in; its VRF decides the table
 * @addr: source
 *
 * Return: false for 0/8, 127/8, 224/3 and for this machine's own addresses and
 * broadcast addresses. RCU is held.
 */
static inline bool kntp_local_is_client4(const struct kntp_local_filter *filter,
					 struct net *net,
					 const struct net_device *dev,
					 __be32 addr)
{
	u32 top = ntohl(addr) >> 24;

	if (unlikely(!top || top == 127 || top >= 224))
		return false;
	if (likely(!test_bit(kntp_local_bit(addr), filter->bit) &&
		   !READ_ONCE(net->ipv4.fib_has_custom_local_routes)))
		return true;
	return kntp_local_ask_client4(net, dev, addr);
}

void kntp_local_watch(struct kntp_net *kn);
int kntp_local_init(void);
void kntp_local_uninit(void);

#endif
