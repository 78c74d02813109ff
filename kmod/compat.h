/* SPDX-License-Identifier: GPL-2.0-only */
/* Copyright (C) 2026 The kntp authors */
#ifndef KNTP_COMPAT_H
#define KNTP_COMPAT_H

/*
 * Where the kernels from 6.1 on differ: the only file that asks for a
 * version. A feature's own macro is preferred to that, as stable kernels take
 * changes from later ones.
 */
#include <linux/skbuff.h>
#include <linux/version.h>
#include <net/inet_dscp.h>
#include <net/route.h>

/* On the stack, and left as it is by kernels that zero what is there. */
#ifndef __uninitialized
#if __has_attribute(__uninitialized__)
#define __uninitialized	__attribute__((__uninitialized__))
#else
#define __uninitialized
#endif
#endif

/**
 * kntp_compat_route_input() - the stack's own input route lookup
 * @skb: packet, gets a destination on success
 * @daddr: its destination
 * @saddr: its source
 * @tos: its type of service
 * @dev: where it came in
 *
 * Return: true if there is a route and the source passed validation.
 */
static inline bool kntp_compat_route_input(struct sk_buff *skb, __be32 daddr,
					   __be32 saddr, u8 tos,
					   struct net_device *dev)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
	return !ip_route_input_noref(skb, daddr, saddr,
				     inet_dsfield_to_dscp(tos), dev);
#else
	return !ip_route_input_noref(skb, daddr, saddr, tos, dev);
#endif
}

#endif
