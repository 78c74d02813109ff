// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>
#include <libmnl/libmnl.h>

#include "tools/lib/knl_call.h"

enum {
	KNL_DUMP_TRIES		= 10,
	KNL_EVENT_MAX		= 8192,
};

#define KNL_NLCTRL_GROUP	"notify"

struct knl {
	struct knlsock sock;
	uint16_t family;	/* 0: not known */
	int event_fd;		/* -1: not open */
	uint16_t event_family;	/* 0: the module is away */
	/* Not the calls' buffer: who gets an event may make calls. */
	char event[KNL_EVENT_MAX] __attribute__((aligned(8)));
};

static int knl_resolve(struct knl *knl, struct knlmsg_family *family)
{
	return knlsock_resolve(&knl->sock, KNTP_FAMILY_NAME, KNTP_MCGRP_EVENTS,
			       family);
}

/*
 * Call the module. It may have been reloaded since the last call and have
 * another id now: then the kernel says that there is no such family.
 */
int knl_call(struct knl *knl, struct nlmsghdr *request,
	     const struct knlsock_sink *sink)
{
	const uint16_t known = knl->family;
	struct knlmsg_family family;
	int err;

	if (known) {
		request->nlmsg_type = known;
		err = knlsock_call(&knl->sock, request, sink);
		if (err != -ENOENT)
			return err;
		knl->family = 0;
	}
	err = knl_resolve(knl, &family);
	if (err)
		return err;
	knl->family = family.id;
	request->nlmsg_type = family.id;
	return knlsock_call(&knl->sock, request, sink);
}

struct nlmsghdr *knl_request(void *buf, uint8_t cmd, uint16_t flags)
{
	return knlsock_request(buf, cmd, KNTP_FAMILY_VERSION, flags);
}

struct knlsock *knl_sock(struct knl *knl)
{
	return &knl->sock;
}

static int knl_list_record(const struct nlmsghdr *nlh, void *arg)
{
	struct knl_list *list = arg;
	size_t room;
	char *items;

	if (list->count == list->room) {
		room = list->room ? 2 * list->room : 32;
		items = reallocarray(list->items, room, list->size);
		if (!items)
			return -ENOMEM;
		list->items = items;
		list->room = room;
	}
	if (list->get(nlh, list->items + list->count * list->size))
		return -EBADMSG;
	list->count++;
	return 0;
}

/* Dump until nothing changes below us. */
int knl_dump(struct knl *knl, uint8_t cmd, struct knl_list *list)
{
	const struct knlsock_sink sink = { knl_list_record, list };
	char buf[KNLSOCK_REQUEST_MAX] __attribute__((aligned(8)));
	int tries, err = -EINTR;

	for (tries = 0; tries < KNL_DUMP_TRIES && err == -EINTR; tries++) {
		list->count = 0;
		err = knl_call(knl, knl_request(buf, cmd, NLM_F_DUMP), &sink);
	}
	if (err == -EINTR)
		return knlsock_fail(&knl->sock, err,
				    "the table changed %d times while it was read: try again",
				    KNL_DUMP_TRIES);
	return err;
}

int knl_open(struct knl **knl)
{
	struct knl *k;
	int fd;

	*knl = NULL;
	k = calloc(1, sizeof(*k));
	if (!k)
		return -ENOMEM;
	fd = knlsock_socket(0);
	if (fd < 0) {
		free(k);
		return fd;
	}
	k->sock.fd = fd;
	k->event_fd = -1;
	*knl = k;
	return 0;
}

void knl_close(struct knl *knl)
{
	if (!knl)
		return;
	if (knl->event_fd >= 0)
		close(knl->event_fd);
	close(knl->sock.fd);
	free(knl);
}

const char *knl_error(const struct knl *knl)
{
	return knl->sock.error;
}

const char *knl_note(const struct knl *knl)
{
	return knl->sock.note;
}

int knl_is_loaded(struct knl *knl)
{
	struct knlmsg_family family;
	int err = knl_resolve(knl, &family);

	if (err == -ENOENT)
		return 0;
	return err ? err : 1;
}

