// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include "daemon/options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "daemon/conf/keyword.h"
#include "daemon/io/net.h"

enum {
	OPTION_COMPAT = 256,
	OPTION_KEYWORDS,
	OPTION_NO_CLOCK,
	OPTION_NO_SANDBOX,
	OPTION_PORT,
	OPTION_TRUSTEDKEY,
};

static const struct option long_options[] = {
	{ "ipv4", no_argument, NULL, '4' },
	{ "ipv6", no_argument, NULL, '6' },
	{ "authnoreq", no_argument, NULL, 'A' },
	{ "authreq", no_argument, NULL, 'a' },
	{ "bcastsync", no_argument, NULL, 'b' },
	{ "compat", no_argument, NULL, OPTION_COMPAT },
	{ "configfile", required_argument, NULL, 'c' },
	{ "debug", no_argument, NULL, 'd' },
	{ "set-debug-level", required_argument, NULL, 'D' },
	{ "driftfile", required_argument, NULL, 'f' },
	{ "panicgate", no_argument, NULL, 'g' },
	{ "force-step-once", no_argument, NULL, 'G' },
	{ "help", no_argument, NULL, 'h' },
	{ "interface", required_argument, NULL, 'I' },
	{ "jaildir", required_argument, NULL, 'i' },
	{ "keyfile", required_argument, NULL, 'k' },
	{ "keywords", no_argument, NULL, OPTION_KEYWORDS },
	{ "logfile", required_argument, NULL, 'l' },
	{ "nofork", no_argument, NULL, 'n' },
	{ "nice", no_argument, NULL, 'N' },
	{ "no-clock", no_argument, NULL, OPTION_NO_CLOCK },
	{ "no-sandbox", no_argument, NULL, OPTION_NO_SANDBOX },
	{ "novirtualips", no_argument, NULL, 'L' },
	{ "pidfile", required_argument, NULL, 'p' },
	{ "port", required_argument, NULL, OPTION_PORT },
	{ "priority", required_argument, NULL, 'P' },
	{ "propagationdelay", required_argument, NULL, 'r' },
	{ "quit", no_argument, NULL, 'q' },
	{ "check-config", no_argument, NULL, 't' },
	{ "statsdir", required_argument, NULL, 's' },
	{ "trustedkey", required_argument, NULL, OPTION_TRUSTEDKEY },
	{ "updateinterval", required_argument, NULL, 'U' },
	{ "user", required_argument, NULL, 'u' },
	{ "version", no_argument, NULL, 'V' },
	{ "slew", no_argument, NULL, 'x' },
	{ "wait-sync", required_argument, NULL, 'w' },
	{ NULL, 0, NULL, 0 },
};

/* Without effect: -L -m -U -w; they are of ntpd. */
static const char short_options[] = "46aAbc:dD:f:gGhi:I:k:l:LmnNp:P:qr:s:tu:"
				    "U:Vw:x";

static const char help_text[] =
"Usage: kntpd [OPTION...]\n"
"Keep the clock right by NTP, and answer those who ask for the time; where the\n"
"kernel module kntp is loaded, it answers, and kntpd tells it the time.\n"
"\n"
"What to do\n"
"  (nothing)          become a daemon, run until SIGTERM\n"
"  -n, --nofork       stay in the foreground, messages on standard error\n"
"  -q, --quit         set the clock once and exit\n"
"  -t, --check-config check the configuration, say what it means, and exit\n"
"\n"
"The clock\n"
"  -g, --panicgate    the first correction may be larger than 1000 s\n"
"  -x, --slew         step only above 600 s\n"
"      --no-clock     follow the servers, but never touch the clock\n"
"\n"
"Files\n"
"  -c, --configfile FILE   configuration, /etc/ntp.conf if not given\n"
"  -f, --driftfile FILE    frequency of the clock, kept over restarts\n"
"  -l, --logfile FILE      messages, instead of syslog\n"
"  -p, --pidfile FILE      process number\n"
"  -k, --keyfile FILE      symmetric keys; --trustedkey ID trusts one, repeat it\n"
"  -s, --statsdir FOLDER   statistics\n"
"      --compat            count wrong lines up to the wrong word, as ntpd does\n"
"      --keywords          list directives and options of ntp.conf, and exit\n"
"\n"
"Network\n"
"  -4, --ipv4, -6, --ipv6  use one family alone\n"
"  -I, --interface WHICH   serve on this interface or address alone; repeat it\n"
"      --port NUMBER       UDP port to serve, 123 if not given\n"
"  -b, --bcastsync         follow signed broadcasts\n"
"  -r, --propagationdelay SECONDS  round trip of broadcasts, not measured\n"
"  -a, --authreq, -A, --authnoreq  new sources must be signed, need not\n"
"\n"
"Process\n"
"  -u, --user USER[:GROUP] become this user, keep three capabilities\n"
"  -i, --jaildir FOLDER    see nothing but this folder\n"
"      --no-sandbox        keep all privileges, start no other process; names\n"
"                          of servers are then not looked up\n"
"  -N, --nice              run at a high priority\n"
"  -d, --debug             stay in the foreground and say more\n"
"  -D, --set-debug-level N say more, without staying in the foreground\n"
"  -V, --version, -h, --help\n"
"\n"
"Signals: SIGHUP reads the configuration and opens the log file anew, SIGUSR1\n"
"logs what was answered so far, SIGTERM ends.\n"
"Exit status: 0 done, 1 cannot start or go on, 2 wrong usage, 3 wrong\n"
"configuration.\n"
"\n"
"A first configuration, two lines in /etc/ntp.conf:\n"
"  driftfile /var/lib/ntp/drift\n"
"  pool 2.debian.pool.ntp.org iburst\n"
"Try it with: kntpd -t. See also kntpd(8), ntp.conf(5), kntp(8).\n";

