/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef SERVER_H
#define SERVER_H

#include "daemon/conf/conf.h"
#include "daemon/io/net.h"
#include "kmod/core/reason.h"

/*
 * The daemon's own answers on port 123, by the same core as the module's:
 * where there is no module, and what the module passes up.
 */

/**
 * server_apply() - answer by this configuration, and by the rules and keys of
 * access.h and keyring.h, from the next datagram on
 */
void server_apply(const struct conf *conf);

/** server_refresh() - the rules are others now, the configuration is not */
void server_refresh(void);

/**
 * server_receive() - answer a datagram, or not
 * @dgram: came to the server port, any octets, mode 1 or 3, or 0 of version 1
 *
 * What is not for this server is counted and met with silence.
 */
void server_receive(const struct net_dgram *dgram);

/** server_count() - how many datagrams met this fate since the start */
u64 server_count(enum ntp_reason reason);

/**
 * server_report() - log what was answered and what was not, and which rules
 * were met
 */
void server_report(void);

/** server_close() - forget clients, rules and keys */
void server_close(void);

#endif