static int knl_clock_record(const struct nlmsghdr *nlh, void *arg)
{
	return knlmsg_get_clock(nlh, arg);
}

int knl_clock_get(struct knl *knl, struct knl_clock *clock)
{
	const struct knlsock_sink sink = { knl_clock_record, clock };
	char buf[KNLSOCK_REQUEST_MAX] __attribute__((aligned(8)));

	memset(clock, 0, sizeof(*clock));
	return knl_call(knl, knl_request(buf, KNTP_CMD_CLOCK_GET, NLM_F_ACK),
			&sink);
}

int knl_clock_set(struct knl *knl, const struct knl_clock *clock)
{
	char buf[KNLSOCK_REQUEST_MAX] __attribute__((aligned(8)));
	struct nlmsghdr *nlh;

	nlh = knl_request(buf, KNTP_CMD_CLOCK_SET, NLM_F_ACK);
	knlmsg_put_clock(nlh, clock);
	return knl_call(knl, nlh, NULL);
}

static int knl_dev_get(const struct nlmsghdr *nlh, void *item)
{
	return knlmsg_get_dev(nlh, item);
}

int knl_dev_each(struct knl *knl,
		 int (*each)(const struct knl_dev *dev, void *arg), void *arg)
{
	struct knl_list list = { .get = knl_dev_get,
				 .size = sizeof(struct knl_dev) };
	int err = knl_dump(knl, KNTP_CMD_DEV_GET, &list);
	size_t i;

	for (i = 0; !err && i < list.count; i++)
		err = each((const struct knl_dev *)list.items + i, arg);
	free(list.items);
	return err;
}

static int knl_dev_call(struct knl *knl, uint8_t cmd,
			const struct knl_dev *dev, bool with_hook)
{
	char buf[KNLSOCK_REQUEST_MAX] __attribute__((aligned(8)));
	struct nlmsghdr *nlh;

	nlh = knl_request(buf, cmd, NLM_F_ACK);
	knlmsg_put_dev(nlh, dev);
	if (with_hook)
		knlmsg_put_hook(nlh, dev->hook);
	return knl_call(knl, nlh, NULL);
}

int knl_dev_add(struct knl *knl, const struct knl_dev *dev)
{
	return knl_dev_call(knl, KNTP_CMD_DEV_ADD, dev, true);
}

int knl_dev_set(struct knl *knl, const struct knl_dev *dev)
{
	return knl_dev_call(knl, KNTP_CMD_DEV_SET, dev, true);
}

int knl_dev_del(struct knl *knl, const struct knl_dev *dev)
{
	return knl_dev_call(knl, KNTP_CMD_DEV_DEL, dev, false);
}

int knl_dev_stamp(struct knl *knl, const struct knl_dev *dev)
{
	char buf[KNLSOCK_REQUEST_MAX] __attribute__((aligned(8)));
	struct nlmsghdr *nlh;

	nlh = knl_request(buf, KNTP_CMD_DEV_SET, NLM_F_ACK);
	knlmsg_put_dev(nlh, dev);
	knlmsg_put_stamping(nlh, dev);
	return knl_call(knl, nlh, NULL);
}

static int knl_stats_record(const struct nlmsghdr *nlh, void *arg)
{
	return knlmsg_get_stats(nlh, arg);
}

int knl_stats_get(struct knl *knl, struct knl_stats *stats)
{
	const struct knlsock_sink sink = { knl_stats_record, stats };
	char buf[KNLSOCK_REQUEST_MAX] __attribute__((aligned(8)));

	memset(stats, 0, sizeof(*stats));
	return knl_call(knl, knl_request(buf, KNTP_CMD_STATS_GET, NLM_F_ACK),
			&sink);
}

/* A command without attributes. */
static int knl_command(struct knl *knl, uint8_t cmd)
{
	char buf[KNLSOCK_REQUEST_MAX] __attribute__((aligned(8)));

	return knl_call(knl, knl_request(buf, cmd, NLM_F_ACK), NULL);
}

