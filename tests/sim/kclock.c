// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/kclock.h"

#define NS		1e9
#define NS_PER_S	1000000000LL
#define DAY_S		86400
#define TICK_NOMINAL	10000
#define FREQ_UNIT	(1e-6 / 65536)
#define FREQ_MAX	(500L << 16)
/* The kernel's slew for adjtime(), s/s; growth of maxerror, us/s. */
#define SINGLESHOT_RATE	500e-6
#define MAXERROR_RATE	500
#define MAXERROR_MAX	16000000

void kclock_init(struct kclock *k, uint64_t seed, const char *name,
		 int64_t epoch_ns)
{
	memset(k, 0, sizeof(*k));
	rng_seed(&k->rng, seed, name);
	k->epoch_ns = epoch_ns;
	k->tick = TICK_NOMINAL;
	k->status = STA_UNSYNC;
	k->state = TIME_OK;
	k->tai = 37;
	k->maxerror = MAXERROR_MAX;
	k->esterror = MAXERROR_MAX;
	k->osc.period = DAY_S;
	k->read_s = 25e-9;
}

/* What adjtimex adds to the oscillator. */
static double correction(const struct kclock *k)
{
	return k->freq * FREQ_UNIT +
	       (k->tick - TICK_NOMINAL) / (double)TICK_NOMINAL + k->slew;
}

double kclock_freq(const struct kclock *k)
{
	double r = correction(k);

	return k->rate + r + k->rate * r;
}

/* Seconds of CLOCK_REALTIME since 1970. */
static int64_t real_s(const struct kclock *k)
{
	int64_t ns = k->epoch_ns + (int64_t)floor(k->t * NS + k->real * NS);

	return ns / NS_PER_S;
}

/* A leap second happens the moment that the clock shows it is due. */
static void leap(struct kclock *k, int64_t before)
{
	int64_t after = real_s(k);

	if (k->state == TIME_INS && after / DAY_S > before / DAY_S) {
		k->real -= 1;
		k->tai++;
		k->state = TIME_OOP;
	} else if (k->state == TIME_DEL &&
		   (after + 1) / DAY_S > (before + 1) / DAY_S) {
		k->real += 1;
		k->tai--;
		k->state = TIME_WAIT;
	}
}

void kclock_advance(struct kclock *k, double t)
{
	double dt = t - k->t, freq;
	int64_t before = 0;

	if (dt <= 0)
		return;
	if (k->state == TIME_INS || k->state == TIME_DEL)
		before = real_s(k);
	k->t = t;
	k->reads = 0;
	if (k->is_frozen) {
		k->raw -= dt;
		k->mono -= dt;
		k->real -= dt;
		return;
	}
	freq = kclock_freq(k);
	k->raw += dt * k->rate;
	k->mono += dt * freq;
	k->real += dt * freq;
	if (before)
		leap(k, before);
}

static void slew_singleshot(struct kclock *k)
{
	double part = fmin(fabs(k->singleshot), SINGLESHOT_RATE);

	k->slew = copysign(part, k->singleshot);
	k->singleshot -= k->slew;
}

/* The kernel's second_overflow(): states of a leap second. */
static void overflow(struct kclock *k)
{
	switch (k->state) {
	case TIME_OK:
		if (k->status & STA_INS)
			k->state = TIME_INS;
		else if (k->status & STA_DEL)
			k->state = TIME_DEL;
		break;
	case TIME_INS:
		if (!(k->status & STA_INS))
			k->state = TIME_OK;
		break;
	case TIME_DEL:
		if (!(k->status & STA_DEL))
			k->state = TIME_OK;
		break;
	case TIME_OOP:
		k->state = TIME_WAIT;
		break;
	case TIME_WAIT:
		if (!(k->status & (STA_INS | STA_DEL)))
			k->state = TIME_OK;
		break;
	}
}

void kclock_tick(struct kclock *k, double t)
{
	struct kclock_osc *o = &k->osc;

	kclock_advance(k, t);
	if (o->wander > 0)
		o->walk += o->wander * rng_normal(&k->rng);
	k->rate = o->freq + o->walk + o->temp * sin(2 * M_PI * t / o->period);
	if (k->is_frozen)
		return;
	slew_singleshot(k);
	k->maxerror += MAXERROR_RATE;
	if (k->maxerror >= MAXERROR_MAX) {
		k->maxerror = MAXERROR_MAX;
		k->status |= STA_UNSYNC;
	}
	overflow(k);
}

