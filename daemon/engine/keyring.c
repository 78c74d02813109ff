// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/engine/keyring.h"
#include "tools/lib/log.h"
#include "tools/lib/port.h"

/* Bad lines of a key file that are told one by one. */
#define TOLD_MAX	5

struct report {
	conf_report_fn report;
	void *arg;
	unsigned int told;
};

/* The file that was read last; NULL after a failure. */
static struct keyfile *read_file;
static bool is_read;		/* since the last keyring_apply() */

static struct keyfile *file;	/* in use */
static struct ntp_key *prepared;
static struct ntp_keys keys = { 0 };

static void report_problem(const struct keyfile_problem *from, void *arg)
{
	struct report *r = arg;
	struct conf_problem to = {
		.severity = CONF_WARNING,
		.where = { from->file, from->line, from->col },
	};

	if (from->severity == KEYFILE_ERROR && from->line &&
	    ++r->told > TOLD_MAX)
		return;
	snprintf(to.text, sizeof(to.text), "%s%s", from->text,
		 from->severity == KEYFILE_ERROR && from->line ?
		 ": the line is skipped" : "");
	snprintf(to.remedy, sizeof(to.remedy), "%s", from->remedy);
	r->report(&to, r->arg);
}

static void report_rest(struct report *r, const char *path)
{
	struct conf_problem problem = {
		.severity = CONF_WARNING,
		.where = { .file = path },
	};

	snprintf(problem.text, sizeof(problem.text), "%u more lines are "
		 "skipped", r->told - TOLD_MAX);
	snprintf(problem.remedy, sizeof(problem.remedy), "correct those above "
		 "and try kntpd -t");
	r->report(&problem, r->arg);
}

void keyring_read(const struct conf *conf, conf_report_fn report, void *arg)
{
	struct report r = { .report = report, .arg = arg };

	keyfile_free(read_file);
	read_file = NULL;
	is_read = true;
	if (!conf->keys.file)
		return;
	/* Reported; without it there is nothing to be taken into use. */
	if (keyfile_load(conf->keys.file, &read_file, report_problem, &r))
		read_file = NULL;
	if (r.told > TOLD_MAX)
		report_rest(&r, conf->keys.file);
}

static bool is_trusted(const struct conf *conf, u32 id)
{
	for (size_t i = 0; i < conf->keys.trusted_n; i++)
		if (id >= conf->keys.trusted[i].first &&
		    id <= conf->keys.trusted[i].last)
			return true;
	return false;
}

static void free_prepared(struct ntp_key *key, u32 n)
{
	for (u32 i = 0; i < n; i++)
		port_key_wipe(&key[i]);
	free(key);
}

/* One that OpenSSL does not take is known, but never right. */
static struct ntp_key *prepare(const struct keyfile *from,
			       const struct conf *conf)
{
	struct ntp_key *key = calloc(from->key_n + 1, sizeof(*key));

	for (size_t i = 0; key && i < from->key_n; i++) {
		const struct keyfile_key *k = &from->key[i];
		int err;

		key[i].id = k->id;
		key[i].type = k->type;
		key[i].is_trusted = is_trusted(conf, k->id);
		key[i].peer = k->peer;
		key[i].peer_n = (u8)k->peer_n;
		err = port_key_prepare(&key[i], k->digest, k->secret,
				       k->secret_len);
		if (err == -ENOMEM) {
			free_prepared(key, (u32)i);
			return NULL;
		}
		if (err)
			log_warning("%s:%u: key %u can not be used: OpenSSL "
				    "offers no %s of 16 octets or more; use "
				    "AES128CMAC", conf->keys.file, k->line,
				    k->id, k->digest);
	}
	return key;
}

static void check_key(const struct conf_where *where, const char *what, u32 id)
{
	const struct ntp_key *key = id ? ntp_key_find(&keys, id) : NULL;

	if (!id || (key && key->is_trusted))
		return;
	if (key)
		log_warning("%s:%u: %s: key %u is not trusted, nothing is "
			    "signed or believed with it; add it to trustedkey",
			    where->file, where->line, what, id);
	else
		log_warning("%s:%u: %s: key %u is not in the key file, nothing "
			    "is signed or believed with it; add it there, or "
			    "see line keys", where->file, where->line, what,
			    id);
}

