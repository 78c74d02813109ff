// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include "daemon/conf/keyword.h"

#include <string.h>
#include <strings.h>

#define ROW(name_, parse_)		{ .name = name_, .parse = parse_ }
#define INERT(name_, parse_, why_) \
	{ .name = name_, .parse = parse_, .inert = why_ }

#define NO_AUTH		"symmetric keys are not used yet"
#define NO_AUTOKEY	"Autokey is not supported"
#define NO_STATS	"no statistics files are written yet"
#define NO_BROADCAST	"broadcast, multicast and manycast are not there yet"
#define NO_CONTROL	"there is no control protocol (ntpq, ntpdc) yet"
#define NO_RATE		"clients are not limited yet"
#define NO_PROCESS	"the process's limits come from the service manager"

/* Every directive of ntpd 4.2.6 to 4.2.8, and what becomes of it. */
static const struct keyword keywords[] = {
	INERT("automax", inert_number, NO_AUTOKEY),
	INERT("broadcast", source_broadcast, NO_BROADCAST),
	INERT("broadcastclient", inert_bare, NO_BROADCAST),
	INERT("broadcastdelay", inert_number, NO_BROADCAST),
	INERT("calldelay", inert_number, "there are no modem clocks"),
	INERT("controlkey", inert_one_key, NO_CONTROL),
	INERT("crypto", inert_any, NO_AUTOKEY),
	ROW("disable", tuning_disable),
	INERT("discard", inert_any, NO_RATE),
	ROW("driftfile", tuning_driftfile),
	INERT("dscp", inert_number, "packets are sent with the system's DSCP"),
	ROW("enable", tuning_enable),
	INERT("filegen", inert_any, NO_STATS),
	ROW("fudge", source_fudge),
	INERT("ident", inert_any, NO_AUTOKEY),
	ROW("includefile", parse_includefile),
	ROW("interface", access_interface),
	INERT("keys", inert_file, NO_AUTH),
	INERT("keysdir", inert_file, NO_AUTOKEY),
	ROW("leapfile", tuning_leapfile),
	INERT("leapsmearinterval", inert_number, "leap seconds are not smeared"),
	INERT("logconfig", inert_logconfig, "the log has no classes; -d and -D "
	      "choose how much is said"),
	ROW("logfile", tuning_logfile),
	INERT("manycastclient", source_broadcast, NO_BROADCAST),
	INERT("manycastserver", inert_groups, NO_BROADCAST),
	INERT("mdnstries", inert_number, "the server is not announced by mDNS"),
	INERT("mru", inert_any, NO_CONTROL),
	INERT("multicastclient", inert_groups, NO_BROADCAST),
	ROW("nic", access_interface),
	INERT("ntpsigndsocket", inert_file, "MS-SNTP replies are not signed"),
	ROW("peer", source_peer),
	INERT("phone", inert_any, "there are no modem clocks"),
	ROW("pidfile", tuning_pidfile),
	ROW("pool", source_pool),
	INERT("requestkey", inert_one_key, NO_CONTROL),
	INERT("reset", inert_any, NO_CONTROL),
	ROW("restrict", access_restrict),
	INERT("revoke", inert_number, NO_AUTOKEY),
	INERT("rlimit", inert_any, NO_PROCESS),
	INERT("saveconfigdir", inert_file, NO_CONTROL),
	ROW("server", source_server),
	INERT("setvar", inert_any, NO_CONTROL),
	INERT("statistics", inert_statistics, NO_STATS),
	INERT("statsdir", inert_file, NO_STATS),
	ROW("tinker", tuning_tinker),
	ROW("tos", tuning_tos),
	INERT("trap", inert_any, NO_CONTROL),
	INERT("trustedkey", inert_keys, NO_AUTH),
	INERT("ttl", inert_any, NO_BROADCAST),
	INERT("unconfig", inert_any, NO_CONTROL),
	INERT("unpeer", inert_any, NO_CONTROL),
};

#define KEYWORD_N	(sizeof(keywords) / sizeof(keywords[0]))

const struct keyword *keyword_find(const char *name)
{
	for (size_t i = 0; i < KEYWORD_N; i++) {
		if (!strcmp(keywords[i].name, name))
			return &keywords[i];
	}
	return NULL;
}

const char *const *keyword_names(void)
{
	static const char *names[KEYWORD_N + 1];

	for (size_t i = 0; i < KEYWORD_N; i++)
		names[i] = keywords[i].name;
	return names;
}

#define WORD_MAX	32

static unsigned int min3(unsigned int a, unsigned int b, unsigned int c)
{
	unsigned int m = a < b ? a : b;

	return m < c ? m : c;
}

/* Insertions, deletions, changes and swaps of neighbours, both <= WORD_MAX. */
static unsigned int distance(const char *a, const char *b)
{
	unsigned int row[3][WORD_MAX + 1];
	size_t n = strlen(a), m = strlen(b);

	for (size_t j = 0; j <= m; j++)
		row[0][j] = j;
	for (size_t i = 1; i <= n; i++) {
		unsigned int *now = row[i % 3], *last = row[(i - 1) % 3];

		now[0] = i;
		for (size_t j = 1; j <= m; j++) {
			bool same = a[i - 1] == b[j - 1];

			now[j] = min3(last[j] + 1, now[j - 1] + 1,
				      last[j - 1] + !same);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1] &&
			    row[(i - 2) % 3][j - 2] + 1 < now[j])
				now[j] = row[(i - 2) % 3][j - 2] + 1;
		}
	}
	return row[n % 3][m];
}

const char *keyword_nearest(const char *word, const char *const *words)
{
	size_t len = strlen(word);
	unsigned int best_distance = len / 3 < 3 ? len / 3 : 3;
	const char *best = NULL;

	for (size_t i = 0; words[i]; i++) {
		if (!strcasecmp(word, words[i]))
			return words[i];
	}
	if (len > WORD_MAX)
		return NULL;
	best_distance++;
	for (size_t i = 0; words[i]; i++) {
		unsigned int d;

		if (strlen(words[i]) > WORD_MAX)
			continue;
		d = distance(word, words[i]);
		if (d < best_distance) {
			best_distance = d;
			best = words[i];
		}
	}
	return best;
}
