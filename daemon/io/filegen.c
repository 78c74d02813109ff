// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include "daemon/io/filegen.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "tools/lib/log.h"

#define DAY_S		86400
/* A file that could not be opened is tried again after this long, s. */
#define AGAIN_S		60
#define SUFFIX_MAX	32

void filegen_init(struct filegen *gen)
{
	*gen = (struct filegen){ .fd = -1 };
}

static void close_file(struct filegen *gen)
{
	if (gen->fd >= 0)
		close(gen->fd);
	gen->fd = -1;
	gen->again_s = INT64_MIN;
}

static char *join(const char *dir, const char *name)
{
	size_t len = dir ? strlen(dir) : 0;
	size_t size = len + strlen(name) + 2;
	char *path = malloc(size);

	if (!path)
		return NULL;
	if (!len || *name == '/')
		snprintf(path, size, "%s", name);
	else
		snprintf(path, size, "%s%s%s", dir,
			 dir[len - 1] == '/' ? "" : "/", name);
	return path;
}

int filegen_plan(struct filegen *gen, const struct filegen_plan *plan)
{
	char *path = NULL;

	if (plan) {
		path = join(plan->dir, plan->name);
		if (!path) {
			filegen_plan(gen, NULL);
			return -ENOMEM;
		}
		if (gen->path && !strcmp(gen->path, path) &&
		    gen->type == plan->type &&
		    gen->is_linked == plan->is_linked &&
		    gen->is_enabled == plan->is_enabled) {
			free(path);
			return 0;
		}
	}
	close_file(gen);
	free(gen->path);
	filegen_init(gen);
	if (!plan)
		return 0;
	gen->path = path;
	gen->type = plan->type;
	gen->is_linked = plan->is_linked;
	gen->is_enabled = plan->is_enabled;
	gen->again_s = INT64_MIN;
	return 0;
}

bool filegen_is_on(const struct filegen *gen)
{
	return gen->path && gen->is_enabled;
}

void filegen_reopen(struct filegen *gen)
{
	close_file(gen);
}

/* --- generations --------------------------------------------------------- */

/* Midnight at the begin of a day of the year @year, counted from 1900. */
static int64_t day_start(int year, int month, int day)
{
	struct tm tm = { .tm_year = year, .tm_mon = month, .tm_mday = day };

	return timegm(&tm);
}

/*
 * Enters the generation that @now_s falls into and says its suffix. The week
 * is counted as ntpd does: seven days each from the first of January, the last
 * one of a year is short.
 */
static void enter(struct filegen *gen, int64_t now_s, int64_t age_s,
		  char *suffix)
{
	time_t now = (time_t)now_s;
	struct tm tm = { 0 };
	int year, week;

	gmtime_r(&now, &tm);
	year = tm.tm_year;
	week = tm.tm_yday / 7;
	*suffix = '\0';
	gen->from_s = INT64_MIN;
	gen->until_s = INT64_MAX;
	switch (gen->type) {
	case FILEGEN_NONE:
		break;
	case FILEGEN_PID:
		snprintf(suffix, SUFFIX_MAX, ".%d", (int)getpid());
		break;
	case FILEGEN_DAY:
		snprintf(suffix, SUFFIX_MAX, ".%04d%02d%02d", year + 1900,
			 tm.tm_mon + 1, tm.tm_mday);
		gen->from_s = day_start(year, tm.tm_mon, tm.tm_mday);
		gen->until_s = gen->from_s + DAY_S;
		break;
	case FILEGEN_WEEK:
		snprintf(suffix, SUFFIX_MAX, ".%04dw%02d", year + 1900, week);
		gen->from_s = day_start(year, 0, 1 + 7 * week);
		gen->until_s = week == 52 ? day_start(year + 1, 0, 1) :
			       gen->from_s + 7 * DAY_S;
		break;
	case FILEGEN_MONTH:
		snprintf(suffix, SUFFIX_MAX, ".%04d%02d", year + 1900,
			 tm.tm_mon + 1);
		gen->from_s = day_start(year, tm.tm_mon, 1);
		gen->until_s = day_start(year, tm.tm_mon + 1, 1);
		break;
	case FILEGEN_YEAR:
		snprintf(suffix, SUFFIX_MAX, ".%04d", year + 1900);
		gen->from_s = day_start(year, 0, 1);
		gen->until_s = day_start(year + 1, 0, 1);
		break;
	case FILEGEN_AGE:
		gen->from_s = age_s - age_s % DAY_S;
		gen->until_s = gen->from_s + DAY_S;
		snprintf(suffix, SUFFIX_MAX, ".a%08lld",
			 (long long)gen->from_s);
		break;
	}
}

