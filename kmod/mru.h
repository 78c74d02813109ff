/* SPDX-License-Identifier: GPL-2.0-only */
/* Copyright (C) 2026 The kntp authors */
#ifndef KNTP_MRU_H
#define KNTP_MRU_H

#include <linux/percpu.h>

#include "kmod/kntp.h"
#include "kmod/rx.h"
#include "kmod/stamp.h"

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

/*
 * What is remembered of the last reply, above the mode: where its receive stamp
 * came from, enum kntp_stamp_source, and whether it was interleaved.
 */
enum {
	KNTP_MRU_SOURCE_SHIFT	= 3,
	KNTP_MRU_SOURCE		= 0x3 << KNTP_MRU_SOURCE_SHIFT,
	KNTP_MRU_INTERLEAVED	= 0x20,
};

static inline enum kntp_stamp_source
kntp_mru_source(const struct ntp_mru_entry *entry)
{
	return (entry->mode & KNTP_MRU_SOURCE) >> KNTP_MRU_SOURCE_SHIFT;
}

static inline bool kntp_mru_is_interleaved(const struct ntp_mru_entry *entry)
{
	return entry->mode & KNTP_MRU_INTERLEAVED;
}

/**
 * kntp_mru_touch() - remember a request that was answered
 * @rx: the request
 * @reply: what to remember of the reply: its source, shifted, and flags
 *
 * Bottom halves are off: the table has one writer, and stays.
 */
static inline void kntp_mru_touch(const struct kntp_rx *rx, u8 reply)
{
	ntp_mru_touch(this_cpu_ptr(READ_ONCE(rx->kn->mru)), &rx->ex.src, rx->ex.sport,
		      rx->ex.pkt.version, rx->ex.pkt.mode | reply, rx->ex.mono_ns);
}

int kntp_mru_alloc(struct kntp_net *kn);
int kntp_mru_resize(struct kntp_net *kn, unsigned int clients);
void kntp_mru_free(struct kntp_net *kn);
bool kntp_mru_next(struct kntp_net *kn, struct kntp_mru_cursor *cursor,
		   struct ntp_mru_entry *entry);

#endif
