// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include <errno.h>
#include <poll.h>
#include <signal.h>

#include "daemon/io/loop.h"
#include "tests/lib/tap.h"

#define MS	1000000LL

static char trace[64];
static struct loop_timer timers[8];
static unsigned int count;

static char letters[] = "01234567abcdx";

static void say(void *arg)
{
	size_t n = strlen(trace);

	if (n + 1 < sizeof(trace))
		trace[n] = *(const char *)arg;
}

static void stop(void *arg)
{
	loop_stop(*(int *)arg);
}

static void test_clock(void)
{
	ok(!loop_clock_watch(say, letters), "the clock can be watched");
	ok(!loop_clock_watch(stop, NULL), "by another function");
	ok(!loop_clock_watch(NULL, NULL), "and no more");
}

static void again(void *arg)
{
	struct loop_timer *timer = arg;

	if (++count < 1000)
		loop_timer_at(timer, loop_now_ns() - 5 * MS);
}

static void reset(void)
{
	memset(trace, 0, sizeof(trace));
	count = 0;
}

static void test_order(void)
{
	static int seven = 7;
	int64_t now = loop_now_ns();

	reset();
	loop_timer_init(&timers[0], say, &letters[8]);
	loop_timer_init(&timers[1], say, &letters[9]);
	loop_timer_init(&timers[2], say, &letters[10]);
	loop_timer_init(&timers[3], say, &letters[11]);
	loop_timer_init(&timers[4], stop, &seven);
	loop_timer_at(&timers[3], now + 6 * MS);
	loop_timer_at(&timers[0], now + 3 * MS);
	loop_timer_at(&timers[2], now + 4 * MS);
	loop_timer_at(&timers[1], now + 3 * MS);
	loop_timer_at(&timers[4], now + 8 * MS);
	loop_timer_at(&timers[2], now + 7 * MS);
	is_int(loop_run(), 7, "status is handed out");
	is_str(trace, "abdc", "timers fire by time, then as they were armed");
	ok(loop_now_ns() >= now + 8 * MS, "and not before their time");
	ok(!timers[0].is_armed, "a timer fires once");
}

static void test_cancel(void)
{
	static int zero;

	reset();
	loop_timer_init(&timers[0], say, &letters[12]);
	loop_timer_cancel(&timers[0]);
	loop_timer_in(&timers[0], MS);
	loop_timer_cancel(&timers[0]);
	loop_timer_cancel(&timers[0]);
	loop_timer_init(&timers[1], stop, &zero);
	loop_timer_in(&timers[1], 3 * MS);
	is_int(loop_run(), 0, "status 0");
	is_str(trace, "", "a cancelled timer does not fire");
}

static void read_one(int fd, short revents, void *arg)
{
	char c = 0;

	(void)arg;
	if (revents & POLLIN && read(fd, &c, 1) == 1 && strlen(trace) < 60)
		trace[strlen(trace)] = c;
	if (c == '!')
		loop_stop(3);
}

/* A timer that is always due must not keep descriptors from being read. */
static void test_starving(void)
{
	int pair[2];

	reset();
	if (pipe(pair))
		abort();
	if (write(pair[1], "xy!", 3) != 3)
		abort();
	loop_timer_init(&timers[0], again, &timers[0]);
	loop_timer_in(&timers[0], 0);
	is_int(loop_fd_add(pair[0], POLLIN, read_one, NULL), 0, "watch");
	is_int(loop_fd_add(pair[0], POLLIN, read_one, NULL), -EEXIST,
	       "but not twice");
	is_int(loop_run(), 3, "the descriptor gets its turn");
	is_str(trace, "xy!", "and all of it");
	ok(count < 10, "%u turns of the timer meanwhile", count);
	loop_timer_cancel(&timers[0]);
	loop_fd_del(pair[0]);
	is_int(loop_fd_set(pair[0], POLLIN), -ENOENT, "not watched any more");
	close(pair[0]);
	close(pair[1]);
}

static int pairs[4][2];

static void drop_others(int fd, short revents, void *arg)
{
	(void)revents;
	(void)arg;
	count++;
	for (int i = 0; i < 4; i++) {
		if (pairs[i][0] != fd)
			loop_fd_del(pairs[i][0]);
	}
	loop_stop(0);
}

static void test_delete_while_ready(void)
{
	reset();
	for (int i = 0; i < 4; i++) {
		if (pipe(pairs[i]) || write(pairs[i][1], "z", 1) != 1)
			abort();
		loop_fd_add(pairs[i][0], POLLIN, drop_others, NULL);
	}
	loop_run();
	is_int(count, 1, "what was removed in this turn is not called");
	for (int i = 0; i < 4; i++) {
		loop_fd_del(pairs[i][0]);
		close(pairs[i][0]);
		close(pairs[i][1]);
	}
}

static void on_signal(int signo, void *arg)
{
	*(int *)arg = signo;
	loop_stop(0);
}

static void raise_it(void *arg)
{
	(void)arg;
	raise(SIGUSR1);
	raise(SIGUSR1);
}

static void test_signal(void)
{
	int got = 0;

	is_int(loop_signal(SIGUSR1, on_signal, &got), 0, "signal");
	is_int(loop_signal(64, on_signal, &got), -EINVAL, "no such signal");
	loop_timer_init(&timers[0], raise_it, NULL);
	loop_timer_in(&timers[0], MS);
	loop_run();
	is_int(got, SIGUSR1, "is called in the loop");
	loop_signal(SIGUSR1, NULL, NULL);
	raise(SIGUSR1);
	ok(1, "an ignored signal does not end the process");
}

/* Random arms, moves and cancels against a plain list. */
static void test_random(void)
{
	unsigned int wrong = 0;
	int zero = 0;

	for (int round = 0; round < 50; round++) {
		struct loop_timer last;
		int64_t at[8], now = loop_now_ns();
		bool armed[8] = { 0 };
		char want[9] = "";

		reset();
		for (int i = 0; i < 8; i++)
			loop_timer_init(&timers[i], say, &letters[i]);
		for (int i = 0; i < 40; i++) {
			unsigned int t = tap_below(8);

			if (tap_below(4)) {
				/* Distinct times make the order certain. */
				at[t] = now + (int64_t)tap_below(9) * 100000 + t;
				loop_timer_at(&timers[t], at[t]);
				armed[t] = true;
			} else {
				loop_timer_cancel(&timers[t]);
				armed[t] = false;
			}
		}
		for (;;) {
			int best = -1;

			for (int i = 0; i < 8; i++) {
				if (armed[i] && (best < 0 || at[i] < at[best]))
					best = i;
			}
			if (best < 0)
				break;
			armed[best] = false;
			want[strlen(want)] = '0' + best;
		}
		loop_timer_init(&last, stop, &zero);
		loop_timer_at(&last, now + 2 * MS);
		loop_run();
		wrong += strcmp(want, trace) != 0;
	}
	is_int(wrong, 0, "random timers fire in the right order");
}

int main(void)
{
	tap_start();
	test_order();
	test_cancel();
	test_starving();
	test_delete_while_ready();
	test_signal();
	test_random();
	loop_close();
	test_clock();
	return tap_finish();
}
