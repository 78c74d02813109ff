// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include <errno.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/io.h"
#include "tests/sim/node.h"
#include "tests/sim/verb.h"
#include "tools/lib/addr.h"

/* A number of a node or path, by its name in scenarios. */
struct key {
	const char *name;
	size_t at;
};

#define NODE_KEY(name, member)	{ name, offsetof(struct node, member) }
#define PATH_KEY(name)		{ #name, offsetof(struct way, name) }

static const struct key node_keys[] = {
	NODE_KEY("offset", offset),
	NODE_KEY("begins", begins),
	NODE_KEY("freq", clock.osc.freq),
	NODE_KEY("wander", clock.osc.wander),
	NODE_KEY("temp", clock.osc.temp),
	NODE_KEY("period", clock.osc.period),
	NODE_KEY("read", clock.read_s),
	NODE_KEY("lie", server.lie),
	NODE_KEY("drift", server.drift),
	NODE_KEY("since", server.since),
	NODE_KEY("leap", server.leap),
	NODE_KEY("stratum", server.stratum),
	NODE_KEY("rootdelay", server.rootdelay),
	NODE_KEY("rootdisp", server.rootdisp),
	NODE_KEY("turn", server.turn),
	NODE_KEY("late", server.late),
	NODE_KEY("keep", server.keep),
	NODE_KEY("down", server.down),
	NODE_KEY("refuse", server.refuse),
	NODE_KEY("kiss", server.kiss),
	{ 0 }
};

static const struct key path_keys[] = {
	PATH_KEY(base), PATH_KEY(exp), PATH_KEY(normal), PATH_KEY(uniform),
	PATH_KEY(heavy), PATH_KEY(spike), PATH_KEY(spikeprob), PATH_KEY(busy),
	PATH_KEY(loss),
	{ 0 }
};

int verb_split(char *line, char **word)
{
	int n = 0;

	for (char *p = line; n < VERB_WORDS;) {
		p += strspn(p, " \t\r\n");
		if (!*p || *p == '#')
			break;
		if (*p == '"') {
			word[n++] = ++p;
			p += strcspn(p, "\"\n");
		} else {
			word[n++] = p;
			p += strcspn(p, " \t\r\n");
		}
		if (!*p)
			break;
		*p++ = '\0';
	}
	return n;
}

bool verb_number(const char *text, double *value)
{
	static const struct {
		const char *name;
		double factor;
	} unit[] = {
		{ "", 1 }, { "s", 1 }, { "ms", 1e-3 }, { "us", 1e-6 },
		{ "ns", 1e-9 }, { "min", 60 }, { "h", 3600 }, { "d", 86400 },
		{ "ppm", 1e-6 }, { "ppb", 1e-9 }, { "%", 1e-2 },
	};
	char *end;

	if (!strcmp(text, "end")) {
		*value = world.length;
		return true;
	}
	*value = strtod(text, &end);
	if (end == text)
		return false;
	for (size_t i = 0; i < sizeof(unit) / sizeof(unit[0]); i++) {
		if (!strcmp(end, unit[i].name)) {
			*value *= unit[i].factor;
			return true;
		}
	}
	return false;
}

/* KEY VALUE KEY VALUE ...; set, or added to what is there. */
static const char *change(void *base, const struct key *keys, int n,
			  char **word, bool is_added, double sign)
{
	if (n < 2 || n % 2)
		return "keys and values in pairs are wanted";
	for (int i = 0; i < n; i += 2) {
		const struct key *key = keys;
		double value, *at;

		while (key->name && strcmp(key->name, word[i]))
			key++;
		if (!key->name)
			return "there is no such key";
		if (!verb_number(word[i + 1], &value))
			return "a number with a known unit is wanted";
		at = (double *)(void *)((char *)base + key->at);
		*at = is_added ? *at + sign * value : value;
	}
	return NULL;
}

static const char *change_path(int n, char **word, bool is_added, double sign)
{
	char *to = n > 1 ? strchr(word[1], '>') : NULL;
	struct node *a, *b;
	const char *wrong;
	int skip = to ? 2 : 3;

	if (n < skip)
		return "say A B or A>B";
	if (to)
		*to++ = '\0';
	else
		to = word[2];
	a = world_find_node(word[1]);
	b = world_find_node(to);
	if (!a || !b)
		return "there is no such node";
	wrong = change(&world.way[a->index][b->index], path_keys, n - skip,
		       word + skip, is_added, sign);
	if (!wrong && skip == 3)
		wrong = change(&world.way[b->index][a->index], path_keys,
			       n - skip, word + skip, is_added, sign);
	return wrong;
}

/* Flags of the command line are no numbers. */
static bool set_option(struct node *node, const char *name)
{
	if (!strcmp(name, "-q"))
		node->options.once = true;
	else if (!strcmp(name, "-g"))
		node->options.step_first = true;
	else if (!strcmp(name, "-x"))
		node->options.slew_only = true;
	else if (!strcmp(name, "--no-clock"))
		node->options.keep_clock = true;
	else
		return false;
	return true;
}

