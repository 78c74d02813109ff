// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <libmnl/libmnl.h>

#include "tools/lib/addr.h"
#include "tools/lib/knl_call.h"

enum {
	/* Few enough for the send buffer that every socket has. */
	KNL_RESTRICT_RULES_MAX	= 1024,	/* in a message */
	KNL_RESTRICT_NEST	= KNLMSG_RULE_LEN + NLA_HDRLEN,
};

static int knl_restrict_get(const struct nlmsghdr *nlh, void *item)
{
	return knlmsg_get_restrict(nlh, item);
}

int knl_restrict_each(struct knl *knl,
		      int (*each)(const struct knl_restrict *r, void *arg),
		      void *arg)
{
	struct knl_list list = { .get = knl_restrict_get,
				 .size = sizeof(struct knl_restrict) };
	int err = knl_dump(knl, KNTP_CMD_RESTRICT_GET, &list);
	size_t i;

	for (i = 0; !err && i < list.count; i++)
		err = each((const struct knl_restrict *)list.items + i, arg);
	free(list.items);
	return err;
}

/* Put the network in front of a refusal: a message may carry many. */
static int knl_restrict_refused(struct knl *knl, int err,
				const struct ntp_acl_rule *rule)
{
	struct knlsock *sock = knl_sock(knl);
	char why[sizeof(sock->error)], text[ADDR_TEXT_MAX];

	snprintf(why, sizeof(why), "%s", sock->error);
	return knlsock_fail(sock, err, "rule %s: %s",
			    addr_print_prefix(&rule->addr, rule->prefix, text,
					      sizeof(text)), why);
}

static int knl_restrict_call(struct knl *knl, uint8_t cmd,
			     const struct ntp_acl_rule *rule)
{
	char buf[KNLSOCK_REQUEST_MAX] __attribute__((aligned(8)));
	struct nlmsghdr *nlh;
	int err;

	nlh = knl_request(buf, cmd, NLM_F_ACK);
	knlmsg_put_rule(nlh, rule);
	err = knl_call(knl, nlh, NULL);
	return err && knl_sock(knl)->offset ?
	       knl_restrict_refused(knl, err, rule) : err;
}

/* @buf: room for a header and all the nests. */
static int knl_restrict_add_some(struct knl *knl, char *buf,
				 const struct ntp_acl_rule *rule, size_t n)
{
	struct nlmsghdr *nlh;
	struct nlattr *nest;
	uint32_t offset;
	size_t i;
	int err;

	nlh = knl_request(buf, KNTP_CMD_RESTRICT_ADD, NLM_F_ACK);
	for (i = 0; i < n; i++) {
		nest = mnl_attr_nest_start(nlh, KNTP_A_RESTRICT_RULE);
		knlmsg_put_rule(nlh, &rule[i]);
		mnl_attr_nest_end(nlh, nest);
	}
	err = knl_call(knl, nlh, NULL);
	offset = knl_sock(knl)->offset;
	if (!err || offset < NLMSG_HDRLEN + GENL_HDRLEN)
		return err;
	i = (offset - NLMSG_HDRLEN - GENL_HDRLEN) / KNL_RESTRICT_NEST;
	return i < n ? knl_restrict_refused(knl, err, &rule[i]) : err;
}

int knl_restrict_add(struct knl *knl, const struct ntp_acl_rule *rule,
		     size_t n)
{
	size_t some = n < KNL_RESTRICT_RULES_MAX ? n : KNL_RESTRICT_RULES_MAX;
	int err = 0;
	char *buf;

	if (n == 1)
		return knl_restrict_call(knl, KNTP_CMD_RESTRICT_ADD, rule);
	buf = malloc(KNLSOCK_REQUEST_MAX + some * KNL_RESTRICT_NEST);
	if (!buf)
		return knlsock_fail(knl_sock(knl), -ENOMEM,
				    "no memory for a message of %zu rules",
				    some);
	for (; n && !err; n -= some, rule += some) {
		if (some > n)
			some = n;
		err = knl_restrict_add_some(knl, buf, rule, some);
	}
	free(buf);
	return err;
}

int knl_restrict_del(struct knl *knl, const struct ntp_acl_rule *rule)
{
	return knl_restrict_call(knl, KNTP_CMD_RESTRICT_DEL, rule);
}
