/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef CONF_H
#define CONF_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kmod/core/acl.h"
#include "kmod/core/rate.h"
#include "kmod/core/types.h"

/*
 * ntp.conf as plain data. Nothing here knows sockets, clocks or state; a
 * configuration is read whole, or refused whole.
 */

#define CONF_NAME_MAX	256
#define CONF_WORD_MAX	64
#define CONF_PATH_MAX	108

/* Deepest includefile below ntp.conf. */
#define CONF_INCLUDE_MAX	5

/* Poll exponents: 1/16 s to 36 h, and what is taken unless the file says. */
#define CONF_POLL_MIN		(-4)
#define CONF_POLL_MAX		17
#define CONF_MINPOLL_DEFAULT	6
#define CONF_MAXPOLL_DEFAULT	10
#define CONF_POLL_UNSET		(-128)

/* Hops of broadcast, multicast and manycast packets unless the line says. */
#define CONF_TTL_DEFAULT	127

/* Recent clients that may be remembered, and what one of them takes. */
#define CONF_CLIENTS_MIN	64
#define CONF_CLIENTS_MAX	(1 << 20)
#define CONF_CLIENT_OCTETS	56

/* Most hops that line ttl may list. */
#define CONF_TTL_MAX		8

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
	CONF_REFCLOCK,		/* server 127.127.t.u, refclock NAME */
	CONF_PEER,		/* symmetric active */
	CONF_BROADCAST,		/* mode 5 to .addr, also multicast */
	CONF_MANYCASTCLIENT,	/* mode 3 to the group .addr */
};

/* Reference clock drivers, t of 127.127.t.u. */
#define CONF_REFCLOCK_LOCAL	1
#define CONF_REFCLOCK_PPS	22
#define CONF_REFCLOCK_SHM	28
/* Types that ntpd has no clocks of. */
#define CONF_REFCLOCK_PHC	48
#define CONF_REFCLOCK_SOCK	49

/** struct conf_assoc - a line that mobilises associations */
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
	bool preempt;			/* gives way once it is not needed */
	bool xleave;			/* interleaved */
	u32 key;			/* signs and is required; 0: none */
	u8 ttl;				/* hops; of manycast the widest ring */
	/* Reference clocks only: */
	u8 refclock_type;
	u8 refclock_unit;
	s8 fudge_stratum;		/* 0..16, -1: the driver's own */
	char fudge_refid[5];		/* empty: the driver's own */
	double fudge_time1_s;
	double fudge_time2_s;
	bool fudge_flag[4];		/* flag1 is [0] */
	u32 mode;			/* what the driver takes it for, 0 */
	char path[CONF_PATH_MAX];	/* device; empty: by driver and unit */
	char ppspath[CONF_PATH_MAX];	/* PPS device, as .path */
	/* Of driver PHC: */
	bool tai;			/* it shows TAI, not UTC */
	bool extpps;			/* pulses at a pin count, not its time */
	bool nocrossts;			/* as of struct conf_hwtimestamp */
	unsigned int channel;		/* of pulses */
	int pin;			/* to be given to it; -1: as it is */
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

/** enum conf_rxfilter - which packets a NIC is to stamp as they come in */
enum conf_rxfilter {
	CONF_RXFILTER_NONE,
	CONF_RXFILTER_NTP,
	CONF_RXFILTER_PTP,
	CONF_RXFILTER_ALL,
};

/** struct conf_hwtimestamp - line hwtimestamp: stamps of NICs */
struct conf_hwtimestamp {
	char name[IF_NAMESIZE];	/* "*": each one that no other line names */
	s8 minpoll;		/* log2 s between readings of its clock */
	s8 maxpoll;
	double precision_s;	/* no reading is held to be better, 0: it may */
	double txcomp_s;	/* its transmit stamps are so much too early */
	double rxcomp_s;	/* its receive stamps are so much too late */
	enum conf_rxfilter rxfilter;	/* the most that is wanted, all */
	bool nocrossts;		/* without PTP_SYS_OFFSET_PRECISE */
	bool notxcorrect;	/* basic replies keep the stamp of software */
	bool force;		/* replace what somebody else has set */
	struct conf_where where;
};

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
	u32 flags;		/* enum ntp_acl_flag */
	int ippeerlimit;	/* associations of one host; -1: any number */
	struct conf_where where;
};

/** struct conf_key_range - identifiers of trustedkey, from first to last */
struct conf_key_range {
	u32 first;
	u32 last;
};

/** struct conf_keys - symmetric keys: where they are and what they may do */
struct conf_keys {
	char *file;		/* keys; NULL: none */
	char *dir;		/* keysdir; NULL: unset */
	struct conf_key_range *trusted;
	size_t trusted_n;
	u32 request;		/* changes by mode 7; 0: none may */
	u32 control;		/* changes by mode 6; 0: none may */
	struct conf_where where;	/* of keys */
	struct conf_where request_where;
	struct conf_where control_where;
};

