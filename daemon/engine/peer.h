/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef PEER_H
#define PEER_H

#include <stdbool.h>

#include "daemon/conf/conf.h"
#include "daemon/engine/auth.h"
#include "daemon/engine/xclient.h"
#include "daemon/engine/xleave.h"
#include "daemon/io/loop.h"
#include "daemon/io/net.h"
#include "daemon/io/sent.h"
#include "daemon/sync/filter.h"
#include "daemon/sync/select.h"
#include "kmod/core/packet.h"
#include "kmod/core/sysvars.h"

struct assoc;

/** enum peer_mode - how a remote is spoken with */
enum peer_mode {
	PEER_CLIENT,		/* asked, in mode 3 */
	PEER_REFCLOCK,		/* no remote at all */
	PEER_ACTIVE,		/* symmetric, in mode 1 when it is time */
	PEER_PASSIVE,		/* symmetric, in mode 2 whenever it speaks */
	PEER_LISTENER,		/* its broadcasts are listened to */
};

/** enum peer_check - what is to be held of a packet */
enum peer_check {
	PEER_GOOD,
	/* Not an answer to our request: as if it had not come. */
	PEER_BAD_LENGTH,
	PEER_BAD_MODE,
	PEER_BAD_VERSION,
	PEER_BAD_ORIGIN,	/* not our transmit stamp: forged or stale */
	PEER_BAD_AUTH,		/* not signed as agreed */
	PEER_DUPLICATE,		/* came before, or an older one did later */
	/* An answer, but no time: */
	PEER_KISS,		/* a kiss-o'-death or another stratum 0 code */
	PEER_NAK,		/* it does not accept our key */
	PEER_UNSYNC,		/* leap 3 or no stratum */
	PEER_BAD_STRATUM,	/* above 15 */
	PEER_BAD_ROOT,		/* root delay and dispersion beyond reason */
	PEER_BAD_STAMP,		/* no transmit or receive stamp, or in disorder */
	PEER_CHECK_COUNT,
};

/** enum peer_fitness - may a peer be selected, or why not */
enum peer_fitness {
	PEER_FIT,
	PEER_UNREACHABLE,
	PEER_UNFIT_UNSYNC,	/* it says that it has no time */
	PEER_UNFIT_BOGUS,	/* stratum, root or stamps cannot be */
	PEER_UNFIT_SAMPLES,	/* too few of them yet */
	PEER_UNFIT_STRATUM,	/* beyond tos floor, tos ceiling */
	PEER_UNFIT_DISTANCE,	/* root distance beyond tos maxdist */
	PEER_UNFIT_LOOP,	/* it follows this host, or is it */
	PEER_UNFIT_DENIED,	/* kiss-o'-death DENY or RSTR */
	PEER_UNFIT_NOSELECT,	/* as configured */
	PEER_UNFIT_AUTH,	/* it does not accept our key */
};

/** struct peer_request - what a reply has to fit to */
struct peer_request {
	ntp_ts_t xmt;		/* transmit stamp of the request, not 0 */
	ntp_ts_t rec;		/* its receive stamp; 0: it was basic */
	u8 version;
	u32 keyid;		/* it was signed with; 0: it was not */
	const struct ntp_key *key;	/* the same, NULL: not to be had */
	struct ntp_addr to;
};

/** struct peer_reading - what a reference clock says, see peer_clock_ops */
struct peer_reading {
	double offset;		/* its time less the system clock's */
	double disp;		/* bound on its error */
	u8 stratum;		/* of the driver, the server's is one more */
	u8 leap;
	u32 refid;
	bool is_free;		/* it is the system clock itself */
	char text[64];		/* of the driver's, for clockstats */
};

struct peer_clock;

/** struct peer_clock_ops - drivers of reference clocks, as the engine asks */
struct peer_clock_ops {
	/* Return: 0, or a negative errno, which was logged. */
	int (*open)(const struct conf_assoc *conf, struct peer_clock **clock);
	/* Return: 0, or a negative errno where there is no time now. */
	int (*read)(struct peer_clock *clock, struct peer_reading *reading);
	void (*close)(struct peer_clock *clock);
};

