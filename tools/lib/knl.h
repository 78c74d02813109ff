/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef KNL_H
#define KNL_H

#include <net/if.h>
#include <uapi/linux/kntp.h>

#include "kmod/core/acl.h"
#include "kmod/core/key.h"
#include "kmod/core/rate.h"
#include "kmod/core/reason.h"

/*
 * Client of the module's generic netlink family, for the daemon and the tools.
 * Plain data on this side, attributes on the other. All functions act on the
 * network namespace that the handle was opened in, and return 0 or a negative
 * errno with a sentence in knl_error(): -ENOENT where the module is not
 * loaded, -EPERM where CAP_NET_ADMIN is missing. Not thread safe.
 */
struct knl;

/** struct knl_clock - served clock state; KNTP_A_CLOCK_* of the same names */
struct knl_clock {
	uint8_t leap;
	uint8_t stratum;
	int8_t precision;
	uint32_t refid;			/* host order */
	uint64_t reftime_ns;		/* since 1970 UTC, 0 for never */
	uint64_t rootdelay_ns;
	uint64_t rootdisp_ns;
	uint32_t drift_ppb;
	uint32_t validity_ms;
	uint64_t age_ns;		/* got only, as the next one */
	enum kntp_state state;
	uint32_t smear_interval_s;	/* 0: no leap second is smeared */
	uint64_t smear_end_s;		/* by the clock, since 1970 UTC */
	int64_t smear_left_ns;		/* until then */
};

/** struct knl_dev - a served device; KNTP_A_DEV_* of the same names */
struct knl_dev {
	uint32_t ifindex;		/* 0: by name */
	char ifname[IF_NAMESIZE];
	enum kntp_hook hook;
	uint32_t phc;			/* N of /dev/ptpN, or KNTP_PHC_NONE */
	uint32_t stamping;		/* 1 << KNTP_STAMP_FLAG_* */
	int32_t rx_comp_ns;
	int32_t tx_comp_ns;
	char rx_stamp[16];		/* got only, as all that follows */
	uint64_t requests;
	uint64_t replies;
	uint64_t rx_hardware;		/* receive stamps */
	uint64_t rx_driver;
	uint64_t rx_clock;
	uint64_t rx_refused;
	uint64_t tx_asked;		/* transmit stamps */
	uint64_t tx_hardware;
	uint64_t tx_driver;
	uint64_t tx_late;
	uint64_t tx_refused;
	uint64_t tx_missing;
	uint64_t tx_lost;
	bool has_tx_delay;
	int64_t tx_delay_ns;
	uint64_t tx_spread_ns;
};

/** struct knl_phc - the line of a PHC; KNTP_A_PHC_* of the same names */
struct knl_phc {
	uint32_t index;			/* N of /dev/ptpN */
	uint64_t time_ns;
	int64_t real_ns;
	int32_t rate;			/* 2^-16 ppm: d(real)/d(time) - 1 */
	uint32_t error_ns;		/* standard deviation */
	uint32_t drift_ppb;
	int64_t mono_offset_ns;
	uint32_t validity_ms;
	uint64_t age_ns;		/* got only, as all that follows */
	enum kntp_phc_state state;
	uint64_t uses;
	uint64_t refused;
};

/** struct knl_stats - the namespace's counters */
struct knl_stats {
	uint64_t requests;
	uint64_t stamp_driver;
	uint64_t stamp_clock;
	uint64_t stamp_hardware;
	uint64_t interleaved;
	uint64_t reason[NTP_REASON_COUNT];
};

/** struct knl_client - a recent client, ages in ns */
struct knl_client {
	struct ntp_addr addr;
	uint16_t port;
	uint8_t version;
	uint8_t mode;
	uint64_t count;
	uint64_t last_ns;
	uint64_t first_ns;
	uint64_t interval_ns;
	char rx_stamp[16];		/* of the last reply, as is_interleaved */
	bool is_interleaved;
};

/** struct knl_restrict - a rule in force */
struct knl_restrict {
	struct ntp_acl_rule rule;
	uint64_t hits;
};

/** struct knl_key - a symmetric key */
struct knl_key {
	uint32_t id;
	enum kntp_key_type type;
	bool is_trusted;
	const uint8_t *secret;		/* given only, @secret_len octets */
	size_t secret_len;
	struct ntp_key_peer peer[NTP_KEY_PEERS_MAX];
	size_t peer_n;			/* 0: all hosts */
};

/** struct knl_server - limits and other properties of the server */
struct knl_server {
	struct ntp_rate_limits limits;
	bool send_nak;
	bool is_staged;			/* got only: somebody prepares another */
	uint32_t clients;		/* recent ones remembered; 0: by the */
					/* module's parameter clients_max */
};

/** enum knl_event_type - what an event tells */
enum knl_event_type {
	KNL_EVENT_LOADED,	/* the module came */
	KNL_EVENT_UNLOADED,	/* the module went */
	KNL_EVENT_CLOCK,	/* .clock */
	KNL_EVENT_DEV_ADD,	/* .dev: served from now on, or changed */
	KNL_EVENT_DEV_DEL,	/* .dev: not served any more */
	KNL_EVENT_CONFIG,	/* rules, keys or limits changed */
	KNL_EVENT_LOST,		/* the socket overflowed: look at everything */
};

struct knl_event {
	enum knl_event_type type;
	union {
		struct knl_clock clock;
		struct knl_dev dev;
	};
};

/**
 * knl_open() - make a handle
 * @knl: the handle, to be closed by knl_close(); NULL on failure
 *
 * Succeeds without the module, too: calls find the family when they need it,
 * also after the module was reloaded.
 *
 * Return: 0, or a negative errno where netlink itself is not to be had.
 */
