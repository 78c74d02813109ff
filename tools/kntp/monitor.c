// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tools/kntp/kntp.h"
#include "tools/lib/date.h"

enum {
	MONITOR_SHOW,
};

static const struct cli_word monitor_verbs[] = {
	{ "show", "[limit N]", "print events as they come; end after N", MONITOR_SHOW },
	{ "help", NULL, "this text", -1 },
	{ 0 }
};

static const struct cli_word monitor_filters[] = {
	{ "limit", "N", NULL, 0 },
	{ 0 }
};

static const char *const monitor_types[] = {
	[KNL_EVENT_LOADED] = "loaded",
	[KNL_EVENT_UNLOADED] = "unloaded",
	[KNL_EVENT_CLOCK] = "clock",
	[KNL_EVENT_DEV_ADD] = "dev-add",
	[KNL_EVENT_DEV_DEL] = "dev-del",
	[KNL_EVENT_CONFIG] = "config",
	[KNL_EVENT_LOST] = "lost",
};

struct monitor {
	const struct kntp *kntp;
	long long left;		/* events until the end, -1 for no end */
	int status;
};

static void monitor_print_clock(const struct knl_clock *clock)
{
	char refid[16];

	printf("%s", knl_state_name(clock->state));
	if (clock->state == KNTP_STATE_UNSET)
		return;
	printf(" leap %u stratum %u refid %s", clock->leap, clock->stratum,
	       clock_refid_print(clock, refid, sizeof(refid)));
}

/* The event tells that something is new, but not what: look. */
static void monitor_print_config(const struct kntp *kntp)
{
	struct knl_server server;

	fputs("rules, keys or limits are other ones", stdout);
	if (knl_server_get(kntp->knl, &server))
		return;
	fputs("; limits: ", stdout);
	limits_print(&server);
}

static void monitor_print(const struct kntp *kntp,
			  const struct knl_event *event, const char *date)
{
	printf("%s  %-8s  ", date, monitor_types[event->type]);
	switch (event->type) {
	case KNL_EVENT_LOADED:
		fputs("the module was loaded", stdout);
		break;
	case KNL_EVENT_UNLOADED:
		fputs("the module was unloaded", stdout);
		break;
	case KNL_EVENT_CLOCK:
		monitor_print_clock(&event->clock);
		break;
	case KNL_EVENT_DEV_ADD:
		printf("%s hook %s", event->dev.ifname,
		       knl_hook_name(event->dev.hook));
		break;
	case KNL_EVENT_DEV_DEL:
		printf("%s", event->dev.ifname);
		break;
	case KNL_EVENT_CONFIG:
		monitor_print_config(kntp);
		break;
	case KNL_EVENT_LOST:
		fputs("some events came too fast and are lost", stdout);
		break;
	}
	putchar('\n');
}

static json_t *monitor_json(const struct kntp *kntp,
			    const struct knl_event *event, const char *date)
{
	struct knl_server server;
	json_t *root = json_pack("{s:s, s:s}", "time", date, "event",
				 monitor_types[event->type]);
	int err = 0;

	if (event->type == KNL_EVENT_CLOCK)
		err = json_object_set_new(root, "clock",
					  clock_json(&event->clock));
	if (event->type == KNL_EVENT_DEV_ADD ||
	    event->type == KNL_EVENT_DEV_DEL)
		err = json_object_set_new(root, "dev", dev_json(&event->dev));
	if (event->type == KNL_EVENT_CONFIG &&
	    !knl_server_get(kntp->knl, &server))
		err = json_object_set_new(root, "limits", limits_json(&server));
	if (err) {
		json_decref(root);
		return NULL;
	}
	return root;
}

static void monitor_event(const struct knl_event *event, void *arg)
{
	struct monitor *monitor = arg;
	char date[DATE_TEXT_MAX];
	struct timespec now;

	if (!monitor->left)
		return;
	if (monitor->left > 0)
		monitor->left--;
	clock_gettime(CLOCK_REALTIME, &now);
	date_utc_print((uint64_t)now.tv_sec * 1000000000 +
		       (uint64_t)now.tv_nsec, date, sizeof(date));
	if (monitor->kntp->is_json)
		monitor->status |= kntp_print_json(monitor_json(monitor->kntp,
								event, date),
						   JSON_COMPACT);
	else
		monitor_print(monitor->kntp, event, date);
}

static int monitor_wait(struct kntp *kntp, int fd, struct monitor *monitor)
{
	/* Whoever reads our output may go away while nothing happens. */
	struct pollfd fds[] = {
		{ .fd = fd, .events = POLLIN },
		{ .fd = STDOUT_FILENO },
	};
	int err;

	while (monitor->left && !monitor->status) {
		if (cli_close(stdout))
			return KNTP_REFUSED;
		if (fds[1].revents & POLLERR) {
			cli_error("whoever read the output went away");
			return KNTP_REFUSED;
		}
		if (poll(fds, 2, -1) < 0 && errno != EINTR) {
			cli_error("cannot wait for events: %s",
				  strerror(errno));
			return KNTP_REFUSED;
		}
		if (!fds[0].revents)
			continue;
		err = knl_event_read(kntp->knl, monitor_event, monitor);
		if (err)
			return kntp_fail(kntp, err, "cannot read events");
	}
	return monitor->status;
}

int monitor_run(struct kntp *kntp, struct kntp_words *words)
{
	struct monitor monitor = { .kntp = kntp, .left = -1 };
	const char *word;
	int fd;

	if (words->count && strcmp(words->word[0], "limit") != 0) {
		int verb = kntp_verb(words, "monitor", monitor_verbs);

		if (verb < 0)
			return kntp_no_verb(verb);
	}
	word = kntp_next(words);
	if (word) {
		if (!cli_find(monitor_filters, "filter", word))
			return KNTP_USAGE;
		word = kntp_value(words, "limit");
		if (!word || cli_number("limit", word, 1, INT64_MAX,
					&monitor.left) || kntp_end(words))
			return KNTP_USAGE;
	}
	fd = knl_event_open(kntp->knl);
	if (fd < 0)
		return kntp_fail(kntp, fd, "cannot watch for events");
	if (!knl_is_loaded(kntp->knl))
		cli_error("the kntp module is not loaded: waiting for it");
	return monitor_wait(kntp, fd, &monitor);
}
