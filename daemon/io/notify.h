/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef NOTIFY_H
#define NOTIFY_H

/*
 * What the service manager is told: the datagrams of sd_notify(3) on
 * $NOTIFY_SOCKET. Without that variable all of it does nothing.
 */

/**
 * notify_open() - read $NOTIFY_SOCKET, $WATCHDOG_USEC and $WATCHDOG_PID, and
 * start to feed the watchdog at half its period
 */
void notify_open(void);

/** notify_ready() - started, or done with a reload */
void notify_ready(void);

/** notify_reloading() - a reload begins */
void notify_reloading(void);

/** notify_stopping() - the end begins */
void notify_stopping(void);

/** notify_status() - one line for `systemctl status`; same text: not resent */
void notify_status(const char *format, ...)
	__attribute__((format(printf, 1, 2)));

/** notify_close() - tell no more */
void notify_close(void);

#endif
