/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef XSERVER_H
#define XSERVER_H

#include <stdbool.h>
#include <stddef.h>

#include "kmod/core/exchange.h"
#include "kmod/core/sysvars.h"
#include "kmod/core/xleave.h"

/*
 * Interleaved client/server mode (RFC 9769 section 2) of the daemon's own
 * answers, by the same core as the module's: which replies are remembered, and
 * when the kernel or the NIC says that they left.
 */

/**
 * xserver_init() - remember replies from now on, if it is not so yet
 *
 * Without memory or random numbers, which the log tells, there is no
 * interleaved mode.
 */
void xserver_init(void);

/**
 * xserver_begin() - a reply's part in interleaved mode
 * @ex: admitted with NTP_REPLY, ntp_respond() is next; @rec gets its mark
 * @sys: what the reply is going to tell
 * @turn: result
 */
void xserver_begin(struct ntp_exchange *ex, const struct ntp_sysvars_now *sys,
		   struct ntp_xleave_turn *turn);

/**
 * xserver_seal() - transmit stamp and MAC, last of all
 * @ex: the exchange
 * @turn: of the reply
 * @reply: as ntp_respond() left it
 * @xmt: now
 */
void xserver_seal(const struct ntp_exchange *ex,
		  const struct ntp_xleave_turn *turn, u8 *reply, ntp_ts_t xmt);

/**
 * xserver_want() - wait for the stamp of a reply, if somebody may ask for it
 * @turn: of the reply
 * @ifindex: interface that it is going to leave by
 * @reply: the reply, @len octets
 *
 * Return: should net_server_send() have it stamped?
 */
bool xserver_want(const struct ntp_xleave_turn *turn, unsigned int ifindex,
		  const u8 *reply, size_t len);

/** xserver_count() - replies in interleaved mode since the start */
u64 xserver_count(void);

/** xserver_close() - forget all replies */
void xserver_close(void);

#endif
