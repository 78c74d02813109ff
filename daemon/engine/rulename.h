/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef RULENAME_H
#define RULENAME_H

#include "daemon/conf/conf.h"

/* Host names of restrict lines, and the addresses that they stand for. */

/**
 * rulename_init() - before any configuration
 * @found: called from the loop when a name was looked up
 */
void rulename_init(void (*found)(void));

/**
 * rulename_apply() - look up the names of a configuration, and no others
 *
 * Also those that were known: meanwhile they stand for what they stood for.
 * Where that fails they are asked for again, which is logged once.
 */
void rulename_apply(const struct conf *conf);

/**
 * rulename_find() - what the name of a line stands for
 * @addr: its addresses, valid until the loop turns or rulename_apply()
 * Return: their number.
 */
size_t rulename_find(const struct conf_restrict *line,
		     const struct ntp_addr **addr);

/** rulename_close() - forget names, and look none up any more */
void rulename_close(void);

#endif
