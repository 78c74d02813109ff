/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef FILEGEN_H
#define FILEGEN_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Files that grow line by line and of which a new generation begins each day,
 * week, ... in UTC, named as ntpd names them. They are opened when there is
 * something to write. Nothing here can fail for the caller: what stands in
 * the way is logged once, and tried again.
 */

/** enum filegen_type - when a new generation begins, and its suffix */
enum filegen_type {
	FILEGEN_NONE,	/* one file for ever, no suffix */
	FILEGEN_PID,	/* one for each process: .123 */
	FILEGEN_DAY,	/* .20261122 */
	FILEGEN_WEEK,	/* .2026w46, week 0 begins with the year */
	FILEGEN_MONTH,	/* .202611 */
	FILEGEN_YEAR,	/* .2026 */
	FILEGEN_AGE,	/* each 24 h of the daemon: .a00086400, its age in s */
};

/** struct filegen_plan - what an administrator asks for; owns nothing */
struct filegen_plan {
	const char *dir;	/* with or without a slash at the end */
	const char *name;	/* in @dir, or of its own if it is absolute */
	enum filegen_type type;
	bool is_linked;		/* the name without suffix is a hard link */
	bool is_enabled;
};

/**
 * struct filegen - a file at work, memory of its owner
 *
 * To be made ready by filegen_init(). Its members belong to filegen.c.
 */
struct filegen {
	char *path;		/* without suffix; NULL: nothing is planned */
	enum filegen_type type;
	bool is_linked;
	bool is_enabled;
	int fd;			/* or -1 */
	bool is_told;		/* of the trouble, in the log */
	bool is_link_told;
	int64_t from_s;		/* the generation that is open */
	int64_t until_s;
	int64_t again_s;	/* no other try to open it before */
};

/** filegen_init() - make it ready: nothing is written yet */
void filegen_init(struct filegen *gen);

/**
 * filegen_plan() - do as asked from now on
 * @plan: copied; NULL: write nothing
 *
 * A plan that says what is done already changes nothing, not even the file.
 *
 * Return: 0 or -ENOMEM, upon which nothing is written.
 */
int filegen_plan(struct filegen *gen, const struct filegen_plan *plan);

/** filegen_is_on() - would a line be written? */
bool filegen_is_on(const struct filegen *gen);

/**
 * filegen_reopen() - open the file anew at the next line: it may have been
 * moved away, or its folder made
 */
void filegen_reopen(struct filegen *gen);

/**
 * filegen_write() - append a line
 * @now_s: seconds since 1970 UTC
 * @age_s: seconds that the daemon has run
 * @line: whole, with the newline at its end
 *
 * The line is there as a whole or not at all.
 */
void filegen_write(struct filegen *gen, int64_t now_s, int64_t age_s,
		   const char *line);

#endif
