// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "daemon/engine/assoc.h"
#include "daemon/engine/clock.h"
#include "daemon/engine/fuse.h"
#include "daemon/engine/kernel.h"
#include "daemon/engine/leap.h"
#include "daemon/engine/orphan.h"
#include "daemon/engine/leapfile.h"
#include "daemon/engine/opinion.h"
#include "daemon/engine/poll.h"
#include "daemon/engine/refid.h"
#include "daemon/engine/smear.h"
#include "daemon/engine/stats.h"
#include "daemon/engine/steer.h"
#include "daemon/engine/system.h"
#include "daemon/io/loop.h"
#include "daemon/sync/cluster.h"
#include "tools/lib/log.h"

#define NS		1e9

/*
 * The module and the kernel's clock hear from us this often, s, and what they
 * were told holds for a little more than four times that: a daemon that died
 * is noticed by its clients within 80 s, a busy one is not taken for dead.
 */
#define REFRESH_S	16
#define VALID_S		80
/* Real servers get this long before a local clock stands in, s. */
#define LOCAL_AFTER_S	40
#define LOCAL_PATIENCE_S 300
/* At the start, servers in their first burst are waited for so long, s. */
#define FIRST_WAIT_S	10
/* -q: enough is enough, s. */
#define ONCE_SETTLE_S	8
#define ONCE_LIMIT_S	30

static struct {
	struct engine_options options;
	const struct conf *conf;
	struct loop_timer refresh;
	struct ntp_sysvars vars;
	const struct peer *syspeer;
	bool is_sync;
	bool is_alone;		/* the system peer is the only one used */
	bool is_done;		/* -q has told its result */
	double start;
	double updated;		/* last time with a system peer */
	double sourced;		/* last time with a source that is no orphan */
	int64_t reftime_ns;
	double rootdelay;	/* as of .updated, like the next ones */
	double rootdisp;
	double offset_sd;	/* standard deviation of the clock's error */
	unsigned int stratum;
	u32 refid;
	unsigned int leap;
	int leap_armed;		/* seconds that the kernel may skip over */
} sys;

struct gather {
	struct select_source src[SELECT_MAX];
	size_t n;
	double now;
	bool want_free;		/* undisciplined local clocks */
	bool prefers_free;	/* one of these is there, with prefer */
	struct orphan_choice orphan;
	const struct peer *only;	/* leave out all others */
	bool is_waiting;	/* some server answers, but has to be measured */
	bool is_bursting;	/* and will be within seconds */
};

const struct ntp_sysvars *system_vars(void)
{
	return &sys.vars;
}

const struct peer *system_peer(void)
{
	return sys.syspeer;
}

const struct conf *system_conf(void)
{
	return sys.conf;
}

double system_phi(void)
{
	return sys.conf ? sys.conf->tinker.dispersion_ppm * 1e-6 :
			  NTP_SYSVARS_PHI_PPB / NS;
}

bool system_is_once(void)
{
	return sys.options.once;
}

void system_forget(const struct peer *peer)
{
	fuse_forget(peer);
	if (sys.syspeer == peer)
		sys.syspeer = NULL;
}

/* --- which peers may take part ------------------------------------------ */

/* Who does not answer is told by the poll process. */
static void tell_fitness(struct peer *peer)
{
	bool is_news = peer->fitness == PEER_UNFIT_UNSYNC ||
		       peer->fitness == PEER_UNFIT_BOGUS ||
		       peer->fitness == PEER_UNFIT_STRATUM ||
		       peer->fitness == PEER_UNFIT_DISTANCE;

	if (is_news && peer->fitness != peer->told_fitness)
		log_notice("%s %s: not used", peer->text,
			   peer_fitness_name(peer->fitness));
	if (is_news || peer->fitness == PEER_FIT)
		peer->told_fitness = peer->fitness;
}

