/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef TESTS_LIB_FAKEKNL_H
#define TESTS_LIB_FAKEKNL_H

/*
 * A module for tests of the netlink client, which includes tests/lib/fakenl.h,
 * tools/lib/knlsock.c and knl.c before this: nlctrl tells about it, and a
 * function of the test answers its commands.
 */
#include <stdlib.h>

enum {
	FAMILY		= 30,
	GROUP		= 7,
	NOTIFY_GROUP	= 16,
};

/* The module of this test; 0 where it is not loaded. */
static uint16_t family;
static unsigned int calls, resolves;
/* What it answers to its own commands. */
static void (*module)(const struct nlmsghdr *request);

static void answer_nlctrl(const struct nlmsghdr *request)
{
	const struct nlattr *attr;
	struct nlmsghdr *nlh;
	const char *name = "";

	mnl_attr_for_each(attr, request, GENL_HDRLEN)
		if (mnl_attr_get_type(attr) == CTRL_ATTR_FAMILY_NAME)
			name = mnl_attr_get_str(attr);
	resolves++;
	if (!strcmp(name, "nlctrl")) {
		nlh = fakenl_family(request, CTRL_CMD_NEWFAMILY, "nlctrl",
				    GENL_ID_CTRL, "notify", NOTIFY_GROUP);
	} else if (!strcmp(name, "kntp") && family) {
		nlh = fakenl_family(request, CTRL_CMD_NEWFAMILY, "kntp", family,
				    "events", GROUP);
	} else {
		fakenl_status(request, -ENOENT, NULL, 0);
		return;
	}
	fakenl_push(nlh, nlh->nlmsg_len);
	fakenl_status(request, 0, NULL, 0);
}

static void answer(const struct nlmsghdr *request)
{
	if (request->nlmsg_type == GENL_ID_CTRL) {
		answer_nlctrl(request);
		return;
	}
	calls++;
	if (request->nlmsg_type == family)
		module(request);
	else
		fakenl_status(request, -ENOENT, NULL, 0);
}

static struct knl *start(void (*with)(const struct nlmsghdr *request))
{
	struct knl *knl;

	fakenl_start(answer);
	family = FAMILY;
	calls = 0;
	resolves = 0;
	module = with;
	if (knl_open(&knl))
		abort();
	return knl;
}

#endif