int knl_stats_reset(struct knl *knl)
{
	return knl_command(knl, KNTP_CMD_STATS_RESET);
}

static int knl_client_get(const struct nlmsghdr *nlh, void *item)
{
	return knlmsg_get_client(nlh, item);
}

int knl_client_each(struct knl *knl,
		    int (*each)(const struct knl_client *client, void *arg),
		    void *arg)
{
	struct knl_list list = { .get = knl_client_get,
				 .size = sizeof(struct knl_client) };
	int err = knl_dump(knl, KNTP_CMD_CLIENT_GET, &list);
	size_t i;

	for (i = 0; !err && i < list.count; i++)
		err = each((const struct knl_client *)list.items + i, arg);
	free(list.items);
	return err;
}

int knl_config_begin(struct knl *knl)
{
	return knl_command(knl, KNTP_CMD_CONFIG_BEGIN);
}

int knl_config_commit(struct knl *knl)
{
	return knl_command(knl, KNTP_CMD_CONFIG_COMMIT);
}

static int knl_server_record(const struct nlmsghdr *nlh, void *arg)
{
	return knlmsg_get_server(nlh, arg);
}

int knl_server_get(struct knl *knl, struct knl_server *server)
{
	const struct knlsock_sink sink = { knl_server_record, server };
	char buf[KNLSOCK_REQUEST_MAX] __attribute__((aligned(8)));

	memset(server, 0, sizeof(*server));
	return knl_call(knl, knl_request(buf, KNTP_CMD_SERVER_GET, NLM_F_ACK),
			&sink);
}

int knl_server_set(struct knl *knl, const struct knl_server *server)
{
	char buf[KNLSOCK_REQUEST_MAX] __attribute__((aligned(8)));
	struct nlmsghdr *nlh;

	nlh = knl_request(buf, KNTP_CMD_SERVER_SET, NLM_F_ACK);
	knlmsg_put_server(nlh, server);
	return knl_call(knl, nlh, NULL);
}

static int knl_event_join(struct knl *knl, uint32_t group)
{
	if (setsockopt(knl->event_fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP,
		       &group, sizeof(group)) < 0)
		return knlsock_fail(&knl->sock, -errno,
				    "cannot join netlink group %u: %s",
				group, strerror(errno));
	return 0;
}

/* Subscribe to the module if it is there; its coming is told otherwise. */
static int knl_event_subscribe(struct knl *knl)
{
	struct knlmsg_family family;
	int err;

	knl->event_family = 0;
	err = knl_resolve(knl, &family);
	if (err == -ENOENT)
		return 0;
	if (err)
		return err;
	err = knl_event_join(knl, family.group);
	/* Gone again in between: that is told, too. */
	if (err == -EINVAL)
		return 0;
	if (!err)
		knl->event_family = family.id;
	return err;
}

int knl_event_open(struct knl *knl)
{
	struct knlmsg_family nlctrl;
	int fd, err;

	if (knl->event_fd >= 0)
		return knl->event_fd;
	fd = knlsock_socket(SOCK_NONBLOCK);
	if (fd < 0)
		return knlsock_fail(&knl->sock, fd, "cannot open netlink: %s",
				    strerror(-fd));
	knl->event_fd = fd;

	/* First the comings and goings, so that none is missed in between. */
	err = knlsock_resolve(&knl->sock, "nlctrl", KNL_NLCTRL_GROUP, &nlctrl);
	if (!err)
		err = knl_event_join(knl, nlctrl.group);
	if (!err)
		err = knl_event_subscribe(knl);
	if (err) {
		close(fd);
		knl->event_fd = -1;
		return err;
	}
	return fd;
}

/* Return: 1 where the message is an event for the user, else 0. */
static int knl_event_nlctrl(struct knl *knl, const struct nlmsghdr *nlh,
			    struct knl_event *event)
{
	struct knlmsg_family family;
	const struct genlmsghdr *genl;