static void gather_peer(struct peer *peer, void *arg)
{
	struct gather *g = arg;
	const struct conf_assoc *conf = &peer->assoc->conf;
	struct filter_estimate est = { 0 };
	struct select_source *s;
	unsigned int ahead = peer->ahead;

	peer->ahead = 0;
	peer->fitness = peer_judge(peer, &sys.conf->tos, g->now);
	peer->status = SELECT_REJECT;
	tell_fitness(peer);
	if (peer->fitness == PEER_UNFIT_SAMPLES) {
		g->is_waiting = true;
		g->is_bursting |= peer->burst > 0;
	}
	g->prefers_free |= peer->is_free && conf->prefer;
	if (peer != g->only && (g->only || orphan_is(&sys.conf->tos, peer))) {
		if (peer->fitness == PEER_FIT && !g->only)
			orphan_consider(&g->orphan, &sys.conf->tos, peer);
		return;
	}
	if (peer->fitness != PEER_FIT || peer->is_free != g->want_free ||
	    g->n == SELECT_MAX)
		return;
	if (!peer->is_free) {
		filter_estimate(&peer->filter, g->now, &est);
		est.offset -= clock_phase(g->now);
	}
	s = &g->src[g->n++];
	*s = (struct select_source){
		.offset = est.offset,
		.offset_sd = est.offset_sd,
		.freq = est.freq,
		.freq_sd = est.freq_sd,
		.wander = est.wander,
		.dist = fmax(peer_rootdist(peer, g->now),
			     sys.conf->tos.mindist_s),
		.jitter = fmax(est.jitter, ldexp(1, clock_precision())),
		.delay = peer_rootdelay(peer),
		.root_disp = ntp_lfp_short_ns(peer->pkt.rootdisp) / NS,
		.stratum = peer_stratum(peer),
		.prefer = conf->prefer,
		.is_true = conf->is_true,
		.was_syspeer = peer == sys.syspeer,
		.is_new = peer->is_new,
		.ahead = ahead,
		.status = SELECT_SURVIVOR,
		.owner = peer,
	};
}

/* --- what is said about it ---------------------------------------------- */

static void tell_status(const char *line)
{
	if (sys.options.status)
		sys.options.status(line, sys.options.arg);
}

static void tell_sync(const struct peer *peer, const struct peer *was)
{
	char line[160];

	snprintf(line, sizeof(line), "synchronised to %s, stratum %u",
		 peer->text, sys.stratum);
	tell_status(line);
	if (peer == was)
		return;
	log_notice_of(LOG_KIND_SYNC_STATUS,
		      "%s; root delay %.3f ms, root dispersion %.3f ms", line,
		      sys.rootdelay * 1e3, sys.rootdisp * 1e3);
}

static void tell_lost(void)
{
	if (!sys.syspeer || !sys.is_sync)
		return;
	log_warning("no server to follow any more (%s %s): the clock runs on, "
		    "its root dispersion grows", sys.syspeer->text,
		    sys.syspeer->fitness == PEER_FIT ? "is contradicted" :
		    peer_fitness_name(sys.syspeer->fitness));
	stats_event(STATS_NO_PEER, "");
	tell_status("no server answers, running on");
}

/* --- system variables ---------------------------------------------------- */

/* Root dispersion now: it grows, whether somebody is followed or not. */
static double rootdisp_now(double now)
{
	struct filter_estimate est;
	double disp;

	if (!sys.syspeer)
		return sys.rootdisp + system_phi() * (now - sys.updated);
	disp = steer_is_settled() ? peer_rootdisp_known(sys.syspeer, now) :
				    peer_rootdisp(sys.syspeer, now);
	if (sys.syspeer->is_free)
		return disp;
	/* What is not slewed away yet, or never will be. */
	filter_estimate(&sys.syspeer->filter, now, &est);
	disp += fabs(est.offset - clock_phase(now));
	/* A sample that was put aside may be right: nobody else says no. */
	return disp + (sys.is_alone ? fabs(sys.syspeer->filter.suspect) : 0);
}

