// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
/*
 * Preloaded into a chronyd that does not touch the clock (-x): what it takes
 * for CLOCK_REALTIME is the clock of rawclock.h. The kernel's packet stamps
 * are CLOCK_REALTIME; they are converted as they come in, by readings of both
 * clocks a moment later. Where the daemon under test turns the one by 1000 ppm
 * against the other, a stamp that is read 100 us late is 0.1 us off.
 */
#include "tests/bench/rawclock.h"

#include <dlfcn.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	TRIES = 4,
};

typedef int receive_fn(int fd, struct mmsghdr *msgs, unsigned int n, int flags,
		       struct timespec *timeout);

static struct rawclock shown;
static rawclock_read *real_gettime;
static receive_fn *real_recvmmsg;

__attribute__((constructor)) static void begin(void)
{
	static const char text[] = "rawclock: RAWCLOCK must be set, see truth -b\n";

	*(void **)&real_gettime = dlsym(RTLD_NEXT, "clock_gettime");
	*(void **)&real_recvmmsg = dlsym(RTLD_NEXT, "recvmmsg");
	if (!real_gettime || !real_recvmmsg || !rawclock_from_env(&shown)) {
		(void)!write(STDERR_FILENO, text, sizeof(text) - 1);
		_exit(2);
	}
}

static struct timespec timespec_of(int64_t ns)
{
	return (struct timespec){ .tv_sec = ns / 1000000000,
				  .tv_nsec = ns % 1000000000 };
}

int clock_gettime(clockid_t id, struct timespec *ts)
{
	if (id != CLOCK_REALTIME)
		return real_gettime(id, ts);
	*ts = timespec_of(rawclock_at(&shown, rawclock_ns(real_gettime,
							  CLOCK_MONOTONIC_RAW)));
	return 0;
}

/* The first of three is the software stamp; the others are no clock's of ours. */
static void convert(struct msghdr *hdr)
{
	struct rawclock_pair now;
	struct cmsghdr *cmsg;
	struct timespec ts;
	int64_t ns;

	for (cmsg = CMSG_FIRSTHDR(hdr); cmsg; cmsg = CMSG_NXTHDR(hdr, cmsg)) {
		if (cmsg->cmsg_level != SOL_SOCKET ||
		    (cmsg->cmsg_type != SO_TIMESTAMPING &&
		     cmsg->cmsg_type != SO_TIMESTAMPNS))
			continue;
		memcpy(&ts, CMSG_DATA(cmsg), sizeof(ts));
		if (!ts.tv_sec && !ts.tv_nsec)
			continue;
		now = rawclock_pair(real_gettime, TRIES);
		ns = ts.tv_sec * 1000000000LL + ts.tv_nsec;
		ts = timespec_of(rawclock_at(&shown, now.raw - (now.real - ns)));
		memcpy(CMSG_DATA(cmsg), &ts, sizeof(ts));
	}
}

int recvmmsg(int fd, struct mmsghdr *msgs, unsigned int n, int flags,
	     struct timespec *timeout)
{
	int got = real_recvmmsg(fd, msgs, n, flags, timeout), i;

	for (i = 0; i < got; i++)
		convert(&msgs[i].msg_hdr);
	return got;
}
