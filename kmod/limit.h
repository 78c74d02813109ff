/* SPDX-License-Identifier: GPL-2.0-only */
/* Copyright (C) 2026 The kntp authors */
#ifndef KNTP_LIMIT_H
#define KNTP_LIMIT_H

#include <linux/percpu.h>

#include "kmod/kntp.h"

DECLARE_PER_CPU(u64, kntp_limit_chance);

struct ntp_rate *kntp_limit_get(struct kntp_net *kn);
void kntp_limit_free(struct kntp_net *kn);
void kntp_limit_init(void);

/**
 * kntp_limit_noise() - bits that a client cannot know
 *
 * A congruential generator, seeded at random: clients see nothing of it but
 * whether one of many requests was let through. get_random_u32() costs more
 * than all the rest of limits. Bottom halves are off.
 *
 * Return: the bits.
 */
static inline u32 kntp_limit_noise(void)
{
	u64 next = this_cpu_read(kntp_limit_chance);

	next = next * 6364136223846793005ULL + 1442695040888963407ULL;
	this_cpu_write(kntp_limit_chance, next);
	return next >> 32;
}

#endif
