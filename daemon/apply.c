// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include "daemon/apply.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/engine/engine.h"
#include "daemon/engine/keyring.h"
#include "daemon/io/links.h"
#include "daemon/io/net.h"
#include "daemon/io/resolve.h"
#include "tools/lib/log.h"

static const struct conf *in_use;

static int override_string(char **to, const char *from)
{
	char *copy;

	if (!from)
		return 0;
	copy = strdup(from);
	if (!copy)
		return -ENOMEM;
	free(*to);
	*to = copy;
	return 0;
}

static int override_modes(const struct options *options, struct conf *conf)
{
	struct conf_keys *keys = &conf->keys;
	size_t n = options->trusted_n;
	struct conf_key_range *more;

	if (options->force_auth || options->no_auth)
		conf->enabled.auth = options->force_auth;
	conf->modes.broadcastclient |= options->bclient;
	if (options->broadcastdelay_s >= 0)
		conf->modes.broadcastdelay_s = options->broadcastdelay_s;
	if (!n)
		return 0;
	more = reallocarray(keys->trusted, keys->trusted_n + n, sizeof(*more));
	if (!more)
		return -ENOMEM;
	keys->trusted = more;
	for (size_t i = 0; i < n; i++)
		more[keys->trusted_n++] = (struct conf_key_range){
			options->trusted[i], options->trusted[i] };
	return 0;
}

static int override(const struct options *options, struct conf *conf,
		    conf_report_fn report)
{
	struct conf_problem problem = { .severity = CONF_ERROR };
	const char *bad;
	int err;

	err = override_string(&conf->driftfile, options->driftfile);
	if (!err)
		err = override_string(&conf->logfile, options->logfile);
	if (!err)
		err = override_string(&conf->pidfile, options->pidfile);
	if (!err)
		err = override_string(&conf->keys.file, options->keyfile);
	if (!err)
		err = override_string(&conf->files.statsdir, options->statsdir);
	if (!err)
		err = override_modes(options, conf);
	for (size_t i = 0; i < conf->assoc_n; i++) {
		struct conf_assoc *assoc = &conf->assoc[i];

		if (!assoc->has_addr && assoc->family == AF_UNSPEC)
			assoc->family = options->family;
	}
	if (err || !options->nic_n)
		return err;
	err = conf_override_nic(conf, options->nic, options->nic_n, &bad);
	if (err == -EINVAL) {
		problem.where.file = "command line";
		snprintf(problem.text, sizeof(problem.text), "-I %.200s is "
			 "neither interface nor address", bad);
		report(&problem, NULL);
	}
	return err;
}

int apply_load(const struct options *options, struct conf **conf,
	       conf_report_fn report)
{
	int err = conf_load(options->conf_file, options->compat ? CONF_COMPAT :
			    CONF_STRICT, conf, report, NULL);

	if (err)
		return err;
	err = override(options, *conf, report);
	if (err) {
		conf_free(*conf);
		*conf = NULL;
		return err;
	}
	/* While the files of root are still to be read. */
	keyring_read(*conf, report, NULL);
	return 0;
}

static void tell_unreadable(const char *path, const char *loss)
{
	if (!faccessat(AT_FDCWD, path, R_OK, AT_EACCESS))
		return;
	log_warning("%s: %s, for the user that the daemon is from now on: "
		    "after a reload %s; chgrp it to the daemon's group and "
		    "chmod 640 it, folders with x for the group", path,
		    strerror(errno), loss);
}

void apply_tell_unreadable(const struct conf *conf)
{
	for (size_t i = 0; i < conf->file_n; i++)
		tell_unreadable(conf->file[i], "the configuration of the start "
				"stays");
	if (conf->keys.file)
		tell_unreadable(conf->keys.file, "the keys of the start stay");
	if (conf->leapfile)
		tell_unreadable(conf->leapfile, "and daily it is not read");
}

void apply_report_log(const struct conf_problem *problem, void *arg)
{
	static const enum log_level level[] = {
		[CONF_NOTE] = LOG_LEVEL_INFO,
		[CONF_WARNING] = LOG_LEVEL_WARNING,
		[CONF_ERROR] = LOG_LEVEL_ERROR,
	};
	struct conf_problem bare = *problem;
	char place[512] = "";

	(void)arg;
	/* The log has words of its own for how much it matters. */
	if (bare.where.line)
		snprintf(place, sizeof(place), "%s:%u:%u: ",
			 bare.where.file, bare.where.line, bare.where.col);
	else if (bare.where.file)
		snprintf(place, sizeof(place), "%s: ", bare.where.file);
	log_write(level[bare.severity], "%s%s%s%s", place, bare.text,
		  bare.remedy[0] ? "; " : "", bare.remedy);
}

static size_t count_missing(const struct conf *in, const struct conf *from)
{
	size_t n = 0;

	for (size_t i = 0; i < from->assoc_n; i++) {
		bool is_there = false;

		for (size_t j = 0; j < in->assoc_n && !is_there; j++)
			is_there = conf_assoc_equal(&from->assoc[i],
						    &in->assoc[j]);
		n += !is_there;
	}
	return n;
}

static void tell_change(const struct conf *old, const struct conf *new)
{
	size_t gone, come;

	if (!old)
		return;
	gone = count_missing(new, old);
	come = count_missing(old, new);
	log_notice("configuration read again: %zu of %zu time sources go on as "
		   "they are, %zu start, %zu end", new->assoc_n - come,
		   new->assoc_n, come, gone);
}

static bool has_names(const struct conf *conf)
{
	if (conf->has_names)
		return true;
	for (size_t i = 0; i < conf->restrict_n; i++)
		if (conf->restricts[i].target == CONF_TARGET_NAME)
			return true;
	return false;
}

void apply_conf(const struct options *options, const struct conf *old,
		const struct conf *new)
{
	/* At the start main.c did it, before privileges were dropped. */
	if (old)
		log_set_file(new->logfile);
	if (has_names(new) && !resolve_is_on()) {
		if (options->no_sandbox)
			log_warning("names of hosts are not looked up with "
				    "--no-sandbox; give addresses");
		else
			resolve_start();
	}
	in_use = new;
	net_set_dscp(new->dscp);
	engine_apply(old, new);
	tell_change(old, new);
}

bool apply_accepts(unsigned int ifindex, const struct ntp_addr *dst, void *arg)
{
	const struct links_if *link;
	char name[IF_NAMESIZE] = "";

	(void)arg;
	if (!in_use)
		return false;
	if (!in_use->nic_n)
		return true;
	link = links_find(ifindex);
	if (!link)
		if_indextoname(ifindex, name);
	if (!link || links_has_addr(dst))
		return conf_nic_listens(in_use, link ? link->name : name, dst);
	/* To a broadcast or a group: as the interface's own addresses. */
	for (size_t i = 0; i < link->addr_n; i++)
		if (conf_nic_listens(in_use, link->name, &link->addr[i]))
			return true;
	return false;
}

void apply_end(void)
{
	in_use = NULL;
}
