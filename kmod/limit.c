// SPDX-License-Identifier: GPL-2.0-only
/* Copyright (C) 2026 The kntp authors */

#define pr_fmt(fmt) "kntp: " fmt

#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/moduleparam.h>
#include <linux/random.h>

#include "kmod/limit.h"

enum {
	LIMITED_MIN	= 1024,
	LIMITED_MAX	= 1 << 22,
};

static unsigned int limited_max = 65536;

static int limited_max_set(const char *val, const struct kernel_param *kp)
{
	unsigned int n, used;
	int ret;

	ret = kstrtouint(val, 0, &n);
	if (ret) {
		pr_err("limited_max=%s is not a number; give %u to %u\n", val,
		       LIMITED_MIN, LIMITED_MAX);
		return ret;
	}
	used = roundup_pow_of_two(clamp_t(unsigned int, n, LIMITED_MIN,
					  LIMITED_MAX));
	if (used != n)
		pr_warn("limited_max=%u is no power of two of %u to %u; using %u\n",
			n, LIMITED_MIN, LIMITED_MAX, used);
	*(unsigned int *)kp->arg = used;
	return 0;
}

static const struct kernel_param_ops limited_max_ops = {
	.set = limited_max_set,
	.get = param_get_uint,
};
module_param_cb(limited_max, &limited_max_ops, &limited_max, 0444);
__MODULE_PARM_TYPE(limited_max, "uint");
MODULE_PARM_DESC(limited_max, "Clients whose rates are known in each network namespace that limits them, a power of two of 1024 to 4194304 (65536)");

DEFINE_PER_CPU(u64, kntp_limit_chance);

/**
 * kntp_limit_get() - the memory for rates of a namespace
 * @kn: the namespace, its configuration locked
 *
 * Made when it is first needed, and kept: a new configuration forgives
 * nobody. 8 octets a client.
 *
 * Return: the memory, or NULL if there is none.
 */
struct ntp_rate *kntp_limit_get(struct kntp_net *kn)
{
	struct ntp_rate *rate = &kn->config.rate;

	if (rate->word)
		return rate;
	rate->mask = limited_max / NTP_RATE_WAYS - 1;
	rate->seed = get_random_u32();
	rate->word = kvcalloc(limited_max, sizeof(*rate->word),
			      GFP_KERNEL_ACCOUNT);
	return rate->word ? rate : NULL;
}

/**
 * kntp_limit_free() - forget all rates; nobody asks any more
 * @kn: the namespace
 */
void kntp_limit_free(struct kntp_net *kn)
{
	kvfree(kn->config.rate.word);
}

/**
 * kntp_limit_init() - gather chance
 */
void kntp_limit_init(void)
{
	int cpu;

	for_each_possible_cpu(cpu)
		per_cpu(kntp_limit_chance, cpu) = get_random_u64();
}
