/* SPDX-License-Identifier: GPL-2.0-only */
/* Copyright (C) 2026 The kntp authors */
#ifndef KNTP_SYSVARS_H
#define KNTP_SYSVARS_H

#include "kmod/kntp.h"

int kntp_sysvars_init(struct kntp_net *kn);
void kntp_sysvars_uninit(struct kntp_net *kn);
void kntp_sysvars_set(struct kntp_net *kn, const struct ntp_sysvars *sys);
void kntp_sysvars_get(const struct kntp_net *kn, struct ntp_sysvars *sys);
u64 kntp_sysvars_now(const struct kntp_net *kn, struct ntp_sysvars_now *now);
void kntp_sysvars_age(const struct kntp_net *kn, struct kntp_clock_aged *aged,
		      u64 mono_ns);

/**
 * kntp_sysvars_served() - the clock state as it goes into a reply
 * @kn: the namespace
 * @mono_ns: now, kntp_stamp_mono()
 *
 * That clock moves once a tick, and so does what the state ages to: within a
 * tick and a state all replies of a CPU share one result. Bottom halves are
 * off.
 *
 * Return: the state, this CPU's until bottom halves are on.
 */
static inline const struct ntp_sysvars_now *
kntp_sysvars_served(const struct kntp_net *kn, u64 mono_ns)
{
	struct kntp_clock_aged *aged = this_cpu_ptr(kn->clock.aged);

	if (unlikely(aged->seq != read_seqbegin(&kn->clock.lock) ||
		     aged->mono_ns != mono_ns))
		kntp_sysvars_age(kn, aged, mono_ns);
	return &aged->now;
}

#endif
