// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */

/*
 * Many vectors at once: each has a socket of its own, connected, so that only
 * replies from the server's address and port count. Those from ports that
 * servers use share a raw socket, and are told apart by their transmit stamps.
 */

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <stdio.h>
#include <stdlib.h>

#include "kmod/core/packet.h"
#include "tests/vectors/run_vectors.h"
#include "tests/vectors/sequence.h"

/* For what is to come, on a machine that is busy; for what is not, after it. */
#define PATIENCE_MS	60000
#define QUIET_MS	350
#define AT_ONCE		32	/* fewer than what a server's socket holds */

struct exchange {
	const struct addrinfo *to;
	u16 port;
	enum pkt_server server;
	struct pkt_vector *vectors;
	struct udp_result *results;
	int count;
	struct pollfd *fds;	/* of each vector, then the raw one */
};

static bool is_raw(const struct pkt_vector *vec)
{
	return !vec->is_any_port && vec->sport < 1024;
}

static bool wants_reply(const struct exchange *x, int i)
{
	enum ntp_reason reason = x->vectors[i].expect[x->server];

	return ntp_reason_verdict(reason) == NTP_REPLY;
}

static u64 now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (u64)ts.tv_sec * 1000 + (u64)ts.tv_nsec / 1000000;
}

static int open_udp(const struct exchange *x, const struct pkt_vector *vec)
{
	struct sockaddr_storage from = { .ss_family = (sa_family_t)x->to->ai_family };
	int fd = socket(x->to->ai_family, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	/* The port stands in the same place in either family's address. */
	if (!vec->is_any_port)
		((struct sockaddr_in *)&from)->sin_port = htons(vec->sport);
	if (fd >= 0 && !bind(fd, (void *)&from, x->to->ai_addrlen) &&
	    !connect(fd, x->to->ai_addr, x->to->ai_addrlen))
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

static int open_raw(const struct exchange *x)
{
	int fd = socket(x->to->ai_family, SOCK_RAW | SOCK_NONBLOCK, IPPROTO_UDP);
	int at = offsetof(struct udphdr, uh_sum), err;
	struct sockaddr_storage to;

	if (fd < 0)
		return -1;
	if (x->to->ai_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_CHECKSUM, &at, sizeof(at));
	memcpy(&to, x->to->ai_addr, x->to->ai_addrlen);
	((struct sockaddr_in *)&to)->sin_port = 0;
	if (!connect(fd, (void *)&to, x->to->ai_addrlen))
		return fd;
	err = errno;
	close(fd);
	errno = err;
	return -1;
}

/* The kernel fills in the IPv6 checksum; over IPv4 none is given. */
static bool send_raw(const struct exchange *x, int i)
{
	const struct pkt_vector *vec = &x->vectors[i];
	u8 packet[sizeof(struct udphdr) + PKT_MAX];
	struct udphdr udp = {
		.uh_sport = htons(vec->sport),
		.uh_dport = htons(x->port),
		.uh_ulen = htons((u16)(sizeof(udp) + vec->send_len)),
	};

	memcpy(packet, &udp, sizeof(udp));
	memcpy(packet + sizeof(udp), vec->send, vec->send_len);
	return send(x->fds[x->count].fd, packet, sizeof(udp) + vec->send_len,
		    0) >= 0;
}

static void fail(struct udp_result *res, const char *what)
{
	res->is_skipped = true;
	snprintf(res->why, sizeof(res->why), "%s: %s", what, strerror(errno));
}

static void send_one(const struct exchange *x, int i)
{
	const struct pkt_vector *vec = &x->vectors[i];

	/* A refusal of what was sent before shows up here: not ours. */
	for (int tries = 0; tries < 3; tries++) {
		if (is_raw(vec) ? send_raw(x, i) :
		    send(x->fds[i].fd, vec->send, vec->send_len, 0) >= 0)
			return;
		if (errno != ECONNREFUSED)
			break;
	}
	fail(&x->results[i], "can not send");
}

static void open_all(const struct exchange *x)
{
	for (int i = 0; i <= x->count; i++)
		x->fds[i] = (struct pollfd){ .fd = -1, .events = POLLIN };
	for (int i = 0; i < x->count; i++) {
		struct pkt_vector *vec = &x->vectors[i];
		int at = is_raw(vec) ? x->count : i;

		if (x->results[i].is_skipped)
			continue;
		if (x->fds[at].fd < 0)
			x->fds[at].fd = is_raw(vec) ? open_raw(x) :
						      open_udp(x, vec);
		if (x->fds[at].fd < 0)
			fail(&x->results[i], "no socket");
		if (is_raw(vec) && vec->send_len >= NTP_PACKET_HEADER)
			ntp_bytes_put32(vec->send + NTP_PACKET_XMT + 4, (u32)i);
	}
}

static void take(struct udp_result *res, const u8 *reply, size_t len)
{
	memcpy(res->reply, reply, len);
	res->len = (u16)len;
}

/* A raw socket sees all UDP of the server, and over loopback our own too. */
static void receive_raw(const struct exchange *x)
{
	u8 packet[128 + PKT_MAX];
	struct udphdr udp;
	ssize_t got;

	while ((got = recv(x->fds[x->count].fd, packet, sizeof(packet), 0)) > 0) {
		size_t skip = x->to->ai_family == AF_INET ? (packet[0] & 15) * 4 : 0;
		const u8 *reply = packet + skip + sizeof(udp);
		size_t len = (size_t)got - skip - sizeof(udp);

		if ((size_t)got < skip + sizeof(udp) + NTP_PACKET_HEADER ||
		    len > PKT_MAX)
			continue;
		memcpy(&udp, packet + skip, sizeof(udp));
		for (int i = 0; i < x->count; i++) {
			const struct pkt_vector *vec = &x->vectors[i];

			if (is_raw(vec) && ntohs(udp.uh_sport) == x->port &&
			    ntohs(udp.uh_dport) == vec->sport &&
			    !memcmp(reply + NTP_PACKET_ORG,
				    vec->send + NTP_PACKET_XMT, 8))
				take(&x->results[i], reply, len);
		}
	}
}

/* A reply to one of the first @sent vectors. */
static bool is_missing(const struct exchange *x, int sent)
{
	for (int i = 0; i < sent; i++)
		if (!x->results[i].is_skipped && !x->results[i].len &&
		    wants_reply(x, i))
			return true;
	return false;
}

/* Until @wait_ms are over, or all is there that has to come. */
static void receive(const struct exchange *x, int sent, u64 wait_ms,
		    bool is_waiting)
{
	u64 end = now_ms() + wait_ms, now;

	while ((now = now_ms()) < end &&
	       (!is_waiting || is_missing(x, sent))) {
		if (poll(x->fds, (nfds_t)x->count + 1, (int)(end - now)) <= 0)
			continue;
		for (int i = 0; i < x->count; i++) {
			u8 reply[PKT_MAX];
			ssize_t got;

			if (!x->fds[i].revents)
				continue;
			got = recv(x->fds[i].fd, reply, sizeof(reply), 0);
			if (got > 0)
				take(&x->results[i], reply, (size_t)got);
		}
		if (x->fds[x->count].revents)
			receive_raw(x);
	}
}

static void exchange_all(const struct exchange *x)
{
	open_all(x);
	for (int i = 0; i < x->count; i++) {
		if (!x->results[i].is_skipped)
			send_one(x, i);
		if ((i + 1) % AT_ONCE == 0 || i + 1 == x->count)
			receive(x, i + 1, PATIENCE_MS, true);
	}
	/*
	 * A server takes requests as they come: now there is nothing any more to
	 * what has to be met with silence, but for what is on its way.
	 */
	receive(x, x->count, QUIET_MS, false);
	for (int i = 0; i <= x->count; i++)
		if (x->fds[i].fd >= 0)
			close(x->fds[i].fd);
}

static bool resolve(struct addrinfo **to, const char *address, const char *port)
{
	struct addrinfo hints = {
		.ai_socktype = SOCK_DGRAM,
		.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
	};
	int err = getaddrinfo(address, port, &hints, to);

	if (err)
		fprintf(stderr, "run_vectors: %s port %s: %s\n", address, port,
			gai_strerror(err));
	return !err;
}

/* When its reply left, only the server knows. */
static bool ask(void *arg, const u8 *req, size_t len, u8 *reply,
		size_t *reply_len, ntp_ts_t *left, const char **why)
{
	struct pollfd wait = { .fd = *(int *)arg, .events = POLLIN };
	ssize_t got;

	left->v = 0;
	*why = "can not send";
	if (send(wait.fd, req, len, 0) < 0)
		return false;
	*why = "no reply";
	if (poll(&wait, 1, PATIENCE_MS) <= 0)
		return false;
	got = recv(wait.fd, reply, PKT_MAX, 0);
	*reply_len = got > 0 ? (size_t)got : 0;
	return got > 0;
}

bool sequence_udp(struct sequence_server *server, const char *address,
		  const char *port)
{
	static int fd = -1;
	struct addrinfo *to;
	bool is_open;

	if (fd >= 0)
		close(fd);
	if (!resolve(&to, address, port))
		return false;
	fd = socket(to->ai_family, SOCK_DGRAM, 0);
	is_open = fd >= 0 && !connect(fd, to->ai_addr, to->ai_addrlen);
	if (!is_open)
		perror("run_vectors");
	freeaddrinfo(to);
	*server = (struct sequence_server){ .exchange = ask, .arg = &fd };
	return is_open;
}

bool udp_exchange(const char *address, const char *port,
		  enum pkt_server server, struct pkt_vector *vectors,
		  struct udp_result *results, int count)
{
	struct exchange x = {
		.server = server,
		.vectors = vectors,
		.results = results,
		.count = count,
	};
	struct addrinfo *to;
	bool is_done;

	if (!resolve(&to, address, port))
		return false;
	x.to = to;
	x.port = ntohs(((struct sockaddr_in *)to->ai_addr)->sin_port);
	x.fds = calloc((size_t)count + 1, sizeof(*x.fds));
	if (x.fds)
		exchange_all(&x);
	else
		perror("run_vectors");
	is_done = x.fds;
	free(x.fds);
	freeaddrinfo(to);
	return is_done;
}
