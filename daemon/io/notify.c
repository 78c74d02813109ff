// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include "daemon/io/notify.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/io/loop.h"
#include "tools/lib/log.h"

static int notify_fd = -1;
static struct sockaddr_un manager;
static socklen_t manager_len;
static char last_status[256];
static struct loop_timer watchdog_timer;
static int64_t watchdog_ns;

static void tell(const char *text)
{
	if (notify_fd < 0)
		return;
	if (sendto(notify_fd, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT,
		   (struct sockaddr *)&manager, manager_len) < 0)
		log_debug("service manager at %s: %s", manager.sun_path,
			  strerror(errno));
}

static void feed_watchdog(void *arg)
{
	(void)arg;
	tell("WATCHDOG=1");
	loop_timer_in(&watchdog_timer, watchdog_ns / 2);
}

static int64_t number_of(const char *name)
{
	const char *text = getenv(name);
	char *end;
	long long value;

	if (!text || !*text)
		return 0;
	value = strtoll(text, &end, 10);
	return *end || value < 0 || value > INT64_MAX / 1000 ? 0 : value;
}

void notify_open(void)
{
	const char *path = getenv("NOTIFY_SOCKET");
	int64_t usec, pid;
	size_t len;

	len = path ? strlen(path) : 0;
	if (len < 2 || (*path != '/' && *path != '@') ||
	    len >= sizeof(manager.sun_path))
		return;
	manager.sun_family = AF_UNIX;
	memcpy(manager.sun_path, path, len);
	manager_len = offsetof(struct sockaddr_un, sun_path) + len;
	/* An abstract name starts with a NUL, which the variable spells @. */
	if (*path == '@')
		manager.sun_path[0] = '\0';
	notify_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (notify_fd < 0) {
		log_warning("cannot tell the service manager at %s: %s", path,
			    strerror(errno));
		return;
	}
	usec = number_of("WATCHDOG_USEC");
	pid = number_of("WATCHDOG_PID");
	if (usec && (!pid || pid == getpid())) {
		watchdog_ns = usec * 1000;
		loop_timer_init(&watchdog_timer, feed_watchdog, NULL);
		feed_watchdog(NULL);
	}
}

void notify_ready(void)
{
	tell("READY=1");
}

void notify_reloading(void)
{
	char text[64];

	snprintf(text, sizeof(text), "RELOADING=1\nMONOTONIC_USEC=%lld",
		 (long long)(loop_now_ns() / 1000));
	tell(text);
}

void notify_stopping(void)
{
	tell("STOPPING=1");
}

void notify_status(const char *format, ...)
{
	char text[sizeof(last_status) + 8];
	char status[sizeof(last_status)];
	va_list args;

	va_start(args, format);
	vsnprintf(status, sizeof(status), format, args);
	va_end(args);
	if (!strcmp(status, last_status))
		return;
	memcpy(last_status, status, sizeof(status));
	snprintf(text, sizeof(text), "STATUS=%s", status);
	tell(text);
}

void notify_close(void)
{
	if (notify_fd < 0)
		return;
	if (watchdog_ns)
		loop_timer_cancel(&watchdog_timer);
	close(notify_fd);
	notify_fd = -1;
	watchdog_ns = 0;
	last_status[0] = '\0';
}
