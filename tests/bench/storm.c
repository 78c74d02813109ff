// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
/*
 * storm - ask as many clients in interleaved mode at once, with what stands in
 * the fields at random for half of them, and judge each stamp of each reply by
 * the record of tphc (tests/kmod/tphc_wire.c), which comes on standard input.
 *
 * What a client knows of the server it has from the record, too: no reply is
 * received, and the addresses are those of nobody.
 */
#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <getopt.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "kmod/core/bytes.h"

enum {
	NTP_PORT = 123,
	NTP_LEN = 48,
	UDP = ETH_HLEN + 20,	/* where its header is */
	NTP = UDP + 8,
	FRAME_LEN = NTP + NTP_LEN,
	BATCH = 64,
	UNDER_WAY = 128,	/* requests without a reply: below tphc's queues */
	KEPT = 16,		/* requests and replies of a client */
	OLD = 8,		/* replies that one asks for again */
	CLIENTS_MAX = 1 << 16,
	RECORDS = 64,
	PATIENCE_S = 60,	/* with the last replies */
	SHOWN = 10,
	KISS = 3 << 6,		/* leap, where the stratum is 0 */
};

#define NS			1000000000LL
#define EPOCH			2208988800LL
#define FIRST_ADDRESS		0x0a010000U

/* As tests/kmod/tphc_wire.c has it. */
struct record {
	uint64_t frame;
	int64_t real;
	uint64_t raw;
	int64_t phc, driver;
	uint8_t device, sent, flags, version;
	uint16_t sport, dport;
	uint8_t saddr[16], daddr[16], ntp[NTP_LEN];
};

static_assert(sizeof(struct record) == 128, "as the module writes it");

struct request {
	uint64_t org, rec, xmt;
	int64_t real;
	bool is_answered;
};

struct reply {
	uint64_t rec;
	int64_t came, left;
};

struct client {
	struct request request[KEPT];
	struct reply reply[KEPT];
	unsigned int requests, replies;
};

static struct {
	const char *ifname;
	uint8_t mac[ETH_ALEN];
	uint32_t server;
	unsigned long count;
	unsigned int clients, device;
	int64_t bound;		/* of an exact stamp, ns */

	int sock;
	uint64_t random;
	unsigned int next;
	struct client *client;
	uint8_t frame[BATCH][FRAME_LEN];
} s = {
	.clients = 16384, .device = 1, .bound = 1000, .random = 0x6b6e7470,
};

static struct {
	unsigned long sent, requests, basic, interleaved, refused, unmatched;
	unsigned long rec_exact, rec_near, xmt_exact, xmt_near;
	unsigned long basic_exact, basic_near, wrong;
} n;

__attribute__((noreturn))
static void die(const char *what, const char *remedy)
{
	fprintf(stderr, "storm: %s: %s; %s\n", what, strerror(errno), remedy);
	exit(1);
}

static void usage(FILE *to)
{
	fputs("Usage: storm -i IF -d DSTMAC -t SERVER -n COUNT [OPTION...] </sys/kernel/debug/tphc/wire\n"
	      "Send requests in interleaved mode over tphc and judge all replies by its record.\n\n"
	      "  -i IF       interface to send on\n"
	      "  -d MAC      Ethernet address of the server\n"
	      "  -t ADDRESS  address of the server, IPv4\n"
	      "  -n COUNT    requests to send\n"
	      "  -c CLIENTS  from 10.1.0.0 on (16384)\n"
	      "  -D N        the server is at tpN (1)\n"
	      "  -e NS       error of a stamp that counts as exact (1000)\n"
	      "  -r SEED     of what is random (1802398832)\n\n"
	      "Prints sent, requests that came, replies in basic and in interleaved mode,\n"
	      "kisses, and stamps of unknown packets; then of the stamps how many are exact,\n"
	      "near (within their exchange, at least), and wrong. The status is 1 for wrong or\n"
	      "unknown ones.\n",
	      to);
}

static uint64_t next_random(void)
{
	s.random ^= s.random << 13;
	s.random ^= s.random >> 7;
	s.random ^= s.random << 17;
	return s.random;
}

