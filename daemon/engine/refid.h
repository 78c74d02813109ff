/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef REFID_H
#define REFID_H

#include <stdbool.h>

#include "kmod/core/types.h"

/**
 * refid_from_addr() - how a server's clients name it (RFC 5905 section 7.3)
 * @addr: its address
 * Return: the IPv4 address, or the first four octets of the MD5 of the IPv6
 * one; host order.
 */
u32 refid_from_addr(const struct ntp_addr *addr);

/** refid_from_text() - up to four characters, such as "LOCL"; host order */
u32 refid_from_text(const char *text);

/** refid_is_own() - does it name an address by which others know this host? */
bool refid_is_own(u32 refid);

#endif
