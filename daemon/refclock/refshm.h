/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef REFSHM_H
#define REFSHM_H

#include <time.h>

#include "daemon/refclock/refclock.h"

/*
 * Driver 28: a clock in shared memory, as gpsd and many programs that read
 * receivers offer it. Units 0 and 1 are for root alone, the others for
 * everyone unless mode 1 asks for the same.
 */
extern const struct refclock_driver refshm_driver;

/* Key of unit 0, "NTP0"; the others follow. */
#define REFSHM_KEY	0x4e545030

/** struct refshm_segment - the memory, laid out as all these programs do */
struct refshm_segment {
	int mode;		/* 0: take what is valid; 1: look at .count */
	volatile int count;	/* before and after each change */
	time_t clock_s;		/* what the clock said */
	int clock_us;
	time_t receive_s;	/* and when, by the system clock */
	int receive_us;
	int leap;
	int precision;		/* log2 s */
	int samples;
	volatile int valid;	/* there is news; the reader clears it */
	unsigned int clock_ns;	/* more digits of .clock_us, if they agree */
	unsigned int receive_ns;
	int unused[8];
};

/** struct refshm_time - one reading of it */
struct refshm_time {
	int64_t clock_ns;	/* since 1970 UTC */
	int64_t receive_ns;
	int leap;
	int precision;
};

/**
 * refshm_take() - read the segment, and say that it was read
 * Return: 0, -EAGAIN where there is nothing new, -EBUSY where it changed
 * meanwhile, -EINVAL where it makes no sense.
 */
int refshm_take(struct refshm_segment *segment, struct refshm_time *time);

#endif
