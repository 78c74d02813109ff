/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef CONF_H
#define CONF_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kmod/core/types.h"

/*
 * ntp.conf as plain data. Nothing here knows sockets, clocks or state; a
 * configuration is read whole, or refused whole.
 */

#define CONF_NAME_MAX	256
#define CONF_WORD_MAX	64

/* Deepest includefile below ntp.conf. */
#define CONF_INCLUDE_MAX	5

/* Poll exponents: 1/16 s to 36 h, and what is taken unless the file says. */
#define CONF_POLL_MIN		(-4)
#define CONF_POLL_MAX		17
#define CONF_MINPOLL_DEFAULT	6
#define CONF_MAXPOLL_DEFAULT	10
#define CONF_POLL_UNSET		(-128)

/** struct conf_where - a place in a file, counted from 1; line 0: nowhere */
struct conf_where {
	const char *file;	/* lives as long as the configuration */
	unsigned int line;
	unsigned int col;	/* in characters of UTF-8 */
};

/** enum conf_kind - what an association line asks for */
enum conf_kind {
	CONF_SERVER,
	CONF_POOL,
	CONF_REFCLOCK,		/* server 127.127.t.u */
};

/* Reference clock drivers, t of 127.127.t.u. */
#define CONF_REFCLOCK_LOCAL	1

/** struct conf_assoc - a server, pool or reference clock line */
struct conf_assoc {
	enum conf_kind kind;
	char name[CONF_NAME_MAX];	/* as written, without quotes */
	bool has_addr;			/* .addr holds what .name says */
	struct ntp_addr addr;
	u32 scope;			/* of a link-local address, else 0 */
	int family;			/* AF_UNSPEC, or by -4 / -6 */
	u8 version;			/* 1..4 */
	s8 minpoll;			/* log2 s, minpoll <= maxpoll */
	s8 maxpoll;
	bool iburst;
	bool burst;
	bool prefer;
	bool noselect;
	bool is_true;			/* option "true": never a falseticker */
	/* Reference clocks only: */
	u8 refclock_type;
	u8 refclock_unit;
	s8 fudge_stratum;		/* 0..16, -1: the driver's own */
	char fudge_refid[5];		/* empty: the driver's own */
	double fudge_time1_s;
	struct conf_where where;
};

/** enum conf_nic_action - what an interface rule does */
enum conf_nic_action {
	CONF_NIC_LISTEN,
	CONF_NIC_IGNORE,
	CONF_NIC_DROP,		/* as IGNORE: nothing is answered */
};

/** enum conf_nic_match - what an interface rule is about */
enum conf_nic_match {
	CONF_NIC_ALL,
	CONF_NIC_IPV4,
	CONF_NIC_IPV6,
	CONF_NIC_WILDCARD,
	CONF_NIC_NAME,
	CONF_NIC_ADDR,
};

/** struct conf_nic - an interface rule; the last one that matches decides */
struct conf_nic {
	enum conf_nic_action action;
	enum conf_nic_match match;
	char name[IF_NAMESIZE];
	struct ntp_addr addr;
	u8 prefix;		/* bits of .addr, 0..128 */
	struct conf_where where;
};

/* Flags of restrict lines. */
#define CONF_RES_IGNORE		(1U << 0)
#define CONF_RES_KOD		(1U << 1)
#define CONF_RES_LIMITED	(1U << 2)
#define CONF_RES_LOWPRIOTRAP	(1U << 3)
#define CONF_RES_NOMODIFY	(1U << 4)
#define CONF_RES_NOPEER		(1U << 5)
#define CONF_RES_NOQUERY	(1U << 6)
#define CONF_RES_NOSERVE	(1U << 7)
#define CONF_RES_NOTRAP		(1U << 8)
#define CONF_RES_NOTRUST	(1U << 9)
#define CONF_RES_NTPPORT	(1U << 10)
#define CONF_RES_VERSION	(1U << 11)
#define CONF_RES_MSSNTP		(1U << 12)
#define CONF_RES_FLAKE		(1U << 13)
#define CONF_RES_NOMRULIST	(1U << 14)
#define CONF_RES_NOEPEER	(1U << 15)

/** enum conf_target - what a restrict line is about */
enum conf_target {
	CONF_TARGET_ADDR,
	CONF_TARGET_NAME,	/* to be looked up */
	CONF_TARGET_DEFAULT,
	CONF_TARGET_SOURCE,	/* each server that is followed */
};

/** struct conf_restrict - a restrict line */
struct conf_restrict {
	enum conf_target target;
	int family;		/* AF_UNSPEC: default of both, or any name */
	char name[CONF_NAME_MAX];
	struct ntp_addr addr;	/* host bits cleared */
	u8 prefix;
	u32 flags;		/* CONF_RES_* */
	struct conf_where where;
};

