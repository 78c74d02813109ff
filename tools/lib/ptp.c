// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include "tools/lib/ptp.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/ptp_clock.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define NS_PER_S	1000000000LL

/* Flags of a later header than the oldest that this is built with. */
#define STRICT_FLAGS	(1U << 3)

static int64_t to_ns(const struct ptp_clock_time *t)
{
	return t->sec * NS_PER_S + t->nsec;
}

int ptp_open(const char *path, bool is_writable)
{
	int fd = open(path, (is_writable ? O_RDWR : O_RDONLY) | O_CLOEXEC |
		      O_NONBLOCK);
	struct ptp_clock_caps caps;
	int err;

	if (fd < 0)
		return -errno;
	if (!ioctl(fd, PTP_CLOCK_GETCAPS, &caps))
		return fd;
	err = errno == EINVAL ? -ENOTTY : -errno;
	close(fd);
	return err;
}

/* The device's name in sysfs, whatever the file is called. */
static int read_sysfs(int fd, const char *leaf, char *buf, size_t size)
{
	struct stat st;
	char path[96];
	ssize_t len;

	if (fstat(fd, &st) || !S_ISCHR(st.st_mode))
		return -ENOTTY;
	snprintf(path, sizeof(path), "/sys/dev/char/%u:%u/%s",
		 major(st.st_rdev), minor(st.st_rdev), leaf);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	len = read(fd, buf, size - 1);
	close(fd);
	buf[len > 0 ? len : 0] = '\0';
	return len > 0 ? 0 : -EIO;
}

int ptp_caps(int fd, struct ptp_caps *caps)
{
	struct ptp_clock_caps from = { 0 };
	char text[32];

	if (ioctl(fd, PTP_CLOCK_GETCAPS, &from))
		return -errno;
	*caps = (struct ptp_caps){
		.extts_n = from.n_ext_ts > 0 ? from.n_ext_ts : 0,
		.pin_n = from.n_pins > 0 ? from.n_pins : 0,
		.has_precise = from.cross_timestamping,
	};
	if (!read_sysfs(fd, "n_vclocks", text, sizeof(text)))
		caps->vclock_n = strtoul(text, NULL, 10);
	return 0;
}

/* --- reading ------------------------------------------------------------- */

static void keep_best(struct ptp_reading *best, int64_t before, int64_t phc,
		      int64_t after)
{
	int64_t window = after - before;

	/* The system clock was set in between, or worse. */
	if (window < 0 || (best->window_ns >= 0 && window >= best->window_ns))
		return;
	best->window_ns = window;
	best->real_ns = before + window / 2;
	best->phc_ns = phc;
}

static int read_precise(int fd, struct ptp_reading *best)
{
	struct ptp_sys_offset_precise p = { 0 };
	int64_t real;

	if (ioctl(fd, PTP_SYS_OFFSET_PRECISE, &p))
		return -errno;
	real = to_ns(&p.sys_realtime);
	keep_best(best, real, to_ns(&p.device), real);
	return 0;
}

static int read_extended(int fd, unsigned int n, struct ptp_reading *best)
{
	struct ptp_sys_offset_extended e = { .n_samples = n };

	if (ioctl(fd, PTP_SYS_OFFSET_EXTENDED, &e))
		return -errno;
	for (unsigned int i = 0; i < n; i++)
		keep_best(best, to_ns(&e.ts[i][0]), to_ns(&e.ts[i][1]),
			  to_ns(&e.ts[i][2]));
	return 0;
}

static int read_basic(int fd, unsigned int n, struct ptp_reading *best)
{
	struct ptp_sys_offset o = { .n_samples = n };

	if (ioctl(fd, PTP_SYS_OFFSET, &o))
		return -errno;
	for (unsigned int i = 0; i < n; i++)
		keep_best(best, to_ns(&o.ts[2 * i]), to_ns(&o.ts[2 * i + 1]),
			  to_ns(&o.ts[2 * i + 2]));
	return 0;
}

/* What no driver that lacks the method says. */
static bool is_passing(int err)
{
	return err == -ENODEV || err == -EINTR || err == -EAGAIN ||
	       err == -EBUSY || err == -EIO || err == -ETIMEDOUT;
}

int ptp_read(int fd, enum ptp_method *method, unsigned int n,
	     struct ptp_reading *reading)
{
	int err = -EOPNOTSUPP;

	if (n > PTP_READINGS_MAX)
		n = PTP_READINGS_MAX;
	reading->window_ns = -1;
	for (; *method != PTP_NONE; (*method)++) {
		if (*method == PTP_PRECISE)
			err = read_precise(fd, reading);
		else if (*method == PTP_EXTENDED)
			err = read_extended(fd, n, reading);
		else
			err = read_basic(fd, n, reading);
		if (!err || is_passing(err))
			break;
	}
	if (!err && reading->window_ns < 0)
		err = -EAGAIN;
	return err;
}

const char *ptp_method_name(enum ptp_method method)
{
	static const char *const names[] = { "precise", "extended", "basic",
					     "none" };

	return names[method];
}

/* --- external pulses ----------------------------------------------------- */

int ptp_pulses(int fd, unsigned int channel, int pin, bool is_clear, bool on)
{
	struct ptp_extts_request request = { .index = channel };
	struct ptp_pin_desc desc = { .func = PTP_PF_EXTTS, .chan = channel };

	if (pin >= 0 && on) {
		desc.index = pin;
		if (ioctl(fd, PTP_PIN_SETFUNC, &desc))
			return -errno;
	}
	if (on)
		request.flags = PTP_ENABLE_FEATURE | STRICT_FLAGS |
				(is_clear ? PTP_FALLING_EDGE : PTP_RISING_EDGE);
	if (!ioctl(fd, PTP_EXTTS_REQUEST2, &request))
		return 0;
	/* Drivers that cannot choose stamp the edges that they can. */
	request.flags &= ~STRICT_FLAGS;
	return ioctl(fd, PTP_EXTTS_REQUEST, &request) ? -errno : 0;
}

int ptp_pulse(int fd, int64_t *phc_ns)
{
	struct pollfd ready = { .fd = fd, .events = POLLIN };
	struct ptp_extts_event event;
	ssize_t len;

	/* The kernel waits for a pulse, whatever O_NONBLOCK says. */
	if (poll(&ready, 1, 0) < 1)
		return -EAGAIN;
	len = read(fd, &event, sizeof(event));
	if (len < 0)
		return -errno;
	if (len != sizeof(event))
		return -EAGAIN;
	*phc_ns = to_ns(&event.t);
	return (int)event.index;
}
