// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */

/*
 * What the core costs: nanoseconds from a request in memory to its sealed
 * reply, natively, system variables aged for each. The time stamps are counted
 * up, as reading a clock would cost more than all the rest. Where there are
 * rules, each request comes from another address.
 *
 *	core_bench [-j] [-n REPLIES]
 */

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "kmod/core/admit.h"
#include "kmod/core/mac.h"
#include "kmod/core/respond.h"
#include "tools/lib/port.h"

enum {
	RUNS		= 31,
	REQUESTS	= 64,	/* of each kind, taken in turn */
	REQUEST_MAX	= 128,
};

enum setup {
	PLAIN,
	RULES,
	RULES_MANY,
	LIMITED,
	KEYS,
	SETUPS
};

struct kind {
	const char *name;
	enum setup setup;
	u16 len;
	u8 tail[REQUEST_MAX - NTP_PACKET_HEADER];
	enum ntp_reason want;
	u32 key;
	bool is_ipv6;
};

static const struct kind kinds[] = {
	{ "plain", PLAIN, 48, { 0 }, NTP_SERVED, 0, false },
	{ "extension", PLAIN, 76, { 0xf0, 1, 0, 28 }, NTP_SERVED, 0, false },
	{ "nak", PLAIN, 68, { 0, 0, 0, 7, 1 }, NTP_SERVED_NAK, 0, false },
	{ "mode4", PLAIN, 48, { 0 }, NTP_PASS_MODE, 0, false },
	{ "10 rules", RULES, 48, { 0 }, NTP_SERVED, 0, false },
	{ "10 rules, IPv6", RULES, 48, { 0 }, NTP_SERVED, 0, true },
	{ "100000 rules", RULES_MANY, 48, { 0 }, NTP_SERVED, 0, false },
	{ "100000 rules, IPv6", RULES_MANY, 48, { 0 }, NTP_SERVED, 0, true },
	{ "limited", LIMITED, 48, { 0 }, NTP_SERVED, 0, false },
	{ "limited, IPv6", LIMITED, 48, { 0 }, NTP_SERVED, 0, true },
	{ "MD5", KEYS, 68, { 0 }, NTP_SERVED_AUTH, 4, false },
	{ "SHA1", KEYS, 72, { 0 }, NTP_SERVED_AUTH, 11, false },
	{ "AES128CMAC", KEYS, 68, { 0 }, NTP_SERVED_AUTH, 20, false },
};

static struct ntp_policy policies[SETUPS];
static struct ntp_acl acls[SETUPS];
static struct ntp_rate rate = { .mask = (1 << 14) - 1, .seed = 0x5eed };
static struct ntp_key keys[] = {
	{ .id = 4, .type = NTP_KEY_MD5, .is_trusted = true },
	{ .id = 11, .type = NTP_KEY_SHA1, .is_trusted = true },
	{ .id = 20, .type = NTP_KEY_CMAC, .is_trusted = true },
};
static const struct ntp_keys all_keys = {
	.key = keys, .n = sizeof(keys) / sizeof(keys[0]),
};

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

static void *need(size_t size)
{
	void *p = calloc(1, size);

	if (p)
		return p;
	perror("core_bench");
	exit(1);
}

/* Addresses all over a part of each family, the same for the same number. */
static struct ntp_addr spread(u64 number, bool is_ipv6)
{
	u64 mixed = (number + 1) * 0x9e3779b97f4a7c15ULL;
	struct ntp_addr a = { { [10] = 0xff, [11] = 0xff } };

	ntp_bytes_put32(a.b + 12, (u32)(mixed >> 32));
	if (!is_ipv6)
		return a;
	ntp_bytes_put64(a.b, 0x2001000000000000ULL | mixed >> 16);
	ntp_bytes_put64(a.b + 8, mixed);
	return a;
}

/* Hosts, half of them of each family, beside a rule for all of each. */
static void make_rules(enum setup setup, u32 n, u32 flags)
{
	struct ntp_acl_rule *rule = need(n * sizeof(*rule));

	rule[1] = (struct ntp_acl_rule){ { { [10] = 0xff, 0xff } }, 96, flags };
	rule[0].flags = flags;
	for (u32 i = 2; i < n; i++) {
		rule[i].addr = spread(i, i & 1);
		rule[i].prefix = 128;
	}
	qsort(rule, n, sizeof(*rule), ntp_acl_compare);
	ntp_acl_build(&acls[setup], need(ntp_acl_size(n)), rule, n);
	policies[setup].acl = &acls[setup];
}

static void make_policies(void)
{
	for (int i = 0; i < SETUPS; i++)
		policies[i] = (struct ntp_policy){
			.send_nak = true, .minpoll = 3,
			.limits = NTP_RATE_LIMITS_DEFAULT,
		};
	make_rules(RULES, 10, NTP_ACL_NOQUERY);
	make_rules(RULES_MANY, 100000, NTP_ACL_NOQUERY);
	make_rules(LIMITED, 2, NTP_ACL_LIMITED | NTP_ACL_KOD);
	rate.word = need((rate.mask + 1UL) * NTP_RATE_WAYS * sizeof(u64));
	policies[LIMITED].rate = &rate;
	for (u32 i = 0; i < all_keys.n; i++) {
		if (port_key_prepare(&keys[i], NULL,
				     (const u8 *)"sixteen letters.", 16)) {
			fputs("core_bench: no digests\n", stderr);
			exit(1);
		}
	}
	policies[KEYS].keys = &all_keys;
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
		if (kind->key)
			ntp_mac_sign(ntp_key_find(&all_keys, kind->key), req,
				     NTP_PACKET_HEADER);
	}
}

/* One run: ns for each of @count exchanges; ends the program if one is odd. */
static double run(u8 (*requests)[REQUEST_MAX], const struct kind *kind,
		  unsigned long count)
{
	const struct ntp_policy *policy = &policies[kind->setup];
	u8 reply[NTP_RESPOND_MAX];
	u64 start = now_ns();
	static u64 mono_ns;
	u32 sum = 0;

	for (unsigned long i = 0; i < count; i++) {
		struct ntp_exchange ex = {
			.req = requests[i % REQUESTS],
			.len = kind->len,
			.sport = 40000,
			.src = spread(i, kind->is_ipv6),
			.mono_ns = mono_ns += 8ULL * NTP_NSEC_PER_SEC,
		};
		struct ntp_sysvars_now now;

		ex.rec = ntp_lfp_from_unix(1700000000000000000 + (s64)i);
		if (ntp_admit(policy, &ex) == NTP_REPLY) {
			ntp_sysvars_age(&now, &sysvars, i);
			ntp_respond(policy, &ex, &now, reply);
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
	make_policies();
	if (is_json)
		printf("{\"unit\": \"ns\", \"runs\": %d, \"core\": {", RUNS);
	for (int i = 0; i < KINDS; i++) {
		double ns = median(&kinds[i], count);

		if (is_json)
			printf("%s\"%s\": %.2f", i ? ", " : "", kinds[i].name, ns);
		else
			printf("%-18s %8.2f ns\n", kinds[i].name, ns);
	}
	if (is_json)
		puts("}}");
	return 0;
}
