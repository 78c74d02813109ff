// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include <time.h>

#include "daemon/engine/leap.h"

#define DAY_S	86400

void leap_vote_add(struct leap_vote *vote, unsigned int leap)
{
	vote->count++;
	vote->insert += leap == LEAP_INSERT;
	vote->remove += leap == LEAP_DELETE;
}

bool leap_is_last_day(int64_t unix_s)
{
	time_t tomorrow = (time_t)(unix_s + DAY_S);
	struct tm tm;

	return gmtime_r(&tomorrow, &tm) && tm.tm_mday == 1;
}

unsigned int leap_decide(const struct leap_vote *vote, int64_t unix_s)
{
	if (!leap_is_last_day(unix_s))
		return LEAP_NONE;
	if (2 * vote->insert > vote->count)
		return LEAP_INSERT;
	if (2 * vote->remove > vote->count)
		return LEAP_DELETE;
	return LEAP_NONE;
}
