/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef REFPPS_H
#define REFPPS_H

#include "daemon/refclock/refclock.h"

/*
 * Driver 22: a pulse at the begin of each second, which the kernel stamps
 * (RFC 2783, /dev/ppsN). Which second it is, others have to say: the clock
 * has to be right within 0.4 s by them before pulses count.
 */
extern const struct refclock_driver refpps_driver;

/** refpps_is_numbered() - is the time so well known that a pulse has a second? */
bool refpps_is_numbered(void);

/**
 * refpps_offset() - from the stamp of a pulse to the clock's offset
 * @ns: part of a second that the system clock showed, below 10^9
 * Return: true time less the system clock's, -0.5 to 0.5 s.
 */
double refpps_offset(unsigned int ns);

#endif
