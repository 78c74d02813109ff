/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef LEAP_H
#define LEAP_H

#include <stdbool.h>
#include <stdint.h>

/* Leap indicators, RFC 5905 figure 9. */
enum {
	LEAP_NONE	= 0,
	LEAP_INSERT	= 1,	/* the last minute of the day has 61 s */
	LEAP_DELETE	= 2,	/* it has 59 s */
};

/** struct leap_vote - what the sources in use say */
struct leap_vote {
	unsigned int count;
	unsigned int insert;
	unsigned int remove;
};

/** leap_vote_add() - count a source's leap indicator */
void leap_vote_add(struct leap_vote *vote, unsigned int leap);

/**
 * leap_decide() - is a leap second due at the end of this UTC day?
 * @vote: the sources in use
 * @unix_s: now, seconds since 1970 UTC
 *
 * More than half of the sources must announce it, and it must be the last day
 * of a month (ITU-R TF.460 has no others).
 *
 * Return: LEAP_NONE, LEAP_INSERT or LEAP_DELETE.
 */
unsigned int leap_decide(const struct leap_vote *vote, int64_t unix_s);

/** leap_is_last_day() - is it the last day of a month in UTC? */
bool leap_is_last_day(int64_t unix_s);

#endif
