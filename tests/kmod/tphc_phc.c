// SPDX-License-Identifier: GPL-2.0-only
/* Copyright (C) 2026 The kntp authors */
/*
 * The clocks of tphc. One is a line over CLOCK_MONOTONIC_RAW, so that its
 * reading at any instant can be computed, also at one that is to come: its
 * oscillator's error, a random walk of its frequency that only the seed
 * decides, and what its user adjusts.
 */
#include <linux/math64.h>

#include "tests/kmod/tphc.h"

#define TPHC_STEP	(NSEC_PER_SEC / 8)	/* of the random walk */
#define TPHC_MAX_PPB	10000000

/* Frequencies are in units of 2^-40: d ns make d * f units of 2^-40 ns. */
#define TPHC_UNIT_BITS	40
#define TPHC_UNIT_MASK	((1LL << TPHC_UNIT_BITS) - 1)

static s64 tphc_from_ppb(s64 ppb)
{
	return div_s64(ppb * 1099511628LL, 1000000);
}

/**
 * tphc_random_seed() - a state of the generator
 * @seed: any number, zero too
 *
 * Return: a state that is far from those of seeds close by.
 */
u64 tphc_random_seed(u64 seed)
{
	seed += 0x9e3779b97f4a7c15ULL;
	seed = (seed ^ (seed >> 30)) * 0xbf58476d1ce4e5b9ULL;
	seed = (seed ^ (seed >> 27)) * 0x94d049bb133111ebULL;
	return (seed ^ (seed >> 31)) | 1;
}

/**
 * tphc_random() - the next number of a sequence that the seed decides
 * @state: of tphc_random_seed(); the caller's lock guards it
 *
 * Return: 64 random bits (xorshift64*).
 */
u64 tphc_random(u64 *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 0x2545f4914f6cdd1dULL;
}

/* Close to a normal distribution: mean 0, standard deviation @sigma. */
static s64 tphc_normal(u64 *state, s64 sigma)
{
	s64 sum = 0;
	int i, j;

	for (i = 0; i < 2; i++) {
		u64 bits = tphc_random(state);

		for (j = 0; j < 64; j += 16)
			sum += (bits >> j) & 0xffff;
	}
	/* eight of 0 to 65535: mean 262140, deviation 53510 */
	return div_s64((sum - 262140) * sigma, 53510);
}

static s64 tphc_rate(const struct tphc_phc *phc)
{
	return tphc_from_ppb(READ_ONCE(tphc_freq[phc->index])) + phc->walk +
	       phc->adjust;
}

/* The line starts at @raw from now on. Lock held. */
static void tphc_move(struct tphc_phc *phc, u64 raw)
{
	s64 d = raw - phc->start;
	s64 part = phc->part + d * tphc_rate(phc);

	phc->phase += d + (part >> TPHC_UNIT_BITS);
	phc->part = part & TPHC_UNIT_MASK;
	phc->start = raw;
}

/* Take the steps of the walk that came until @raw. Lock held. */
static void tphc_walk(struct tphc_phc *phc, u64 raw)
{
	while ((s64)(raw - phc->next) >= 0) {
		/* 10^-12 in our units, for an eighth of a second */
		s64 sigma = div_s64(READ_ONCE(tphc_wander[phc->index]) *
				    38874LL, 100000);

		tphc_move(phc, phc->next);
		phc->walk += tphc_normal(&phc->random, sigma);
		phc->next += TPHC_STEP;
	}
}

/* Lock held; @raw may be shortly before the line starts. */
static s64 tphc_read(struct tphc_phc *phc, u64 raw)
{
	s64 d;

	tphc_walk(phc, raw);
	d = raw - phc->start;
	return phc->phase + d +
	       ((phc->part + d * tphc_rate(phc)) >> TPHC_UNIT_BITS);
}

/**
 * tphc_phc_at() - what the clock shows at an instant
 * @phc: the clock
 * @raw: CLOCK_MONOTONIC_RAW, a little before or after now
 *
 * Return: its reading, ns.
 */
s64 tphc_phc_at(struct tphc_phc *phc, u64 raw)
{
	unsigned long flags;
	s64 ns;

	spin_lock_irqsave(&phc->lock, flags);
	ns = tphc_read(phc, raw);
	spin_unlock_irqrestore(&phc->lock, flags);
	return ns;
}

static struct tphc_phc *tphc_of(struct ptp_clock_info *info)
{
	return container_of(info, struct tphc_phc, info);
}

static int tphc_gettimex(struct ptp_clock_info *info, struct timespec64 *ts,
			 struct ptp_system_timestamp *sts)
{
	struct tphc_phc *phc = tphc_of(info);
	unsigned long flags;
	s64 ns;

	spin_lock_irqsave(&phc->lock, flags);
	ptp_read_system_prets(sts);
	ns = tphc_read(phc, ktime_get_raw_ns());
	ptp_read_system_postts(sts);
	spin_unlock_irqrestore(&phc->lock, flags);
	*ts = ns_to_timespec64(ns);
	return 0;
}

