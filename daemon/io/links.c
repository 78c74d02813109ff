// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include "daemon/io/links.h"

#include <errno.h>
#include <linux/if_arp.h>
#include <netlink/cache.h>
#include <netlink/errno.h>
#include <netlink/route/addr.h>
#include <netlink/route/link.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/io/loop.h"
#include "tools/lib/addr.h"
#include "tools/lib/log.h"

/*
 * libnl keeps the caches; after each bunch of messages the list below is made
 * anew from them and compared with what it was. A lost message costs nothing
 * more than to fill the caches again.
 */

#define REOPEN_NS	(5 * LOOP_NS_PER_S)

struct links_list {
	struct links_if *link;	/* ordered by index */
	size_t n;
};

static struct nl_cache_mngr *manager;
static struct nl_cache *link_cache, *addr_cache;
static int manager_fd = -1;
static struct links_list current;
static links_fn links_changed;
static void *changed_arg;
static struct loop_timer reopen_timer;

static void free_list(struct links_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		free(list->link[i].addr);
	free(list->link);
	*list = (struct links_list){ 0 };
}

static int by_index(const void *a, const void *b)
{
	const struct links_if *x = a, *y = b;

	return x->ifindex < y->ifindex ? -1 : x->ifindex > y->ifindex;
}

static int by_octets(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct ntp_addr));
}

static struct links_if *find_in(const struct links_list *list,
				unsigned int ifindex)
{
	struct links_if key = { .ifindex = ifindex };

	if (!list->n)
		return NULL;
	return bsearch(&key, list->link, list->n, sizeof(key), by_index);
}

/* A VRF is a master, too, but its ports keep what they receive. */
static bool is_port(struct rtnl_link *link)
{
	int index = rtnl_link_get_master(link);
	struct rtnl_link *master = index ? rtnl_link_get(link_cache, index) :
					   NULL;
	const char *type = master ? rtnl_link_get_type(master) : NULL;
	bool is_vrf = type && !strcmp(type, "vrf");

	rtnl_link_put(master);
	return index && !is_vrf;
}

/* A pair of veth has a link, too, which is its other end. */
static unsigned int find_lower(struct rtnl_link *link)
{
	static const char *const types[] = { "vlan", "macvlan", "ipvlan" };
	const char *type = rtnl_link_get_type(link);
	int lower = rtnl_link_get_link(link);
	int32_t netns;

	/* In another namespace it is not to be seen from here. */
	if (!type || lower <= 0 || !rtnl_link_get_link_netnsid(link, &netns))
		return 0;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (!strcmp(type, types[i]))
			return lower;
	return 0;
}

static void fill_link(struct links_if *link, struct rtnl_link *from)
{
	unsigned int flags = rtnl_link_get_flags(from);
	unsigned int type = rtnl_link_get_arptype(from);
	const char *name = rtnl_link_get_name(from);

	*link = (struct links_if){
		.ifindex = rtnl_link_get_ifindex(from),
		.is_ethernet = type == ARPHRD_ETHER,
		.is_loopback = flags & IFF_LOOPBACK,
		.is_port = is_port(from),
		.lower = find_lower(from),
		.is_up = flags & IFF_UP,
		.is_running = flags & IFF_RUNNING,
	};
	if (link->is_port)
		link->master = rtnl_link_get_master(from);
	snprintf(link->name, sizeof(link->name), "%s", name ? name : "");
}

static bool add_addr(struct links_if *link, const struct ntp_addr *addr)
{
	struct ntp_addr *more = reallocarray(link->addr, link->addr_n + 1,
					     sizeof(*more));

	if (!more)
		return false;
	link->addr = more;
	more[link->addr_n++] = *addr;
	return true;
}

static bool fill_addrs(struct links_list *list)
{
	for (struct nl_object *o = nl_cache_get_first(addr_cache); o;
	     o = nl_cache_get_next(o)) {
		struct rtnl_addr *from = (struct rtnl_addr *)o;
		struct nl_addr *local = rtnl_addr_get_local(from);
		struct links_if *link =
			find_in(list, rtnl_addr_get_ifindex(from));
		struct ntp_addr addr;

		if (!local || !link)
			continue;
		if (nl_addr_get_len(local) == 4) {
			struct in_addr in;

			memcpy(&in, nl_addr_get_binary_addr(local), 4);
			addr = addr_from_v4(in);
		} else if (nl_addr_get_len(local) == 16) {
			memcpy(addr.b, nl_addr_get_binary_addr(local), 16);
		} else {
			continue;
		}
		if (!add_addr(link, &addr))
			return false;
	}
	return true;
}

static void drop_twins(struct links_list *list)
{
	size_t n = 0;

	for (size_t i = 0; i < list->n; i++)
		if (!n || list->link[n - 1].ifindex != list->link[i].ifindex)
			list->link[n++] = list->link[i];
	list->n = n;
}

