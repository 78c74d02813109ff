// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include "daemon/engine/stats.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "daemon/engine/assoc.h"
#include "daemon/engine/clock.h"
#include "daemon/engine/server.h"
#include "daemon/engine/steer.h"
#include "daemon/engine/sysstats.h"
#include "daemon/engine/system.h"
#include "daemon/io/filegen.h"
#include "tools/lib/log.h"

#define NS		1e9
#define PPM		1e-6
#define DAY_S		86400
#define HOUR_NS		(3600 * LOOP_NS_PER_S)
#define MJD_1970	40587
#define LINE_MAX_LEN	512
/* The mean of frequency changes follows the last one by this share. */
#define WANDER_SHARE	4
/* Events are counted up to this; 0 only before the first. */
#define EVENTS_MAX	15
/* Source of the system's time in its status word. */
#define SOURCE_NTP	6

static struct {
	struct filegen gen[CONF_STATS_COUNT];
	struct loop_timer hourly;
	bool is_on;		/* enable stats */
	double start;
	double told;		/* when the last sysstats was, or the start */
	bool has_freq;
	double freq;		/* at the last loopstats */
	double wander;		/* RMS of its changes */
	unsigned int events;
	enum stats_event event;	/* the last one */
} stats;

static double age(void)
{
	return clock_now() - stats.start;
}

static bool is_on(enum conf_stats kind)
{
	return stats.is_on && filegen_is_on(&stats.gen[kind]);
}

/* Day, second of the day, then what is to be told. */
__attribute__((format(printf, 2, 3)))
static void write_line(enum conf_stats kind, const char *format, ...)
{
	int64_t now_ms = clock_real_ns() / 1000000, now_s = now_ms / 1000;
	char line[LINE_MAX_LEN];
	va_list args;
	size_t used;

	used = (size_t)snprintf(line, sizeof(line), "%" PRId64 " %d.%03d ",
				now_s / DAY_S + MJD_1970, (int)(now_s % DAY_S),
				(int)(now_ms % 1000));
	va_start(args, format);
	vsnprintf(line + used, sizeof(line) - used - 1, format, args);
	va_end(args);
	used = strlen(line);
	line[used] = '\n';
	line[used + 1] = '\0';
	filegen_write(&stats.gen[kind], now_s, (int64_t)age(), line);
}

/* Address as ntpd writes it; without port, for a clock 127.127.t.u. */
static const char *name_of(const struct peer *peer, char *buf, size_t size)
{
	if (peer->clock)
		snprintf(buf, size, "127.127.%u.%u",
			 peer->assoc->conf.refclock_type,
			 peer->assoc->conf.refclock_unit);
	else
		addr_print(&peer->addr.addr, buf, size);
	return buf;
}

/* --- files --------------------------------------------------------------- */

void stats_loop(const struct combine_result *what, const struct peer *syspeer)
{
	double freq_sd, freq = steer_freq(&freq_sd);
	double change = stats.has_freq ? freq - stats.freq : 0;

	stats.has_freq = true;
	stats.freq = freq;
	stats.wander = sqrt(stats.wander * stats.wander +
			    (change * change - stats.wander * stats.wander) /
			    WANDER_SHARE);
	if (is_on(CONF_STATS_LOOP))
		write_line(CONF_STATS_LOOP, "%.9f %.3f %.9f %.6f %d",
			   what->offset, freq / PPM, what->jitter,
			   stats.wander / PPM, syspeer->hpoll);
}

void stats_peer(const struct peer *peer)
{
	char name[ADDR_TEXT_MAX];
	struct filter_estimate est;
	double now = clock_now();

	if (!is_on(CONF_STATS_PEER))
		return;
	filter_estimate(&peer->filter, now, &est);
	write_line(CONF_STATS_PEER, "%s %x %.9f %.9f %.9f %.9f",
		   name_of(peer, name, sizeof(name)), stats_peer_status(peer),
		   peer->is_free ? 0 : est.offset - clock_phase(now), est.delay,
		   peer->disp + fmin(est.offset_sd, 16), est.jitter);
}

/* A reference identifier as text: a name, an address, or a hash of one. */
static void print_refid(const struct ntp_packet *pkt, char *buf, size_t size)
{
	u8 octet[4] = { pkt->refid >> 24, pkt->refid >> 16, pkt->refid >> 8,
			pkt->refid };
	size_t n = 0;

	if (pkt->stratum > 1) {
		snprintf(buf, size, "%u.%u.%u.%u", octet[0], octet[1],
			 octet[2], octet[3]);
		return;
	}
	*buf++ = '.';
	for (size_t i = 0; i < sizeof(octet) && octet[i]; i++)
		buf[n++] = octet[i] > ' ' && octet[i] < 0x7f ?
			   (char)octet[i] : '?';
	buf[n++] = '.';
	buf[n] = '\0';
}

