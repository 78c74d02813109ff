/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef PORT_H
#define PORT_H

#include "kmod/core/port.h"

/*
 * Keys for ntp_port_mac() in user space, by OpenSSL. A key is for one thread at
 * a time.
 */

/**
 * port_key_prepare() - make a key ready for ntp_port_mac()
 * @key: @type is set; @secret and @dgst_len are set here
 * @digest_name: OpenSSL's name of the digest, for NTP_KEY_OTHER; not looked at
 *	for all other types
 * @secret: the secret; copied
 * @len: octets of it, 1 to NTP_KEY_SECRET_MAX; 16 for NTP_KEY_CMAC
 *
 * What algorithms have to be looked up is, here. port_key_wipe() gives the
 * memory back.
 *
 * Return: 0; -EINVAL for a length that the type does not take, -EOPNOTSUPP for
 * a digest that OpenSSL does not offer or that is shorter than 16 octets,
 * -ENOMEM. Then @key->secret is NULL.
 */
int port_key_prepare(struct ntp_key *key, const char *digest_name,
		     const u8 *secret, size_t len);

/**
 * port_key_wipe() - forget a key's secret
 * @key: prepared or not; @secret becomes NULL
 */
void port_key_wipe(struct ntp_key *key);

#endif
