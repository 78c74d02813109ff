/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef NTP_PORT_LAYER_H
#define NTP_PORT_LAYER_H

#include "kmod/core/key.h"

/*
 * All that the core asks of the world that it runs in. kmod/port.c has it from
 * the kernel's crypto API, tools/lib/port.c from OpenSSL. Bound when linked.
 */

/**
 * ntp_port_mac() - digest of key and message, RFC 5905 section 7.3; or
 *	AES-CMAC of the message, RFC 8573
 * @key: prepared by the port layer
 * @msg: the message
 * @len: its length in octets
 * @dgst: result, whole; the caller cuts it to @key->dgst_len
 *
 * Does not sleep; in the kernel it does not allocate either.
 *
 * Return: true, or false if it could not be made.
 */
bool ntp_port_mac(const struct ntp_key *key, const u8 *msg, size_t len,
		  u8 dgst[NTP_KEY_DGST_MAX]);

#endif
