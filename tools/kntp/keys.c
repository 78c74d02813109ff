// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tools/kntp/kntp.h"
#include "tools/kntp/secret.h"
#include "tools/lib/keyfile.h"

enum {
	KEYS_SHOW,
	KEYS_ADD,
	KEYS_LOAD,
	KEYS_DEL,
};

static const struct cli_word keys_verbs[] = {
	{ "show", "[ID]", "print the keys, never their secrets", KEYS_SHOW },
	{ "add", "ID TYPE [file FILE] [trusted] [hosts NETWORK,...]",
	  "add or replace a key; its secret is read from FILE or standard input", KEYS_ADD },
	{ "load", "FILE [trusted IDS]", "add or replace all keys of an ntp.keys file", KEYS_LOAD },
	{ "del", "ID", "delete a key", KEYS_DEL },
	{ "help", NULL, "this text; IDS: such as 1-10,15, or all", -1 },
	{ 0 }
};

enum {
	KEYS_FILE,
	KEYS_TRUSTED,
	KEYS_HOSTS,
};

static const struct cli_word keys_fields[] = {
	{ "file", "FILE", NULL, KEYS_FILE },
	{ "trusted", NULL, NULL, KEYS_TRUSTED },
	{ "hosts", "NETWORK,...", NULL, KEYS_HOSTS },
	{ 0 }
};

/* What keys_show() hands to the walk. */
struct keys_walk {
	const struct kntp *kntp;
	long long only;		/* the one key, or 0 */
	json_t *list;		/* where JSON is wanted */
	unsigned int count;
};

static const char *keys_type(enum kntp_key_type type)
{
	if (type < KNTP_KEY_TYPE_OTHER)
		return ntp_key_type_name((enum ntp_key_type)type);
	return type == KNTP_KEY_TYPE_OTHER ? "other" : "unknown";
}

static json_t *keys_json(const struct knl_key *key)
{
	json_t *hosts = json_array();
	char network[KNTP_NETWORK_MAX];
	int err = 0;

	for (size_t i = 0; i < key->peer_n; i++) {
		addr_print_prefix(&key->peer[i].addr, key->peer[i].prefix,
				  network, sizeof(network));
		err |= json_array_append_new(hosts, json_string(network));
	}
	if (err) {
		json_decref(hosts);
		return NULL;
	}
	return json_pack("{s:i, s:s, s:b, s:o}", "id", (int)key->id,
			 "type", keys_type(key->type),
			 "trusted", key->is_trusted, "hosts", hosts);
}

static void keys_print(const struct kntp *kntp, const struct knl_key *key)
{
	char network[KNTP_NETWORK_MAX];

	if (kntp->is_numeric)
		printf("%5" PRIu32 "  %-10u  %-7d  ", key->id, key->type,
		       key->is_trusted);
	else
		printf("%5" PRIu32 "  %-10s  %-7s  ", key->id,
		       keys_type(key->type), key->is_trusted ? "yes" : "no");
	for (size_t i = 0; i < key->peer_n; i++)
		printf("%s%s", i ? "," : "",
		       addr_print_prefix(&key->peer[i].addr,
					 key->peer[i].prefix, network,
					 sizeof(network)));
	puts(key->peer_n ? "" : "all");
}

static int keys_show_one(const struct knl_key *key, void *arg)
{
	struct keys_walk *walk = arg;

	if (walk->only && walk->only != key->id)
		return 0;
	if (walk->list)
		return json_array_append_new(walk->list, keys_json(key)) ?
		       -ENOMEM : 0;
	if (!walk->count++)
		printf("%5s  %-10s  %-7s  %s\n", "ID", "TYPE", "TRUSTED",
		       "HOSTS");
	keys_print(walk->kntp, key);
	return 0;
}

static int keys_id(const char *text, long long *id)
{
	return cli_number("key", text, 1, NTP_KEY_ID_MAX, id);
}

static int keys_none(long long id)
{
	cli_error("there is no key %lld; see: kntp keys", id);
	return KNTP_REFUSED;
}

static int keys_show(struct kntp *kntp, struct kntp_words *words)
{
	struct keys_walk walk = { .kntp = kntp };
	const char *word = kntp_next(words);
	int err;

	if ((word && keys_id(word, &walk.only)) || kntp_end(words))
		return KNTP_USAGE;
	if (kntp->is_json) {
		walk.list = json_array();
		if (!walk.list)
			return kntp_print_json(NULL, 0);
	}
	err = knl_key_each(kntp->knl, keys_show_one, &walk);
	if (err) {
		json_decref(walk.list);
		return kntp_fail(kntp, err, "cannot read the keys");
	}
	if (walk.list)
		return kntp_print_json(walk.list, JSON_INDENT(2));
	return walk.count || !walk.only ? KNTP_DONE : keys_none(walk.only);
}

