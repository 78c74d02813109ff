/* SPDX-License-Identifier: GPL-2.0-only */
/* Copyright (C) 2026 The kntp authors */
#ifndef KNTP_XLEAVE_H
#define KNTP_XLEAVE_H

#include "kmod/kntp.h"

struct kntp_rx;

static inline bool kntp_xleave_is_on(const struct kntp_net *kn)
{
	return kn->xleave.word;
}

int kntp_xleave_alloc(struct kntp_net *kn);
void kntp_xleave_free(struct kntp_net *kn);
void kntp_xleave_begin(struct kntp_rx *rx, bool is_sync);
void kntp_xleave_restamp(struct kntp_rx *rx);

#endif
