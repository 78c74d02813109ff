/* SPDX-License-Identifier: GPL-2.0-only */
/* Copyright (C) 2026 The kntp authors */
#ifndef KNTP_SYSFS_H
#define KNTP_SYSFS_H

int kntp_sysfs_init(void);
void kntp_sysfs_uninit(void);

#endif
