// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include "daemon/io/ptpdev.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/lib/ptp.h"

struct device {
	struct device *next;
	int fd;
	bool is_writable;
	char path[];
};

static struct device *prepared;

static struct device **find(const char *path)
{
	struct device **at = &prepared;

	while (*at && strcmp((*at)->path, path))
		at = &(*at)->next;
	return at;
}

static void drop(struct device **at)
{
	struct device *device = *at;

	*at = device->next;
	close(device->fd);
	free(device);
}

void ptpdev_prepare(const char *path)
{
	size_t size = strlen(path) + 1;
	struct device *device;

	if (*find(path))
		return;
	device = malloc(sizeof(*device) + size);
	if (!device)
		return;
	memcpy(device->path, path, size);
	device->is_writable = true;
	device->fd = ptp_open(path, true);
	if (device->fd < 0) {
		device->is_writable = false;
		device->fd = ptp_open(path, false);
	}
	if (device->fd < 0) {
		free(device);
		return;
	}
	device->next = prepared;
	prepared = device;
}

void ptpdev_prepare_all(void)
{
	glob_t found;

	if (!glob("/dev/ptp[0-9]*", 0, NULL, &found)) {
		for (size_t i = 0; i < found.gl_pathc; i++)
			ptpdev_prepare(found.gl_pathv[i]);
	}
	globfree(&found);
}

/* A clock that went keeps its descriptor; another may have its name now. */
static bool is_current(const struct device *device, const char *path)
{
	struct ptp_caps caps;
	struct stat mine, its;

	if (ptp_caps(device->fd, &caps))
		return false;
	/* In a jail there is no such file any more. */
	if (stat(path, &its))
		return true;
	return !fstat(device->fd, &mine) && mine.st_rdev == its.st_rdev;
}

int ptpdev_open(const char *path, bool is_writable)
{
	struct device **at = find(path);
	int fd;

	if (*at && !is_current(*at, path))
		drop(at);
	if (!*at || (is_writable && !(*at)->is_writable))
		return ptp_open(path, is_writable);
	fd = fcntl((*at)->fd, F_DUPFD_CLOEXEC, 0);
	return fd < 0 ? -errno : fd;
}

const char *ptpdev_remedy(int err)
{
	switch (err) {
	case -EACCES:
	case -EPERM:
		return "let the daemon's user read and write it, by a rule for "
		       "udev such as SUBSYSTEM==\"ptp\", GROUP=\"ntp\", "
		       "MODE=\"0660\"";
	case -ENOENT:
	case -ENODEV:
	case -ENXIO:
		return "see which clocks there are with ls /dev/ptp*, and "
		       "whose by ethtool -T";
	case -ENOTTY:
		return "it is no PTP hardware clock; name one as /dev/ptp0";
	default:
		return "see dmesg";
	}
}

void ptpdev_close(void)
{
	while (prepared)
		drop(&prepared);
}
