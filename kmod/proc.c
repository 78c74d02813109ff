// SPDX-License-Identifier: GPL-2.0-only
/* Copyright (C) 2026 The kntp authors */

#include <linux/math64.h>
#include <linux/proc_fs.h>
#include <linux/rtnetlink.h>
#include <linux/seq_file.h>
#include <linux/seq_file_net.h>
#include <net/ipv6.h>
#include <net/net_namespace.h>

#include "kmod/config.h"
#include "kmod/dev.h"
#include "kmod/kntp.h"
#include "kmod/mru.h"
#include "kmod/net.h"
#include "kmod/proc.h"
#include "kmod/stamp.h"
#include "kmod/sysvars.h"

/*
 * /proc/net/kntp/: a header line, then a record a line, columns apart by a
 * blank. Columns are only ever added at the end. Times are in seconds.
 */

/**
 * kntp_proc_state_name() - name of what a clock state is worth
 * @state: enum ntp_sysvars_state
 *
 * Return: its name, as in the netlink specification.
 */
const char *kntp_proc_state_name(int state)
{
	static const char *const name[] = {
		[NTP_SYSVARS_UNSET] = "unset",
		[NTP_SYSVARS_UNSYNC] = "unsync",
		[NTP_SYSVARS_SYNC] = "sync",
		[NTP_SYSVARS_EXPIRED] = "expired",
	};

	return name[state];
}

/* IPv4 networks have prefixes of their own, 0 to 32. */
static void put_network(struct seq_file *seq, const struct ntp_addr *addr,
			unsigned int prefix)
{
	const struct in6_addr *in6 = (const struct in6_addr *)addr;

	if (prefix >= 96 && ipv6_addr_v4mapped(in6))
		seq_printf(seq, "%pI4/%u", &in6->s6_addr32[3], prefix - 96);
	else
		seq_printf(seq, "%pI6c/%u", in6, prefix);
}

static void put_seconds(struct seq_file *seq, u64 ns)
{
	u32 rest;
	u64 s = div_u64_rem(ns, NSEC_PER_SEC, &rest);

	seq_printf(seq, " %llu.%09u", s, rest);
}

static u64 since(u64 now_ns, u64 then_ns)
{
	return now_ns > then_ns ? now_ns - then_ns : 0;
}

static int show_clock(struct seq_file *seq, void *v)
{
	struct kntp_net *kn = kntp_net_of(seq_file_single_net(seq));
	struct ntp_sysvars_now now;
	struct ntp_sysvars sys;
	u64 mono_ns;

	kntp_sysvars_get(kn, &sys);
	mono_ns = kntp_stamp_mono();
	ntp_sysvars_age(&now, &sys, mono_ns);
	seq_puts(seq, "state leap stratum precision refid reftime rootdelay rootdisp drift_ppb validity age\n");
	seq_printf(seq, "%s %u %u %d 0x%08x", kntp_proc_state_name(now.state),
		   now.leap, now.stratum, now.precision, now.refid);
	put_seconds(seq, now.reftime.v ?
		    ntp_lfp_to_unix(now.reftime, ktime_get_real_ns()) : 0);
	put_seconds(seq, ntp_lfp_short_ns(now.rootdelay));
	put_seconds(seq, ntp_sysvars_disp_ns(&sys, mono_ns));
	seq_printf(seq, " %u", sys.drift_ppb);
	put_seconds(seq, sys.valid_ns);
	put_seconds(seq, sys.is_set ? since(mono_ns, sys.given_ns) : 0);
	seq_putc(seq, '\n');
	return 0;
}

static int show_stats(struct seq_file *seq, void *v)
{
	struct kntp_net *kn = kntp_net_of(seq_file_single_net(seq));
	u64 value[KNTP_COUNTER_COUNT];
	int i;

	kntp_counters_read(&kn->counters, value);
	seq_puts(seq, "counter value\n");
	seq_printf(seq, "requests %llu\n", value[KNTP_COUNTER_REQUESTS]);
	for (i = 0; i < NTP_REASON_COUNT; i++)
		seq_printf(seq, "%s %llu\n", ntp_reason_name(i), value[i]);
	seq_printf(seq, "stamp_driver %llu\n",
		   value[KNTP_COUNTER_STAMP_DRIVER]);
	seq_printf(seq, "stamp_clock %llu\n", value[KNTP_COUNTER_STAMP_CLOCK]);
	seq_printf(seq, "stamp_hardware %llu\n",
		   value[KNTP_COUNTER_STAMP_HARDWARE]);
	seq_printf(seq, "interleaved %llu\n", value[KNTP_COUNTER_INTERLEAVED]);
	return 0;
}

static int show_devices(struct seq_file *seq, void *v)
{
	struct kntp_net *kn = kntp_net_of(seq_file_single_net(seq));
	struct kntp_dev_totals sum;
	unsigned long ifindex;
	struct kntp_dev *kd;

	seq_puts(seq, "device ifindex hook requests replies stamp\n");
	/* Under RTNL for the names, which may change. */
	rtnl_lock();
	xa_for_each(&kn->devs, ifindex, kd) {
		kntp_dev_totals(kd, &sum);
		seq_printf(seq, "%s %d %s %llu %llu %s\n", kd->dev->name,
			   kd->ifindex, kntp_dev_hook_name(kd->hook),
			   sum.count[KNTP_DEV_REQUESTS], sum.replies,
			   kntp_stamp_source_name(sum.source));
	}
	rtnl_unlock();
	return 0;
}

/**
 * struct clients_walk - a reader of the list of clients
 * @net: for seq_file_net()
 * @cursor: behind @entry
 * @next_pos: position that @cursor leads to
 * @entry: the client at the position before
 */
