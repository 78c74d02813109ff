// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include "daemon/io/loop.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

/*
 * A signal that arrives between the look at the flags and poll(2) does not
 * interrupt it; ppoll would, but the simulator knows only poll. So no wait is
 * longer than this.
 */
#define WAIT_MAX_MS	1000

#define SIGNAL_MAX	32

struct watch {
	int fd;
	short events;
	unsigned int serial;	/* tells a descriptor from its number's next */
	loop_fd_fn ready;
	void *arg;
};

static struct watch *watches;
static size_t watch_n, watch_room;
static unsigned int next_serial;
static struct loop_timer *timers;	/* armed, the soonest first */
static uint64_t timer_serial;

static volatile sig_atomic_t signal_any;
static volatile sig_atomic_t signal_came[SIGNAL_MAX];
static struct {
	loop_signal_fn arrived;
	void *arg;
} signals[SIGNAL_MAX];

static struct {
	int fd;
	loop_timer_fn set;
	void *arg;
} clock_watch = { .fd = -1 };

static int stop_status = -1;

int64_t loop_now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * LOOP_NS_PER_S + ts.tv_nsec;
}

void loop_timer_init(struct loop_timer *timer, loop_timer_fn fire, void *arg)
{
	*timer = (struct loop_timer){ .fire = fire, .arg = arg };
}

void loop_timer_at(struct loop_timer *timer, int64_t at_ns)
{
	struct loop_timer **p = &timers;

	loop_timer_cancel(timer);
	while (*p && (*p)->at_ns <= at_ns)
		p = &(*p)->next;
	timer->at_ns = at_ns;
	timer->serial = ++timer_serial;
	timer->is_armed = true;
	timer->next = *p;
	*p = timer;
}

void loop_timer_in(struct loop_timer *timer, int64_t delay_ns)
{
	loop_timer_at(timer, loop_now_ns() + delay_ns);
}

void loop_timer_cancel(struct loop_timer *timer)
{
	struct loop_timer **p = &timers;

	if (!timer->is_armed)
		return;
	while (*p != timer)
		p = &(*p)->next;
	*p = timer->next;
	timer->is_armed = false;
}

static struct watch *find_watch(int fd)
{
	for (size_t i = 0; i < watch_n; i++) {
		if (watches[i].fd == fd)
			return &watches[i];
	}
	return NULL;
}

int loop_fd_add(int fd, short events, loop_fd_fn ready, void *arg)
{
	if (find_watch(fd))
		return -EEXIST;
	if (watch_n == watch_room) {
		size_t room = watch_room ? 2 * watch_room : 16;
		struct watch *more = reallocarray(watches, room, sizeof(*more));

		if (!more)
			return -ENOMEM;
		watches = more;
		watch_room = room;
	}
	watches[watch_n++] = (struct watch){
		.fd = fd, .events = events, .serial = ++next_serial,
		.ready = ready, .arg = arg,
	};
	return 0;
}

int loop_fd_set(int fd, short events)
{
	struct watch *w = find_watch(fd);

	if (!w)
		return -ENOENT;
	w->events = events;
	return 0;
}

void loop_fd_del(int fd)
{
	struct watch *w = find_watch(fd);

	if (w)
		*w = watches[--watch_n];
}

static void on_signal(int signo)
{
	signal_came[signo] = 1;
	signal_any = 1;
}

int loop_signal(int signo, loop_signal_fn arrived, void *arg)
{
	struct sigaction sa = { .sa_handler = arrived ? on_signal : SIG_IGN };

	if (signo <= 0 || signo >= SIGNAL_MAX)
		return -EINVAL;
	signals[signo].arrived = arrived;
	signals[signo].arg = arg;
	/* No SA_RESTART: the signal shall end the wait. */
	sigemptyset(&sa.sa_mask);
	return sigaction(signo, &sa, NULL) ? -errno : 0;
}

static void run_signals(void)
{
	if (!signal_any)
		return;
	signal_any = 0;
	for (int i = 1; i < SIGNAL_MAX; i++) {
		if (!signal_came[i])
			continue;
		signal_came[i] = 0;
		if (signals[i].arrived)
			signals[i].arrived(i, signals[i].arg);
	}
}

/* A timer that never expires is cancelled, again and again. */
static void clock_ready(int fd, short revents, void *arg)
{
	uint64_t unused;

	if (read(fd, &unused, sizeof(unused)) < 0 && errno == ECANCELED)
		clock_watch.set(clock_watch.arg);
}

