// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/engine/clock.h"
#include "daemon/io/loop.h"
#include "daemon/refclock/refphc.h"
#include "daemon/refclock/refsock.h"
#include "tests/lib/tryconf.h"
#include "tools/lib/log.h"

static struct refsock_sample fresh(double offset)
{
	struct refsock_sample s = { .offset = offset, .magic = REFSOCK_MAGIC };

	gettimeofday(&s.at, NULL);
	return s;
}

static void datagrams(void)
{
	struct refsock_sample s = fresh(-0.25);
	struct refsock_time time;
	char wild[sizeof(s)];

	ok(!refsock_take(&s, sizeof(s), &time), "a sample");
	ok(time.offset == -0.25 && !time.is_pulse && !time.leap, "is read");
	is_int(time.at_ns, s.at.tv_sec * 1000000000LL + s.at.tv_usec * 1000,
	       "with its stamp");
	ok(refsock_take(&s, sizeof(s) - 1, &time), "one that is too short");
	s.magic++;
	ok(refsock_take(&s, sizeof(s), &time), "of another protocol");
	s = fresh(NAN);
	ok(refsock_take(&s, sizeof(s), &time), "without a number");
	s = fresh(0);
	s.leap = 4;
	ok(refsock_take(&s, sizeof(s), &time), "of no such leap indicator");
	s = fresh(0);
	s.at.tv_usec = 1000000;
	ok(refsock_take(&s, sizeof(s), &time), "of a million microseconds");
	s = fresh(0);
	s.at.tv_sec = INT64_MAX;
	ok(refsock_take(&s, sizeof(s), &time), "at the end of time");
	for (int i = 0; i < 10000; i++) {
		for (size_t j = 0; j < sizeof(wild); j++)
			wild[j] = (char)tap_below(256);
		memcpy(wild + offsetof(struct refsock_sample, magic),
		       &(int){ REFSOCK_MAGIC }, sizeof(int));
		if (!refsock_take(wild, sizeof(wild), &time) &&
		    (!isfinite(time.offset) || time.at_ns < 0))
			break;
		if (i == 9999)
			ok(true, "whatever comes, it is a time or refused");
	}
}

static void turn_end(void *arg)
{
	loop_stop(0);
}

/* Lets the loop see what is there. */
static void turn(void)
{
	struct loop_timer timer;

	loop_timer_init(&timer, turn_end, NULL);
	loop_timer_in(&timer, LOOP_NS_PER_S / 50);
	loop_run();
}

static void driver(void)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	struct conf_assoc conf = { .refclock_type = CONF_REFCLOCK_SOCK };
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	struct peer_reading reading;
	struct refsock_sample s;
	struct stat st;
	void *state;

	snprintf(conf.path, sizeof(conf.path), "/tmp/refsock-test.%d",
		 (int)getpid());
	memcpy(to.sun_path, conf.path, sizeof(conf.path));
	is_int(refsock_driver.open(&conf, &state), 0, "a socket is made");
	ok(!stat(conf.path, &st) && S_ISSOCK(st.st_mode), "it is there");
	is_int(refsock_driver.read(state, &reading), -EAGAIN,
	       "no sample, no time");
	for (int i = 0; i < 5; i++) {
		s = fresh(0.125 + i * 1e-6);
		s.leap = 1;
		sendto(fd, &s, sizeof(s), 0, (void *)&to, sizeof(to));
	}
	s.magic = 0;
	sendto(fd, &s, sizeof(s), 0, (void *)&to, sizeof(to));
	s = fresh(20000);
	sendto(fd, &s, sizeof(s), 0, (void *)&to, sizeof(to));
	s = fresh(1);
	s.at.tv_sec -= 60;
	sendto(fd, &s, sizeof(s), 0, (void *)&to, sizeof(to));
	s = fresh(0.5);
	s.pulse = 1;
	sendto(fd, &s, sizeof(s), 0, (void *)&to, sizeof(to));
	turn();
	is_int(refsock_driver.read(state, &reading), 0, "samples are");
	ok(fabs(reading.offset - 0.125002) < 1e-5 && reading.leap == 1,
	   "their mean, %.6f", reading.offset);
	ok(reading.disp >= 1e-6 && reading.disp < 1e-4, "its error");
	ok(!strncmp(reading.text, "5 4 ", 4), "five good, four bad: %s",
	   reading.text);
	refsock_driver.close(state);
	ok(stat(conf.path, &st) && errno == ENOENT, "the socket is gone");
	close(fd);
	snprintf(conf.path, sizeof(conf.path), "/nowhere/at/all");
	is_int(refsock_driver.open(&conf, &state), -ENOENT, "no such folder");
}

static void phc(void)
{
	struct conf_assoc conf = { .refclock_type = CONF_REFCLOCK_PHC,
				   .pin = -1 };
	void *state;

	snprintf(conf.path, sizeof(conf.path), "/dev/null");
	is_int(refphc_driver.open(&conf, &state), -ENOTTY, "no clock at all");
	snprintf(conf.path, sizeof(conf.path), "/dev/ptp-none");
	is_int(refphc_driver.open(&conf, &state), -ENOENT, "no such clock");
}

static void clocks(void)
{
	struct conf *conf = accepted(
		"refclock phc /dev/ptp12 tai prefer\n"
		"refclock phc unit 3 extpps channel 1 pin 0 flag2 1\n"
		"server 127.127.48.0\n"
		"refclock sock /run/a.sock refid ABC\n"
		"refclock sock path /run/b.sock\n", NULL);
	const struct conf_assoc *a = conf->assoc;

	is_int(conf->assoc_n, 5, "five clocks");
	ok(a[0].refclock_type == CONF_REFCLOCK_PHC && a[0].tai && a[0].prefer &&
	   a[0].pin == -1, "a clock by its path");
	is_str(a[0].path, "/dev/ptp12", "the path");
	is_str(a[0].name, "127.127.48.12", "its unit is the path's");
	ok(a[1].extpps && a[1].channel == 1 && a[1].pin == 0 &&
	   a[1].fudge_flag[1], "a clock's pulses");
	is_str(a[1].name, "127.127.48.3", "by its unit");
	ok(a[2].refclock_type == CONF_REFCLOCK_PHC && a[2].pin == -1,
	   "as an address");
	is_str(a[3].path, "/run/a.sock", "a socket");
	is_str(a[3].name, "127.127.49.0", "has unit 0");
	is_str(a[4].name, "127.127.49.1", "the next one 1");
	ok(!conf_assoc_equal(&a[3], &a[4]), "they are different");
	conf_free(conf);
	refused("refclock shm tai", "options of refclock phc");
	refused("refclock phc channel 1", "say where pulses come in");
	refused("refclock phc extpps tai", "pulses mark seconds");
	refused("refclock sock", "wants the path of its socket");
	refused("refclock phc pin 256", "range");
	refused("refclock socks /a", "did you mean \"sock\"");
}

int main(void)
{
	tap_start();
	log_set_file("/dev/null");
	clock_init(true);
	datagrams();
	driver();
	phc();
	clocks();
	log_set_file(NULL);
	return tap_finish();
}
