// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include "daemon/refclock/refshm.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/shm.h>

#include "daemon/engine/clock.h"
#include "daemon/io/loop.h"
#include "tools/lib/log.h"

#define NS		1e9
/* What was received longer ago than this is of no use, s. */
#define STALE_S		5
/* A clock that is further off than this is wrong, s, unless flag1. */
#define LIMIT_S		(4 * 3600)
#define UNIT_PUBLIC	2
#define MODE_PRIVATE	1
/* A precision that claims nothing, or too much. */
#define PRECISION_WORST	0
#define PRECISION_BEST	(-30)

struct shm {
	struct refshm_segment *segment;
	struct loop_timer timer;
	struct refclock_samples samples;
	struct refshm_time last;
	double limit;		/* 0: none */
	unsigned int busy;
	unsigned int bad;
	bool is_told;
	char name[32];
};

/* Older programs set microseconds alone, others both. */
static int64_t join_ns(time_t s, int us, unsigned int ns)
{
	if (us < 0 || us >= 1000000)
		return -1;
	if (ns / 1000 != (unsigned int)us)
		ns = (unsigned int)us * 1000;
	return (int64_t)s * LOOP_NS_PER_S + ns;
}

int refshm_take(struct refshm_segment *segment, struct refshm_time *time)
{
	struct refshm_segment copy;
	int count;

	if (!segment->valid)
		return -EAGAIN;
	count = segment->count;
	__sync_synchronize();
	memcpy(&copy, segment, sizeof(copy));
	__sync_synchronize();
	segment->valid = 0;
	if (copy.mode == 1 && segment->count != count)
		return -EBUSY;
	segment->count++;
	if (copy.mode != 0 && copy.mode != 1)
		return -EINVAL;
	time->clock_ns = join_ns(copy.clock_s, copy.clock_us, copy.clock_ns);
	time->receive_ns = join_ns(copy.receive_s, copy.receive_us,
				   copy.receive_ns);
	time->leap = copy.leap;
	time->precision = copy.precision;
	if (time->clock_ns < 0 || time->receive_ns < 0 || copy.leap < 0 ||
	    copy.leap > 3)
		return -EINVAL;
	return 0;
}

static void refuse(struct shm *shm, const char *why)
{
	shm->bad++;
	if (shm->is_told)
		return;
	shm->is_told = true;
	log_warning("%s: what is in its memory is not used: %s", shm->name,
		    why);
}

static void sample(void *arg)
{
	struct shm *shm = arg;
	struct refshm_time time;
	double offset, age;
	int err;

	loop_timer_in(&shm->timer, LOOP_NS_PER_S);
	err = refshm_take(shm->segment, &time);
	shm->busy += err == -EBUSY;
	if (err == -EINVAL)
		refuse(shm, "its mode, leap indicator or fraction makes no "
		       "sense; is it another program's?");
	if (err)
		return;
	age = (double)(clock_real_ns() - time.receive_ns) / NS;
	offset = (double)(time.clock_ns - time.receive_ns) / NS;
	if (fabs(age) > STALE_S) {
		refuse(shm, "it was received more than 5 s ago");
	} else if (shm->limit > 0 && fabs(offset) > shm->limit) {
		refuse(shm, "it is hours off; set the clock by hand, or fudge "
		       "flag1 1 to believe it");
	} else if (time.leap == 3) {
		refuse(shm, "the receiver has no time yet");
	} else {
		shm->last = time;
		shm->is_told = false;
		refclock_add(&shm->samples, offset,
			     clock_when(time.receive_ns));
	}
}

static int refshm_open(const struct conf_assoc *conf, void **state)
{
	bool is_public = conf->refclock_unit >= UNIT_PUBLIC &&
			 !(conf->mode & MODE_PRIVATE);
	struct shm *shm = calloc(1, sizeof(*shm));
	void *at;
	int id;

	if (!shm)
		return -ENOMEM;
	snprintf(shm->name, sizeof(shm->name), "SHM(%u)", conf->refclock_unit);
	id = shmget(REFSHM_KEY + conf->refclock_unit, sizeof(*shm->segment),
		    IPC_CREAT | (is_public ? 0666 : 0600));
	at = id < 0 ? (void *)-1 : shmat(id, NULL, 0);
	if (at == (void *)-1) {
		id = -errno;
		log_error("%s: cannot get the shared memory with key 0x%x: "
			  "%s%s", shm->name, REFSHM_KEY + conf->refclock_unit,
			  strerror(-id), id == -EACCES ? "; it is root's: let "
			  "the daemon run as root, or take a unit from 2 on" :
			  id == -EINVAL ? "; it is of another program: see "
			  "ipcs -m" : "");
		free(shm);
		return id;
	}
	shm->segment = at;
	if (!conf->fudge_flag[0])
		shm->limit = conf->fudge_time2_s > 0 ? conf->fudge_time2_s :
						       LIMIT_S;
	loop_timer_init(&shm->timer, sample, shm);
	sample(shm);
	*state = shm;
	return 0;
}

static int refshm_read(void *state, struct peer_reading *reading)
{
	struct shm *shm = state;
	size_t n = shm->samples.n;
	int precision = shm->last.precision;
	double spread;

	if (!refclock_take(&shm->samples, &reading->offset, &spread))
		return -EAGAIN;
	if (precision > PRECISION_WORST || precision < PRECISION_BEST)
		precision = PRECISION_WORST;
	reading->disp = ldexp(1, precision) + spread;
	reading->leap = (u8)shm->last.leap;
	snprintf(reading->text, sizeof(reading->text), "%zu %u %u", n,
		 shm->bad, shm->busy);
	return 0;
}

static void refshm_close(void *state)
{
	struct shm *shm = state;

	loop_timer_cancel(&shm->timer);
	shmdt(shm->segment);
	free(shm);
}

const struct refclock_driver refshm_driver = {
	.type = CONF_REFCLOCK_SHM,
	.name = "shared memory",
	.stratum = 0,
	.refid = "SHM",
	.open = refshm_open,
	.read = refshm_read,
	.close = refshm_close,
};
