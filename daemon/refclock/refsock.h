/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef REFSOCK_H
#define REFSOCK_H

#include <stddef.h>
#include <sys/time.h>

#include "daemon/refclock/refclock.h"

/*
 * Driver 49: a Unix socket that a program, such as gpsd, sends samples to: the
 * protocol SOCK of chrony.
 */
extern const struct refclock_driver refsock_driver;

#define REFSOCK_MAGIC	0x534f434b

/** struct refsock_sample - a datagram, in the order of this host */
struct refsock_sample {
	struct timeval at;	/* when, by the system clock */
	double offset;		/* true time less the system clock's, s */
	int pulse;		/* it tells of a pulse, not of which second */
	int leap;		/* 0, 1: one is inserted, 2: deleted, 3: no time */
	int pad;
	int magic;
};

/** struct refsock_time - what a datagram says */
struct refsock_time {
	int64_t at_ns;		/* since 1970 UTC, by the system clock */
	double offset;
	bool is_pulse;
	u8 leap;
};

/**
 * refsock_take() - read a datagram of @len octets
 * Return: NULL, or why it makes no sense.
 */
const char *refsock_take(const void *buf, size_t len,
			 struct refsock_time *time);

#endif
