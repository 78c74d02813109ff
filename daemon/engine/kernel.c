// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include <errno.h>
#include <math.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/engine/access.h"
#include "daemon/engine/hwclock.h"
#include "daemon/engine/hwstamp.h"
#include "daemon/engine/kernel.h"
#include "daemon/engine/keyring.h"
#include "daemon/io/loop.h"
#include "tools/lib/knl.h"
#include "tools/lib/log.h"

#define NS_PER_MS	1000000

/* Somebody else is about to change rules or keys: until he is done. */
#define BUSY_NS		LOOP_NS_PER_S
/* The module refused them, perhaps for want of memory. */
#define REFUSED_NS	(60 * LOOP_NS_PER_S)

/* An interface, and what the module does on it. */
struct device {
	struct device *next;
	unsigned int ifindex;
	char name[IF_NAMESIZE];
	bool is_wanted;
	bool is_served;
	bool is_ours;		/* added here, to be removed here */
	int told;		/* errno that the log knows of */
	bool has_stamps;	/* .stamps was said */
	struct kernel_stamps stamps;
	int told_stamps;	/* errno that the log knows of */
};

static struct {
	struct knl *knl;
	const struct conf *conf;
	struct device *devices;
	bool is_loaded;
	bool is_told;		/* of the module's absence */
	int told_clock;		/* errno that the log knows of */
	int told_line;
	bool is_configured;	/* rules and keys are those of the daemon */
	int told_config;	/* errno that the log knows of */
	struct loop_timer config_timer;
	int event_fd;
	bool has_clock;
	struct knl_clock clock;	/* as pushed last, or to be pushed */
} kern = { .event_fd = -1 };

static void module_gone(void)
{
	if (kern.is_loaded)
		log_warning("the kntp module was unloaded; the daemon answers "
			    "alone until it is back");
	else if (!kern.is_told)
		log_notice("the kntp module is not loaded; the daemon answers "
			   "alone ('modprobe kntp' for the fast path)");
	kern.is_told = true;
	kern.is_loaded = false;
	kern.is_configured = false;
	loop_timer_cancel(&kern.config_timer);
	for (struct device *d = kern.devices; d; d = d->next) {
		d->is_served = false;
		d->is_ours = false;
		d->told = 0;
	}
}

static void push_clock(void)
{
	int err;

	if (!kern.is_loaded || !kern.has_clock)
		return;
	err = knl_clock_set(kern.knl, &kern.clock);
	if (err == -ENOENT) {
		module_gone();
		return;
	}
	if (err && err != kern.told_clock)
		log_error("the kntp module does not take the clock state: %s%s",
			  knl_error(kern.knl), err == -EPERM ?
			  "; start as root or with CAP_NET_ADMIN" : "");
	else if (!err && kern.told_clock)
		log_notice("the kntp module takes the clock state again");
	kern.told_clock = err;
}

static s32 to_s32(double value)
{
	return (s32)lround(fmax(INT32_MIN, fmin(value, INT32_MAX)));
}

static void push_stamps(struct device *d)
{
	const struct kernel_stamps *s = &d->stamps;
	struct knl_dev dev = {
		.ifindex = d->ifindex,
		.phc = s->phc < 0 ? KNTP_PHC_NONE : (u32)s->phc,
		.rx_comp_ns = s->rxcomp_ns,
		.tx_comp_ns = s->txcomp_ns,
	};
	int err;

	if (!d->has_stamps || !d->is_served)
		return;
	if (s->receive)
		dev.stamping |= 1U << KNTP_STAMP_FLAG_RX_HARDWARE;
	if (s->transmit)
		dev.stamping |= 1U << KNTP_STAMP_FLAG_TX_HARDWARE;
	if (s->transmit && s->correct)
		dev.stamping |= 1U << KNTP_STAMP_FLAG_TX_CORRECT;
	err = knl_dev_stamp(kern.knl, &dev);
	if (err && err != d->told_stamps && err != -ENODEV && err != -ENOENT)
		log_warning("%s: the kntp module does not take stamps of the "
			    "NIC: %s", d->name, knl_error(kern.knl));
	d->told_stamps = err;
}

