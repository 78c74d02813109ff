/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef NET_H
#define NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tools/lib/addr.h"

#define NET_PORT	123

/* The longest datagram that is read; what is longer is dropped. */
#define NET_DGRAM_MAX	2048

/** enum net_stamp - who read the clock for a stamp, best last */
enum net_stamp {
	NET_STAMP_CLOCK,	/* this process, after or before the call */
	NET_STAMP_KERNEL,	/* the kernel, as it took or gave the packet */
	NET_STAMP_NIC,		/* the NIC, converted by io/phc.h */
};

/** struct net_time - a reading of CLOCK_REALTIME */
struct net_time {
	int64_t ns;		/* since 1970 UTC */
	enum net_stamp by;
};

/** struct net_dgram - a datagram that came to the server port */
struct net_dgram {
	const u8 *buf;		/* valid during the callback */
	size_t len;
	struct addr_end src;
	struct addr_end dst;	/* as asked */
	bool to_unicast;	/* .dst is an address of this host alone */
	unsigned int ifindex;	/* where it came in */
	struct net_time rec;
	struct net_time nic;	/* the same by the NIC's clock; .ns 0: unknown */
};

/* --- server: port 123 --------------------------------------------------- */

/**
 * typedef net_accept_fn - do the interface rules let this one in?
 * @ifindex: interface, @dst: address that was asked
 */
typedef bool (*net_accept_fn)(unsigned int ifindex, const struct ntp_addr *dst,
			      void *arg);
typedef void (*net_receive_fn)(const struct net_dgram *dgram, void *arg);

/** struct net_server_ops - what the server's sockets call */
struct net_server_ops {
	net_accept_fn accept;
	net_receive_fn receive;
	void *arg;
};

/**
 * net_server_open() - open port 123 for IPv4 and IPv6
 * @port: NET_PORT, or another one for tests
 * @family: AF_INET or AF_INET6 for one family only, AF_UNSPEC for both
 * @ops: copied
 *
 * A port that is taken or not permitted is told once in the log with what to
 * do, and tried again every minute; the module can serve in the meantime.
 *
 * Return: number of sockets that are open now, 0..2, or a negative errno if
 * none is and none will be.
 */
int net_server_open(u16 port, int family, const struct net_server_ops *ops);

/** net_server_retry() - try now what is otherwise tried within a minute */
void net_server_retry(void);

/** net_server_is_open() - is the server port open for this family? */
bool net_server_is_open(int family);

/**
 * net_server_send() - answer from the address and interface that were asked
 * @dgram: the request
 * @buf: reply
 * @len: its octets
 * @is_stamped: tell sent_stamped() when it left, and sent_stamped_nic() where
 *	io/phc.h has a line for where the request came in
 *
 * Return: 0 or a negative errno. -EAGAIN and others mean that this reply is
 * lost, which is what UDP promises.
 */
int net_server_send(const struct net_dgram *dgram, const void *buf, size_t len,
		    bool is_stamped);

/**
 * net_server_transmit() - send from the server port what answers nothing
 * @to: broadcast and multicast addresses, too
 * @ttl: hop limit, 1 to 255; 0: the usual one, 1 for multicast
 * @is_stamped: tell sent_stamped() when it left
 *
 * Routes choose the interface and the own address.
 *
 * Return: 0 or a negative errno.
 */
int net_server_transmit(const struct addr_end *to, u8 ttl, const void *buf,
			size_t len, bool is_stamped);

/**
 * net_set_dscp() - mark what is sent from now on
 * @dscp: differentiated services code point, 0..63; -1: as the system has it
 */
void net_set_dscp(int dscp);

/** net_server_close() - close the port */
void net_server_close(void);

/* --- client: one socket a request --------------------------------------- */

/**
 * struct net_client - one request and the replies to it
 *
 * A fresh connected socket with a random source port (RFC 9109), which lives
 * from net_client_send() to net_client_cancel() or the timeout.
 */
struct net_client;

/**
 * struct net_reply - what came back
 *
 * Both stamps are the NIC's, or none: what the kernel adds on the way out and
 * on the way in cancels in part, which it would not on one way alone.
 */
struct net_reply {
	const u8 *buf;		/* valid during the callback */
	size_t len;
	struct addr_end from;
	struct addr_end local;	/* own address and port */
	struct net_time xmt;	/* when the request left */
	struct net_time rec;	/* when the reply arrived */
};

/**
 * typedef net_client_fn - a reply, an error, or the timeout
 * @reply: the datagram; NULL if there is none
 * @err: 0 with a reply; otherwise a negative errno: -ECONNREFUSED where
 *	nobody listens, -EHOSTUNREACH and -ENETUNREACH from the way, -ETIMEDOUT
 *
 * After a reply or a network error the exchange still waits for more, as both
 * may be forged; a caller that is content cancels it, also from within. After
 * -ETIMEDOUT the exchange is gone and must not be touched any more.
 */
typedef void (*net_client_fn)(struct net_client *client,
			      const struct net_reply *reply, int err,
			      void *arg);

/**
 * net_client_send() - send a request
 * @client: the exchange, if successful
 * @to: server
 * @buf: request
 * @len: its octets, up to NET_DGRAM_MAX
 * @timeout_ns: time to wait for replies
 * @got: called for each outcome, never from within net_client_send()
 *
 * Return: 0 or a negative errno.
 */
int net_client_send(struct net_client **client, const struct addr_end *to,
		    const void *buf, size_t len, int64_t timeout_ns,
		    net_client_fn got, void *arg);

/**
 * net_client_send_group() - ask whoever listens to a multicast group
 * @to: group; replies are taken from any address, from its port
 * @ttl: hop limit of the request, 1 to 255
 *
 * Otherwise as net_client_send().
 */
int net_client_send_group(struct net_client **client,
			  const struct addr_end *to, u8 ttl, const void *buf,
			  size_t len, int64_t timeout_ns, net_client_fn got,
			  void *arg);

/** net_client_cancel() - close an exchange and free it; NULL is fine */
void net_client_cancel(struct net_client *client);

/**
 * net_local_addr() - the own address that packets to @to would leave from
 * Return: 0 or a negative errno where there is no route.
 */
int net_local_addr(const struct addr_end *to, struct ntp_addr *local);

#endif
