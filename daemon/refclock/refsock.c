// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include "daemon/refclock/refsock.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/engine/clock.h"
#include "daemon/io/loop.h"
#include "daemon/refclock/refpps.h"
#include "tools/lib/log.h"

#define NS		1e9
/* What was sampled longer ago than this is of no use, s. */
#define STALE_S		5
/* A clock that is further off than this is wrong, s, unless flag1. */
#define LIMIT_S		(4 * 3600)
/* Of the stamp, which is in microseconds, s. */
#define DISP		1e-6
/* Datagrams in one turn of the loop: others want theirs, too. */
#define TURN_MAX	64

struct refsock {
	int fd;
	struct refclock_samples samples;
	double limit;		/* 0: none */
	u8 leap;
	unsigned int bad;
	bool is_told;
	struct sockaddr_un addr;
};

const char *refsock_take(const void *buf, size_t len,
			 struct refsock_time *time)
{
	struct refsock_sample s;

	if (len != sizeof(s))
		return "a datagram is of another length: is its program built "
		       "for another word size?";
	memcpy(&s, buf, sizeof(s));
	if (s.magic != REFSOCK_MAGIC)
		return "a datagram is not of the protocol SOCK";
	if (s.at.tv_usec < 0 || s.at.tv_usec >= 1000000 || s.at.tv_sec < 0 ||
	    s.at.tv_sec > INT64_MAX / LOOP_NS_PER_S - 1 ||
	    !isfinite(s.offset) || s.leap < 0 || s.leap > 3)
		return "a datagram's stamp, offset or leap indicator makes no "
		       "sense";
	time->at_ns = s.at.tv_sec * LOOP_NS_PER_S + s.at.tv_usec * 1000;
	time->offset = s.offset;
	time->is_pulse = s.pulse != 0;
	time->leap = (u8)s.leap;
	return NULL;
}

/* The part of the offset that a pulse tells: to the nearest second. */
static double of_pulse(double offset)
{
	return offset - floor(offset + 0.5);
}

static const char *use(struct refsock *r, const struct refsock_time *time)
{
	double age = (double)(clock_real_ns() - time->at_ns) / NS;

	if (time->leap == 3)
		return "the receiver has no time yet";
	if (fabs(age) > STALE_S)
		return "it was taken more than 5 s ago";
	if (time->is_pulse && !refpps_is_numbered())
		return "of which second a pulse is no other source says yet";
	if (!time->is_pulse && r->limit > 0 && fabs(time->offset) > r->limit)
		return "it is hours off; set the clock by hand, or fudge flag1 "
		       "1 to believe it";
	r->leap = time->leap;
	refclock_add(&r->samples, time->is_pulse ? of_pulse(time->offset) :
		     time->offset, clock_when(time->at_ns));
	return NULL;
}

static void ready(int fd, short revents, void *arg)
{
	struct refsock *r = arg;

	for (int i = 0; i < TURN_MAX; i++) {
		char buf[sizeof(struct refsock_sample) + 1];
		struct refsock_time time;
		const char *why;
		ssize_t len = recv(fd, buf, sizeof(buf), MSG_DONTWAIT);

		if (len < 0)
			return;
		why = refsock_take(buf, (size_t)len, &time);
		if (!why)
			why = use(r, &time);
		r->bad += !!why;
		if (why && !r->is_told)
			log_warning("%s: what is sent there is not used: %s",
				    r->addr.sun_path, why);
		r->is_told = !!why;
	}
}

/* A socket that a daemon before us left; other files are not touched. */
static void remove_old(const char *path)
{
	struct stat st;

	if (!lstat(path, &st) && S_ISSOCK(st.st_mode))
		unlink(path);
}

static int open_socket(struct refsock *r)
{
	int err = 0;

	r->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (r->fd < 0)
		return -errno;
	remove_old(r->addr.sun_path);
	if (bind(r->fd, (struct sockaddr *)&r->addr, sizeof(r->addr)))
		err = -errno;
	/* Who may reach it, its folder says; time of others is no secret. */
	if (!err && chmod(r->addr.sun_path, 0660))
		err = -errno;
	if (!err)
		err = loop_fd_add(r->fd, POLLIN, ready, r);
	if (err)
		close(r->fd);
	return err;
}

static int refsock_open(const struct conf_assoc *conf, void **state)
{
	struct refsock *r = calloc(1, sizeof(*r));
	int err;

	if (!r)
		return -ENOMEM;
	r->addr.sun_family = AF_UNIX;
	snprintf(r->addr.sun_path, sizeof(r->addr.sun_path), "%s", conf->path);
	if (!conf->fudge_flag[0])
		r->limit = conf->fudge_time2_s > 0 ? conf->fudge_time2_s :
						     LIMIT_S;
	err = open_socket(r);
	if (err) {
		log_error("%s: no socket can be made there: %s; %s",
			  r->addr.sun_path, strerror(-err), err == -EACCES ?
			  "name one in a folder that the daemon's user may "
			  "write to, such as /run/ntpd" : err == -EADDRINUSE ?
			  "a file is there that is no socket" :
			  "see that its folder is there");
		free(r);
		return err;
	}
	*state = r;
	return 0;
}

static int refsock_read(void *state, struct peer_reading *reading)
{
	struct refsock *r = state;
	size_t n = r->samples.n;
	double spread;

	if (!refclock_take(&r->samples, &reading->offset, &spread))
		return -EAGAIN;
	reading->disp = DISP + spread;
	reading->leap = r->leap;
	snprintf(reading->text, sizeof(reading->text), "%zu %u %.9f", n,
		 r->bad, reading->offset);
	return 0;
}

static void refsock_close(void *state)
{
	struct refsock *r = state;

	loop_fd_del(r->fd);
	close(r->fd);
	remove_old(r->addr.sun_path);
	free(r);
}

const struct refclock_driver refsock_driver = {
	.type = CONF_REFCLOCK_SOCK,
	.name = "SOCK",
	.stratum = 0,
	.refid = "SOCK",
	.open = refsock_open,
	.read = refsock_read,
	.close = refsock_close,
};