/** struct peer_symmetric - both stamps of a symmetric association */
struct peer_symmetric {
	ntp_ts_t xmt;			/* as we sent it last; 0: used up */
	struct xleave_stamp sent;	/* when that was, by our own clock */
	ntp_ts_t org;			/* transmit stamp of what came last */
	ntp_ts_t rec;			/* when that was */
	s8 poll;			/* the other side's poll exponent */
	struct xleave xleave;
	struct sent stamp;		/* the kernel's of what was sent last */
};

/** struct peer_broadcast - what a listener knows of a broadcast server */
struct peer_broadcast {
	ntp_ts_t xmt;			/* of the last broadcast */
	double when;			/* it was heard */
	struct xleave_stamp came;	/* the same time */
	unsigned int epoch;		/* clock_epoch() then */
	double delay;			/* of one from there to here, s */
	double trip;			/* there and back, s */
	double lag;			/* from its stamp until it left, s */
	bool is_interleaved;		/* .lag is known */
	bool has_lag;			/* .delay counts the lag, too */
};

/** struct peer - one remote, or reference clock, that is polled */
struct peer {
	struct peer *next;		/* of the same association */
	struct assoc *assoc;
	enum peer_mode mode;
	struct peer_symmetric sym;	/* PEER_ACTIVE, PEER_PASSIVE */
	struct peer_broadcast bc;	/* PEER_LISTENER, and on the way there */
	struct xclient xclient;		/* PEER_CLIENT */
	struct addr_end addr;
	char text[ADDR_TEXT_MAX];	/* address or clock, for people */
	struct peer_clock *clock;	/* NULL: a remote server */
	bool is_free;			/* undisciplined local clock */

	/* poll process */
	struct loop_timer timer;
	struct net_client *client;	/* request on its way, or NULL */
	ntp_ts_t xmt;			/* its transmit stamp, random bits */
	ntp_ts_t rec;			/* likewise, if it is interleaved */
	unsigned int epoch;		/* clock_epoch() as it was sent */
	bool is_answered;		/* the last one sent was answered */
	bool is_missed;			/* or it is known that it will not be */
	s8 hpoll;
	s8 floor_poll;			/* by RATE: not below this one */
	unsigned int again;		/* polls until one may be made sooner */
	int growth;			/* hysteresis of the poll exponent */
	u8 reach;
	unsigned int unreach;		/* polls without an answer */
	unsigned int unwanted;		/* polls that it was not selected at */
	unsigned int burst;		/* packets left in a burst */

	/* peer process */
	struct ntp_packet pkt;		/* last valid one */
	struct filter filter;
	double last;			/* when the last sample was taken */
	double disp;			/* error of its stamps */
	double delay;			/* of the last sample */
	unsigned int samples;
	bool is_new;			/* what they say was not acted upon */
	enum peer_check last_check;
	enum auth_result told_auth;	/* AUTH_GOOD: nothing */
	bool is_denied;
	bool is_loop;
	u64 sent;
	u64 received;
	u64 check[PEER_CHECK_COUNT];

	/* system process */
	enum peer_fitness fitness;
	enum select_status status;
	unsigned int ahead;		/* see struct select_source */
	bool is_judged;			/* the members below are set */
	bool told_false;		/* as the log has it: a falseticker */
	unsigned int otherwise;		/* .samples when it ceased to; or 0 */
	bool told_unreachable;
	enum peer_fitness told_fitness;
	u8 event;			/* the last one, stats.h */
	u8 event_n;			/* number of them, up to 15 */
};

/**
 * peer_new() - mobilise
 * @addr: remote; unused for reference clocks
 * Return: NULL without memory or where the clock's driver refused.
 */
struct peer *peer_new(struct assoc *assoc, const struct addr_end *addr);