/** struct conf_tos - selection, directive tos */
struct conf_tos {
	unsigned int minclock;	/* 3 */
	unsigned int maxclock;	/* 10: associations of pools */
	unsigned int minsane;	/* 1 */
	double mindist_s;	/* 0.001 */
	double maxdist_s;	/* 1.5 */
	unsigned int floor;	/* lowest stratum accepted, 1 */
	unsigned int ceiling;	/* lowest stratum that is too high, 15 */
};

/** struct conf_tinker - discipline, directive tinker; 0 switches it off */
struct conf_tinker {
	double step_s;		/* 0.128 */
	double stepback_s;	/* for steps backward; as step unless given */
	double stepfwd_s;
	double panic_s;		/* 1000 */
	double stepout_s;	/* 300 */
};

/** struct conf - all of it */
struct conf {
	struct conf_assoc *assoc;
	size_t assoc_n;
	struct conf_nic *nic;
	size_t nic_n;
	struct conf_restrict *restricts;
	size_t restrict_n;
	char *driftfile;		/* NULL: none */
	char *logfile;			/* NULL: none */
	char *pidfile;
	char *leapfile;
	struct conf_tos tos;
	struct conf_tinker tinker;
	bool ntp_enabled;		/* disable ntp: clock is left alone */
	bool has_names;			/* some association needs DNS */
	unsigned int ignored_n;		/* directives without effect so far */
	char **file;			/* names of all files read, for .where */
	size_t file_n;
};

/** enum conf_severity - what a problem means for the configuration */
enum conf_severity {
	CONF_NOTE,	/* accepted, does what it says, but look at it */
	CONF_WARNING,	/* accepted, yet not as written */
	CONF_ERROR,	/* the configuration is refused */
};

/** struct conf_problem - what is wrong where, and what to do */
struct conf_problem {
	enum conf_severity severity;
	struct conf_where where;	/* line 0: the file as a whole */
	char word[CONF_WORD_MAX];	/* offending word, may be empty */
	char text[256];			/* what is wrong, no full stop */
	char remedy[256];		/* what to write instead; may be empty */
};

/**
 * typedef conf_report_fn - called for each problem, in the order of the file
 */
typedef void (*conf_report_fn)(const struct conf_problem *problem, void *arg);

/**
 * conf_load() - read a configuration and the files it includes
 * @path: file, such as /etc/ntp.conf
 * @conf: result, for conf_free(); NULL on failure
 * @report: told of every problem, all errors and not just the first
 *
 * Return: 0 (there may have been notes and warnings); -EINVAL if there were
 * errors; -ENOMEM; or the negative errno that @path could not be read for,
 * which has been reported, too.
 */
int conf_load(const char *path, struct conf **conf, conf_report_fn report,
	      void *arg);

/**
 * conf_parse() - read a configuration from memory, see conf_load()
 * @text: @len octets, any octets
 * @name: stands for the file name in messages
 */
int conf_parse(const char *text, size_t len, const char *name,
	       struct conf **conf, conf_report_fn report, void *arg);

/** conf_free() - free a configuration; NULL is fine */
void conf_free(struct conf *conf);

/**
 * conf_assoc_equal() - would these two associations behave the same?
 * Where they stand in the file does not count.
 */
bool conf_assoc_equal(const struct conf_assoc *a, const struct conf_assoc *b);

/**
 * conf_nic_listens() - do the interface rules let this address be served?
 * @conf: configuration
 * @ifname: interface
 * @addr: address on it
 *
 * The last rule that matches decides; what none matches is listened on.
 * Loopback addresses are always.
 */
bool conf_nic_listens(const struct conf *conf, const char *ifname,
		      const struct ntp_addr *addr);

/**
 * conf_nic_serves() - may the module serve this interface?
 * @addr: all @n addresses that are on it now
 *
 * Return: true if each of them is listened on; without addresses, if rules
 * about names and all do not exclude the interface. The module answers for
 * every address of a device, so an interface with both sorts is left to the
 * daemon.
 */
bool conf_nic_serves(const struct conf *conf, const char *ifname,
		     const struct ntp_addr *addr, size_t n);

/**
 * conf_override_nic() - replace all interface rules: listen to these alone
 * @item: @n names or addresses with optional /length
 *
 * What -I does. Return: 0, -EINVAL with @bad set to the item that is neither,
 * or -ENOMEM.
 */
int conf_override_nic(struct conf *conf, const char *const *item, size_t n,
		      const char **bad);

/**
 * conf_problem_print() - a problem as one line: FILE:LINE:COL: severity: text
 * @buf: @size bytes, 1024 hold any
 *
 * Return: @buf.
 */
const char *conf_problem_print(const struct conf_problem *problem, char *buf,
			       size_t size);

#endif
