/* SPDX-License-Identifier: GPL-2.0-only */
/* Copyright (C) 2026 The kntp authors */
#ifndef KNTP_SYSVARS_H
#define KNTP_SYSVARS_H

#include <linux/types.h>

struct kntp_net;
struct ntp_sysvars;
struct ntp_sysvars_now;

int kntp_sysvars_init(struct kntp_net *kn);
void kntp_sysvars_uninit(struct kntp_net *kn);
void kntp_sysvars_set(struct kntp_net *kn, const struct ntp_sysvars *sys);
void kntp_sysvars_get(const struct kntp_net *kn, struct ntp_sysvars *sys);
u64 kntp_sysvars_now(const struct kntp_net *kn, struct ntp_sysvars_now *now);
const struct ntp_sysvars_now *kntp_sysvars_served(const struct kntp_net *kn,
						  u64 mono_ns);

#endif
