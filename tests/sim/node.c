// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/dispatch.h"
#include "daemon/engine/clock.h"
#include "daemon/engine/system.h"
#include "daemon/refclock/refclock.h"
#include "tests/sim/io.h"
#include "tests/sim/node.h"

/* Seconds around a leap second in which no clock is compared with UTC. */
#define LEAP_BLIND	2

/* Bounds of the section that tests/sim/collect puts all static memory into. */
extern char __start_kntp_state[], __stop_kntp_state[];

static struct node *current;
static char *pristine;

static void *must(void *memory)
{
	if (!memory) {
		fprintf(stderr, "sim: out of memory\n");
		exit(1);
	}
	return memory;
}

struct node *node_current(void)
{
	return current;
}

void node_enter(struct node *node)
{
	size_t size = (size_t)(__stop_kntp_state - __start_kntp_state);

	if (node == current)
		return;
	if (!pristine) {
		pristine = must(malloc(size));
		memcpy(pristine, __start_kntp_state, size);
	}
	if (!node->image) {
		node->image = must(malloc(size));
		memcpy(node->image, pristine, size);
	}
	if (current)
		memcpy(current->image, __start_kntp_state, size);
	memcpy(__start_kntp_state, node->image, size);
	current = node;
}

/* A new process: static memory as the program file has it. */
static void forget(struct node *node)
{
	size_t size = (size_t)(__stop_kntp_state - __start_kntp_state);

	node_enter(node);
	memcpy(__start_kntp_state, pristine, size);
	io_reset(node);
	node->is_up = false;
}

static void report(const struct conf_problem *problem, void *arg)
{
	const struct node *node = arg;
	char text[1024];

	if (problem->severity == CONF_NOTE)
		return;
	fprintf(stderr, "sim: configuration of %s: %s\n", node->name,
		conf_problem_print(problem, text, sizeof(text)));
}

static struct conf *parse(struct node *node)
{
	const char *text = node->conf_text ? node->conf_text : "";
	struct conf *conf;

	if (conf_parse(text, strlen(text), "conf", CONF_STRICT, &conf, report, node))
		exit(1);
	return conf;
}

static bool accept_all(unsigned int ifindex, const struct ntp_addr *dst,
		       void *arg)
{
	return true;
}

static void on_finished(int status, void *arg)
{
	loop_stop(status);
}

void node_start(struct node *node)
{
	const struct net_server_ops ops = {
		.accept = accept_all,
		.receive = dispatch_receive,
	};

	if (node->is_up)
		return;
	forget(node);
	node->is_up = true;
	node->status = -1;
	node->options.finished = on_finished;
	node->conf = parse(node);
	refclock_init();
	engine_init(&node->options);
	if (!node->options.once)
		net_server_open(NET_PORT, AF_UNSPEC, &ops);
	engine_apply(NULL, node->conf);
	node_check(node);
}

void node_stop(struct node *node)
{
	if (!node->is_up)
		return;
	node_enter(node);
	engine_shutdown();
	conf_free(node->conf);
	node->conf = NULL;
	forget(node);
}

void node_kill(struct node *node)
{
	if (!node->is_up)
		return;
	/* What it had allocated goes with its process; here it is lost. */
	forget(node);
	node->conf = NULL;
}

void node_reload(struct node *node)
{
	struct conf *new;

	if (!node->is_up)
		return;
	node_enter(node);
	new = parse(node);
	engine_apply(node->conf, new);
	conf_free(node->conf);
	node->conf = new;
	node_check(node);
}

void node_check(struct node *node)
{
	if (node->is_up && node->status >= 0)
		node_stop(node);
}

static void start_event(struct event *event)
{
	node_start(event->to);
}

void node_boot(struct node *node)
{
	const struct event event = { .happen = start_event, .to = node };

	node->clock.epoch_ns = world.epoch_ns;
	node->clock.real = node->offset;
	kclock_tick(&node->clock, 0);
	if (node->kind != NODE_KNTPD)
		return;
	io_forget_drift(node);
	world_at(node->begins, &event);
}

