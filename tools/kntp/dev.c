// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/kntp/kntp.h"

enum {
	DEV_SHOW,
	DEV_ADD,
	DEV_DEL,
	DEV_SET,
};

static const struct cli_word dev_verbs[] = {
	{ "show", "[DEV]", "print the served devices", DEV_SHOW },
	{ "add", "DEV [hook HOOK]", "serve a device", DEV_ADD },
	{ "del", "DEV", "stop serving a device", DEV_DEL },
	{ "set", "DEV hook HOOK", "serve a device in another way", DEV_SET },
	{ "help", NULL, "this text; hooks: ingress (the default), routed, input", -1 },
	{ 0 }
};

static const struct cli_word dev_hooks[] = {
	{ "ingress", NULL, NULL, KNTP_HOOK_INGRESS },
	{ "routed", NULL, NULL, KNTP_HOOK_ROUTED },
	{ "input", NULL, NULL, KNTP_HOOK_INPUT },
	{ 0 }
};

static const struct cli_word dev_fields[] = {
	{ "hook", "HOOK", NULL, 0 },
	{ 0 }
};

/* What dev_show() hands to the walk. */
struct dev_walk {
	const struct kntp *kntp;
	const char *only;	/* name of the one device, or NULL */
	json_t *list;		/* where JSON is wanted */
	unsigned int count;
};

static const char *const dev_flags[] = {
	[KNTP_STAMP_FLAG_RX_HARDWARE] = "rx-hardware",
	[KNTP_STAMP_FLAG_TX_HARDWARE] = "tx-hardware",
	[KNTP_STAMP_FLAG_TX_CORRECT] = "tx-correct",
};

enum {
	DEV_FLAGS = sizeof(dev_flags) / sizeof(*dev_flags),
	DEV_COUNTS = 11,
};

/* A counter of stamps, by the name that it has everywhere. */
struct dev_count {
	const char *name;
	uint64_t value;
};

static void dev_counts(const struct knl_dev *dev,
		       struct dev_count counts[DEV_COUNTS])
{
	const struct dev_count all[DEV_COUNTS] = {
		{ "rx_hardware", dev->rx_hardware },
		{ "rx_driver", dev->rx_driver },
		{ "rx_clock", dev->rx_clock },
		{ "rx_refused", dev->rx_refused },
		{ "tx_asked", dev->tx_asked },
		{ "tx_hardware", dev->tx_hardware },
		{ "tx_driver", dev->tx_driver },
		{ "tx_late", dev->tx_late },
		{ "tx_refused", dev->tx_refused },
		{ "tx_missing", dev->tx_missing },
		{ "tx_lost", dev->tx_lost },
	};

	memcpy(counts, all, sizeof(all));
}

/* Members about stamps: what is not known is null. */
static json_t *dev_stamps_json(const struct knl_dev *dev)
{
	struct dev_count counts[DEV_COUNTS];
	json_t *flags = json_array(), *root;
	int i, err = 0;

	for (i = 0; i < DEV_FLAGS; i++)
		if (dev->stamping >> i & 1)
			err |= json_array_append_new(flags,
						     json_string(dev_flags[i]));
	root = json_pack("{s:o, s:o, s:i, s:i, s:o, s:o}",
			 "phc", dev->phc == KNTP_PHC_NONE ? json_null() :
				json_integer(dev->phc),
			 "stamping", flags,
			 "rx_comp", dev->rx_comp_ns, "tx_comp", dev->tx_comp_ns,
			 "tx_delay", dev->has_tx_delay ?
				json_integer(dev->tx_delay_ns) : json_null(),
			 "tx_spread", dev->has_tx_delay ?
				json_integer((json_int_t)dev->tx_spread_ns) :
				json_null());
	dev_counts(dev, counts);
	for (i = 0; i < DEV_COUNTS; i++)
		err |= json_object_set_new(root, counts[i].name,
				json_integer((json_int_t)counts[i].value));
	if (err) {
		json_decref(root);
		return NULL;
	}
	return root;
}

static void dev_print_stamps(const struct knl_dev *dev)
{
	struct dev_count counts[DEV_COUNTS];
	int i, n = 0;

	if (dev->phc == KNTP_PHC_NONE)
		printf("  phc           none\n");
	else
		printf("  phc           ptp%" PRIu32 "\n", dev->phc);
	printf("  stamping      ");
	for (i = 0; i < DEV_FLAGS; i++)
		if (dev->stamping >> i & 1)
			printf("%s%s", n++ ? "," : "", dev_flags[i]);
	printf("%s\n", n ? "" : "none");
	printf("  rx_comp       %" PRId32 " ns\n", dev->rx_comp_ns);
	printf("  tx_comp       %" PRId32 " ns\n", dev->tx_comp_ns);
	dev_counts(dev, counts);
	for (i = 0; i < DEV_COUNTS; i++)
		printf("  %-12s  %" PRIu64 "\n", counts[i].name, counts[i].value);
	if (dev->has_tx_delay)
		printf("  tx_delay      %" PRId64 " ns, spread %" PRIu64 " ns\n",
		       dev->tx_delay_ns, dev->tx_spread_ns);
}

