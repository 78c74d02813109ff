/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef NTP_REASON_H
#define NTP_REASON_H

#include "kmod/core/types.h"

/**
 * enum ntp_verdict - what becomes of a datagram
 * @NTP_PASS: not ours: leave it, untouched, to whoever is next
 * @NTP_REPLY: answer it
 * @NTP_DROP: nobody may answer it
 */
enum ntp_verdict {
	NTP_PASS,
	NTP_REPLY,
	NTP_DROP,
};

/*
 * Why a verdict was given: X(NAME, name, VERDICT). One counter each; the names
 * are those of netlink, procfs, sysfs, tracepoints and programs, and the
 * attributes KNTP_A_REASONS_* stand in the same order.
 */
#define NTP_REASONS(X)					\
	X(SERVED, served, REPLY)			\
	X(SERVED_UNSYNC, served_unsync, REPLY)		\
	X(SERVED_NAK, served_nak, REPLY)		\
	X(SERVED_SYMMETRIC, served_symmetric, REPLY)	\
	X(SERVED_AUTH, served_auth, REPLY)		\
	X(SERVED_RATE, served_rate, REPLY)		\
	X(PASS_MODE, pass_mode, PASS)			\
	X(PASS_VERSION, pass_version, PASS)		\
	X(PASS_SHORT, pass_short, PASS)			\
	X(PASS_LONG, pass_long, PASS)			\
	X(PASS_EXTENSION, pass_extension, PASS)		\
	X(PASS_MAC, pass_mac, PASS)			\
	X(PASS_KEY, pass_key, PASS)			\
	X(PASS_NTS, pass_nts, PASS)			\
	X(PASS_PORT, pass_port, PASS)			\
	X(PASS_SOURCE, pass_source, PASS)		\
	X(PASS_NOTLOCAL, pass_notlocal, PASS)		\
	X(PASS_FRAGMENT, pass_fragment, PASS)		\
	X(PASS_OPTIONS, pass_options, PASS)		\
	X(PASS_AGGREGATE, pass_aggregate, PASS)		\
	X(PASS_SHARED, pass_shared, PASS)		\
	X(PASS_DEVICE, pass_device, PASS)		\
	X(DROP_IGNORE, drop_ignore, DROP)		\
	X(DROP_NOSERVE, drop_noserve, DROP)		\
	X(DROP_NOTRUST, drop_notrust, DROP)		\
	X(DROP_VERSION, drop_version, DROP)		\
	X(DROP_FLAKE, drop_flake, DROP)			\
	X(DROP_RATE, drop_rate, DROP)			\
	X(DROP_CHECKSUM, drop_checksum, DROP)		\
	X(DROP_LENGTH, drop_length, DROP)		\
	X(DROP_NOMEM, drop_nomem, DROP)			\
	X(DROP_NOROUTE, drop_noroute, DROP)		\
	X(DROP_XMIT, drop_xmit, DROP)

#define NTP_REASON_ENUM(NAME, name, verdict)	NTP_##NAME,
enum ntp_reason {
	NTP_REASONS(NTP_REASON_ENUM)
	NTP_REASON_COUNT
};

#undef NTP_REASON_ENUM

/**
 * ntp_reason_name() - a reason's name in all interfaces
 * @reason: below NTP_REASON_COUNT
 *
 * Return: its name, lower case with underscores.
 */
const char *ntp_reason_name(enum ntp_reason reason);

#define NTP_REASON_VERDICT(NAME, name, verdict)	NTP_##verdict,

/**
 * ntp_reason_verdict() - the verdict that a reason belongs to
 * @reason: below NTP_REASON_COUNT
 *
 * Inline, as where the reason is a constant so is the verdict.
 *
 * Return: the verdict.
 */
static inline enum ntp_verdict ntp_reason_verdict(enum ntp_reason reason)
{
	static const u8 verdicts[] = { NTP_REASONS(NTP_REASON_VERDICT) };

	return (enum ntp_verdict)verdicts[reason];
}

#undef NTP_REASON_VERDICT

#endif
