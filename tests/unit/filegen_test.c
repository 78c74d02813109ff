// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/io/filegen.h"
#include "tests/lib/tap.h"
#include "tools/lib/log.h"

#define DAY	86400
/* 2026-11-22 08:15:05 UTC, a Sunday, day 326 of its year */
#define NOW	1795335305LL

static char dir[] = "/tmp/filegen_test.XXXXXX";
static char text[8192];
static struct filegen gen;

static const char *at(const char *name)
{
	static char path[2][128];
	static int turn;

	turn = !turn;
	snprintf(path[turn], sizeof(path[turn]), "%s/%s", dir, name);
	return path[turn];
}

static const char *content(const char *name)
{
	FILE *f = fopen(at(name), "r");
	size_t n = f ? fread(text, 1, sizeof(text) - 1, f) : 0;

	text[n] = '\0';
	if (f)
		fclose(f);
	return f ? text : "(none)";
}

static ino_t inode(const char *name)
{
	struct stat st;

	return stat(at(name), &st) ? 0 : st.st_ino;
}

static void plan(enum filegen_type type, bool is_linked)
{
	struct filegen_plan p = { .dir = dir, .name = "stats", .type = type,
				  .is_linked = is_linked, .is_enabled = true };

	if (filegen_plan(&gen, &p))
		abort();
}

/* A type, two moments of one generation, and one of the next. */
static void generations(const char *what, enum filegen_type type,
			int64_t same, const char *first, int64_t next,
			const char *second)
{
	plan(type, false);
	filegen_write(&gen, NOW, 100, "1\n");
	filegen_write(&gen, NOW + same, 100 + same, "2\n");
	filegen_write(&gen, NOW + next, 100 + next, "3\n");
	is_str(content(first), "1\n2\n", "%s: one generation", what);
	is_str(content(second), "3\n", "%s: and the next", what);
	filegen_write(&gen, NOW, 100, "back\n");
	is_str(content(first), "1\n2\nback\n", "%s: the clock was set back",
	       what);
	unlink(at(first));
	unlink(at(second));
}

static void types(void)
{
	char pid[32];

	snprintf(pid, sizeof(pid), "stats.%d", (int)getpid());
	/* 15:44:55 to the end of the day */
	generations("day", FILEGEN_DAY, 56694, "stats.20261122", 56695,
		    "stats.20261123");
	/* day 322 of the year, counted from 0, begins week 46 */
	generations("week", FILEGEN_WEEK, 56694 + 3 * DAY, "stats.2026w46",
		    56695 + 3 * DAY, "stats.2026w47");
	generations("month", FILEGEN_MONTH, 56694 + 8 * DAY, "stats.202611",
		    56695 + 8 * DAY, "stats.202612");
	generations("year", FILEGEN_YEAR, 56694 + 39 * DAY, "stats.2026",
		    56695 + 39 * DAY, "stats.2027");
	generations("the last week is short", FILEGEN_WEEK, 56694 + 3 * DAY,
		    "stats.2026w46", 56695 + 39 * DAY, "stats.2027w00");
	generations("age", FILEGEN_AGE, DAY - 101, "stats.a00000000",
		    DAY - 100, "stats.a00086400");
	plan(FILEGEN_PID, false);
	filegen_write(&gen, NOW, 0, "1\n");
	filegen_write(&gen, NOW + 1000 * DAY, 0, "2\n");
	is_str(content(pid), "1\n2\n", "pid: one for the process");
	unlink(at(pid));
	plan(FILEGEN_NONE, true);
	filegen_write(&gen, NOW, 0, "1\n");
	filegen_write(&gen, NOW + 1000 * DAY, 0, "2\n");
	is_str(content("stats"), "1\n2\n", "none: one file for ever");
	unlink(at("stats"));
}

