// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "daemon/io/loop.h"
#include "daemon/io/resolve.h"
#include "tests/lib/tap.h"

#define SECOND_NS	1000000000LL

/* getaddrinfo() reads numbers without asking anybody. */
static char got[256];
static unsigned int answered;
static struct loop_timer deadline;

static void note(const char *err, const struct addr_end *addr, size_t n,
		 void *arg)
{
	char host[INET6_ADDRSTRLEN];
	size_t len = strlen(got);

	answered++;
	snprintf(got + len, sizeof(got) - len, "%s=%s/%zu ", (char *)arg,
		 err ? "error" : addr_print(&addr[0].addr, host, sizeof(host)),
		 n);
	loop_stop(0);
}

static void give_up(void *arg)
{
	loop_stop(9);
}

/* Turns the loop until so many answers came, two minutes at the most. */
static bool answers(unsigned int n)
{
	int status = 0;

	loop_timer_init(&deadline, give_up, NULL);
	loop_timer_in(&deadline, 120 * SECOND_NS);
	while (answered < n && !status)
		status = loop_run();
	loop_timer_cancel(&deadline);
	return answered >= n;
}

static void reset(void)
{
	answered = 0;
	got[0] = '\0';
}

static void ask(const char *name, int family, const char *tag,
		struct resolve_query **query)
{
	is_int(resolve_ask(query, name, family, note, (void *)tag), 0,
	       "asked for %s", name);
}

static pid_t child_of_this(void)
{
	char path[64], line[64] = "";
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/task/%d/children", getpid());
	f = fopen(path, "r");
	if (f && !fgets(line, sizeof(line), f))
		line[0] = '\0';
	if (f)
		fclose(f);
	return strtol(line, NULL, 10);
}

static void test_answers(void)
{
	static char label[65];
	struct resolve_query *query, *other;

	memset(label, 'x', 64);
	reset();
	ask("192.0.2.7", AF_UNSPEC, "a", &query);
	ask("2001:db8::7", AF_UNSPEC, "b", &query);
	ask("192.0.2.7", AF_INET6, "c", &query);
	ask(label, AF_UNSPEC, "d", &query);
	ok(answers(4), "all of them are answered");
	is_str(got, "a=192.0.2.7/1 b=2001:db8::7/1 c=error/0 d=error/0 ",
	       "in the order they were asked");

	reset();
	ask("192.0.2.1", AF_UNSPEC, "a", &query);
	ask("192.0.2.2", AF_UNSPEC, "b", &other);
	resolve_cancel(query);
	resolve_cancel(NULL);
	ask("192.0.2.3", AF_UNSPEC, "c", &query);
	ok(answers(2), "the others are answered");
	is_str(got, "b=192.0.2.2/1 c=192.0.2.3/1 ",
	       "a cancelled one is not, though the child worked on it");
}

static void test_death(void)
{
	pid_t first = child_of_this();
	struct resolve_query *query;

	ok(first > 0, "there is a child");
	reset();
	kill(first, SIGKILL);
	ask("192.0.2.9", AF_UNSPEC, "a", &query);
	ok(answers(1), "an answer, though it was killed");
	is_str(got, "a=192.0.2.9/1 ", "by its successor");
	ok(child_of_this() > 0 && child_of_this() != first, "which is another");
}

int main(void)
{
	struct resolve_query *query;
	static char longest[300];

	tap_start();
	is_int(resolve_ask(&query, "x", AF_UNSPEC, note, NULL), -ENOSYS,
	       "no answer before the start");
	is_int(resolve_start(), 0, "start");
	ok(resolve_is_on(), "it is on");
	memset(longest, 'x', sizeof(longest) - 1);
	is_int(resolve_ask(&query, longest, AF_UNSPEC, note, NULL),
	       -ENAMETOOLONG, "too long a name");
	test_answers();
	test_death();
	resolve_ask(&query, "192.0.2.1", AF_UNSPEC, note, NULL);
	resolve_stop();
	ok(!resolve_is_on() && !child_of_this(), "stopped, no child left");
	loop_close();
	return tap_finish();
}
