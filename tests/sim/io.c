// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "tests/sim/io.h"
#include "tests/sim/node.h"
#include "tools/lib/knl.h"
#include "tools/lib/log.h"

/* --- daemon/io/loop.h ---------------------------------------------------- */

int64_t loop_now_ns(void)
{
	return kclock_read_ns(&node_current()->clock, CLOCK_MONOTONIC,
			      world.now);
}

/*
 * Timers may lie in memory that is exchanged when another machine's daemon
 * runs: when the first one is due is kept beside it.
 */
static void note_first(struct node *node)
{
	node->has_timer = node->timers;
	if (node->timers)
		node->wake_ns = node->timers->at_ns;
}

void loop_timer_init(struct loop_timer *timer, loop_timer_fn fire, void *arg)
{
	*timer = (struct loop_timer){ .fire = fire, .arg = arg };
}

void loop_timer_at(struct loop_timer *timer, int64_t at_ns)
{
	struct node *node = node_current();
	struct loop_timer **p = &node->timers;

	loop_timer_cancel(timer);
	while (*p && (*p)->at_ns <= at_ns)
		p = &(*p)->next;
	timer->at_ns = at_ns;
	timer->serial = ++node->serial;
	timer->is_armed = true;
	timer->next = *p;
	*p = timer;
	note_first(node);
}

void loop_timer_in(struct loop_timer *timer, int64_t delay_ns)
{
	loop_timer_at(timer, loop_now_ns() + delay_ns);
}

void loop_timer_cancel(struct loop_timer *timer)
{
	struct node *node = node_current();
	struct loop_timer **p = &node->timers;

	if (!timer->is_armed)
		return;
	while (*p != timer)
		p = &(*p)->next;
	*p = timer->next;
	timer->is_armed = false;
	note_first(node);
}

/* No descriptor is ever ready: all that comes comes over wire.c. */
int loop_fd_add(int fd, short events, loop_fd_fn ready, void *arg)
{
	return 0;
}

int loop_fd_set(int fd, short events)
{
	return 0;
}

void loop_fd_del(int fd)
{
}

/* Called by node_clock_set(). */
int loop_clock_watch(loop_timer_fn set, void *arg)
{
	node_current()->clock_set = set;
	node_current()->clock_set_arg = arg;
	return 0;
}

void loop_stop(int status)
{
	struct node *node = node_current();

	if (node->status < 0)
		node->status = status;
}

/* --- the system's clocks ------------------------------------------------- */

int __wrap_clock_gettime(clockid_t id, struct timespec *ts);
int __wrap_clock_adjtime(clockid_t id, struct timex *tx);
int __wrap_clock_settime(clockid_t id, const struct timespec *ts);
ssize_t __wrap_getrandom(void *buf, size_t len, unsigned int flags);
int __wrap_fsync(int fd);

int __wrap_clock_gettime(clockid_t id, struct timespec *ts)
{
	int64_t ns = kclock_read_ns(&node_current()->clock, id, world.now);

	if (ns < 0) {
		errno = EINVAL;
		return -1;
	}
	ts->tv_sec = ns / LOOP_NS_PER_S;
	ts->tv_nsec = ns % LOOP_NS_PER_S;
	return 0;
}

int __wrap_clock_adjtime(clockid_t id, struct timex *tx)
{
	int state = id == CLOCK_REALTIME ?
		    kclock_adjtime(&node_current()->clock, tx, world.now) :
		    -EINVAL;

	if (state >= 0)
		return state;
	if (state == -EOPNOTSUPP) {
		fprintf(stderr, "sim: the daemon uses clock_adjtime() with "
			"modes %#x, which tests/sim/kclock.c does not know; "
			"teach it\n", tx->modes);
		exit(1);
	}
	errno = -state;
	return -1;
}

int __wrap_clock_settime(clockid_t id, const struct timespec *ts)
{
	struct timex tx = { .modes = ADJ_SETOFFSET | ADJ_NANO };
	int64_t ns = ts->tv_sec * LOOP_NS_PER_S + ts->tv_nsec -
		     kclock_real_ns(&node_current()->clock, world.now);

	tx.time.tv_sec = ns / LOOP_NS_PER_S - (ns % LOOP_NS_PER_S < 0);
	tx.time.tv_usec = ns - tx.time.tv_sec * LOOP_NS_PER_S;
	return __wrap_clock_adjtime(id, &tx) < 0 ? -1 : 0;
}

ssize_t __wrap_getrandom(void *buf, size_t len, unsigned int flags)
{
	unsigned char *to = buf;

	for (size_t i = 0; i < len; i++)
		to[i] = (unsigned char)rng_bits(&node_current()->bits);
	return (ssize_t)len;
}

/* Nobody pulls the plug here. */
int __wrap_fsync(int fd)
{
	return 0;
}

/* --- the log ------------------------------------------------------------- */

void __wrap_log_write(enum log_level level, const char *format, ...);
bool __wrap_log_is_on(enum log_level level);

bool __wrap_log_is_on(enum log_level level)
{
	return level < LOG_LEVEL_DEBUG || world.is_verbose;
}

void __wrap_log_write(enum log_level level, const char *format, ...)
{
	struct node *node = node_current();
	struct node_log *line;
	va_list args;

	if (node->log_n == node->log_room) {
		node->log_room = node->log_room ? 2 * node->log_room : 64;
		node->log = reallocarray(node->log, node->log_room,
					 sizeof(*node->log));
		if (!node->log)
			exit(1);
	}
	line = &node->log[node->log_n++];
	line->t = world.now;
	line->level = level;
	va_start(args, format);
	vsnprintf(line->text, sizeof(line->text), format, args);
	va_end(args);
	if (world.is_verbose)
		fprintf(stderr, "%12.6f %s <%d> %s\n", line->t, node->name,
			level, line->text);
}

/* --- the rest ------------------------------------------------------------ */

/* There is no netlink here: the daemon answers alone. */
int __wrap_knl_open(struct knl **knl);

int __wrap_knl_open(struct knl **knl)
{
	*knl = NULL;
	return -EPROTONOSUPPORT;
}

const char *io_drift_path(const struct node *node)
{
	static char path[512];

	snprintf(path, sizeof(path), "%s/%llu-%s.drift", world.dir,
		 (unsigned long long)world.seed, node->name);
	return path;
}

void io_forget_drift(const struct node *node)
{
	unlink(io_drift_path(node));
}

void io_reset(struct node *node)
{
	node->timers = NULL;
	node->clock_set = NULL;
	note_first(node);
	wire_reset(node);
}
