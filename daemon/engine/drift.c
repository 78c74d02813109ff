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

static struct {
	char path[PATH_MAX];
	char temp[PATH_MAX + 8];
	bool has_failed;
} drift;

void drift_open(const char *path)
{
	char old[PATH_MAX];

	memcpy(old, drift.path, sizeof(old));
	snprintf(drift.path, sizeof(drift.path), "%s", path ? path : "");
	snprintf(drift.temp, sizeof(drift.temp), "%s.TEMP", drift.path);
	if (strcmp(old, drift.path))
		drift.has_failed = false;
}

bool drift_read(double *freq)
{
	char line[64] = "", *end;
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
	*freq = ppm * PPM;
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

void drift_write(double freq)
{
	char text[32];
	int len, err;

	if (!drift.path[0])
		return;
	len = snprintf(text, sizeof(text), "%.3f\n", freq / PPM);
	err = write_temp(text, (size_t)len);
	if (!err && rename(drift.temp, drift.path))
		err = -errno;
	if (!err) {
		if (drift.has_failed)
			log_notice("drift file %s written again", drift.path);
		drift.has_failed = false;
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