int knl_open(struct knl **knl);

/** knl_close() - end a handle; NULL is fine */
void knl_close(struct knl *knl);

/**
 * knl_error() - why the last call failed
 * Return: one line without a full stop, the kernel's extack text if it gave
 * one; valid until the next call.
 */
const char *knl_error(const struct knl *knl);

/**
 * knl_note() - what the kernel says about the last call, though it succeeded
 * Return: one line without a full stop, empty where there is nothing to be
 * said; valid until the next call.
 */
const char *knl_note(const struct knl *knl);

/** knl_is_loaded() - is the family registered? Return: 1, 0, or -errno */
int knl_is_loaded(struct knl *knl);

/** knl_clock_get() - the clock state, aged to now */
int knl_clock_get(struct knl *knl, struct knl_clock *clock);

/** knl_clock_set() - replace the clock state */
int knl_clock_set(struct knl *knl, const struct knl_clock *clock);

/**
 * knl_dev_each() - walk over the served devices
 * @each: called for each one; what is not 0 ends the walk and is returned
 */
int knl_dev_each(struct knl *knl,
		 int (*each)(const struct knl_dev *dev, void *arg), void *arg);

/** knl_dev_add() - serve a device; -EEXIST if it is served already */
int knl_dev_add(struct knl *knl, const struct knl_dev *dev);

/** knl_dev_set() - change how a device is served; -ENODEV if it is not */
int knl_dev_set(struct knl *knl, const struct knl_dev *dev);

/** knl_dev_del() - stop serving a device; -ENODEV if it is not served */
int knl_dev_del(struct knl *knl, const struct knl_dev *dev);

/**
 * knl_dev_stamp() - say which stamps of its NIC a device is served with
 * @dev: phc, stamping, rx_comp_ns and tx_comp_ns; -ENODEV if it is not served
 */
int knl_dev_stamp(struct knl *knl, const struct knl_dev *dev);

/** knl_phc_each() - walk over the lines of PHCs, see knl_dev_each() */
int knl_phc_each(struct knl *knl,
		 int (*each)(const struct knl_phc *phc, void *arg), void *arg);

/**
 * knl_phc_set() - replace the line of a PHC
 * @phc: the line; -ESTALE where the system clock was set since it was read
 */
int knl_phc_set(struct knl *knl, const struct knl_phc *phc);

/** knl_phc_del() - forget the line of a PHC; -ENODATA if there is none */
int knl_phc_del(struct knl *knl, uint32_t index);

/** knl_stats_get() - read the counters */
int knl_stats_get(struct knl *knl, struct knl_stats *stats);

/** knl_stats_reset() - count from zero */
int knl_stats_reset(struct knl *knl);

/** knl_client_each() - walk over recent clients, see knl_dev_each() */
int knl_client_each(struct knl *knl,
		    int (*each)(const struct knl_client *client, void *arg),
		    void *arg);

/**
 * knl_config_begin() - begin a configuration: no rules, no keys, defaults
 *
 * Rules, keys and properties that are set from now on are of the new
 * configuration, which knl_config_commit() puts in force as a whole. Without
 * this each call changes what is in force.
 */
int knl_config_begin(struct knl *knl);

/** knl_config_commit() - put the configuration that was begun in force */
int knl_config_commit(struct knl *knl);

/** knl_server_get() - limits and other properties in force */
int knl_server_get(struct knl *knl, struct knl_server *server);

/** knl_server_set() - set limits and other properties */
int knl_server_set(struct knl *knl, const struct knl_server *server);

/** knl_restrict_each() - walk over the rules in force, see knl_dev_each() */
int knl_restrict_each(struct knl *knl,
		      int (*each)(const struct knl_restrict *r, void *arg),
		      void *arg);

/** knl_restrict_add() - add @n rules, or give them other flags */
int knl_restrict_add(struct knl *knl, const struct ntp_acl_rule *rule,
		     size_t n);

/** knl_restrict_del() - delete a rule; -ENODATA if there is none */
int knl_restrict_del(struct knl *knl, const struct ntp_acl_rule *rule);

/** knl_key_each() - walk over the keys in force, see knl_dev_each() */
int knl_key_each(struct knl *knl,
		 int (*each)(const struct knl_key *key, void *arg), void *arg);

/** knl_key_add() - add or replace a key */
int knl_key_add(struct knl *knl, const struct knl_key *key);

/** knl_key_del() - delete a key; -ENODATA if there is none of the identifier */
int knl_key_del(struct knl *knl, uint32_t id);

/**
 * knl_event_open() - subscribe to the module's events and its coming and going
 * Return: a non-blocking descriptor to poll for reading (owned by the handle),
 * or a negative errno.
 */
int knl_event_open(struct knl *knl);

/**
 * knl_event_read() - read the events that are there
 * @each: called for each event
 * Return: 0 when none is left, or a negative errno.
 */
int knl_event_read(struct knl *knl,
		   void (*each)(const struct knl_event *event, void *arg),
		   void *arg);

/** knl_hook_name() - name of a hook: ingress, routed, input */
const char *knl_hook_name(enum kntp_hook hook);

/** knl_hook_parse() - a hook by its name. Return: the hook, or -EINVAL */
int knl_hook_parse(const char *name);

/** knl_phc_state_name() - what a line is worth: unset, valid, ... */
const char *knl_phc_state_name(enum kntp_phc_state state);

/** knl_state_name() - name of a clock state's worth: unset, unsync, ... */
const char *knl_state_name(enum kntp_state state);

#endif
