/* SPDX-License-Identifier: GPL-2.0-only */
/* Copyright (C) 2026 The kntp authors */
#ifndef KNTP_LOCAL_H
#define KNTP_LOCAL_H

#include <linux/bitmap.h>
#include <linux/types.h>

struct in6_addr;
struct kntp_net;
struct net;
struct net_device;

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

bool kntp_local_is_unicast4(struct kntp_local_cache *cache, struct net *net,
			    const struct net_device *dev, __be32 addr);
bool kntp_local_is_unicast6(struct net *net, const struct net_device *dev,
			    const struct in6_addr *addr);
bool kntp_local_is_client4(const struct kntp_net *kn,
			   const struct net_device *dev, __be32 addr);
bool kntp_local_is_client6(struct net *net, const struct net_device *dev,
			   const struct in6_addr *addr);
void kntp_local_watch(struct kntp_net *kn);
int kntp_local_init(void);
void kntp_local_uninit(void);

#endif