/* --- the file ------------------------------------------------------------ */

static void tell(struct filegen *gen, const char *path, int err)
{
	if (gen->is_told)
		return;
	gen->is_told = true;
	log_error("cannot write statistics to %s: %s; %s. They are lost until "
		  "then", path, strerror(err), err == ENOENT ?
		  "create its folder for the daemon's user" :
		  err == ENOSPC || err == EDQUOT ?
		  "make room there" :
		  "see to it that the daemon's user may write there");
}

/* The link leads from the bare name to the newest generation. */
static void link_file(struct filegen *gen, const char *full, int64_t now_s)
{
	char aside[PATH_MAX];
	struct stat link_st, full_st;

	if (!lstat(gen->path, &link_st)) {
		if (!lstat(full, &full_st) &&
		    link_st.st_ino == full_st.st_ino &&
		    link_st.st_dev == full_st.st_dev)
			return;
		/* Somebody's only copy is moved aside, a link is no loss. */
		if (link_st.st_nlink > 1) {
			unlink(gen->path);
		} else {
			snprintf(aside, sizeof(aside), "%s.%dC%lld", gen->path,
				 (int)getpid(), (long long)now_s);
			rename(gen->path, aside);
		}
	}
	if (link(full, gen->path) && !gen->is_link_told) {
		gen->is_link_told = true;
		log_warning("cannot link %s to %s: %s; nolink in the filegen "
			    "line does without", gen->path, full,
			    strerror(errno));
	}
}

static bool open_file(struct filegen *gen, int64_t now_s, int64_t age_s)
{
	char full[PATH_MAX + SUFFIX_MAX], suffix[SUFFIX_MAX];
	int64_t clock_s = gen->type == FILEGEN_AGE ? age_s : now_s;

	if (gen->fd >= 0 && clock_s >= gen->from_s && clock_s < gen->until_s)
		return true;
	if (gen->fd < 0 && age_s < gen->again_s)
		return false;
	close_file(gen);
	enter(gen, now_s, age_s, suffix);
	if (snprintf(full, sizeof(full), "%s%s", gen->path, suffix) >=
	    (int)sizeof(full)) {
		tell(gen, gen->path, ENAMETOOLONG);
		return false;
	}
	gen->fd = open(full, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC |
		       O_NOCTTY | O_NONBLOCK, 0644);
	if (gen->fd < 0) {
		tell(gen, full, errno);
		gen->again_s = age_s + AGAIN_S;
		return false;
	}
	if (gen->is_linked && *suffix)
		link_file(gen, full, now_s);
	return true;
}

/* Half a line would spoil the next one, too. */
static void take_back(int fd, size_t written)
{
	struct stat st;

	if (!fstat(fd, &st) && S_ISREG(st.st_mode) &&
	    st.st_size >= (off_t)written)
		(void)!ftruncate(fd, st.st_size - (off_t)written);
}

void filegen_write(struct filegen *gen, int64_t now_s, int64_t age_s,
		   const char *line)
{
	size_t len = strlen(line);
	ssize_t n;

	if (!filegen_is_on(gen) || !open_file(gen, now_s, age_s))
		return;
	n = write(gen->fd, line, len);
	if (n == (ssize_t)len) {
		if (gen->is_told)
			log_notice("statistics are written to %s again",
				   gen->path);
		gen->is_told = false;
		return;
	}
	if (n > 0)
		take_back(gen->fd, (size_t)n);
	tell(gen, gen->path, n < 0 ? errno : ENOSPC);
}
