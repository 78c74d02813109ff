// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */

/*
 * Lines of PHCs and stamps of devices on their way to the module and back, sign
 * by sign.
 */
#include "tests/lib/tap.h"
#include "tests/lib/fakenl.h"

#include "tools/lib/knlsock.c"
#include "tools/lib/knl.c"
#include "tests/lib/fakeknl.h"
#include "tools/lib/knl_phc.c"

/* The attributes of the last request but for a dump: what a dump tells. */
static char said[256];
static size_t said_len;
static uint8_t said_cmd;

static void module_echo(const struct nlmsghdr *request)
{
	const struct genlmsghdr *genl = mnl_nlmsg_get_payload(request);
	struct nlmsghdr *nlh;

	if (!(request->nlmsg_flags & NLM_F_DUMP)) {
		said_cmd = genl->cmd;
		said_len = mnl_nlmsg_get_payload_len(request) - GENL_HDRLEN;
		memcpy(said, mnl_nlmsg_get_payload_offset(request, GENL_HDRLEN),
		       said_len);
		fakenl_status(request, 0, NULL, 0);
		return;
	}
	nlh = fakenl_begin(request, FAMILY, NLM_F_MULTI, genl->cmd);
	memcpy((char *)nlh + nlh->nlmsg_len, said, said_len);
	nlh->nlmsg_len += (uint32_t)said_len;
	if (genl->cmd == KNTP_CMD_PHC_GET) {
		mnl_attr_put_u64(nlh, KNTP_A_PHC_AGE, 5);
		mnl_attr_put_u32(nlh, KNTP_A_PHC_STATE, KNTP_PHC_STATE_STEPPED);
		mnl_attr_put_u64(nlh, KNTP_A_PHC_USES, 6);
		mnl_attr_put_u64(nlh, KNTP_A_PHC_REFUSED, 7);
	} else {
		mnl_attr_put_strz(nlh, KNTP_A_DEV_IFNAME, "tp1");
		mnl_attr_put_u64(nlh, KNTP_A_DEV_TX_DELAY, (uint64_t)-12);
		mnl_attr_put_u64(nlh, KNTP_A_DEV_TX_LOST, 13);
	}
	fakenl_push(nlh, nlh->nlmsg_len);
	fakenl_done(request, 0);
}

static int keep_phc(const struct knl_phc *phc, void *arg)
{
	*(struct knl_phc *)arg = *phc;
	return 0;
}

static int keep_dev(const struct knl_dev *dev, void *arg)
{
	*(struct knl_dev *)arg = *dev;
	return 0;
}

static void test_line(void)
{
	const struct knl_phc line = {
		.index = 3, .time_ns = 1800000000123456789, .real_ns = -5,
		.rate = -1310720, .error_ns = 20, .drift_ppb = 4,
		.mono_offset_ns = -77, .validity_ms = 2000,
	};
	struct knl *knl = start(module_echo);
	struct knl_phc got = { 0 };

	is_int(knl_phc_set(knl, &line), 0, "a line is given");
	is_int(said_cmd, KNTP_CMD_PHC_SET, "by its command");
	is_int(knl_phc_each(knl, keep_phc, &got), 0, "lines are read");
	is_int(got.index, 3, "index");
	is_int(got.time_ns, line.time_ns, "time");
	is_int(got.real_ns, -5, "real");
	is_int(got.rate, -1310720, "rate");
	is_int(got.error_ns, 20, "error");
	is_int(got.drift_ppb, 4, "drift");
	is_int(got.mono_offset_ns, -77, "mono-offset");
	is_int(got.validity_ms, 2000, "validity");
	is_int(got.age_ns, 5, "age");
	is_str(knl_phc_state_name(got.state), "stepped", "state");
	is_int(got.uses, 6, "uses");
	is_int(got.refused, 7, "refused");
	is_int(knl_phc_del(knl, 3), 0, "a line is deleted");
	is_int(said_cmd, KNTP_CMD_PHC_DEL, "by its command");
	knl_close(knl);
}

static void test_stamps(void)
{
	const struct knl_dev dev = {
		.ifindex = 4, .phc = 0, .rx_comp_ns = -320, .tx_comp_ns = 7,
		.stamping = 1 << KNTP_STAMP_FLAG_TX_CORRECT,
	};
	struct knl *knl = start(module_echo);
	struct knl_dev got = { 0 };

	is_int(knl_dev_stamp(knl, &dev), 0, "stamps of a device are chosen");
	is_int(said_cmd, KNTP_CMD_DEV_SET, "by its command");
	is_int(knl_dev_each(knl, keep_dev, &got), 0, "devices are read");
	is_int(got.phc, 0, "phc");
	is_int(got.stamping, 4, "stamping");
	is_int(got.rx_comp_ns, -320, "rx-comp");
	is_int(got.tx_comp_ns, 7, "tx-comp");
	ok(got.has_tx_delay, "the delay is known");
	is_int(got.tx_delay_ns, -12, "and negative");
	is_int(got.tx_lost, 13, "counters");
	said_len = 8;	/* the index alone */
	is_int(knl_dev_each(knl, keep_dev, &got), 0, "and without a PHC");
	is_int(got.phc, KNTP_PHC_NONE, "there is none");
	knl_close(knl);
}

int main(void)
{
	tap_start();
	test_line();
	test_stamps();
	return tap_finish();
}
