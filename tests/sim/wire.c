// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/io/group.h"
#include "daemon/io/links.h"
#include "daemon/io/resolve.h"
#include "daemon/io/sent.h"
#include "tests/sim/io.h"
#include "tests/sim/node.h"

#define IFINDEX		2
/* An answer of the name server takes this long. */
#define RESOLVE_NS	(LOOP_NS_PER_S / 50)

struct net_client {
	struct net_client *next;
	u16 port;
	struct net_time xmt;
	struct loop_timer timeout;
	net_client_fn got;
	void *arg;
};

struct resolve_query {
	struct loop_timer timer;
	char name[256];
	resolve_fn answered;
	void *arg;
};

/* What listens on a machine's port 123. */
static struct net_server_ops server[WORLD_NODES];
static bool is_open[WORLD_NODES];

static struct net_time stamp(struct node *node)
{
	return (struct net_time){
		.ns = kclock_real_ns(&node->clock, world.now),
		.by = NET_STAMP_KERNEL,
	};
}

/* --- datagrams on their way ---------------------------------------------- */

static bool can_receive(const struct node *node)
{
	return !node->clock.is_frozen &&
	       (node->kind == NODE_SERVER || node->is_up);
}

static void arrive_reply(struct event *event)
{
	struct node *node = event->to;
	struct net_reply reply = {
		.buf = event->buf,
		.len = event->len,
		.local = { .addr = node->addr, .port = event->src.port },
	};
	struct net_client *c = node->clients;

	if (!can_receive(node))
		return;
	while (c && c->port != event->src.port)
		c = c->next;
	if (!c)
		return;
	node_enter(node);
	reply.xmt = c->xmt;
	reply.rec = stamp(node);
	if (event->is_refused)
		c->got(c, NULL, -ECONNREFUSED, c->arg);
	else
		c->got(c, &reply, 0, c->arg);
	node_check(node);
}

static void arrive_request(struct event *event)
{
	struct node *node = event->to;
	struct net_dgram dgram = {
		.buf = event->buf,
		.len = event->len,
		.src = event->src,
		.dst = { .addr = node->addr, .port = NET_PORT },
		.to_unicast = true,
		.ifindex = IFINDEX,
	};

	if (!can_receive(node))
		return;
	if (node->kind == NODE_SERVER) {
		server_answer(node, event);
		return;
	}
	if (!is_open[node->index])
		return;
	node_enter(node);
	dgram.rec = stamp(node);
	server[node->index].receive(&dgram, server[node->index].arg);
	node_check(node);
}

void wire_send(struct node *from, struct node *to, const void *buf, size_t len,
	       u16 port, bool is_refusal, double later)
{
	struct event event = {
		.happen = arrive_reply,
		.from = from,
		.to = to,
		.len = len,
		.is_refused = is_refusal,
		.src = { .addr = from->addr, .port = port },
	};
	double delay = world_delay(from, to);

	if (delay < 0 || len > sizeof(event.buf))
		return;
	memcpy(event.buf, buf, len);
	world_at(world.now + later + delay, &event);
}

/* --- daemon/io/net.h: server --------------------------------------------- */

int net_server_open(u16 port, int family, const struct net_server_ops *ops)
{
	unsigned int i = node_current()->index;

	server[i] = *ops;
	is_open[i] = true;
	return 1;
}

void net_server_retry(void)
{
}

bool net_server_is_open(int family)
{
	return is_open[node_current()->index];
}

int net_server_send(const struct net_dgram *dgram, const void *buf, size_t len,
		    bool is_stamped)
{
	struct node *to = world_find_addr(&dgram->src.addr);

	if (!to)
		return -EHOSTUNREACH;
	wire_send(node_current(), to, buf, len, dgram->src.port, false, 0);
	if (is_stamped)
		sent_stamped(buf, len, stamp(node_current()).ns);
	return 0;
}

void net_server_close(void)
{
	is_open[node_current()->index] = false;
}

/* --- daemon/io/group.h and all that needs no request: not simulated ------- */

int net_server_transmit(const struct addr_end *to, u8 ttl, const void *buf,
			size_t len, bool is_stamped)
{
	return -EOPNOTSUPP;
}

int net_client_send_group(struct net_client **client,
			  const struct addr_end *to, u8 ttl, const void *buf,
			  size_t len, int64_t timeout_ns, net_client_fn got,
			  void *arg)
{
	return -EOPNOTSUPP;
}

