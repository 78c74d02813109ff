/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef KNL_CALL_H
#define KNL_CALL_H

#include "tools/lib/knl.h"
#include "tools/lib/knlsock.h"

/*
 * What the files that implement knl.h share. Requests are built in memory of
 * KNLSOCK_REQUEST_MAX octets or more, aligned for struct nlmsghdr.
 */

/** struct knl_list - records of a dump, kept until it is known to be consistent */
struct knl_list {
	int (*get)(const struct nlmsghdr *nlh, void *item);
	size_t size;		/* of an item */
	size_t count;
	size_t room;
	char *items;		/* the caller's, to free() */
};

/** knl_request() - begin a request to the module; see knlsock_request() */
struct nlmsghdr *knl_request(void *buf, uint8_t cmd, uint16_t flags);

/** knl_call() - send a request to the module; see knlsock_call() */
int knl_call(struct knl *knl, struct nlmsghdr *request,
	     const struct knlsock_sink *sink);

/** knl_sock() - the socket of calls, for knlsock_fail() */
struct knlsock *knl_sock(struct knl *knl);

/**
 * knl_dump() - list all records of a kind, as of one moment
 * @knl: the handle
 * @cmd: the command that dumps them
 * @list: @get and @size are set; @items is the caller's in any case
 *
 * Return: 0, or a negative errno; -EINTR if they change all the time.
 */
int knl_dump(struct knl *knl, uint8_t cmd, struct knl_list *list);

#endif
