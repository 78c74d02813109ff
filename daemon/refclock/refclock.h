/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef REFCLOCK_H
#define REFCLOCK_H

#include "daemon/engine/peer.h"

/** struct refclock_driver - a kind of clock, t of 127.127.t.u */
struct refclock_driver {
	u8 type;
	const char *name;	/* for people, without the unit */
	u8 stratum;		/* unless fudged */
	const char *refid;	/* unless fudged */
	/* Return: 0 and *@state, or a negative errno, which was logged. */
	int (*open)(unsigned int unit, void **state);
	/* Sets all but stratum and refid. Return: 0 or a negative errno. */
	int (*read)(void *state, struct peer_reading *reading);
	void (*close)(void *state);
};

/** refclock_init() - let the engine's associations have reference clocks */
void refclock_init(void);

#endif
