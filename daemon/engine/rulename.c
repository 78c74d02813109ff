// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/engine/rulename.h"
#include "daemon/io/loop.h"
#include "daemon/io/resolve.h"
#include "tools/lib/addr.h"
#include "tools/lib/log.h"

/* Names are asked for again after 2 s, 4 s, ... up to this. */
#define RETRY_MAX_LOG2	9

/* A host name of restrict lines, and what it stands for. */
struct name {
	struct name *next;
	char text[CONF_NAME_MAX];
	int family;
	bool is_used;
	bool is_told;		/* of the failure, in the log */
	unsigned int retries;
	struct resolve_query *query;
	struct loop_timer timer;
	struct ntp_addr addr[RESOLVE_ADDR_MAX];
	size_t addr_n;
};

static struct name *names;
static void (*addresses_found)(void);

static struct name *find_name(const struct conf_restrict *line)
{
	for (struct name *name = names; name; name = name->next)
		if (name->family == line->family &&
		    !strcmp(name->text, line->name))
			return name;
	return NULL;
}

static void retry_later(struct name *name)
{
	unsigned int log2_s = name->retries + 1;

	if (log2_s > RETRY_MAX_LOG2)
		log2_s = RETRY_MAX_LOG2;
	name->retries++;
	name->is_told = true;
	loop_timer_in(&name->timer, LOOP_NS_PER_S << log2_s);
}

static void answered(const char *err, const struct addr_end *addr, size_t n,
		     void *arg)
{
	struct name *name = arg;
	char text[INET6_ADDRSTRLEN];

	name->query = NULL;
	if (err || !n) {
		if (!name->is_told)
			log_warning("restrict %s: %s: the line %s; asked "
				    "again, see /etc/resolv.conf, or write the "
				    "address", name->text,
				    err ? err : "name has no address",
				    name->addr_n ? "stands for the addresses "
				    "it had" : "has no effect");
		retry_later(name);
		return;
	}
	name->is_told = false;
	name->retries = 0;
	name->addr_n = n < RESOLVE_ADDR_MAX ? n : RESOLVE_ADDR_MAX;
	for (size_t i = 0; i < name->addr_n; i++) {
		name->addr[i] = addr[i].addr;
		log_debug("restrict %s: %s", name->text,
			  addr_print(&addr[i].addr, text, sizeof(text)));
	}
	addresses_found();
}

static void ask(void *arg)
{
	struct name *name = arg;
	int err;

	if (name->query)
		return;
	err = resolve_ask(&name->query, name->text, name->family, answered,
			  name);
	if (!err)
		return;
	name->query = NULL;
	if (!name->is_told)
		log_warning("restrict %s: names can not be looked up: %s: the "
			    "line has no effect; write the address, or start "
			    "without --no-sandbox", name->text,
			    strerror(-err));
	retry_later(name);
}

static void free_name(struct name *name)
{
	resolve_cancel(name->query);
	loop_timer_cancel(&name->timer);
	free(name);
}

static void need_name(const struct conf_restrict *line)
{
	struct name *name = find_name(line);

	if (!name) {
		name = calloc(1, sizeof(*name));
		if (!name) {
			log_error("restrict %s: out of memory: the line has no "
				  "effect", line->name);
			return;
		}
		snprintf(name->text, sizeof(name->text), "%s", line->name);
		name->family = line->family;
		loop_timer_init(&name->timer, ask, name);
		name->next = names;
		names = name;
	}
	name->is_used = true;
}

void rulename_apply(const struct conf *conf)
{
	struct name **link = &names;

	for (struct name *name = names; name; name = name->next)
		name->is_used = false;
	for (size_t i = 0; i < conf->restrict_n; i++)
		if (conf->restricts[i].target == CONF_TARGET_NAME)
			need_name(&conf->restricts[i]);
	while (*link) {
		struct name *name = *link;

		if (name->is_used) {
			/* Also one that failed: the administrator looks on. */
			name->is_told = false;
			name->retries = 0;
			loop_timer_at(&name->timer, loop_now_ns());
			link = &name->next;
		} else {
			*link = name->next;
			free_name(name);
		}
	}
}

size_t rulename_find(const struct conf_restrict *line,
		     const struct ntp_addr **addr)
{
	const struct name *name = find_name(line);

	*addr = name ? name->addr : NULL;
	return name ? name->addr_n : 0;
}

void rulename_init(void (*found)(void))
{
	addresses_found = found;
}

void rulename_close(void)
{
	while (names) {
		struct name *next = names->next;

		free_name(names);
		names = next;
	}
}