static void serve(struct device *d)
{
	struct knl_dev dev = { .ifindex = d->ifindex };
	int err = knl_dev_add(kern.knl, &dev);

	if (!err || err == -EEXIST) {
		/* A daemon before us that was killed left it, very likely. */
		d->is_served = true;
		d->is_ours = true;
		log_info("%s: %s", d->name, err ?
			 "served by the kntp module already" :
			 "served by the kntp module");
		d->told = err;
		push_stamps(d);
		return;
	} else if (err == -ENOENT) {
		module_gone();
		return;
	} else if (err != d->told && err != -ENODEV) {
		log_warning("%s: the kntp module does not serve it: %s%s",
			    d->name, knl_error(kern.knl), err == -EPERM ?
			    "; start as root or with CAP_NET_ADMIN" : "");
	}
	d->told = err;
}

static void unserve(struct device *d)
{
	struct knl_dev dev = { .ifindex = d->ifindex };
	int err;

	d->is_served = false;
	if (!d->is_ours)
		return;
	d->is_ours = false;
	err = knl_dev_del(kern.knl, &dev);
	if (!err)
		log_info("%s: no longer served by the kntp module", d->name);
	else if (err == -ENOENT)
		module_gone();
	else if (err != -ENODEV)
		log_warning("%s: the kntp module goes on serving it: %s",
			    d->name, knl_error(kern.knl));
}

/* Without the rules nobody is answered by the module: the daemon has them. */
static void sync_devices(void)
{
	for (struct device *d = kern.devices; d && kern.is_loaded; d = d->next) {
		bool is_wanted = d->is_wanted && kern.is_configured;

		if (is_wanted && !d->is_served)
			serve(d);
		else if (!is_wanted && d->is_served)
			unserve(d);
	}
}

/* --- rules, keys, limits -------------------------------------------------- */

static int push_key(const struct keyfile_key *from, bool is_trusted, void *arg)
{
	struct knl_key key = {
		.id = from->id,
		.type = (enum kntp_key_type)from->type,
		.is_trusted = is_trusted,
		.secret = from->secret,
		.secret_len = from->secret_len,
		.peer_n = from->peer_n,
	};

	memcpy(key.peer, from->peer, from->peer_n * sizeof(*key.peer));
	return knl_key_add(arg, &key);
}

static int push_all(struct knl *knl)
{
	const struct ntp_acl *acl = access_acl();
	struct knl_server server = {
		.limits = kern.conf->limits.rate,
		.send_nak = kern.conf->enabled.nak,
		.clients = conf_clients(&kern.conf->limits.mru),
	};
	int err;

	err = knl_config_begin(knl);
	if (!err)
		err = knl_server_set(knl, &server);
	if (!err && acl && acl->rule_n)
		err = knl_restrict_add(knl, acl->rule, acl->rule_n);
	if (!err)
		err = keyring_each(push_key, knl);
	if (!err)
		err = knl_config_commit(knl);
	return err;
}

static void tell_config(int err, const char *why)
{
	if (err == kern.told_config)
		return;
	if (err == -EBUSY)
		log_notice("another program changes the rules and keys of the "
			   "kntp module now: those of the daemon follow");
	else if (err)
		log_error("the kntp module does not take rules, keys and "
			  "limits: %s%s; the daemon answers alone until it "
			  "does", why, err == -EPERM ?
			  "; start as root or with CAP_NET_ADMIN" : "");
	else if (kern.told_config)
		log_notice("the kntp module takes rules, keys and limits "
			   "again");
	kern.told_config = err;
}

/*
 * All of it at once, through a socket of its own: what was begun and is not
 * complete goes with that.
 */
static void push_config(void *arg)
{
	struct knl *knl;
	int err;

	if (!kern.is_loaded || !kern.conf)
		return;
	err = knl_open(&knl);
	if (!err)
		err = push_all(knl);
	if (err == -ENOENT) {
		knl_close(knl);
		module_gone();
		return;
	}
	tell_config(err, knl ? knl_error(knl) : strerror(-err));
	knl_close(knl);
	loop_timer_cancel(&kern.config_timer);
	if (err)
		loop_timer_in(&kern.config_timer,
			      err == -EBUSY ? BUSY_NS : REFUSED_NS);
	/* While somebody is busy, the rules of before do for a second. */
	if (err != -EBUSY)
		kern.is_configured = !err;
	sync_devices();
}

/* Nothing is left for who comes next, unless somebody serves by it. */
static int count_device(const struct knl_dev *dev, void *arg)
{
	*(size_t *)arg += 1;
	return 0;
}