static const char *add_node(int n, char **word)
{
	bool is_kntpd = n > 2 && !strcmp(word[2], "kntpd");
	struct node *node;

	if (n < 3 || (!is_kntpd && strcmp(word[2], "server")))
		return "say node NAME kntpd or node NAME server";
	if (world_find_node(word[1]))
		return "there is a node of this name";
	node = world_add_node(word[1], is_kntpd ? NODE_KNTPD : NODE_SERVER);
	if (!node)
		return "there are too many nodes";
	word += 3;
	n -= 3;
	while (n && word[0][0] == '-' && set_option(node, word[0])) {
		word++;
		n--;
	}
	return n ? change(node, node_keys, n, word, false, 1) : NULL;
}

/* One line of ntp.conf; @NODE is its address, @drift the drift file. */
static const char *add_conf(struct node *node, int n, char **word)
{
	size_t len = node->conf_text ? strlen(node->conf_text) : 0;
	char text[INET6_ADDRSTRLEN], *all;
	FILE *line = open_memstream(&all, &len);

	if (!line)
		return "out of memory";
	fputs(node->conf_text ? node->conf_text : "", line);
	for (int i = 0; i < n; i++) {
		const struct node *other;

		if (!strcmp(word[i], "@drift")) {
			fprintf(line, "\"%s\"", io_drift_path(node));
		} else if (word[i][0] == '@') {
			other = world_find_node(word[i] + 1);
			if (!other) {
				fclose(line);
				free(all);
				return "there is no such node";
			}
			fputs(addr_print(&other->addr, text, sizeof(text)),
			      line);
		} else {
			fputs(word[i], line);
		}
		fputc(i + 1 < n ? ' ' : '\n', line);
	}
	fclose(line);
	free(node->conf_text);
	node->conf_text = all;
	return NULL;
}

static void thaw_paused(struct event *event)
{
	node_thaw(event->to, false);
}

static void thaw_suspended(struct event *event)
{
	node_thaw(event->to, true);
}

static const char *freeze(struct node *node, bool sets_clock, double duration)
{
	const struct event event = {
		.happen = sets_clock ? thaw_suspended : thaw_paused,
		.to = node,
	};

	node_freeze(node);
	world_at(world.now + duration, &event);
	return NULL;
}

/* VERB NODE [VALUE] */
static const char *act(struct node *node, const char *verb, const char *arg)
{
	double value = 0;

	if (arg && !verb_number(arg, &value))
		return "a number with a known unit is wanted";
	if (!strcmp(verb, "start")) {
		node_start(node);
	} else if (!strcmp(verb, "stop")) {
		node_stop(node);
	} else if (!strcmp(verb, "kill")) {
		node_kill(node);
	} else if (!strcmp(verb, "reload")) {
		node_reload(node);
	} else if (!strcmp(verb, "noconf")) {
		free(node->conf_text);
		node->conf_text = NULL;
	} else if (!strcmp(verb, "pause") && arg) {
		return freeze(node, false, value);
	} else if (!strcmp(verb, "suspend") && arg) {
		return freeze(node, true, value);
	} else if (!strcmp(verb, "step") && arg) {
		/* By somebody else, with date(1) perhaps. */
		kclock_advance(&node->clock, world.now);
		node->clock.real += value;
		node_clock_set(node);
	} else if (!strcmp(verb, "meddle") && arg) {
		kclock_advance(&node->clock, world.now);
		node->clock.freq = lround(value * 65536e6);
	} else {
		return "there is no such verb, or its value is missing";
	}
	return NULL;
}

const char *verb_run(int n, char **word, double sign)
{
	bool is_added = !strcmp(word[0], "add") || !strcmp(word[0], "more");
	struct node *node;

	if (!strcmp(word[0], "node"))
		return add_node(n, word);
	if (!strcmp(word[0], "path") || !strcmp(word[0], "more"))
		return change_path(n, word, is_added, sign);
	if (n < 2)
		return "a node is wanted";
	node = world_find_node(word[1]);
	if (!node)
		return "there is no such node";
	if (!strcmp(word[0], "set") || is_added) {
		if (node->kind == NODE_SERVER && !is_added && n > 2 &&
		    !strcmp(word[2], "drift"))
			node->server.since = world.now;
		return change(node, node_keys, n - 2, word + 2, is_added, sign);
	}
	if (!strcmp(word[0], "conf"))
		return add_conf(node, n - 2, word + 2);
	return act(node, word[0], n > 2 ? word[2] : NULL);
}

static void run_later(struct event *event)
{
	char *word[VERB_WORDS], line[512];
	const char *wrong;
	int n;

	snprintf(line, sizeof(line), "%s", event->line);
	n = verb_split(line, word);
	wrong = n ? verb_run(n, word, event->sign) : "it is empty";
	if (!wrong)
		return;
	fprintf(stderr, "sim: at %g: %s: %s\n", world.now, event->line, wrong);
	exit(1);
}

void verb_later(double at, const char *line, double sign)
{
	const struct event event = {
		.happen = run_later, .line = line, .sign = sign,
	};

	world_at(at, &event);
}
