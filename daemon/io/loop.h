/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef LOOP_H
#define LOOP_H

#include <stdbool.h>
#include <stdint.h>

/*
 * The one loop of the daemon: poll(2), one-shot timers, signals. A callback
 * may add, change and remove any descriptor, timer or signal, its own too.
 * All state is in this process and this thread; there is exactly one loop.
 */

#define LOOP_NS_PER_S	1000000000LL

typedef void (*loop_fd_fn)(int fd, short revents, void *arg);
typedef void (*loop_timer_fn)(void *arg);
typedef void (*loop_signal_fn)(int signo, void *arg);

/**
 * struct loop_timer - a one-shot timer, memory of its owner
 *
 * To be made ready by loop_timer_init() and cancelled before it is freed.
 * Its members belong to the loop.
 */
struct loop_timer {
	int64_t at_ns;
	loop_timer_fn fire;
	void *arg;
	struct loop_timer *next;
	uint64_t serial;
	bool is_armed;
};

/** loop_now_ns() - CLOCK_MONOTONIC in ns; 0 is a time like any other */
int64_t loop_now_ns(void);

/** loop_timer_init() - make a timer ready, not armed */
void loop_timer_init(struct loop_timer *timer, loop_timer_fn fire, void *arg);

/**
 * loop_timer_at() - arm a timer, or move it if it is armed
 * @at_ns: time on CLOCK_MONOTONIC; what has passed fires in the next turn.
 *	Timers of the same time fire in the order they were armed.
 */
void loop_timer_at(struct loop_timer *timer, int64_t at_ns);

/** loop_timer_in() - arm a timer @delay_ns from now */
void loop_timer_in(struct loop_timer *timer, int64_t delay_ns);

/** loop_timer_cancel() - disarm; nothing happens if it is not armed */
void loop_timer_cancel(struct loop_timer *timer);

/**
 * loop_fd_add() - watch a descriptor
 * @fd: non-blocking descriptor; stays the caller's, to be removed before close
 * @events: POLLIN, POLLOUT, POLLPRI; POLLERR and POLLHUP are always reported
 * @ready: called with what poll reported
 *
 * Return: 0, -EEXIST if it is watched already, -ENOMEM.
 */
int loop_fd_add(int fd, short events, loop_fd_fn ready, void *arg);

/** loop_fd_set() - change what is watched for; -ENOENT if it is not watched */
int loop_fd_set(int fd, short events);

/** loop_fd_del() - watch a descriptor no more; nothing if it is not watched */
void loop_fd_del(int fd);

/**
 * loop_signal() - call a function in the loop, after a signal arrived
 * @signo: signal; several arrivals before the call count as one
 * @arrived: function, or NULL to ignore the signal
 *
 * Return: 0 or a negative errno.
 */
int loop_signal(int signo, loop_signal_fn arrived, void *arg);

/**
 * loop_clock_watch() - call a function whenever somebody sets CLOCK_REALTIME
 * @set: function, NULL to do so no more; called at once after the clock was
 *	set, by whomever, by a leap second or by a suspend
 *
 * Return: 0 or a negative errno where the system can not tell.
 */
int loop_clock_watch(loop_timer_fn set, void *arg);

/**
 * loop_run() - turn until loop_stop()
 * Return: the status given to loop_stop(), or a negative errno when poll fails.
 */
int loop_run(void);

/**
 * loop_stop() - end loop_run() after this turn
 * @status: 0 or more, what loop_run() returns; the first one counts
 */
void loop_stop(int status);

/** loop_close() - forget all descriptors, timers and signals */
void loop_close(void);

#endif
