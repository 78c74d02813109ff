// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
/*
 * gen - send NTP requests as fast as one processor can, from many clients.
 *
 * Frames go out through an AF_PACKET socket that bypasses the qdisc. Replies
 * are not read, only counted by the interface: the source address of the
 * frames is one that no interface has, so the receiving stack drops a reply at
 * its first look, as early and as cheaply as without a module it can.
 *
 * The sender never sleeps between the first and the last request, so on a
 * guest with one processor and counted instructions the elapsed nanoseconds
 * are all instructions of sender, kernel and server together. A server in user
 * space gets the processor when the sender yields after each batch (-y).
 */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
	NTP_PORT = 123,
	NTP_LEN = 48,
	NTP_ORG = 24,		/* where timestamps start */
	NTP_REC = 32,
	NTP_XMT = 40,
	UDP_LEN = 8,
	IP4_LEN = 20,
	IP6_LEN = 40,
	MAC_MAX = 24,
	FRAME_MAX = ETH_HLEN + IP6_LEN + UDP_LEN + NTP_LEN + MAC_MAX,
	BATCH_MAX = 1024,
	SOURCES_MAX = 1 << 20,
	DRAIN_MS = 50,		/* for replies still on their way at the end */
};

struct frame {
	uint8_t bytes[FRAME_MAX];
};

struct gen {
	const char *ifname;
	uint8_t dst_mac[ETH_ALEN];
	uint8_t src_mac[ETH_ALEN];
	uint8_t src[16], dst[16];	/* addresses, 4 or 16 bytes of them */
	uint8_t mac[MAC_MAX];		/* key identifier and digest */
	size_t mac_len;
	int family;
	unsigned long count, warm;
	unsigned int batch, sources, yields, rounds;
	double seconds;
	int json;

	int sock;
	int replies;			/* a socket that sees them, or -1 */
	size_t len;			/* of each frame */
	size_t udp;			/* offset of the UDP header */
	struct frame *frame;
	struct iovec *iov;
	struct mmsghdr *msg;
	unsigned int next;		/* source that sends next */
	uint64_t random;
};

struct outcome {
	unsigned long sent, replies, late, blocked;
	double ns;
	double idle_ms;
};

__attribute__((noreturn))
static void die(const char *what, const char *remedy)
{
	fprintf(stderr, "gen: %s: %s; %s\n", what, strerror(errno), remedy);
	exit(1);
}

static void usage(FILE *to)
{
	fputs("Usage: gen -i IF -d DSTMAC -s SRC -t DST (-n COUNT | -T SECONDS) [OPTION...]\n"
	      "Send NTP client requests from many addresses and count the replies.\n\n"
	      "  -i IF        interface to send on\n"
	      "  -d MAC       Ethernet address of the server\n"
	      "  -s ADDRESS   first source address; the others follow it\n"
	      "  -t ADDRESS   address of the server\n"
	      "  -n COUNT     requests to send\n"
	      "  -T SECONDS   send for this long instead\n"
	      "  -w COUNT     requests to warm up with, not counted (a tenth of -n)\n"
	      "  -b BATCH     requests a system call (64)\n"
	      "  -c SOURCES   clients, each with an address and port of its own (4096)\n"
	      "  -y YIELDS    yield the processor so often after each batch (0)\n"
	      "  -S MAC       source Ethernet address (02:00:00:00:7b:01)\n"
	      "  -m HEX       key identifier and digest behind each request; all have the\n"
	      "               transmit timestamp 0102030405060708 then\n"
	      "  -X ROUNDS    before, let all clients ask so often and learn from the replies\n"
	      "               what they ask in interleaved mode; IPv4, no -w\n"
	      "  -6           IPv6 (implied by an IPv6 address)\n"
	      "  -j           print JSON\n", to);
}

static unsigned long number(const char *text, unsigned long min,
			    unsigned long max, char option)
{
	unsigned long n;
	char *end;

	errno = 0;
	n = strtoul(text, &end, 10);
	if (errno || end == text || *end || n < min || n > max) {
		fprintf(stderr, "gen: -%c takes a number from %lu to %lu, not '%s'\n",
			option, min, max, text);
		exit(2);
	}
	return n;
}

static void parse_mac(const char *text, uint8_t *mac)
{
	char rest;

	if (sscanf(text, "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx%c", mac, mac + 1,
		   mac + 2, mac + 3, mac + 4, mac + 5, &rest) != 6) {
		fprintf(stderr, "gen: '%s' is no Ethernet address\n", text);
		exit(2);
	}
}

static void parse_addr(struct gen *g, const char *text, uint8_t *addr)
{
	g->family = strchr(text, ':') ? AF_INET6 : AF_INET;
	if (inet_pton(g->family, text, addr) != 1) {
		fprintf(stderr, "gen: '%s' is no IPv4 or IPv6 address\n", text);
		exit(2);
	}
}

