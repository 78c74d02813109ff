/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef KEYRING_H
#define KEYRING_H

#include "daemon/conf/conf.h"
#include "kmod/core/key.h"
#include "tools/lib/keyfile.h"

/*
 * Symmetric keys in use: those of the key file, marked by trustedkey. Secrets
 * are kept as they were read, too, as the module may come at any time and has
 * to be told; they are wiped when they are replaced.
 */

/**
 * keyring_read() - read the key file for the next keyring_apply()
 * @conf: configuration that names it
 * @report: told of lines that are skipped, and of a file that is not to be had
 *
 * Apart from keyring_apply() since at the start the file is read before
 * privileges are dropped. A file that cannot be read is no reason not to
 * start, nor to forget the keys of the one before.
 */
void keyring_read(const struct conf *conf, conf_report_fn report, void *arg);

/**
 * keyring_check() - report keys that lines name and the file does not have
 *
 * Of the file that was read last; for who looks at a configuration without
 * using it.
 */
void keyring_check(const struct conf *conf, conf_report_fn report, void *arg);

/**
 * keyring_apply() - take the keys into use that were read last
 *
 * Lines that name a key which is missing or not trusted are logged.
 */
void keyring_apply(const struct conf *conf);

/** keyring_keys() - all keys, for the core; valid until keyring_apply() */
const struct ntp_keys *keyring_keys(void);

/**
 * keyring_find() - the key of an association
 *
 * To be asked for each packet: a reload replaces all keys.
 *
 * Return: the key if it is there and trusted, or NULL.
 */
const struct ntp_key *keyring_find(u32 id);

/**
 * keyring_each() - walk over all keys with their secrets
 * @each: what is not 0 ends the walk and is returned
 */
int keyring_each(int (*each)(const struct keyfile_key *key, bool is_trusted,
			     void *arg), void *arg);

/** keyring_close() - wipe and forget all keys */
void keyring_close(void);

#endif
