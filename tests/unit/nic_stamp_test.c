// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include <errno.h>
#include <string.h>

#include "daemon/io/loop.h"
#include "daemon/io/sock.h"
#include "tests/lib/tap.h"

/*
 * Stamps of a NIC, which no test machine has: between net.c and the sockets,
 * this file stamps what comes and goes over the loopback interface.
 */
static int fake_receive(int fd, struct sock_msg *msg, bool from_errors);

#define sock_receive	fake_receive
#include "daemon/io/net.c"
#undef sock_receive

#define PORT		21124
#define MS		(LOOP_NS_PER_S / 1000)
#define RX_EARLY	700	/* the NIC's stamps, from the kernel's, ns */
#define TX_LATE		400

static bool stamps_rx, stamps_tx;
static int64_t replied_ns, told_ns;
static struct net_reply told;
static char text[16];
static unsigned int told_n, timeouts;
static bool is_content;
static struct loop_timer deadline;

static int fake_receive(int fd, struct sock_msg *msg, bool from_errors)
{
	int err;

	err = sock_receive(fd, msg, from_errors);
	if (err || fd == servers[0].fd)
		return err;
	if (!from_errors && !replied_ns)
		replied_ns = loop_now_ns();
	msg->has_nic = from_errors ? stamps_tx : stamps_rx;
	msg->nic = msg->time;
	msg->nic.ns += from_errors ? TX_LATE : -RX_EARLY;
	msg->nic.by = NET_STAMP_NIC;
	return 0;
}

static bool accepts(unsigned int ifindex, const struct ntp_addr *dst, void *arg)
{
	return true;
}

static void serve(const struct net_dgram *dgram, void *arg)
{
	net_server_send(dgram, dgram->buf, dgram->len, false);
}

static void got(struct net_client *client, const struct net_reply *reply,
		int err, void *arg)
{
	if (err == -ETIMEDOUT)
		timeouts++;
	if (!reply) {
		loop_stop(1);
		return;
	}
	told_n++;
	told_ns = loop_now_ns();
	told = *reply;
	snprintf(text, sizeof(text), "%.*s", (int)reply->len,
		 (const char *)reply->buf);
	if (is_content)
		net_client_cancel(client);
	loop_stop(0);
}

static void give_up(void *arg)
{
	loop_stop(9);
}

static struct net_client *ask(void)
{
	struct addr_end to = { .port = PORT };
	struct net_client *client = NULL;

	addr_parse("127.0.0.1", &to.addr, &to.scope);
	replied_ns = 0;
	told_n = 0;
	timeouts = 0;
	is_int(net_client_send(&client, &to, "hello", 5, LOOP_NS_PER_S, got,
			       NULL), 0, "asked");
	return client;
}

static int exchange(void)
{
	int status;

	if (!ask())
		return -1;
	loop_timer_init(&deadline, give_up, NULL);
	loop_timer_in(&deadline, 5 * LOOP_NS_PER_S);
	status = loop_run();
	loop_timer_cancel(&deadline);
	return status;
}

static void test_both(void)
{
	stamps_rx = true;
	stamps_tx = true;
	is_int(exchange(), 0, "a reply");
	ok(told.xmt.by == NET_STAMP_NIC && told.rec.by == NET_STAMP_NIC,
	   "both stamps are the NIC's");
	is_str(text, "hello", "and it is what came");
	is_int(told_n, 1, "once");
}

static void test_one(void)
{
	stamps_tx = false;
	is_int(exchange(), 0, "only what comes is stamped");
	ok(told.xmt.by != NET_STAMP_NIC && told.rec.by != NET_STAMP_NIC,
	   "both stamps are the kernel's");
	ok(told_ns - replied_ns >= 10 * MS, "after some patience");
	is_int(told_n, 1, "it is told once");
	stamps_rx = false;
	stamps_tx = true;
	is_int(exchange(), 0, "only what goes is stamped");
	ok(told.xmt.by != NET_STAMP_NIC && told.rec.by != NET_STAMP_NIC,
	   "both stamps are the kernel's");
}

/* A reply that comes before the NIC says when the request left. */
static struct net_client *reply_early(void)
{
	static struct sock_msg msg = { .buf = "early", .len = 5,
				       .has_nic = true };
	struct net_client *client = ask();

	msg.time = sock_clock();
	msg.nic = msg.time;
	msg.nic.by = NET_STAMP_NIC;
	ok(hold(client, &msg), "a reply waits");
	ok(!hold(client, &msg), "but only one");
	is_int(told_n, 0, "nothing is told yet");
	return client;
}

static void test_late(void)
{
	struct net_client *client;

	stamps_tx = true;
	client = reply_early();
	client_ready(client->fd, POLLERR, client);
	is_int(told_n, 1, "the NIC says it: the reply is told");
	is_str(text, "early", "as it came");
	ok(told.xmt.by == NET_STAMP_NIC && told.rec.by == NET_STAMP_NIC,
	   "both stamps are the NIC's");

	client = reply_early();
	client_timeout(client);
	is_int(told_n, 1, "the time is up: it is told before");
	is_int(timeouts, 0, "and was enough");
	ok(told.xmt.by != NET_STAMP_NIC && told.rec.by != NET_STAMP_NIC,
	   "both stamps are the kernel's");

	is_content = false;
	client = reply_early();
	client_timeout(client);
	is_int(told_n, 1, "the same, if it is not enough");
	is_int(timeouts, 1, "the end is told, too");

	client = reply_early();
	net_client_cancel(client);
	is_int(told_n + timeouts, 0, "cancelled: nothing is told");
}

int main(void)
{
	static const struct net_server_ops ops = {
		.accept = accepts, .receive = serve,
	};

	tap_start();
	is_content = true;
	is_int(net_server_open(PORT, AF_INET, &ops), 1, "a server");
	test_both();
	test_one();
	test_late();
	net_server_close();
	return tap_finish();
}
