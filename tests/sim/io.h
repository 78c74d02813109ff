/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef SIM_IO_H
#define SIM_IO_H

#include "tests/sim/world.h"

/*
 * What the daemon has below it, in virtual time: the contracts of daemon/io
 * (io.c: loop, clocks, log; wire.c: network, interfaces, names). The linker
 * puts these in place of daemon/io and of the C library's clocks.
 */

/** io_reset() - forget timers, sockets and queries of a daemon that ended */
void io_reset(struct node *node);

/** io_forget_drift() - remove a drift file that an earlier run left */
void io_forget_drift(const struct node *node);

/** io_drift_path() - the node's drift file; valid until the next call */
const char *io_drift_path(const struct node *node);

/** wire_reset() - the part of io_reset() that is about the network */
void wire_reset(struct node *node);

/** server_answer() - a request arrived at a modelled server */
void server_answer(struct node *node, const struct event *request);

/** wire_send() - send @len octets on their way to a node's port */
void wire_send(struct node *from, struct node *to, const void *buf, size_t len,
	       u16 port, bool is_refusal, double later);

#endif
