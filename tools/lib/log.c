// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include "tools/lib/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

static const char *log_name = "kntpd";
static enum log_level max_level = LOG_LEVEL_INFO;
static unsigned int kinds = 0xf000;
static bool use_syslog;
static char *file_path;
static FILE *file;

void log_open(const char *name, bool to_stderr)
{
	log_name = name;
	use_syslog = !to_stderr;
	if (use_syslog)
		openlog(name, LOG_PID | LOG_NDELAY, LOG_DAEMON);
}

void log_prepare(bool for_syslog)
{
	tzset();
	if (for_syslog)
		openlog(log_name, LOG_PID | LOG_NDELAY, LOG_DAEMON);
}

void log_set_level(enum log_level level)
{
	max_level = level;
}

bool log_is_on(enum log_level level)
{
	return level <= max_level;
}

void log_set_kinds(unsigned int mask)
{
	kinds = mask;
}

bool log_has_kind(enum log_kind kind)
{
	return kinds & kind;
}

static const char *level_word(enum log_level level)
{
	switch (level) {
	case LOG_LEVEL_ERROR:
		return "error: ";
	case LOG_LEVEL_WARNING:
		return "warning: ";
	case LOG_LEVEL_DEBUG:
		return "debug: ";
	default:
		return "";
	}
}

/* The line format of ntpd's log file, which log watchers know. */
static void write_file(FILE *to, enum log_level level, const char *text)
{
	time_t now = time(NULL);
	char stamp[32] = "";
	struct tm tm;

	if (localtime_r(&now, &tm))
		strftime(stamp, sizeof(stamp), "%e %b %H:%M:%S", &tm);
	fprintf(to, "%s %s[%d]: %s%s\n", stamp, log_name, (int)getpid(),
		level_word(level), text);
	fflush(to);
}

void log_write(enum log_level level, const char *format, ...)
{
	char text[1024];
	va_list args;

	if (!log_is_on(level))
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	/* A name from a file or the network must not forge a second line. */
	for (char *p = text; *p; p++) {
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			*p = '?';
	}
	if (file)
		write_file(file, level, text);
	else if (use_syslog)
		syslog(level, "%s%s", level_word(level), text);
	else
		fprintf(stderr, "%s: %s%s\n", log_name, level_word(level),
			text);
}

static FILE *open_file(const char *path, int *err)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC |
		      O_NOCTTY, 0644);
	FILE *opened;

	*err = 0;
	opened = fd < 0 ? NULL : fdopen(fd, "a");
	if (!opened) {
		*err = -errno;
		if (fd >= 0)
			close(fd);
		log_error("cannot write the log file %s: %s; messages go %s. "
			  "Make the file writable for the user that the daemon "
			  "runs as, or change the logfile line",
			  path, strerror(-*err), file ? "on to the old file" :
			  use_syslog ? "to syslog" : "to standard error");
	}
	return opened;
}

int log_set_file(const char *path)
{
	FILE *opened;
	char *copy;
	int err;

	if (!path) {
		if (file)
			fclose(file);
		free(file_path);
		file = NULL;
		file_path = NULL;
		return 0;
	}
	if (file && !strcmp(path, file_path))
		return 0;
	opened = open_file(path, &err);
	if (!opened)
		return err;
	copy = strdup(path);
	if (!copy) {
		fclose(opened);
		return -ENOMEM;
	}
	log_notice("switching logging to file %s", path);
	if (file)
		fclose(file);
	free(file_path);
	file = opened;
	file_path = copy;
	return 0;
}

void log_give(uid_t uid, gid_t gid)
{
	if (file)
		(void)!fchown(fileno(file), uid, gid);
}

int log_reopen(void)
{
	FILE *opened;
	int err;

	if (!file)
		return 0;
	opened = open_file(file_path, &err);
	if (!opened)
		return err;
	fclose(file);
	file = opened;
	return 0;
}

void log_close(void)
{
	log_set_file(NULL);
	if (use_syslog)
		closelog();
	use_syslog = false;
}
