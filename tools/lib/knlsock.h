/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef KNLSOCK_H
#define KNLSOCK_H

#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "tools/lib/knlmsg.h"

/*
 * Generic netlink request and answer: what knl.c is built on. It never blocks
 * for longer than KNLSOCK_TIMEOUT_S without hearing from the kernel.
 */
enum {
	KNLSOCK_REQUEST_MAX	= 1536,		/* a key with all its hosts */
	KNLSOCK_REPLY_MAX	= 32768,	/* the kernel's dumps at most */
	KNLSOCK_TIMEOUT_S	= 2,
};

/** struct knlsock - a socket for calls, and why the last one failed */
struct knlsock {
	int fd;
	uint32_t seq;
	uint32_t offset;	/* in the last request, of what it failed for */
	char error[256];
	char note[160];		/* of a call that succeeded, or empty */
	char reply[KNLSOCK_REPLY_MAX] __attribute__((aligned(8)));
};

/** struct knlsock_sink - where the records of an answer go */
struct knlsock_sink {
	int (*record)(const struct nlmsghdr *nlh, void *arg);
	void *arg;
};

/**
 * knlsock_fail() - tell why a call fails
 * @sock: where the sentence is kept
 * @err: negative errno
 * @format: as of printf()
 *
 * Return: @err.
 */
__attribute__((format(printf, 3, 4)))
int knlsock_fail(struct knlsock *sock, int err, const char *format, ...);

/**
 * knlsock_socket() - open a generic netlink socket
 * @flags: SOCK_NONBLOCK, or 0
 *
 * Return: a bound descriptor with receive timeout, or a negative errno.
 */
int knlsock_socket(int flags);

/**
 * knlsock_receive() - read one datagram of the kernel, of nobody else
 * @fd: of knlsock_socket()
 * @buf: where it goes, aligned for struct nlmsghdr
 * @size: of @buf
 *
 * Return: its length, -EAGAIN where there is none (in time), -ENOBUFS where
 * some were lost, -EMSGSIZE where it is longer than @size, or another errno.
 */
ssize_t knlsock_receive(int fd, void *buf, size_t size);

/**
 * knlsock_request() - begin a request
 * @buf: KNLSOCK_REQUEST_MAX octets, aligned for struct nlmsghdr
 * @cmd: command of the family
 * @version: of the family
 * @flags: NLM_F_ACK or NLM_F_DUMP
 *
 * Return: @buf, for the caller to set the type and to append attributes.
 */
struct nlmsghdr *knlsock_request(void *buf, uint8_t cmd, uint8_t version,
				 uint16_t flags);

/**
 * knlsock_call() - send a request and read its answer
 * @sock: the socket
 * @request: of knlsock_request()
 * @sink: is given each record; what it returns but 0 ends the call (-ENOMEM, or
 *	-EBADMSG for a malformed record); NULL where none is expected
 *
 * Return: 0; -EINTR where a dump was not consistent (to be asked for again);
 * the kernel's negative errno; or -ETIMEDOUT, -EBADMSG, or that of a system
 * call. A sentence is in @sock->error for all but -EINTR.
 */
int knlsock_call(struct knlsock *sock, struct nlmsghdr *request,
		 const struct knlsock_sink *sink);

/**
 * knlsock_resolve() - ask for a family by its name
 * @sock: the socket
 * @name: the family
 * @group: a multicast group of it
 * @family: result
 *
 * Return: 0, -ENOENT where it is not registered, or as knlsock_call().
 */
int knlsock_resolve(struct knlsock *sock, const char *name, const char *group,
		    struct knlmsg_family *family);

#endif