static double now_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec * 1e-9;
}

/* ------------------------------------------------------------------- judging */

/* A stamp minus a time of CLOCK_REALTIME, ns; both of this era. */
static int64_t minus(uint64_t stamp, int64_t real)
{
	int64_t seconds = (int64_t)(stamp >> 32) - EPOCH - real / NS;

	return seconds * NS + (int64_t)((stamp & UINT32_MAX) * NS >> 32) -
	       real % NS;
}

static void judge(const char *what, uint64_t stamp, int64_t exact,
		  int64_t from, int64_t to, unsigned long *exacts,
		  unsigned long *nears)
{
	if (llabs(minus(stamp, exact)) <= s.bound) {
		++*exacts;
	} else if (minus(stamp, from) >= -s.bound &&
		   minus(stamp, to) <= s.bound) {
		++*nears;
	} else {
		if (n.wrong++ < SHOWN)
			fprintf(stderr, "storm: %s stamp %016llx: off by %lld ns, %lld after the request came, %lld after the reply left\n",
				what, (unsigned long long)stamp,
				(long long)minus(stamp, exact),
				(long long)minus(stamp, from),
				(long long)minus(stamp, to));
	}
}

static struct reply *reply_of(struct client *c, uint64_t rec)
{
	for (unsigned int i = 0; i < KEPT; i++)
		if (c->reply[i].left && c->reply[i].rec == rec)
			return &c->reply[i];
	return NULL;
}

static struct request *request_of(struct client *c, uint64_t org)
{
	for (unsigned int i = 0; i < KEPT && i < c->requests; i++) {
		struct request *q = &c->request[(c->requests - 1 - i) % KEPT];

		if (org == q->xmt || org == q->rec)
			return q;
	}
	return NULL;
}

static void take_reply(struct client *c, const struct record *r)
{
	uint64_t org = ntp_bytes_get64(r->ntp + 24), rec = ntp_bytes_get64(r->ntp + 32);
	uint64_t xmt = ntp_bytes_get64(r->ntp + 40);
	struct request *q = request_of(c, org);
	struct reply *about, this;

	if (!q) {
		n.unmatched++;
		return;
	}
	q->is_answered = true;
	if ((r->ntp[0] & KISS) == KISS && !r->ntp[1]) {
		n.refused++;
		return;
	}
	this = (struct reply){ .rec = rec, .came = q->real, .left = r->real };
	judge("receive", rec, this.came, this.came, this.left, &n.rec_exact,
	      &n.rec_near);
	if (org == q->xmt) {
		n.basic++;
		judge("transmit", xmt, this.left, this.came, this.left,
		      &n.basic_exact, &n.basic_near);
	} else {
		n.interleaved++;
		about = reply_of(c, q->org);
		if (about)
			judge("interleaved transmit", xmt, about->left,
			      about->came, about->left, &n.xmt_exact,
			      &n.xmt_near);
		else
			n.unmatched++;
	}
	c->reply[c->replies++ % KEPT] = this;
}

static void take(const struct record *r)
{
	const uint8_t *addr = r->sent ? r->daddr : r->saddr;
	uint32_t i = ntp_bytes_get32(addr) - FIRST_ADDRESS;
	unsigned int mode = r->ntp[0] & 7;
	struct client *c;

	if (r->device != s.device || r->version != 4 || i >= s.clients ||
	    mode != (r->sent ? 4 : 3))
		return;
	c = &s.client[i];
	if (r->sent) {
		take_reply(c, r);
		return;
	}
	n.requests++;
	c->request[c->requests++ % KEPT] = (struct request){
		.org = ntp_bytes_get64(r->ntp + 24), .rec = ntp_bytes_get64(r->ntp + 32),
		.xmt = ntp_bytes_get64(r->ntp + 40), .real = r->real,
	};
}

static void read_record(void)
{
	static struct record record[RECORDS];
	ssize_t len;

	while ((len = read(STDIN_FILENO, record, sizeof(record))) > 0)
		for (size_t i = 0; i < len / sizeof(*record); i++)
			take(&record[i]);
	if (len < 0)
		die("standard input", "give the file wire of tphc in debugfs");
}

