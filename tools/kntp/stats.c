// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include <inttypes.h>
#include <string.h>

#include "tools/kntp/kntp.h"

enum {
	STATS_SHOW,
	STATS_RESET,
};

static const struct cli_word stats_verbs[] = {
	{ "show", "[all]", "print the counters; all: those at zero, too", STATS_SHOW },
	{ "reset", NULL, "count from zero again", STATS_RESET },
	{ "help", NULL, "this text", -1 },
	{ 0 }
};

static const struct cli_word stats_filters[] = {
	{ "all", NULL, NULL, 0 },
	{ 0 }
};

static const char *const stats_meaning[] = {
	[NTP_SERVED] = "answered with the time",
	[NTP_SERVED_UNSYNC] = "answered with leap 3, stratum 0: no valid clock state",
	[NTP_SERVED_NAK] = "answered with a crypto-NAK: its MAC fails",
	[NTP_SERVED_SYMMETRIC] = "mode 1 answered in mode 2 (the daemon only)",
	[NTP_SERVED_AUTH] = "answered with the time, signed as the request was",
	[NTP_SERVED_RATE] = "told that it asks too often (kiss code RATE)",
	[NTP_PASS_MODE] = "not a client request",
	[NTP_PASS_VERSION] = "NTP version 0 or above 4",
	[NTP_PASS_SHORT] = "shorter than an NTP header",
	[NTP_PASS_LONG] = "more than 1232 octets of payload",
	[NTP_PASS_EXTENSION] = "malformed extension field",
	[NTP_PASS_MAC] = "malformed MAC, crypto-NAK, key 0 or empty digest",
	[NTP_PASS_KEY] = "MAC of a key whose digest only kntpd knows",
	[NTP_PASS_NTS] = "fields of Network Time Security",
	[NTP_PASS_PORT] = "source port 0, or version 1 mode 0 from port 123",
	[NTP_PASS_SOURCE] = "source that may not be answered, or fails rp_filter",
	[NTP_PASS_NOTLOCAL] = "not for a local unicast address",
	[NTP_PASS_FRAGMENT] = "a fragment",
	[NTP_PASS_OPTIONS] = "IPv4 options or IPv6 extension headers",
	[NTP_PASS_AGGREGATE] = "several datagrams in one buffer",
	[NTP_PASS_SHARED] = "buffer owned by somebody else, too",
	[NTP_PASS_DEVICE] = "by a bridge or bond port, or another link address",
	[NTP_DROP_IGNORE] = "its rule says ignore",
	[NTP_DROP_NOSERVE] = "its rule says noserve",
	[NTP_DROP_NOTRUST] = "its rule says notrust, and it has no valid MAC",
	[NTP_DROP_VERSION] = "its rule says version, and it is not version 4",
	[NTP_DROP_FLAKE] = "its rule says flake, one of ten",
	[NTP_DROP_RATE] = "asks more often than the limits let it",
	[NTP_DROP_CHECKSUM] = "wrong IP or UDP checksum",
	[NTP_DROP_LENGTH] = "UDP length below 8 or beyond the packet",
	[NTP_DROP_NOMEM] = "no memory",
	[NTP_DROP_NOROUTE] = "no route for the reply",
	[NTP_DROP_XMIT] = "the device or its queue did not take the reply",
};

_Static_assert(sizeof(stats_meaning) / sizeof(stats_meaning[0]) ==
	       NTP_REASON_COUNT, "a reason without a meaning");

/* The verdicts in the order of printing. */
static const struct {
	enum ntp_verdict verdict;
	const char *key;
	const char *meaning;
} stats_verdicts[] = {
	{ NTP_REPLY, "served", "a reply" },
	{ NTP_PASS, "passed", "went up the stack as they came: kntpd may answer" },
	{ NTP_DROP, "dropped", "nobody may answer, or the reply could not leave" },
};

enum {
	STATS_VERDICTS = sizeof(stats_verdicts) / sizeof(stats_verdicts[0]),
};

static uint64_t stats_total(const struct knl_stats *stats,
			    enum ntp_verdict verdict)
{
	uint64_t sum = 0;
	int i;

	for (i = 0; i < NTP_REASON_COUNT; i++)
		if (ntp_reason_verdict(i) == verdict)
			sum += stats->reason[i];
	return sum;
}

