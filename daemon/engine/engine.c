// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include <string.h>

#include "daemon/engine/access.h"
#include "daemon/engine/assoc.h"
#include "daemon/engine/broadcast.h"
#include "daemon/engine/engine.h"
#include "daemon/engine/hwstamp.h"
#include "daemon/engine/kernel.h"
#include "daemon/engine/keyring.h"
#include "daemon/engine/leapfile.h"
#include "daemon/engine/server.h"
#include "daemon/engine/stats.h"
#include "daemon/engine/steer.h"
#include "daemon/engine/system.h"
#include "daemon/io/group.h"
#include "daemon/io/loop.h"
#include "tools/lib/log.h"

static bool is_once;

/* Rules are others than before: for both who answer. */
static void rules_changed(void)
{
	server_refresh();
	if (!is_once)
		kernel_refresh();
}

int engine_init(const struct engine_options *options)
{
	int err;

	is_once = options->once;
	stats_init();
	system_init(options);
	steer_init(options);
	access_init(rules_changed);
	err = loop_clock_watch(system_clock_set, NULL);
	if (err)
		log_info("the system does not tell when somebody sets the "
			 "clock: %s; looked for each 16 s", strerror(-err));
	/* Who only sets the clock serves nobody. */
	if (!is_once) {
		kernel_init();
		hwstamp_init();
	}
	return 0;
}

void engine_apply(const struct conf *old, const struct conf *new)
{
	stats_apply(new);
	leapfile_apply(new);
	steer_apply(new);
	system_apply(new);
	keyring_apply(new);
	access_apply(new);
	server_apply(new);
	if (!is_once) {
		kernel_apply(new);
		hwstamp_apply(new);
	}
	broadcast_apply(old, new);
	assoc_apply(new);
}

void engine_link(enum links_change change, const struct links_if *link)
{
	access_refresh();
	group_link(change, link);
	if (!is_once) {
		kernel_link(change, link);
		hwstamp_link();
	}
}

void engine_shutdown(void)
{
	server_report();
	loop_clock_watch(NULL, NULL);
	steer_shutdown();
	system_shutdown();
	hwstamp_close();
	kernel_shutdown();
	assoc_close();
	group_close();
	leapfile_close();
	stats_close();
	server_close();
	access_close();
	keyring_close();
}
