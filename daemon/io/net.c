// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include "daemon/io/net.h"

#include <errno.h>
#include <linux/net_tstamp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "daemon/io/group.h"
#include "daemon/io/loop.h"
#include "daemon/io/phc.h"
#include "daemon/io/sent.h"
#include "daemon/io/sock.h"
#include "tools/lib/log.h"

/* Transmit stamps that are read before what came is. */
#define STAMPS_AT_ONCE	16

/* NICs take no longer to say when a packet left. */
#define HOLD_NS		(10 * LOOP_NS_PER_S / 1000)

/* How often a port that was taken is tried again. */
#define RETRY_NS	(60 * LOOP_NS_PER_S)

/* --- server ------------------------------------------------------------- */

struct server_socket {
	int family;
	int fd;			/* -1: not open */
	bool is_wanted;		/* to be tried again */
	int told;		/* errno that the log knows of */
};

static struct server_socket servers[2] = {
	{ .family = AF_INET, .fd = -1 },
	{ .family = AF_INET6, .fd = -1 },
};
static u16 server_port;
static struct net_server_ops server_ops;
static struct loop_timer retry_timer;

static const char *family_name(int family)
{
	return family == AF_INET ? "IPv4" : "IPv6";
}

static void server_ready(int fd, short revents, void *arg)
{
	static struct sock_msg msg;
	struct net_dgram dgram;

	(void)arg;
	if (revents & POLLERR) {
		for (int i = 0; i < STAMPS_AT_ONCE &&
		     !sock_receive(fd, &msg, true); i++) {
			if (msg.has_nic && !msg.is_cut)
				sent_stamped_nic(msg.buf, msg.len, msg.nic.ns);
			else if (msg.has_stamp && !msg.is_cut)
				sent_stamped(msg.buf, msg.len, msg.time.ns);
		}
	}
	/* An error here is of an earlier reply: it is gone once it is read. */
	if (sock_receive(fd, &msg, false) || msg.is_cut || !msg.has_dst)
		return;
	if (!server_ops.accept(msg.ifindex, &msg.dst.addr, server_ops.arg))
		return;
	dgram = (struct net_dgram){
		.buf = msg.buf, .len = msg.len, .src = msg.src, .dst = msg.dst,
		.to_unicast = msg.to_unicast, .ifindex = msg.ifindex,
		.rec = msg.time, .nic = msg.nic,
	};
	dgram.dst.port = server_port;
	server_ops.receive(&dgram, server_ops.arg);
}

static int bind_server(struct server_socket *s)
{
	struct addr_end any = { .port = server_port };
	struct sockaddr_storage ss;
	socklen_t len;
	int fd, err;

	fd = sock_open(s->family, SOCK_SERVER);
	if (fd < 0)
		return fd;
	if (s->family == AF_INET) {
		any.addr = addr_from_v4((struct in_addr){ 0 });
		/* Only broadcast lines make use of it. */
		(void)!setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &(int){ 1 },
				  sizeof(int));
	}
	len = addr_to_sockaddr(&any, &ss);
	if (bind(fd, (struct sockaddr *)&ss, len)) {
		err = -errno;
		close(fd);
		return err;
	}
	err = loop_fd_add(fd, POLLIN, server_ready, s);
	if (err) {
		close(fd);
		return err;
	}
	s->fd = fd;
	group_socket(s->family, fd);
	return 0;
}

static void tell_bind(struct server_socket *s, int err)
{
	const char *family = family_name(s->family);

	if (s->told == err)
		return;
	s->told = err;
	if (err == -EADDRINUSE)
		log_error("UDP port %u is taken for %s by another program: stop "
			  "it (see ss -ulpn 'sport = :%u'; often ntpd, chronyd "
			  "or openntpd). What the module answers is answered; "
			  "this daemon tries again every minute",
			  server_port, family, server_port);
	else if (err == -EACCES || err == -EPERM)
		log_error("no permission for UDP port %u (%s): start as root, "
			  "or with CAP_NET_BIND_SERVICE. What the module "
			  "answers is answered", server_port, family);
	else if (err == -EAFNOSUPPORT)
		log_info("this kernel has no %s, which is not served", family);
	else
		log_error("cannot open UDP port %u for %s: %s; trying again "
			  "every minute", server_port, family, strerror(-err));
}

static void open_server(struct server_socket *s)
{
	int err = bind_server(s);

	if (!err) {
		log_info("listening on UDP port %u, %s%s", server_port,
			 family_name(s->family), s->told ? ", at last" : "");
		s->told = 0;
		return;
	}
	tell_bind(s, err);
	if (err == -EAFNOSUPPORT)
		s->is_wanted = false;
}

