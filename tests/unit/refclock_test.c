// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include <errno.h>
#include <math.h>
#include <sys/ipc.h>
#include <sys/shm.h>

#include "daemon/engine/clock.h"
#include "daemon/refclock/refclock.h"
#include "daemon/refclock/refpps.h"
#include "daemon/refclock/refshm.h"
#include "tests/lib/tap.h"
#include "tools/lib/log.h"

#define UNIT	250

static bool is_near(double got, double want, double error)
{
	if (fabs(got - want) <= error)
		return true;
	printf("# got %.9f, want %.9f\n", got, want);
	return false;
}

static void samples(void)
{
	struct refclock_samples s = { 0 };
	double offset, spread;

	ok(!refclock_take(&s, &offset, &spread), "no sample, no offset");
	refclock_add(&s, 0.25, 0);
	ok(refclock_take(&s, &offset, &spread), "one is enough");
	ok(is_near(offset, 0.25, 0) && spread == 0, "it is the offset");
	ok(!refclock_take(&s, &offset, &spread), "once");
	for (int i = 0; i < 10; i++)
		refclock_add(&s, i < 6 ? 0.1 + i * 1e-3 : 50 - 20 * i, 0);
	ok(refclock_take(&s, &offset, &spread) &&
	   is_near(offset, 0.1025, 1e-9), "four wild ones of ten do not count");
	ok(is_near(spread, 0.0025, 1e-9), "nor for the spread");
	for (int i = 0; i < 3 * REFCLOCK_SAMPLES; i++)
		refclock_add(&s, i < 2 * REFCLOCK_SAMPLES ? 9 : 1, 0);
	ok(refclock_take(&s, &offset, &spread) && is_near(offset, 1, 0) &&
	   spread == 0, "the last ones are kept");
	for (int i = 0; i < 1000; i++) {
		for (uint64_t n = tap_below(100); n; n--)
			refclock_add(&s, (double)tap_below(100), 0);
		if (refclock_take(&s, &offset, &spread) &&
		    (offset < 0 || offset > 100 || spread < 0 || spread > 100))
			break;
		if (i == 999)
			ok(true, "whatever comes, it is among them");
	}
}

static struct refshm_segment fresh(int mode)
{
	int64_t now = clock_real_ns();

	return (struct refshm_segment){
		.mode = mode, .count = 7, .valid = 1, .precision = -20,
		.clock_s = now / 1000000000 + 1,
		.clock_us = (int)(now / 1000 % 1000000),
		.clock_ns = (unsigned int)(now % 1000000000),
		.receive_s = now / 1000000000,
		.receive_us = (int)(now / 1000 % 1000000),
		.receive_ns = (unsigned int)(now % 1000000000),
	};
}

static void segments(void)
{
	struct refshm_segment s = fresh(1);
	struct refshm_time time;

	is_int(refshm_take(&s, &time), 0, "a valid segment");
	is_int(time.clock_ns - time.receive_ns, 1000000000, "is read");
	ok(!s.valid && s.count == 8, "and marked as read");
	is_int(refshm_take(&s, &time), -EAGAIN, "which is not read again");
	s = fresh(0);
	s.receive_us = s.clock_us = 123456;
	s.clock_ns = 123456789;
	s.receive_ns = 0;
	is_int(refshm_take(&s, &time), 0, "mode 0");
	is_int(time.clock_ns % 1000000000, 123456789, "ns that fit to the us");
	is_int(time.receive_ns % 1000000000, 123456000, "ns that do not");
	s = fresh(2);
	is_int(refshm_take(&s, &time), -EINVAL, "no such mode");
	ok(!s.valid, "is marked, too");
	s = fresh(1);
	s.clock_us = 1000000;
	is_int(refshm_take(&s, &time), -EINVAL, "a million microseconds");
	s = fresh(1);
	s.leap = 4;
	is_int(refshm_take(&s, &time), -EINVAL, "no such leap indicator");
	ok(sizeof(s) == (sizeof(time_t) == 8 ? 96 : 80), "gpsd's layout");
}

/* What a driver that is opened on this makes of it, or its error. */
static int read_once(struct refshm_segment *at, struct refshm_segment what,
		     struct conf_assoc *conf, struct peer_reading *reading)
{
	void *state;
	int err;

	*at = what;
	memset(reading, 0, sizeof(*reading));
	err = refshm_driver.open(conf, &state);
	if (err)
		return err;
	err = refshm_driver.read(state, reading);
	refshm_driver.close(state);
	return err;
}

static void driver(void)
{
	struct conf_assoc conf = { .refclock_type = CONF_REFCLOCK_SHM,
				   .refclock_unit = UNIT };
	int id = shmget(REFSHM_KEY + UNIT, sizeof(struct refshm_segment),
			IPC_CREAT | 0666);
	struct refshm_segment *at = shmat(id, NULL, 0), s;
	struct peer_reading reading;
	struct shmid_ds ds;

	if (id < 0 || at == (void *)-1)
		abort();
	is_int(read_once(at, fresh(1), &conf, &reading), 0, "the driver reads");
	ok(is_near(reading.offset, 1, 1e-6), "the offset");
	ok(is_near(reading.disp, 9.5e-7, 1e-8), "its error by the precision");
	is_str(reading.text, "1 0 0", "and says what there was");
	s = fresh(1);
	s.receive_s -= 6;
	s.clock_s -= 6;
	is_int(read_once(at, s, &conf, &reading), -EAGAIN, "stale");
	s = fresh(1);
	s.leap = 3;
	is_int(read_once(at, s, &conf, &reading), -EAGAIN, "without time");
	s.leap = 1;
	is_int(read_once(at, s, &conf, &reading), 0, "before a leap second");
	is_int(reading.leap, 1, "which is told");
	s = fresh(1);
	s.clock_s += 5 * 3600;
	is_int(read_once(at, s, &conf, &reading), -EAGAIN, "hours off");
	conf.fudge_flag[0] = true;
	is_int(read_once(at, s, &conf, &reading), 0, "unless flag1");
	conf.fudge_flag[0] = false;
	conf.fudge_time2_s = 20000;
	is_int(read_once(at, s, &conf, &reading), 0, "or time2 lets it");
	shmdt(at);
	shmctl(id, IPC_RMID, NULL);

	for (int mode = 0; mode < 2; mode++) {
		void *state;

		conf.mode = (u32)mode;
		if (refshm_driver.open(&conf, &state))
			abort();
		refshm_driver.close(state);
		id = shmget(REFSHM_KEY + UNIT, 0, 0);
		shmctl(id, IPC_STAT, &ds);
		is_int(ds.shm_perm.mode & 0777, mode ? 0600 : 0666,
		       "who may use it, mode %d", mode);
		shmctl(id, IPC_RMID, NULL);
	}
}

static void pulses(void)
{
	struct conf_assoc conf = { .refclock_type = CONF_REFCLOCK_PPS,
				   .path = "/dev/null" };
	void *state;

	ok(is_near(refpps_offset(0), 0, 0), "a pulse on time");
	ok(is_near(refpps_offset(1500), -1.5e-6, 1e-15), "the clock is fast");
	ok(is_near(refpps_offset(999999000), 1e-6, 1e-12), "it is slow");
	ok(refpps_driver.open(&conf, &state) < 0, "a device without pulses");
	snprintf(conf.path, sizeof(conf.path), "/nowhere");
	is_int(refpps_driver.open(&conf, &state), -ENOENT, "none at all");
}

int main(void)
{
	tap_start();
	log_set_file("/dev/null");
	samples();
	segments();
	driver();
	pulses();
	log_set_file(NULL);
	return tap_finish();
}
