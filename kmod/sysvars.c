// SPDX-License-Identifier: GPL-2.0-only
/* Copyright (C) 2026 The kntp authors */

#include <linux/math64.h>
#include <uapi/linux/kntp.h>

#include "kmod/kntp.h"
#include "kmod/netlink.h"
#include "kmod/stamp.h"
#include "kmod/sysvars.h"

static_assert((int)KNTP_STATE_UNSET == NTP_SYSVARS_UNSET &&
	      (int)KNTP_STATE_UNSYNC == NTP_SYSVARS_UNSYNC &&
	      (int)KNTP_STATE_SYNC == NTP_SYSVARS_SYNC &&
	      (int)KNTP_STATE_EXPIRED == NTP_SYSVARS_EXPIRED);

/**
 * kntp_sysvars_get() - the clock state as it was given
 * @kn: the namespace
 * @sys: result, whole
 *
 * Takes no lock; any context.
 */
void kntp_sysvars_get(const struct kntp_net *kn, struct ntp_sysvars *sys)
{
	unsigned int seq;

	do {
		seq = read_seqbegin(&kn->clock.lock);
		*sys = kn->clock.sys;
	} while (read_seqretry(&kn->clock.lock, seq));
}

/**
 * kntp_sysvars_now() - the clock state as it is served now
 * @kn: the namespace
 * @now: result
 *
 * Takes no lock; any context. For replies there is kntp_sysvars_served().
 *
 * Return: the time that it was aged to, on kntp_stamp_mono().
 */
u64 kntp_sysvars_now(const struct kntp_net *kn, struct ntp_sysvars_now *now)
{
	struct ntp_sysvars sys;
	u64 mono_ns;

	kntp_sysvars_get(kn, &sys);
	mono_ns = kntp_stamp_mono();
	ntp_sysvars_age(now, &sys, mono_ns);
	return mono_ns;
}

/**
 * kntp_sysvars_age() - bring what is served to this tick
 * @kn: the namespace
 * @aged: this CPU's
 * @mono_ns: the tick, kntp_stamp_mono()
 *
 * Bottom halves are off.
 */
void kntp_sysvars_age(const struct kntp_net *kn, struct kntp_clock_aged *aged,
		      u64 mono_ns)
{
	struct ntp_sysvars sys;
	unsigned int seq;

	do {
		seq = read_seqbegin(&kn->clock.lock);
		sys = kn->clock.sys;
	} while (read_seqretry(&kn->clock.lock, seq));
	ntp_sysvars_age(&aged->now, &sys, mono_ns);
	aged->seq = seq;
	aged->mono_ns = mono_ns;
}

/*
 * When a synchronised state loses its worth, if nobody refreshes it: after its
 * validity, or when its dispersion reaches MAXDISP, as ntp_sysvars_age() does.
 */
static u64 worth_ends(const struct ntp_sysvars *sys)
{
	u64 room_ns, grown_s;

	if (!sys->drift_ppb || sys->rootdisp_ns >= NTP_SYSVARS_MAXDISP_NS)
		return sys->given_ns + sys->valid_ns;
	room_ns = NTP_SYSVARS_MAXDISP_NS - sys->rootdisp_ns;
	/* ns of room by ns of growth a second, rounded up */
	grown_s = div_u64(room_ns, sys->drift_ppb) + 1;
	return sys->given_ns + min(sys->valid_ns, grown_s * NSEC_PER_SEC);
}

static bool is_told(const struct ntp_sysvars_now *told,
		    const struct ntp_sysvars_now *now)
{
	return told->state == now->state && told->leap == now->leap &&
	       told->stratum == now->stratum && told->refid == now->refid;
}

/* Tell of a change, if there is one, and look again when one is due. */
static void announce(struct kntp_net *kn)
{
	struct kntp_clock *clock = &kn->clock;
	struct ntp_sysvars_now now;
	struct ntp_sysvars sys;
	u64 mono_ns, end_ns;

	mutex_lock(&clock->told_lock);
	kntp_sysvars_get(kn, &sys);
	mono_ns = kntp_stamp_mono();
	ntp_sysvars_age(&now, &sys, mono_ns);
	if (now.state == NTP_SYSVARS_SYNC) {
		end_ns = worth_ends(&sys);
		end_ns = end_ns > mono_ns ? end_ns - mono_ns : 0;
		mod_delayed_work(system_power_efficient_wq, &clock->expiry,
				 nsecs_to_jiffies(end_ns) + 1);
	}
	if (!is_told(&clock->told, &now)) {
		clock->told = now;
		kntp_netlink_clock_changed(kn);
	}
	mutex_unlock(&clock->told_lock);
}

static void expire(struct work_struct *work)
{
	announce(container_of(to_delayed_work(work), struct kntp_net,
			      clock.expiry));
}

/**
 * kntp_sysvars_set() - serve a clock state from now on
 * @kn: the namespace
 * @sys: the state; @given_ns is set here
 *
 * Tells listeners if leap, stratum, refid or worth changed. May sleep.
 */
void kntp_sysvars_set(struct kntp_net *kn, const struct ntp_sysvars *sys)
{
	struct kntp_clock *clock = &kn->clock;

	write_seqlock_bh(&clock->lock);
	clock->sys = *sys;
	clock->sys.given_ns = kntp_stamp_mono();
	write_sequnlock_bh(&clock->lock);
	announce(kn);
}

/**
 * kntp_sysvars_init() - a namespace that nobody has given a clock state
 * @kn: the namespace, zeroed
 *
 * Return: 0 or -ENOMEM.
 */
int kntp_sysvars_init(struct kntp_net *kn)
{
	int cpu;

	kn->clock.aged = alloc_percpu(struct kntp_clock_aged);
	if (!kn->clock.aged)
		return -ENOMEM;
	for_each_possible_cpu(cpu)
		per_cpu_ptr(kn->clock.aged, cpu)->seq = 1;
	seqlock_init(&kn->clock.lock);
	mutex_init(&kn->clock.told_lock);
	INIT_DELAYED_WORK(&kn->clock.expiry, expire);
	kntp_sysvars_now(kn, &kn->clock.told);
	return 0;
}

/**
 * kntp_sysvars_uninit() - no more events; nobody reads or sets it any more
 * @kn: the namespace
 */
void kntp_sysvars_uninit(struct kntp_net *kn)
{
	cancel_delayed_work_sync(&kn->clock.expiry);
	free_percpu(kn->clock.aged);
}