static void parse_hex(struct gen *g, const char *text)
{
	size_t len = strlen(text) / 2, i;

	for (i = 0; i < len && i < MAC_MAX; i++)
		if (sscanf(text + 2 * i, "%2hhx", &g->mac[i]) != 1)
			break;
	if (i != len || len % 4 || strlen(text) % 2) {
		fprintf(stderr, "gen: '%s' is no MAC of up to %d octets\n", text,
			MAC_MAX);
		exit(2);
	}
	g->mac_len = len;
}

static uint64_t next_random(struct gen *g)
{
	g->random ^= g->random << 13;
	g->random ^= g->random >> 7;
	g->random ^= g->random << 17;
	return g->random;
}

static uint32_t sum16(const uint8_t *p, size_t len, uint32_t sum)
{
	for (; len > 1; p += 2, len -= 2)
		sum += p[0] << 8 | p[1];
	return len ? sum + (p[0] << 8) : sum;
}

static uint16_t fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

static void put16(uint8_t *p, uint16_t v)
{
	p[0] = v >> 8;
	p[1] = v;
}

static uint16_t get16(const uint8_t *p)
{
	return p[0] << 8 | p[1];
}

/* base + i, as one big number of len bytes */
static void add_addr(uint8_t *out, const uint8_t *base, size_t len, uint32_t i)
{
	uint64_t carry = i;
	size_t k;

	for (k = len; k-- > 0; carry >>= 8) {
		carry += base[k];
		out[k] = carry;
	}
}

/* The addresses stand right before the datagram. */
static void put_checksum(const struct gen *g, uint8_t *p)
{
	size_t alen = g->family == AF_INET6 ? 16 : 4, len = g->len - g->udp;
	uint8_t *udp = p + g->udp;

	put16(udp + 6, 0);
	put16(udp + 6, fold(sum16(udp - 2 * alen, 2 * alen + len,
				  IPPROTO_UDP + len)));
}

static void make_frame(struct gen *g, uint8_t *p, unsigned int i)
{
	size_t alen = g->family == AF_INET6 ? 16 : 4;
	uint8_t *ip = p + ETH_HLEN, *udp = p + g->udp, *ntp = udp + UDP_LEN;
	const uint16_t udp_len = UDP_LEN + NTP_LEN + g->mac_len;
	uint8_t *src;
	int k;

	memset(p, 0, g->len);
	memcpy(p, g->dst_mac, ETH_ALEN);
	memcpy(p + ETH_ALEN, g->src_mac, ETH_ALEN);
	if (g->family == AF_INET6) {
		put16(p + 12, ETH_P_IPV6);
		ip[0] = 0x60;
		put16(ip + 4, udp_len);
		ip[6] = IPPROTO_UDP;
		ip[7] = 64;
		src = ip + 8;
	} else {
		put16(p + 12, ETH_P_IP);
		ip[0] = 0x45;
		put16(ip + 2, IP4_LEN + udp_len);
		ip[8] = 64;
		ip[9] = IPPROTO_UDP;
		src = ip + 12;
	}
	add_addr(src, g->src, alen, i);
	memcpy(src + alen, g->dst, alen);
	if (g->family == AF_INET)
		put16(ip + 10, fold(sum16(ip, IP4_LEN, 0)));

	put16(udp, 1024 + i * 7 % 64000);
	put16(udp + 2, NTP_PORT);
	put16(udp + 4, udp_len);
	ntp[0] = 4 << 3 | 3;	/* version 4, client */
	ntp[2] = 6;		/* poll, 64 s */
	ntp[3] = 0x20;
	for (k = 0; g->mac_len && k < 8; k++)
		ntp[NTP_XMT + k] = k + 1;
	memcpy(ntp + NTP_LEN, g->mac, g->mac_len);
	put_checksum(g, p);
}

/*
 * A new random transmit timestamp, the checksum changed by the difference
 * (RFC 1624, equation 3): a server that remembers its clients sees no
 * duplicate, and the sender stays cheap.
 */
static void refresh(struct gen *g, uint8_t *p)
{
	uint8_t *csum = p + g->udp + 6, *xmt = p + g->udp + UDP_LEN + NTP_XMT;
	uint32_t sum = (uint16_t)~get16(csum);
	uint64_t r = next_random(g);
	uint16_t new;
	int k;

	for (k = 0; k < 8; k += 2, r >>= 16) {
		new = r;
		sum += (uint16_t)~get16(xmt + k);
		sum += new;
		put16(xmt + k, new);
	}
	new = fold(sum);
	put16(csum, new ? new : 0xffff);
}

