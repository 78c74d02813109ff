// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/node.h"
#include "tests/sim/world.h"
#include "tools/lib/addr.h"

/* 2026-03-01T00:00:00Z */
#define EPOCH_NS	(1772323200LL * LOOP_NS_PER_S)

struct world world;

void world_init(uint64_t seed)
{
	memset(&world, 0, sizeof(world));
	world.seed = seed;
	world.epoch_ns = EPOCH_NS;
}

static void init_ways(const struct node *node)
{
	for (unsigned int i = 0; i < world.node_n; i++) {
		const char *other = world.node[i].name;
		char use[64];

		snprintf(use, sizeof(use), "%s>%s", node->name, other);
		rng_seed(&world.way[node->index][i].rng, world.seed, use);
		snprintf(use, sizeof(use), "%s>%s", other, node->name);
		rng_seed(&world.way[i][node->index].rng, world.seed, use);
	}
}

struct node *world_add_node(const char *name, enum node_kind kind)
{
	struct node *node = &world.node[world.node_n];
	char text[32];

	if (world.node_n == WORLD_NODES)
		return NULL;
	node->index = world.node_n++;
	node->kind = kind;
	snprintf(node->name, sizeof(node->name), "%s", name);
	snprintf(text, sizeof(text), "192.168.123.%u", node->index + 1);
	addr_parse(text, &node->addr, NULL);
	kclock_init(&node->clock, world.seed, name, world.epoch_ns);
	snprintf(text, sizeof(text), "bits of %s", name);
	rng_seed(&node->bits, world.seed, text);
	node->server = (struct server){ .stratum = 1, .turn = 20e-6 };
	node->status = -1;
	init_ways(node);
	return node;
}

struct node *world_find_node(const char *name)
{
	for (unsigned int i = 0; i < world.node_n; i++)
		if (!strcmp(world.node[i].name, name))
			return &world.node[i];
	return NULL;
}

struct node *world_find_addr(const struct ntp_addr *addr)
{
	for (unsigned int i = 0; i < world.node_n; i++)
		if (addr_equal(&world.node[i].addr, addr))
			return &world.node[i];
	return NULL;
}

/* --- events: a binary heap, the soonest first ---------------------------- */

static bool is_sooner(const struct event *a, const struct event *b)
{
	return a->at < b->at || (a->at == b->at && a->serial < b->serial);
}

static void swap(size_t a, size_t b)
{
	struct event e = world.heap[a];

	world.heap[a] = world.heap[b];
	world.heap[b] = e;
}

void world_at(double at, const struct event *event)
{
	size_t i = world.heap_n;

	if (i == world.heap_room) {
		world.heap_room = i ? 2 * i : 64;
		world.heap = reallocarray(world.heap, world.heap_room,
					  sizeof(*world.heap));
		if (!world.heap) {
			fprintf(stderr, "sim: out of memory\n");
			exit(1);
		}
	}
	world.heap_n++;
	world.heap[i] = *event;
	world.heap[i].at = fmax(at, world.now);
	world.heap[i].serial = ++world.serial;
	for (; i && is_sooner(&world.heap[i], &world.heap[(i - 1) / 2]);
	     i = (i - 1) / 2)
		swap(i, (i - 1) / 2);
}

static struct event take_first(void)
{
	struct event first = world.heap[0];
	size_t i = 0, child;

	world.heap[0] = world.heap[--world.heap_n];
	while ((child = 2 * i + 1) < world.heap_n) {
		if (child + 1 < world.heap_n &&
		    is_sooner(&world.heap[child + 1], &world.heap[child]))
			child++;
		if (!is_sooner(&world.heap[child], &world.heap[i]))
			break;
		swap(i, child);
		i = child;
	}
	return first;
}

/* --- paths and UTC ------------------------------------------------------- */

double world_delay(const struct node *from, const struct node *to)
{
	struct way *p = &world.way[from->index][to->index];
	struct rng *r = &p->rng;
	double delay = p->base;

	if (p->loss > 0 && rng_uniform(r) < p->loss)
		return -1;
	if (p->exp > 0)
		delay += p->exp * rng_exponential(r);
	if (p->normal > 0)
		delay += p->normal * rng_normal(r);
	if (p->uniform > 0)
		delay += p->uniform * rng_uniform(r);
	if (p->heavy > 0)
		delay += p->heavy * rng_exponential(r) * rng_exponential(r) *
			 rng_exponential(r);
	if (p->spikeprob > 0 && rng_uniform(r) < p->spikeprob)
		delay += p->spike * rng_exponential(r);
	if (p->busy > 0)
		delay += p->busy * rng_exponential(r);
	return fmax(delay, 0);
}

double world_utc_shift(double t)
{
	return world.leap && t >= world.leap_at ? world.leap : 0;
}

/* --- time ---------------------------------------------------------------- */

static void tick(void)
{
	for (unsigned int i = 0; i < world.node_n; i++) {
		struct node *node = &world.node[i];

		kclock_tick(&node->clock, world.now);
		if (node->kind == NODE_KNTPD)
			node_measure(node);
	}
}

/* The machine whose daemon wakes first, and when. */
static struct node *next_awake(double *at)
{
	struct node *first = NULL;

	for (unsigned int i = 0; i < world.node_n; i++) {
		double when = node_wakes(&world.node[i]);

		if (when < *at) {
			*at = when;
			first = &world.node[i];
		}
	}
	return first;
}

void world_run(void)
{
	double next_tick = 1;

	for (unsigned int i = 0; i < world.node_n; i++)
		node_boot(&world.node[i]);
	while (world.now < world.length) {
		double at = next_tick;
		struct node *awake = next_awake(&at);

		if (world.heap_n && world.heap[0].at < at) {
			struct event event = take_first();

			world.now = event.at;
			event.happen(&event);
			continue;
		}
		world.now = at;
		if (awake) {
			node_turn(awake);
			continue;
		}
		tick();
		next_tick++;
	}
	for (unsigned int i = 0; i < world.node_n; i++)
		node_stop(&world.node[i]);
}

void world_free(void)
{
	for (unsigned int i = 0; i < world.node_n; i++)
		node_free(&world.node[i]);
	free(world.heap);
	world.heap = NULL;
	world.heap_n = 0;
}
