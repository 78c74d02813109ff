// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */

#include <ctype.h>

#include <uapi/linux/kntp.h>

#include "kmod/core/reason.h"
#include "tests/lib/tap.h"

static bool is_plain(const char *name)
{
	for (; *name; name++)
		if (!islower((unsigned char)*name) && *name != '_')
			return false;
	return true;
}

static enum ntp_verdict verdict_of(const char *name)
{
	if (!strncmp(name, "served", 6))
		return NTP_REPLY;
	return strncmp(name, "drop_", 5) ? NTP_PASS : NTP_DROP;
}

int main(void)
{
	tap_start();
	for (unsigned int r = 0; r < NTP_REASON_COUNT; r++) {
		const char *name = ntp_reason_name(r);
		bool is_unique = true;

		for (unsigned int other = 0; other < r; other++)
			is_unique &= !!strcmp(name, ntp_reason_name(other));
		ok(is_unique && is_plain(name), "%s is a name of its own", name);
		is_int(ntp_reason_verdict(r), verdict_of(name),
		       "%s says its verdict", name);
	}

	is_int(KNTP_A_REASONS_DROP_XMIT - KNTP_A_REASONS_SERVED, NTP_DROP_XMIT,
	       "attributes and reasons are in step");
	is_int(KNTP_A_REASONS_PASS_MODE - KNTP_A_REASONS_SERVED, NTP_PASS_MODE,
	       "also at the first that passes");
	is_int(KNTP_A_REASONS_MAX - KNTP_A_REASONS_SERVED + 1, NTP_REASON_COUNT,
	       "and there is one for each");
	return tap_finish();
}
