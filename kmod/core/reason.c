// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */

#include "kmod/core/reason.h"

#define NTP_REASON_NAME(NAME, name, verdict)	#name,

static const char *const names[] = { NTP_REASONS(NTP_REASON_NAME) };

const char *ntp_reason_name(enum ntp_reason reason)
{
	return names[reason];
}