static void retry_servers(void *arg)
{
	bool is_missing = false;

	(void)arg;
	for (size_t i = 0; i < 2; i++) {
		struct server_socket *s = &servers[i];

		if (s->is_wanted && s->fd < 0)
			open_server(s);
		is_missing |= s->is_wanted && s->fd < 0;
	}
	if (is_missing)
		loop_timer_in(&retry_timer, RETRY_NS);
}

int net_server_open(u16 port, int family, const struct net_server_ops *ops)
{
	int n = 0;

	server_port = port;
	server_ops = *ops;
	loop_timer_init(&retry_timer, retry_servers, NULL);
	for (size_t i = 0; i < 2; i++) {
		servers[i].is_wanted = family == AF_UNSPEC ||
				       family == servers[i].family;
		servers[i].told = 0;
	}
	retry_servers(NULL);
	for (size_t i = 0; i < 2; i++)
		n += servers[i].fd >= 0;
	if (!n && !retry_timer.is_armed)
		return -EAFNOSUPPORT;
	return n;
}

void net_server_retry(void)
{
	if (retry_timer.is_armed)
		loop_timer_in(&retry_timer, 0);
}

bool net_server_is_open(int family)
{
	for (size_t i = 0; i < 2; i++) {
		if (servers[i].family == family)
			return servers[i].fd >= 0;
	}
	return false;
}

/* Room for all that put_cmsg() is asked to put. */
union server_control {
	struct cmsghdr align;
	u8 buf[CMSG_SPACE(sizeof(struct in6_pktinfo)) +
	       CMSG_SPACE(sizeof(u32))];
};

static void put_cmsg(struct msghdr *hdr, int level, int type, const void *item,
		     size_t len)
{
	struct cmsghdr *cmsg = (void *)((u8 *)hdr->msg_control +
					hdr->msg_controllen);

	cmsg->cmsg_level = level;
	cmsg->cmsg_type = type;
	cmsg->cmsg_len = CMSG_LEN(len);
	memcpy(CMSG_DATA(cmsg), item, len);
	hdr->msg_controllen += CMSG_SPACE(len);
}

/* Of this datagram alone: no others fill the error queue. */
static void ask_stamp(struct msghdr *hdr, bool is_stamped, bool is_nic)
{
	u32 flags = SOF_TIMESTAMPING_TX_SOFTWARE |
		    (is_nic ? SOF_TIMESTAMPING_TX_HARDWARE : 0);

	if (is_stamped)
		put_cmsg(hdr, SOL_SOCKET, SO_TIMESTAMPING, &flags,
			 sizeof(flags));
}

int net_server_send(const struct net_dgram *dgram, const void *buf, size_t len,
		    bool is_stamped)
{
	bool is_v4 = addr_is_v4(&dgram->src.addr);
	/* Routes decide, but for addresses that say nothing without a link. */
	unsigned int ifindex = !dgram->to_unicast || dgram->dst.scope ?
			       dgram->ifindex : 0;
	union server_control control = { 0 };
	struct iovec iov = { .iov_base = (void *)buf, .iov_len = len };
	struct sockaddr_storage ss;
	struct msghdr hdr = {
		.msg_name = &ss, .msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = &control,
	};
	int fd = servers[is_v4 ? 0 : 1].fd;

	if (fd < 0)
		return -ENOTCONN;
	hdr.msg_namelen = addr_to_sockaddr(&dgram->src, &ss);
	if (is_v4) {
		struct in_pktinfo info = { .ipi_ifindex = ifindex };

		if (dgram->to_unicast)
			memcpy(&info.ipi_spec_dst, dgram->dst.addr.b + 12, 4);
		put_cmsg(&hdr, IPPROTO_IP, IP_PKTINFO, &info, sizeof(info));
	} else {
		struct in6_pktinfo info = { .ipi6_ifindex = ifindex };

		if (dgram->to_unicast)
			memcpy(&info.ipi6_addr, dgram->dst.addr.b, 16);
		put_cmsg(&hdr, IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof(info));
	}
	ask_stamp(&hdr, is_stamped, phc_has_line(dgram->ifindex));
	return sendmsg(fd, &hdr, MSG_DONTWAIT) < 0 ? -errno : 0;
}

int net_server_transmit(const struct addr_end *to, u8 ttl, const void *buf,
			size_t len, bool is_stamped)
{
	bool is_v4 = addr_is_v4(&to->addr);
	int hops = ttl, fd = servers[is_v4 ? 0 : 1].fd;
	union server_control control = { 0 };
	struct iovec iov = { .iov_base = (void *)buf, .iov_len = len };
	struct sockaddr_storage ss;
	struct msghdr hdr = { .msg_name = &ss, .msg_iov = &iov,
			      .msg_iovlen = 1, .msg_control = &control };

	if (fd < 0)
		return -ENOTCONN;
	hdr.msg_namelen = addr_to_sockaddr(to, &ss);
	if (ttl)
		put_cmsg(&hdr, is_v4 ? IPPROTO_IP : IPPROTO_IPV6,
			 is_v4 ? IP_TTL : IPV6_HOPLIMIT, &hops, sizeof(hops));
	ask_stamp(&hdr, is_stamped, false);
	return sendmsg(fd, &hdr, MSG_DONTWAIT) < 0 ? -errno : 0;
}

