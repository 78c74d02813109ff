// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include <string.h>

#include "tools/kntp/kntp.h"

enum {
	LIMITS_SHOW,
	LIMITS_SET,
};

static const struct cli_word limits_verbs[] = {
	{ "show", NULL, "print how often clients of a limited rule may ask", LIMITS_SHOW },
	{ "set", "[average N] [minimum N] [prefix6 N] [nak on | off] [clients N]", "change some of it", LIMITS_SET },
	{ "help", NULL, "this text; average: log2 s, minimum: s, prefix6: bits, 0 for none; clients: recent ones remembered, 0 for as many as the module was loaded with", -1 },
	{ 0 }
};

enum {
	LIMITS_AVERAGE,
	LIMITS_MINIMUM,
	LIMITS_PREFIX6,
	LIMITS_NAK,
	LIMITS_CLIENTS,
};

static const struct cli_word limits_fields[] = {
	{ "average", "N", NULL, LIMITS_AVERAGE },
	{ "minimum", "N", NULL, LIMITS_MINIMUM },
	{ "prefix6", "N", NULL, LIMITS_PREFIX6 },
	{ "nak", "on | off", NULL, LIMITS_NAK },
	{ "clients", "N", NULL, LIMITS_CLIENTS },
	{ 0 }
};

static const struct cli_word limits_switch[] = {
	{ "on", NULL, NULL, true },
	{ "off", NULL, NULL, false },
	{ 0 }
};

json_t *limits_json(const struct knl_server *server)
{
	return json_pack("{s:i, s:i, s:i, s:b, s:b, s:I}",
			 "average_log2", server->limits.average_log2,
			 "minimum_s", server->limits.minimum_s,
			 "prefix6", server->limits.prefix6,
			 "nak", server->send_nak, "staged", server->is_staged,
			 "clients", (json_int_t)server->clients);
}

void limits_print(const struct knl_server *server)
{
	printf("average %u minimum %u prefix6 %u nak %s clients %u",
	       server->limits.average_log2, server->limits.minimum_s,
	       server->limits.prefix6, server->send_nak ? "on" : "off",
	       server->clients);
}

static void limits_print_all(const struct knl_server *server)
{
	const struct ntp_rate_limits *limits = &server->limits;

	printf("average    %u: a request each %lu s in the mean\n",
	       limits->average_log2, 1UL << limits->average_log2);
	printf("minimum    %u: no request within %u s of the last one\n",
	       limits->minimum_s, limits->minimum_s);
	if (limits->prefix6)
		printf("prefix6    %u: IPv6 clients of a /%u share a flood guard\n",
		       limits->prefix6, limits->prefix6);
	else
		puts("prefix6    0: each IPv6 address by itself");
	printf("nak        %s: a client whose MAC fails %s\n",
	       server->send_nak ? "on" : "off",
	       server->send_nak ? "gets a crypto-NAK" : "gets none from the kernel");
	if (server->clients)
		printf("clients    %u: so many recent ones are remembered\n",
		       server->clients);
	else
		puts("clients    0: as many recent ones as the module was loaded with");
	if (server->is_staged)
		puts("staged     somebody prepares another configuration");
}

static int limits_show(struct kntp *kntp, struct kntp_words *words)
{
	struct knl_server server;
	int err;

	if (kntp_end(words))
		return KNTP_USAGE;
	err = knl_server_get(kntp->knl, &server);
	if (err)
		return kntp_fail(kntp, err, "cannot read the limits");
	if (kntp->is_json)
		return kntp_print_json(limits_json(&server), JSON_INDENT(2));
	if (kntp->is_numeric) {
		limits_print(&server);
		putchar('\n');
		return KNTP_DONE;
	}
	limits_print_all(&server);
	return KNTP_DONE;
}

static int limits_parse_field(const struct cli_word *field, const char *text,
			      struct knl_server *server)
{
	static const struct {
		size_t offset;
		long long max;
	} numbers[] = {
		[LIMITS_AVERAGE] = { offsetof(struct ntp_rate_limits,
					      average_log2), 17 },
		[LIMITS_MINIMUM] = { offsetof(struct ntp_rate_limits,
					      minimum_s), 255 },
		[LIMITS_PREFIX6] = { offsetof(struct ntp_rate_limits,
					      prefix6), 128 },
	};
	const struct cli_word *word;
	long long value;

	if (field->value == LIMITS_NAK) {
		word = cli_find(limits_switch, "value", text);
		if (!word)
			return KNTP_USAGE;
		server->send_nak = word->value;
		return 0;
	}
	if (field->value == LIMITS_CLIENTS) {
		/* The kernel tells what it takes. */
		if (cli_number(field->name, text, 0, UINT32_MAX, &value))
			return KNTP_USAGE;
		server->clients = (uint32_t)value;
		return 0;
	}
	if (cli_number(field->name, text, 0, numbers[field->value].max, &value))
		return KNTP_USAGE;
	*((u8 *)&server->limits + numbers[field->value].offset) = (u8)value;
	return 0;
}

/* Once to check all words, once to change what is in force. */
static int limits_parse(struct kntp_words words, struct knl_server *server)
{
	const struct cli_word *field;
	const char *value;

	while (words.count) {
		field = cli_find(limits_fields, "field", kntp_next(&words));
		value = field ? kntp_value(&words, field->name) : NULL;
		if (!value || limits_parse_field(field, value, server))
			return KNTP_USAGE;
	}
	return 0;
}

static int limits_set(struct kntp *kntp, const struct kntp_words *words)
{
	struct knl_server server = { 0 };
	int err;

	if (!words->count) {
		cli_error("nothing to set; see: kntp limits help");
		return KNTP_USAGE;
	}
	if (limits_parse(*words, &server))
		return KNTP_USAGE;
	err = knl_server_get(kntp->knl, &server);
	if (err)
		return kntp_fail(kntp, err, "cannot read the limits");
	limits_parse(*words, &server);
	err = knl_server_set(kntp->knl, &server);
	return err ? kntp_fail(kntp, err, "cannot set the limits") : KNTP_DONE;
}

int limits_run(struct kntp *kntp, struct kntp_words *words)
{
	int verb = kntp_verb(words, "limits", limits_verbs);

	if (verb < 0)
		return kntp_no_verb(verb);
	return verb == LIMITS_SET ? limits_set(kntp, words) :
				    limits_show(kntp, words);
}
