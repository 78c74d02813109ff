// SPDX-License-Identifier: GPL-2.0-only
/* Copyright (C) 2026 The kntp authors */

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>

#include "kmod/kntp.h"
#include "kmod/line.h"
#include "kmod/stamp.h"

enum {
	LINES_MAX	= 64,	/* of a namespace */
};

static bool is_set(const struct kntp_line *line)
{
	return line->given.until_ns;
}

/**
 * kntp_line_read() - a line as it was given, and what it is worth
 * @line: the line
 * @given: result
 * @mono_ns: now
 *
 * Return: its worth.
 */
enum kntp_phc_state kntp_line_read(const struct kntp_line *line,
				   struct kntp_line_given *given, u64 mono_ns)
{
	unsigned int seq;

	do {
		seq = read_seqbegin(&line->lock);
		*given = line->given;
	} while (read_seqretry(&line->lock, seq));
	return kntp_line_worth(given, mono_ns);
}

static struct kntp_line *find_or_make(struct kntp_net *kn, u32 index,
				      struct netlink_ext_ack *extack)
{
	struct kntp_line *line = xa_load(&kn->lines, index);

	if (line)
		return line;
	if (kn->line_n >= LINES_MAX) {
		NL_SET_ERR_MSG(extack, "64 PHCs have a line already; delete one with phc-del");
		return ERR_PTR(-ENOSPC);
	}
	line = kzalloc(sizeof(*line), GFP_KERNEL_ACCOUNT);
	if (!line)
		return ERR_PTR(-ENOMEM);
	seqlock_init(&line->lock);
	line->index = index;
	if (xa_err(xa_store(&kn->lines, index, line, GFP_KERNEL))) {
		kfree(line);
		return ERR_PTR(-ENOMEM);
	}
	kn->line_n++;
	return line;
}

/* Neither given nor used: nobody would miss it. */
static void drop_unused(struct kntp_net *kn, struct kntp_line *line)
{
	if (line->users || is_set(line))
		return;
	xa_erase(&kn->lines, line->index);
	kn->line_n--;
	kfree_rcu(line, rcu);
}

/**
 * kntp_line_get() - the line of a PHC, for a device
 * @kn: the namespace
 * @index: the PHC
 * @extack: says why not
 *
 * Under RTNL.
 *
 * Return: the line, to be given back by kntp_line_put(); it may not have been
 * given yet. -ENOSPC or -ENOMEM as a pointer.
 */
struct kntp_line *kntp_line_get(struct kntp_net *kn, u32 index,
				struct netlink_ext_ack *extack)
{
	struct kntp_line *line = find_or_make(kn, index, extack);

	if (!IS_ERR(line))
		line->users++;
	return line;
}

/**
 * kntp_line_put() - a device does not use a line any more
 * @kn: the namespace
 * @line: the line, NULL is fine; readers may use it until a grace period ends
 *
 * Under RTNL.
 */
void kntp_line_put(struct kntp_net *kn, struct kntp_line *line)
{
	if (!line)
		return;
	line->users--;
	drop_unused(kn, line);
}

static void give(struct kntp_line *line, const struct kntp_line_given *given)
{
	write_seqlock_bh(&line->lock);
	line->given = *given;
	write_sequnlock_bh(&line->lock);
}

/* 2^-16 ppm: 10^6 is 2^6 * 15625. */
static u64 scale_of(s32 rate)
{
	return (1ULL << KNTP_LINE_SCALE_BITS) +
	       div_s64((s64)rate << 32, 15625) *
		       (1 << (KNTP_LINE_SCALE_BITS - 22 - 32));
}

/**
 * kntp_line_set() - replace the line of a PHC
 * @kn: the namespace
 * @index: the PHC
 * @given: the line; @scale, @epoch, @given_ns and @until_ns are set here
 * @extack: says why not
 *
 * Under RTNL.
 *
 * Return: 0; -ESTALE where the clock was set since the PHC was read, -ENOSPC,
 * -ENOMEM.
 */
int kntp_line_set(struct kntp_net *kn, u32 index,
		  const struct kntp_line_given *given,
		  struct netlink_ext_ack *extack)
{
	struct kntp_line_given now = *given;
	struct kntp_line *line;

	ASSERT_RTNL();
	now.epoch = kntp_stamp_epoch();
	if (abs(ktime_to_ns(ktime_mono_to_real(0)) - given->given_offset) >
	    KNTP_PHC_MONO_TOLERANCE) {
		NL_SET_ERR_MSG(extack, "mono-offset: the system clock was set since the PHC was read; read it again");
		return -ESTALE;
	}
	now.scale = scale_of(given->rate);
	now.given_ns = kntp_stamp_mono();
	now.until_ns = now.given_ns + now.valid_ns;
	line = find_or_make(kn, index, extack);
	if (IS_ERR(line))
		return PTR_ERR(line);
	give(line, &now);
	return 0;
}

/**
 * kntp_line_del() - forget the line of a PHC
 * @kn: the namespace
 * @index: the PHC
 * @extack: says why not
 *
 * Under RTNL.
 *
 * Return: 0, or -ENODATA if there is none.
 */
int kntp_line_del(struct kntp_net *kn, u32 index,
		  struct netlink_ext_ack *extack)
{
	static const struct kntp_line_given none;
	struct kntp_line *line = xa_load(&kn->lines, index);

	ASSERT_RTNL();
	if (!line || !is_set(line)) {
		NL_SET_ERR_MSG(extack, "this PHC has no line; see phc-get");
		return -ENODATA;
	}
	give(line, &none);
	drop_unused(kn, line);
	return 0;
}

/**
 * kntp_line_free() - forget all lines; nobody looks any more
 * @kn: the namespace
 */
void kntp_line_free(struct kntp_net *kn)
{
	struct kntp_line *line;
	unsigned long index;

	xa_for_each(&kn->lines, index, line)
		kfree(line);
	xa_destroy(&kn->lines);
}
