/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef PTPDEV_H
#define PTPDEV_H

#include <stdbool.h>

/*
 * PHC devices (/dev/ptpN), which are root's alone on most systems: what is
 * there is opened while the daemon still is root, and kept for later.
 */

/** ptpdev_prepare() - open a device for later; nothing where it fails */
void ptpdev_prepare(const char *path);

/** ptpdev_prepare_all() - the same for each /dev/ptpN that there is */
void ptpdev_prepare_all(void);

/**
 * ptpdev_open() - open a device, or take what was prepared
 * @path: such as /dev/ptp0
 * @is_writable: to ask for pulses, too
 *
 * Return: a descriptor for close(), or a negative errno.
 */
int ptpdev_open(const char *path, bool is_writable);

/** ptpdev_remedy() - what to do where ptpdev_open() failed, for the log */
const char *ptpdev_remedy(int err);

/** ptpdev_close() - forget what was prepared */
void ptpdev_close(void);

#endif