	if (knlmsg_get_family(nlh, KNTP_MCGRP_EVENTS, &family) ||
	    strcmp(family.name, KNTP_FAMILY_NAME) != 0)
		return 0;
	genl = mnl_nlmsg_get_payload(nlh);
	if (genl->cmd == CTRL_CMD_NEWFAMILY) {
		event->type = KNL_EVENT_LOADED;
		knl->event_family = 0;
		if (!knl_event_join(knl, family.group))
			knl->event_family = family.id;
		return 1;
	}
	if (genl->cmd == CTRL_CMD_DELFAMILY) {
		event->type = KNL_EVENT_UNLOADED;
		knl->event_family = 0;
		return 1;
	}
	return 0;
}

static int knl_event_module(const struct nlmsghdr *nlh, struct knl_event *event)
{
	const struct genlmsghdr *genl = mnl_nlmsg_get_payload(nlh);

	switch (genl->cmd) {
	case KNTP_CMD_CLOCK_NTF:
		event->type = KNL_EVENT_CLOCK;
		return !knlmsg_get_clock(nlh, &event->clock);
	case KNTP_CMD_DEV_ADD_NTF:
		event->type = KNL_EVENT_DEV_ADD;
		return !knlmsg_get_dev(nlh, &event->dev);
	case KNTP_CMD_DEV_DEL_NTF:
		event->type = KNL_EVENT_DEV_DEL;
		return !knlmsg_get_dev(nlh, &event->dev);
	case KNTP_CMD_CONFIG_NTF:
		event->type = KNL_EVENT_CONFIG;
		return 1;
	default:
		return 0;
	}
}

int knl_event_read(struct knl *knl,
		   void (*each)(const struct knl_event *event, void *arg),
		   void *arg)
{
	const struct nlmsghdr *nlh;
	struct knl_event event;
	ssize_t len;
	int left, err, is_event;

	for (;;) {
		len = knlsock_receive(knl->event_fd, knl->event,
				      sizeof(knl->event));
		if (len == -EAGAIN)
			return 0;
		if (len == -ENOBUFS || len == -EMSGSIZE) {
			/* The module's coming may be among what was lost. */
			err = knl_event_subscribe(knl);
			if (err)
				return err;
			event.type = KNL_EVENT_LOST;
			each(&event, arg);
			continue;
		}
		if (len < 0)
			return knlsock_fail(&knl->sock, (int)len,
					    "cannot read events: %s",
					    strerror((int)-len));
		left = (int)len;
		nlh = (const struct nlmsghdr *)knl->event;
		for (; mnl_nlmsg_ok(nlh, left);
		     nlh = mnl_nlmsg_next(nlh, &left)) {
			is_event = 0;
			if (mnl_nlmsg_get_payload_len(nlh) < GENL_HDRLEN)
				continue;
			if (nlh->nlmsg_type == GENL_ID_CTRL)
				is_event = knl_event_nlctrl(knl, nlh, &event);
			else if (nlh->nlmsg_type == knl->event_family)
				is_event = knl_event_module(nlh, &event);
			if (is_event)
				each(&event, arg);
		}
	}
}

static const char *const knl_hooks[] = {
	[KNTP_HOOK_INGRESS] = "ingress",
	[KNTP_HOOK_ROUTED] = "routed",
	[KNTP_HOOK_INPUT] = "input",
};

static const char *const knl_states[] = {
	[KNTP_STATE_UNSET] = "unset",
	[KNTP_STATE_UNSYNC] = "unsync",
	[KNTP_STATE_SYNC] = "sync",
	[KNTP_STATE_EXPIRED] = "expired",
};

#define KNL_COUNT(array)	(sizeof(array) / sizeof((array)[0]))

const char *knl_hook_name(enum kntp_hook hook)
{
	return hook < KNL_COUNT(knl_hooks) ? knl_hooks[hook] : "unknown";
}

int knl_hook_parse(const char *name)
{
	size_t i;

	for (i = 0; i < KNL_COUNT(knl_hooks); i++)
		if (!strcmp(name, knl_hooks[i]))
			return (int)i;
	return -EINVAL;
}

const char *knl_state_name(enum kntp_state state)
{
	return state < KNL_COUNT(knl_states) ? knl_states[state] : "unknown";
}
