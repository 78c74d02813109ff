// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <sys/resource.h>
#include <unistd.h>

#include "daemon/io/loop.h"
#include "daemon/io/net.h"
#include "daemon/io/sent.h"
#include "tests/lib/tap.h"

/* A server and clients of it in one process, over the loopback interface. */

#define PORT		21123
#define SECOND_NS	1000000000LL

static struct net_dgram last;
static u8 last_buf[NET_DGRAM_MAX];
static unsigned int served, refused_n, replies, errors;
static int last_err;
static struct net_reply last_reply;
static char reply_text[64];
static bool is_open_for_all = true;
static bool is_quiet;		/* the server answers nothing */
static struct loop_timer deadline;

static bool accepts(unsigned int ifindex, const struct ntp_addr *dst, void *arg)
{
	if (!is_open_for_all)
		refused_n++;
	return is_open_for_all && ifindex && dst && arg == &last;
}

static void serve(const struct net_dgram *dgram, void *arg)
{
	char answer[64];
	int len;

	served++;
	last = *dgram;
	memcpy(last_buf, dgram->buf, dgram->len);
	if (is_quiet) {
		loop_stop(0);
		return;
	}
	len = snprintf(answer, sizeof(answer), "re: %.*s", (int)dgram->len,
		       (const char *)dgram->buf);
	is_int(net_server_send(dgram, answer, len, false), 0, "the server answers");
}

static void got(struct net_client *client, const struct net_reply *reply,
		int err, void *arg)
{
	last_err = err;
	errors += err != 0;
	if (!reply)
		goto out;
	replies++;
	last_reply = *reply;
	snprintf(reply_text, sizeof(reply_text), "%.*s", (int)reply->len,
		 (const char *)reply->buf);
	if (arg)
		net_client_cancel(client);
out:
	loop_stop(0);
}

static void give_up(void *arg)
{
	loop_stop(9);
}

static int run(void)
{
	loop_timer_init(&deadline, give_up, NULL);
	loop_timer_in(&deadline, 5 * SECOND_NS);
	int status = loop_run();

	loop_timer_cancel(&deadline);
	return status;
}

static struct addr_end end_of(const char *text, u16 port)
{
	struct addr_end end = { .port = port };

	if (addr_parse(text, &end.addr, &end.scope))
		abort();
	return end;
}

/*
 * The kernel begins to stamp what comes in a moment after the first socket
 * asked for it: the server's has. Until then a packet may come without.
 */
static void wait_for_stamps(void)
{
	struct addr_end to = end_of("127.0.0.1", PORT);
	struct net_client *client;
	int64_t end = loop_now_ns() + 5 * SECOND_NS;

	do {
		if (net_client_send(&client, &to, "up?", 3, SECOND_NS, got,
				    NULL))
			break;
		run();
		net_client_cancel(client);
	} while (last_reply.rec.by != NET_STAMP_KERNEL && loop_now_ns() < end);
}

static void test_exchange(const char *text)
{
	struct addr_end to = end_of(text, PORT);
	struct net_client *client;
	struct timespec ts;
	int64_t now;
	u16 port;

	replies = served = 0;
	is_int(net_client_send(&client, &to, "one", 3, SECOND_NS, got, NULL), 0,
	       "%s: sent", text);
	is_int(run(), 0, "%s: something came", text);
	is_int(replies, 1, "%s: a reply", text);
	is_str(reply_text, "re: one", "%s: its text", text);
	clock_gettime(CLOCK_REALTIME, &ts);
	now = ts.tv_sec * SECOND_NS + ts.tv_nsec;
	is_int(last_reply.xmt.by, NET_STAMP_KERNEL, "%s: xmt of the kernel",
	       text);
	is_int(last_reply.rec.by, NET_STAMP_KERNEL, "%s: rec of the kernel",
	       text);
	ok(last_reply.xmt.ns <= last.rec.ns && last.rec.ns <= last_reply.rec.ns,
	   "%s: the stamps are in order", text);
	ok(last_reply.rec.ns <= now && now - last_reply.xmt.ns < SECOND_NS,
	   "%s: and of now", text);
	ok(addr_equal(&last.dst.addr, &to.addr) && last.to_unicast &&
	   last.dst.port == PORT, "%s: what was asked is known", text);
	ok(addr_end_equal(&last.src, &last_reply.local),
	   "%s: both sides see the same client", text);
	port = last.src.port;
	net_client_cancel(client);

	is_int(net_client_send(&client, &to, "two", 3, SECOND_NS, got, client),
	       0, "%s: sent again", text);
	run();
	is_str(reply_text, "re: two", "%s: cancelled from within", text);
	ok(last.src.port != port, "%s: from another port", text);
}

