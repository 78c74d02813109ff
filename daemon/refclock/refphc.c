// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include "daemon/refclock/refphc.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

#include "daemon/engine/clock.h"
#include "daemon/io/loop.h"
#include "daemon/io/ptpdev.h"
#include "daemon/refclock/refpps.h"
#include "daemon/sync/line.h"
#include "tools/lib/log.h"
#include "tools/lib/ptp.h"

#define NS		1e9
/* Readings a second; the best one counts. */
#define READINGS	10
/* What a clock of hours away says is of no use unless flag1 believes it, s. */
#define LIMIT_S		(4 * 3600)
/* A pulse that was stamped longer ago than this waited for us, s. */
#define PULSE_AGE_S	2
#define LOST_S		10

struct refphc {
	int fd;
	enum ptp_method method;
	bool is_tai;
	bool has_pulses;
	bool is_unlimited;	/* flag1 */
	unsigned int channel;
	struct loop_timer timer;
	struct refclock_samples samples;
	struct line line;	/* what makes pulses times of the system clock */
	int64_t offset_ns;	/* clock_offset() that it is of */
	double window;		/* of the last reading, s */
	double seen;		/* last reading or pulse */
	int told;		/* errno, or -EDOM for a time that is refused */
	bool told_lost;
	char path[CONF_PATH_MAX + 16];
};

/* --- the clock itself ---------------------------------------------------- */

static void tell(struct refphc *r, int err, const char *why)
{
	if (err == r->told)
		return;
	r->told = err;
	if (err)
		log_warning("%s: %s", r->path, why);
	else
		log_notice("%s: can be used again", r->path);
}

/* TAI less UTC as the kernel has it, s; 0: nobody has told it. */
static int read_tai(void)
{
	struct timex tx = { 0 };

	return clock_adjtime(CLOCK_REALTIME, &tx) < 0 ? 0 : tx.tai;
}

static void take_time(struct refphc *r, const struct ptp_reading *reading)
{
	int64_t offset = reading->phc_ns - reading->real_ns;

	if (r->is_tai) {
		int tai = read_tai();

		if (!tai) {
			tell(r, -ENODATA, "it shows TAI, and how far that is "
			     "ahead of UTC is not known: name a leapfile");
			return;
		}
		offset -= tai * LOOP_NS_PER_S;
	}
	if (!r->is_unlimited && llabs(offset) > LIMIT_S * LOOP_NS_PER_S) {
		tell(r, -EDOM, "it is hours off, and not used: let phc2sys or "
		     "ptp4l set it, or set the system clock by hand; flag1 1 "
		     "believes it");
		return;
	}
	tell(r, 0, NULL);
	r->window = (double)reading->window_ns / NS;
	r->seen = clock_now();
	refclock_add(&r->samples, (double)offset / NS,
		     clock_when(reading->real_ns));
}

/* --- its pulses ---------------------------------------------------------- */

static void take_line(struct refphc *r, const struct ptp_reading *reading)
{
	int64_t offset = clock_offset();
	struct line_reading both = {
		.phc_ns = reading->phc_ns,
		.window_ns = reading->window_ns,
	};

	/* Set, perhaps since the reading: the next one is sure to be good. */
	if (llabs(offset - r->offset_ns) > CLOCK_OFFSET_SURE) {
		r->offset_ns = offset;
		line_restart(&r->line);
		return;
	}
	both.mono_ns = reading->real_ns - r->offset_ns;
	both.phase = clock_phase((double)both.mono_ns / NS);
	line_add(&r->line, &both, 0);
	tell(r, 0, NULL);
}

static void take_pulse(struct refphc *r, int64_t phc_ns)
{
	int64_t mono = loop_now_ns(), ns;
	double now = (double)mono / NS, age;
	struct line_point at;

	if (llabs(clock_offset() - r->offset_ns) > CLOCK_OFFSET_SURE ||
	    !line_at(&r->line, mono, clock_phase(now), clock_rate(), &at))
		return;
	age = (double)(at.phc_ns - phc_ns) / NS * (1 + at.rate);
	if (age < -1 || age > PULSE_AGE_S)
		return;
	ns = (mono + r->offset_ns - llround(age * NS)) % LOOP_NS_PER_S;
	r->seen = now;
	r->window = at.sd_ns / NS;
	if (refpps_is_numbered())
		refclock_add(&r->samples, refpps_offset((unsigned int)
			     (ns < 0 ? ns + LOOP_NS_PER_S : ns)), now - age);
}

