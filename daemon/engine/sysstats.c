// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "daemon/engine/kernel.h"
#include "daemon/engine/server.h"
#include "daemon/engine/sysstats.h"

/* As they were told last. */
static struct {
	u64 daemon[NTP_REASON_COUNT];
	u64 module[NTP_REASON_COUNT];
} told;

/* What each reason met since the last time, wherever. */
static void take(u64 count[NTP_REASON_COUNT])
{
	u64 module[NTP_REASON_COUNT];
	bool is_there = kernel_counts(module);

	for (int i = 0; i < NTP_REASON_COUNT; i++) {
		u64 daemon = server_count(i);

		count[i] = daemon - told.daemon[i];
		told.daemon[i] = daemon;
		/* What the module passes on is met here. */
		if (!is_there || ntp_reason_verdict(i) == NTP_PASS)
			continue;
		/* It may have been loaded, or told to count, anew. */
		if (module[i] >= told.module[i])
			count[i] += module[i] - told.module[i];
		else
			count[i] += module[i];
		told.module[i] = module[i];
	}
}

static u64 sum(const u64 *count, enum ntp_reason first, enum ntp_reason last)
{
	u64 n = 0;

	for (int i = first; i <= (int)last; i++)
		n += count[i];
	return n;
}

void sysstats_start(void)
{
	u64 count[NTP_REASON_COUNT];

	take(count);
}

void sysstats_print(char *buf, size_t size)
{
	u64 count[NTP_REASON_COUNT], received, version;

	take(count);
	received = sum(count, 0, NTP_REASON_COUNT - 1);
	version = count[NTP_PASS_VERSION] + count[NTP_DROP_VERSION];
	snprintf(buf, size, "%" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64
		 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64
		 " %" PRIu64, received, sum(count, NTP_SERVED, NTP_SERVED_RATE),
		 received - version, version,
		 count[NTP_DROP_IGNORE] + count[NTP_DROP_NOSERVE],
		 count[NTP_PASS_SHORT] + count[NTP_PASS_LONG] +
		 count[NTP_PASS_EXTENSION] + count[NTP_DROP_LENGTH],
		 count[NTP_PASS_MAC] + count[NTP_PASS_KEY] +
		 count[NTP_SERVED_NAK] + count[NTP_DROP_NOTRUST],
		 count[NTP_PASS_MODE],
		 count[NTP_DROP_RATE] + count[NTP_SERVED_RATE],
		 count[NTP_SERVED_RATE]);
}