void node_freeze(struct node *node)
{
	kclock_advance(&node->clock, world.now);
	node->froze = world.now;
	node->clock.is_frozen = true;
}

void node_thaw(struct node *node, bool sets_clock)
{
	kclock_advance(&node->clock, world.now);
	if (node->clock.is_frozen && sets_clock)
		node->clock.real += world.now - node->froze;
	node->clock.is_frozen = false;
	if (sets_clock)
		node_clock_set(node);
}

void node_clock_set(struct node *node)
{
	if (!node->is_up || node->clock.is_frozen)
		return;
	node_enter(node);
	if (node->clock_set)
		node->clock_set(node->clock_set_arg);
	node_check(node);
}

/* --- the daemon's loop --------------------------------------------------- */

double node_wakes(struct node *node)
{
	if (!node->is_up || !node->has_timer || node->clock.is_frozen)
		return INFINITY;
	return fmax(kclock_when_mono(&node->clock, node->wake_ns,
				     world.now), world.now);
}

void node_turn(struct node *node)
{
	uint64_t serial = node->serial;
	struct loop_timer *timer;
	int64_t now;

	node_enter(node);
	now = loop_now_ns();
	while (node->is_up && node->status < 0) {
		timer = node->timers;
		while (timer && timer->serial > serial && timer->at_ns <= now)
			timer = timer->next;
		if (!timer || timer->at_ns > now)
			break;
		loop_timer_cancel(timer);
		timer->fire(timer->arg);
	}
	node_check(node);
}

/* --- measuring ----------------------------------------------------------- */

static void read_daemon(struct node *node, struct meter_reading *r)
{
	const struct peer *peer;
	struct ntp_sysvars_now vars;
	struct filter_estimate est;
	double now;

	node_enter(node);
	ntp_sysvars_age(&vars, system_vars(), (u64)loop_now_ns());
	if (vars.state == NTP_SYSVARS_SYNC) {
		r->leap = vars.leap;
		r->stratum = vars.stratum;
		r->bound = (ntp_lfp_short_ns(vars.rootdelay) / 2 +
			    ntp_lfp_short_ns(vars.rootdisp)) * 1e-9;
		r->disp = ntp_sysvars_disp_ns(system_vars(),
					      (u64)loop_now_ns()) * 1e-9;
	}
	peer = system_peer();
	if (!peer || peer->is_free)
		return;
	now = clock_now();
	if (filter_estimate(&peer->filter, now, &est)) {
		r->estimate = est.offset - clock_phase(now);
		r->sd = est.offset_sd;
	}
}

void node_measure(struct node *node)
{
	struct kclock *k = &node->clock;
	struct meter_reading r = {
		.err = k->real - world_utc_shift(world.now),
		.freq = kclock_freq(k),
		.bound = NAN,
		.disp = NAN,
		.estimate = NAN,
		.sd = NAN,
		.leap = NTP_LEAP_UNSYNC,
		.stratum = NTP_STRATUM_UNSYNC,
		.sent = node->sent,
		.steps = k->steps,
	};

	if (k->is_frozen || (world.leap &&
			     fabs(world.now - world.leap_at) < LEAP_BLIND))
		r.err = NAN;
	if (node->is_up && !k->is_frozen)
		read_daemon(node, &r);
	meter_add(&node->meter, &r);
}

unsigned int node_log_count(const struct node *node, const char *text,
			    double from, double to)
{
	unsigned int n = 0;

	for (size_t i = 0; i < node->log_n; i++) {
		const struct node_log *line = &node->log[i];

		n += line->t >= from && line->t < to &&
		     strstr(line->text, text);
	}
	return n;
}

void node_free(struct node *node)
{
	if (current == node) {
		forget(node);
		current = NULL;
	}
	free(node->image);
	free(node->conf_text);
	free(node->log);
	meter_free(&node->meter);
}
