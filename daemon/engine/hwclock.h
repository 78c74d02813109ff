/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef HWCLOCK_H
#define HWCLOCK_H

#include <stdbool.h>

#include "daemon/conf/conf.h"
#include "daemon/io/phc.h"

/*
 * The clocks of NICs (PHC): read at each poll together with the system clock,
 * followed by sync/line.h. Each line goes to the module at once, and to the
 * caller for the daemon's own stamps. A line that is in doubt is taken away
 * before anything else: stamps of software are always there.
 */

/**
 * typedef hwclock_fn - a clock has another line
 * @index: N of /dev/ptpN
 * @line: NULL: none, its stamps are of no use now
 */
typedef void (*hwclock_fn)(int index, const struct phc_line *line);

/** hwclock_init() - follow no clock yet */
void hwclock_init(hwclock_fn changed);

/** hwclock_begin() - clocks that are not named until hwclock_end() go */
void hwclock_begin(void);

/**
 * hwclock_take() - follow a clock
 * @index: N of /dev/ptpN
 * @conf: how; of several interfaces with the same clock the first one's
 *
 * One that cannot be read is logged, once, and tried again: until then it has
 * no line.
 */
void hwclock_take(int index, const struct conf_hwtimestamp *conf);

/** hwclock_end() - let those go that were not named */
void hwclock_end(void);

/** hwclock_push() - the module is a new one: tell it all lines */
void hwclock_push(void);

/** hwclock_close() - let all go */
void hwclock_close(void);

#endif
