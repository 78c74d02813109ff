/* SPDX-License-Identifier: GPL-2.0-only */
/* Copyright (C) 2026 The kntp authors */
#ifndef KNTP_TX_H
#define KNTP_TX_H

#include "kmod/core/types.h"

struct kntp_rx;

void kntp_tx_reply(struct kntp_rx *rx, bool is_routed);

#endif