static const char *print_stamp(ntp_ts_t ts, char *buf, size_t size)
{
	u64 fraction = ((ts.v & 0xffffffff) * 1000000000 + (1U << 31)) >> 32;
	u64 second = (ts.v >> 32) + fraction / 1000000000;

	snprintf(buf, size, "%" PRIu64 ".%09" PRIu64, second & 0xffffffff,
		 fraction % 1000000000);
	return buf;
}

void stats_raw(const struct peer *peer, const struct ntp_packet *pkt,
	       const struct ntp_addr *local, int64_t dst_ns)
{
	char name[ADDR_TEXT_MAX], mine[ADDR_TEXT_MAX] = "-", stamp[4][24];
	char refid[16];

	if (!is_on(CONF_STATS_RAW))
		return;
	if (local)
		addr_print(local, mine, sizeof(mine));
	print_refid(pkt, refid, sizeof(refid));
	write_line(CONF_STATS_RAW,
		   "%s %s %s %s %s %s %d %d %d %d %d %d %.6f %.6f %s",
		   name_of(peer, name, sizeof(name)), mine,
		   print_stamp(pkt->org, stamp[0], sizeof(stamp[0])),
		   print_stamp(pkt->rec, stamp[1], sizeof(stamp[1])),
		   print_stamp(pkt->xmt, stamp[2], sizeof(stamp[2])),
		   print_stamp(ntp_lfp_from_unix(dst_ns), stamp[3],
			       sizeof(stamp[3])),
		   pkt->leap, pkt->version, pkt->mode, pkt->stratum, pkt->poll,
		   pkt->precision, ntp_lfp_short_ns(pkt->rootdelay) / NS,
		   ntp_lfp_short_ns(pkt->rootdisp) / NS, refid);
}

void stats_clock(const struct peer *peer, const char *text)
{
	char name[ADDR_TEXT_MAX];

	if (peer->assoc->conf.fudge_flag[3] && is_on(CONF_STATS_CLOCK))
		write_line(CONF_STATS_CLOCK, "%s %s",
			   name_of(peer, name, sizeof(name)), text);
}

/* Once an hour: seconds since the last line, and what came in them. */
static void write_system(void)
{
	char text[256];
	double now = clock_now();

	sysstats_print(text, sizeof(text));
	write_line(CONF_STATS_SYS, "%.0f %s", now - stats.told, text);
	stats.told = now;
}

static void hourly(void *arg)
{
	loop_timer_in(&stats.hourly, HOUR_NS);
	if (is_on(CONF_STATS_SYS))
		write_system();
	if (log_has_kind(LOG_KIND_SYS_STATISTICS))
		server_report();
}

/* --- events -------------------------------------------------------------- */

u16 stats_peer_status(const struct peer *peer)
{
	static const u8 selection[] = {
		[SELECT_REJECT] = 0, [SELECT_FALSETICKER] = 1,
		[SELECT_EXCESS] = 2, [SELECT_OUTLIER] = 3,
		[SELECT_SURVIVOR] = 4, [SELECT_SYSPEER] = 6,
	};
	unsigned int is_keyed = peer->assoc->conf.key != 0;

	/* What is signed by another key, or not, is no packet of its. */
	return (u16)(1U << 15 | is_keyed << 14 |
		     (is_keyed && peer->received) << 13 |
		     (peer->reach != 0) << 12 |
		     (peer->assoc->conf.kind == CONF_BROADCAST) << 11 |
		     selection[peer->status] << 8 |
		     peer->event_n << 4 | peer->event);
}

u16 stats_status(void)
{
	const struct peer *syspeer = system_peer();
	const struct ntp_sysvars *vars = system_vars();
	unsigned int leap = vars->is_set ? vars->leap : NTP_LEAP_UNSYNC;
	unsigned int source = 0;

	if (syspeer && syspeer->is_free)
		source = 5;
	else if (syspeer)
		source = syspeer->clock ? 1 : SOURCE_NTP;
	return (u16)(leap << 14 | source << 8 |
		     stats.events << 4 | stats.event);
}

