// SPDX-License-Identifier: GPL-2.0-only
/* Copyright (C) 2026 The kntp authors */

#include <linux/slab.h>

#include "kmod/counters.h"

/**
 * kntp_counters_init() - make a namespace's counters, all zero
 * @counters: zeroed memory
 *
 * Return: 0 or -ENOMEM.
 */
int kntp_counters_init(struct kntp_counters *counters)
{
	int cpu;

	counters->cpu = alloc_percpu(struct kntp_counters_cpu);
	if (!counters->cpu)
		return -ENOMEM;
	for_each_possible_cpu(cpu)
		u64_stats_init(&per_cpu_ptr(counters->cpu, cpu)->sync);
	mutex_init(&counters->lock);
	return 0;
}

/**
 * kntp_counters_uninit() - free them, when nobody counts any more
 * @counters: of the namespace
 */
void kntp_counters_uninit(struct kntp_counters *counters)
{
	free_percpu(counters->cpu);
}

static u64 total(const struct kntp_counters *counters, unsigned int index)
{
	const struct kntp_counters_cpu *c;
	unsigned int start;
	u64 sum = 0, value;
	int cpu;

	for_each_possible_cpu(cpu) {
		c = per_cpu_ptr(counters->cpu, cpu);
		do {
			start = u64_stats_fetch_begin(&c->sync);
			value = u64_stats_read(&c->value[index]);
		} while (u64_stats_fetch_retry(&c->sync, start));
		sum += value;
	}
	return sum;
}

/**
 * kntp_counters_read_one() - one counter since the last reset
 * @counters: of the namespace
 * @index: an enum ntp_reason or enum kntp_counter
 *
 * Return: its value. May sleep.
 */
u64 kntp_counters_read_one(struct kntp_counters *counters, unsigned int index)
{
	u64 value;

	mutex_lock(&counters->lock);
	value = total(counters, index) - counters->base[index];
	mutex_unlock(&counters->lock);
	return value;
}

/**
 * kntp_counters_read() - all counters since the last reset
 * @counters: of the namespace
 * @value: result
 *
 * The reasons are read before the requests: what comes in meanwhile can show
 * as a request without a reason yet, never the other way round. May sleep.
 */
void kntp_counters_read(struct kntp_counters *counters,
			u64 value[KNTP_COUNTER_COUNT])
{
	unsigned int i;

	mutex_lock(&counters->lock);
	for (i = 0; i < KNTP_COUNTER_COUNT; i++)
		value[i] = total(counters, i) - counters->base[i];
	mutex_unlock(&counters->lock);
}

/**
 * kntp_counters_reset() - count from zero again
 * @counters: of the namespace
 *
 * A request that is being decided right now counts as one after the reset:
 * otherwise its reason could come without it, for ever. May sleep.
 */
void kntp_counters_reset(struct kntp_counters *counters)
{
	u64 decided = 0;
	unsigned int i;

	mutex_lock(&counters->lock);
	for (i = 0; i < KNTP_COUNTER_COUNT; i++) {
		counters->base[i] = total(counters, i);
		if (i < NTP_REASON_COUNT)
			decided += counters->base[i];
	}
	counters->base[KNTP_COUNTER_REQUESTS] = decided;
	mutex_unlock(&counters->lock);
}
