/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef REFLOCAL_H
#define REFLOCAL_H

#include "daemon/refclock/refclock.h"

/*
 * Driver 1, the undisciplined local clock: the system clock itself, for an
 * isolated network that needs one time rather than the right one. The engine
 * takes it only where no real source is to be had.
 */
extern const struct refclock_driver reflocal_driver;

#endif
