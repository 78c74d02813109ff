/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef SMEAR_H
#define SMEAR_H

#include <stdint.h>

#include "kmod/core/smear.h"

/**
 * smear_plan() - how clients are to be led past a leap second
 * @plan: result; none if nothing is due or nothing is to be smeared
 * @interval_s: directive leapsmearinterval
 * @leap: what the UTC day ends with, LEAP_NONE, LEAP_INSERT or LEAP_DELETE
 * @mono_ns: now, on the clock of the plan's end
 * @real_ns: the system clock, read at the same time, ns since 1970 UTC
 *
 * To be asked each time that the clock's state is told: the plan follows the
 * system clock until 2 s before the leap second, and stays the same from then
 * until 2 s after it. What the system clock shows there is not to be trusted:
 * it is one second off for as long as the kernel has not stepped it, and the
 * same for two seconds when one is inserted.
 */
void smear_plan(struct ntp_smear_plan *plan, uint32_t interval_s,
		unsigned int leap, uint64_t mono_ns, int64_t real_ns);

/** smear_forget() - no plan was ever made */
void smear_forget(void);

#endif