static int open_clock(void)
{
	const struct itimerspec never = {
		.it_value.tv_sec = (time_t)(sizeof(time_t) > 4 ? INT64_MAX :
					    INT32_MAX),
	};
	/* Flags of its own are more than the simulator can do. */
	int fd = timerfd_create(CLOCK_REALTIME, 0), flags, err;

	if (fd < 0)
		return -errno;
	flags = fcntl(fd, F_GETFL);
	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) ||
	    fcntl(fd, F_SETFD, FD_CLOEXEC) ||
	    timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET,
			    &never, NULL)) {
		err = -errno;
		close(fd);
		return err;
	}
	return fd;
}

int loop_clock_watch(loop_timer_fn set, void *arg)
{
	int err;

	if (clock_watch.fd >= 0) {
		loop_fd_del(clock_watch.fd);
		close(clock_watch.fd);
		clock_watch.fd = -1;
	}
	if (!set)
		return 0;
	clock_watch.set = set;
	clock_watch.arg = arg;
	clock_watch.fd = open_clock();
	if (clock_watch.fd < 0)
		return clock_watch.fd;
	err = loop_fd_add(clock_watch.fd, POLLIN, clock_ready, NULL);
	if (err) {
		close(clock_watch.fd);
		clock_watch.fd = -1;
	}
	return err;
}

/* The soonest timer that is due and was armed before this turn. */
static struct loop_timer *take_due(int64_t now, uint64_t serial)
{
	struct loop_timer *timer = timers;

	while (timer && timer->at_ns <= now && timer->serial > serial)
		timer = timer->next;
	if (!timer || timer->at_ns > now)
		return NULL;
	loop_timer_cancel(timer);
	return timer;
}

/*
 * What is armed by a timer waits for the next turn, due or not, or it could
 * keep the descriptors waiting for ever. Nothing of a timer is looked at after
 * it fired: it may be gone.
 */
static void run_timers(void)
{
	int64_t now = loop_now_ns();
	uint64_t serial = timer_serial;
	struct loop_timer *due;

	while (stop_status < 0 && (due = take_due(now, serial)))
		due->fire(due->arg);
}

static int wait_ms(void)
{
	int64_t ns;

	if (stop_status >= 0 || signal_any)
		return 0;
	if (!timers)
		return WAIT_MAX_MS;
	ns = timers->at_ns - loop_now_ns();
	if (ns <= 0)
		return 0;
	/* Rounded up: to wake early means to spin until the timer is due. */
	ns = (ns + 999999) / 1000000;
	return ns < WAIT_MAX_MS ? ns : WAIT_MAX_MS;
}

static int run_once(struct pollfd **polled, unsigned int **serial, size_t *room)
{
	size_t n = watch_n;

	if (n > *room || !*polled) {
		size_t want = watch_room ? watch_room : 16;
		struct pollfd *p = reallocarray(*polled, want, sizeof(*p));
		unsigned int *s;

		if (!p)
			return -ENOMEM;
		*polled = p;
		s = reallocarray(*serial, want, sizeof(*s));
		if (!s)
			return -ENOMEM;
		*serial = s;
		*room = want;
	}
	for (size_t i = 0; i < n; i++) {
		(*polled)[i] = (struct pollfd){ .fd = watches[i].fd,
						.events = watches[i].events };
		(*serial)[i] = watches[i].serial;
	}
	if (poll(*polled, n, wait_ms()) < 0) {
		if (errno != EINTR && errno != EAGAIN)
			return -errno;
		n = 0;
	}
	run_signals();
	for (size_t i = 0; i < n && stop_status < 0; i++) {
		struct watch *w;

		if (!(*polled)[i].revents)
			continue;
		w = find_watch((*polled)[i].fd);
		if (w && w->serial == (*serial)[i])
			w->ready(w->fd, (*polled)[i].revents, w->arg);
	}
	if (stop_status < 0)
		run_timers();
	return 0;
}

int loop_run(void)
{
	struct pollfd *polled = NULL;
	unsigned int *serial = NULL;
	size_t room = 0;
	int err = 0;

	while (!err && stop_status < 0)
		err = run_once(&polled, &serial, &room);
	free(polled);
	free(serial);
	if (!err)
		err = stop_status;
	stop_status = -1;
	return err;
}

void loop_stop(int status)
{
	if (stop_status < 0)
		stop_status = status;
}

void loop_close(void)
{
	loop_clock_watch(NULL, NULL);
	free(watches);
	watches = NULL;
	watch_n = 0;
	watch_room = 0;
	while (timers)
		loop_timer_cancel(timers);
	for (int i = 1; i < SIGNAL_MAX; i++) {
		if (signals[i].arrived)
			loop_signal(i, NULL, NULL);
		signal_came[i] = 0;
	}
	signal_any = 0;
	stop_status = -1;
}
