// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include <math.h>
#include <stdio.h>

#include "daemon/engine/assoc.h"
#include "daemon/engine/clock.h"
#include "daemon/engine/drift.h"
#include "daemon/engine/fuse.h"
#include "daemon/engine/stats.h"
#include "daemon/engine/steer.h"
#include "daemon/io/loop.h"
#include "tools/lib/log.h"

#define DRIFT_NS	(3600 * LOOP_NS_PER_S)
#define PPM		1e-6
/* What one that somebody wrote down is worth. */
#define FREQ_SD_WRITTEN	1e-6
/* What a frequency from nowhere is worth. */
#define FREQ_SD_NONE	100e-6
/* With -x the clock is stepped only for more than this, as by ntpd. */
#define SLEW_ONLY_S	600.0
/* A slew of an offset this large, at 5000 ppm, is worth a line, s. */
#define SLOW_S		10.0
/* Status of a daemon that does not believe its servers. */
#define EXIT_PANIC	1

static struct {
	struct engine_options options;
	struct discipline_limits limits;
	struct discipline discipline;
	struct loop_timer slew;
	struct loop_timer drift;
	double drift_threshold;	/* see drift_is_due() */
	bool ntp_enabled;
	double wander;		/* of the oscillator, per root second */
	double slow_until;	/* end of the slew that was told */
	bool is_ready;		/* steer_apply() was called */
	bool has_freq;		/* the oscillator was measured */
} steer;

static void step_peer(struct peer *peer, void *arg)
{
	peer_stepped(peer, *(double *)arg);
}

static void tell_event(enum stats_event event, double value, const char *unit)
{
	char text[48];

	snprintf(text, sizeof(text), "%+.6f %s", value, unit);
	stats_event(event, text);
}

static void act(const struct discipline_action *action)
{
	double now = clock_now(), delta = action->step;

	if (action->verb == DISCIPLINE_STEP) {
		if (clock_step(delta))
			return;
		assoc_each_peer(step_peer, &delta);
		fuse_step(delta);
		log_notice("clock stepped by %+.6f s", delta);
		tell_event(STATS_CLOCK_STEP, delta, "s");
	}
	clock_adjust(action->rate);
	if (action->until > now)
		loop_timer_in(&steer.slew, (int64_t)((action->until - now) *
						     LOOP_NS_PER_S));
	else
		loop_timer_cancel(&steer.slew);
}

static void slew_done(void *arg)
{
	struct discipline_action action =
		discipline_timer(&steer.discipline, clock_now());

	if (action.verb == DISCIPLINE_ADJUST)
		act(&action);
	else if (steer.discipline.is_slewing)
		loop_timer_in(&steer.slew, LOOP_NS_PER_S / 1000);
}

static void write_drift(void)
{
	struct drift_state state = {
		.freq = steer.discipline.freq,
		.freq_sd = steer.discipline.freq_sd,
		.wander = steer.wander,
	};

	if (steer.has_freq)
		drift_write((double)clock_real_ns() / LOOP_NS_PER_S, &state);
}

static void save(void *arg)
{
	if (drift_is_due(steer.discipline.freq, steer.drift_threshold))
		write_drift();
	loop_timer_in(&steer.drift, DRIFT_NS);
}

void steer_init(const struct engine_options *options)
{
	steer.options = *options;
	steer.is_ready = false;
	steer.has_freq = false;
	loop_timer_init(&steer.slew, slew_done, NULL);
	loop_timer_init(&steer.drift, save, NULL);
	discipline_init(&steer.discipline, 0, FREQ_SD_NONE, false);
}

static void start(const struct conf *conf)
{
	double now = (double)clock_real_ns() / LOOP_NS_PER_S;
	bool is_given = conf->tinker.has_freq, has_drift;
	struct drift_state state;

	clock_init(steer.options.keep_clock || !conf->enabled.ntp);
	steer.is_ready = true;
	has_drift = drift_read(now, &state);
	if (is_given) {
		state.freq = conf->tinker.freq_ppm * PPM;
		state.freq_sd = FREQ_SD_WRITTEN;
	}
	if (has_drift || is_given) {
		discipline_init(&steer.discipline, state.freq, state.freq_sd,
				true);
		log_info("frequency %+.3f ppm +-%.3f, from %s",
			 state.freq / PPM, state.freq_sd / PPM,
			 is_given ? "tinker freq" : "the drift file");
		tell_event(STATS_FREQ_SET, state.freq / PPM, "PPM");
	} else {
		/* What the kernel was left with is a better guess than 0. */
		discipline_init(&steer.discipline, clock_rate(), FREQ_SD_NONE,
				false);
	}
	/* With -q, too: the clock then goes on at the best rate known. */
	if (clock_is_ours())
		clock_adjust(steer.discipline.freq);
	if (!steer.options.once)
		loop_timer_in(&steer.drift, DRIFT_NS);
}

static void restart_peer(struct peer *peer, void *arg)
{
	peer_restart(peer);
}

/* enable ntp, or disable ntp, has come: all is measured from anew. */
static void change_control(const struct conf *conf)
{
	struct discipline *d = &steer.discipline;

	loop_timer_cancel(&steer.slew);
	clock_release(d->freq);
	clock_init(steer.options.keep_clock || !conf->enabled.ntp);
	discipline_init(d, clock_is_ours() ? d->freq : clock_rate(),
			steer.has_freq ? d->freq_sd : FREQ_SD_NONE,
			steer.has_freq);
	if (clock_is_ours())
		clock_adjust(d->freq);
	fuse_reset();
	assoc_each_peer(restart_peer, NULL);
}

