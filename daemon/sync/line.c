// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include <math.h>

#include "daemon/sync/line.h"

#define NS		1e9
/* What a free oscillator is held to be off by, before it was measured, s/s. */
#define FREQ_SD		200e-6
/* What a frequency is good for after its clock was set by somebody, s/s. */
#define FREQ_SD_KEPT	1e-6

void line_init(struct line *line)
{
	*line = (struct line){ .least_s = INFINITY };
	filter_init(&line->filter, 0, FREQ_SD);
}

void line_restart(struct line *line)
{
	struct filter_estimate est;
	bool is_known = filter_estimate(&line->filter, line->filter.when, &est);

	line_init(line);
	if (is_known)
		filter_init(&line->filter, est.freq,
			    hypot(est.freq_sd, FREQ_SD_KEPT));
}

/*
 * From the line's origin, as the system clock would count had nobody slewed
 * it, s. Times are large, their difference is not.
 */
static double since(const struct line *line, int64_t mono_ns, double phase)
{
	return (double)(mono_ns - line->mono_ns) / NS - (phase - line->phase);
}

enum filter_result line_add(struct line *line,
			    const struct line_reading *reading,
			    double precision)
{
	struct filter_sample s;

	if (!line->count++) {
		line->phc_ns = reading->phc_ns;
		line->mono_ns = reading->mono_ns;
		line->phase = reading->phase;
	}
	s.when = since(line, reading->mono_ns, reading->phase);
	s.delay = (double)reading->window_ns / NS;
	s.offset = (double)((reading->phc_ns - line->phc_ns) -
			    (reading->mono_ns - line->mono_ns)) / NS +
		   reading->phase - line->phase;
	/* Clocks count ns at best, and are read one after the other. */
	s.disp = fmax(precision, 1 / NS) + s.delay / 2;
	line->least_s = fmin(line->least_s, s.delay);
	return filter_add(&line->filter, &s);
}

bool line_at(const struct line *line, int64_t mono_ns, double phase,
	     double phase_rate, struct line_point *point)
{
	double now = since(line, mono_ns, phase), half = line->least_s / 2;
	struct filter_estimate est, later;

	if (!filter_estimate(&line->filter, now, &est))
		return false;
	filter_estimate(&line->filter, now + 1, &later);
	point->mono_ns = mono_ns;
	point->phc_ns = line->phc_ns + (mono_ns - line->mono_ns) +
			llround((est.offset - (phase - line->phase)) * NS);
	point->rate = 1 / ((1 + est.freq) * (1 - phase_rate)) - 1;
	/* What every reading is off by alike no estimate can tell: uniform. */
	point->sd_ns = hypot(est.offset_sd, half / sqrt(3)) * NS;
	point->drift = fmax(later.offset_sd - est.offset_sd, 0);
	return true;
}