static bool make_list(struct links_list *list)
{
	int room = nl_cache_nitems(link_cache);

	*list = (struct links_list){ 0 };
	list->link = calloc(room > 0 ? room : 1, sizeof(*list->link));
	if (!list->link)
		return false;
	for (struct nl_object *o = nl_cache_get_first(link_cache); o;
	     o = nl_cache_get_next(o)) {
		struct rtnl_link *from = (struct rtnl_link *)o;

		/*
		 * A bridge's view of its port is another object; the bridge
		 * itself may be of that family alone.
		 */
		if (rtnl_link_get_family(from) == AF_UNSPEC ||
		    !rtnl_link_get_master(from))
			fill_link(&list->link[list->n++], from);
	}
	qsort(list->link, list->n, sizeof(*list->link), by_index);
	drop_twins(list);
	if (!fill_addrs(list)) {
		free_list(list);
		return false;
	}
	for (size_t i = 0; i < list->n; i++) {
		struct links_if *link = &list->link[i];

		if (link->addr_n)
			qsort(link->addr, link->addr_n, sizeof(*link->addr),
			      by_octets);
	}
	return true;
}

static bool is_same(const struct links_if *a, const struct links_if *b)
{
	return !strcmp(a->name, b->name) && a->is_up == b->is_up &&
	       a->is_running == b->is_running && a->is_port == b->is_port &&
	       a->master == b->master && a->lower == b->lower &&
	       a->is_ethernet == b->is_ethernet && a->addr_n == b->addr_n &&
	       (!a->addr_n ||
		!memcmp(a->addr, b->addr, a->addr_n * sizeof(*a->addr)));
}

/* The callbacks see the new list through links_find() and the like. */
static void take_list(struct links_list *list)
{
	struct links_list old = current;

	current = *list;
	for (size_t i = 0; i < old.n; i++) {
		if (!find_in(&current, old.link[i].ifindex))
			links_changed(LINKS_DEL, &old.link[i], changed_arg);
	}
	for (size_t i = 0; i < current.n; i++) {
		struct links_if *link = &current.link[i];
		struct links_if *was = find_in(&old, link->ifindex);

		if (!was)
			links_changed(LINKS_ADD, link, changed_arg);
		else if (!is_same(was, link))
			links_changed(LINKS_CHANGE, link, changed_arg);
	}
	free_list(&old);
}

static void close_manager(void)
{
	if (manager_fd >= 0)
		loop_fd_del(manager_fd);
	manager_fd = -1;
	nl_cache_mngr_free(manager);
	manager = NULL;
}

static void manager_ready(int fd, short revents, void *arg)
{
	struct links_list list;
	int err;

	(void)fd;
	(void)revents;
	(void)arg;
	err = nl_cache_mngr_data_ready(manager);
	if (err < 0) {
		log_info("lost track of the interfaces: %s; looking again",
			 nl_geterror(err));
		close_manager();
		loop_timer_in(&reopen_timer, 0);
		return;
	}
	if (make_list(&list))
		take_list(&list);
}

static int open_manager(void)
{
	struct links_list list;
	int err;

	err = nl_cache_mngr_alloc(NULL, NETLINK_ROUTE, NL_AUTO_PROVIDE,
				  &manager);
	if (err < 0) {
		manager = NULL;
		return err;
	}
	err = nl_cache_mngr_add(manager, "route/link", NULL, NULL, &link_cache);
	if (err >= 0)
		err = nl_cache_mngr_add(manager, "route/addr", NULL, NULL,
					&addr_cache);
	if (err >= 0) {
		manager_fd = nl_cache_mngr_get_fd(manager);
		if (loop_fd_add(manager_fd, POLLIN, manager_ready, NULL))
			err = -NLE_NOMEM;
	}
	if (err >= 0 && !make_list(&list))
		err = -NLE_NOMEM;
	if (err < 0) {
		close_manager();
		return err;
	}
	take_list(&list);
	return 0;
}

static void reopen_manager(void *arg)
{
	(void)arg;
	if (open_manager())
		loop_timer_in(&reopen_timer, REOPEN_NS);
}

int links_open(links_fn changed, void *arg)
{
	int err;

	links_changed = changed;
	changed_arg = arg;
	loop_timer_init(&reopen_timer, reopen_manager, NULL);
	err = open_manager();
	if (!err)
		return 0;
	log_warning("cannot follow the interfaces over netlink: %s; addresses "
		    "that come or go are not noticed", nl_geterror(err));
	return -ENOTSUP;
}

const struct links_if *links_find(unsigned int ifindex)
{
	return find_in(&current, ifindex);
}

void links_each(void (*each)(const struct links_if *link, void *arg), void *arg)
{
	for (size_t i = 0; i < current.n; i++)
		each(&current.link[i], arg);
}

bool links_has_addr(const struct ntp_addr *addr)
{
	for (size_t i = 0; i < current.n; i++) {
		const struct links_if *link = &current.link[i];

		if (link->addr_n && bsearch(addr, link->addr, link->addr_n,
					    sizeof(*addr), by_octets))
			return true;
	}
	return false;
}

void links_close(void)
{
	loop_timer_cancel(&reopen_timer);
	if (manager)
		close_manager();
	free_list(&current);
}
