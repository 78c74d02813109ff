/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef TESTS_LIB_FAKENL_H
#define TESTS_LIB_FAKENL_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>
#include <linux/netlink.h>

/*
 * A kernel that speaks generic netlink, for tests without a module. A test
 * includes this header and then tools/lib/knlsock.c and knl.c, whose system
 * calls end up here; a function of the test gives the answers.
 */

/** fakenl_answer_fn - called for each request; pushes what is to be answered */
typedef void (*fakenl_answer_fn)(const struct nlmsghdr *request);

/** fakenl_start() - forget everything; @answer is the kernel from now on */
void fakenl_start(fakenl_answer_fn answer);

/** fakenl_groups() - number of multicast groups joined, the last one in @last */
unsigned int fakenl_groups(uint32_t *last);

/**
 * fakenl_begin() - begin a message
 * @request: what it answers; NULL for an event
 * @type: of the message
 * @flags: NLM_F_*
 * @cmd: generic netlink command; below 0 for a message without
 *
 * Return: the message, in memory that the next call takes.
 */
struct nlmsghdr *fakenl_begin(const struct nlmsghdr *request, uint16_t type,
			      uint16_t flags, int cmd);

/** fakenl_push() - let the socket for calls receive a datagram */
void fakenl_push(const void *datagram, size_t len);

/** fakenl_push_event() - let the socket for events receive one */
void fakenl_push_event(const void *datagram, size_t len);

/** fakenl_push_errno() - let the socket for calls or events fail once */
void fakenl_push_errno(int err, int is_event);

/** fakenl_push_from() - as fakenl_push(), but of another process */
void fakenl_push_from(uint32_t portid, const void *datagram, size_t len);

/**
 * fakenl_status() - push an acknowledgement or an error
 * @request: what it answers
 * @err: 0 or a negative errno
 * @text: extack message, or NULL
 * @offset: of the offending attribute in the request, or 0
 */
void fakenl_status(const struct nlmsghdr *request, int err, const char *text,
		   uint32_t offset);

/** fakenl_done() - push the end of a dump; @flags as NLM_F_DUMP_INTR */
void fakenl_done(const struct nlmsghdr *request, uint16_t flags);

/**
 * fakenl_family() - make what nlctrl tells about a family
 * @request: what it answers; NULL for an event
 * @cmd: CTRL_CMD_NEWFAMILY or CTRL_CMD_DELFAMILY
 * @name: the family's name
 * @id: its id
 * @group: name of its one multicast group
 * @group_id: id of it
 */
struct nlmsghdr *fakenl_family(const struct nlmsghdr *request, int cmd,
			       const char *name, uint16_t id,
			       const char *group, uint32_t group_id);

/* What stands in for the system calls. */
int fakenl_socket(int domain, int type, int protocol);
int fakenl_bind(int fd, const struct sockaddr *addr, socklen_t len);
int fakenl_setsockopt(int fd, int level, int option, const void *value,
		      socklen_t len);
ssize_t fakenl_sendto(int fd, const void *buf, size_t size, int flags,
		      const struct sockaddr *to, socklen_t len);
ssize_t fakenl_recvfrom(int fd, void *buf, size_t size, int flags,
			struct sockaddr *from, socklen_t *len);
int fakenl_close(int fd);

#ifndef FAKENL_ITSELF
#define socket		fakenl_socket
#define bind		fakenl_bind
#define setsockopt	fakenl_setsockopt
#define sendto		fakenl_sendto
#define recvfrom	fakenl_recvfrom
#define close		fakenl_close
#endif

#endif