void steer_apply(const struct conf *conf)
{
	const struct conf_tinker *t = &conf->tinker;
	struct discipline_limits *l = &steer.limits;

	*l = (struct discipline_limits){
		.stepfwd = t->stepfwd_s,
		.stepback = t->stepback_s,
		.stepout = t->stepout_s,
		.panic = t->panic_s,
		.step_first = steer.options.step_first,
	};
	if (steer.options.slew_only) {
		l->stepfwd = l->stepfwd ? fmax(l->stepfwd, SLEW_ONLY_S) : 0;
		l->stepback = l->stepback ? fmax(l->stepback, SLEW_ONLY_S) : 0;
	}
	drift_open(conf->driftfile);
	steer.drift_threshold = conf->files.drift_threshold;
	if (!steer.is_ready)
		start(conf);
	else if (conf->enabled.ntp != steer.ntp_enabled)
		change_control(conf);
	steer.ntp_enabled = conf->enabled.ntp;
}

static bool give_up(double offset)
{
	log_error("offset %+.0f s is more than the %g s that are believed: set "
		  "the clock by hand (date -s), or start with -g. The daemon "
		  "ends", offset, steer.limits.panic);
	tell_event(STATS_PANIC, offset, "s");
	loop_stop(EXIT_PANIC);
	return false;
}

/* A slew that people will wonder about; told when it starts. */
static bool is_slow(const struct discipline_action *action, double offset,
		    double now)
{
	bool was_slow = steer.slow_until > now;

	if (fabs(offset) < SLOW_S * DISCIPLINE_SLEW_MAX)
		return false;
	steer.slow_until = action->until;
	return !was_slow;
}

bool steer_update(const struct combine_result *what, double interval)
{
	struct discipline *d = &steer.discipline;
	enum discipline_state was = d->state;
	struct discipline_event event = {
		.now = clock_now(),
		.offset = what->offset,
		.freq = what->freq,
		.freq_sd = what->freq_sd,
		.interval = interval,
	};
	struct discipline_action action;

	if (!clock_is_ours())
		return true;
	action = discipline_update(d, &steer.limits, &event);
	if (action.verb == DISCIPLINE_PANIC)
		return give_up(what->offset);
	if (action.verb == DISCIPLINE_WAIT && was != DISCIPLINE_SPIK)
		log_warning("offset %+.6f s: too large to be slewed; the clock "
			    "is stepped if it stays for %g s", what->offset,
			    steer.limits.stepout);
	if (action.verb == DISCIPLINE_ADJUST &&
	    is_slow(&action, what->offset, event.now))
		log_notice("offset %+.6f s is slewed away, which takes %.0f s",
			   what->offset, action.until - event.now);
	if (was != d->state)
		log_debug("clock state %s, frequency %+.3f ppm",
			  discipline_state_name(d->state), d->freq / PPM);
	steer.wander = what->wander;
	if (d->state == DISCIPLINE_SYNC) {
		if (!steer.has_freq)
			log_info("frequency of the clock known: %+.3f ppm",
				 d->freq / PPM);
		steer.has_freq = true;
	}
	if (action.verb == DISCIPLINE_ADJUST || action.verb == DISCIPLINE_STEP)
		act(&action);
	return true;
}

void steer_upset(void)
{
	struct discipline *d = &steer.discipline;

	if (d->state == DISCIPLINE_NSET)
		return;
	/* A slew under way would go on to correct what is no longer so. */
	d->is_slewing = false;
	loop_timer_cancel(&steer.slew);
	d->state = DISCIPLINE_FSET;
	steer.options.step_first = false;
	steer.limits.step_first = false;
	if (clock_is_ours())
		clock_adjust(d->freq);
}

bool steer_once(double offset)
{
	const struct discipline_limits *l = &steer.limits;
	double limit = offset > 0 ? l->stepfwd : l->stepback;
	bool is_step = limit > 0 && fabs(offset) > limit;

	if (!clock_is_ours()) {
		log_notice("offset %+.6f s; the clock was not set", offset);
		return steer.options.keep_clock;
	}
	if (l->panic > 0 && fabs(offset) > l->panic && !l->step_first) {
		log_error("offset %+.0f s is more than the %g s that are "
			  "believed: set the clock by hand (date -s), or add "
			  "-g", offset, l->panic);
		return false;
	}
	if (is_step ? clock_step(offset) : clock_slew_once(offset))
		return false;
	log_notice("clock %s by %+.6f s", is_step ? "stepped" : "slewed",
		   offset);
	return true;
}

double steer_freq(double *freq_sd)
{
	*freq_sd = steer.discipline.freq_sd;
	return steer.discipline.freq;
}

bool steer_is_settled(void)
{
	return clock_is_ours() && steer.discipline.state == DISCIPLINE_SYNC;
}

void steer_shutdown(void)
{
	loop_timer_cancel(&steer.slew);
	loop_timer_cancel(&steer.drift);
	if (!steer.is_ready || steer.options.once)
		return;
	write_drift();
	clock_release(steer.discipline.freq);
}
