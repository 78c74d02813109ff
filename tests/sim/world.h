/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/conf/conf.h"
#include "daemon/engine/engine.h"
#include "daemon/io/loop.h"
#include "daemon/io/net.h"
#include "tests/sim/kclock.h"
#include "tests/sim/meter.h"
#include "tests/sim/rng.h"

/*
 * Machines, the paths between them, and true time. There is one world at a
 * time, as there is one of everything below the daemon's io layer.
 */

enum {
	WORLD_NODES	= 16,
};

/** struct way - one direction of the way between two machines; seconds */
struct way {
	double base;		/* least delay */
	double exp;		/* mean of an exponential queue on top */
	double normal;		/* standard deviation, of either sign */
	double uniform;		/* width */
	double heavy;		/* scale of a product of three exponentials */
	double spike;		/* mean of exponential spikes */
	double spikeprob;	/* share of packets that meet one */
	double busy;		/* mean of one more queue, for congestion */
	double loss;		/* share of packets that get lost */
	struct rng rng;
};

/** struct server - a modelled NTP server */
struct server {
	double lie;		/* added to its time, s */
	double drift;		/* growth of it, s/s */
	double since;		/* true time from which it grows */
	double leap;		/* leap indicator that it sends */
	double stratum;
	double rootdelay;	/* s, like the next ones */
	double rootdisp;
	double turn;		/* time from request to reply */
	double late;		/* mean of what that leaves later than it says */
	double keep;		/* not 0: it interleaves (RFC 9769) */
	double down;		/* not 0: silent */
	double refuse;		/* not 0: nobody listens on its port */
	double kiss;		/* not 0: kiss-o'-death RATE */
};

#define SERVER_KEEPS	16

/** struct server_kept - a reply that the server remembers */
struct server_kept {
	uint64_t rec;		/* receive stamp in it; 0: none */
	uint64_t left;		/* when it left, by the server's clock */
};

/** enum node_kind - what runs on a machine */
enum node_kind {
	NODE_KNTPD,
	NODE_SERVER,
};

/** struct node_log - a line of the daemon's log */
struct node_log {
	double t;
	int level;
	char text[256];
};

/** struct node - a machine */
struct node {
	char name[16];
	unsigned int index;
	enum node_kind kind;
	struct ntp_addr addr;
	struct kclock clock;
	struct rng bits;
	double offset;		/* of the clock at the start, s */
	bool is_up;		/* the daemon runs */
	double begins;		/* true time when it starts */
	double froze;		/* true time when the machine stopped */

	/* NODE_SERVER */
	struct server server;
	struct server_kept kept[SERVER_KEEPS];

	/* NODE_KNTPD */
	struct engine_options options;
	char *conf_text;
	struct conf *conf;
	char *image;		/* its static memory while others run */
	struct loop_timer *timers;	/* armed, the soonest first */
	loop_timer_fn clock_set;	/* see loop_clock_watch() */
	void *clock_set_arg;
	bool has_timer;
	int64_t wake_ns;	/* when the first of them is due */
	uint64_t serial;
	struct net_client *clients;
	int status;		/* of loop_stop(), -1: it runs on */
	unsigned int sent;
	struct node_log *log;
	size_t log_n, log_room;

	struct meter meter;
};

/** struct event - something that happens at a true time */
struct event {
	double at;
	uint64_t serial;	/* order among events of the same time */
	void (*happen)(struct event *event);
	struct node *from;
	struct node *to;
	uint64_t id;		/* of the exchange */
	bool is_refused;
	size_t len;
	struct net_time rec;	/* stamp of a packet's arrival */
	struct addr_end src;
	u8 buf[128];
	const char *line;	/* of a scenario, memory of that */
	double sign;		/* -1: undo it */
};

/** struct world - all of it */
struct world {
	double now;		/* true time, s since the start */
	double length;
	int64_t epoch_ns;	/* UTC at the start, ns since 1970 */
	uint64_t seed;
	double leap_at;		/* when UTC has a leap second; 0: never */
	int leap;		/* what UTC does then: -1 or +1 s */
	struct node node[WORLD_NODES];
	unsigned int node_n;
	struct way way[WORLD_NODES][WORLD_NODES];
	struct event *heap;
	size_t heap_n, heap_room;
	uint64_t serial;
	bool is_verbose;
	const char *dir;	/* for drift files */
};

extern struct world world;

/** world_init() - an empty world; world.epoch_ns is 2026-03-01 */
void world_init(uint64_t seed);

/** world_add_node() - a machine; NULL where there are WORLD_NODES already */
struct node *world_add_node(const char *name, enum node_kind kind);

/** world_find_node() - by name, or NULL */
struct node *world_find_node(const char *name);

/** world_find_addr() - by address, or NULL */
struct node *world_find_addr(const struct ntp_addr *addr);

/** world_at() - let something happen; what is told is copied */
void world_at(double at, const struct event *event);

/** world_delay() - delay of a packet, s; negative where it gets lost */
double world_delay(const struct node *from, const struct node *to);

/** world_utc_shift() - leap seconds that UTC had since the start, at @t, s */
double world_utc_shift(double t);

/** world_run() - from the start to world.length */
void world_run(void);

/** world_free() - the end of it */
void world_free(void);

#endif