struct clients_walk {
	struct seq_net_private net;
	struct kntp_mru_cursor cursor;
	loff_t next_pos;
	struct ntp_mru_entry entry;
};

static void *clients_at(struct seq_file *seq, loff_t pos)
{
	struct clients_walk *walk = seq->private;
	struct kntp_net *kn = kntp_net_of(seq_file_net(seq));

	if (pos < walk->next_pos - 1 || !walk->next_pos) {
		memset(&walk->cursor, 0, sizeof(walk->cursor));
		walk->next_pos = 1;
	}
	/* The entry of the position before is still at hand. */
	if (pos == walk->next_pos - 1 && pos)
		return &walk->entry;
	while (walk->next_pos <= pos) {
		if (!kntp_mru_next(kn, &walk->cursor, &walk->entry))
			return NULL;
		walk->next_pos++;
	}
	return &walk->entry;
}

static void *clients_start(struct seq_file *seq, loff_t *pos)
{
	return *pos ? clients_at(seq, *pos) : SEQ_START_TOKEN;
}

static void *clients_next(struct seq_file *seq, void *v, loff_t *pos)
{
	return clients_at(seq, ++*pos);
}

static void clients_stop(struct seq_file *seq, void *v)
{
}

static int clients_show(struct seq_file *seq, void *v)
{
	const struct ntp_mru_entry *e = v;
	const struct in6_addr *addr;
	u64 now_ns;

	if (v == SEQ_START_TOKEN) {
		seq_puts(seq, "address port version mode count last first interval stamp interleaved\n");
		return 0;
	}
	addr = (const struct in6_addr *)&e->addr;
	if (ipv6_addr_v4mapped(addr))
		seq_printf(seq, "%pI4", &addr->s6_addr32[3]);
	else
		seq_printf(seq, "%pI6c", addr);
	seq_printf(seq, " %u %u %u %llu", e->port, e->version,
		   e->mode & NTP_MRU_MODE, e->count);
	now_ns = kntp_stamp_mono();
	put_seconds(seq, since(now_ns, e->last_ns));
	put_seconds(seq, since(now_ns, e->first_ns));
	put_seconds(seq, e->interval_ns);
	seq_printf(seq, " %s %u\n", kntp_stamp_source_name(kntp_mru_source(e)),
		   kntp_mru_is_interleaved(e));
	return 0;
}

static const struct seq_operations clients_ops = {
	.start = clients_start,
	.next = clients_next,
	.stop = clients_stop,
	.show = clients_show,
};

/* Position 0 is the header, position n the rule n - 1. */
static void *restrict_at(struct seq_file *seq, loff_t pos)
{
	struct kntp_net *kn = kntp_net_of(seq_file_net(seq));
	const struct kntp_config *config;

	if (!pos)
		return SEQ_START_TOKEN;
	config = rcu_dereference_protected(kn->config.now, true);
	return pos <= config->acl.rule_n ? &config->rule[pos - 1] : NULL;
}

static void *restrict_start(struct seq_file *seq, loff_t *pos)
{
	kntp_config_lock(kntp_net_of(seq_file_net(seq)));
	return restrict_at(seq, *pos);
}

static void *restrict_next(struct seq_file *seq, void *v, loff_t *pos)
{
	return restrict_at(seq, ++*pos);
}

static void restrict_stop(struct seq_file *seq, void *v)
{
	kntp_config_unlock(kntp_net_of(seq_file_net(seq)));
}

static int restrict_show(struct seq_file *seq, void *v)
{
	struct kntp_net *kn = kntp_net_of(seq_file_net(seq));
	const struct kntp_config *config;
	const struct ntp_acl_rule *rule = v;
	char before = ' ';
	int bit;

	if (v == SEQ_START_TOKEN) {
		seq_puts(seq, "network flags hits\n");
		return 0;
	}
	config = rcu_dereference_protected(kn->config.now, true);
	put_network(seq, &rule->addr, rule->prefix);
	for (bit = 0; bit < NTP_ACL_BIT_COUNT; bit++) {
		if (!(rule->flags & 1 << bit))
			continue;
		seq_printf(seq, "%c%s", before, ntp_acl_flag_name(bit));
		before = ',';
	}
	if (!rule->flags)
		seq_puts(seq, " -");
	seq_printf(seq, " %llu\n",
		   kntp_config_hits(config, rule - config->rule));
	return 0;
}

static const struct seq_operations restrict_ops = {
	.start = restrict_start,
	.next = restrict_next,
	.stop = restrict_stop,
	.show = restrict_show,
};

/**
 * kntp_proc_init() - make a namespace's /proc/net/kntp
 * @kn: the namespace
 *
 * Return: 0 or -ENOMEM.
 */
int kntp_proc_init(struct kntp_net *kn)
{
	if (!IS_ENABLED(CONFIG_PROC_FS))
		return 0;
	kn->proc = proc_net_mkdir(kn->net, "kntp", kn->net->proc_net);
	if (!kn->proc)
		return -ENOMEM;
	if (proc_create_net_single("clock", 0444, kn->proc, show_clock,
				   NULL) &&
	    proc_create_net_single("stats", 0444, kn->proc, show_stats,
				   NULL) &&
	    proc_create_net_single("devices", 0444, kn->proc, show_devices,
				   NULL) &&
	    proc_create_net("clients", 0444, kn->proc, &clients_ops,
			    sizeof(struct clients_walk)) &&
	    proc_create_net("restrict", 0444, kn->proc, &restrict_ops,
			    sizeof(struct seq_net_private)))
		return 0;
	kntp_proc_uninit(kn);
	return -ENOMEM;
}

/**
 * kntp_proc_uninit() - remove it; waits for readers
 * @kn: the namespace
 */
void kntp_proc_uninit(struct kntp_net *kn)
{
	proc_remove(kn->proc);
}