void net_set_dscp(int dscp)
{
	sock_set_dscp(dscp);
	for (size_t i = 0; i < 2; i++)
		if (servers[i].fd >= 0)
			sock_mark(servers[i].fd, servers[i].family);
}

void net_server_close(void)
{
	for (size_t i = 0; i < 2; i++) {
		struct server_socket *s = &servers[i];

		s->is_wanted = false;
		if (s->fd < 0)
			continue;
		group_socket(s->family, -1);
		loop_fd_del(s->fd);
		close(s->fd);
		s->fd = -1;
	}
	loop_timer_cancel(&retry_timer);
}

/* --- client ------------------------------------------------------------- */

struct net_client {
	int fd;
	bool is_group;		/* .to is one: replies come from others */
	struct addr_end to;
	struct addr_end local;
	struct net_time xmt;
	struct net_time xmt_nic;	/* .ns 0: the NIC has not said */
	struct sock_msg *held;		/* a reply that waits for that */
	struct loop_timer hold;
	struct loop_timer timeout;
	net_client_fn got;
	void *arg;
};

/* The exchange whose callback runs; NULL once that one cancelled it. */
static struct net_client *busy;

static void tell_client(struct net_client *client,
			const struct net_reply *reply, int err)
{
	client->got(client, reply, err, client->arg);
}

static void tell_reply(struct net_client *client, const struct sock_msg *msg)
{
	bool is_nic = msg->has_nic && client->xmt_nic.ns;
	struct net_reply reply = {
		.buf = msg->buf, .len = msg->len, .from = msg->src,
		.local = client->local,
		.xmt = is_nic ? client->xmt_nic : client->xmt,
		.rec = is_nic ? msg->nic : msg->time,
	};

	tell_client(client, &reply, 0);
}

/* Leaves @busy NULL if the client is gone. */
static void tell_held(struct net_client *client)
{
	struct sock_msg *held = client->held;

	client->held = NULL;
	loop_timer_cancel(&client->hold);
	tell_reply(client, held);
	free(held);
}

static void stop_waiting(void *arg)
{
	busy = arg;
	tell_held(arg);
}

/*
 * A NIC may say when the request left only after the reply has come.
 * Return: false where there is nothing to wait for, or it cannot be.
 */
static bool hold(struct net_client *client, const struct sock_msg *msg)
{
	if (!msg->has_nic || client->xmt_nic.ns || client->held)
		return false;
	client->held = malloc(sizeof(*client->held));
	if (!client->held)
		return false;
	*client->held = *msg;
	loop_timer_in(&client->hold, HOLD_NS);
	return true;
}

/*
 * The error queue brings transmit stamps and network errors. A socket may also
 * have a bare pending error, which must be fetched or poll would never rest.
 * Return: was there anything?
 */
static bool read_error_queue(struct net_client *client, struct sock_msg *msg)
{
	socklen_t len = sizeof(int);
	int err = sock_receive(client->fd, msg, true);

	if (!err && msg->err) {
		tell_client(client, NULL, msg->err);
		return true;
	}
	if (!err) {
		if (msg->has_stamp)
			client->xmt = msg->time;
		if (msg->has_nic)
			client->xmt_nic = msg->nic;
		return true;
	}
	if (!getsockopt(client->fd, SOL_SOCKET, SO_ERROR, &err, &len) && err)
		tell_client(client, NULL, -err);
	return false;
}

static void client_ready(int fd, short revents, void *arg)
{
	static struct sock_msg msg;
	struct net_client *client = arg;
	int err;

	busy = client;
	if (revents & (POLLERR | POLLPRI))
		for (int i = 0; i < STAMPS_AT_ONCE && busy; i++)
			if (!read_error_queue(client, &msg))
				break;
	if (busy && client->held && client->xmt_nic.ns)
		tell_held(client);
	if (!busy || !(revents & POLLIN))
		return;
	err = sock_receive(fd, &msg, false);
	if (err) {
		if (err != -EAGAIN && err != -EINTR)
			tell_client(client, NULL, err);
		return;
	}
	if (msg.is_cut || msg.src.port != client->to.port ||
	    (!client->is_group &&
	     !addr_equal(&msg.src.addr, &client->to.addr)))
		return;
	if (!hold(client, &msg))
		tell_reply(client, &msg);
}

