// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include "daemon/refclock/reflocal.h"

/* What clients are told of its error, s; nobody can know it. */
#define DISP		0.01
#define STRATUM		5

static int reflocal_open(const struct conf_assoc *conf, void **state)
{
	*state = NULL;
	return 0;
}

static int reflocal_read(void *state, struct peer_reading *reading)
{
	reading->offset = 0;
	reading->disp = DISP;
	reading->leap = 0;
	reading->is_free = true;
	return 0;
}

static void reflocal_close(void *state)
{
}

const struct refclock_driver reflocal_driver = {
	.type = CONF_REFCLOCK_LOCAL,
	.name = "local clock",
	.stratum = STRATUM,
	.refid = "LOCL",
	.open = reflocal_open,
	.read = reflocal_read,
	.close = reflocal_close,
};