/* ------------------------------------------------------------------- sending */

static uint32_t sum16(const uint8_t *p, size_t len, uint32_t sum)
{
	for (; len > 1; p += 2, len -= 2)
		sum += ntp_bytes_get16(p);
	return sum;
}

static void put16(uint8_t *p, uint16_t v)
{
	p[0] = v >> 8;
	p[1] = v;
}

static uint16_t fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

/* What half of the clients ask: each field is right, or random, or old. */
static uint8_t disorder(struct client *c, uint64_t *org, uint64_t *rec,
			uint64_t xmt)
{
	static const uint8_t first[] = { 0x23, 0x1b, 0xe3, 0x23 };
	uint64_t r = next_random();

	switch (r % 8) {
	case 0:
		*org = *rec = 0;
		break;
	case 1:
		*org = c->reply[(c->replies - 1 - (r >> 8) % OLD) % KEPT].rec;
		break;
	case 2:
		*org = next_random();
		break;
	case 3:
		*rec = xmt;
		break;
	case 4:
		*org ^= 1ULL << (r >> 8 & 63);
		break;
	case 5:
		*org = s.client[(r >> 8) % s.clients].reply[0].rec;
		break;
	}
	return first[r >> 16 & 3];
}

static void ask(uint8_t *p)
{
	uint64_t r = next_random();
	bool is_sane = r & 1;
	/* Those who are sane come round, the others are any. */
	uint32_t i = is_sane ? s.next++ % (s.clients / 4) :
			       (r >> 1) % s.clients;
	struct client *c = &s.client[i];
	uint64_t org = c->replies ? c->reply[(c->replies - 1) % KEPT].rec : 0;
	uint64_t rec = next_random(), xmt = next_random();
	uint16_t sum;

	for (int k = 0; k < 24; k += 8)
		ntp_bytes_put64(p + NTP + k, next_random());
	p[NTP] = is_sane ? 0x23 : disorder(c, &org, &rec, xmt);
	ntp_bytes_put64(p + NTP + 24, org);
	ntp_bytes_put64(p + NTP + 32, rec);
	ntp_bytes_put64(p + NTP + 40, xmt);
	ntp_bytes_put32(p + UDP - 8, FIRST_ADDRESS + i);
	put16(p + UDP - 10, 0);
	put16(p + UDP - 10, fold(sum16(p + ETH_HLEN, UDP - ETH_HLEN, 0)));
	put16(p + UDP, 1024 + r % 64000);
	put16(p + UDP + 6, 0);
	sum = fold(sum16(p + UDP - 8, FRAME_LEN - UDP + 8,
			 IPPROTO_UDP + FRAME_LEN - UDP));
	put16(p + UDP + 6, sum ? sum : 0xffff);
}

static void prepare(void)
{
	struct sockaddr_ll ll = { .sll_family = AF_PACKET };
	static const uint8_t mac[] = { 2, 0, 0, 0, 0x7b, 1 };

	s.client = calloc(s.clients, sizeof(*s.client));
	if (!s.client)
		die("clients", "use fewer of them (-c)");
	for (unsigned int i = 0; i < BATCH; i++) {
		uint8_t *p = s.frame[i], *ip = p + ETH_HLEN;

		memcpy(p, s.mac, ETH_ALEN);
		memcpy(p + ETH_ALEN, mac, ETH_ALEN);
		put16(p + 12, ETH_P_IP);
		ip[0] = 0x45;
		put16(ip + 2, FRAME_LEN - ETH_HLEN);
		ip[8] = 64;
		ip[9] = IPPROTO_UDP;
		ntp_bytes_put32(ip + 16, s.server);
		put16(p + UDP + 2, NTP_PORT);
		put16(p + UDP + 4, FRAME_LEN - UDP);
	}
	s.sock = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (s.sock < 0)
		die("packet socket", "run as root");
	ll.sll_ifindex = if_nametoindex(s.ifname);
	if (!ll.sll_ifindex || bind(s.sock, (struct sockaddr *)&ll, sizeof(ll)))
		die(s.ifname, "name an interface of this namespace with -i, and set it up");
}