static void pulses_ready(int fd, short revents, void *arg)
{
	struct refphc *r = arg;
	int64_t phc_ns;
	int channel;

	for (;;) {
		channel = ptp_pulse(fd, &phc_ns);
		if (channel == (int)r->channel)
			take_pulse(r, phc_ns);
		if (channel >= 0)
			continue;
		/* A clock that is gone polls as readable for ever. */
		if (channel != -EAGAIN && channel != -EINTR)
			loop_fd_del(fd);
		return;
	}
}

static void tell_lost(struct refphc *r)
{
	bool is_lost = clock_now() - r->seen > LOST_S;

	if (is_lost && !r->told_lost)
		log_warning("%s: no pulse in channel %u for %d s; look at the "
			    "cable, and at pin and channel (testptp -l)",
			    r->path, r->channel, LOST_S);
	else if (!is_lost && r->told_lost)
		log_notice("%s: pulses again", r->path);
	r->told_lost = is_lost;
}

/* --- driver -------------------------------------------------------------- */

static void sample(void *arg)
{
	struct refphc *r = arg;
	struct ptp_reading reading;
	int err = ptp_read(r->fd, &r->method, READINGS, &reading);

	loop_timer_in(&r->timer, LOOP_NS_PER_S);
	if (err)
		tell(r, err, strerror(-err));
	else if (r->has_pulses)
		take_line(r, &reading);
	else
		take_time(r, &reading);
	if (r->has_pulses)
		tell_lost(r);
}

static int enable_pulses(struct refphc *r, const struct conf_assoc *conf)
{
	struct ptp_caps caps;
	int err = ptp_caps(r->fd, &caps);

	if (!err && r->channel >= caps.extts_n) {
		log_error("%s: has %u channels that stamp pulses, and no "
			  "channel %u; see ethtool -T, or leave out extpps",
			  r->path, caps.extts_n, r->channel);
		return -ENODEV;
	}
	/* As with driver 22: flag2 takes the other edge. */
	if (!err)
		err = ptp_pulses(r->fd, r->channel, conf->pin,
				 conf->fudge_flag[1], true);
	if (!err)
		err = loop_fd_add(r->fd, POLLIN, pulses_ready, r);
	if (err)
		log_error("%s: pulses are not stamped: %s; see that no other "
			  "program uses channel %u, and pin", r->path,
			  strerror(-err), r->channel);
	return err;
}

static int open_clock(struct refphc *r, const struct conf_assoc *conf)
{
	r->fd = ptpdev_open(r->path, r->has_pulses);
	if (r->fd < 0) {
		log_error("%s: cannot be opened: %s; %s", r->path,
			  strerror(-r->fd), ptpdev_remedy(r->fd));
		return r->fd;
	}
	return r->has_pulses ? enable_pulses(r, conf) : 0;
}

static int refphc_open(const struct conf_assoc *conf, void **state)
{
	struct refphc *r = calloc(1, sizeof(*r));
	int err;

	if (!r)
		return -ENOMEM;
	if (conf->path[0])
		snprintf(r->path, sizeof(r->path), "%s", conf->path);
	else
		snprintf(r->path, sizeof(r->path), "/dev/ptp%u",
			 conf->refclock_unit);
	r->is_tai = conf->tai;
	r->has_pulses = conf->extpps;
	r->channel = conf->channel;
	r->is_unlimited = conf->fudge_flag[0];
	r->method = conf->nocrossts ? PTP_EXTENDED : PTP_PRECISE;
	line_init(&r->line);
	r->offset_ns = clock_offset();
	err = open_clock(r, conf);
	if (err) {
		if (r->fd >= 0)
			close(r->fd);
		free(r);
		return err;
	}
	r->seen = clock_now();
	loop_timer_init(&r->timer, sample, r);
	sample(r);
	*state = r;
	return 0;
}

static int refphc_read(void *state, struct peer_reading *reading)
{
	struct refphc *r = state;
	size_t n = r->samples.n;
	double spread;

	if (!refclock_take(&r->samples, &reading->offset, &spread))
		return -EAGAIN;
	reading->disp = r->window / 2 + spread + 1 / NS;
	/* It counts on, whatever is announced. */
	reading->leap = 0;
	snprintf(reading->text, sizeof(reading->text), "%zu %.9f %.9f", n,
		 reading->offset, r->window);
	return 0;
}

static void refphc_close(void *state)
{
	struct refphc *r = state;

	loop_timer_cancel(&r->timer);
	if (r->has_pulses) {
		loop_fd_del(r->fd);
		ptp_pulses(r->fd, r->channel, -1, false, false);
	}
	close(r->fd);
	free(r);
}

const struct refclock_driver refphc_driver = {
	.type = CONF_REFCLOCK_PHC,
	.name = "PHC",
	.stratum = 0,
	.refid = "PHC",
	.open = refphc_open,
	.read = refphc_read,
	.close = refphc_close,
};