static void client_timeout(void *arg)
{
	struct net_client *client = arg;

	busy = client;
	if (client->held)
		tell_held(client);
	if (busy)
		tell_client(client, NULL, -ETIMEDOUT);
	if (busy)
		net_client_cancel(client);
}

/* A connected socket to @to, or a negative errno. */
static int connect_to(const struct addr_end *to, enum sock_use use)
{
	struct sockaddr_storage ss;
	socklen_t len;
	int fd, err;

	fd = sock_open(addr_family(&to->addr), use);
	if (fd < 0)
		return fd;
	len = addr_to_sockaddr(to, &ss);
	if (connect(fd, (struct sockaddr *)&ss, len)) {
		err = -errno;
		close(fd);
		return err;
	}
	return fd;
}

static int local_end(int fd, struct addr_end *end)
{
	struct sockaddr_storage ss = { 0 };
	socklen_t len = sizeof(ss);

	if (getsockname(fd, (struct sockaddr *)&ss, &len))
		return -errno;
	return addr_from_sockaddr(end, &ss);
}

/* An open socket for requests to a group, or a negative errno. */
static int open_group(const struct addr_end *to, u8 ttl)
{
	bool is_v4 = addr_is_v4(&to->addr);
	int fd = sock_open(addr_family(&to->addr), SOCK_CLIENT);
	int hops = ttl, err;

	if (fd < 0 ||
	    !setsockopt(fd, is_v4 ? IPPROTO_IP : IPPROTO_IPV6,
			is_v4 ? IP_MULTICAST_TTL : IPV6_MULTICAST_HOPS, &hops,
			sizeof(hops)))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

/* The request leaves by @client->fd, which is closed on failure. */
static int start_client(struct net_client *client, const void *buf, size_t len)
{
	struct iovec iov = { .iov_base = (void *)buf, .iov_len = len };
	struct sockaddr_storage ss;
	struct msghdr hdr = { .msg_iov = &iov, .msg_iovlen = 1 };
	int err;

	if (client->is_group) {
		hdr.msg_namelen = addr_to_sockaddr(&client->to, &ss);
		hdr.msg_name = &ss;
	}
	local_end(client->fd, &client->local);
	loop_timer_init(&client->timeout, client_timeout, client);
	loop_timer_init(&client->hold, stop_waiting, client);
	/* POLLPRI: the simulator reports transmit stamps so. */
	err = loop_fd_add(client->fd, POLLIN | POLLPRI, client_ready, client);
	if (!err) {
		client->xmt = sock_clock();
		if (sendmsg(client->fd, &hdr, MSG_DONTWAIT) < 0)
			err = -errno;
	}
	if (err)
		net_client_cancel(client);
	return err;
}

static int send_client(struct net_client **result,
		       const struct net_client *what, const void *buf,
		       size_t len, int64_t timeout_ns)
{
	struct net_client *client;
	int err;

	*result = NULL;
	if (what->fd < 0)
		return what->fd;
	client = malloc(sizeof(*client));
	if (!client) {
		close(what->fd);
		return -ENOMEM;
	}
	*client = *what;
	err = start_client(client, buf, len);
	if (err)
		return err;
	loop_timer_in(&client->timeout, timeout_ns);
	*result = client;
	return 0;
}

int net_client_send(struct net_client **client, const struct addr_end *to,
		    const void *buf, size_t len, int64_t timeout_ns,
		    net_client_fn got, void *arg)
{
	struct net_client what = { .to = *to, .got = got, .arg = arg };

	what.fd = connect_to(to, SOCK_CLIENT);
	return send_client(client, &what, buf, len, timeout_ns);
}

int net_client_send_group(struct net_client **client,
			  const struct addr_end *to, u8 ttl, const void *buf,
			  size_t len, int64_t timeout_ns, net_client_fn got,
			  void *arg)
{
	struct net_client what = { .is_group = true, .to = *to, .got = got,
				   .arg = arg };

	what.fd = open_group(to, ttl);
	return send_client(client, &what, buf, len, timeout_ns);
}

void net_client_cancel(struct net_client *client)
{
	if (!client)
		return;
	if (busy == client)
		busy = NULL;
	loop_timer_cancel(&client->timeout);
	loop_timer_cancel(&client->hold);
	loop_fd_del(client->fd);
	close(client->fd);
	free(client->held);
	free(client);
}

int net_local_addr(const struct addr_end *to, struct ntp_addr *local)
{
	struct addr_end end;
	int fd = connect_to(to, SOCK_SERVER);
	int err;

	if (fd < 0)
		return fd;
	err = local_end(fd, &end);
	close(fd);
	*local = end.addr;
	return err;
}
