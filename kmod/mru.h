/* SPDX-License-Identifier: GPL-2.0-only */
/* Copyright (C) 2026 The kntp authors */
#ifndef KNTP_MRU_H
#define KNTP_MRU_H

#include <linux/percpu.h>

#include "kmod/kntp.h"
#include "kmod/rx.h"

/**
 * struct kntp_mru_cursor - where a walk through the clients stands
 * @bucket: the bucket
 * @way: entries of it that were looked at, those of all CPUs
 *
 * Starts zeroed.
 */
struct kntp_mru_cursor {
	u32 bucket;
	u32 way;
};

/**
 * kntp_mru_touch() - remember a request that was answered
 * @rx: the request
 *
 * Bottom halves are off: the table has one writer, and stays.
 */
static inline void kntp_mru_touch(const struct kntp_rx *rx)
{
	ntp_mru_touch(this_cpu_ptr(READ_ONCE(rx->kn->mru)), &rx->ex.src, rx->ex.sport,
		      rx->ex.pkt.version, rx->ex.pkt.mode, rx->ex.mono_ns);
}

int kntp_mru_alloc(struct kntp_net *kn);
int kntp_mru_resize(struct kntp_net *kn, unsigned int clients);
void kntp_mru_free(struct kntp_net *kn);
bool kntp_mru_next(struct kntp_net *kn, struct kntp_mru_cursor *cursor,
		   struct ntp_mru_entry *entry);

#endif