int64_t kclock_real_ns(struct kclock *k, double t)
{
	kclock_advance(k, t);
	return k->epoch_ns + (int64_t)floor(k->t * NS + k->real * NS);
}

int64_t kclock_read_ns(struct kclock *k, clockid_t id, double t)
{
	double ns;

	kclock_advance(k, t);
	ns = k->t * NS + k->reads++ * k->read_s * NS;
	switch (id) {
	case CLOCK_REALTIME:
		return k->epoch_ns + (int64_t)floor(ns + k->real * NS);
	case CLOCK_MONOTONIC:
		return (int64_t)floor(ns + k->mono * NS);
	case CLOCK_MONOTONIC_RAW:
		return (int64_t)floor(ns + k->raw * NS);
	default:
		return -1;
	}
}

double kclock_when_mono(struct kclock *k, int64_t mono_ns, double t)
{
	double left;

	kclock_advance(k, t);
	if (k->is_frozen)
		return INFINITY;
	left = ((double)mono_ns - k->t * NS - k->mono * NS) / NS;
	return left <= 0 ? k->t : k->t + left / (1 + kclock_freq(k)) + 1e-9;
}

static int set_offset(struct kclock *k, const struct timex *tx)
{
	double unit = tx->modes & ADJ_NANO ? 1e-9 : 1e-6;

	if (tx->time.tv_usec < 0 || tx->time.tv_usec * unit >= 1)
		return -EINVAL;
	k->real += tx->time.tv_sec + tx->time.tv_usec * unit;
	k->steps++;
	/* As the kernel's ntp_clear(). */
	k->singleshot = 0;
	k->slew = 0;
	k->status |= STA_UNSYNC;
	k->maxerror = MAXERROR_MAX;
	k->state = TIME_OK;
	return 0;
}

static int set(struct kclock *k, const struct timex *tx)
{
	const unsigned int known = ADJ_FREQUENCY | ADJ_TICK | ADJ_STATUS |
		ADJ_MAXERROR | ADJ_ESTERROR | ADJ_NANO | ADJ_MICRO |
		ADJ_SETOFFSET | ADJ_TAI | ADJ_TIMECONST;

	if (tx->modes & ~known)
		return -EOPNOTSUPP;
	if (tx->modes & ADJ_TICK && labs(tx->tick - TICK_NOMINAL) > 1000)
		return -EINVAL;
	if (tx->modes & ADJ_SETOFFSET && set_offset(k, tx))
		return -EINVAL;
	if (tx->modes & ADJ_TICK)
		k->tick = tx->tick;
	if (tx->modes & ADJ_FREQUENCY)
		k->freq = tx->freq > FREQ_MAX ? FREQ_MAX :
			  tx->freq < -FREQ_MAX ? -FREQ_MAX : tx->freq;
	if (tx->modes & ADJ_STATUS)
		k->status = tx->status & ~(STA_RONLY | STA_PLL);
	if (tx->modes & ADJ_MAXERROR)
		k->maxerror = tx->maxerror;
	if (tx->modes & ADJ_ESTERROR)
		k->esterror = tx->esterror;
	if (tx->modes & ADJ_TAI)
		k->tai = (int)tx->constant;
	return 0;
}

int kclock_adjtime(struct kclock *k, struct timex *tx, double t)
{
	int err = 0;

	kclock_advance(k, t);
	if (tx->modes == ADJ_OFFSET_SINGLESHOT)
		k->singleshot = tx->offset * 1e-6;
	else if (tx->modes != ADJ_OFFSET_SS_READ)
		err = set(k, tx);
	if (err)
		return err;
	tx->freq = k->freq;
	tx->tick = k->tick;
	tx->status = k->status | STA_NANO;
	tx->maxerror = k->maxerror;
	tx->esterror = k->esterror;
	tx->tai = k->tai;
	tx->offset = tx->modes == ADJ_OFFSET_SS_READ ||
		     tx->modes == ADJ_OFFSET_SINGLESHOT ?
		     lround(k->singleshot * 1e6) : 0;
	tx->precision = 1;
	tx->tolerance = FREQ_MAX;
	return k->status & STA_UNSYNC ? TIME_ERROR : k->state;
}
