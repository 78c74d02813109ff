// SPDX-License-Identifier: GPL-2.0-only
/* Copyright (C) 2026 The kntp authors */

#define pr_fmt(fmt) "kntp: " fmt

#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/moduleparam.h>
#include <linux/random.h>
#include <linux/sched.h>

#include "kmod/rx.h"
#include "kmod/stamp.h"
#include "kmod/xleave.h"

enum {
	INTERLEAVED_MAX	= 1 << 20,
	/* Entries for each client, so that buckets hardly ever overflow. */
	SPARE		= 4,
};

static unsigned int interleaved_max = 16384;

static int interleaved_max_set(const char *val, const struct kernel_param *kp)
{
	unsigned int n;
	int ret;

	ret = kstrtouint(val, 0, &n);
	if (ret) {
		pr_err("interleaved_max=%s is not a number; give 0 to %u\n",
		       val, INTERLEAVED_MAX);
		return ret;
	}
	*(unsigned int *)kp->arg = min_t(unsigned int, n, INTERLEAVED_MAX);
	if (n > INTERLEAVED_MAX)
		pr_warn("interleaved_max=%u is above %u; using that\n", n,
			INTERLEAVED_MAX);
	return 0;
}

static const struct kernel_param_ops interleaved_max_ops = {
	.set = interleaved_max_set,
	.get = param_get_uint,
};
module_param_cb(interleaved_max, &interleaved_max_ops, &interleaved_max, 0444);
__MODULE_PARM_TYPE(interleaved_max, "uint");
MODULE_PARM_DESC(interleaved_max, "Clients in interleaved mode to remember in each network namespace, up to 1048576; 0: no interleaved mode (16384)");

/**
 * kntp_xleave_alloc() - give a namespace its memory of replies, if it has none
 * @kn: the namespace
 *
 * 64 octets for each of interleaved_max clients. Under RTNL.
 *
 * Return: 0 or -ENOMEM.
 */
int kntp_xleave_alloc(struct kntp_net *kn)
{
	u32 buckets;
	u64 *word;

	if (kn->xleave.word || !interleaved_max)
		return 0;
	buckets = roundup_pow_of_two(DIV_ROUND_UP(interleaved_max * SPARE,
						  NTP_XLEAVE_WAYS));
	word = kvcalloc((size_t)buckets * NTP_XLEAVE_WAYS, 2 * sizeof(*word),
			GFP_KERNEL_ACCOUNT);
	if (!word)
		return -ENOMEM;
	kn->xleave.mask = buckets - 1;
	kn->xleave.seed = get_random_u64();
	/* Before hooks are attached, nobody looks. */
	kn->xleave.word = word;
	return 0;
}

/**
 * kntp_xleave_free() - forget all replies; nobody looks any more
 * @kn: the namespace
 */
void kntp_xleave_free(struct kntp_net *kn)
{
	kvfree(kn->xleave.word);
	kn->xleave.word = NULL;
}

/**
 * kntp_xleave_turn() - answer a request that asks for interleaved mode
 * @rx: the request, as kntp_xleave_begin() has it
 *
 * Bottom halves are off.
 */
void kntp_xleave_turn(struct kntp_rx *rx)
{
	ntp_xleave_turn(&rx->kn->xleave, rx->client, rx->ex.pkt.org,
			rx->ex.rec, rx->epoch, &rx->turn);
}

/**
 * kntp_xleave_restamp() - the receive stamp became another one
 * @rx: the request; @rx->ex.rec is set anew, and gets its mark here
 *
 * What was remembered is of a stamp that is not sent, and never found.
 */
void kntp_xleave_restamp(struct kntp_rx *rx)
{
	rx->ex.rec = ntp_xleave_mark(rx->client, rx->ex.rec);
	rx->turn.slot = NULL;
}