/*
 * Growth of the root dispersion until it is told the next time. Deviations grow
 * faster the older they are: over the whole of it, a line lies above them.
 */
static u32 drift_ppb(double now)
{
	if (!sys.syspeer || !steer_is_settled())
		return (u32)ceil(system_phi() * NS);
	return (u32)ceil(peer_drift_known(sys.syspeer, now, REFRESH_S) * NS);
}

static void publish(double now)
{
	double disp = rootdisp_now(now);

	if (sys.is_sync && disp >= sys.conf->tos.maxdist_s) {
		sys.is_sync = false;
		log_error("the clock is unsynchronised: its root dispersion "
			  "reached %.3f s%s", disp, sys.syspeer ? "" :
			  ", and no server answers");
		tell_status("unsynchronised");
	}
	sys.vars = (struct ntp_sysvars){
		.leap = sys.is_sync ? sys.leap : NTP_LEAP_UNSYNC,
		.stratum = sys.is_sync ? sys.stratum : NTP_STRATUM_UNSYNC,
		.precision = clock_precision(),
		.is_set = true,
		.refid = sys.is_sync ? sys.refid : refid_from_text("INIT"),
		.drift_ppb = drift_ppb(now),
		.reftime = ntp_lfp_from_unix(sys.reftime_ns),
		.rootdelay = ntp_lfp_short((u64)(sys.rootdelay * NS)),
		.rootdisp_ns = (u64)(fmin(disp, 16) * NS),
		.given_ns = (u64)loop_now_ns(),
		.valid_ns = (u64)(VALID_S * NS),
	};
	if (!sys.reftime_ns)
		sys.vars.reftime.v = 0;
	smear_plan(&sys.vars.smear, sys.conf->files.leapsmear_s, sys.leap,
		   sys.vars.given_ns, clock_real_ns());
	if (!sys.options.once)
		clock_status(sys.is_sync, sys.leap, sys.rootdelay / 2 + disp,
			     sys.offset_sd);
	kernel_clock(&sys.vars, sys.reftime_ns, (u64)(sys.rootdelay * NS));
}

static void vote_leap(const struct gather *g)
{
	struct leap_vote vote = { 0 };
	int64_t now_s = clock_real_ns() / LOOP_NS_PER_S;
	unsigned int was = sys.leap;

	for (size_t i = 0; i < g->n; i++) {
		const struct peer *peer = g->src[i].owner;

		if (g->src[i].status >= SELECT_SURVIVOR)
			leap_vote_add(&vote, peer->pkt.leap);
	}
	if (!leapfile_decide(now_s, &sys.leap))
		sys.leap = leap_decide(&vote, now_s);
	sys.leap_armed = sys.leap == LEAP_INSERT ? -1 :
			 sys.leap == LEAP_DELETE ? 1 : 0;
	if (sys.leap != was)
		stats_event(sys.leap ? STATS_LEAP_ARMED : STATS_LEAP_DISARMED,
			    "");
	if (sys.leap != was && sys.leap != LEAP_NONE)
		log_notice("leap second: the last minute of this UTC day has "
			   "%d s", sys.leap == LEAP_INSERT ? 61 : 59);
}

static void follow(struct peer *peer, const struct combine_result *what,
		   double now)
{
	const struct peer *was = sys.syspeer;

	sys.syspeer = peer;
	sys.updated = now;
	sys.reftime_ns = clock_real_ns();
	sys.offset_sd = what->offset_sd;
	sys.stratum = peer_stratum(peer) + 1;
	sys.refid = peer->clock ? peer->pkt.refid :
				  refid_from_addr(&peer->addr.addr);
	sys.rootdelay = peer_rootdelay(peer);
	sys.rootdisp = rootdisp_now(now);
	if (!sys.is_sync)
		was = NULL;
	/* It follows, but is not there yet: with -x that may take hours. */
	if (sys.rootdisp >= sys.conf->tos.maxdist_s)
		return;
	if (!sys.is_sync)
		stats_event(STATS_CLOCK_SYNC, "");
	if (peer != was)
		stats_peer_event(peer, STATS_PEER_SYSPEER, "");
	sys.is_sync = true;
	tell_sync(peer, was);
}

