/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef RESOLVE_H
#define RESOLVE_H

#include <stdbool.h>
#include <stddef.h>

#include "tools/lib/addr.h"

/*
 * Names to addresses in a child process, because getaddrinfo() blocks. The
 * child holds no capability and no descriptor of the daemon but its socket, and
 * is started again when it dies. No cache: the caller asks when it needs.
 */

/* Addresses of one answer; more are cut off. */
#define RESOLVE_ADDR_MAX	16

/**
 * typedef resolve_fn - an answer
 * @err: NULL for success, otherwise one line why not, such as "Temporary
 *	failure in name resolution"
 * @addr: @n addresses in the order of preference, port 0; valid during the call
 */
typedef void (*resolve_fn)(const char *err, const struct addr_end *addr,
			   size_t n, void *arg);

struct resolve_query;

/**
 * resolve_start() - start the child
 * Return: 0 or a negative errno; the reason has been logged.
 */
int resolve_start(void);

/** resolve_is_on() - has the child been started? */
bool resolve_is_on(void);

/**
 * resolve_ask() - look up a name
 * @query: to cancel it by; gone when @answered has been called
 * @name: host name, copied, up to 255 characters
 * @family: AF_UNSPEC, AF_INET or AF_INET6
 * @answered: called once, from the loop
 *
 * Return: 0, -ENAMETOOLONG, -ENOMEM, or -ENOSYS without a child.
 */
int resolve_ask(struct resolve_query **query, const char *name, int family,
		resolve_fn answered, void *arg);

/** resolve_cancel() - the answer is not wanted any more; NULL is fine */
void resolve_cancel(struct resolve_query *query);

/** resolve_stop() - end the child; queries are forgotten without an answer */
void resolve_stop(void);

#endif