static void withdraw_config(void)
{
	size_t served = 0;
	int err;

	if (!kern.is_configured ||
	    knl_dev_each(kern.knl, count_device, &served) || served)
		return;
	err = knl_config_begin(kern.knl);
	if (!err)
		err = knl_config_commit(kern.knl);
	if (err && err != -ENOENT)
		log_warning("rules and keys stay in the kntp module: %s",
			    knl_error(kern.knl));
}

void kernel_refresh(void)
{
	if (kern.knl)
		push_config(NULL);
}

/* --- the module's coming and going ---------------------------------------- */

/* The module is there, perhaps a fresh one that knows nothing. */
static void module_came(void)
{
	if (!kern.is_loaded)
		log_notice("the kntp module is loaded and answers for the "
			   "daemon");
	kern.is_loaded = true;
	kern.is_told = false;
	kern.told_clock = 0;
	kern.told_config = 0;
	kern.told_line = 0;
	kern.is_configured = false;
	for (struct device *d = kern.devices; d; d = d->next) {
		d->is_served = false;
		d->is_ours = false;
	}
	push_clock();
	push_config(NULL);
	hwclock_push();
}

static void look(void)
{
	if (knl_is_loaded(kern.knl) == 1)
		module_came();
	else
		module_gone();
}

static struct device *find(unsigned int ifindex)
{
	for (struct device *d = kern.devices; d; d = d->next)
		if (d->ifindex == ifindex)
			return d;
	return NULL;
}

/* A bond has turned to another NIC: the module waits to hear of its clock. */
static void check_stamps(struct device *d, const struct knl_dev *dev)
{
	if (!d->has_stamps || d->stamps.phc < 0 || dev->phc != KNTP_PHC_NONE)
		return;
	d->has_stamps = false;
	hwstamp_link();
}

static void got_event(const struct knl_event *event, void *arg)
{
	struct device *d;

	switch (event->type) {
	case KNL_EVENT_LOADED:
		kern.is_loaded = false;
		look();
		break;
	case KNL_EVENT_UNLOADED:
		module_gone();
		break;
	case KNL_EVENT_LOST:
		look();
		break;
	case KNL_EVENT_DEV_ADD:
		d = find(event->dev.ifindex);
		if (!d)
			break;
		d->is_served = true;
		check_stamps(d, &event->dev);
		break;
	case KNL_EVENT_DEV_DEL:
		/* It is gone, or by somebody's hand: not to be undone. */
		d = find(event->dev.ifindex);
		if (d && d->is_served)
			log_info("%s: no longer served by the kntp module",
				 d->name);
		if (d) {
			d->is_ours = false;
			d->is_served = d->is_wanted;
		}
		break;
	case KNL_EVENT_CLOCK:
	case KNL_EVENT_CONFIG:
		break;
	}
}

static void event_ready(int fd, short revents, void *arg)
{
	int err = knl_event_read(kern.knl, got_event, NULL);

	if (err)
		log_debug("events of the kntp module: %s", knl_error(kern.knl));
}

void kernel_init(void)
{
	int err = knl_open(&kern.knl);

	loop_timer_init(&kern.config_timer, push_config, NULL);
	if (err) {
		log_notice("no netlink (%s): the kntp module is not used, the "
			   "daemon answers alone", strerror(-err));
		kern.knl = NULL;
		return;
	}
	kern.event_fd = knl_event_open(kern.knl);
	if (kern.event_fd < 0)
		log_warning("the kntp module's coming and going is not seen: "
			    "%s", knl_error(kern.knl));
	else
		loop_fd_add(kern.event_fd, POLLIN, event_ready, NULL);
	look();
}

static bool is_wanted(const struct links_if *link)
{
	/* Frames of a bridge's or bond's port are seen on the master. */
	return link->is_ethernet && link->is_up && !link->is_port &&
	       kern.conf &&
	       conf_nic_serves(kern.conf, link->name, link->addr, link->addr_n);
}

static void judge(const struct links_if *link, void *arg)
{
	struct device *d = find(link->ifindex);

	if (!d) {
		d = calloc(1, sizeof(*d));
		if (!d)
			return;
		d->ifindex = link->ifindex;
		d->next = kern.devices;
		kern.devices = d;
	}
	memcpy(d->name, link->name, sizeof(d->name));
	d->is_wanted = is_wanted(link);
}

static void forget(unsigned int ifindex)
{
	struct device **at = &kern.devices;

	while (*at && (*at)->ifindex != ifindex)
		at = &(*at)->next;
	if (*at) {
		struct device *d = *at;

		*at = d->next;
		free(d);
	}
}

