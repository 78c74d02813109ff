/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef APPLY_H
#define APPLY_H

#include <stdbool.h>

#include "daemon/conf/conf.h"
#include "daemon/options.h"

/* From a file on disk to a configuration in use. */

/**
 * apply_load() - read the configuration and the key file, report what is wrong,
 * and let the command line have the last word
 * @report: as for conf_load()
 *
 * Return: 0, or the negative errno of conf_load(), reported.
 */
int apply_load(const struct options *options, struct conf **conf,
	       conf_report_fn report);

/**
 * apply_tell_unreadable() - warn of files that a reload could not read again
 *
 * For after privileges were dropped: root has read them, this user may not.
 */
void apply_tell_unreadable(const struct conf *conf);

/** apply_report_log() - a conf_report_fn that writes to the log */
void apply_report_log(const struct conf_problem *problem, void *arg);

/**
 * apply_conf() - take a configuration into use
 * @old: the one in use, or NULL; still valid, to be freed afterwards
 * @new: valid until the next apply_conf() or apply_end()
 */
void apply_conf(const struct options *options, const struct conf *old,
		const struct conf *new);

/** apply_accepts() - a net_accept_fn by the rules of the configuration */
bool apply_accepts(unsigned int ifindex, const struct ntp_addr *dst, void *arg);

/** apply_end() - no configuration is in use any more */
void apply_end(void);

#endif
