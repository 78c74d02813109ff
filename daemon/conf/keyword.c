// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include "daemon/conf/keyword.h"

#include <string.h>
#include <strings.h>

#define ROW(name_, parse_, choices_, usage_) \
	{ .name = name_, .parse = parse_, .choices = choices_, \
	  .usage = usage_ }
#define INERT(name_, parse_, usage_, why_) \
	{ .name = name_, .parse = parse_, .usage = usage_, .inert = why_ }

#define NO_AUTOKEY	"Autokey is broken and not supported; sign with " \
			"symmetric keys, see keys in ntp.conf(5)"
#define NO_CONTROL	"there is no control protocol (ntpq, ntpdc) yet"
#define NO_MODEM	"there are no modem clocks"

/* Every directive of ntpd 4.2.6 to 4.2.8, and some of ntpsec. */
static const struct keyword keywords[] = {
	INERT("automax", inert_number, "LOG2_SECONDS", NO_AUTOKEY),
	ROW("broadcast", source_broadcast, source_broadcast_choices,
	    "ADDRESS [OPTION...]"),
	ROW("broadcastclient", group_broadcastclient, NULL, "[key ID]"),
	ROW("broadcastdelay", group_broadcastdelay, NULL, "SECONDS"),
	INERT("calldelay", inert_number, "SECONDS", NO_MODEM),
	INERT("controlkey", trust_controlkey, "ID",
	      "it will have to sign what ntpq changes; " NO_CONTROL),
	INERT("crypto", inert_any, "[OPTION...]", NO_AUTOKEY),
	ROW("disable", tuning_disable, tuning_switches, "SWITCH..."),
	ROW("discard", limit_discard, limit_discard_choices,
	    "OPTION NUMBER..."),
	ROW("driftfile", record_driftfile, NULL, "[FILE [THRESHOLD]]"),
	ROW("dscp", tuning_dscp, NULL, "NUMBER"),
	ROW("enable", tuning_enable, tuning_switches, "SWITCH..."),
	ROW("filegen", record_filegen, record_filegen_choices,
	    "KIND [OPTION...]"),
	ROW("fudge", driver_fudge, driver_fudge_choices,
	    "127.127.TYPE.UNIT FACTOR VALUE..."),
	ROW("hwtimestamp", hwtimestamp_line, hwtimestamp_choices,
	    "INTERFACE|* [OPTION...]"),
	INERT("ident", inert_any, "GROUP", NO_AUTOKEY),
	ROW("includefile", parse_includefile, NULL, "FILE"),
	ROW("interface", access_interface, access_nic_words, "ACTION WHICH"),
	ROW("keys", trust_keys, NULL, "FILE"),
	INERT("keysdir", trust_keysdir, "FOLDER", NO_AUTOKEY),
	ROW("leapfile", record_leapfile, NULL, "FILE [checkhash|ignorehash]"),
	ROW("leapsmearinterval", record_leapsmear, NULL, "SECONDS"),
	ROW("logconfig", record_logconfig, NULL, "[=|+|-]CLASS..."),
	ROW("logfile", record_logfile, NULL, "FILE"),
	ROW("manycastclient", source_manycastclient, source_manycast_choices,
	    "GROUP [OPTION...]"),
	ROW("manycastserver", group_manycastserver, NULL, "GROUP..."),
	INERT("mdnstries", inert_number, "NUMBER",
	      "the server is not announced by mDNS"),
	ROW("mru", limit_mru, limit_mru_choices, "OPTION NUMBER..."),
	ROW("multicastclient", group_multicastclient, NULL, "[GROUP...]"),
	ROW("nic", access_interface, access_nic_words, "ACTION WHICH"),
	ROW("ntpsigndsocket", record_signd, NULL, "FOLDER"),
	ROW("peer", source_peer, source_server, "[-4|-6] HOST [OPTION...]"),
	INERT("phone", inert_any, "NUMBER...", NO_MODEM),
	ROW("pidfile", record_pidfile, NULL, "FILE"),
	INERT("pollskewlist", inert_any, "[POLL SECONDS|SECONDS ...]",
	      "the way to a server is measured, see kntpd(8)"),
	ROW("pool", source_pool, source_server, "[-4|-6] NAME [OPTION...]"),
	ROW("refclock", driver_refclock, driver_refclock_choices,
	    "DRIVER [OPTION...]"),
	INERT("requestkey", trust_requestkey, "ID",
	      "it will have to sign what ntpdc changes; " NO_CONTROL),
	INERT("reset", inert_any, "WHICH...", NO_CONTROL),
	ROW("restrict", access_restrict, access_restrict_flags,
	    "[-4|-6] WHICH [mask MASK] [FLAG...]"),
	INERT("revoke", inert_number, "LOG2_SECONDS", NO_AUTOKEY),
	INERT("rlimit", inert_any, "OPTION NUMBER...",
	      "the process's limits come from the service manager"),
	INERT("saveconfigdir", inert_file, "FOLDER", NO_CONTROL),
	ROW("server", source_server_line, source_server,
	    "[-4|-6] HOST [OPTION...]"),
	INERT("setvar", tuning_setvar, "NAME = VALUE [default]",
	      "ntpq will show it; " NO_CONTROL),
	ROW("statistics", record_statistics, NULL, "KIND..."),
	ROW("statsdir", record_statsdir, NULL, "FOLDER"),
	ROW("tinker", tuning_tinker, tuning_tinker_choices, "OPTION NUMBER..."),
	ROW("tos", tuning_tos, tuning_tos_choices, "OPTION NUMBER..."),
	INERT("trap", inert_any, "HOST [OPTION...]", NO_CONTROL),
	ROW("trustedkey", trust_trustedkey, NULL, "ID... or (FIRST ... LAST)"),
	ROW("ttl", group_ttl, NULL, "HOPS..."),
	ROW("unconfig", source_unpeer, NULL, "HOST"),
	ROW("unpeer", source_unpeer, NULL, "HOST"),
	ROW("unrestrict", access_unrestrict, access_restrict_flags,
	    "[-4|-6] WHICH [mask MASK] [FLAG...]"),
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

const struct keyword *keyword_at(size_t i)
{
	return i < KEYWORD_N ? &keywords[i] : NULL;
}

void keyword_list(FILE *to)
{
	for (size_t i = 0; i < KEYWORD_N; i++) {
		const struct choice *c = keywords[i].choices;

		fprintf(to, "%s %s%s\n", keywords[i].name, keywords[i].usage,
			keywords[i].inert ? "  # without effect" : "");
		for (; c && c->name; c++)
			fprintf(to, "\t%s%s\n", c->name,
				c->inert ? "  # without effect" : "");
	}
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
		size_t other = strlen(words[i]);
		unsigned int d;

		/* So many letters are missing at least. */
		if (other > WORD_MAX || (other > len ? other - len :
					 len - other) >= best_distance)
			continue;
		d = distance(word, words[i]);
		if (d < best_distance) {
			best_distance = d;
			best = words[i];
		}
	}
	return best;
}
