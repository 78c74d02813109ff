/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef HWSTAMP_H
#define HWSTAMP_H

#include "daemon/conf/conf.h"

/*
 * Stamps of NICs, as lines hwtimestamp ask for: which interface is stamped by
 * which NICs below it, and by which clock. nicset.h sets the NICs, hwclock.h
 * follows the clocks; the module, and phc.h for the daemon itself, are told.
 */

/**
 * hwstamp_prepare() - open what only root may, for later
 * @conf: the configuration, also its reference clocks
 */
void hwstamp_prepare(const struct conf *conf);

/** hwstamp_init() - before any configuration */
void hwstamp_init(void);

/** hwstamp_apply() - take a configuration into use, valid until the next call */
void hwstamp_apply(const struct conf *conf);

/** hwstamp_link() - some interface came, changed or went */
void hwstamp_link(void);

/** hwstamp_close() - take back what was set */
void hwstamp_close(void);

#endif
