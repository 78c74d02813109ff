// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include <errno.h>
#include <stdlib.h>

#include "daemon/engine/refid.h"
#include "daemon/refclock/refclock.h"
#include "daemon/refclock/reflocal.h"
#include "tools/lib/log.h"

static const struct refclock_driver *const drivers[] = {
	&reflocal_driver,
};

struct peer_clock {
	const struct refclock_driver *driver;
	void *state;
	u8 stratum;
	u32 refid;
	double time1;		/* added to what the driver reads */
};

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
		log_error("%s: there is no reference clock driver %u; the "
			  "local clock is 127.127.1.u", conf->name,
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
	err = driver->open(conf->refclock_unit, &clock->state);
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