int group_join(const struct ntp_addr *group)
{
	return -EOPNOTSUPP;
}

void group_leave(const struct ntp_addr *group)
{
}

bool group_is_joined(const struct ntp_addr *group)
{
	return false;
}

void group_link(enum links_change change, const struct links_if *link)
{
}

void group_close(void)
{
}

/* --- daemon/io/net.h: client --------------------------------------------- */

static void unlink_client(struct net_client *client)
{
	struct net_client **p = &node_current()->clients;

	while (*p != client)
		p = &(*p)->next;
	*p = client->next;
	loop_timer_cancel(&client->timeout);
}

static void time_out(void *arg)
{
	struct net_client *client = arg;

	unlink_client(client);
	client->got(client, NULL, -ETIMEDOUT, client->arg);
	free(client);
}

int net_client_send(struct net_client **client, const struct addr_end *to,
		    const void *buf, size_t len, int64_t timeout_ns,
		    net_client_fn got, void *arg)
{
	struct node *node = node_current(), *there;
	struct event event = { .happen = arrive_request, .from = node };
	struct net_client *c;
	double delay;

	there = world_find_addr(&to->addr);
	if (!there)
		return -ENETUNREACH;
	c = calloc(1, sizeof(*c));
	if (!c)
		return -ENOMEM;
	c->port = (u16)(1024 + world.serial++ % 60000);
	c->xmt = stamp(node);
	c->got = got;
	c->arg = arg;
	c->next = node->clients;
	node->clients = c;
	loop_timer_init(&c->timeout, time_out, c);
	loop_timer_in(&c->timeout, timeout_ns);
	*client = c;

	node->sent++;
	event.to = there;
	event.src = (struct addr_end){ .addr = node->addr, .port = c->port };
	event.len = len;
	delay = world_delay(node, there);
	if (delay < 0 || len > sizeof(event.buf))
		return 0;
	memcpy(event.buf, buf, len);
	world_at(world.now + delay, &event);
	return 0;
}

void net_client_cancel(struct net_client *client)
{
	if (!client)
		return;
	unlink_client(client);
	free(client);
}

int net_local_addr(const struct addr_end *to, struct ntp_addr *local)
{
	*local = node_current()->addr;
	return 0;
}

/* --- daemon/io/links.h: each machine has one interface -------------------- */

static struct links_if *link_of(struct node *node)
{
	static struct links_if link = {
		.ifindex = IFINDEX,
		.name = "eth0",
		.is_ethernet = true,
		.is_up = true,
		.is_running = true,
		.addr_n = 1,
	};

	link.addr = &node->addr;
	return &link;
}

const struct links_if *links_find(unsigned int ifindex)
{
	return ifindex == IFINDEX ? link_of(node_current()) : NULL;
}

void links_each(void (*each)(const struct links_if *link, void *arg),
		void *arg)
{
	each(link_of(node_current()), arg);
}

bool links_has_addr(const struct ntp_addr *addr)
{
	return addr_equal(addr, &node_current()->addr);
}

/* --- daemon/io/resolve.h: names are those of the machines ------------------ */

static void answer(void *arg)
{
	struct resolve_query *query = arg;
	struct node *node = world_find_node(query->name);
	struct addr_end end = { 0 };

	if (node) {
		end.addr = node->addr;
		query->answered(NULL, &end, 1, query->arg);
	} else {
		query->answered("Name or service not known", NULL, 0,
				query->arg);
	}
	free(query);
}

bool resolve_is_on(void)
{
	return true;
}

int resolve_ask(struct resolve_query **query, const char *name, int family,
		resolve_fn answered, void *arg)
{
	struct resolve_query *q;

	if (strlen(name) >= sizeof(q->name))
		return -ENAMETOOLONG;
	q = calloc(1, sizeof(*q));
	if (!q)
		return -ENOMEM;
	memcpy(q->name, name, strlen(name));
	q->answered = answered;
	q->arg = arg;
	loop_timer_init(&q->timer, answer, q);
	loop_timer_in(&q->timer, RESOLVE_NS);
	*query = q;
	return 0;
}

void resolve_cancel(struct resolve_query *query)
{
	if (!query)
		return;
	loop_timer_cancel(&query->timer);
	free(query);
}

void wire_reset(struct node *node)
{
	while (node->clients) {
		struct net_client *next = node->clients->next;

		free(node->clients);
		node->clients = next;
	}
	is_open[node->index] = false;
}
