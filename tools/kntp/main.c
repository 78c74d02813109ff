// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include <getopt.h>
#include <signal.h>
#include <string.h>

#include "tools/kntp/kntp.h"

enum {
	MAIN_CLOCK,
	MAIN_DEV,
	MAIN_STATS,
	MAIN_CLIENTS,
	MAIN_RESTRICT,
	MAIN_KEYS,
	MAIN_LIMITS,
	MAIN_MONITOR,
	MAIN_HELP,
};

static const struct cli_word main_objects[] = {
	{ "clock", "[show | set ...]", "the clock state that is served", MAIN_CLOCK },
	{ "dev", "[show | add ... | del ... | set ...]", "served devices", MAIN_DEV },
	{ "stats", "[show | reset]", "what became of the requests, one counter per reason", MAIN_STATS },
	{ "clients", "[show ...]", "who asked lately", MAIN_CLIENTS },
	{ "restrict", "[show ... | get ... | add ... | del ...]", "rules: what becomes of whom", MAIN_RESTRICT },
	{ "keys", "[show | add ... | load ... | del ...]", "symmetric keys", MAIN_KEYS },
	{ "limits", "[show | set ...]", "how often limited clients may ask", MAIN_LIMITS },
	{ "monitor", "[limit N]", "events as they come", MAIN_MONITOR },
	{ "help", NULL, "this text; kntp OBJECT help tells more", MAIN_HELP },
	{ 0 }
};

static int (*const main_run[])(struct kntp *kntp, struct kntp_words *words) = {
	[MAIN_CLOCK] = clock_run,
	[MAIN_DEV] = dev_run,
	[MAIN_STATS] = stats_run,
	[MAIN_CLIENTS] = clients_run,
	[MAIN_RESTRICT] = restrict_run,
	[MAIN_KEYS] = keys_run,
	[MAIN_LIMITS] = limits_run,
	[MAIN_MONITOR] = monitor_run,
};

static void main_usage(FILE *out)
{
	fputs("Usage: kntp [-j] [-n] OBJECT [VERB] ...\n", out);
	cli_usage(out, "kntp", main_objects);
	fputs("Options:\n"
	      "  -j, --json     print JSON\n"
	      "  -n, --numeric  print numbers, not words\n"
	      "  -V, --version  print the version\n"
	      "  -h, --help     print this text\n"
	      "Any unique prefix of a word will do: kntp st r is kntp stats reset.\n",
	      out);
}

/* Return: index of the first word, or -1 where *status says how to end. */
static int main_options(int argc, char **argv, struct kntp *kntp, int *status)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "numeric", no_argument, NULL, 'n' },
		{ "version", no_argument, NULL, 'V' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 }
	};
	int c;

	*status = KNTP_DONE;
	while ((c = getopt_long(argc, argv, "+jnVh", options, NULL)) != -1) {
		switch (c) {
		case 'j':
			kntp->is_json = true;
			break;
		case 'n':
			kntp->is_numeric = true;
			break;
		case 'V':
			puts("kntp " KNTP_VERSION);
			return -1;
		case 'h':
			main_usage(stdout);
			return -1;
		default:
			*status = KNTP_USAGE;
			return -1;
		}
	}
	if (optind == argc) {
		main_usage(stderr);
		*status = KNTP_USAGE;
		return -1;
	}
	return optind;
}

static int main_object(struct kntp *kntp, struct kntp_words *words)
{
	const struct cli_word *object;
	int err, status;

	object = cli_find(main_objects, "object", kntp_next(words));
	if (!object)
		return KNTP_USAGE;
	if (object->value == MAIN_HELP) {
		main_usage(stdout);
		return KNTP_DONE;
	}
	err = knl_open(&kntp->knl);
	if (err) {
		cli_error("cannot open netlink: %s", strerror(-err));
		return KNTP_REFUSED;
	}
	status = main_run[object->value](kntp, words);
	knl_close(kntp->knl);
	return status;
}

int main(int argc, char **argv)
{
	struct kntp kntp = { 0 };
	struct kntp_words words;
	int first, status;

	/* A reader that goes away is an error to tell, not a silent end. */
	signal(SIGPIPE, SIG_IGN);
	first = main_options(argc, argv, &kntp, &status);
	if (first >= 0) {
		words.count = argc - first;
		words.word = argv + first;
		status = main_object(&kntp, &words);
	}
	if (status == KNTP_DONE && cli_close(stdout))
		status = KNTP_REFUSED;
	return status;
}
