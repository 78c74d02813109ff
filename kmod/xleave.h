/* SPDX-License-Identifier: GPL-2.0-only */
/* Copyright (C) 2026 The kntp authors */
#ifndef KNTP_XLEAVE_H
#define KNTP_XLEAVE_H

#include "kmod/kntp.h"
#include "kmod/rx.h"

static inline bool kntp_xleave_is_on(const struct kntp_net *kn)
{
	return kn->xleave.word;
}

int kntp_xleave_alloc(struct kntp_net *kn);
void kntp_xleave_free(struct kntp_net *kn);
void kntp_xleave_turn(struct kntp_rx *rx);
void kntp_xleave_restamp(struct kntp_rx *rx);

/**
 * kntp_xleave_begin() - a reply's part in interleaved mode
 * @rx: the request; @rx->ex.rec is set, and gets its mark here
 *
 * Return: true if the reply is to be kntp_xleave_turn()ed, should it tell the
 * time.
 */
static inline bool kntp_xleave_begin(struct kntp_rx *rx)
{
	const struct ntp_xleave *x = &rx->kn->xleave;

	rx->client = rx->is_ipv6 ? ntp_xleave_client6(x, &rx->ex.src) :
				   ntp_xleave_client4(x, &rx->ex.src);
	rx->ex.rec = ntp_xleave_mark(rx->client, rx->ex.rec);
	return ntp_xleave_is_asked(rx->client, &rx->ex.pkt);
}

#endif