json_t *dev_json(const struct knl_dev *dev)
{
	json_t *stamps = dev_stamps_json(dev);
	json_t *root = json_pack("{s:I, s:s, s:s, s:s, s:I, s:I}",
			 "ifindex", (json_int_t)dev->ifindex,
			 "ifname", dev->ifname,
			 "hook", knl_hook_name(dev->hook),
			 "rx_stamp", dev->rx_stamp,
			 "requests", (json_int_t)dev->requests,
			 "replies", (json_int_t)dev->replies);

	if (!root || !stamps || json_object_update(root, stamps)) {
		json_decref(root);
		root = NULL;
	}
	json_decref(stamps);
	return root;
}

static int dev_show_one(const struct knl_dev *dev, void *arg)
{
	struct dev_walk *walk = arg;
	char index[16];

	if (walk->only && strcmp(walk->only, dev->ifname) != 0)
		return 0;
	if (walk->list)
		return json_array_append_new(walk->list, dev_json(dev)) ?
		       -ENOMEM : 0;
	if (!walk->count++)
		printf("%-15s  %-7s  %-8s  %12s  %12s\n", "DEV", "HOOK",
		       "STAMPS", "REQUESTS", "REPLIES");
	snprintf(index, sizeof(index), "%" PRIu32, dev->ifindex);
	printf("%-15s  %-7s  %-8s  %12" PRIu64 "  %12" PRIu64 "\n",
	       walk->kntp->is_numeric ? index : dev->ifname,
	       knl_hook_name(dev->hook), dev->rx_stamp, dev->requests,
	       dev->replies);
	if (walk->only)
		dev_print_stamps(dev);
	return 0;
}

static int dev_show(struct kntp *kntp, struct kntp_words *words)
{
	struct dev_walk walk = { .kntp = kntp, .only = kntp_next(words) };
	int err;

	if (kntp_end(words))
		return KNTP_USAGE;
	if (kntp->is_json) {
		walk.list = json_array();
		if (!walk.list)
			return kntp_print_json(NULL, 0);
	}
	err = knl_dev_each(kntp->knl, dev_show_one, &walk);
	if (err) {
		json_decref(walk.list);
		return kntp_fail(kntp, err, "cannot read the served devices");
	}
	if (walk.list)
		return kntp_print_json(walk.list, JSON_INDENT(2));
	if (!walk.count && walk.only) {
		cli_error("%s is not served; serve it with: kntp dev add %s",
			  walk.only, walk.only);
		return KNTP_REFUSED;
	}
	if (!walk.count && isatty(STDOUT_FILENO))
		puts("no device is served; serve one with: kntp dev add DEV");
	return KNTP_DONE;
}

/* DEV, then maybe hook HOOK. Return: 0, or KNTP_USAGE after a message. */
static int dev_parse(struct kntp_words *words, struct knl_dev *dev,
		     bool *has_hook)
{
	const struct cli_word *hook;
	const char *word = kntp_next(words);

	*has_hook = false;
	if (!word) {
		cli_error("the name of a device is missing; see: kntp dev help");
		return KNTP_USAGE;
	}
	if (strlen(word) >= sizeof(dev->ifname)) {
		cli_error("'%s' is too long for the name of a device", word);
		return KNTP_USAGE;
	}
	snprintf(dev->ifname, sizeof(dev->ifname), "%s", word);
	while (words->count) {
		if (!cli_find(dev_fields, "field", kntp_next(words)))
			return KNTP_USAGE;
		word = kntp_value(words, "hook");
		hook = word ? cli_find(dev_hooks, "hook", word) : NULL;
		if (!hook)
			return KNTP_USAGE;
		dev->hook = hook->value;
		*has_hook = true;
	}
	return 0;
}

static int dev_change(struct kntp *kntp, int verb, struct kntp_words *words)
{
	struct knl_dev dev = { .hook = KNTP_HOOK_INGRESS };
	char what[64];
	bool has_hook;
	int err;

	if (dev_parse(words, &dev, &has_hook))
		return KNTP_USAGE;
	if (verb == DEV_DEL && has_hook) {
		cli_error("del takes no hook");
		return KNTP_USAGE;
	}
	if (verb == DEV_SET && !has_hook) {
		cli_error("the hook is missing: kntp dev set %s hook HOOK",
			  dev.ifname);
		return KNTP_USAGE;
	}
	if (verb == DEV_ADD)
		err = knl_dev_add(kntp->knl, &dev);
	else if (verb == DEV_SET)
		err = knl_dev_set(kntp->knl, &dev);
	else
		err = knl_dev_del(kntp->knl, &dev);
	if (!err)
		return KNTP_DONE;
	snprintf(what, sizeof(what), "cannot %s %s",
		 verb == DEV_ADD ? "serve" :
		 verb == DEV_SET ? "change" : "stop serving", dev.ifname);
	return kntp_fail(kntp, err, what);
}

int dev_run(struct kntp *kntp, struct kntp_words *words)
{
	int verb = kntp_verb(words, "dev", dev_verbs);

	if (verb < 0)
		return kntp_no_verb(verb);
	if (verb == DEV_SHOW)
		return dev_show(kntp, words);
	return dev_change(kntp, verb, words);
}
