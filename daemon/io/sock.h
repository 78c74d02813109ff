/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef SOCK_H
#define SOCK_H

#include "daemon/io/net.h"

/* Datagram sockets with time stamps, for net.c. */

/** struct sock_msg - a datagram, or what the error queue holds */
struct sock_msg {
	u8 buf[NET_DGRAM_MAX];
	size_t len;
	bool is_cut;		/* was longer than buf */
	struct addr_end src;
	bool has_dst;		/* .dst, .to_unicast and .ifindex are known */
	struct addr_end dst;
	bool to_unicast;
	unsigned int ifindex;
	bool has_stamp;		/* .time comes from the kernel */
	struct net_time time;
	bool has_nic;		/* .nic is known */
	struct net_time nic;	/* the same time by the NIC's clock */
	int err;		/* error queue: negative errno, 0 for a stamp */
};

/** enum sock_use - what a socket is for */
enum sock_use {
	SOCK_SERVER,	/* receive stamps and the address that was asked */
	SOCK_CLIENT,	/* the same, transmit stamps, network errors */
};

/**
 * sock_open() - open a non-blocking datagram socket
 * @family: AF_INET, or AF_INET6 for that family alone
 *
 * Stamps that the kernel does not give are gone without.
 *
 * Return: descriptor or negative errno.
 */
int sock_open(int family, enum sock_use use);

/**
 * sock_set_dscp() - how sockets that are opened from now on mark packets
 * @dscp: 0..63, or -1: as the system has it
 */
void sock_set_dscp(int dscp);

/**
 * sock_mark() - mark the packets of an open socket as sock_set_dscp() said
 * @family: of @fd
 *
 * Where it is refused the packets go unmarked.
 */
void sock_mark(int fd, int family);

/**
 * sock_receive() - read one datagram
 * @from_errors: the error queue instead
 *
 * Return: 0, or a negative errno: -EAGAIN where there is none, and pending
 * network errors of a connected socket.
 */
int sock_receive(int fd, struct sock_msg *msg, bool from_errors);

/** sock_clock() - read CLOCK_REALTIME in this process */
struct net_time sock_clock(void);

#endif