static void prepare(struct gen *g)
{
	struct sockaddr_ll ll = { .sll_family = AF_PACKET };
	int one = 1, sndbuf = 16 << 20;
	unsigned int i;

	g->udp = ETH_HLEN + (g->family == AF_INET6 ? IP6_LEN : IP4_LEN);
	g->len = g->udp + UDP_LEN + NTP_LEN + g->mac_len;
	g->frame = calloc(g->sources, sizeof(*g->frame));
	g->iov = calloc(g->batch, sizeof(*g->iov));
	g->msg = calloc(g->batch, sizeof(*g->msg));
	if (!g->frame || !g->iov || !g->msg)
		die("frames", "use fewer sources (-c)");
	for (i = 0; i < g->sources; i++)
		make_frame(g, g->frame[i].bytes, i);
	for (i = 0; i < g->batch; i++) {
		g->iov[i].iov_len = g->len;
		g->msg[i].msg_hdr.msg_iov = &g->iov[i];
		g->msg[i].msg_hdr.msg_iovlen = 1;
	}

	g->sock = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (g->sock < 0)
		die("packet socket", "run as root");
	ll.sll_ifindex = if_nametoindex(g->ifname);
	if (!ll.sll_ifindex)
		die(g->ifname, "name an interface of this namespace with -i");
	if (bind(g->sock, (struct sockaddr *)&ll, sizeof(ll)))
		die(g->ifname, "set the interface up");
	if (setsockopt(g->sock, SOL_PACKET, PACKET_QDISC_BYPASS, &one, sizeof(one)))
		die("PACKET_QDISC_BYPASS", "a kernel with packet sockets is needed");
	setsockopt(g->sock, SOL_SOCKET, SO_SNDBUFFORCE, &sndbuf, sizeof(sndbuf));
}

static unsigned long received(const struct gen *g)
{
	char path[128];
	unsigned long n;
	FILE *f;

	snprintf(path, sizeof(path), "/sys/class/net/%s/statistics/rx_packets",
		 g->ifname);
	f = fopen(path, "re");
	if (!f || fscanf(f, "%lu", &n) != 1)
		die(path, "mount /sys of this network namespace (ip netns exec does)");
	fclose(f);
	return n;
}

/* Idle time of all processors since boot, in milliseconds */
static double idle_ms(void)
{
	double up, idle;
	FILE *f = fopen("/proc/uptime", "re");

	if (!f || fscanf(f, "%lf %lf", &up, &idle) != 2)
		die("/proc/uptime", "mount /proc");
	fclose(f);
	return idle * 1e3;
}

static double now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC_RAW, &ts);
	return ts.tv_sec * 1e9 + ts.tv_nsec;
}

static unsigned int send_batch(struct gen *g, unsigned int want,
			       unsigned long *blocked)
{
	unsigned int i;
	int n;

	for (i = 0; i < want; i++) {
		uint8_t *p = g->frame[(g->next + i) % g->sources].bytes;

		/* A signed one stays as it is. */
		if (!g->mac_len)
			refresh(g, p);
		g->iov[i].iov_base = p;
	}
	n = sendmmsg(g->sock, g->msg, want, MSG_DONTWAIT);
	if (n <= 0) {
		if (errno != EAGAIN && errno != ENOBUFS)
			die(g->ifname, "is the interface up, and has it a carrier?");
		++*blocked;
		sched_yield();
		return 0;
	}
	g->next = (g->next + n) % g->sources;
	for (i = 0; i < g->yields; i++)
		sched_yield();
	return n;
}

/* All frames of the interface, as nobody has the clients' addresses. */
static int open_replies(const struct gen *g)
{
	struct sockaddr_ll ll = { .sll_family = AF_PACKET,
				  .sll_protocol = htons(ETH_P_IP) };
	int rcvbuf = 64 << 20, sock;

	sock = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (sock < 0)
		die("packet socket", "run as root");
	setsockopt(sock, SOL_SOCKET, SO_RCVBUFFORCE, &rcvbuf, sizeof(rcvbuf));
	ll.sll_ifindex = if_nametoindex(g->ifname);
	if (bind(sock, (struct sockaddr *)&ll, sizeof(ll)))
		die(g->ifname, "set the interface up");
	return sock;
}

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

/* Each client sends back the receive timestamp of its last reply. */
static unsigned long learn(struct gen *g)
{
	const size_t ntp = ETH_HLEN + IP4_LEN + UDP_LEN;
	struct frame reply;
	unsigned long n = 0;
	uint32_t i;

	while (recv(g->replies, reply.bytes, sizeof(reply.bytes), 0) >=
	       (ssize_t)(ntp + NTP_LEN)) {
		if (get16(reply.bytes + ntp - UDP_LEN) != NTP_PORT)
			continue;
		i = get32(reply.bytes + ETH_HLEN + 16) - get32(g->src);
		if (i >= g->sources)
			continue;
		memcpy(g->frame[i].bytes + ntp + NTP_ORG,
		       reply.bytes + ntp + NTP_REC, 8);
		g->frame[i].bytes[ntp + NTP_REC] = 1;
		put_checksum(g, g->frame[i].bytes);
		n++;
	}
	return n;
}

