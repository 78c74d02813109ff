/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef ACCESS_H
#define ACCESS_H

#include "daemon/conf/conf.h"
#include "kmod/core/acl.h"

/*
 * Restrict lines become rules: of networks and defaults as they stand; of host
 * names, for each address that is found; of restrict source, for each remote
 * that is followed; and, as ntpd has it, one for each own address, so that
 * nobody makes this server talk to itself. The daemon's own answers, and the
 * module's, are given by these rules.
 */

/**
 * access_init() - before any configuration
 * @changed: called from the loop when the rules are others than before,
 *	without a new configuration: a name was found, an address came or went
 */
void access_init(void (*changed)(void));

/**
 * access_apply() - take restrict lines into use
 * @conf: valid until the next call
 *
 * Rules are exchanged as a whole; without memory for them the old ones stay,
 * which is logged. Names are looked up again, and meanwhile stand for what
 * they stood for.
 */
void access_apply(const struct conf *conf);

/**
 * access_refresh() - a remote or an own address came or went: look soon
 *
 * Cheap, any number of times.
 */
void access_refresh(void);

/** access_acl() - the rules in force, compiled; NULL before access_apply() */
const struct ntp_acl *access_acl(void);

/**
 * access_flags() - what rules say about a host
 * @sport: its UDP port, host order
 *
 * Return: enum ntp_acl_flag of the rule that matches, 0 where none does.
 */
u32 access_flags(const struct ntp_addr *addr, u16 sport);

/**
 * access_ippeerlimit() - how many associations may a host have that no line
 * asks for?
 * @sport: its UDP port, host order
 *
 * Return: of the rule that matches; -1: any number.
 */
int access_ippeerlimit(const struct ntp_addr *addr, u16 sport);

/** access_limits() - does any rule limit clients? */
bool access_limits(void);

/** access_hit() - count a match; @rule: as ntp_acl_match() returned it */
void access_hit(u32 rule);

/** access_report() - log the rules that were hit, and how often */
void access_report(void);

/** access_close() - forget rules and names */
void access_close(void);

#endif
