// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */

/* Holds the core, or a server that runs, to the packet vectors. See README. */

#include "kmod/core/admit.h"
#include "kmod/core/respond.h"
#include "tests/fuzz/admit.h"
#include "tests/lib/tap.h"
#include "tests/vectors/keys.h"
#include "tests/vectors/run_vectors.h"
#include "tests/vectors/sequence.h"

#define SECOND		1000000000ULL
#define GIVEN		(1000 * SECOND)
#define VALID		(1024 * SECOND)

static const struct ntp_policy policies[] = {
	[PKT_MODULE] = { .send_nak = true, .minpoll = 3 },
	[PKT_DAEMON] = { .serve_symmetric = true, .send_nak = true, .minpoll = 3 },
};

/* How often a sequence is put to a server that is slow. */
#define TRIES		5

/* What was read: vectors, and sequences of requests. */
static struct pkt_vector *vectors;
static struct sequence *sequences;
static int vector_count, sequence_count;

/* What a server has to have counted. */
static int counted[NTP_REASON_COUNT];

static const char *const server_names[] = {
	[PKT_MODULE] = "module",
	[PKT_DAEMON] = "daemon",
};

/* The reference clock of C006: the numbers there are these, 10 s later. */
static const struct ntp_sysvars reference_clock = {
	.leap = 1,
	.stratum = 2,
	.precision = -23,
	.is_set = true,
	.refid = 0xc0000201,
	.drift_ppb = NTP_SYSVARS_PHI_PPB,
	.reftime = { 0xe8fd200000000000 },
	.rootdelay = { 0x28f },
	.rootdisp_ns = 4850000,
	.given_ns = GIVEN,
	.valid_ns = VALID,
};

static const ntp_ts_t reference_rec = { 0xe8fd202a80000000 };
static const ntp_ts_t reference_xmt = { 0xe8fd202a80001000 };

static void make_clock(struct ntp_sysvars_now *now, enum ntp_sysvars_state state)
{
	struct ntp_sysvars sys = reference_clock;
	u64 mono_ns = GIVEN + 10 * SECOND;

	if (state == NTP_SYSVARS_UNSET)
		memset(&sys, 0, sizeof(sys));
	if (state == NTP_SYSVARS_UNSYNC)
		sys.stratum = 16;
	if (state == NTP_SYSVARS_EXPIRED)
		mono_ns += VALID;
	ntp_sysvars_age(now, &sys, mono_ns);
}

/* A reply, and its MAC, if it has one. */
static bool check(const struct pkt_vector *vec, const u8 *reply, size_t len,
		  char *why, size_t why_size)
{
	if (!pkt_check(vec, reply, len, why, why_size))
		return false;
	if (!vec->signed_by || keys_verify(vec->signed_by, reply, len))
		return true;
	snprintf(why, why_size, "the MAC is wrong");
	return false;
}

/*
 * As the shells use the core, in place. The request ends where its memory ends,
 * even if there is nothing of it, and lies at an odd address.
 */
static bool run_core_one(const struct pkt_vector *vec, enum pkt_server server,
			 char *why, size_t why_size)
{
	enum ntp_reason want = vec->expect[server];
	struct ntp_policy policy = policies[server];
	struct ntp_sysvars_now now;
	struct ntp_exchange ex = {
		.len = vec->send_len,
		.sport = vec->is_any_port ? 40000 : vec->sport,
		.rec = reference_rec,
	};
	u8 *memory = malloc(vec->send_len + 1UL), *packet = memory + 1;
	bool is_good;

	memcpy(packet, vec->send, vec->send_len);
	ex.req = packet;
	policy.send_nak = !vec->no_nak;
	policy.keys = keys_all();
	if (ntp_admit(&policy, &ex) == NTP_REPLY) {
		u16 len = ntp_respond_len(&ex);

		make_clock(&now, vec->clock);
		ntp_respond(&policy, &ex, &now, packet);
		ntp_respond_seal(&ex, packet, reference_xmt);
		is_good = check(vec, packet, len, why, why_size);
	} else {
		is_good = !memcmp(packet, vec->send, vec->send_len);
		snprintf(why, why_size, "the packet was written");
	}
	free(memory);
	if (ex.reason != want) {
		snprintf(why, why_size, "reason %s, not %s",
			 ntp_reason_name(ex.reason), ntp_reason_name(want));
		return false;
	}
	return is_good;
}

static bool lacks_keys(const struct sequence *seq)
{
	if (!seq->key || keys_all())
		return false;
	skip("%s: needs keys", seq->name);
	return true;
}

