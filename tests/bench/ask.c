// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
/*
 * ask - ask an NTP server for the time, once or again and again, and judge
 * each answer. Client and server share one clock in the lab, so an answer that
 * claims to be synchronised has an offset near zero, and its stamps lie between
 * sending and receiving; anything else is wrong and makes the status 1.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
	NTP_LEN = 48,
	EPOCH = 2208988800U,	/* 1970 in NTP seconds */
};

struct ask {
	const char *host;
	int family, version;
	unsigned long count, wait_ms, every_ms;
	double limit;		/* largest offset of a synchronised answer, s */
	bool quiet;		/* only tell what is wrong */
};

struct answer {
	int leap, version, mode, stratum;
	double rootdelay, rootdisp;
	uint8_t refid[4];
	double offset, delay;
	bool is_synced;
	const char *wrong;	/* NULL: nothing */
};

static volatile sig_atomic_t is_ended;

static void end(int sig)
{
	is_ended = 1;
}

static void usage(FILE *to)
{
	fputs("Usage: ask [OPTION...] ADDRESS\n"
	      "Ask an NTP server on this machine's own clock and judge the answers.\n\n"
	      "  -c COUNT    ask so often (1)\n"
	      "  -i MS       pause between requests (1000)\n"
	      "  -w MS       wait for an answer (1000)\n"
	      "  -v VERSION  of the requests (4)\n"
	      "  -l SECONDS  largest offset beyond half the delay (0.001)\n"
	      "  -q          print wrong answers only, and a summary\n"
	      "\nSIGINT and SIGTERM end it like the last answer.\n"
	      "Status: 0 all answered and right, 1 something was wrong, 3 no answer.\n",
	      to);
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
}

/* Seconds since 1970; of the era in which that is nearest to now. */
static double stamp(const uint8_t *p)
{
	return (uint32_t)(get32(p) - EPOCH) + get32(p + 4) / 4294967296.0;
}

static const char *judge(const struct ask *ask, const uint8_t *req,
			 const uint8_t *rep, ssize_t len, double t1, double t4,
			 struct answer *a)
{
	/* of doubles that hold seconds since 1970, and of the wire */
	const double eps = 1e-6;
	double rec, xmt;

	if (len != NTP_LEN)
		return "the length is not that of the request";
	a->leap = rep[0] >> 6;
	a->version = rep[0] >> 3 & 7;
	a->mode = rep[0] & 7;
	a->stratum = rep[1];
	a->rootdelay = get32(rep + 4) / 65536.0;
	a->rootdisp = get32(rep + 8) / 65536.0;
	memcpy(a->refid, rep + 12, sizeof(a->refid));
	rec = stamp(rep + 32);
	xmt = stamp(rep + 40);
	a->offset = ((rec - t1) + (xmt - t4)) / 2;
	a->delay = (t4 - t1) - (xmt - rec);
	if (a->mode != 4)
		return "the mode is not 4";
	if (a->version != ask->version)
		return "the version is not that of the request";
	if (memcmp(rep + 24, req + 40, 8))
		return "the origin is not what was sent";
	a->is_synced = a->leap != 3 && a->stratum > 0 && a->stratum < 16;
	if (!a->is_synced)
		return a->leap == 3 && a->stratum == 0 ? NULL :
			"neither synchronised nor plainly unsynchronised";
	if (memcmp(rep + 32, rep + 40, 8) >= 0)
		return "sent before it was received";
	if (rec < t1 - eps || xmt > t4 + eps)
		return "the stamps are not between sending and receiving";
	/* Half of a delay may all be on one way; the clock itself is the same. */
	if (a->offset > ask->limit + a->delay / 2 ||
	    a->offset < -ask->limit - a->delay / 2)
		return "the offset is too large";
	if (!get32(rep + 12))
		return "synchronised without a reference id";
	if (stamp(rep + 16) > t4)
		return "synchronised in the future";
	return NULL;
}

static void show(const struct ask *ask, const struct answer *a)
{
	char refid[INET_ADDRSTRLEN];
	int k;

	if (ask->quiet && !a->wrong)
		return;
	inet_ntop(AF_INET, a->refid, refid, sizeof(refid));
	if (a->stratum <= 1) {
		for (k = 0; k < 4 && a->refid[k] > ' ' && a->refid[k] < 127; k++)
			refid[k] = a->refid[k];
		refid[k] = 0;
	}
	printf("%.3f leap=%d version=%d mode=%d stratum=%d refid=%s rootdelay=%.6f rootdisp=%.6f offset=%+.6f delay=%.6f",
	       now(), a->leap, a->version, a->mode, a->stratum, refid,
	       a->rootdelay, a->rootdisp, a->offset, a->delay);
	if (a->wrong)
		printf(" WRONG: %s", a->wrong);
	putchar('\n');
	fflush(stdout);
}