static int64_t left_ns;
static unsigned int left_n;

static void left(void *arg, int64_t real_ns)
{
	left_n++;
	left_ns = real_ns;
}

/* Answers and what answers nothing, each with the time that it left. */
static void test_left(const char *text)
{
	struct addr_end to = end_of(text, PORT);
	struct net_dgram to_self = { .src = to, .dst = to, .to_unicast = true };
	static struct sent sent;
	struct timespec ts;
	int64_t before;

	is_quiet = true;
	for (int i = 0; i < 2; i++) {
		clock_gettime(CLOCK_REALTIME, &ts);
		before = ts.tv_sec * SECOND_NS + ts.tv_nsec;
		left_n = 0;
		sent_want(&sent, "stamped", 7, left, NULL);
		is_int(i ? net_server_send(&to_self, "stamped", 7, true) :
			   net_server_transmit(&to, 9, "stamped", 7, true), 0,
		       "%s: sent, to be stamped", text);
		run();
		is_int(left_n, 1, "%s: the kernel says when it left", text);
		ok(before <= left_ns && left_ns <= last.rec.ns,
		   "%s: after it was sent, before it came", text);
	}
	left_n = 0;
	sent_want(&sent, "plain", 5, left, NULL);
	net_server_transmit(&to, 0, "plain", 5, false);
	run();
	is_int(left_n, 0, "%s: and not where it was not asked", text);
	sent_forget(&sent);
	is_quiet = false;
}

static void test_group(const char *text)
{
	struct addr_end to = end_of(text, PORT);
	struct net_client *client;

	replies = served = 0;
	is_int(net_client_send_group(&client, &to, 3, "who", 3, SECOND_NS, got,
				     NULL), 0, "%s: any may answer", text);
	run();
	is_int(replies, 1, "%s: one does", text);
	ok(addr_end_equal(&last_reply.from, &to), "%s: it is known who", text);
	net_client_cancel(client);
	served = 0;
	is_int(net_server_transmit(&to, 9, "sent", 4, false), 0,
	       "%s: from the server port, with hops", text);
	is_quiet = true;
	run();
	is_quiet = false;
	is_int(served, 1, "%s: it comes", text);
	is_int(last.src.port, PORT, "%s: from that port", text);
	ok(!memcmp(last_buf, "sent", 4), "%s: as it was sent", text);
}

/* TOS or traffic class of the datagram that waits at @fd; -1 without any. */
static int tos_of(int fd)
{
	union {
		struct cmsghdr align;
		u8 buf[CMSG_SPACE(sizeof(int))];
	} control;
	char text[16];
	struct iovec iov = { .iov_base = text, .iov_len = sizeof(text) };
	struct msghdr hdr = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	struct pollfd fds = { .fd = fd, .events = POLLIN };
	struct cmsghdr *cmsg;
	int tos = 0;

	if (poll(&fds, 1, 60000) != 1 || recvmsg(fd, &hdr, 0) < 0)
		return -1;
	cmsg = CMSG_FIRSTHDR(&hdr);
	if (!cmsg)
		return -1;
	if (cmsg->cmsg_level == IPPROTO_IP)
		return CMSG_DATA(cmsg)[0];
	memcpy(&tos, CMSG_DATA(cmsg), sizeof(tos));
	return tos;
}

static void test_dscp(const char *text)
{
	struct addr_end to = end_of(text, PORT + 2);
	bool is_v4 = addr_is_v4(&to.addr);
	int fd = socket(is_v4 ? AF_INET : AF_INET6, SOCK_DGRAM, 0);
	static const int dscp[] = { 46, 8, -1 };
	struct net_client *client;
	struct sockaddr_storage ss;
	socklen_t len = addr_to_sockaddr(&to, &ss);

	if (bind(fd, (struct sockaddr *)&ss, len) ||
	    setsockopt(fd, is_v4 ? IPPROTO_IP : IPPROTO_IPV6,
		       is_v4 ? IP_RECVTOS : IPV6_RECVTCLASS, &(int){ 1 },
		       sizeof(int)))
		abort();
	for (size_t i = 0; i < sizeof(dscp) / sizeof(dscp[0]); i++) {
		int tos = dscp[i] < 0 ? 0 : dscp[i] << 2;

		net_set_dscp(dscp[i]);
		net_server_transmit(&to, 0, "x", 1, false);
		is_int(tos_of(fd), tos, "%s: the server marks %d", text,
		       dscp[i]);
		if (net_client_send(&client, &to, "x", 1, SECOND_NS, got, NULL))
			abort();
		is_int(tos_of(fd), tos, "%s: and so do requests", text);
		net_client_cancel(client);
	}
	close(fd);
}