/* So that the next request of each is one in interleaved mode. */
static void rehearse(struct gen *g)
{
	struct timespec wait = { .tv_nsec = 1000000 };
	unsigned long sent, learnt, blocked = 0;

	g->replies = open_replies(g);
	for (unsigned int round = 0; round < g->rounds; round++) {
		for (sent = 0, learnt = 0; sent < g->sources;) {
			unsigned long left = g->sources - sent;

			sent += send_batch(g, left < g->batch ? left : g->batch,
					   &blocked);
			learnt += learn(g);
		}
		nanosleep(&wait, NULL);
		learnt += learn(g);
		if (learnt < g->sources)
			fprintf(stderr, "gen: round %u: %lu of %u clients had a reply\n",
				round + 1, learnt, g->sources);
	}
	close(g->replies);
}

static struct outcome run(struct gen *g, unsigned long count, double seconds)
{
	struct timespec drain = { .tv_nsec = DRAIN_MS * 1000000L };
	unsigned long before = received(g), left;
	double idle = idle_ms(), start = now_ns();
	struct outcome o = { 0 };

	while (seconds ? now_ns() - start < seconds * 1e9 : o.sent < count) {
		left = seconds ? g->batch : count - o.sent;
		o.sent += send_batch(g, left < g->batch ? left : g->batch,
				     &o.blocked);
	}
	o.ns = now_ns() - start;
	o.idle_ms = idle_ms() - idle;
	o.replies = received(g) - before;
	nanosleep(&drain, NULL);
	o.late = received(g) - before - o.replies;
	return o;
}

static void print(const struct gen *g, const struct outcome *o)
{
	double each = o->sent ? o->ns / o->sent : 0;

	if (g->json)
		printf("{\"sent\":%lu,\"replies\":%lu,\"late\":%lu,\"blocked\":%lu,"
		       "\"seconds\":%.6f,\"idle_ms\":%.0f,\"ns_per_request\":%.1f}\n",
		       o->sent, o->replies, o->late, o->blocked, o->ns / 1e9,
		       o->idle_ms, each);
	else
		printf("%lu sent, %lu replies (%lu late), %.1f ns per request\n",
		       o->sent, o->replies, o->late, each);
}

int main(int argc, char **argv)
{
	struct gen g = { .batch = 64, .sources = 4096, .random = 0x6b6e7470 };
	int opt, have = 0, warm = 0;
	struct outcome o;

	parse_mac("02:00:00:00:7b:01", g.src_mac);
	while ((opt = getopt(argc, argv, "i:d:s:t:n:T:w:b:c:y:S:m:X:6jh")) != -1) {
		switch (opt) {
		case 'i': g.ifname = optarg; have |= 1; break;
		case 'd': parse_mac(optarg, g.dst_mac); have |= 2; break;
		case 's': parse_addr(&g, optarg, g.src); have |= 4; break;
		case 't': parse_addr(&g, optarg, g.dst); have |= 8; break;
		case 'n': g.count = number(optarg, 1, 1000000000, 'n'); have |= 16; break;
		case 'T': g.seconds = number(optarg, 1, 3600, 'T'); have |= 16; break;
		case 'w': g.warm = number(optarg, 0, 1000000000, 'w'); warm = 1; break;
		case 'b': g.batch = number(optarg, 1, BATCH_MAX, 'b'); break;
		case 'c': g.sources = number(optarg, 1, SOURCES_MAX, 'c'); break;
		case 'y': g.yields = number(optarg, 0, 1000, 'y'); break;
		case 'S': parse_mac(optarg, g.src_mac); break;
		case 'm': parse_hex(&g, optarg); break;
		case 'X': g.rounds = number(optarg, 1, 100, 'X'); warm = 1; break;
		case '6': break;	/* the addresses say it */
		case 'j': g.json = 1; break;
		case 'h': usage(stdout); return 0;
		default: usage(stderr); return 2;
		}
	}
	if (have != 31 || optind != argc) {
		usage(stderr);
		return 2;
	}
	prepare(&g);
	if (!warm)
		g.warm = g.count / 10;
	if (g.rounds)
		rehearse(&g);
	if (g.warm)
		run(&g, g.warm, 0);
	o = run(&g, g.count, g.seconds);
	print(&g, &o);
	return 0;
}
