/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef GROUP_H
#define GROUP_H

#include "daemon/io/links.h"

/*
 * Multicast groups that the server port listens to, on every interface that is
 * up, also on those that come later.
 */

/**
 * group_join() - listen to a multicast group; nothing if that is done already
 * Return: 0 or -ENOMEM.
 */
int group_join(const struct ntp_addr *group);

/** group_leave() - listen to it no more */
void group_leave(const struct ntp_addr *group);

/** group_is_joined() - is it one of those listened to? */
bool group_is_joined(const struct ntp_addr *group);

/**
 * group_socket() - net.c: the server port of a family was opened
 * @fd: its socket, -1 when it was closed
 */
void group_socket(int family, int fd);

/** group_link() - an interface came, changed or went, see links.h */
void group_link(enum links_change change, const struct links_if *link);

/** group_close() - listen to none */
void group_close(void);

#endif
