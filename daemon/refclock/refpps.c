// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include "daemon/refclock/refpps.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/pps.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "daemon/engine/clock.h"
#include "daemon/engine/system.h"
#include "daemon/io/loop.h"
#include "kmod/core/sysvars.h"
#include "tools/lib/log.h"

#define NS		1e9
/* So well must the clock be known that a pulse names its second. */
#define NUMBER_NS	400000000ULL
/* No pulse for that long: the cable was pulled, s. */
#define LOST_S		10
/* Of the interrupt that is stamped; a bound for most hardware, s. */
#define DISP		1e-6

struct pps {
	int fd;
	bool is_clear;		/* the other edge counts */
	unsigned int sequence;
	struct loop_timer timer;
	struct refclock_samples samples;
	double seen;
	bool told_lost;
	char path[CONF_PATH_MAX + 16];
};

double refpps_offset(unsigned int ns)
{
	return ns < 500000000 ? -(double)ns / NS : 1 - (double)ns / NS;
}

bool refpps_is_numbered(void)
{
	const struct ntp_sysvars *vars = system_vars();

	return vars->is_set && vars->leap != NTP_LEAP_UNSYNC &&
	       vars->rootdisp_ns + ntp_lfp_short_ns(vars->rootdelay) / 2 <
	       NUMBER_NS;
}

static void tell_lost(struct pps *pps, double now)
{
	bool is_lost = now - pps->seen > LOST_S;

	if (is_lost && !pps->told_lost)
		log_warning("%s: no pulse for %d s; look at cable and "
			    "receiver, and at ppstest", pps->path, LOST_S);
	else if (!is_lost && pps->told_lost)
		log_notice("%s: pulses again", pps->path);
	pps->told_lost = is_lost;
}

static void sample(void *arg)
{
	struct pps *pps = arg;
	struct pps_fdata data = { 0 };
	const struct pps_ktime *stamp = &data.info.assert_tu;
	unsigned int sequence;

	loop_timer_in(&pps->timer, LOOP_NS_PER_S);
	if (ioctl(pps->fd, PPS_FETCH, &data))
		return;
	sequence = data.info.assert_sequence;
	if (pps->is_clear) {
		stamp = &data.info.clear_tu;
		sequence = data.info.clear_sequence;
	}
	if (sequence != pps->sequence && stamp->nsec >= 0 &&
	    stamp->nsec < LOOP_NS_PER_S) {
		int64_t ns = stamp->sec * LOOP_NS_PER_S + stamp->nsec;

		pps->sequence = sequence;
		pps->seen = clock_now();
		if (refpps_is_numbered())
			refclock_add(&pps->samples,
				     refpps_offset((unsigned int)stamp->nsec),
				     clock_when(ns));
	}
	tell_lost(pps, clock_now());
}

static int choose_edge(struct pps *pps)
{
	int edge = pps->is_clear ? PPS_CAPTURECLEAR : PPS_CAPTUREASSERT;
	struct pps_kparams params = { 0 };
	int caps = 0;

	if (ioctl(pps->fd, PPS_GETCAP, &caps) ||
	    ioctl(pps->fd, PPS_GETPARAMS, &params))
		return -errno;
	if (!(caps & edge))
		return -EOPNOTSUPP;
	if (params.mode & edge)
		return 0;
	params.mode |= edge;
	return ioctl(pps->fd, PPS_SETPARAMS, &params) ? -errno : 0;
}

static int refpps_open(const struct conf_assoc *conf, void **state)
{
	const char *path = conf->ppspath[0] ? conf->ppspath : conf->path;
	struct pps *pps = calloc(1, sizeof(*pps));
	int err;

	if (!pps)
		return -ENOMEM;
	if (*path)
		snprintf(pps->path, sizeof(pps->path), "%s", path);
	else
		snprintf(pps->path, sizeof(pps->path), "/dev/pps%u",
			 conf->refclock_unit);
	/* As with ntpd: flag2 takes the other edge of the pulse. */
	pps->is_clear = conf->fudge_flag[1];
	pps->fd = open(pps->path, O_RDONLY | O_CLOEXEC);
	err = pps->fd < 0 ? -errno : choose_edge(pps);
	if (err) {
		log_error("%s: no pulses from there: %s; %s", pps->path,
			  strerror(-err), err == -ENOENT ? "load the driver "
			  "of the device (pps-gpio, pps-ldisc by ldattach)" :
			  err == -EACCES ? "let the daemon's user read it" :
			  "see that it is a PPS device with that edge");
		if (pps->fd >= 0)
			close(pps->fd);
		free(pps);
		return err;
	}
	pps->seen = clock_now();
	loop_timer_init(&pps->timer, sample, pps);
	sample(pps);
	*state = pps;
	return 0;
}

static int refpps_read(void *state, struct peer_reading *reading)
{
	struct pps *pps = state;
	size_t n = pps->samples.n;
	double spread;

	if (!refclock_take(&pps->samples, &reading->offset, &spread))
		return -EAGAIN;
	reading->disp = DISP + spread;
	/* Pulses know of no leap second. */
	reading->leap = 0;
	snprintf(reading->text, sizeof(reading->text), "%zu %.9f", n,
		 reading->offset);
	return 0;
}

static void refpps_close(void *state)
{
	struct pps *pps = state;

	loop_timer_cancel(&pps->timer);
	close(pps->fd);
	free(pps);
}

const struct refclock_driver refpps_driver = {
	.type = CONF_REFCLOCK_PPS,
	.name = "PPS",
	.stratum = 0,
	.refid = "PPS",
	.open = refpps_open,
	.read = refpps_read,
	.close = refpps_close,
};