/* --- the process --------------------------------------------------------- */

static double next_sample(const struct gather *g)
{
	double rate = 0;

	for (size_t i = 0; i < g->n; i++)
		if (g->src[i].status >= SELECT_SURVIVOR)
			rate += 1 / poll_interval(g->src[i].owner);
	return 1 / rate;
}

static void finish_once(int status)
{
	sys.is_done = true;
	loop_timer_cancel(&sys.refresh);
	if (sys.options.finished)
		sys.options.finished(status, sys.options.arg);
}

static struct select_source *choose(struct gather *g)
{
	size_t true_n = select_run(g->src, g->n);
	struct select_source *best = NULL;

	if (true_n >= sys.conf->tos.minsane && true_n) {
		cluster_run(g->src, g->n, sys.conf->tos.minclock);
		best = cluster_syspeer(g->src, g->n);
	}
	for (size_t i = 0; i < g->n; i++) {
		struct peer *peer = g->src[i].owner;

		peer->status = g->src[i].status;
		peer->ahead = g->src[i].ahead;
	}
	opinion_tell(g->src, g->n, true_n, g->now);
	return best;
}

/* May the local clock stand in for servers? */
static bool is_local_due(const struct gather *g)
{
	double waited = g->now - sys.start;

	if (!assoc_count())
		return true;
	if (g->n)
		return false;
	if (g->prefers_free)
		return true;
	return waited > (g->is_waiting ? LOCAL_PATIENCE_S : LOCAL_AFTER_S);
}

/*
 * Only a sample changes what is to be done: to plan a slew anew without one
 * would draw it out.
 */
static bool has_news(const struct gather *g)
{
	bool has = false;

	for (size_t i = 0; i < g->n; i++) {
		struct peer *peer = g->src[i].owner;

		if (g->src[i].status < SELECT_SURVIVOR)
			continue;
		has |= peer->is_new;
		peer->is_new = false;
	}
	return has;
}

static void settle_once(const struct gather *g,
			const struct combine_result *what)
{
	/* Let the others of the first burst come in, too. */
	if (g->now - sys.start < ONCE_SETTLE_S || sys.is_done)
		return;
	finish_once(steer_once(what->offset) ? 0 : 1);
}

/* The orphan that leads this one; NULL where it has to lead itself. */
static struct select_source *choose_orphan(struct gather *g,
					   struct combine_result *what)
{
	struct select_source *best;

	g->n = 0;
	g->want_free = false;
	if (!g->orphan.parent)
		return NULL;
	g->only = g->orphan.parent;
	assoc_each_peer(gather_peer, g);
	best = choose(g);
	if (best)
		combine_run(g->src, g->n, what);
	return best;
}

static void lead(const struct gather *g)
{
	if (!sys.is_sync || sys.refid != ORPHAN_REFID) {
		log_warning("no source for %.0f s: leads as an orphan, "
			    "stratum %u", g->now - sys.sourced,
			    sys.conf->tos.orphan);
		tell_status("no source: leads as an orphan");
	}
	vote_leap(g);
	sys.syspeer = NULL;
	sys.is_sync = true;
	sys.updated = g->now;
	sys.reftime_ns = clock_real_ns();
	sys.stratum = sys.conf->tos.orphan;
	sys.refid = ORPHAN_REFID;
	sys.rootdelay = 0;
	sys.rootdisp = ldexp(1, clock_precision());
	publish(g->now);
}