/** struct conf_mru - memory of clients seen, directive mru */
struct conf_mru {
	u32 maxdepth;		/* entries; 0: as .maxmem_kb says */
	u32 maxmem_kb;		/* 0: as many as the module remembers itself */
	/* Entries are never too young to go, and all are there at once: */
	u32 mindepth;		/* 600 */
	u32 maxage_s;		/* 64 */
	u32 initalloc;
	u32 incalloc;
	u32 initmem_kb;		/* 64 */
	u32 incmem_kb;		/* 4 */
};

/** struct conf_limits - how much is done for others */
struct conf_limits {
	struct ntp_rate_limits rate;	/* discard average minimum prefix6 */
	u32 monitor;		/* discard monitor, 3000: one new client in */
				/* that many gets in where the list is full */
	struct conf_mru mru;
};

/** struct conf_enabled - switches of enable and disable */
struct conf_enabled {
	bool auth;		/* on: new associations need a trusted key */
	bool bclient;		/* off: as broadcastclient */
	bool calibrate;		/* off: reference clocks learn their time1 */
	bool kernel;		/* on: the kernel's discipline */
	bool mode7;		/* off */
	bool monitor;		/* on: clients are remembered */
	bool nak;		/* on: a bad MAC is answered by a crypto-NAK */
	bool ntp;		/* on; off: the clock is left alone */
	bool stats;		/* on: statistics are written */
	bool peer_clear_digest_early;	/* on, see ntp.conf(5) */
	bool unpeer_crypto_early;	/* on */
	bool unpeer_crypto_nak_early;	/* on */
	bool unpeer_digest_early;	/* on */
};

/** struct conf_group - a group that is listened to */
struct conf_group {
	struct ntp_addr addr;
	u32 scope;		/* interface of a link-local group, else 0 */
	struct conf_where where;
};

/** struct conf_modes - broadcast, multicast and manycast, as a receiver */
struct conf_modes {
	bool broadcastclient;
	u32 broadcastclient_key;	/* the only one to follow; 0: trusted */
	struct conf_group *multicastclient;
	size_t multicastclient_n;
	struct conf_group *manycastserver;
	size_t manycastserver_n;
	double broadcastdelay_s;	/* round trip; 0: measured */
	u8 ttl[CONF_TTL_MAX];		/* rings of manycast, ascending */
	size_t ttl_n;
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
	bool cohort;		/* off: manycast answers its own stratum */
	unsigned int orphan;	/* stratum without any source, 16: none */
	double orphanwait_s;	/* 300 */
	double beacon_s;	/* 3600: manycast, once enough are found */
	unsigned int bcpollbstep;	/* 0: polls a broadcast may be early */
};

/** struct conf_tinker - discipline, directive tinker; 0 switches it off */
struct conf_tinker {
	double step_s;		/* 0.128 */
	double stepback_s;	/* for steps backward; as step unless given */
	double stepfwd_s;
	double panic_s;		/* 1000 */
	double stepout_s;	/* 300 */
	double allan_log2;	/* 11: Allan intercept, log2 s */
	double dispersion_ppm;	/* 15: how fast a clock gets worse */
	double huffpuff_s;	/* 0: span of the huff-n'-puff filter */
	bool has_freq;
	double freq_ppm;	/* at the start, in place of the drift file's */
};

/* Kinds of statistics: X(NAME, name of the file and in filegen) */
#define CONF_STATS(X)			\
	X(CLOCK, clockstats)		\
	X(CRYPTO, cryptostats)		\
	X(LOOP, loopstats)		\
	X(PEER, peerstats)		\
	X(PROTO, protostats)		\
	X(RAW, rawstats)		\
	X(SYS, sysstats)		\
	X(TIMING, timingstats)

#define CONF_STATS_ENUM(NAME, name)	CONF_STATS_##NAME,
enum conf_stats {
	CONF_STATS(CONF_STATS_ENUM)
	CONF_STATS_COUNT
};

#undef CONF_STATS_ENUM

/** enum conf_filegen_type - when a file of statistics is followed by another */
enum conf_filegen_type {
	CONF_FILEGEN_NONE,
	CONF_FILEGEN_PID,
	CONF_FILEGEN_DAY,
	CONF_FILEGEN_WEEK,
	CONF_FILEGEN_MONTH,
	CONF_FILEGEN_YEAR,
	CONF_FILEGEN_AGE,
};

