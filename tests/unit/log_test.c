// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include <errno.h>
#include <regex.h>
#include <unistd.h>

#include "tests/lib/tap.h"
#include "tools/lib/log.h"

static char text[8192];

static const char *read_back(const char *path)
{
	FILE *f = fopen(path, "r");
	size_t n = f ? fread(text, 1, sizeof(text) - 1, f) : 0;

	text[n] = '\0';
	if (f)
		fclose(f);
	return text;
}

static bool matches(const char *pattern)
{
	regex_t regex;
	bool is_match;

	if (regcomp(&regex, pattern, REG_EXTENDED | REG_NEWLINE | REG_NOSUB))
		abort();
	is_match = !regexec(&regex, text, 0, NULL, 0);
	regfree(&regex);
	return is_match;
}

int main(void)
{
	char dir[] = "/tmp/log_test.XXXXXX", path[64], moved[64], line[64];
	unsigned int lines = 0;

	tap_start();
	if (!mkdtemp(dir))
		abort();
	snprintf(path, sizeof(path), "%s/log", dir);
	snprintf(moved, sizeof(moved), "%s/log.1", dir);
	log_open("prog", true);
	is_int(log_set_file(path), 0, "a file");
	log_info("one %d", 1);
	log_error("two");
	log_debug("not written");
	log_set_level(LOG_LEVEL_DEBUG);
	log_debug("three");
	log_warning("forged\n22 Nov 00:00:00 prog[1]: \x1b[31mline");
	read_back(path);
	snprintf(line, sizeof(line), "^[ 0-9]{2} [A-Z][a-z]{2} [0-9:]{8} "
		 "prog\\[%d\\]: one 1$", (int)getpid());
	ok(matches(line), "date, name, process and text");
	ok(matches("prog\\[[0-9]+\\]: error: two$"), "errors say so");
	ok(!strstr(text, "not written"), "debug messages are off at first");
	ok(matches("debug: three$"), "and can be switched on");
	for (char *p = text; *p; p++)
		lines += *p == '\n';
	is_int(lines, 4, "a message is one line, whatever is in it");
	ok(!strchr(text, 0x1b), "and moves no cursor");

	ok(log_has_kind(LOG_KIND_SYNC_STATUS), "synchronisation is told");
	log_notice_of(LOG_KIND_SYS_EVENTS, "event of old");
	log_set_kinds(LOG_KIND_SYS_EVENTS | LOG_KIND_PEER_INFO);
	log_notice_of(LOG_KIND_SYS_EVENTS, "event of now");
	log_notice_of(LOG_KIND_SYNC_STATUS, "status of now");
	log_warning("whatever the kinds");
	read_back(path);
	ok(!strstr(text, "event of old"), "events of the system are not");
	ok(strstr(text, "event of now"), "until they are asked for");
	ok(!strstr(text, "status of now"), "instead of the others");
	ok(strstr(text, "whatever the kinds"), "warnings are of no kind");

	if (rename(path, moved))
		abort();
	log_info("still the old file");
	is_int(log_reopen(), 0, "opened anew");
	log_info("the new file");
	ok(strstr(read_back(moved), "still the old file") &&
	   !strstr(text, "the new file"), "the old one ends there");
	ok(strstr(read_back(path), "the new file") &&
	   !strstr(text, "still"), "the new one begins");

	is_int(log_set_file("/nowhere/log"), -ENOENT, "a file that cannot be");
	ok(strstr(read_back(path), "cannot write the log file /nowhere/log"),
	   "is told in the one that is kept");
	is_int(log_set_file(path), 0, "the same again is no change");
	log_close();
	unlink(path);
	unlink(moved);
	rmdir(dir);
	return tap_finish();
}
