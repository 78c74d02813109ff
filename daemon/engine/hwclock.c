// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/engine/clock.h"
#include "daemon/engine/hwclock.h"
#include "daemon/engine/kernel.h"
#include "daemon/io/loop.h"
#include "daemon/io/ptpdev.h"
#include "daemon/sync/line.h"
#include "tools/lib/log.h"
#include "tools/lib/ptp.h"

#define NS		1e9
/* Readings of a poll; the best one counts. */
#define READINGS	10
/* At the start, and when a clock was set: so many polls, so far apart. */
#define FAST_N		8
#define FAST_NS		(LOOP_NS_PER_S / 8)
/* A reading that does not fit decides nothing until another one says so. */
#define DOUBT_NS	(LOOP_NS_PER_S / 20)
/* A line is good for so many polls, and a little more. */
#define VALID_POLLS	4
#define VALID_MORE_NS	(2 * LOOP_NS_PER_S)
/* Clocks that fail are tried again. */
#define RETRY_NS	(10 * LOOP_NS_PER_S)
/* Beyond this error stamps of software are better, ns. */
#define SD_MAX_NS	20000
/* Deviations that bound an error. */
#define BOUND		3
/* The next interval may be longer while that costs so little. */
#define GROWTH_MAX	0.3

struct hwclock {
	struct hwclock *next;
	int index;
	const struct conf_hwtimestamp *conf;
	bool is_named;
	int fd;			/* -1: closed */
	int told;		/* errno that the log knows of */
	enum ptp_method method;
	struct loop_timer timer;
	struct line line;
	bool has_line;		/* others were given it */
	unsigned int fast;	/* polls that come soon */
	int poll;		/* log2 s */
	int64_t step_ns;	/* CLOCK_REALTIME less CLOCK_MONOTONIC */
	bool is_told_line;	/* the log knows that it is followed */
};

static struct hwclock *clocks;
static hwclock_fn changed;

/* --- lines --------------------------------------------------------------- */

static void path_of(const struct hwclock *c, char *path, size_t size)
{
	snprintf(path, size, "/dev/ptp%d", c->index);
}

static int64_t interval_of(const struct hwclock *c)
{
	return (int64_t)(ldexp(1, c->poll) * NS);
}

static void withdraw(struct hwclock *c)
{
	if (!c->has_line)
		return;
	c->has_line = false;
	kernel_drop_line(c->index);
	changed(c->index, NULL);
}

/* The line as it is now, to whoever converts stamps. */
static void publish(struct hwclock *c)
{
	int64_t valid = VALID_POLLS * interval_of(c) + VALID_MORE_NS;
	int64_t mono = loop_now_ns();
	double now = (double)mono / NS;
	struct kernel_line to;
	struct line_point at;
	struct phc_line own;

	if (!line_at(&c->line, mono, clock_phase(now), clock_rate(), &at) ||
	    at.sd_ns > SD_MAX_NS) {
		withdraw(c);
		return;
	}
	own = (struct phc_line){
		.phc_ns = at.phc_ns,
		.real_ns = at.mono_ns + c->step_ns,
		.rate = at.rate,
		.error_ns = BOUND * at.sd_ns,
		.error_rate = BOUND * at.drift,
		.until_ns = mono + valid,
	};
	to = (struct kernel_line){
		.phc = c->index,
		.phc_ns = own.phc_ns,
		.real_ns = own.real_ns,
		.rate = at.rate,
		.sd_ns = at.sd_ns,
		.drift = at.drift,
		.step_ns = c->step_ns,
		.valid_ns = valid,
	};
	c->has_line = true;
	kernel_set_line(&to);
	changed(c->index, &own);
	if (c->is_told_line)
		return;
	c->is_told_line = true;
	log_info("/dev/ptp%d: followed, %+.3f ppm, +-%.0f ns, read by method "
		 "%s", c->index, c->line.filter.count ? -at.rate * 1e6 : 0,
		 at.sd_ns, ptp_method_name(c->method));
}

/* --- readings ------------------------------------------------------------ */

static void shut(struct hwclock *c)
{
	withdraw(c);
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
}

static void tell_failure(struct hwclock *c, int err)
{
	char path[32];

	if (err == c->told)
		return;
	c->told = err;
	path_of(c, path, sizeof(path));
	log_warning("%s: cannot be read: %s; %s. Until then stamps of software "
		    "do", path, strerror(-err), ptpdev_remedy(err));
}

static int start(struct hwclock *c)
{
	struct ptp_caps caps;
	char path[32];

	path_of(c, path, sizeof(path));
	c->fd = ptpdev_open(path, false);
	if (c->fd < 0)
		return c->fd;
	c->method = c->conf->nocrossts ? PTP_EXTENDED : PTP_PRECISE;
	if (!ptp_caps(c->fd, &caps)) {
		/* Not all drivers fail well on what they do not have. */
		if (!caps.has_precise)
			c->method = PTP_EXTENDED;
		if (caps.vclock_n)
			log_notice("%s: has %u virtual clocks, so that its own "
				   "time runs free, as is needed here", path,
				   caps.vclock_n);
	}
	line_init(&c->line);
	c->step_ns = clock_offset();
	c->fast = FAST_N;
	c->poll = c->conf->minpoll;
	c->is_told_line = false;
	return 0;
}

