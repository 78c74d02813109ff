// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include <errno.h>
#include <string.h>

#include "tools/kntp/kntp.h"

const char *kntp_next(struct kntp_words *words)
{
	if (!words->count)
		return NULL;
	words->count--;
	return *words->word++;
}

const char *kntp_value(struct kntp_words *words, const char *what)
{
	const char *value = kntp_next(words);

	if (!value)
		cli_error("a value must follow '%s'", what);
	return value;
}

int kntp_end(const struct kntp_words *words)
{
	if (!words->count)
		return 0;
	cli_error("unexpected '%s'", words->word[0]);
	return KNTP_USAGE;
}

int kntp_verb(struct kntp_words *words, const char *object,
	      const struct cli_word *verbs)
{
	const struct cli_word *verb;
	char head[32];

	if (!words->count)
		return verbs->value;
	verb = cli_find(verbs, "verb", words->word[0]);
	if (!verb)
		return -2;
	kntp_next(words);
	if (verb->value >= 0)
		return verb->value;
	snprintf(head, sizeof(head), "kntp %s", object);
	puts("Usage:");
	cli_usage(stdout, head, verbs);
	return -1;
}

int kntp_no_verb(int verb)
{
	return verb == -1 ? KNTP_DONE : KNTP_USAGE;
}

int kntp_fail(const struct kntp *kntp, int err, const char *what)
{
	const char *why = knl_error(kntp->knl);

	switch (err) {
	case -ENOENT:
		cli_error("the kntp module is not loaded; load it with: modprobe kntp");
		return KNTP_NO_MODULE;
	case -EPERM:
		cli_error("%s: %s; run it as root, for example with sudo",
			  what, why);
		break;
	case -ENOMEM:
		cli_error("%s: out of memory", what);
		break;
	default:
		cli_error("%s: %s", what, why);
	}
	return KNTP_REFUSED;
}

int kntp_print_json(json_t *root, size_t flags)
{
	int err = root ? json_dumpf(root, stdout, flags) : -1;

	if (root)
		putchar('\n');
	json_decref(root);
	/* What went wrong with the stream is told by cli_close(). */
	if (!err || ferror(stdout))
		return KNTP_DONE;
	cli_error("out of memory");
	return KNTP_REFUSED;
}

int kntp_network(const char *text, struct ntp_addr *addr, u8 *prefix)
{
	int err = addr_parse_prefix(text, addr, prefix);

	if (!err)
		return 0;
	if (err == -ERANGE)
		cli_error("the length of '%s' is above %d", text,
			  addr_is_v4(addr) ? 32 : 128);
	else
		cli_error("'%s' is not an address or network, such as 192.0.2.0/24 or 2001:db8::/32",
			  text);
	return KNTP_USAGE;
}
