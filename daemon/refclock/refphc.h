/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef REFPHC_H
#define REFPHC_H

#include "daemon/refclock/refclock.h"

/*
 * Driver 48: the clock of a NIC, or another PTP hardware clock, /dev/ptpN, that
 * somebody else keeps on time: a PTP daemon, a host below this guest. Or, with
 * extpps, the pulses that it stamps, as a PPS of driver 22: which second one
 * is, other sources have to say, and the clock may run free.
 */
extern const struct refclock_driver refphc_driver;

#endif
