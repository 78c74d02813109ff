// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include <stdlib.h>
#include <libmnl/libmnl.h>

#include "tools/lib/knl_call.h"

static int knl_phc_get(const struct nlmsghdr *nlh, void *item)
{
	return knlmsg_get_phc(nlh, item);
}

int knl_phc_each(struct knl *knl,
		 int (*each)(const struct knl_phc *phc, void *arg), void *arg)
{
	struct knl_list list = { .get = knl_phc_get,
				 .size = sizeof(struct knl_phc) };
	int err = knl_dump(knl, KNTP_CMD_PHC_GET, &list);
	size_t i;

	for (i = 0; !err && i < list.count; i++)
		err = each((const struct knl_phc *)list.items + i, arg);
	free(list.items);
	return err;
}

int knl_phc_set(struct knl *knl, const struct knl_phc *phc)
{
	char buf[KNLSOCK_REQUEST_MAX] __attribute__((aligned(8)));
	struct nlmsghdr *nlh;

	nlh = knl_request(buf, KNTP_CMD_PHC_SET, NLM_F_ACK);
	knlmsg_put_phc(nlh, phc);
	return knl_call(knl, nlh, NULL);
}

int knl_phc_del(struct knl *knl, uint32_t index)
{
	char buf[KNLSOCK_REQUEST_MAX] __attribute__((aligned(8)));
	struct nlmsghdr *nlh;

	nlh = knl_request(buf, KNTP_CMD_PHC_DEL, NLM_F_ACK);
	mnl_attr_put_u32(nlh, KNTP_A_PHC_INDEX, index);
	return knl_call(knl, nlh, NULL);
}

const char *knl_phc_state_name(enum kntp_phc_state state)
{
	switch (state) {
	case KNTP_PHC_STATE_UNSET:
		return "unset";
	case KNTP_PHC_STATE_VALID:
		return "valid";
	case KNTP_PHC_STATE_EXPIRED:
		return "expired";
	case KNTP_PHC_STATE_STEPPED:
		return "stepped";
	}
	return "unknown";
}