static void links(void)
{
	char aside[64];
	struct stat st;

	plan(FILEGEN_DAY, true);
	filegen_write(&gen, NOW, 0, "1\n");
	ok(inode("stats") && inode("stats") == inode("stats.20261122"),
	   "the name without suffix is the same file");
	ok(!lstat(at("stats"), &st) && S_ISREG(st.st_mode), "by a hard link");
	filegen_write(&gen, NOW + DAY, 0, "2\n");
	ok(inode("stats") == inode("stats.20261123"),
	   "and follows to the next generation");
	is_str(content("stats.20261122"), "1\n", "the old one stays");
	filegen_reopen(&gen);
	filegen_write(&gen, NOW + DAY, 0, "3\n");
	is_str(content("stats"), "2\n3\n", "opened anew, it is appended to");

	unlink(at("stats"));
	unlink(at("stats.20261122"));
	unlink(at("stats.20261123"));
	plan(FILEGEN_NONE, false);
	filegen_write(&gen, NOW, 0, "only copy\n");
	plan(FILEGEN_DAY, true);
	filegen_write(&gen, NOW, 0, "new\n");
	is_str(content("stats"), "new\n", "a file in the way of the link");
	snprintf(aside, sizeof(aside), "stats.%dC%lld", (int)getpid(), NOW);
	is_str(content(aside), "only copy\n", "is put aside, not lost");
}

static void rotated(void)
{
	plan(FILEGEN_NONE, false);
	filegen_write(&gen, NOW, 0, "1\n");
	if (rename(at("stats"), at("moved")))
		abort();
	filegen_write(&gen, NOW, 0, "2\n");
	filegen_reopen(&gen);
	filegen_write(&gen, NOW, 0, "3\n");
	ok(strstr(content("moved"), "1\n2\n") != NULL,
	   "what was moved away is written to until told");
	is_str(content("stats"), "3\n", "then there is a new one");
	plan(FILEGEN_NONE, false);
	unlink(at("stats"));
	filegen_write(&gen, NOW, 0, "4\n");
	is_str(content("stats"), "(none)",
	       "the same plan again does not open anew");
}

static unsigned int told(const char *what)
{
	unsigned int n = 0;

	content("log");
	for (char *p = text; (p = strstr(p, what)); p++)
		n++;
	return n;
}

static void trouble(void)
{
	struct filegen_plan p = { .name = "s", .type = FILEGEN_NONE,
				  .is_enabled = true };
	struct rlimit was, few;
	char folder[128];

	log_set_file(at("log"));
	snprintf(folder, sizeof(folder), "%s/later/", dir);
	p.dir = folder;
	filegen_plan(&gen, &p);
	for (int i = 0; i < 10; i++)
		filegen_write(&gen, NOW, i * 61, "lost\n");
	is_int(told("No such file or directory; create its folder"), 1,
	       "a missing folder is told once, with what to do");
	if (mkdir(folder, 0755))
		abort();
	filegen_write(&gen, NOW, 9 * 61 + 30, "lost\n");
	is_str(content("later/s"), "(none)", "not tried at every line");
	filegen_write(&gen, NOW, 9 * 61 + 60, "kept\n");
	is_str(content("later/s"), "kept\n", "but after a minute");
	is_int(told("statistics are written to"), 1, "and told");

	/* As on a full disk: some octets fit, the rest do not. */
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &was);
	log_set_file(NULL);
	few = was;
	few.rlim_cur = 8;
	if (setrlimit(RLIMIT_FSIZE, &few))
		abort();
	filegen_write(&gen, NOW, 1000, "half\n");
	filegen_write(&gen, NOW, 1000, "all\n");
	setrlimit(RLIMIT_FSIZE, &was);
	is_str(content("later/s"), "kept\n", "no part of a line stays behind");
	filegen_write(&gen, NOW, 1000, "whole\n");
	is_str(content("later/s"), "kept\nwhole\n", "and then it goes on");

	p.is_enabled = false;
	filegen_plan(&gen, &p);
	ok(!filegen_is_on(&gen), "disabled");
	filegen_write(&gen, NOW, 1000, "no\n");
	is_str(content("later/s"), "kept\nwhole\n", "nothing is written");
	p.is_enabled = true;
	p.dir = "/nowhere";
	p.name = at("absolute");
	filegen_plan(&gen, &p);
	filegen_write(&gen, NOW, 1000, "1\n");
	is_str(content("absolute"), "1\n", "a name of its own folder");
	filegen_plan(&gen, NULL);
	ok(!filegen_is_on(&gen), "nothing planned");
}

int main(void)
{
	char command[64];

	tap_start();
	if (!mkdtemp(dir))
		abort();
	filegen_init(&gen);
	ok(!filegen_is_on(&gen), "nothing at first");
	types();
	links();
	rotated();
	trouble();
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	is_int(system(command), 0, "tidied up");
	return tap_finish();
}
