/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "kmod/core/types.h"

#define OPTIONS_NIC_MAX	64
#define OPTIONS_KEYS_MAX	64

/* Exit status of kntpd. */
#define EXIT_OK		0
#define EXIT_FAILED	1	/* cannot start or go on; the log says why */
#define EXIT_USAGE	2
#define EXIT_CONF	3	/* the configuration is refused */

/** struct options - the command line */
struct options {
	const char *conf_file;
	bool foreground;	/* -n, and what implies it */
	bool check;		/* -t */
	bool list_words;	/* --keywords */
	bool compat;		/* --compat: wrong lines are taken as by ntpd */
	bool once;		/* -q */
	bool step_first;	/* -g, -G */
	bool slew_only;		/* -x */
	bool no_clock;		/* --no-clock */
	bool no_sandbox;	/* --no-sandbox */
	bool high_priority;	/* -N, -P */
	unsigned int debug;	/* -d, -D */
	int family;		/* -4, -6, or AF_UNSPEC */
	u16 port;		/* --port */
	const char *driftfile;	/* -f */
	const char *logfile;	/* -l */
	const char *pidfile;	/* -p */
	const char *user;	/* -u */
	const char *jail;	/* -i: root folder of the daemon */
	const char *keyfile;	/* -k */
	const char *statsdir;	/* -s */
	bool no_auth;		/* -A; -a is as it is without */
	bool force_auth;	/* -a: whatever the file says */
	bool bclient;		/* -b */
	double broadcastdelay_s;	/* -r, s; negative: not given */
	u32 trusted[OPTIONS_KEYS_MAX];	/* --trustedkey */
	size_t trusted_n;
	const char *nic[OPTIONS_NIC_MAX];	/* -I */
	size_t nic_n;
	char inert[32];		/* letters of options without effect */
};

/**
 * options_parse() - read the command line
 *
 * Help and version are printed to standard output, complaints to standard
 * error.
 *
 * Return: -1 to go on, otherwise the exit status.
 */
int options_parse(struct options *options, int argc, char **argv);

#endif