/* NETWORK,... as in ntp.keys. */
static int keys_hosts(const char *text, struct knl_key *key)
{
	char network[KNTP_NETWORK_MAX];
	size_t len;

	for (; ; text += len + 1) {
		len = strcspn(text, ",");
		if (key->peer_n == NTP_KEY_PEERS_MAX) {
			cli_error("more than %d networks: join them to larger ones",
				  NTP_KEY_PEERS_MAX);
			return KNTP_USAGE;
		}
		snprintf(network, sizeof(network), "%.*s", (int)len, text);
		if (kntp_network(network, &key->peer[key->peer_n].addr,
				 &key->peer[key->peer_n].prefix))
			return KNTP_USAGE;
		addr_clear_host(&key->peer[key->peer_n].addr,
				key->peer[key->peer_n].prefix);
		key->peer_n++;
		if (!text[len])
			return 0;
	}
}

static int keys_parse_type(const char *text, struct knl_key *key)
{
	char digest[KEYFILE_DIGEST_MAX];
	int type = keyfile_type(text, strlen(text), digest);

	if (type == NTP_KEY_OTHER)
		cli_error("only kntpd knows %s: write the key into its key file",
			  digest);
	else if (type < 0)
		cli_error("unknown type '%s'; there are: MD5, SHA1, SHA256, SHA384, SHA512, AES128CMAC",
			  text);
	if (type < 0 || type == NTP_KEY_OTHER)
		return KNTP_USAGE;
	key->type = (enum kntp_key_type)type;
	return 0;
}

static int keys_parse(struct kntp_words *words, struct knl_key *key,
		      const char **path)
{
	const struct cli_word *field;
	const char *word = kntp_value(words, "add");
	long long id;

	if (!word || keys_id(word, &id))
		return KNTP_USAGE;
	key->id = (uint32_t)id;
	word = kntp_next(words);
	if (!word) {
		cli_error("the type of the key is missing; see: kntp keys help");
		return KNTP_USAGE;
	}
	if (keys_parse_type(word, key))
		return KNTP_USAGE;
	while (words->count) {
		/* Not told by name: it might be the secret. */
		for (field = keys_fields; field->name; field++)
			if (*words->word[0] &&
			    !strncmp(field->name, words->word[0],
				     strlen(words->word[0])))
				break;
		kntp_next(words);
		if (!field->name) {
			cli_error("there is a word that is none of: file FILE, trusted, hosts NETWORK,...; a secret comes from a file or standard input, as all users see the words of a command");
			return KNTP_USAGE;
		}
		if (field->value == KEYS_TRUSTED) {
			key->is_trusted = true;
			continue;
		}
		word = kntp_value(words, field->name);
		if (!word || (field->value == KEYS_HOSTS &&
			      keys_hosts(word, key)))
			return KNTP_USAGE;
		if (field->value == KEYS_FILE)
			*path = word;
	}
	return 0;
}

/* Return: a status, after messages; one of them may be a warning. */
static int keys_give(struct kntp *kntp, const struct knl_key *key)
{
	int err = knl_key_add(kntp->knl, key);
	char what[32];

	if (err) {
		snprintf(what, sizeof(what), "cannot add key %" PRIu32,
			 key->id);
		return kntp_fail(kntp, err, what);
	}
	if (knl_note(kntp->knl)[0])
		cli_error("warning: key %" PRIu32 ": %s", key->id,
			  knl_note(kntp->knl));
	return KNTP_DONE;
}

static int keys_add(struct kntp *kntp, struct kntp_words *words)
{
	struct keyfile_problem problem = { 0 };
	struct keyfile_key given = { 0 };
	struct knl_key key = { 0 };
	char text[SECRET_MAX];
	const char *path = NULL;
	int err;

	if (keys_parse(words, &key, &path))
		return KNTP_USAGE;
	err = secret_read(path, text);
	if (err < 0)
		return KNTP_REFUSED;
	given.type = (enum ntp_key_type)key.type;
	if (keyfile_secret(text, (size_t)err, &given, &problem)) {
		cli_error("%s: %s; %s", path ? path : "standard input",
			  problem.text, problem.remedy);
		err = KNTP_REFUSED;
	} else {
		key.secret = given.secret;
		key.secret_len = given.secret_len;
		err = keys_give(kntp, &key);
	}
	explicit_bzero(text, sizeof(text));
	explicit_bzero(&given, sizeof(given));
	return err;
}

static void keys_report(const struct keyfile_problem *problem, void *arg)
{
	char line[1024];

	(void)arg;
	cli_error("%s", keyfile_print(problem, line, sizeof(line)));
}