static void send_some(unsigned int some)
{
	struct mmsghdr msg[BATCH] = { 0 };
	struct iovec iov[BATCH];
	int sent;

	for (unsigned int i = 0; i < some; i++) {
		ask(s.frame[i]);
		iov[i] = (struct iovec){ s.frame[i], FRAME_LEN };
		msg[i].msg_hdr.msg_iov = &iov[i];
		msg[i].msg_hdr.msg_iovlen = 1;
	}
	sent = sendmmsg(s.sock, msg, some, 0);
	if (sent < 0 && errno != ENOBUFS)
		die(s.ifname, "is the interface up?");
	if (sent > 0)
		n.sent += sent;
}

static unsigned long answered(void)
{
	return n.basic + n.interleaved + n.refused;
}

static void run(void)
{
	const struct timespec wait = { .tv_nsec = 100000 };
	double last = now_s();
	unsigned long seen = 0, left;

	while (answered() < s.count) {
		left = s.count - n.sent;
		if (n.sent - answered() < UNDER_WAY && left)
			send_some(left < BATCH ? left : BATCH);
		else
			nanosleep(&wait, NULL);
		read_record();
		if (answered() != seen) {
			seen = answered();
			last = now_s();
		} else if (now_s() - last > PATIENCE_S) {
			fprintf(stderr, "storm: %lu of %lu requests have no reply after %d s\n",
				n.sent - seen, n.sent, PATIENCE_S);
			return;
		}
	}
}

static unsigned long number(const char *text, unsigned long max, char option)
{
	unsigned long value;
	char *end;

	errno = 0;
	value = strtoul(text, &end, 10);
	if (errno || end == text || *end || value > max) {
		fprintf(stderr, "storm: -%c takes a number up to %lu, not '%s'\n",
			option, max, text);
		exit(2);
	}
	return value;
}

static bool parse_mac(const char *text, uint8_t *mac)
{
	return sscanf(text, "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", &mac[0], &mac[1],
		      &mac[2], &mac[3], &mac[4], &mac[5]) == ETH_ALEN;
}

static bool options(int argc, char **argv)
{
	struct in_addr in = { 0 };
	bool is_right = true;
	int opt;

	while ((opt = getopt(argc, argv, "i:d:t:n:c:D:e:r:h")) != -1) {
		switch (opt) {
		case 'i': s.ifname = optarg; break;
		case 'd': is_right &= parse_mac(optarg, s.mac); break;
		case 't': is_right &= inet_pton(AF_INET, optarg, &in) == 1; break;
		case 'n': s.count = number(optarg, 1000000000, 'n'); break;
		case 'c': s.clients = number(optarg, CLIENTS_MAX, 'c'); break;
		case 'D': s.device = number(optarg, 1, 'D'); break;
		case 'e': s.bound = number(optarg, NS, 'e'); break;
		case 'r': s.random = number(optarg, UINT32_MAX, 'r') | 1; break;
		case 'h': usage(stdout); exit(0);
		default: is_right = false;
		}
	}
	s.server = ntohl(in.s_addr);
	return is_right && optind == argc && s.ifname && s.server && s.count &&
	       s.clients >= 4;
}

int main(int argc, char **argv)
{
	double start;

	if (!options(argc, argv)) {
		usage(stderr);
		return 2;
	}
	prepare();
	start = now_s();
	run();
	printf("sent %lu\nrequests %lu\nbasic %lu\ninterleaved %lu\nkisses %lu\n"
	       "unmatched %lu\nreceive_exact %lu\nreceive_near %lu\n"
	       "interleaved_exact %lu\ninterleaved_near %lu\n"
	       "basic_near %lu\nwrong %lu\nseconds %.1f\n", n.sent,
	       n.requests, n.basic, n.interleaved, n.refused, n.unmatched,
	       n.rec_exact, n.rec_near, n.xmt_exact, n.xmt_near,
	       n.basic_exact + n.basic_near, n.wrong, now_s() - start);
	return n.wrong || n.unmatched || answered() < s.count;
}
