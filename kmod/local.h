/* SPDX-License-Identifier: GPL-2.0-only */
/* Copyright (C) 2026 The kntp authors */
#ifndef KNTP_LOCAL_H
#define KNTP_LOCAL_H

#include <linux/types.h>

struct in6_addr;
struct net;
struct net_device;

enum {
	KNTP_LOCAL_SLOTS = 8,	/* a power of two */
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
bool kntp_local_is_client4(struct net *net, const struct net_device *dev,
			   __be32 addr);
bool kntp_local_is_client6(struct net *net, const struct net_device *dev,
			   const struct in6_addr *addr);

#endif
