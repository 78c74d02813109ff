/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef SINGLE_H
#define SINGLE_H

#include <sys/types.h>

/*
 * One kntpd a network namespace, as two would pull at one clock. The mark is
 * an abstract socket name, which goes away with the process that holds it.
 */

/**
 * single_lock() - be the only one
 * @other: process that holds the name, with -EEXIST; 0 if it is not known
 *
 * A process of another user that is not root does not count: it may hold the
 * name only to keep the daemon out.
 *
 * Return: 0, also where such sockets are not to be had; -EEXIST.
 */
int single_lock(pid_t *other);

/** single_unlock() - let another one in */
void single_unlock(void);

#endif
