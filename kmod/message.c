// SPDX-License-Identifier: GPL-2.0-only
/* Copyright (C) 2026 The kntp authors */

#include <linux/math64.h>
#include <linux/rtnetlink.h>
#include <net/netlink.h>
#include <uapi/linux/kntp.h>

#include "kmod/config.h"
#include "kmod/dev.h"
#include "kmod/kntp.h"
#include "kmod/line.h"
#include "kmod/message.h"
#include "kmod/mru.h"
#include "kmod/stamp.h"
#include "kmod/sysvars.h"
#include "kmod/txstamp.h"

/* The attributes of reasons stand in the order of the core's reasons. */
#define SAME_ORDER(NAME, name, verdict) \
	static_assert(KNTP_A_REASONS_##NAME == \
		      (int)KNTP_A_REASONS_SERVED + (int)NTP_##NAME);
NTP_REASONS(SAME_ORDER)
static_assert(KNTP_A_REASONS_MAX ==
	      (int)KNTP_A_REASONS_PAD + (int)NTP_REASON_COUNT);

static int put_smear(struct sk_buff *msg, const struct ntp_smear_plan *plan,
		     u64 mono_ns)
{
	u64 end_s;

	end_s = div_u64(ntp_lfp_to_unix(plan->end, ktime_get_real_ns()),
			NSEC_PER_SEC);
	if (nla_put_u32(msg, KNTP_A_CLOCK_SMEAR_INTERVAL, plan->interval_s) ||
	    nla_put_u64_64bit(msg, KNTP_A_CLOCK_SMEAR_END, end_s,
			      KNTP_A_CLOCK_PAD) ||
	    nla_put_s64(msg, KNTP_A_CLOCK_SMEAR_LEFT,
			(s64)(plan->end_ns - mono_ns), KNTP_A_CLOCK_PAD))
		return -EMSGSIZE;
	return 0;
}

/**
 * kntp_message_put_clock() - the clock state as it is served now, as attributes
 * @msg: message under construction
 * @kn: the namespace
 *
 * Return: 0, or -EMSGSIZE if it does not fit.
 */
int kntp_message_put_clock(struct sk_buff *msg,
			   const struct kntp_net *kn)
{
	struct ntp_sysvars_now now;
	struct ntp_sysvars sys;
	u64 mono_ns, age_ns, reftime_ns;

	kntp_sysvars_get(kn, &sys);
	mono_ns = kntp_stamp_mono();
	ntp_sysvars_age(&now, &sys, mono_ns);
	reftime_ns = now.reftime.v ?
		     ntp_lfp_to_unix(now.reftime, ktime_get_real_ns()) : 0;
	age_ns = sys.is_set && mono_ns > sys.given_ns ?
		 mono_ns - sys.given_ns : 0;
	if (nla_put_u8(msg, KNTP_A_CLOCK_LEAP, now.leap) ||
	    nla_put_u8(msg, KNTP_A_CLOCK_STRATUM, now.stratum) ||
	    nla_put_s8(msg, KNTP_A_CLOCK_PRECISION, now.precision) ||
	    nla_put_be32(msg, KNTP_A_CLOCK_REFID, cpu_to_be32(now.refid)) ||
	    nla_put_u64_64bit(msg, KNTP_A_CLOCK_REFTIME, reftime_ns,
			      KNTP_A_CLOCK_PAD) ||
	    nla_put_u64_64bit(msg, KNTP_A_CLOCK_ROOTDELAY,
			      ntp_lfp_short_ns(now.rootdelay),
			      KNTP_A_CLOCK_PAD) ||
	    nla_put_u64_64bit(msg, KNTP_A_CLOCK_ROOTDISP,
			      ntp_sysvars_disp_ns(&sys, mono_ns),
			      KNTP_A_CLOCK_PAD) ||
	    nla_put_u32(msg, KNTP_A_CLOCK_DRIFT_PPB, sys.drift_ppb) ||
	    nla_put_u32(msg, KNTP_A_CLOCK_VALIDITY,
			div_u64(sys.valid_ns, NSEC_PER_MSEC)) ||
	    nla_put_u64_64bit(msg, KNTP_A_CLOCK_AGE, age_ns,
			      KNTP_A_CLOCK_PAD) ||
	    nla_put_u32(msg, KNTP_A_CLOCK_STATE, now.state))
		return -EMSGSIZE;
	return now.smear.is_on ? put_smear(msg, &sys.smear, mono_ns) : 0;
}

/**
 * kntp_message_get_smear() - the smear of a clock state, from attributes
 * @attrs: of a clock-set request, found right
 * @plan: result
 */
void kntp_message_get_smear(struct nlattr **attrs,
			    struct ntp_smear_plan *plan)
{
	u64 end_s;

	memset(plan, 0, sizeof(*plan));
	if (!attrs[KNTP_A_CLOCK_SMEAR_INTERVAL])
		return;
	plan->interval_s = nla_get_u32(attrs[KNTP_A_CLOCK_SMEAR_INTERVAL]);
	plan->is_deleted = nla_get_u8(attrs[KNTP_A_CLOCK_LEAP]) == 2;
	end_s = nla_get_u64(attrs[KNTP_A_CLOCK_SMEAR_END]);
	plan->end = ntp_lfp_from_unix(end_s * NSEC_PER_SEC);
	plan->end_ns = kntp_stamp_mono() +
		       (u64)nla_get_s64(attrs[KNTP_A_CLOCK_SMEAR_LEFT]);
}

static int put_stamping(struct sk_buff *msg, const struct kntp_dev *kd)
{
	struct kntp_dev_stamping s;

	kntp_dev_stamping(kd, &s);
	if ((s.phc != KNTP_PHC_NONE &&
	     nla_put_u32(msg, KNTP_A_DEV_PHC, s.phc)) ||
	    nla_put_u32(msg, KNTP_A_DEV_STAMPING, s.stamping) ||
	    nla_put_s32(msg, KNTP_A_DEV_RX_COMP, s.rx_comp_ns) ||
	    nla_put_s32(msg, KNTP_A_DEV_TX_COMP, s.tx_comp_ns))
		return -EMSGSIZE;
	return 0;
}

static int put_counts(struct sk_buff *msg, const struct kntp_dev_totals *sum)
{
	const struct {
		int attr;
		u64 value;
	} counts[] = {
		{ KNTP_A_DEV_RX_HARDWARE,
		  sum->count[KNTP_DEV_REPLIES + KNTP_STAMP_HARDWARE] },
		{ KNTP_A_DEV_RX_DRIVER,
		  sum->count[KNTP_DEV_REPLIES + KNTP_STAMP_DRIVER] },
		{ KNTP_A_DEV_RX_CLOCK,
		  sum->count[KNTP_DEV_REPLIES + KNTP_STAMP_CLOCK] },
		{ KNTP_A_DEV_RX_REFUSED, sum->count[KNTP_DEV_RX_REFUSED] },
		{ KNTP_A_DEV_TX_ASKED, sum->count[KNTP_DEV_TX_ASKED] },
		{ KNTP_A_DEV_TX_HARDWARE, sum->tx_count[KNTP_DEV_TX_HARDWARE] },
		{ KNTP_A_DEV_TX_DRIVER, sum->tx_count[KNTP_DEV_TX_DRIVER] },
		{ KNTP_A_DEV_TX_LATE, sum->tx_count[KNTP_DEV_TX_LATE] },
		{ KNTP_A_DEV_TX_REFUSED, sum->tx_count[KNTP_DEV_TX_REFUSED] },
		{ KNTP_A_DEV_TX_MISSING, sum->count[KNTP_DEV_TX_MISSING] },
		{ KNTP_A_DEV_TX_LOST, sum->count[KNTP_DEV_TX_LOST] },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(counts); i++)
		if (nla_put_u64_64bit(msg, counts[i].attr, counts[i].value,
				      KNTP_A_DEV_PAD))
			return -EMSGSIZE;
	return 0;
}

static int put_delay(struct sk_buff *msg, const struct kntp_dev *kd)
{
	struct kntp_txstamp_delay delay = kntp_txstamp_delay(kd);

	if (delay.is_known &&
	    (nla_put_s64(msg, KNTP_A_DEV_TX_DELAY, delay.mean_ns,
			 KNTP_A_DEV_PAD) ||
	     nla_put_u64_64bit(msg, KNTP_A_DEV_TX_SPREAD, delay.spread_ns,
			       KNTP_A_DEV_PAD)))
		return -EMSGSIZE;
	return 0;
}

/* What the devices that use a line made of it. */
static void sum_uses(const struct kntp_net *kn, const struct kntp_line *line,
		     u64 *uses, u64 *refused)
{
	struct kntp_dev_totals sum;
	struct kntp_dev *kd;
	unsigned long i;

	*uses = 0;
	*refused = 0;
	xa_for_each((struct xarray *)&kn->devs, i, kd) {
		if (rtnl_dereference(kd->line) != line)
			continue;
		kntp_dev_totals(kd, &sum);
		*uses += sum.count[KNTP_DEV_REPLIES + KNTP_STAMP_HARDWARE] +
			 sum.tx_count[KNTP_DEV_TX_HARDWARE];
		*refused += sum.count[KNTP_DEV_RX_REFUSED] +
			    sum.tx_count[KNTP_DEV_TX_REFUSED];
	}
}

/**
 * kntp_message_put_dev() - a served device, as attributes
 * @msg: message under construction
 * @kd: the device; under RTNL
 *
 * Return: 0, or -EMSGSIZE if it does not fit.
 */
int kntp_message_put_dev(struct sk_buff *msg, const struct kntp_dev *kd)
{
	struct kntp_dev_totals sum;

	kntp_dev_totals(kd, &sum);
	if (nla_put_u32(msg, KNTP_A_DEV_IFINDEX, kd->ifindex) ||
	    nla_put_string(msg, KNTP_A_DEV_IFNAME, kd->dev->name) ||
	    nla_put_u32(msg, KNTP_A_DEV_HOOK, kd->hook) ||
	    nla_put_u64_64bit(msg, KNTP_A_DEV_REQUESTS,
			      sum.count[KNTP_DEV_REQUESTS],
			      KNTP_A_DEV_PAD) ||
	    nla_put_u64_64bit(msg, KNTP_A_DEV_REPLIES, sum.replies,
			      KNTP_A_DEV_PAD) ||
	    nla_put_string(msg, KNTP_A_DEV_RX_STAMP,
			   kntp_stamp_source_name(sum.source)))
		return -EMSGSIZE;
	if (put_stamping(msg, kd) || put_counts(msg, &sum) ||
	    put_delay(msg, kd))
		return -EMSGSIZE;
	return 0;
}

/**
 * kntp_message_put_line() - the line of a PHC, as attributes
 * @msg: message under construction
 * @kn: the namespace; under RTNL
 * @line: the line
 *
 * Return: 0, or -EMSGSIZE if it does not fit.
 */
int kntp_message_put_line(struct sk_buff *msg, const struct kntp_net *kn,
			  const struct kntp_line *line)
{
	const u64 mono_ns = kntp_stamp_mono();
	struct kntp_line_given given;
	enum kntp_phc_state state;
	u64 uses, refused;

	state = kntp_line_read(line, &given, mono_ns);
	sum_uses(kn, line, &uses, &refused);
	if (nla_put_u32(msg, KNTP_A_PHC_INDEX, line->index) ||
	    nla_put_u64_64bit(msg, KNTP_A_PHC_TIME, given.time,
			      KNTP_A_PHC_PAD) ||
	    nla_put_s64(msg, KNTP_A_PHC_REAL, given.real, KNTP_A_PHC_PAD) ||
	    nla_put_s32(msg, KNTP_A_PHC_RATE, given.rate) ||
	    nla_put_u32(msg, KNTP_A_PHC_ERROR, given.error_ns) ||
	    nla_put_u32(msg, KNTP_A_PHC_DRIFT, given.drift_ppb) ||
	    nla_put_s64(msg, KNTP_A_PHC_MONO_OFFSET, given.given_offset,
			KNTP_A_PHC_PAD) ||
	    nla_put_u32(msg, KNTP_A_PHC_VALIDITY,
			div_u64(given.valid_ns, NSEC_PER_MSEC)) ||
	    nla_put_u64_64bit(msg, KNTP_A_PHC_AGE,
			      given.until_ns && mono_ns > given.given_ns ?
			      mono_ns - given.given_ns : 0, KNTP_A_PHC_PAD) ||
	    nla_put_u32(msg, KNTP_A_PHC_STATE, state) ||
	    nla_put_u64_64bit(msg, KNTP_A_PHC_USES, uses, KNTP_A_PHC_PAD) ||
	    nla_put_u64_64bit(msg, KNTP_A_PHC_REFUSED, refused,
			      KNTP_A_PHC_PAD))
		return -EMSGSIZE;
	return 0;
}

/**
 * kntp_message_put_stats() - the counters, as attributes
 * @msg: message under construction
 * @kn: the namespace; may sleep
 *
 * Return: 0, or -EMSGSIZE if it does not fit.
 */
int kntp_message_put_stats(struct sk_buff *msg,
			   struct kntp_net *kn)
{
	u64 value[KNTP_COUNTER_COUNT];
	struct nlattr *nest;
	int i;

	kntp_counters_read(&kn->counters, value);
	if (nla_put_u64_64bit(msg, KNTP_A_STATS_REQUESTS,
			      value[KNTP_COUNTER_REQUESTS],
			      KNTP_A_STATS_PAD))
		return -EMSGSIZE;
	nest = nla_nest_start(msg, KNTP_A_STATS_REASONS);
	if (!nest)
		return -EMSGSIZE;
	for (i = 0; i < NTP_REASON_COUNT; i++)
		if (nla_put_u64_64bit(msg, KNTP_A_REASONS_SERVED + i, value[i],
				      KNTP_A_REASONS_PAD))
			return -EMSGSIZE;
	nla_nest_end(msg, nest);
	if (nla_put_u64_64bit(msg, KNTP_A_STATS_STAMP_DRIVER,
			      value[KNTP_COUNTER_STAMP_DRIVER],
			      KNTP_A_STATS_PAD) ||
	    nla_put_u64_64bit(msg, KNTP_A_STATS_STAMP_CLOCK,
			      value[KNTP_COUNTER_STAMP_CLOCK],
			      KNTP_A_STATS_PAD) ||
	    nla_put_u64_64bit(msg, KNTP_A_STATS_STAMP_HARDWARE,
			      value[KNTP_COUNTER_STAMP_HARDWARE],
			      KNTP_A_STATS_PAD) ||
	    nla_put_u64_64bit(msg, KNTP_A_STATS_INTERLEAVED,
			      value[KNTP_COUNTER_INTERLEAVED],
			      KNTP_A_STATS_PAD))
		return -EMSGSIZE;
	return 0;
}

/**
 * kntp_message_put_client() - a recent client, as attributes
 * @msg: message under construction
 * @e: what is remembered of it
 *
 * Return: 0, or -EMSGSIZE if it does not fit.
 */
int kntp_message_put_client(struct sk_buff *msg,
			    const struct ntp_mru_entry *e)
{
	u64 now_ns = kntp_stamp_mono();
	u64 last_ns = now_ns > e->last_ns ? now_ns - e->last_ns : 0;
	u64 first_ns = now_ns > e->first_ns ? now_ns - e->first_ns : 0;

	if (nla_put(msg, KNTP_A_CLIENT_ADDR, sizeof(e->addr), &e->addr) ||
	    nla_put_u16(msg, KNTP_A_CLIENT_PORT, e->port) ||
	    nla_put_u8(msg, KNTP_A_CLIENT_VERSION, e->version) ||
	    nla_put_u8(msg, KNTP_A_CLIENT_MODE, e->mode & NTP_MRU_MODE) ||
	    nla_put_u64_64bit(msg, KNTP_A_CLIENT_COUNT, e->count,
			      KNTP_A_CLIENT_PAD) ||
	    nla_put_u64_64bit(msg, KNTP_A_CLIENT_LAST, last_ns,
			      KNTP_A_CLIENT_PAD) ||
	    nla_put_u64_64bit(msg, KNTP_A_CLIENT_FIRST, first_ns,
			      KNTP_A_CLIENT_PAD) ||
	    nla_put_u64_64bit(msg, KNTP_A_CLIENT_INTERVAL, e->interval_ns,
			      KNTP_A_CLIENT_PAD) ||
	    nla_put_string(msg, KNTP_A_CLIENT_RX_STAMP,
			   kntp_stamp_source_name(kntp_mru_source(e))) ||
	    nla_put_u8(msg, KNTP_A_CLIENT_INTERLEAVED,
		       kntp_mru_is_interleaved(e)))
		return -EMSGSIZE;
	return 0;
}

/**
 * kntp_message_put_server() - the properties in force, as attributes
 * @msg: message under construction
 * @kn: the namespace; its configuration may be locked
 *
 * Return: 0, or -EMSGSIZE if it does not fit.
 */
int kntp_message_put_server(struct sk_buff *msg, const struct kntp_net *kn)
{
	struct ntp_rate_limits limits;
	bool send_nak;

	rcu_read_lock();
	limits = kntp_config_of(kn)->policy.limits;
	send_nak = kntp_config_of(kn)->policy.send_nak;
	rcu_read_unlock();
	if (nla_put_u8(msg, KNTP_A_SERVER_AVERAGE, limits.average_log2) ||
	    nla_put_u8(msg, KNTP_A_SERVER_MINIMUM, limits.minimum_s) ||
	    nla_put_u8(msg, KNTP_A_SERVER_PREFIX6, limits.prefix6) ||
	    nla_put_u8(msg, KNTP_A_SERVER_NAK, send_nak) ||
	    nla_put_u8(msg, KNTP_A_SERVER_STAGED,
		       !!READ_ONCE(kn->config.staged)) ||
	    nla_put_u32(msg, KNTP_A_SERVER_CLIENTS,
			READ_ONCE(kn->mru_clients)))
		return -EMSGSIZE;
	return 0;
}

/**
 * kntp_message_put_rule() - a rule in force, as attributes
 * @msg: message under construction
 * @config: the configuration, locked
 * @rule: index of the rule
 *
 * Return: 0, or -EMSGSIZE if it does not fit.
 */
int kntp_message_put_rule(struct sk_buff *msg, const struct kntp_config *config,
			  u32 rule)
{
	const struct ntp_acl_rule *r = &config->rule[rule];

	if (nla_put(msg, KNTP_A_RESTRICT_ADDR, sizeof(r->addr), &r->addr) ||
	    nla_put_u8(msg, KNTP_A_RESTRICT_PREFIX, r->prefix) ||
	    nla_put_u32(msg, KNTP_A_RESTRICT_FLAGS, r->flags) ||
	    nla_put_u64_64bit(msg, KNTP_A_RESTRICT_HITS,
			      kntp_config_hits(config, rule),
			      KNTP_A_RESTRICT_PAD))
		return -EMSGSIZE;
	return 0;
}

static int put_peer(struct sk_buff *msg, const struct ntp_key_peer *peer)
{
	struct nlattr *nest = nla_nest_start(msg, KNTP_A_KEY_PEER);

	if (!nest ||
	    nla_put(msg, KNTP_A_KEY_ADDR, sizeof(peer->addr), &peer->addr) ||
	    nla_put_u8(msg, KNTP_A_KEY_PREFIX, peer->prefix))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

/**
 * kntp_message_put_key() - a key in force, as attributes; never its secret
 * @msg: message under construction
 * @key: the key; its configuration is locked
 *
 * Return: 0, or -EMSGSIZE if it does not fit.
 */
int kntp_message_put_key(struct sk_buff *msg, const struct ntp_key *key)
{
	unsigned int i;

	if (nla_put_u32(msg, KNTP_A_KEY_ID, key->id) ||
	    nla_put_u32(msg, KNTP_A_KEY_TYPE, key->type) ||
	    nla_put_u8(msg, KNTP_A_KEY_TRUSTED, key->is_trusted))
		return -EMSGSIZE;
	for (i = 0; i < key->peer_n; i++)
		if (put_peer(msg, &key->peer[i]))
			return -EMSGSIZE;
	return 0;
}
