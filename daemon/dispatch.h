/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef DISPATCH_H
#define DISPATCH_H

#include "daemon/io/net.h"

/**
 * dispatch_receive() - hand a datagram of the server port to whom its mode
 * names
 *
 * Modes 1 and 3, and 0 of version 1, ask for the time, unless those of mode 1
 * are of a symmetric association, or make one; its packets of mode 2 come here,
 * too, and broadcasts of mode 5. There is no one for the others: replies go to
 * the sockets of their requests.
 */
void dispatch_receive(const struct net_dgram *dgram, void *arg);

#endif