static int tphc_getcross(struct ptp_clock_info *info,
			 struct system_device_crosststamp *cts)
{
	tphc_cross_system(cts);
	cts->device = ns_to_ktime(tphc_phc_at(tphc_of(info),
					      ktime_to_ns(cts->sys_monoraw)));
	return 0;
}

static int tphc_settime(struct ptp_clock_info *info,
			const struct timespec64 *ts)
{
	struct tphc_phc *phc = tphc_of(info);
	unsigned long flags;
	u64 raw;

	spin_lock_irqsave(&phc->lock, flags);
	raw = ktime_get_raw_ns();
	tphc_walk(phc, raw);
	phc->start = raw;
	phc->phase = timespec64_to_ns(ts);
	phc->part = 0;
	spin_unlock_irqrestore(&phc->lock, flags);
	return 0;
}

static int tphc_adjtime(struct ptp_clock_info *info, s64 delta)
{
	struct tphc_phc *phc = tphc_of(info);
	unsigned long flags;

	spin_lock_irqsave(&phc->lock, flags);
	phc->phase += delta;
	spin_unlock_irqrestore(&phc->lock, flags);
	return 0;
}

static int tphc_adjfine(struct ptp_clock_info *info, long scaled_ppm)
{
	struct tphc_phc *phc = tphc_of(info);
	unsigned long flags;
	u64 raw;

	spin_lock_irqsave(&phc->lock, flags);
	raw = ktime_get_raw_ns();
	tphc_walk(phc, raw);
	tphc_move(phc, raw);
	/* 2^-16 ppm */
	phc->adjust = div_s64((s64)scaled_ppm << 24, 1000000);
	spin_unlock_irqrestore(&phc->lock, flags);
	return 0;
}

/*
 * Pulses from outside come at the whole seconds of CLOCK_MONOTONIC_RAW, shifted
 * so that these were those of CLOCK_REALTIME when the module was loaded: a true
 * second, whatever is done to the system's clock.
 */
static s64 tphc_pulse_shift;

/* Its own pulse, with the system's time at the second itself. */
static void tphc_pps(struct tphc_phc *phc, const struct tphc_now *now)
{
	struct ptp_clock_event event = { .type = PTP_CLOCK_PPSUSR };
	unsigned long flags;
	s64 reading, rate, second;
	s32 late;

	spin_lock_irqsave(&phc->lock, flags);
	reading = tphc_read(phc, now->raw);
	rate = tphc_rate(phc);
	spin_unlock_irqrestore(&phc->lock, flags);
	second = div_s64_rem(reading, NSEC_PER_SEC, &late);
	if (second == phc->pps_second + 1 && late < NSEC_PER_SEC / 2) {
		s64 ago = late - ((late * rate) >> TPHC_UNIT_BITS);
		u64 raw = now->raw - ago;

		event.pps_times.ts_real =
			ns_to_timespec64(tphc_wire_real(now, raw));
#ifdef CONFIG_NTP_PPS
		event.pps_times.ts_raw = ns_to_timespec64(raw);
#endif
		ptp_clock_event(phc->ptp, &event);
	}
	phc->pps_second = second;
}

static void tphc_extts(struct tphc_phc *phc, const struct tphc_now *now)
{
	struct ptp_clock_event event = { .type = PTP_CLOCK_EXTTS };
	s64 second;
	s32 late;

	second = div_s64_rem(now->raw + tphc_pulse_shift, NSEC_PER_SEC, &late);
	if (second == phc->pulse_second + 1) {
		event.timestamp = tphc_phc_at(phc, now->raw - late);
		ptp_clock_event(phc->ptp, &event);
	}
	phc->pulse_second = second;
}

/* Until the next second of either sort, and a little more. */
static ktime_t tphc_edge_due(struct tphc_phc *phc, const struct tphc_now *now)
{
	s32 pps, pulse;

	div_s64_rem(tphc_phc_at(phc, now->raw), NSEC_PER_SEC, &pps);
	div_s64_rem(now->raw + tphc_pulse_shift, NSEC_PER_SEC, &pulse);
	return ktime_add_ns(ktime_get(), NSEC_PER_SEC - max(pps, pulse) +
			    20 * NSEC_PER_USEC);
}

static enum hrtimer_restart tphc_edge(struct hrtimer *timer)
{
	struct tphc_phc *phc = container_of(timer, struct tphc_phc, edge);
	struct tphc_now now;

	if (!READ_ONCE(phc->pps) && !READ_ONCE(phc->extts))
		return HRTIMER_NORESTART;
	tphc_wire_now(&now);
	if (READ_ONCE(phc->pps))
		tphc_pps(phc, &now);
	if (READ_ONCE(phc->extts))
		tphc_extts(phc, &now);
	hrtimer_set_expires(timer, tphc_edge_due(phc, &now));
	return HRTIMER_RESTART;
}

