/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef KERNEL_H
#define KERNEL_H

#include "daemon/conf/conf.h"
#include "daemon/io/links.h"
#include "kmod/core/packet.h"
#include "kmod/core/sysvars.h"

/*
 * The module's mirror of this daemon: what the clock is worth, the rules of
 * access.h, the keys of keyring.h, limits, and which devices are served. The
 * only file of the engine that speaks netlink. Without the module it is quiet
 * and waits; when it comes, it is told everything. No device is served before
 * rules and keys are in force, nor after the module refused them.
 */

/** kernel_init() - look for the module, and wait for it */
void kernel_init(void);

/**
 * kernel_apply() - take a configuration into use
 * @conf: valid until the next call
 *
 * Rules, keys and limits are exchanged as a whole. Where somebody else is just
 * doing that, or the module refuses them, it is told and tried again.
 */
void kernel_apply(const struct conf *conf);

/** kernel_refresh() - the rules of access.h are others now */
void kernel_refresh(void);

/** kernel_link() - an interface came, changed or went */
void kernel_link(enum links_change change, const struct links_if *link);

/** kernel_clock() - tell the module what the clock is worth now */
void kernel_clock(const struct ntp_sysvars *vars, int64_t reftime_ns,
		  u64 rootdelay_ns);

/** struct kernel_stamps - which stamps of its NIC a device is served with */
struct kernel_stamps {
	int phc;		/* N of /dev/ptpN, -1: none, of software */
	bool receive;
	bool transmit;
	bool correct;		/* basic replies, by what @transmit tells */
	s32 rxcomp_ns;		/* see struct phc_line */
	s32 txcomp_ns;
};

/**
 * kernel_set_stamps() - say so for a device, served or to be served
 * @stamps: copied; kept until the interface goes
 */
void kernel_set_stamps(unsigned int ifindex,
		       const struct kernel_stamps *stamps);

/** struct kernel_line - a line from a PHC to CLOCK_REALTIME */
struct kernel_line {
	int phc;		/* N of /dev/ptpN */
	int64_t phc_ns;		/* goes through this point */
	int64_t real_ns;
	double rate;		/* system clock's seconds in a PHC's, less 1 */
	double sd_ns;		/* standard deviation of the error there */
	double drift;		/* its growth, s/s */
	int64_t step_ns;	/* CLOCK_REALTIME less CLOCK_MONOTONIC then */
	int64_t valid_ns;	/* from now on */
};

/** kernel_set_line() - give the module a line, in place of the one it has */
void kernel_set_line(const struct kernel_line *line);

/** kernel_drop_line() - stamps of a PHC are worth nothing now */
void kernel_drop_line(int phc);

/** kernel_is_serving() - does the module answer on some device? */
bool kernel_is_serving(void);

/**
 * kernel_counts() - how many packets the module met, by what became of them
 * @count: result, by enum ntp_reason
 *
 * Return: false where there is no module.
 */
bool kernel_counts(u64 count[NTP_REASON_COUNT]);

/**
 * kernel_shutdown() - nobody vouches for the clock any more; devices that were
 * added here are removed again, and then rules and keys, unless somebody else
 * has a device served by them
 */
void kernel_shutdown(void);

#endif
