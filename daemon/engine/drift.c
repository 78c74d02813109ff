// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/engine/drift.h"
#include "tools/lib/log.h"

#define PPM		1e-6
/* No oscillator is further off, ppm. */
#define PPM_MAX		500.0
/* What a frequency of unknown origin is worth. */
#define SD_UNKNOWN	1e-6
/* Wander of an oscillator in a changing room, per root second. */
#define WANDER_UNKNOWN	1e-9
/* Restarts heat and cool the machine: no frequency is known better, s/s. */
#define SD_MIN		2e-8

static struct {
	char path[PATH_MAX];
	char temp[PATH_MAX + 8];
	bool has_failed;
	double written;		/* frequency in the file; NAN: none known */
	unsigned int waived;	/* writes since then that were not due */
} drift = { .written = NAN };

void drift_open(const char *path)
{
	char old[PATH_MAX];

	memcpy(old, drift.path, sizeof(old));
	snprintf(drift.path, sizeof(drift.path), "%s", path ? path : "");
	snprintf(drift.temp, sizeof(drift.temp), "%s.TEMP", drift.path);
	if (strcmp(old, drift.path)) {
		drift.has_failed = false;
		drift.written = NAN;
	}
}

/* Return: false if the line is none of ours, or makes no sense. */
static bool parse_state(const char *line, double now, struct drift_state *state)
{
	double freq, sd, wander, then;

	if (sscanf(line, "kntp 1 %lf %lf %lf %lf", &freq, &sd, &wander,
		   &then) != 4)
		return false;
	/* Somebody may have edited the first line: then that is what holds. */
	if (!(fabs(freq * PPM - state->freq) < 0.001 * PPM) ||
	    !(sd >= 0 && sd <= PPM_MAX) || !(wander >= 0 && wander <= PPM_MAX) ||
	    !isfinite(then))
		return false;
	state->freq = freq * PPM;
	state->wander = wander * PPM;
	state->freq_sd = hypot(fmax(sd * PPM, SD_MIN),
			       state->wander * sqrt(fmax(now - then, 0)));
	/* A clock that went back tells nothing of the time that has passed. */
	if (now < then)
		state->freq_sd = fmax(state->freq_sd, SD_UNKNOWN);
	return true;
}

bool drift_read(double now, struct drift_state *state)
{
	char line[64] = "", more[160] = "", *end;
	double ppm;
	FILE *file;

	if (!drift.path[0])
		return false;
	file = fopen(drift.path, "re");
	if (!file) {
		if (errno != ENOENT)
			log_warning("drift file %s: %s; starting without it",
				    drift.path, strerror(errno));
		return false;
	}
	if (!fgets(line, sizeof(line), file))
		line[0] = '\0';
	else if (!fgets(more, sizeof(more), file))
		more[0] = '\0';
	fclose(file);
	/* An empty file was made by hand, for us to fill. */
	if (!line[0])
		return false;
	ppm = strtod(line, &end);
	if (end == line || !isfinite(ppm) || fabs(ppm) > PPM_MAX) {
		log_warning("drift file %s: no frequency in ppm up to +-500 in "
			    "its first line; starting without it", drift.path);
		return false;
	}
	*state = (struct drift_state){
		.freq = ppm * PPM,
		.freq_sd = SD_UNKNOWN,
		.wander = WANDER_UNKNOWN,
	};
	parse_state(more, now, state);
	drift.written = state->freq;
	return true;
}

bool drift_is_due(double freq, double threshold)
{
	/* Without a file that is known the difference is no number. */
	if (fabs(freq - drift.written) < ldexp(threshold, -(int)drift.waived)) {
		drift.waived++;
		return false;
	}
	return true;
}

static int write_temp(const char *text, size_t len)
{
	int fd = open(drift.temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
		      0644);
	ssize_t done;
	int err = 0;

	if (fd < 0)
		return -errno;
	done = write(fd, text, len);
	if (done != (ssize_t)len)
		err = done < 0 ? -errno : -ENOSPC;
	else if (fsync(fd))
		err = -errno;
	if (close(fd) && !err)
		err = -errno;
	return err;
}

void drift_write(double now, const struct drift_state *state)
{
	char text[192];
	int len, err;

	if (!drift.path[0])
		return;
	len = snprintf(text, sizeof(text), "%.3f\nkntp 1 %.6f %.6f %.3e %.0f\n",
		       state->freq / PPM, state->freq / PPM,
		       state->freq_sd / PPM, state->wander / PPM, now);
	err = write_temp(text, (size_t)len);
	if (!err && rename(drift.temp, drift.path))
		err = -errno;
	if (!err) {
		if (drift.has_failed)
			log_notice("drift file %s written again", drift.path);
		drift.has_failed = false;
		drift.written = state->freq;
		drift.waived = 0;
		return;
	}
	unlink(drift.temp);
	if (!drift.has_failed)
		log_error("drift file %s can not be written: %s; the daemon "
			  "needs room and write permission in its folder. The "
			  "frequency is kept in memory", drift.path,
			  strerror(-err));
	drift.has_failed = true;
}