/* By either policy, with a clock that is set, and with one that is not. */
static void run_core_sequence(const struct sequence *seq)
{
	for (int i = 0; i < 4; i++) {
		enum ntp_sysvars_state state = i / 2 ? NTP_SYSVARS_SYNC :
						       NTP_SYSVARS_UNSYNC;
		struct ntp_policy policy = policies[i % 2];
		struct sequence_server server;
		struct sequence_result result;
		struct ntp_sysvars_now now;

		policy.keys = keys_all();
		make_clock(&now, state);
		sequence_core(&server, &policy, &now);
		if (!ok(sequence_run(seq, &server, &result), "%s: %s%s",
			server_names[i % 2], seq->name,
			i / 2 ? "" : ", but unsynchronised"))
			diag("%s:%d: %s", seq->file, seq->line, result.why);
	}
}

static void run_core(void)
{
	for (int i = 0; i < sequence_count; i++)
		if (!lacks_keys(&sequences[i]))
			run_core_sequence(&sequences[i]);
	for (int i = 0; i < vector_count; i++) {
		const struct pkt_vector *vec = &vectors[i];

		if (vec->signed_by && !keys_all()) {
			skip("%s: needs keys", vec->name);
			continue;
		}
		for (int s = PKT_MODULE; s <= PKT_DAEMON; s++) {
			char why[80] = "";

			if (!ok(run_core_one(vec, s, why, sizeof(why)), "%s: %s",
				server_names[s], vec->name))
				diag("%s:%d: %s", vec->file, vec->line, why);
		}
	}
}

/* Can this vector be put to a server whose clock is its own? */
static const char *not_for(const struct pkt_vector *vec, bool is_sync)
{
	if (vec->is_reference)
		return "needs the reference clock";
	if (vec->clock != NTP_SYSVARS_SYNC && is_sync)
		return "needs a server that is not synchronised";
	if (vec->clock == NTP_SYSVARS_UNSET || vec->clock == NTP_SYSVARS_EXPIRED)
		return "needs control of the server's clock";
	return NULL;
}

/* Whether any of the replies came from a clock that is synchronised. */
static bool is_synchronised(const struct udp_result *results, int count)
{
	for (int i = 0; i < count; i++)
		if (results[i].len && results[i].reply[0] >> 6 != NTP_LEAP_UNSYNC)
			return true;
	return false;
}

/*
 * What the server has to have counted for these: "counted REASON NUMBER" lines
 * for whoever can read its counters. A vector's clock may not be the server's.
 */
static void print_counts(const struct udp_result *results,
			 enum pkt_server server, bool is_sync)
{
	for (int i = 0; i < vector_count; i++) {
		enum ntp_reason reason = vectors[i].expect[server];

		if (results[i].is_skipped)
			continue;
		if (reason == NTP_SERVED_UNSYNC && is_sync)
			reason = vectors[i].signed_by ? NTP_SERVED_AUTH :
							NTP_SERVED;
		else if (!is_sync && (reason == NTP_SERVED ||
				      reason == NTP_SERVED_SYMMETRIC ||
				      reason == NTP_SERVED_AUTH))
			reason = NTP_SERVED_UNSYNC;
		counted[reason]++;
	}
	for (unsigned int r = 0; r < NTP_REASON_COUNT; r++)
		if (counted[r])
			diag("counted %s %d", ntp_reason_name(r), counted[r]);
}

static void judge(const struct pkt_vector *vec, const struct udp_result *res,
		  enum pkt_server server)
{
	bool is_answered = ntp_reason_verdict(vec->expect[server]) == NTP_REPLY;
	char why[80] = "";
	bool is_good;

	if (is_answered && !res->len) {
		is_good = false;
		snprintf(why, sizeof(why), "no reply");
	} else if (is_answered) {
		is_good = check(vec, res->reply, res->len, why, sizeof(why));
	} else {
		is_good = !res->len;
		snprintf(why, sizeof(why), "a reply of %u octets, first %02x",
			 res->len, res->reply[0]);
	}
	if (!ok(is_good, "%s", vec->name))
		diag("%s:%d: %s", vec->file, vec->line, why);
}

/* Once more where the server, or the machine, was too slow to tell anything. */
static bool run_udp_sequence(const struct sequence *seq, const char *address,
			     const char *port)
{
	struct sequence_server server;
	struct sequence_result result;
	bool is_good = false;

	for (int try = 0; try < TRIES && !is_good; try++) {
		if (!sequence_udp(&server, address, port))
			return false;
		is_good = sequence_run(seq, &server, &result);
		counted[!result.is_sync ? NTP_SERVED_UNSYNC :
			seq->key ? NTP_SERVED_AUTH : NTP_SERVED] +=
			result.asked;
		if (!result.is_late)
			break;
	}
	if (!ok(is_good, "%s", seq->name))
		diag("%s:%d: %s", seq->file, seq->line, result.why);
	return true;
}

