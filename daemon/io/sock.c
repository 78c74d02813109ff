// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include "daemon/io/sock.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/errqueue.h>
#include <linux/net_tstamp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "daemon/io/phc.h"

#define NS_PER_S	1000000000LL

/* Enough for a stamp, packet information and an extended error with address. */
#define CONTROL_MAX	512

/* From a NIC's stamp to the kernel's, or to when the process is told. */
#define NIC_FAR_NS	(NS_PER_S / 2)

struct net_time sock_clock(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (struct net_time){ .ns = ts.tv_sec * NS_PER_S + ts.tv_nsec,
				  .by = NET_STAMP_CLOCK };
}

static void switch_on(int fd, int level, int option)
{
	int on = 1;

	/* Where it is refused, what it brings is missing, and nothing else. */
	(void)!setsockopt(fd, level, option, &on, sizeof(on));
}

static bool ask_for(int fd, int flags)
{
	return !setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPING, &flags,
			   sizeof(flags));
}

/* What each packet gets of it depends on the device and how that is set. */
static void ask_stamps(int fd, enum sock_use use)
{
	int kernel = SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_RX_SOFTWARE;
	int nic = SOF_TIMESTAMPING_RAW_HARDWARE | SOF_TIMESTAMPING_OPT_CMSG |
		  SOF_TIMESTAMPING_OPT_PKTINFO | SOF_TIMESTAMPING_OPT_TX_SWHW;

	/* A server asks with each datagram for transmit stamps of that alone. */
	if (use == SOCK_CLIENT) {
		kernel |= SOF_TIMESTAMPING_TX_SOFTWARE;
		nic |= SOF_TIMESTAMPING_TX_HARDWARE;
	}
	if (ask_for(fd, kernel | nic))
		return;
	if (!ask_for(fd, kernel))
		switch_on(fd, SOL_SOCKET, SO_TIMESTAMPNS);
}

static int marked = -1;

void sock_set_dscp(int dscp)
{
	marked = dscp;
}

void sock_mark(int fd, int family)
{
	/* Above the two bits of ECN. */
	int tos = marked < 0 ? 0 : marked << 2;

	if (family == AF_INET6)
		(void)!setsockopt(fd, IPPROTO_IPV6, IPV6_TCLASS, &tos,
				  sizeof(tos));
	else
		(void)!setsockopt(fd, IPPROTO_IP, IP_TOS, &tos, sizeof(tos));
}

int sock_open(int family, enum sock_use use)
{
	int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int err;

	if (fd < 0 && errno == EINVAL) {
		fd = socket(family, SOCK_DGRAM, 0);
		if (fd >= 0) {
			fcntl(fd, F_SETFD, FD_CLOEXEC);
			fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
		}
	}
	if (fd < 0)
		return -errno;
	if (family == AF_INET6) {
		int on = 1;

		if (setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on,
			       sizeof(on))) {
			err = -errno;
			close(fd);
			return err;
		}
	}
	if (family == AF_INET6)
		switch_on(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO);
	else
		switch_on(fd, IPPROTO_IP, IP_PKTINFO);
	if (use == SOCK_CLIENT) {
		if (family == AF_INET6)
			switch_on(fd, IPPROTO_IPV6, IPV6_RECVERR);
		else
			switch_on(fd, IPPROTO_IP, IP_RECVERR);
	}
	if (marked >= 0)
		sock_mark(fd, family);
	ask_stamps(fd, use);
	return fd;
}

static void read_stamp(struct sock_msg *msg, const struct timespec *ts)
{
	/* Zero: the kernel has no such stamp for this packet. */
	if (!ts->tv_sec && !ts->tv_nsec)
		return;
	msg->has_stamp = true;
	msg->time.ns = ts->tv_sec * NS_PER_S + ts->tv_nsec;
	msg->time.by = NET_STAMP_KERNEL;
}

static void read_error(struct sock_msg *msg, struct cmsghdr *cmsg)
{
	struct sock_extended_err ee;

	memcpy(&ee, CMSG_DATA(cmsg), sizeof(ee));
	if (ee.ee_origin != SO_EE_ORIGIN_TIMESTAMPING)
		msg->err = -(int)ee.ee_errno;
}

static void read_ip_control(struct sock_msg *msg, struct cmsghdr *cmsg)
{
	if (cmsg->cmsg_type == IP_PKTINFO) {
		struct in_pktinfo info;

		memcpy(&info, CMSG_DATA(cmsg), sizeof(info));
		msg->has_dst = true;
		msg->dst.addr = addr_from_v4(info.ipi_addr);
		msg->ifindex = info.ipi_ifindex;
		/* They differ for broadcast and multicast. */
		msg->to_unicast = info.ipi_addr.s_addr ==
				  info.ipi_spec_dst.s_addr;
	} else if (cmsg->cmsg_type == IP_RECVERR) {
		read_error(msg, cmsg);
	}
}

