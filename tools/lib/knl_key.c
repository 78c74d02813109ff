// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <libmnl/libmnl.h>

#include "tools/lib/knl_call.h"

static int knl_key_get(const struct nlmsghdr *nlh, void *item)
{
	return knlmsg_get_key(nlh, item);
}

int knl_key_each(struct knl *knl,
		 int (*each)(const struct knl_key *key, void *arg), void *arg)
{
	struct knl_list list = { .get = knl_key_get,
				 .size = sizeof(struct knl_key) };
	int err = knl_dump(knl, KNTP_CMD_KEY_GET, &list);
	size_t i;

	for (i = 0; !err && i < list.count; i++)
		err = each((const struct knl_key *)list.items + i, arg);
	free(list.items);
	return err;
}

int knl_key_add(struct knl *knl, const struct knl_key *key)
{
	char buf[KNLSOCK_REQUEST_MAX] __attribute__((aligned(8)));
	struct nlmsghdr *nlh;
	int err;

	if (key->secret_len > NTP_KEY_SECRET_MAX)
		return knlsock_fail(knl_sock(knl), -EINVAL,
				    "key %u: %zu octets of secret; give %d at the most",
				    key->id, key->secret_len,
				    NTP_KEY_SECRET_MAX);
	if (key->peer_n > NTP_KEY_PEERS_MAX)
		return knlsock_fail(knl_sock(knl), -EINVAL,
				    "key %u: %zu networks; give %d at the most",
				    key->id, key->peer_n, NTP_KEY_PEERS_MAX);
	nlh = knl_request(buf, KNTP_CMD_KEY_ADD, NLM_F_ACK);
	knlmsg_put_key(nlh, key);
	err = knl_call(knl, nlh, NULL);
	explicit_bzero(buf, sizeof(buf));
	return err;
}

int knl_key_del(struct knl *knl, uint32_t id)
{
	char buf[KNLSOCK_REQUEST_MAX] __attribute__((aligned(8)));
	struct nlmsghdr *nlh;

	nlh = knl_request(buf, KNTP_CMD_KEY_DEL, NLM_F_ACK);
	mnl_attr_put_u32(nlh, KNTP_A_KEY_ID, id);
	return knl_call(knl, nlh, NULL);
}
