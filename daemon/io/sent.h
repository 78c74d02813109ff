/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef SENT_H
#define SENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kmod/core/types.h"

/*
 * Transmit stamps of datagrams that left by the server port. The kernel gives
 * each one back with the packet as it went, headers first: which datagram it
 * is of shows in the octets at its end.
 */

/** SENT_MAX - the longest datagram that can be waited for */
#define SENT_MAX	128

/** struct sent - a datagram whose stamp is waited for; zero to begin with */
struct sent {
	struct sent *next;
	bool is_waiting;
	bool is_nic;		/* after sent_want(): wait for the NIC's, too */
	bool is_stamped;	/* the kernel's has come */
	void (*left)(void *arg, int64_t real_ns);
	void *arg;
	size_t len;
	u8 buf[SENT_MAX];
};

/**
 * sent_want() - wait for the stamp of a datagram, and of none before
 * @sent: left out of memory only after sent_forget()
 * @buf: @len octets, up to SENT_MAX; not all of them as in others
 * @left: called once, when the kernel told; never where it has no stamp. With
 *	@sent->is_nic set after this, once more when the NIC told
 */
void sent_want(struct sent *sent, const void *buf, size_t len,
	       void (*left)(void *arg, int64_t real_ns), void *arg);

/** sent_forget() - wait no more; fine where nothing is waited for */
void sent_forget(struct sent *sent);

/**
 * sent_stamped() - the kernel gave a stamp
 * @packet: what left, @len octets, with whatever headers
 * @real_ns: when, ns since 1970 UTC
 */
void sent_stamped(const u8 *packet, size_t len, int64_t real_ns);

/** sent_stamped_nic() - a NIC gave a stamp, converted to the system clock */
void sent_stamped_nic(const u8 *packet, size_t len, int64_t real_ns);

#endif