static void read_ipv6_control(struct sock_msg *msg, struct cmsghdr *cmsg)
{
	if (cmsg->cmsg_type == IPV6_PKTINFO) {
		struct in6_pktinfo info;

		memcpy(&info, CMSG_DATA(cmsg), sizeof(info));
		msg->has_dst = true;
		memcpy(msg->dst.addr.b, &info.ipi6_addr, 16);
		msg->ifindex = info.ipi6_ifindex;
		if (addr_is_linklocal(&msg->dst.addr))
			msg->dst.scope = info.ipi6_ifindex;
		msg->to_unicast = !addr_is_multicast(&msg->dst.addr);
	} else if (cmsg->cmsg_type == IPV6_RECVERR) {
		read_error(msg, cmsg);
	}
}

/* What the NIC itself says, and which one it is. */
struct raw {
	int64_t ns;		/* 0: nothing */
	unsigned int ifindex;	/* 0: it is not said */
};

static void read_socket_control(struct sock_msg *msg, struct cmsghdr *cmsg,
				struct raw *raw)
{
	struct scm_ts_pktinfo info;
	struct timespec ts[3];

	if (cmsg->cmsg_type == SO_TIMESTAMPING &&
	    cmsg->cmsg_len >= CMSG_LEN(sizeof(ts))) {
		memcpy(ts, CMSG_DATA(cmsg), sizeof(ts));
		read_stamp(msg, &ts[0]);
		raw->ns = ts[2].tv_sec * NS_PER_S + ts[2].tv_nsec;
	} else if (cmsg->cmsg_type == SCM_TIMESTAMPING_PKTINFO &&
		   cmsg->cmsg_len >= CMSG_LEN(sizeof(info))) {
		memcpy(&info, CMSG_DATA(cmsg), sizeof(info));
		raw->ifindex = info.if_index;
	} else if (cmsg->cmsg_type == SO_TIMESTAMPNS &&
		   cmsg->cmsg_len >= CMSG_LEN(sizeof(ts[0]))) {
		memcpy(ts, CMSG_DATA(cmsg), sizeof(ts[0]));
		read_stamp(msg, &ts[0]);
	}
}

/* Where the NIC is known, no line but its own will do: a bond has several. */
static void convert(struct sock_msg *msg, const struct raw *raw,
		    enum phc_way way)
{
	unsigned int ifindex = raw->ifindex ? raw->ifindex : msg->ifindex;
	int64_t real;

	if (!raw->ns || phc_to_real(ifindex, way, raw->ns, &real, NULL))
		return;
	/* Nothing but a wrong line would be so far off. */
	if (llabs(real - msg->time.ns) > NIC_FAR_NS)
		return;
	msg->has_nic = true;
	msg->nic = (struct net_time){ .ns = real, .by = NET_STAMP_NIC };
}

int sock_receive(int fd, struct sock_msg *msg, bool from_errors)
{
	union {
		struct cmsghdr align;
		u8 buf[CONTROL_MAX];
	} control;
	struct iovec iov = { .iov_base = msg->buf,
			     .iov_len = sizeof(msg->buf) };
	struct sockaddr_storage from = { 0 };
	struct msghdr hdr = {
		.msg_name = &from, .msg_namelen = sizeof(from),
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof(control),
	};
	struct raw raw = { 0 };
	struct net_time now;
	ssize_t len;

	len = recvmsg(fd, &hdr, MSG_DONTWAIT | (from_errors ? MSG_ERRQUEUE : 0));
	if (len < 0)
		return -errno;
	now = sock_clock();
	memset((u8 *)msg + sizeof(msg->buf), 0, sizeof(*msg) - sizeof(msg->buf));
	msg->len = len;
	msg->is_cut = hdr.msg_flags & MSG_TRUNC;
	msg->time = now;
	addr_from_sockaddr(&msg->src, &from);
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&hdr); c;
	     c = CMSG_NXTHDR(&hdr, c)) {
		if (c->cmsg_level == SOL_SOCKET)
			read_socket_control(msg, c, &raw);
		else if (c->cmsg_level == IPPROTO_IP)
			read_ip_control(msg, c);
		else if (c->cmsg_level == IPPROTO_IPV6)
			read_ipv6_control(msg, c);
	}
	convert(msg, &raw, from_errors ? PHC_TRANSMIT : PHC_RECEIVE);
	return 0;
}