static json_t *stats_json(const struct knl_stats *stats)
{
	json_t *root = json_object(), *reasons = json_object();
	int i, err;

	err = json_object_set_new(root, "requests",
				  json_integer((json_int_t)stats->requests));
	for (i = 0; i < STATS_VERDICTS; i++)
		err |= json_object_set_new(root, stats_verdicts[i].key,
			json_integer((json_int_t)stats_total(stats,
						stats_verdicts[i].verdict)));
	for (i = 0; i < NTP_REASON_COUNT; i++)
		err |= json_object_set_new(reasons, ntp_reason_name(i),
			json_integer((json_int_t)stats->reason[i]));
	err |= json_object_set_new(root, "reasons", reasons);
	err |= json_object_set_new(root, "stamp_driver",
			json_integer((json_int_t)stats->stamp_driver));
	err |= json_object_set_new(root, "stamp_clock",
			json_integer((json_int_t)stats->stamp_clock));
	err |= json_object_set_new(root, "stamp_hardware",
			json_integer((json_int_t)stats->stamp_hardware));
	err |= json_object_set_new(root, "interleaved",
			json_integer((json_int_t)stats->interleaved));
	if (err) {
		json_decref(root);
		return NULL;
	}
	return root;
}

static void stats_print(const struct kntp *kntp, const struct knl_stats *stats,
			bool is_all)
{
	int i, v;

	printf("requests            %12" PRIu64 "%s\n", stats->requests,
	       kntp->is_numeric ? "" :
	       "  datagrams for the NTP port on served devices");
	for (v = 0; v < STATS_VERDICTS; v++) {
		printf("%-18s  %12" PRIu64 "%s%s\n", stats_verdicts[v].key,
		       stats_total(stats, stats_verdicts[v].verdict),
		       kntp->is_numeric ? "" : "  ",
		       kntp->is_numeric ? "" : stats_verdicts[v].meaning);
		for (i = 0; i < NTP_REASON_COUNT; i++) {
			if (ntp_reason_verdict(i) != stats_verdicts[v].verdict ||
			    (!stats->reason[i] && !is_all))
				continue;
			printf("  %-16s  %12" PRIu64 "%s%s\n",
			       ntp_reason_name(i), stats->reason[i],
			       kntp->is_numeric ? "" : "    ",
			       kntp->is_numeric ? "" : stats_meaning[i]);
		}
	}
	printf("stamp_driver        %12" PRIu64 "%s\n", stats->stamp_driver,
	       kntp->is_numeric ? "" : "  receive stamps taken as the packet came in");
	printf("stamp_clock         %12" PRIu64 "%s\n", stats->stamp_clock,
	       kntp->is_numeric ? "" : "  receive stamps that kntp read itself");
	printf("stamp_hardware      %12" PRIu64 "%s\n", stats->stamp_hardware,
	       kntp->is_numeric ? "" : "  receive stamps of NICs");
	printf("interleaved         %12" PRIu64 "%s\n", stats->interleaved,
	       kntp->is_numeric ? "" : "  replies in interleaved mode");
}

static int stats_show(struct kntp *kntp, struct kntp_words *words)
{
	const char *word = kntp_next(words);
	struct knl_stats stats;
	int err;

	if ((word && !cli_find(stats_filters, "filter", word)) ||
	    kntp_end(words))
		return KNTP_USAGE;
	err = knl_stats_get(kntp->knl, &stats);
	if (err)
		return kntp_fail(kntp, err, "cannot read the counters");
	if (kntp->is_json)
		return kntp_print_json(stats_json(&stats), JSON_INDENT(2));
	stats_print(kntp, &stats, word);
	return KNTP_DONE;
}

static int stats_reset(struct kntp *kntp)
{
	int err = knl_stats_reset(kntp->knl);

	return err ? kntp_fail(kntp, err, "cannot reset the counters") :
		     KNTP_DONE;
}

int stats_run(struct kntp *kntp, struct kntp_words *words)
{
	int verb = kntp_verb(words, "stats", stats_verbs);

	if (verb < 0)
		return kntp_no_verb(verb);
	if (verb == STATS_SHOW)
		return stats_show(kntp, words);
	return kntp_end(words) ? KNTP_USAGE : stats_reset(kntp);
}
