/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef LINKS_H
#define LINKS_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>

#include "kmod/core/types.h"

/* The interfaces and addresses of this network namespace, as they change. */

/** struct links_if - an interface */
struct links_if {
	unsigned int ifindex;
	char name[IF_NAMESIZE];
	bool is_ethernet;	/* ARPHRD_ETHER: the module can serve it */
	bool is_loopback;
	bool is_port;		/* of a bridge, bond or team: its master counts */
	unsigned int master;	/* that of a port, else 0 */
	unsigned int lower;	/* of a VLAN: the interface below; else 0 */
	bool is_up;		/* IFF_UP */
	bool is_running;	/* IFF_RUNNING: with carrier */
	struct ntp_addr *addr;
	size_t addr_n;
};

/** enum links_change - what happened to an interface */
enum links_change {
	LINKS_ADD,	/* it is there, now or from the start */
	LINKS_CHANGE,	/* name, state or addresses changed */
	LINKS_DEL,	/* it is gone; what is told is its last state */
};

typedef void (*links_fn)(enum links_change change, const struct links_if *link,
			 void *arg);

/**
 * links_open() - follow the interfaces
 * @changed: called in the loop for each change, first for each interface that
 *	is there, before this function returns
 *
 * Return: 0, or a negative errno where netlink is not to be had; told in the
 * log, and all the daemon lacks then is to be told of changes.
 */
int links_open(links_fn changed, void *arg);

/** links_find() - an interface by its index; NULL if there is none */
const struct links_if *links_find(unsigned int ifindex);

/** links_each() - walk over all interfaces */
void links_each(void (*each)(const struct links_if *link, void *arg),
		void *arg);

/** links_has_addr() - is this an address of this host? */
bool links_has_addr(const struct ntp_addr *addr);

/** links_close() - follow no more */
void links_close(void);

#endif