/* Many of them leave nothing behind and guess no port. */
static void test_ports(void)
{
	struct addr_end to = end_of("127.0.0.1", PORT);
	struct rlimit files = { .rlim_cur = 64, .rlim_max = 64 };
	unsigned int rising = 0, failed = 0;
	u16 before = 0;

	setrlimit(RLIMIT_NOFILE, &files);
	for (int i = 0; i < 100; i++) {
		struct net_client *client;

		failed += net_client_send(&client, &to, "x", 1, SECOND_NS, got,
					  NULL) != 0;
		run();
		net_client_cancel(client);
		rising += last.src.port == before + 1;
		before = last.src.port;
	}
	is_int(failed, 0, "sockets are closed");
	ok(rising < 10, "ports are not counted up");
}

static void test_errors(void)
{
	struct addr_end nobody = end_of("127.0.0.1", PORT + 1);
	struct addr_end nowhere = end_of("255.255.255.255", PORT);
	struct net_client *client;
	struct ntp_addr local;

	errors = replies = 0;
	is_int(net_client_send(&client, &nobody, "x", 1, SECOND_NS, got, NULL),
	       0, "to a closed port");
	run();
	is_int(last_err, -ECONNREFUSED, "the refusal comes back");
	net_client_cancel(client);
	ok(net_client_send(&client, &nowhere, "x", 1, SECOND_NS, got, NULL) < 0,
	   "an address that cannot be sent to");
	ok(!client, "makes no exchange");

	is_open_for_all = false;
	nobody.port = PORT;
	is_int(net_client_send(&client, &nobody, "x", 1, SECOND_NS / 5, got,
			       NULL), 0, "to a server that must not answer");
	run();
	is_int(last_err, -ETIMEDOUT, "the time is over");
	is_int(refused_n, 1, "as the rules did not let it in");
	is_int(replies, 0, "so there is no reply");
	is_open_for_all = true;

	nobody.port = 123;
	is_int(net_local_addr(&nobody, &local), 0, "own address");
	ok(addr_is_loopback(&local), "to a loopback address is one");
}

static void test_taken(void)
{
	static const struct net_server_ops ops = { .accept = accepts,
						   .receive = serve };
	struct addr_end any = end_of("0.0.0.0", PORT);
	struct sockaddr_storage ss;
	socklen_t len = addr_to_sockaddr(&any, &ss);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	net_server_close();
	ok(!net_server_is_open(AF_INET), "closed");
	if (bind(fd, (struct sockaddr *)&ss, len))
		abort();
	is_int(net_server_open(PORT, AF_INET, &ops), 0,
	       "a port that is taken is waited for");
	ok(!net_server_is_open(AF_INET), "and not open");
	net_server_close();
	close(fd);
	is_int(net_server_open(PORT, AF_INET, &ops), 1, "free again");
	ok(net_server_is_open(AF_INET) && !net_server_is_open(AF_INET6),
	   "one family");
	net_server_close();
}

int main(void)
{
	struct net_server_ops ops = { .accept = accepts, .receive = serve,
				      .arg = &last };
	int n;

	tap_start();
	n = net_server_open(PORT, AF_UNSPEC, &ops);
	ok(n > 0, "the server opens");
	wait_for_stamps();
	test_exchange("127.0.0.1");
	if (n == 2)
		test_exchange("::1");
	else
		skip("no IPv6 here");
	test_group("127.0.0.1");
	if (n == 2)
		test_group("::1");
	test_dscp("127.0.0.1");
	if (n == 2)
		test_dscp("::1");
	test_left("127.0.0.1");
	if (n == 2)
		test_left("::1");
	test_errors();
	test_ports();
	test_taken();
	loop_close();
	return tap_finish();
}