void system_update(void)
{
	struct gather g = { .now = clock_now() };
	struct combine_result what = { 0 };
	struct select_source *best;

	if (!sys.conf || sys.is_done)
		return;
	assoc_each_peer(gather_peer, &g);
	/* The first choice is made among all that answer, not the fastest. */
	if (!sys.is_sync && g.is_bursting && g.now - sys.start < FIRST_WAIT_S)
		return;
	best = choose(&g);
	if (best) {
		sys.sourced = g.now;
		sys.is_alone = combine_run(g.src, g.n, &what) == 1;
		if (!best->prefer)
			fuse_update(g.src, g.n, g.now, &what);
	} else if (is_local_due(&g)) {
		g.n = 0;
		g.want_free = true;
		assoc_each_peer(gather_peer, &g);
		best = choose(&g);
	}
	if (!best && !sys.options.once &&
	    orphan_is_due(&sys.conf->tos, g.now, sys.sourced)) {
		best = choose_orphan(&g, &what);
		if (!best) {
			lead(&g);
			return;
		}
	}
	if (!best) {
		tell_lost();
		if (sys.syspeer)
			sys.rootdisp = rootdisp_now(g.now);
		if (sys.syspeer)
			sys.updated = g.now;
		sys.syspeer = NULL;
		publish(g.now);
		return;
	}
	vote_leap(&g);
	if (sys.options.once) {
		if (!g.want_free)
			settle_once(&g, &what);
		return;
	}
	if (!g.want_free && has_news(&g)) {
		if (!steer_update(&what, next_sample(&g)))
			return;
		stats_loop(&what, best->owner);
	}
	follow(best->owner, &what, clock_now());
	publish(clock_now());
}

static void restart_peer(struct peer *peer, void *arg)
{
	peer_restart(peer);
}

/* -q: what has been heard may be enough by now, or never will be. */
static void refresh_once(void)
{
	system_update();
	if (sys.is_done || clock_now() - sys.start < ONCE_LIMIT_S)
		return;
	log_error("no server gave a useful answer within %d s; the clock was "
		  "not set", ONCE_LIMIT_S);
	finish_once(1);
}

static void arm_refresh(void)
{
	double wait = sys.options.once ? 1 : REFRESH_S;

	/* Orphans that are to be quick about it shall be. */
	if (sys.conf->tos.orphan < NTP_STRATUM_UNSYNC)
		wait = fmin(wait, fmax(sys.conf->tos.orphanwait_s, 1));
	loop_timer_in(&sys.refresh, (int64_t)(wait * LOOP_NS_PER_S));
}

/*
 * After a suspend, too: the frequency is what it was, the time has to be
 * measured. Until then how much it was set bounds the error: told at once.
 */
static void begin_anew(double set_by)
{
	double now = clock_now();

	log_warning("somebody set the clock by %+.6f s; measuring anew",
		    set_by);
	sys.rootdisp = rootdisp_now(now) + fabs(set_by);
	sys.updated = now;
	sys.syspeer = NULL;
	sys.is_sync &= sys.rootdisp < sys.conf->tos.maxdist_s;
	steer_upset();
	fuse_reset();
	publish(now);
	assoc_each_peer(restart_peer, NULL);
}

void system_clock_set(void *arg)
{
	double set_by = 0;

	if (!sys.conf || sys.options.once)
		return;
	if (clock_watch(&set_by, sys.leap_armed) == CLOCK_SET)
		begin_anew(set_by);
	system_update();
}

static void refresh(void *arg)
{
	arm_refresh();
	if (sys.options.once)
		refresh_once();
	else
		system_clock_set(NULL);
}

void system_init(const struct engine_options *options)
{
	memset(&sys, 0, sizeof(sys));
	fuse_reset();
	smear_forget();
	opinion_init();
	sys.options = *options;
	sys.start = clock_now();
	sys.sourced = sys.start;
	loop_timer_init(&sys.refresh, refresh, NULL);
	tell_status("not synchronised yet");
}

void system_apply(const struct conf *conf)
{
	bool is_first = !sys.conf;

	sys.conf = conf;
	if (!is_first)
		return;
	publish(clock_now());
	arm_refresh();
}

void system_shutdown(void)
{
	loop_timer_cancel(&sys.refresh);
	sys.conf = NULL;
}
