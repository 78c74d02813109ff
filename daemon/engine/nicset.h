/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef NICSET_H
#define NICSET_H

#include <stdbool.h>

#include "daemon/conf/conf.h"
#include "daemon/io/links.h"

/*
 * What NICs are set to stamp. The setting is one for all programs of the host:
 * what somebody else has set is kept, and used as far as it goes, unless the
 * configuration says force. What was set here is taken back at the end. A
 * daemon that is killed leaves it set, and the next one takes that as somebody
 * else's, for it cannot know better.
 */

/** struct nicset_use - what a NIC stamps now */
struct nicset_use {
	int phc;		/* N of /dev/ptpN, -1: it has no clock */
	bool receive;		/* requests and replies that come in */
	bool transmit;
};

/** nicset_begin() - NICs that are not named until nicset_end() go */
void nicset_begin(void);

/**
 * nicset_take() - set a NIC, unless it is set already
 * @link: a NIC, no bond, bridge or VLAN
 * @conf: how, valid until the next nicset_begin()
 * @use: what it stamps
 *
 * Where it lies below several interfaces the first one's line counts. What
 * stands in the way is logged, once.
 */
void nicset_take(const struct links_if *link,
		 const struct conf_hwtimestamp *conf, struct nicset_use *use);

/** nicset_end() - take back the settings of those that were not named */
void nicset_end(void);

/**
 * nicset_check() - see whether somebody has changed a setting
 *
 * One that the driver lost is set again, others are kept.
 *
 * Return: true if some nicset_use is not true any more.
 */
bool nicset_check(void);

/** nicset_close() - take back all settings */
void nicset_close(void);

#endif
