/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef LEAPFILE_H
#define LEAPFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/conf/conf.h"

/*
 * The list of leap seconds that IERS and NIST publish (leap-seconds.list):
 * what it says goes before what servers say, until it expires.
 */

enum {
	LEAPFILE_MAX	= 64,	/* leap seconds; there were 27 until 2017 */
};

/** struct leapfile - the list as data, times in seconds since 1970 UTC */
struct leapfile {
	int64_t updated_s;
	int64_t expires_s;
	size_t n;
	struct {
		int64_t from_s;	/* ascending */
		int tai;	/* TAI less UTC from then on, s */
	} entry[LEAPFILE_MAX];
};

/**
 * leapfile_parse() - read a list
 * @text: @len octets, any octets
 * @is_checked: its SHA1 hash has to be there, and right
 * @list: result
 * Return: NULL, or what is wrong with it.
 */
const char *leapfile_parse(const char *text, size_t len, bool is_checked,
			   struct leapfile *list);

/** leapfile_tai() - TAI less UTC at @unix_s; 0 before the first entry */
int leapfile_tai(const struct leapfile *list, int64_t unix_s);

/**
 * leapfile_due() - does the UTC day of @unix_s end with a leap second?
 * Return: LEAP_NONE, LEAP_INSERT or LEAP_DELETE, see leap.h.
 */
unsigned int leapfile_due(const struct leapfile *list, int64_t unix_s);

/**
 * leapfile_apply() - read the file that a configuration names, now and daily
 *
 * What is wrong with it is logged; a list that was read before stays in use
 * then. It is also logged when it expires within 30 days.
 */
void leapfile_apply(const struct conf *conf);

/**
 * leapfile_decide() - what the file says of this day, if it is in force
 * @unix_s: now; the clock follows a source
 * @leap: as leapfile_due()
 *
 * Tells the kernel how far TAI is ahead, too.
 *
 * Return: false where there is no list, or it has expired.
 */
bool leapfile_decide(int64_t unix_s, unsigned int *leap);

/** leapfile_close() - forget it */
void leapfile_close(void);

#endif