void stats_peer_event(struct peer *peer, enum stats_peer_event event,
		      const char *text)
{
	static const char *const names[] = {
		"", "mobilize", "demobilize", "unreachable", "reachable",
		"restart", "no_reply", "rate_exceeded", "access_denied",
		"leap_armed", "sys_peer", "clock_event", "bad_auth", "popcorn",
	};
	char name[ADDR_TEXT_MAX];

	peer->event = event;
	if (peer->event_n < EVENTS_MAX)
		peer->event_n++;
	name_of(peer, name, sizeof(name));
	log_notice_of(peer->clock ? LOG_KIND_CLOCK_EVENTS :
				    LOG_KIND_PEER_EVENTS,
		      "%s %04x 8%x %s%s%s", name, stats_peer_status(peer),
		      event, names[event], *text ? " " : "", text);
	if (is_on(CONF_STATS_PROTO))
		write_line(CONF_STATS_PROTO, "%s %04x 8%x %s%s%s", name,
			   stats_peer_status(peer), event, names[event],
			   *text ? " " : "", text);
}

void stats_event(enum stats_event event, const char *text)
{
	static const char *const names[] = {
		"unspecified", "freq_not_set", "freq_set", "spike_detect",
		"freq_mode", "clock_sync", "restart", "panic_stop",
		"no_sys_peer", "leap_armed", "leap_disarmed", "leap_event",
		"clock_step", "kern", "TAI...", "stale leapsecond values",
	};

	stats.event = event;
	if (stats.events < EVENTS_MAX)
		stats.events++;
	log_notice_of(LOG_KIND_SYS_EVENTS, "0.0.0.0 %04x %02x %s%s%s",
		      stats_status(), event, names[event], *text ? " " : "",
		      text);
	if (is_on(CONF_STATS_PROTO))
		write_line(CONF_STATS_PROTO, "0.0.0.0 %04x %02x %s%s%s",
			   stats_status(), event, names[event],
			   *text ? " " : "", text);
}

/* --- configuration ------------------------------------------------------- */

void stats_init(void)
{
	memset(&stats, 0, sizeof(stats));
	for (int i = 0; i < CONF_STATS_COUNT; i++)
		filegen_init(&stats.gen[i]);
	loop_timer_init(&stats.hourly, hourly, NULL);
	stats.start = clock_now();
}

static enum filegen_type type_of(enum conf_filegen_type type)
{
	static const enum filegen_type types[] = {
		[CONF_FILEGEN_NONE] = FILEGEN_NONE,
		[CONF_FILEGEN_PID] = FILEGEN_PID,
		[CONF_FILEGEN_DAY] = FILEGEN_DAY,
		[CONF_FILEGEN_WEEK] = FILEGEN_WEEK,
		[CONF_FILEGEN_MONTH] = FILEGEN_MONTH,
		[CONF_FILEGEN_YEAR] = FILEGEN_YEAR,
		[CONF_FILEGEN_AGE] = FILEGEN_AGE,
	};

	return types[type];
}

void stats_apply(const struct conf *conf)
{
	bool is_any = false;

	stats.is_on = conf->enabled.stats;
	log_set_kinds(conf->files.log_mask);
	for (int i = 0; i < CONF_STATS_COUNT; i++) {
		const struct conf_filegen *f = &conf->files.filegen[i];
		struct filegen_plan plan = {
			.dir = conf->files.statsdir,
			.name = f->file ? f->file : conf_stats_name(i),
			.type = type_of(f->type),
			.is_linked = f->has_link,
			.is_enabled = f->is_enabled,
		};
		bool is_nowhere = !plan.dir && *plan.name != '/';

		is_any |= f->is_enabled && is_nowhere;
		if (filegen_plan(&stats.gen[i], is_nowhere ? NULL : &plan))
			log_error("no memory to write %s", plan.name);
	}
	if (is_any)
		log_warning("statistics are asked for, but there is no "
			    "statsdir line that says where: none are written");
	if (stats.hourly.is_armed)
		return;
	sysstats_start();
	stats.told = clock_now();
	loop_timer_in(&stats.hourly, HOUR_NS);
	stats_event(STATS_RESTART, "");
}

void stats_reopen(void)
{
	for (int i = 0; i < CONF_STATS_COUNT; i++)
		filegen_reopen(&stats.gen[i]);
}

void stats_close(void)
{
	loop_timer_cancel(&stats.hourly);
	for (int i = 0; i < CONF_STATS_COUNT; i++)
		filegen_plan(&stats.gen[i], NULL);
}