/* Pulses that were before are none of its user's. */
static void tphc_edge_start(struct tphc_phc *phc)
{
	struct tphc_now now;
	s32 rest;

	tphc_wire_now(&now);
	phc->pps_second = div_s64_rem(tphc_phc_at(phc, now.raw), NSEC_PER_SEC,
				      &rest);
	phc->pulse_second = div_s64_rem(now.raw + tphc_pulse_shift,
					NSEC_PER_SEC, &rest);
	hrtimer_start(&phc->edge, tphc_edge_due(phc, &now),
		      HRTIMER_MODE_ABS_SOFT);
}

static int tphc_enable(struct ptp_clock_info *info,
		       struct ptp_clock_request *rq, int on)
{
	struct tphc_phc *phc = tphc_of(info);
	int err = 0;

	mutex_lock(&phc->edge_lock);
	hrtimer_cancel(&phc->edge);
	if (on && !phc->alive)
		err = -ENODEV;
	else if (rq->type == PTP_CLK_REQ_PPS)
		WRITE_ONCE(phc->pps, on);
	else if (rq->type != PTP_CLK_REQ_EXTTS)
		err = -EOPNOTSUPP;
	else if (on && ptp_find_pin(phc->ptp, PTP_PF_EXTTS, rq->extts.index) < 0)
		err = -EBUSY;
	else
		WRITE_ONCE(phc->extts, on);
	if (phc->alive && (phc->pps || phc->extts))
		tphc_edge_start(phc);
	mutex_unlock(&phc->edge_lock);
	return err;
}

static int tphc_verify(struct ptp_clock_info *info, unsigned int pin,
		       enum ptp_pin_function func, unsigned int chan)
{
	return func == PTP_PF_NONE || func == PTP_PF_EXTTS ? 0 : -EOPNOTSUPP;
}

/* Keeps the line short, also when nobody asks. */
static long tphc_aux(struct ptp_clock_info *info)
{
	struct tphc_phc *phc = tphc_of(info);

	tphc_phc_at(phc, ktime_get_raw_ns());
	if (phc->index == 0)
		tphc_wire_tick();
	return HZ / 8;
}

static const struct ptp_clock_info tphc_info = {
	.owner		= THIS_MODULE,
	.max_adj	= TPHC_MAX_PPB,
	.n_ext_ts	= 1,
	.n_pins		= 1,
	.pps		= 1,
	TPHC_EXTTS_FLAGS
	.gettimex64	= tphc_gettimex,
	.settime64	= tphc_settime,
	.adjtime	= tphc_adjtime,
	.adjfine	= tphc_adjfine,
	.enable		= tphc_enable,
	.verify		= tphc_verify,
	.do_aux_work	= tphc_aux,
};

/**
 * tphc_phc_init() - start a clock, and offer it to user space
 * @phc: to fill; tphc_phc_exit() ends it
 * @index: of the device whose clock it is
 *
 * Return: 0, or a negative error.
 */
int tphc_phc_init(struct tphc_phc *phc, int index)
{
	struct tphc_now now;

	tphc_wire_now(&now);
	if (!tphc_pulse_shift)
		tphc_pulse_shift = now.real - now.raw;
	phc->index = index;
	phc->alive = true;
	mutex_init(&phc->edge_lock);
	spin_lock_init(&phc->lock);
	tphc_hrtimer_setup(&phc->edge, tphc_edge);
	phc->born = now.raw;
	tphc_wire_show("born", index, &phc->born);
	phc->start = now.raw;
	phc->next = now.raw + TPHC_STEP;
	phc->phase = now.real + tphc_offset[index] * NSEC_PER_SEC;
	/* A second pair walks as the first one does with the next seed. */
	phc->random = tphc_random_seed(tphc_seed * 2 + index);
	phc->info = tphc_info;
	if (tphc_cross)
		phc->info.getcrosststamp = tphc_getcross;
	snprintf(phc->info.name, sizeof(phc->info.name), "tphc%d", index);
	snprintf(phc->pin.name, sizeof(phc->pin.name), "pulse");
	phc->info.pin_config = &phc->pin;
	phc->ptp = ptp_clock_register(&phc->info, NULL);
	if (IS_ERR_OR_NULL(phc->ptp))
		return phc->ptp ? PTR_ERR(phc->ptp) : -EOPNOTSUPP;
	ptp_schedule_worker(phc->ptp, 0);
	return 0;
}

/**
 * tphc_phc_exit() - end a clock
 * @phc: of tphc_phc_init(), which succeeded
 */
void tphc_phc_exit(struct tphc_phc *phc)
{
	mutex_lock(&phc->edge_lock);
	phc->alive = false;
	hrtimer_cancel(&phc->edge);
	mutex_unlock(&phc->edge_lock);
	ptp_clock_unregister(phc->ptp);
}