void kernel_apply(const struct conf *conf)
{
	kern.conf = conf;
	if (!kern.knl)
		return;
	links_each(judge, NULL);
	push_config(NULL);
}

void kernel_link(enum links_change change, const struct links_if *link)
{
	if (!kern.knl)
		return;
	if (change == LINKS_DEL) {
		forget(link->ifindex);
		return;
	}
	judge(link, NULL);
	sync_devices();
}

void kernel_clock(const struct ntp_sysvars *vars, int64_t reftime_ns,
		  u64 rootdelay_ns)
{
	if (!kern.knl)
		return;
	kern.has_clock = true;
	kern.clock = (struct knl_clock){
		.leap = vars->leap,
		.stratum = vars->stratum,
		.precision = vars->precision,
		.refid = vars->refid,
		.reftime_ns = reftime_ns > 0 ? (u64)reftime_ns : 0,
		.rootdelay_ns = rootdelay_ns,
		.rootdisp_ns = vars->rootdisp_ns,
		.drift_ppb = vars->drift_ppb,
		.validity_ms = (u32)(vars->valid_ns / NS_PER_MS),
		.smear_interval_s = vars->leap == NTP_LEAP_UNSYNC ? 0 :
				    vars->smear.interval_s,
		.smear_left_ns = (int64_t)(vars->smear.end_ns - vars->given_ns),
	};
	if (vars->smear.interval_s)
		kern.clock.smear_end_s =
			(u64)(ntp_lfp_to_unix(vars->smear.end, reftime_ns) /
			      LOOP_NS_PER_S);
	push_clock();
}

void kernel_set_stamps(unsigned int ifindex,
		       const struct kernel_stamps *stamps)
{
	struct device *d = find(ifindex);

	/* Told already, or no device that the module could serve. */
	if (!d || (d->has_stamps &&
		   !memcmp(&d->stamps, stamps, sizeof(*stamps))))
		return;
	d->has_stamps = true;
	d->stamps = *stamps;
	if (kern.is_loaded)
		push_stamps(d);
}

void kernel_set_line(const struct kernel_line *line)
{
	struct knl_phc phc = {
		.index = (u32)line->phc,
		.time_ns = (u64)line->phc_ns,
		.real_ns = line->real_ns,
		.rate = to_s32(line->rate * 1e6 * 65536),
		.error_ns = (u32)to_s32(ceil(line->sd_ns)),
		.drift_ppb = (u32)to_s32(ceil(line->drift * 1e9)),
		.mono_offset_ns = line->step_ns,
		.validity_ms = (u32)(line->valid_ns / NS_PER_MS),
	};
	int err;

	if (!kern.is_loaded)
		return;
	err = knl_phc_set(kern.knl, &phc);
	/* Somebody sets the clock right now: seen at the next reading. */
	if (err == -ESTALE || err == -ENOENT)
		return;
	if (err && err != kern.told_line)
		log_warning("the kntp module does not take the line of "
			    "/dev/ptp%d: %s", line->phc, knl_error(kern.knl));
	kern.told_line = err;
}

void kernel_drop_line(int phc)
{
	if (kern.is_loaded)
		knl_phc_del(kern.knl, (u32)phc);
}

bool kernel_is_serving(void)
{
	for (struct device *d = kern.devices; d; d = d->next)
		if (d->is_served)
			return true;
	return false;
}

bool kernel_counts(u64 count[NTP_REASON_COUNT])
{
	struct knl_stats stats;

	if (!kern.is_loaded || knl_stats_get(kern.knl, &stats))
		return false;
	for (int i = 0; i < NTP_REASON_COUNT; i++)
		count[i] = stats.reason[i];
	return true;
}

void kernel_shutdown(void)
{
	if (kern.knl && kern.is_loaded) {
		kern.clock.leap = NTP_LEAP_UNSYNC;
		kern.clock.stratum = NTP_STRATUM_UNSYNC;
		kern.has_clock = true;
		push_clock();
		for (struct device *d = kern.devices; d; d = d->next)
			if (d->is_served)
				unserve(d);
		withdraw_config();
	}
	loop_timer_cancel(&kern.config_timer);
	if (kern.event_fd >= 0)
		loop_fd_del(kern.event_fd);
	kern.event_fd = -1;
	knl_close(kern.knl);
	kern.knl = NULL;
	while (kern.devices)
		forget(kern.devices->ifindex);
}