static void restart(struct hwclock *c)
{
	withdraw(c);
	line_restart(&c->line);
	c->fast = FAST_N;
}

/* Somebody has set the system clock, who knows by how much. */
static bool is_stepped(struct hwclock *c, int64_t step)
{
	if (llabs(step - c->step_ns) <= CLOCK_OFFSET_SURE)
		return false;
	restart(c);
	c->step_ns = step;
	return true;
}

/* Return: 0, -EAGAIN where the clock was set in between, or another errno. */
static int read_both(struct hwclock *c, struct line_reading *r)
{
	struct ptp_reading reading;
	int err;

	is_stepped(c, clock_offset());
	err = ptp_read(c->fd, &c->method, READINGS, &reading);
	if (err)
		return err;
	if (is_stepped(c, clock_offset()))
		return -EAGAIN;
	r->phc_ns = reading.phc_ns;
	r->mono_ns = reading.real_ns - c->step_ns;
	r->window_ns = reading.window_ns;
	r->phase = clock_phase((double)r->mono_ns / NS);
	return 0;
}

static void adapt(struct hwclock *c)
{
	double next = 2 * ldexp(1, c->poll);

	if (c->poll < c->conf->maxpoll &&
	    filter_growth(&c->line.filter, next) < GROWTH_MAX)
		c->poll++;
	else if (c->poll > c->conf->minpoll &&
		 filter_growth(&c->line.filter, next / 2) > GROWTH_MAX)
		c->poll--;
}

static void take(struct hwclock *c, const struct line_reading *r)
{
	enum filter_result result = line_add(&c->line, r,
					     c->conf->precision_s);

	if (result == FILTER_SUSPECT) {
		withdraw(c);
		loop_timer_in(&c->timer, DOUBT_NS);
		return;
	}
	if (result == FILTER_JUMP && c->line.count > FILTER_MIN) {
		log_notice("/dev/ptp%d: it, or the system clock, was set; "
			   "followed anew", c->index);
		c->fast = FAST_N;
	}
	publish(c);
	if (c->fast) {
		c->fast--;
		loop_timer_in(&c->timer, FAST_NS < interval_of(c) ? FAST_NS :
			      interval_of(c));
		return;
	}
	adapt(c);
	loop_timer_in(&c->timer, interval_of(c));
}

static void poll(void *arg)
{
	struct hwclock *c = arg;
	struct line_reading r;
	int err = c->fd < 0 ? start(c) : 0;

	if (!err)
		err = read_both(c, &r);
	if (err == -EAGAIN || err == -EBUSY || err == -EINTR) {
		loop_timer_in(&c->timer, DOUBT_NS);
		return;
	}
	if (err) {
		tell_failure(c, err);
		shut(c);
		loop_timer_in(&c->timer, RETRY_NS);
		return;
	}
	if (c->told)
		log_notice("/dev/ptp%d: can be read again", c->index);
	c->told = 0;
	take(c, &r);
}

/* --- what is done to the system clock ------------------------------------ */

static void clock_moved(enum clock_change change, int64_t delta_ns)
{
	for (struct hwclock *c = clocks; c; c = c->next) {
		if (c->fd < 0)
			continue;
		if (change == CLOCK_STEPPING)
			withdraw(c);
		else if (change == CLOCK_STEPPED)
			c->step_ns += delta_ns;
		else if (change == CLOCK_ANEW)
			restart(c);
		if (change != CLOCK_STEPPING && c->line.count)
			publish(c);
	}
}

/* --- which clocks -------------------------------------------------------- */

void hwclock_init(hwclock_fn fn)
{
	changed = fn;
	clock_tell(clock_moved);
}

void hwclock_begin(void)
{
	for (struct hwclock *c = clocks; c; c = c->next)
		c->is_named = false;
}

static struct hwclock *find(int index)
{
	for (struct hwclock *c = clocks; c; c = c->next)
		if (c->index == index)
			return c;
	return NULL;
}

void hwclock_take(int index, const struct conf_hwtimestamp *conf)
{
	struct hwclock *c = find(index);

	if (!c) {
		c = calloc(1, sizeof(*c));
		if (!c)
			return;
		c->index = index;
		c->fd = -1;
		c->conf = conf;
		c->next = clocks;
		clocks = c;
		loop_timer_init(&c->timer, poll, c);
		poll(c);
	} else if (!c->is_named) {
		c->conf = conf;
		c->poll = conf->minpoll;
	}
	/* Where an interface has come its clock may have, too. */
	if (c->fd < 0)
		loop_timer_in(&c->timer, 0);
	c->is_named = true;
}

void hwclock_end(void)
{
	struct hwclock **at = &clocks;

	while (*at) {
		struct hwclock *c = *at;

		if (c->is_named) {
			at = &c->next;
			continue;
		}
		*at = c->next;
		loop_timer_cancel(&c->timer);
		shut(c);
		free(c);
	}
}

void hwclock_push(void)
{
	for (struct hwclock *c = clocks; c; c = c->next)
		if (c->has_line)
			publish(c);
}

void hwclock_close(void)
{
	clock_tell(NULL);
	hwclock_begin();
	hwclock_end();
}
