// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <linux/genetlink.h>
#include <libmnl/libmnl.h>

#define FAKENL_ITSELF
#include "tests/lib/fakenl.h"

enum {
	FAKENL_DATAGRAM_MAX	= 8192,
};

struct fakenl_item {
	struct fakenl_item *next;
	int err;
	uint32_t portid;
	size_t len;
	char data[];
};

struct fakenl_queue {
	struct fakenl_item *first;
	struct fakenl_item **end;
};

static struct {
	fakenl_answer_fn answer;
	struct fakenl_queue calls;
	struct fakenl_queue events;
	int event_fd;
	unsigned int groups;
	uint32_t group;
	char buf[FAKENL_DATAGRAM_MAX] __attribute__((aligned(8)));
} fakenl;

static void fakenl_clear(struct fakenl_queue *queue)
{
	struct fakenl_item *item;

	while ((item = queue->first)) {
		queue->first = item->next;
		free(item);
	}
	queue->end = &queue->first;
}

void fakenl_start(fakenl_answer_fn answer)
{
	fakenl_clear(&fakenl.calls);
	fakenl_clear(&fakenl.events);
	fakenl.answer = answer;
	fakenl.event_fd = -1;
	fakenl.groups = 0;
}

unsigned int fakenl_groups(uint32_t *last)
{
	*last = fakenl.group;
	return fakenl.groups;
}

static void fakenl_append(struct fakenl_queue *queue, int err, uint32_t portid,
			  const void *data, size_t len)
{
	struct fakenl_item *item = malloc(sizeof(*item) + len);

	if (!item)
		abort();
	item->next = NULL;
	item->err = err;
	item->portid = portid;
	item->len = len;
	if (len)
		memcpy(item->data, data, len);
	*queue->end = item;
	queue->end = &item->next;
}

struct nlmsghdr *fakenl_begin(const struct nlmsghdr *request, uint16_t type,
			      uint16_t flags, int cmd)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(fakenl.buf);
	struct genlmsghdr *genl;

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = flags;
	nlh->nlmsg_seq = request ? request->nlmsg_seq : 0;
	if (cmd >= 0) {
		genl = mnl_nlmsg_put_extra_header(nlh, sizeof(*genl));
		genl->cmd = (uint8_t)cmd;
		genl->version = 1;
	}
	return nlh;
}

void fakenl_push(const void *datagram, size_t len)
{
	fakenl_append(&fakenl.calls, 0, 0, datagram, len);
}

void fakenl_push_event(const void *datagram, size_t len)
{
	fakenl_append(&fakenl.events, 0, 0, datagram, len);
}

void fakenl_push_errno(int err, int is_event)
{
	fakenl_append(is_event ? &fakenl.events : &fakenl.calls, err, 0, NULL,
		      0);
}

void fakenl_push_from(uint32_t portid, const void *datagram, size_t len)
{
	fakenl_append(&fakenl.calls, 0, portid, datagram, len);
}

void fakenl_status(const struct nlmsghdr *request, int err, const char *text,
		   uint32_t offset)
{
	struct nlmsghdr *nlh;
	struct nlmsgerr *msg;

	nlh = fakenl_begin(request, NLMSG_ERROR, NLM_F_CAPPED, -1);
	msg = mnl_nlmsg_put_extra_header(nlh, sizeof(*msg));
	msg->error = err;
	msg->msg = *request;
	if (text || offset)
		nlh->nlmsg_flags |= NLM_F_ACK_TLVS;
	if (text)
		mnl_attr_put_strz(nlh, NLMSGERR_ATTR_MSG, text);
	if (offset)
		mnl_attr_put_u32(nlh, NLMSGERR_ATTR_OFFS, offset);
	fakenl_push(nlh, nlh->nlmsg_len);
}

void fakenl_done(const struct nlmsghdr *request, uint16_t flags)
{
	struct nlmsghdr *nlh;

	nlh = fakenl_begin(request, NLMSG_DONE, NLM_F_MULTI | flags, -1);
	*(int *)mnl_nlmsg_put_extra_header(nlh, sizeof(int)) = 0;
	fakenl_push(nlh, nlh->nlmsg_len);
}

struct nlmsghdr *fakenl_family(const struct nlmsghdr *request, int cmd,
			       const char *name, uint16_t id,
			       const char *group, uint32_t group_id)
{
	struct nlmsghdr *nlh = fakenl_begin(request, GENL_ID_CTRL, 0, cmd);
	struct nlattr *groups, *one;

	mnl_attr_put_strz(nlh, CTRL_ATTR_FAMILY_NAME, name);
	mnl_attr_put_u16(nlh, CTRL_ATTR_FAMILY_ID, id);
	groups = mnl_attr_nest_start(nlh, CTRL_ATTR_MCAST_GROUPS);
	one = mnl_attr_nest_start(nlh, 1);
	mnl_attr_put_u32(nlh, CTRL_ATTR_MCAST_GRP_ID, group_id);
	mnl_attr_put_strz(nlh, CTRL_ATTR_MCAST_GRP_NAME, group);
	mnl_attr_nest_end(nlh, one);
	mnl_attr_nest_end(nlh, groups);
	return nlh;
}

int fakenl_socket(int domain, int type, int protocol)
{
	/* A readable descriptor, as programs poll for events. */
	int fd = eventfd(1, EFD_CLOEXEC);

	if (type & SOCK_NONBLOCK)
		fakenl.event_fd = fd;
	return fd;
}

int fakenl_bind(int fd, const struct sockaddr *addr, socklen_t len)
{
	return 0;
}

int fakenl_setsockopt(int fd, int level, int option, const void *value,
		      socklen_t len)
{
	if (level != SOL_NETLINK || option != NETLINK_ADD_MEMBERSHIP)
		return 0;
	fakenl.groups++;
	memcpy(&fakenl.group, value, sizeof(fakenl.group));
	return 0;
}

ssize_t fakenl_sendto(int fd, const void *buf, size_t size, int flags,
		      const struct sockaddr *to, socklen_t len)
{
	fakenl.answer(buf);
	return (ssize_t)size;
}

ssize_t fakenl_recvfrom(int fd, void *buf, size_t size, int flags,
			struct sockaddr *from, socklen_t *len)
{
	struct fakenl_queue *queue = fd == fakenl.event_fd ? &fakenl.events :
							     &fakenl.calls;
	struct sockaddr_nl nl = { .nl_family = AF_NETLINK };
	struct fakenl_item *item = queue->first;
	ssize_t result;

	if (!item) {
		errno = EAGAIN;
		return -1;
	}
	queue->first = item->next;
	if (!queue->first)
		queue->end = &queue->first;
	nl.nl_pid = item->portid;
	memcpy(from, &nl, sizeof(nl));
	*len = sizeof(nl);
	result = (ssize_t)item->len;
	memcpy(buf, item->data, item->len < size ? item->len : size);
	if (item->err) {
		errno = item->err;
		result = -1;
	}
	free(item);
	return result;
}

int fakenl_close(int fd)
{
	return close(fd);
}
