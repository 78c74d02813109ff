// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "daemon/engine/clock.h"
#include "daemon/engine/refid.h"
#include "daemon/refclock/refclock.h"
#include "daemon/refclock/reflocal.h"
#include "daemon/refclock/refphc.h"
#include "daemon/refclock/refpps.h"
#include "daemon/refclock/refshm.h"
#include "daemon/refclock/refsock.h"
#include "tools/lib/log.h"

static const struct refclock_driver *const drivers[] = {
	&reflocal_driver,
	&refphc_driver,
	&refpps_driver,
	&refshm_driver,
	&refsock_driver,
};

struct peer_clock {
	const struct refclock_driver *driver;
	void *state;
	u8 stratum;
	u32 refid;
	double time1;		/* added to what the driver reads */
};

/* --- samples ------------------------------------------------------------- */

void refclock_add(struct refclock_samples *samples, double offset, double when)
{
	if (samples->epoch != clock_epoch())
		samples->n = samples->next = 0;
	samples->epoch = clock_epoch();
	samples->free_offset[samples->next] = offset + clock_phase(when);
	samples->next = (samples->next + 1) % REFCLOCK_SAMPLES;
	if (samples->n < REFCLOCK_SAMPLES)
		samples->n++;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

bool refclock_take(struct refclock_samples *samples, double *offset,
		   double *spread)
{
	double *s = samples->free_offset, sum = 0;
	size_t first = 0, n = samples->n, keep = n - 2 * n / 5;

	samples->n = samples->next = 0;
	if (!n || samples->epoch != clock_epoch())
		return false;
	qsort(s, n, sizeof(*s), compare);
	for (; n > keep; n--) {
		double middle = s[first + n / 2];

		/* The further of both ends goes. */
		if (middle - s[first] > s[first + n - 1] - middle)
			first++;
	}
	for (size_t i = first; i < first + n; i++)
		sum += s[i];
	sum /= (double)n;
	*spread = fmax(sum - s[first], s[first + n - 1] - sum);
	*offset = sum - clock_phase(clock_now());
	return true;
}

/* --- drivers ------------------------------------------------------------- */

static const struct refclock_driver *find_driver(u8 type)
{
	for (size_t i = 0; i < sizeof(drivers) / sizeof(drivers[0]); i++)
		if (drivers[i]->type == type)
			return drivers[i];
	return NULL;
}

static int refclock_open(const struct conf_assoc *conf,
			 struct peer_clock **result)
{
	const struct refclock_driver *driver = find_driver(conf->refclock_type);
	struct peer_clock *clock;
	int err;

	if (!driver) {
		log_error("%s: there is no reference clock driver %u; there "
			  "are 1 (local clock), 22 (PPS), 28 (SHM), which "
			  "gpsd serves most receivers by, 48 (PHC) and 49 "
			  "(SOCK)", conf->name,
			  conf->refclock_type);
		return -ENODEV;
	}
	clock = calloc(1, sizeof(*clock));
	if (!clock)
		return -ENOMEM;
	clock->driver = driver;
	clock->stratum = conf->fudge_stratum >= 0 ? (u8)conf->fudge_stratum :
						    driver->stratum;
	clock->refid = refid_from_text(conf->fudge_refid[0] ?
				       conf->fudge_refid : driver->refid);
	clock->time1 = conf->fudge_time1_s;
	err = driver->open(conf, &clock->state);
	if (err) {
		free(clock);
		return err;
	}
	*result = clock;
	return 0;
}

static int refclock_read(struct peer_clock *clock,
			 struct peer_reading *reading)
{
	int err = clock->driver->read(clock->state, reading);

	reading->offset += clock->time1;
	reading->stratum = clock->stratum;
	reading->refid = clock->refid;
	return err;
}

static void refclock_close(struct peer_clock *clock)
{
	clock->driver->close(clock->state);
	free(clock);
}

static const struct peer_clock_ops ops = {
	.open = refclock_open,
	.read = refclock_read,
	.close = refclock_close,
};

void refclock_init(void)
{
	peer_set_clock_ops(&ops);
}
