// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */

/*
 * What the core costs: nanoseconds from a request in memory to its sealed
 * reply, natively, system variables aged for each. The time stamps are counted
 * up, as reading a clock would cost more than all the rest.
 *
 *	core_bench [-j] [-n REPLIES]
 */

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "kmod/core/admit.h"
#include "kmod/core/respond.h"

enum {
	RUNS		= 31,
	REQUESTS	= 64,	/* of each kind, taken in turn */
	REQUEST_MAX	= 128,
};

struct kind {
	const char *name;
	u16 len;
	u8 tail[REQUEST_MAX - NTP_PACKET_HEADER];
	enum ntp_reason want;
};

static const struct kind kinds[] = {
	{ "plain", 48, { 0 }, NTP_SERVED },
	{ "extension", 76, { 0xf0, 1, 0, 28 }, NTP_SERVED },
	{ "nak", 68, { 0, 0, 0, 7, 1 }, NTP_SERVED_NAK },
	{ "mode4", 48, { 0 }, NTP_PASS_MODE },
};

static const struct ntp_policy policy = { .send_nak = true, .minpoll = 3 };

static const struct ntp_sysvars sysvars = {
	.stratum = 2,
	.precision = -23,
	.is_set = true,
	.refid = 0xc0000201,
	.drift_ppb = NTP_SYSVARS_PHI_PPB,
	.reftime = { 0xe8fd200000000000 },
	.rootdelay = { 0x28f },
	.rootdisp_ns = 4850000,
	.given_ns = 1,
	.valid_ns = UINT64_MAX,
};

static u64 now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (u64)ts.tv_sec * NTP_NSEC_PER_SEC + (u64)ts.tv_nsec;
}

static void make_requests(u8 (*requests)[REQUEST_MAX], const struct kind *kind)
{
	bool is_reply = kind->want == NTP_PASS_MODE;

	for (int i = 0; i < REQUESTS; i++) {
		u8 *req = requests[i];

		memset(req, 0, REQUEST_MAX);
		req[0] = (u8)(4 << 3 | (is_reply ? NTP_MODE_SERVER :
						   NTP_MODE_CLIENT));
		req[NTP_PACKET_POLL] = 6;
		req[NTP_PACKET_PRECISION] = 0x20;
		ntp_bytes_put64(req + NTP_PACKET_XMT,
				0x9e3779b97f4a7c15ULL * (u64)(i + 1));
		memcpy(req + NTP_PACKET_HEADER, kind->tail, sizeof(kind->tail));
	}
}

/* One run: ns for each of @count exchanges; ends the program if one is odd. */
static double run(u8 (*requests)[REQUEST_MAX], const struct kind *kind,
		  unsigned long count)
{
	u8 reply[NTP_RESPOND_MAX];
	u64 start = now_ns();
	u32 sum = 0;

	for (unsigned long i = 0; i < count; i++) {
		struct ntp_exchange ex = {
			.req = requests[i % REQUESTS],
			.len = kind->len,
			.sport = 40000,
		};
		struct ntp_sysvars_now now;

		ex.rec = ntp_lfp_from_unix(1700000000000000000 + (s64)i);
		if (ntp_admit(&policy, &ex) == NTP_REPLY) {
			ntp_sysvars_age(&now, &sysvars, i);
			ntp_respond(&policy, &ex, &now, reply);
			ntp_respond_seal(&ex, reply, ntp_lfp_from_unix(
					 1700000000000000500 + (s64)i));
			sum += reply[NTP_PACKET_XMT + 7];
		}
		if (ex.reason != kind->want) {
			fprintf(stderr, "core_bench: %s: reason %s, not %s\n",
				kind->name, ntp_reason_name(ex.reason),
				ntp_reason_name(kind->want));
			exit(1);
		}
	}
	/* The replies have to be made for this. */
	__asm__ volatile("" : : "r"(sum));
	return (double)(now_ns() - start) / (double)count;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(const struct kind *kind, unsigned long count)
{
	static u8 requests[REQUESTS][REQUEST_MAX];
	double ns[RUNS];

	make_requests(requests, kind);
	run(requests, kind, count);
	for (int i = 0; i < RUNS; i++)
		ns[i] = run(requests, kind, count);
	qsort(ns, RUNS, sizeof(ns[0]), by_value);
	return ns[RUNS / 2];
}

int main(int argc, char **argv)
{
	enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };
	unsigned long count = 200000;
	bool is_json = false;
	int option;

	while ((option = getopt(argc, argv, "jn:")) != -1) {
		if (option == 'j') {
			is_json = true;
		} else if (option != 'n' ||
			   !(count = strtoul(optarg, NULL, 10))) {
			fputs("usage: core_bench [-j] [-n REPLIES]\n", stderr);
			return 2;
		}
	}
	if (is_json)
		printf("{\"unit\": \"ns\", \"runs\": %d, \"core\": {", RUNS);
	for (int i = 0; i < KINDS; i++) {
		double ns = median(&kinds[i], count);

		if (is_json)
			printf("%s\"%s\": %.2f", i ? ", " : "", kinds[i].name, ns);
		else
			printf("%-10s %8.2f ns\n", kinds[i].name, ns);
	}
	if (is_json)
		puts("}}");
	return 0;
}