static void check_all(const struct conf *conf)
{
	for (size_t i = 0; i < conf->assoc_n; i++)
		check_key(&conf->assoc[i].where, conf->assoc[i].name,
			  conf->assoc[i].key);
	check_key(&conf->keys.where, "broadcastclient",
		  conf->modes.broadcastclient_key);
	check_key(&conf->keys.request_where, "requestkey", conf->keys.request);
	check_key(&conf->keys.control_where, "controlkey", conf->keys.control);
}

struct check {
	const struct conf *conf;
	conf_report_fn report;
	void *arg;
};

static void check_read(const struct check *c, const struct conf_where *where,
		       const char *what, u32 id)
{
	struct conf_problem problem = {
		.severity = CONF_WARNING, .where = *where,
	};

	if (!id || keyfile_find(read_file, id))
		return;
	snprintf(problem.text, sizeof(problem.text), "%s: key %u is not in %s",
		 what, id, c->conf->keys.file);
	snprintf(problem.remedy, sizeof(problem.remedy), "add it there, see "
		 "ntp.keys(5)");
	c->report(&problem, c->arg);
}

void keyring_check(const struct conf *conf, conf_report_fn report, void *arg)
{
	const struct check c = { conf, report, arg };

	if (!read_file)
		return;
	for (size_t i = 0; i < conf->assoc_n; i++)
		check_read(&c, &conf->assoc[i].where, conf->assoc[i].name,
			   conf->assoc[i].key);
	check_read(&c, &conf->keys.where, "broadcastclient",
		   conf->modes.broadcastclient_key);
	check_read(&c, &conf->keys.request_where, "requestkey",
		   conf->keys.request);
	check_read(&c, &conf->keys.control_where, "controlkey",
		   conf->keys.control);
}

/* The file to be used from now on: the one that was read, if there is one. */
static struct keyfile *choose_file(const struct conf *conf)
{
	struct keyfile *chosen = read_file;

	if (!is_read || (!chosen && conf->keys.file && file)) {
		if (is_read)
			log_error("%s: the keys in use stay, %zu of them; make "
				  "the file readable for the daemon's user and "
				  "reload", conf->keys.file, file->key_n);
		return file;
	}
	read_file = NULL;
	return chosen;
}

void keyring_apply(const struct conf *conf)
{
	struct keyfile *chosen = choose_file(conf);
	struct ntp_key *key = NULL;

	is_read = false;
	if (chosen) {
		key = prepare(chosen, conf);
		if (!key) {
			log_error("out of memory for %zu keys: those in use "
				  "stay", chosen->key_n);
			if (chosen != file)
				keyfile_free(chosen);
			return;
		}
	}
	free_prepared(prepared, keys.n);
	prepared = key;
	keys.key = key;
	keys.n = chosen ? (u32)chosen->key_n : 0;
	if (chosen != file)
		keyfile_free(file);
	file = chosen;
	if (keys.n)
		log_info("%u keys of %s in use", keys.n, conf->keys.file);
	check_all(conf);
}

const struct ntp_keys *keyring_keys(void)
{
	return &keys;
}

const struct ntp_key *keyring_find(u32 id)
{
	const struct ntp_key *key = ntp_key_find(&keys, id);

	return key && key->is_trusted && key->dgst_len ? key : NULL;
}

int keyring_each(int (*each)(const struct keyfile_key *key, bool is_trusted,
			     void *arg), void *arg)
{
	int status = 0;

	for (u32 i = 0; i < keys.n && !status; i++)
		status = each(&file->key[i], keys.key[i].is_trusted, arg);
	return status;
}

void keyring_close(void)
{
	free_prepared(prepared, keys.n);
	prepared = NULL;
	keys = (struct ntp_keys){ 0 };
	keyfile_free(file);
	keyfile_free(read_file);
	file = read_file = NULL;
	is_read = false;
}
