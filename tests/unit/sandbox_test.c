// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/io/loop.h"
#include "daemon/io/sandbox.h"
#include "tests/lib/tap.h"
#include "tools/lib/log.h"

static char path[] = "/tmp/sandbox_test.XXXXXX";

static bool is_refused(long result)
{
	return result < 0 && errno == EPERM;
}

static bool is_page(int protection)
{
	return mmap(NULL, 4096, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		    0) != MAP_FAILED;
}

static void end_loop(void *arg)
{
	loop_stop(0);
}

/* Each in a child of its own: a filter is for life. Status 0 is good. */
static int refuses(void)
{
	if (!is_refused(ptrace(PTRACE_TRACEME, 0, NULL, NULL)))
		return 1;
	if (!is_refused(socket(AF_PACKET, SOCK_RAW, 0)))
		return 2;
	if (is_page(PROT_WRITE | PROT_EXEC) || errno != EPERM)
		return 3;
	if (!is_refused(syscall(SYS_execve, "/bin/true", NULL, NULL)))
		return 4;
	if (!is_refused(syscall(SYS_unshare, 0)))
		return 5;
	return is_refused(syscall(SYS_mkdirat, AT_FDCWD, "/tmp/x", 0)) ? 0 : 6;
}

static int tells(void)
{
	struct loop_timer timer;

	log_set_file(path);
	loop_timer_init(&timer, end_loop, NULL);
	loop_timer_in(&timer, LOOP_NS_PER_S / 20);
	syscall(SYS_mkdirat, AT_FDCWD, "/tmp/x", 0);
	syscall(SYS_mkdirat, AT_FDCWD, "/tmp/x", 0);
	return loop_run();
}

static int allows(void)
{
	struct timex tx = { 0 };
	struct stat st;
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC), status;
	pid_t child;

	if (fd < 0 || fstat(fd, &st) || fcntl(fd, F_GETFL) < 0 || close(fd))
		return 1;
	if (!is_page(PROT_READ | PROT_WRITE) || !is_page(PROT_READ | PROT_EXEC))
		return 2;
	if (clock_adjtime(CLOCK_REALTIME, &tx) < 0)
		return 3;
	fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 && errno == EPERM)
		return 4;
	close(fd);
	child = fork();
	if (!child)
		_exit(7);
	if (child < 0 || waitpid(child, &status, 0) != child ||
	    WEXITSTATUS(status) != 7)
		return 5;
	return 0;
}

static int resolves(void)
{
	struct addrinfo *list = NULL;
	struct timex tx = { 0 };

	sandbox_confine_resolver();
	if (getaddrinfo("localhost", NULL, NULL, &list))
		return 1;
	freeaddrinfo(list);
	if (open("/tmp", O_RDONLY | O_DIRECTORY) < 0)
		return 2;
	if (open("/dev/null", O_WRONLY) >= 0 || errno != EPERM)
		return 3;
	if (!is_refused(clock_adjtime(CLOCK_REALTIME, &tx)))
		return 4;
	return is_refused(fork()) ? 0 : 5;
}

static void in_child(int (*what)(void), const char *description)
{
	int status = 0;
	pid_t child = fork();

	if (!child) {
		sandbox_confine();
		_exit(what());
	}
	waitpid(child, &status, 0);
	ok(WIFEXITED(status), "%s", description);
	is_int(WEXITSTATUS(status), 0, "%s: result", description);
}

int main(void)
{
	char text[1024];
	const char *found;
	FILE *f;
	size_t n;

	tap_start();
	if (mkstemp(path) < 0)
		abort();
	in_child(refuses, "what a daemon never does is refused");
	in_child(allows, "what it does is not");
	in_child(resolves, "names are looked up with less");
	in_child(tells, "and it lives on");
	f = fopen(path, "r");
	n = f ? fread(text, 1, sizeof(text) - 1, f) : 0;
	text[n] = '\0';
	found = strstr(text, "the sandbox refused system call");
	ok(found && strstr(found, "(mkdirat)"), "it is told which one");
	ok(found && !strstr(found + 1, "the sandbox"), "once");
	if (f)
		fclose(f);
	unlink(path);
	return tap_finish();
}
