/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#include <math.h>
#include <stddef.h>
#include <string.h>

#include "daemon/sync/discipline.h"

/* Shortest slew, so that the frequency is not torn about, s. */
#define SLEW_TIME_MIN	1.0

static double clamp(double value, double limit)
{
	return fmax(-limit, fmin(value, limit));
}

void discipline_init(struct discipline *d, double freq, double freq_sd,
		     bool has_freq)
{
	memset(d, 0, sizeof(*d));
	d->state = has_freq ? DISCIPLINE_FSET : DISCIPLINE_NSET;
	d->freq = clamp(freq, DISCIPLINE_FREQ_MAX);
	d->freq_sd = freq_sd;
}

static bool is_first(const struct discipline *d)
{
	return d->state == DISCIPLINE_NSET || d->state == DISCIPLINE_FSET;
}

static bool is_large(const struct discipline_limits *limits, double offset)
{
	double limit = offset > 0 ? limits->stepfwd : limits->stepback;

	return limit > 0 && fabs(offset) > limit;
}

static enum discipline_state settled(const struct discipline *d)
{
	return d->freq_sd <= DISCIPLINE_FREQ_GOOD ? DISCIPLINE_SYNC :
						    DISCIPLINE_FREQ;
}

static struct discipline_action step(struct discipline *d, double offset)
{
	d->is_slewing = false;
	d->state = settled(d);
	return (struct discipline_action){
		.verb = DISCIPLINE_STEP,
		.step = offset,
		.rate = d->freq,
		.freq = d->freq,
	};
}

/*
 * Remove the whole offset until the next sample is due, or later where that
 * were too fast; the frequency error is removed at once and for good.
 */
static struct discipline_action slew(struct discipline *d,
				     const struct discipline_event *event)
{
	double time = fmax(event->interval, SLEW_TIME_MIN);
	double rate;

	time = fmax(time, fabs(event->offset) / DISCIPLINE_SLEW_MAX);
	rate = event->offset / time;
	d->is_slewing = true;
	d->slew_end = event->now + time;
	d->state = settled(d);
	return (struct discipline_action){
		.verb = DISCIPLINE_ADJUST,
		.rate = d->freq + rate,
		.freq = d->freq,
		.until = d->slew_end,
	};
}

struct discipline_action
discipline_update(struct discipline *d, const struct discipline_limits *limits,
		  const struct discipline_event *event)
{
	bool first = is_first(d);

	if (limits->panic > 0 && fabs(event->offset) > limits->panic &&
	    !(first && limits->step_first))
		return (struct discipline_action){ .verb = DISCIPLINE_PANIC };

	if (!is_large(limits, event->offset)) {
		d->freq = clamp(event->freq, DISCIPLINE_FREQ_MAX);
		d->freq_sd = event->freq_sd;
		return slew(d, event);
	}
	if (first) {
		d->freq = clamp(event->freq, DISCIPLINE_FREQ_MAX);
		d->freq_sd = event->freq_sd;
		return step(d, event->offset);
	}
	if (d->state != DISCIPLINE_SPIK) {
		d->state = DISCIPLINE_SPIK;
		d->spike_since = event->now;
		return (struct discipline_action){ .verb = DISCIPLINE_WAIT };
	}
	if (event->now - d->spike_since < limits->stepout)
		return (struct discipline_action){ .verb = DISCIPLINE_WAIT };
	return step(d, event->offset);
}

struct discipline_action discipline_timer(struct discipline *d, double now)
{
	if (!d->is_slewing || now < d->slew_end)
		return (struct discipline_action){
			.verb = DISCIPLINE_NOTHING
		};
	d->is_slewing = false;
	return (struct discipline_action){
		.verb = DISCIPLINE_ADJUST,
		.rate = d->freq,
		.freq = d->freq,
		.until = now,
	};
}

const char *discipline_state_name(enum discipline_state state)
{
	static const char *const name[] = {
		[DISCIPLINE_NSET] = "NSET",
		[DISCIPLINE_FSET] = "FSET",
		[DISCIPLINE_FREQ] = "FREQ",
		[DISCIPLINE_SYNC] = "SYNC",
		[DISCIPLINE_SPIK] = "SPIK",
	};

	return name[state];
}
