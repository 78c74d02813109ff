// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */

/* Hourly counts of module and daemon, while both begin anew at times. */

#include "daemon/engine/kernel.h"
#include "daemon/engine/server.h"
#include "daemon/engine/sysstats.h"
#include "tests/lib/tap.h"

static u64 met[NTP_REASON_COUNT];	/* by the daemon */
static u64 module[NTP_REASON_COUNT];
static bool is_loaded;

static u64 fake_count(enum ntp_reason reason)
{
	return met[reason];
}

static bool fake_counts(u64 count[NTP_REASON_COUNT])
{
	if (is_loaded)
		memcpy(count, module, sizeof(module));
	return is_loaded;
}

#define server_count	fake_count
#define kernel_counts	fake_counts
#include "daemon/engine/sysstats.c"

static const char *printed(void)
{
	static char buf[256];

	sysstats_print(buf, sizeof(buf));
	return buf;
}

int main(void)
{
	tap_start();
	is_loaded = true;
	module[NTP_SERVED] = 1000000;
	sysstats_start();
	is_str(printed(), "0 0 0 0 0 0 0 0 0 0",
	       "what the module met before is not told");

	met[NTP_SERVED] = 3;
	module[NTP_SERVED] += 5000000000;
	is_str(printed(), "5000000003 5000000003 5000000003 0 0 0 0 0 0 0",
	       "module and daemon together");
	is_str(printed(), "0 0 0 0 0 0 0 0 0 0", "each is told once");

	met[NTP_PASS_MODE] = 2;
	module[NTP_PASS_MODE] = 2;
	is_str(printed(), "2 0 2 0 0 0 0 2 0 0",
	       "what the module passes on is told once");

	module[NTP_DROP_VERSION] = 1;
	module[NTP_DROP_IGNORE] = 10;
	module[NTP_DROP_NOSERVE] = 10;
	module[NTP_DROP_LENGTH] = 300;
	met[NTP_DROP_NOTRUST] = 4000;
	module[NTP_DROP_RATE] = 50000;
	module[NTP_SERVED_RATE] = 600000;
	is_str(printed(), "654321 600000 654320 1 20 300 4000 0 650000 600000",
	       "each field has its reasons");

	is_loaded = false;
	met[NTP_SERVED] += 7;
	is_str(printed(), "7 7 7 0 0 0 0 0 0 0", "without the module");
	is_loaded = true;
	memset(module, 0, sizeof(module));
	module[NTP_SERVED] = 9;
	is_str(printed(), "9 9 9 0 0 0 0 0 0 0", "which comes and counts anew");
	return tap_finish();
}
