/* SPDX-License-Identifier: GPL-2.0-only */
/* Copyright (C) 2026 The kntp authors */
#ifndef KNTP_COUNTERS_H
#define KNTP_COUNTERS_H

#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/u64_stats_sync.h>

#include "kmod/core/reason.h"

/*
 * Requests are counted as they come, reasons as they are decided, so that it
 * means something that the reasons add up to the requests.
 */
enum kntp_counter {
	/* The reasons of enum ntp_reason, then: */
	KNTP_COUNTER_REQUESTS = NTP_REASON_COUNT,
	/* by enum kntp_stamp_source */
	KNTP_COUNTER_STAMP_CLOCK,
	KNTP_COUNTER_STAMP_DRIVER,
	KNTP_COUNTER_STAMP_HARDWARE,
	KNTP_COUNTER_INTERLEAVED,
	KNTP_COUNTER_COUNT
};

/**
 * struct kntp_counters_cpu - one CPU's counters
 * @value: indexed by enum ntp_reason and enum kntp_counter
 * @sync: makes 64-bit values whole on 32-bit machines
 */
struct kntp_counters_cpu {
	u64_stats_t value[KNTP_COUNTER_COUNT];
	struct u64_stats_sync sync;
};

/**
 * struct kntp_counters - counters of a namespace
 * @cpu: only ever counted up
 * @lock: guards @base
 * @base: where counting starts since the last reset
 */
struct kntp_counters {
	struct kntp_counters_cpu __percpu *cpu;
	struct mutex lock;
	u64 base[KNTP_COUNTER_COUNT];
};

/**
 * kntp_counters_inc() - count one; bottom halves are off
 * @counters: of the namespace
 * @index: an enum ntp_reason or enum kntp_counter
 */
static inline void kntp_counters_inc(const struct kntp_counters *counters,
				     unsigned int index)
{
	struct kntp_counters_cpu *cpu = this_cpu_ptr(counters->cpu);

	u64_stats_update_begin(&cpu->sync);
	u64_stats_inc(&cpu->value[index]);
	u64_stats_update_end(&cpu->sync);
}

int kntp_counters_init(struct kntp_counters *counters);
void kntp_counters_uninit(struct kntp_counters *counters);
void kntp_counters_read(struct kntp_counters *counters,
			u64 value[KNTP_COUNTER_COUNT]);
u64 kntp_counters_read_one(struct kntp_counters *counters, unsigned int index);
void kntp_counters_reset(struct kntp_counters *counters);

#endif
