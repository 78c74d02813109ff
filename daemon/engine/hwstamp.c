// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/engine/hwclock.h"
#include "daemon/engine/hwstamp.h"
#include "daemon/engine/kernel.h"
#include "daemon/engine/nicset.h"
#include "daemon/io/links.h"
#include "daemon/io/loop.h"
#include "daemon/io/phc.h"
#include "daemon/io/ptpdev.h"
#include "tools/lib/log.h"
#include "tools/lib/nic.h"

#define NS		1e9
#define LEAVES_MAX	32
/* A VLAN on a bridge of bonds, and something to spare. */
#define DEPTH_MAX	6
/* How often is looked whether somebody else has set a NIC. */
#define CHECK_NS	(10 * LOOP_NS_PER_S)
/* The same where a bond may turn to a NIC with another clock. */
#define CHECK_BOND_NS	LOOP_NS_PER_S

/* An interface whose stamps are a NIC's: the NIC itself, or what is above. */
struct bound {
	struct bound *next;
	unsigned int ifindex;
	int phc;
	s32 rxcomp_ns;
	s32 txcomp_ns;
	bool is_named;		/* since the last look began */
	bool told_many;		/* that its NICs have different clocks */
};

/* The NICs below an interface, and the line of the file for them. */
struct leaves {
	const struct links_if *link[LEAVES_MAX];
	size_t n;
	const struct conf_hwtimestamp *conf;
};

static struct {
	const struct conf *conf;
	struct bound *bound;
	struct loop_timer look;
	struct loop_timer check;
	bool has_many;		/* some interface has NICs of several clocks */
} hw;

/* --- what is below ------------------------------------------------------- */

struct search {
	struct leaves *leaves;
	unsigned int master;
	unsigned int depth;
	bool has_ports;
};

static void collect(const struct links_if *link, struct leaves *leaves,
		    unsigned int depth);

/* By its own name, by the highest one below it, or by the line for all. */
static void pick(struct leaves *leaves, const struct links_if *link)
{
	if (!leaves->conf || !strcmp(leaves->conf->name, "*"))
		leaves->conf = conf_hwtimestamp(hw.conf, link->name);
}

static void collect_port(const struct links_if *link, void *arg)
{
	struct search *search = arg;

	if (link->master != search->master)
		return;
	search->has_ports = true;
	collect(link, search->leaves, search->depth + 1);
}

static void collect(const struct links_if *link, struct leaves *leaves,
		    unsigned int depth)
{
	struct search search = { .leaves = leaves, .master = link->ifindex,
				 .depth = depth };

	if (depth > DEPTH_MAX)
		return;
	pick(leaves, link);
	if (link->lower) {
		link = links_find(link->lower);
		if (link)
			collect(link, leaves, depth + 1);
		return;
	}
	links_each(collect_port, &search);
	if (!search.has_ports && leaves->n < LEAVES_MAX)
		leaves->link[leaves->n++] = link;
}

/* --- binding ------------------------------------------------------------- */

static struct bound *find(unsigned int ifindex)
{
	struct bound *b = hw.bound;

	while (b && b->ifindex != ifindex)
		b = b->next;
	return b;
}

static struct bound *bind_to(unsigned int ifindex, int phc,
			     const struct conf_hwtimestamp *h)
{
	struct bound *b = find(ifindex);

	if (!b) {
		b = calloc(1, sizeof(*b));
		if (!b)
			return NULL;
		b->ifindex = ifindex;
		b->next = hw.bound;
		hw.bound = b;
		b->phc = phc;
	}
	/* Until the line of the other clock is there. */
	if (b->phc != phc)
		phc_set_line(ifindex, NULL);
	b->phc = phc;
	b->rxcomp_ns = lround(h->rxcomp_s * NS);
	b->txcomp_ns = lround(h->txcomp_s * NS);
	b->is_named = true;
	return b;
}

static void line_changed(int index, const struct phc_line *line)
{
	struct phc_line own;

	if (line)
		own = *line;
	for (struct bound *b = hw.bound; b; b = b->next) {
		if (b->phc != index)
			continue;
		own.rxcomp_ns = b->rxcomp_ns;
		own.txcomp_ns = b->txcomp_ns;
		phc_set_line(b->ifindex, line ? &own : NULL);
	}
}