/** peer_free() - demobilise; NULL is fine */
void peer_free(struct peer *peer);

/** peer_set_clock_ops() - who drives reference clocks; NULL: nobody */
void peer_set_clock_ops(const struct peer_clock_ops *ops);

/**
 * peer_check_reply() - RFC 5905 section 8, on-wire protocol
 * @pkt: the reply taken apart, from PEER_BAD_ORIGIN on; an interleaved one if
 *	its origin stamp is the request's receive stamp
 * @req: the request
 * @auth: what its MAC is worth, where the result is PEER_BAD_AUTH
 */
enum peer_check peer_check_reply(struct ntp_packet *pkt, const u8 *buf,
				 size_t len, const struct peer_request *req,
				 enum auth_result *auth);

/**
 * peer_check_header() - may the time of a packet be used? (section 8, too)
 * @pkt: any mode, its stamps are not looked at
 * Return: PEER_GOOD, PEER_KISS, PEER_UNSYNC, PEER_BAD_STRATUM, PEER_BAD_ROOT.
 */
enum peer_check peer_check_header(const struct ntp_packet *pkt);

/**
 * peer_is_signed() - is a packet of this remote signed as it has to be?
 * @buf: its octets
 * @auth: what its MAC is worth
 *
 * With the key of the association; where that has none, with any trusted key of
 * the remote's, or not at all.
 */
bool peer_is_signed(const struct peer *peer, const struct ntp_packet *pkt,
		    const u8 *buf, enum auth_result *auth);

/** peer_tell_auth() - log once why its packets are not believed */
void peer_tell_auth(struct peer *peer, enum auth_result auth);

/**
 * peer_heard() - a packet came that is the remote's, with time or without
 * @pkt: the packet; NULL where it shall not be remembered
 * @check: PEER_GOOD, or from PEER_KISS on
 */
void peer_heard(struct peer *peer, const struct ntp_packet *pkt,
		enum peer_check check);

/** peer_take() - a sample for the filter; whoever calls then updates the system */
void peer_take(struct peer *peer, const struct filter_sample *s);

/** peer_got() - a reply, error or timeout, see net_client_fn */
void peer_got(struct net_client *client, const struct net_reply *reply,
	      int err, void *arg);

/** peer_read_clock() - poll a reference clock */
void peer_read_clock(struct peer *peer);

/** peer_restart() - forget all samples, measure anew in a burst */
void peer_restart(struct peer *peer);

/** peer_stepped() - the system clock was set forward by @delta on purpose */
void peer_stepped(struct peer *peer, double delta);

/** peer_stratum() - of the remote, or of the driver */
unsigned int peer_stratum(const struct peer *peer);

/** peer_rootdelay() - root delay of a clock that follows this peer, s */
double peer_rootdelay(const struct peer *peer);

/** peer_rootdisp() - root dispersion likewise, at @now, s */
double peer_rootdisp(const struct peer *peer, double now);

/**
 * peer_rootdisp_known() - the same where the local oscillator is known
 *
 * RFC 5905 lets a dispersion grow by PHI, as nothing is known of the oscillator.
 * The filter does know, as long as samples come as they are due: it says how
 * sure it is of the offset at any time. That bounds the error, not the jitter of
 * single samples. Where one is missing, or was not as expected, PHI has it.
 */
double peer_rootdisp_known(const struct peer *peer, double now);

/** peer_drift_known() - growth of that in the next @interval seconds, s/s */
double peer_drift_known(const struct peer *peer, double now, double interval);

/** peer_rootdist() - bound on the error of this peer's offset at @now, s */
double peer_rootdist(const struct peer *peer, double now);

/** peer_judge() - may it be selected, by what it said and by tos? */
enum peer_fitness peer_judge(const struct peer *peer,
			     const struct conf_tos *tos, double now);

/** peer_fitness_name() - why it can not be selected, for people */
const char *peer_fitness_name(enum peer_fitness fitness);

#endif
