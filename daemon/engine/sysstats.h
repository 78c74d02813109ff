/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef SYSSTATS_H
#define SYSSTATS_H

#include <stddef.h>

/**
 * sysstats_start() - count from now on
 *
 * What the module met before this daemon was there is not told.
 */
void sysstats_start(void);

/**
 * sysstats_print() - what ntpd's sysstats tells, but for time and age
 * @buf: result: packets received, answered, of a version that is served, of
 *	another one, access denied, bad length or format, bad authentication,
 *	declined, rate exceeded, kiss-o'-death sent
 * @size: of it
 *
 * By the module and by the daemon together, since the last call or the start.
 */
void sysstats_print(char *buf, size_t size);

#endif