/* One of the IDS between commas. Return: behind it, or NULL after a message. */
static const char *keys_range(const char *text, const char *name,
			      const struct keyfile *file, bool *is_trusted)
{
	unsigned long first, last;
	bool is_any = false;
	char *end;

	if (!isdigit((unsigned char)*text))
		goto wrong;
	first = strtoul(text, &end, 10);
	last = first;
	if (*end == '-' && isdigit((unsigned char)end[1]))
		last = strtoul(end + 1, &end, 10);
	if ((*end && *end != ',') || !first || first > last ||
	    last > NTP_KEY_ID_MAX)
		goto wrong;
	for (size_t i = 0; i < file->key_n; i++) {
		if (file->key[i].id < first || file->key[i].id > last)
			continue;
		is_trusted[i] = true;
		is_any = true;
	}
	if (is_any)
		return end;
	cli_error("trusted '%.*s': no such key was read from %s",
		  (int)(end - text), text, name);
	return NULL;
wrong:
	cli_error("trusted '%s' is not a list such as 1-10,15, or all", text);
	return NULL;
}

/* Which keys of a file are trusted. Return: 0, or KNTP_USAGE. */
static int keys_trust(const char *text, const char *name,
		      const struct keyfile *file, bool *is_trusted)
{
	if (!strcmp(text, "all")) {
		for (size_t i = 0; i < file->key_n; i++)
			is_trusted[i] = true;
		return 0;
	}
	for (; ; text++) {
		text = keys_range(text, name, file, is_trusted);
		if (!text)
			return KNTP_USAGE;
		if (!*text)
			return 0;
	}
}

static int keys_send(struct kntp *kntp, const struct keyfile *file,
		     const bool *is_trusted)
{
	int status = KNTP_DONE;

	for (size_t i = 0; !status && i < file->key_n; i++) {
		const struct keyfile_key *from = &file->key[i];
		struct knl_key key = {
			.id = from->id,
			.type = (enum kntp_key_type)from->type,
			.is_trusted = is_trusted[i],
			.peer_n = from->peer_n,
		};

		if (from->type != NTP_KEY_OTHER) {
			key.secret = from->secret;
			key.secret_len = from->secret_len;
		}
		memcpy(key.peer, from->peer, sizeof(key.peer));
		status = keys_give(kntp, &key);
	}
	return status;
}

static int keys_load(struct kntp *kntp, struct kntp_words *words)
{
	const char *path = kntp_value(words, "load"), *trusted = NULL;
	int status = KNTP_DONE;
	struct keyfile *file;
	bool *is_trusted;

	if (path && words->count) {
		if (strncmp("trusted", words->word[0],
			    strlen(words->word[0])) != 0) {
			kntp_end(words);
			return KNTP_USAGE;
		}
		kntp_next(words);
		trusted = kntp_value(words, "trusted");
		path = trusted ? path : NULL;
	}
	if (!path || kntp_end(words))
		return KNTP_USAGE;
	if (keyfile_load(path, &file, keys_report, NULL))
		return KNTP_REFUSED;
	is_trusted = calloc(file->key_n + 1, sizeof(*is_trusted));
	if (!is_trusted) {
		cli_error("out of memory");
		status = KNTP_REFUSED;
	}
	if (!status && trusted)
		status = keys_trust(trusted, path, file, is_trusted);
	if (!status)
		status = keys_send(kntp, file, is_trusted);
	if (!status && file->bad_n)
		status = KNTP_REFUSED;
	free(is_trusted);
	keyfile_free(file);
	return status;
}

static int keys_del(struct kntp *kntp, struct kntp_words *words)
{
	const char *word = kntp_value(words, "del");
	char what[32];
	long long id;
	int err;

	if (!word || keys_id(word, &id) || kntp_end(words))
		return KNTP_USAGE;
	err = knl_key_del(kntp->knl, (uint32_t)id);
	if (!err)
		return KNTP_DONE;
	if (err == -ENODATA)
		return keys_none(id);
	snprintf(what, sizeof(what), "cannot delete key %lld", id);
	return kntp_fail(kntp, err, what);
}

int keys_run(struct kntp *kntp, struct kntp_words *words)
{
	switch (kntp_verb(words, "keys", keys_verbs)) {
	case KEYS_SHOW:
		return keys_show(kntp, words);
	case KEYS_ADD:
		return keys_add(kntp, words);
	case KEYS_LOAD:
		return keys_load(kntp, words);
	case KEYS_DEL:
		return keys_del(kntp, words);
	case -1:
		return KNTP_DONE;
	default:
		return KNTP_USAGE;
	}
}
