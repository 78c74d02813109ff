/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef NTP_MRU_H
#define NTP_MRU_H

#include "kmod/core/types.h"

enum {
	NTP_MRU_WAYS	= 4,	/* entries that an address may stand in */
	NTP_MRU_MODE	= 0x7,	/* bits of @mode that are one */
};

/**
 * struct ntp_mru_entry - what is remembered of a client
 * @seq: odd while it is being written
 * @port: source port of the last request, host order
 * @version: NTP version of the last request
 * @mode: mode of the last request; above %NTP_MRU_MODE, what else the writer
 *	wants to remember of it
 * @addr: the client
 * @count: requests since it is remembered; 0 in an entry not in use
 * @first_ns: first request remembered, on a clock that only moves forward
 * @last_ns: last request, likewise
 * @interval_ns: smoothed time between requests, 0 after the first
 */
struct ntp_mru_entry {
	u32 seq;
	u16 port;
	u8 version;
	u8 mode;
	struct ntp_addr addr;
	u64 count;
	u64 first_ns;
	u64 last_ns;
	u64 interval_ns;
};

/**
 * struct ntp_mru - a table of recent clients for one writer
 * @slot: (@mask + 1) * NTP_MRU_WAYS entries, zeroed; the caller's memory
 * @mask: number of buckets, a power of two, less 1
 * @seed: random, so that nobody can aim at a bucket
 *
 * Bounded: the client that was silent for longest leaves a full bucket. One
 * writer at a time (a CPU with bottom halves off), any number of readers.
 */
struct ntp_mru {
	struct ntp_mru_entry *slot;
	u32 mask;
	u32 seed;
};

/**
 * ntp_mru_touch() - remember a request
 * @mru: the table
 * @addr: who asked
 * @port: source port, host order
 * @version: NTP version
 * @mode: NTP mode, and bits above it, see struct ntp_mru_entry
 * @now_ns: now
 */
void ntp_mru_touch(struct ntp_mru *mru, const struct ntp_addr *addr, u16 port,
		   u8 version, u8 mode, u64 now_ns);

/**
 * ntp_mru_read() - copy an entry that may be written meanwhile
 * @mru: the table
 * @index: below (@mru->mask + 1) * NTP_MRU_WAYS
 * @entry: the copy
 *
 * Return: true for an entry in use, copied whole; false for one not in use,
 * or one that was being written.
 */
bool ntp_mru_read(const struct ntp_mru *mru, u32 index,
		  struct ntp_mru_entry *entry);

/**
 * ntp_mru_merge() - add what another writer's table remembers of a client
 * @into: an entry that ntp_mru_read() gave
 * @other: an entry of the same address
 */
void ntp_mru_merge(struct ntp_mru_entry *into,
		   const struct ntp_mru_entry *other);

#endif