static bool parse_number(const char *option, const char *text, long max,
			 long *value)
{
	char *end;

	*value = strtol(text, &end, 10);
	if (end != text && !*end && *value >= 0 && *value <= max)
		return true;
	fprintf(stderr, "kntpd: %s %s: give a number from 0 to %ld\n", option,
		text, max);
	return false;
}

static bool take_trusted(struct options *o)
{
	long value;

	if (!parse_number("--trustedkey", optarg, 65534, &value))
		return false;
	if (!value || o->trusted_n == OPTIONS_KEYS_MAX) {
		fprintf(stderr, "kntpd: --trustedkey %s: identifiers go from 1 "
			"to 65534, and %d are the most; use trustedkey in "
			"ntp.conf\n", optarg, OPTIONS_KEYS_MAX);
		return false;
	}
	o->trusted[o->trusted_n++] = value;
	return true;
}

static bool take_number(struct options *o, int option)
{
	long value;

	switch (option) {
	case 'D':
		if (!parse_number("-D", optarg, 9, &value))
			return false;
		o->debug = value;
		return true;
	case OPTION_PORT:
		if (!parse_number("--port", optarg, 65535, &value))
			return false;
		o->port = value;
		return true;
	case OPTION_TRUSTEDKEY:
		return take_trusted(o);
	default:
		return true;
	}
}

static bool take_delay(struct options *o)
{
	char *end;
	double value = strtod(optarg, &end);

	if (end == optarg || *end || !(value >= 0 && value <= 10)) {
		fprintf(stderr, "kntpd: -r %s: give a number of seconds from 0 "
			"to 10\n", optarg);
		return false;
	}
	o->broadcastdelay_s = value;
	return true;
}

static bool take_nic(struct options *o)
{
	if (o->nic_n == OPTIONS_NIC_MAX) {
		fprintf(stderr, "kntpd: -I %s: %d interfaces are the most; use "
			"interface lines in ntp.conf\n", optarg,
			OPTIONS_NIC_MAX);
		return false;
	}
	o->nic[o->nic_n++] = optarg;
	return true;
}

static void take_inert(struct options *o, int option)
{
	size_t n = strlen(o->inert);

	if (n + 1 < sizeof(o->inert) && !strchr(o->inert, option)) {
		o->inert[n] = option;
		o->inert[n + 1] = '\0';
	}
}

/* Options that say what a line of the file says, too. */
static bool take_line(struct options *o, int option)
{
	switch (option) {
	case 'a':
		o->force_auth = true;
		o->no_auth = false;
		break;
	case 'A':
		o->no_auth = true;
		o->force_auth = false;
		break;
	case 'b':
		o->bclient = true;
		break;
	case 'f':
		o->driftfile = optarg;
		break;
	case 'I':
		return take_nic(o);
	case 'k':
		o->keyfile = optarg;
		break;
	case 'l':
		o->logfile = optarg;
		break;
	case 'p':
		o->pidfile = optarg;
		break;
	case 'r':
		return take_delay(o);
	case 's':
		o->statsdir = optarg;
		break;
	case OPTION_TRUSTEDKEY:
		return take_number(o, option);
	default:
		take_inert(o, option);
		break;
	}
	return true;
}

static bool take_option(struct options *o, int option)
{
	switch (option) {
	case '4':
		o->family = AF_INET;
		break;
	case '6':
		o->family = AF_INET6;
		break;
	case 'c':
		o->conf_file = optarg;
		break;
	case 'd':
		o->debug++;
		o->foreground = true;
		break;
	case 'g':
	case 'G':
		o->step_first = true;
		break;
	case 'i':
		o->jail = optarg;
		break;
	case 'n':
		o->foreground = true;
		break;
	case 'N':
	case 'P':
		o->high_priority = true;
		break;
	case 'q':
		o->once = true;
		o->foreground = true;
		break;
	case 't':
		o->check = true;
		break;
	case 'u':
		o->user = optarg;
		break;
	case 'x':
		o->slew_only = true;
		break;
	case OPTION_COMPAT:
		o->compat = true;
		break;
	case OPTION_KEYWORDS:
		o->list_words = true;
		break;
	case OPTION_NO_CLOCK:
		o->no_clock = true;
		break;
	case OPTION_NO_SANDBOX:
		o->no_sandbox = true;
		break;
	case 'D':
	case OPTION_PORT:
		return take_number(o, option);
	default:
		return take_line(o, option);
	}
	return true;
}

int options_parse(struct options *o, int argc, char **argv)
{
	int option;

	*o = (struct options){ .conf_file = "/etc/ntp.conf",
			       .family = AF_UNSPEC, .port = NET_PORT,
			       .broadcastdelay_s = -1 };
	while ((option = getopt_long(argc, argv, short_options, long_options,
				     NULL)) != -1) {
		if (option == 'h') {
			fputs(help_text, stdout);
			return EXIT_OK;
		}
		if (option == 'V') {
			puts("kntpd " KNTP_VERSION);
			return EXIT_OK;
		}
		if (option == '?') {
			fputs("Try: kntpd --help\n", stderr);
			return EXIT_USAGE;
		}
		if (!take_option(o, option))
			return EXIT_USAGE;
	}
	if (o->list_words) {
		keyword_list(stdout);
		return EXIT_OK;
	}
	if (optind < argc) {
		fprintf(stderr, "kntpd: %s: what is this? Servers are named in "
			"%s; -t checks it and takes no value, keys are "
			"trusted by --trustedkey. Try: kntpd --help\n", argv[optind], o->conf_file);
		return EXIT_USAGE;
	}
	return -1;
}
