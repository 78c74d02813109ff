// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include "daemon/options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "daemon/io/net.h"

enum {
	OPTION_NO_CLOCK = 256,
	OPTION_NO_SANDBOX,
	OPTION_PORT,
};

static const struct option long_options[] = {
	{ "ipv4", no_argument, NULL, '4' },
	{ "ipv6", no_argument, NULL, '6' },
	{ "configfile", required_argument, NULL, 'c' },
	{ "debug", no_argument, NULL, 'd' },
	{ "set-debug-level", required_argument, NULL, 'D' },
	{ "driftfile", required_argument, NULL, 'f' },
	{ "panicgate", no_argument, NULL, 'g' },
	{ "force-step-once", no_argument, NULL, 'G' },
	{ "help", no_argument, NULL, 'h' },
	{ "interface", required_argument, NULL, 'I' },
	{ "logfile", required_argument, NULL, 'l' },
	{ "nofork", no_argument, NULL, 'n' },
	{ "nice", no_argument, NULL, 'N' },
	{ "no-clock", no_argument, NULL, OPTION_NO_CLOCK },
	{ "no-sandbox", no_argument, NULL, OPTION_NO_SANDBOX },
	{ "pidfile", required_argument, NULL, 'p' },
	{ "port", required_argument, NULL, OPTION_PORT },
	{ "priority", required_argument, NULL, 'P' },
	{ "quit", no_argument, NULL, 'q' },
	{ "check-config", no_argument, NULL, 't' },
	{ "user", required_argument, NULL, 'u' },
	{ "version", no_argument, NULL, 'V' },
	{ "slew", no_argument, NULL, 'x' },
	{ NULL, 0, NULL, 0 },
};

/* Without effect: -a -A -b -k -L -m -r -s -U -w; they are of ntpd. */
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
"\n"
"Network\n"
"  -4, --ipv4, -6, --ipv6  use one family alone\n"
"  -I, --interface WHICH   serve on this interface or address alone; repeat it\n"
"      --port NUMBER       UDP port to serve, 123 if not given\n"
"\n"
"Process\n"
"  -u, --user USER[:GROUP] become this user, keep three capabilities\n"
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
	default:
		return true;
	}
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
	case 'f':
		o->driftfile = optarg;
		break;
	case 'g':
	case 'G':
		o->step_first = true;
		break;
	case 'I':
		return take_nic(o);
	case 'l':
		o->logfile = optarg;
		break;
	case 'n':
		o->foreground = true;
		break;
	case 'N':
	case 'P':
		o->high_priority = true;
		break;
	case 'p':
		o->pidfile = optarg;
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
	case OPTION_NO_CLOCK:
		o->no_clock = true;
		break;
	case OPTION_NO_SANDBOX:
		o->no_sandbox = true;
		break;
	case 'i':
		fprintf(stderr, "kntpd: -i: there is no jail; the service "
			"manager confines the daemon better\n");
		return false;
	case 'D':
	case OPTION_PORT:
		return take_number(o, option);
	default:
		take_inert(o, option);
		break;
	}
	return true;
}

int options_parse(struct options *o, int argc, char **argv)
{
	int option;

	*o = (struct options){ .conf_file = "/etc/ntp.conf",
			       .family = AF_UNSPEC, .port = NET_PORT };
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
	if (optind < argc) {
		fprintf(stderr, "kntpd: %s: what is this? Servers are named in "
			"%s; -t checks it and takes no value. Try: kntpd "
			"--help\n", argv[optind], o->conf_file);
		return EXIT_USAGE;
	}
	return -1;
}