static bool run_udp_sequences(const char *address, const char *port)
{
	for (int i = 0; i < sequence_count; i++)
		if (!lacks_keys(&sequences[i]) &&
		    !run_udp_sequence(&sequences[i], address, port))
			return false;
	return true;
}

static bool run_udp(const char *address, const char *port,
		    enum pkt_server server)
{
	const int count = vector_count;
	struct udp_result *results = calloc((size_t)count + 1, sizeof(*results));
	bool is_sync;

	for (int i = 0; results && i < count; i++) {
		bool is_unknown = vectors[i].signed_by && !keys_all();

		results[i].is_skipped = vectors[i].no_nak || is_unknown;
		snprintf(results[i].why, sizeof(results[i].why), "needs %s",
			 is_unknown ? "a server with keys" :
				      "a server that sends no NAK");
	}
	if (!results || !run_udp_sequences(address, port) ||
	    !udp_exchange(address, port, server, vectors, results, count)) {
		free(results);
		return false;
	}
	is_sync = is_synchronised(results, count);
	diag("%s port %s: %s clock", address, port,
	     is_sync ? "a synchronised" : "not a synchronised");
	for (int i = 0; i < count; i++) {
		const char *reason = not_for(&vectors[i], is_sync);

		if (reason || results[i].is_skipped)
			skip("%s: %s", vectors[i].name,
			     reason ? reason : results[i].why);
		else
			judge(&vectors[i], &results[i], server);
	}
	print_counts(results, server, is_sync);
	free(results);
	return true;
}

/* One input of tests/fuzz/admit.c for each vector, by either policy. */
static bool write_seeds(const char *dir)
{
	for (int i = 0; i < vector_count; i++) {
		const struct pkt_vector *vec = &vectors[i];
		u8 control[FUZZ_CONTROL] = { 0 };
		char path[512];
		FILE *file;

		control[FUZZ_FLAGS] = (u8)(FUZZ_NAK * !vec->no_nak |
					   FUZZ_SYMMETRIC * (i & 1) |
					   FUZZ_KEYS * (i >> 1 & 1) |
					   vec->clock << 2);
		control[FUZZ_MINPOLL] = 3;
		control[FUZZ_SPORT] = (u8)(vec->is_any_port ? 0x9c :
							      vec->sport >> 8);
		control[FUZZ_SPORT + 1] = (u8)vec->sport;
		control[FUZZ_TOOK] = 9;
		ntp_bytes_put64(control + FUZZ_REC, reference_rec.v);
		snprintf(path, sizeof(path), "%s/%.*s", dir,
			 (int)strcspn(vec->name, " "), vec->name);
		file = fopen(path, "w");
		if (!file || !fwrite(control, sizeof(control), 1, file) ||
		    (vec->send_len &&
		     !fwrite(vec->send, vec->send_len, 1, file)) ||
		    fclose(file)) {
			perror(path);
			return false;
		}
	}
	return true;
}

static bool load(const char *path)
{
	size_t len = strlen(path);

	if (len > 4 && !strcmp(path + len - 4, ".seq"))
		return sequence_load(path, &sequences, &sequence_count);
	return pkt_load(path, &vectors, &vector_count);
}

static int usage(void)
{
	fputs("usage: run_vectors core [-k KEYS] FILE...\n"
	      "       run_vectors udp ADDRESS [-k KEYS] [-p PORT] [-s module|daemon] FILE...\n"
	      "       run_vectors seeds DIRECTORY FILE...\n", stderr);
	return 2;
}

int main(int argc, char **argv)
{
	enum pkt_server server = PKT_MODULE;
	const char *target, *where = NULL, *port = "123";
	bool is_done = true;
	int option;

	if (argc < 3)
		return usage();
	target = argv[1];
	optind = 2;
	if (strcmp(target, "core"))
		where = argv[optind++];
	while ((option = getopt(argc, argv, "+k:p:s:")) != -1) {
		if (option == 'p')
			port = optarg;
		else if (option == 'k' && !keys_load(optarg))
			return 1;
		else if (option == 'k')
			continue;
		else if (option == 's' && !strcmp(optarg, "daemon"))
			server = PKT_DAEMON;
		else if (option != 's' || strcmp(optarg, "module"))
			return usage();
	}
	if (optind == argc)
		return usage();
	for (; optind < argc; optind++)
		if (!load(argv[optind]))
			return 1;

	if (!strcmp(target, "seeds")) {
		is_done = write_seeds(where);
		free(vectors);
		free(sequences);
		return !is_done;
	}
	tap_start();
	if (!strcmp(target, "core"))
		run_core();
	else if (!strcmp(target, "udp"))
		is_done = run_udp(where, port, server);
	else
		return usage();
	free(vectors);
	free(sequences);
	keys_free();
	return is_done ? tap_finish() : 1;
}
