/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef NTP_ACL_H
#define NTP_ACL_H

#include "kmod/core/types.h"

/*
 * Flags of restrict lines: X(NAME, name), in the order of enum
 * kntp_restrict_flag of the UAPI. NTPPORT is part of what a rule matches, all
 * others say what becomes of whom it matches.
 */
#define NTP_ACL_FLAGS(X)		\
	X(IGNORE, ignore)		\
	X(KOD, kod)			\
	X(LIMITED, limited)		\
	X(LOWPRIOTRAP, lowpriotrap)	\
	X(NOMODIFY, nomodify)		\
	X(NOPEER, nopeer)		\
	X(NOQUERY, noquery)		\
	X(NOSERVE, noserve)		\
	X(NOTRAP, notrap)		\
	X(NOTRUST, notrust)		\
	X(NTPPORT, ntpport)		\
	X(VERSION, version)		\
	X(MSSNTP, mssntp)		\
	X(FLAKE, flake)			\
	X(NOMRULIST, nomrulist)		\
	X(EPEER, epeer)			\
	X(NOEPEER, noepeer)

#define NTP_ACL_BIT(NAME, name)	NTP_ACL_BIT_##NAME,
enum ntp_acl_bit {
	NTP_ACL_FLAGS(NTP_ACL_BIT)
	NTP_ACL_BIT_COUNT
};

#undef NTP_ACL_BIT

#define NTP_ACL_FLAG(NAME, name)	NTP_ACL_##NAME = 1 << NTP_ACL_BIT_##NAME,
enum ntp_acl_flag {
	NTP_ACL_FLAGS(NTP_ACL_FLAG)
};

#undef NTP_ACL_FLAG

enum {
	NTP_ACL_RULES_MAX	= 1 << 20,
	NTP_ACL_NONE		= ~0U,	/* no rule matches: all is allowed */
};

/**
 * struct ntp_acl_rule - a restrict line, for one network
 * @addr: the network, bits behind @prefix are 0
 * @prefix: octets 0 to 15 of @addr that count, in bits, 0 to 128; IPv4 networks
 *	are below ::ffff:0:0/96, so that they have 96 or more
 * @flags: enum ntp_acl_flag
 */
struct ntp_acl_rule {
	struct ntp_addr addr;
	u8 prefix;
	u32 flags;
};

/**
 * struct ntp_acl - compiled rules; immutable, for any number of readers
 * @rule: the rules, in the order of ntp_acl_compare()
 * @rule_n: number of rules
 */
struct ntp_acl {
	const struct ntp_acl_rule *rule;
	u32 rule_n;
	/* private: acl.c knows */
	u32 range4_n;
	u32 range6_n;
	const struct ntp_acl_range4 *range4;
	const struct ntp_acl_range6 *range6;
};

/**
 * ntp_acl_flag_name() - a flag's name in ntp.conf and all interfaces
 * @bit: below NTP_ACL_BIT_COUNT
 */
const char *ntp_acl_flag_name(enum ntp_acl_bit bit);

/**
 * ntp_acl_compare() - order of rules: network, prefix, ntpport
 * @a: a struct ntp_acl_rule
 * @b: another
 *
 * For the sort() of either world. Rules that compare as equal are for the same
 * packets.
 *
 * Return: less than, equal to or greater than 0.
 */
int ntp_acl_compare(const void *a, const void *b);

/**
 * ntp_acl_size() - memory that ntp_acl_build() needs
 * @rule_n: number of rules, NTP_ACL_RULES_MAX at the most
 *
 * Return: octets.
 */
size_t ntp_acl_size(u32 rule_n);

/**
 * ntp_acl_build() - compile rules
 * @acl: result; points into @memory and to @rule
 * @memory: ntp_acl_size() octets, aligned as for u64; owned by the caller
 * @rule: @rule_n rules, sorted, none equal to another; lives as long as @acl
 * @rule_n: number of rules, may be 0
 *
 * Time and memory grow as @rule_n does.
 */
void ntp_acl_build(struct ntp_acl *acl, void *memory,
		   const struct ntp_acl_rule *rule, u32 rule_n);

/**
 * ntp_acl_match() - the rule for a client
 * @acl: compiled rules
 * @addr: who sent the packet
 * @sport: its UDP port, host order
 *
 * The longest prefix that matches wins; of two equal ones that with NTPPORT,
 * if the packet came from port 123.
 *
 * Return: index of the rule, or NTP_ACL_NONE.
 */
u32 ntp_acl_match(const struct ntp_acl *acl, const struct ntp_addr *addr,
		  u16 sport);

#endif