/** struct conf_filegen - a file of statistics */
struct conf_filegen {
	bool is_enabled;	/* by statistics, or by filegen itself */
	bool has_link;		/* on: a link with the name as it is */
	enum conf_filegen_type type;	/* day */
	char *file;		/* below statsdir; NULL: the kind's name */
};

/* Messages: four bits for each class, .log_mask as ntpd's own. */
enum conf_log_class {
	CONF_LOG_SYS,
	CONF_LOG_PEER,
	CONF_LOG_CLOCK,
	CONF_LOG_SYNC,
	CONF_LOG_CLASS_COUNT
};

enum conf_log_type {
	CONF_LOG_INFO,
	CONF_LOG_EVENTS,
	CONF_LOG_STATUS,
	CONF_LOG_STATISTICS,
	CONF_LOG_TYPE_COUNT
};

#define CONF_LOG_BIT(class, type)	(1U << (4 * (class) + (type)))
#define CONF_LOG_ALL			0xffffU
#define CONF_LOG_DEFAULT		0xf000U		/* syncall */

/** struct conf_files - what is read and written */
struct conf_files {
	double drift_threshold;	/* s/s, see drift_is_due(); 0: every hour */
	bool is_leap_unchecked;	/* leapfile ... ignorehash */
	u32 leapsmear_s;	/* 0: leap seconds are not smeared */
	char *signd;		/* folder of Samba's socket; NULL: none */
	char *statsdir;		/* NULL: unset */
	struct conf_filegen filegen[CONF_STATS_COUNT];
	u32 log_mask;		/* CONF_LOG_BIT() */
};

/** struct conf_setvar - a variable of the administrator's, directive setvar */
struct conf_setvar {
	char *name;
	char *value;
	bool is_default;	/* told to who asks for none by name */
};

/** struct conf - all of it */
struct conf {
	struct conf_assoc *assoc;
	size_t assoc_n;
	struct conf_nic *nic;
	size_t nic_n;
	struct conf_hwtimestamp *hwtimestamp;
	size_t hwtimestamp_n;
	struct conf_restrict *restricts;	/* in the order of the file */
	size_t restrict_n;
	struct conf_keys keys;
	struct conf_limits limits;
	struct conf_enabled enabled;
	struct conf_modes modes;
	struct conf_tos tos;
	struct conf_tinker tinker;
	struct conf_files files;
	char *driftfile;		/* NULL: none */
	char *logfile;			/* NULL: none */
	char *pidfile;
	char *leapfile;
	struct conf_setvar *setvar;
	size_t setvar_n;
	int dscp;			/* 0..63 of packets sent, -1: unset */
	bool has_names;			/* some association needs DNS */
	unsigned int ignored_n;		/* directives without effect */
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
 * enum conf_grammar - what becomes of a line that is wrong
 * @CONF_STRICT: the configuration is refused
 * @CONF_COMPAT: as with ntpd, the line counts up to the word that is wrong, and
 *	there is a warning; what it loses may be a key or a rule's flags
 */
enum conf_grammar {
	CONF_STRICT,
	CONF_COMPAT,
};

/**
 * conf_load() - read a configuration and the files it includes
 * @path: file, such as /etc/ntp.conf
 * @grammar: how wrong lines are taken
 * @conf: result, for conf_free(); NULL on failure
 * @report: told of every problem, all errors and not just the first
 *
 * Return: 0 (there may have been notes and warnings); -EINVAL if there were
 * errors; -ENOMEM; or the negative errno that @path could not be read for,
 * which has been reported, too.
 */
int conf_load(const char *path, enum conf_grammar grammar, struct conf **conf,
	      conf_report_fn report, void *arg);

/**
 * conf_parse() - read a configuration from memory, see conf_load()
 * @text: @len octets, any octets
 * @name: stands for the file name in messages
 */
int conf_parse(const char *text, size_t len, const char *name,
	       enum conf_grammar grammar, struct conf **conf,
	       conf_report_fn report, void *arg);

/**
 * conf_check() - report what will not work though it is right as it stands
 *
 * Such as keys that nothing is trusted by. For who looks at a configuration
 * before it is used; those that use it tell when it comes to that.
 */
void conf_check(struct conf *conf, conf_report_fn report, void *arg);

/**
 * conf_clients() - how many recent clients a configuration wants remembered
 * Return: 64 to 1048576, or 0 where it does not say.
 */
u32 conf_clients(const struct conf_mru *mru);

/** conf_stats_name() - name of a kind of statistics, such as loopstats */
const char *conf_stats_name(enum conf_stats kind);

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
 * conf_hwtimestamp() - the line hwtimestamp for an interface
 * @ifname: interface; its own line goes before that of all
 * Return: the line, or NULL.
 */
const struct conf_hwtimestamp *conf_hwtimestamp(const struct conf *conf,
						const char *ifname);

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