/* Which clock stamps what is seen on a bond, a bridge, a VLAN: -1 is none. */
static int find_clock(const struct links_if *link, int phc, bool is_many)
{
	struct nic_caps caps;
	struct bound *b;

	if (!is_many)
		return phc;
	hw.has_many = true;
	/* A bond knows the NIC that it uses now; a bridge uses all. */
	if (!nic_caps(link->name, &caps) && caps.phc >= 0)
		return caps.phc;
	b = find(link->ifindex);
	if (b && b->told_many)
		return -1;
	log_notice("%s: the NICs below it have different clocks, so that the "
		   "kntp module serves it with stamps of software", link->name);
	return -1;
}

static void judge(const struct links_if *link, void *arg)
{
	struct kernel_stamps stamps = { .phc = -1 };
	const struct conf_hwtimestamp *h;
	struct leaves leaves = { .n = 0 };
	bool is_many = false;
	struct bound *b;
	int phc = -1;

	if (!link->is_ethernet || !link->is_up || link->is_port ||
	    link->is_loopback)
		return;
	collect(link, &leaves, 0);
	h = leaves.conf;
	for (size_t i = 0; h && i < leaves.n; i++) {
		struct nicset_use use;

		nicset_take(leaves.link[i], h, &use);
		if (use.phc < 0)
			continue;
		hwclock_take(use.phc, h);
		bind_to(leaves.link[i]->ifindex, use.phc, h);
		is_many |= phc >= 0 && use.phc != phc;
		phc = use.phc;
		stamps.receive |= use.receive;
		stamps.transmit |= use.transmit;
	}
	if (phc >= 0) {
		stamps.phc = find_clock(link, phc, is_many);
		b = bind_to(link->ifindex, stamps.phc, h);
		if (b)
			b->told_many = is_many && stamps.phc < 0;
		stamps.correct = !h->notxcorrect;
		stamps.rxcomp_ns = lround(h->rxcomp_s * NS);
		stamps.txcomp_ns = lround(h->txcomp_s * NS);
	}
	if (stamps.phc < 0)
		stamps = (struct kernel_stamps){ .phc = -1 };
	kernel_set_stamps(link->ifindex, &stamps);
}

static void sweep(void)
{
	struct bound **at = &hw.bound;

	while (*at) {
		struct bound *b = *at;

		if (b->is_named) {
			at = &b->next;
			continue;
		}
		*at = b->next;
		phc_set_line(b->ifindex, NULL);
		free(b);
	}
}

static void look(void *arg)
{
	if (!hw.conf)
		return;
	hw.has_many = false;
	for (struct bound *b = hw.bound; b; b = b->next)
		b->is_named = false;
	nicset_begin();
	hwclock_begin();
	links_each(judge, NULL);
	hwclock_end();
	nicset_end();
	sweep();
	hwclock_push();
}

static void check(void *arg)
{
	if (nicset_check() || hw.has_many)
		look(NULL);
	loop_timer_in(&hw.check, hw.has_many ? CHECK_BOND_NS : CHECK_NS);
}

/* --- engine -------------------------------------------------------------- */

void hwstamp_prepare(const struct conf *conf)
{
	char path[CONF_PATH_MAX + 16];

	if (conf->hwtimestamp_n)
		ptpdev_prepare_all();
	for (size_t i = 0; i < conf->assoc_n; i++) {
		const struct conf_assoc *a = &conf->assoc[i];

		if (a->kind != CONF_REFCLOCK ||
		    a->refclock_type != CONF_REFCLOCK_PHC)
			continue;
		snprintf(path, sizeof(path), "%s", a->path);
		if (!a->path[0])
			snprintf(path, sizeof(path), "/dev/ptp%u",
				 a->refclock_unit);
		ptpdev_prepare(path);
	}
}

void hwstamp_init(void)
{
	loop_timer_init(&hw.look, look, NULL);
	loop_timer_init(&hw.check, check, NULL);
	hwclock_init(line_changed);
}

void hwstamp_apply(const struct conf *conf)
{
	/* No line is there, nor was any: not a call is made. */
	if (!conf->hwtimestamp_n && (!hw.conf || !hw.conf->hwtimestamp_n)) {
		hw.conf = conf;
		return;
	}
	hw.conf = conf;
	loop_timer_in(&hw.check, CHECK_NS);
	look(NULL);
}

void hwstamp_link(void)
{
	if (hw.conf && hw.conf->hwtimestamp_n)
		loop_timer_in(&hw.look, 0);
}

void hwstamp_close(void)
{
	loop_timer_cancel(&hw.look);
	loop_timer_cancel(&hw.check);
	hw.conf = NULL;
	hwclock_close();
	nicset_close();
	for (struct bound *b = hw.bound; b; b = b->next)
		b->is_named = false;
	sweep();
	phc_forget();
	ptpdev_close();
}
