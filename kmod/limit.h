/* SPDX-License-Identifier: GPL-2.0-only */
/* Copyright (C) 2026 The kntp authors */
#ifndef KNTP_LIMIT_H
#define KNTP_LIMIT_H

#include "kmod/kntp.h"

struct ntp_rate *kntp_limit_get(struct kntp_net *kn);
void kntp_limit_free(struct kntp_net *kn);
u32 kntp_limit_noise(void);
void kntp_limit_init(void);

#endif
