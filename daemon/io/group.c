// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include "daemon/io/group.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tools/lib/addr.h"
#include "tools/lib/log.h"

struct group {
	struct group *next;
	struct ntp_addr addr;
	bool is_told;		/* of a failure, in the log */
};

static struct group *groups;
static int sockets[2] = { -1, -1 };	/* IPv4, IPv6 */

static struct group **find(const struct ntp_addr *addr)
{
	struct group **at = &groups;

	while (*at && !addr_equal(&(*at)->addr, addr))
		at = &(*at)->next;
	return at;
}

static int change(const struct group *group, unsigned int ifindex, int option)
{
	bool is_v4 = addr_is_v4(&group->addr);
	struct addr_end end = { .addr = group->addr };
	struct group_req req = { .gr_interface = ifindex };
	int fd = sockets[is_v4 ? 0 : 1];

	if (fd < 0)
		return 0;
	addr_to_sockaddr(&end, &req.gr_group);
	if (!setsockopt(fd, is_v4 ? IPPROTO_IP : IPPROTO_IPV6, option, &req,
			sizeof(req)))
		return 0;
	return errno == EADDRINUSE ? 0 : -errno;
}

static void join_link(struct group *group, const struct links_if *link)
{
	char text[ADDR_TEXT_MAX];
	int err;

	if (!link->is_up || link->is_loopback || link->is_port)
		return;
	err = change(group, link->ifindex, MCAST_JOIN_GROUP);
	/* Without an address of the family, it is joined when that comes. */
	if (!err || err == -ENODEV || err == -EADDRNOTAVAIL || group->is_told)
		return;
	group->is_told = true;
	log_warning("%s: cannot listen to %s: %s%s", link->name,
		    addr_print(&group->addr, text, sizeof(text)),
		    strerror(-err), err == -ENOBUFS ? "; raise the sysctl "
		    "net.ipv4.igmp_max_memberships" : "");
}

static void join_each(const struct links_if *link, void *arg)
{
	join_link(arg, link);
}

static void leave_each(const struct links_if *link, void *arg)
{
	change(arg, link->ifindex, MCAST_LEAVE_GROUP);
}

int group_join(const struct ntp_addr *addr)
{
	struct group *group;

	if (*find(addr))
		return 0;
	group = calloc(1, sizeof(*group));
	if (!group)
		return -ENOMEM;
	group->addr = *addr;
	group->next = groups;
	groups = group;
	links_each(join_each, group);
	return 0;
}

void group_leave(const struct ntp_addr *addr)
{
	struct group **at = find(addr), *group = *at;

	if (!group)
		return;
	links_each(leave_each, group);
	*at = group->next;
	free(group);
}

bool group_is_joined(const struct ntp_addr *addr)
{
	return *find(addr);
}

void group_socket(int family, int fd)
{
	sockets[family == AF_INET ? 0 : 1] = fd;
	if (fd < 0)
		return;
	for (struct group *g = groups; g; g = g->next)
		links_each(join_each, g);
}

void group_link(enum links_change what, const struct links_if *link)
{
	/* The kernel ends memberships of what is gone. */
	if (what == LINKS_DEL)
		return;
	for (struct group *g = groups; g; g = g->next)
		join_link(g, link);
}

void group_close(void)
{
	while (groups) {
		struct group *group = groups;

		groups = group->next;
		free(group);
	}
}