/* 1 with an answer, 0 without; anything with another origin is waited past. */
static int query(const struct ask *ask, int sock, struct answer *a)
{
	uint8_t req[NTP_LEN] = { ask->version << 3 | 3 }, rep[512];
	struct pollfd pfd = { .fd = sock, .events = POLLIN };
	double t1, t4, end;
	ssize_t len;
	int left;

	while (recv(sock, rep, sizeof(rep), MSG_DONTWAIT) >= 0)
		;
	if (getrandom(req + 40, 8, 0) != 8)
		return 0;
	t1 = now();
	end = t1 + ask->wait_ms / 1e3;
	if (send(sock, req, sizeof(req), 0) != sizeof(req))
		return 0;
	while ((left = (end - now()) * 1e3) > 0) {
		if (poll(&pfd, 1, left) <= 0)
			return 0;
		len = recv(sock, rep, sizeof(rep), 0);
		t4 = now();
		if (len < 0)
			return 0;
		*a = (struct answer){ 0 };
		a->wrong = judge(ask, req, rep, len, t1, t4, a);
		return 1;
	}
	return 0;
}

static int open_to(const struct ask *ask)
{
	struct addrinfo hints = { .ai_socktype = SOCK_DGRAM,
				  .ai_flags = AI_NUMERICHOST }, *ai;
	int err = getaddrinfo(ask->host, "123", &hints, &ai), sock;

	if (err) {
		fprintf(stderr, "ask: %s: %s\n", ask->host, gai_strerror(err));
		exit(2);
	}
	sock = socket(ai->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (sock < 0 || connect(sock, ai->ai_addr, ai->ai_addrlen)) {
		fprintf(stderr, "ask: %s: %s; is there a route?\n", ask->host,
			strerror(errno));
		exit(3);
	}
	freeaddrinfo(ai);
	return sock;
}

int main(int argc, char **argv)
{
	struct ask ask = { .version = 4, .count = 1, .wait_ms = 1000,
			   .every_ms = 1000, .limit = 0.001 };
	unsigned long i, answers = 0, synced = 0, wrong = 0;
	struct timespec pause;
	struct answer a;
	int opt, sock;

	while ((opt = getopt(argc, argv, "c:i:w:v:l:qh")) != -1) {
		switch (opt) {
		case 'c': ask.count = strtoul(optarg, NULL, 10); break;
		case 'i': ask.every_ms = strtoul(optarg, NULL, 10); break;
		case 'w': ask.wait_ms = strtoul(optarg, NULL, 10); break;
		case 'v': ask.version = strtoul(optarg, NULL, 10) & 7; break;
		case 'l': ask.limit = strtod(optarg, NULL); break;
		case 'q': ask.quiet = true; break;
		case 'h': usage(stdout); return 0;
		default: usage(stderr); return 2;
		}
	}
	if (optind != argc - 1) {
		usage(stderr);
		return 2;
	}
	ask.host = argv[optind];
	pause.tv_sec = ask.every_ms / 1000;
	pause.tv_nsec = ask.every_ms % 1000 * 1000000L;
	sigaction(SIGINT, &(struct sigaction){ .sa_handler = end }, NULL);
	sigaction(SIGTERM, &(struct sigaction){ .sa_handler = end }, NULL);
	sock = open_to(&ask);
	for (i = 0; i < ask.count; i++) {
		if (i)
			nanosleep(&pause, NULL);
		if (is_ended)
			break;
		if (!query(&ask, sock, &a)) {
			if (is_ended)
				break;
			if (!ask.quiet)
				printf("%.3f no answer from %s\n", now(), ask.host);
			fflush(stdout);
			continue;
		}
		answers++;
		synced += a.is_synced;
		wrong += a.wrong != NULL;
		show(&ask, &a);
	}
	ask.count = i;
	if (ask.quiet)
		printf("asked=%lu answers=%lu synced=%lu wrong=%lu\n", ask.count,
		       answers, synced, wrong);
	return wrong ? 1 : answers == ask.count ? 0 : 3;
}
