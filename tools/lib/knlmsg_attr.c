// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include "tools/lib/knlmsg.h"

static const char *const phc[KNTP_A_PHC_MAX + 1] = {
	[KNTP_A_PHC_INDEX] = "index",
	[KNTP_A_PHC_TIME] = "time",
	[KNTP_A_PHC_REAL] = "real",
	[KNTP_A_PHC_RATE] = "rate",
	[KNTP_A_PHC_ERROR] = "error",
	[KNTP_A_PHC_DRIFT] = "drift",
	[KNTP_A_PHC_MONO_OFFSET] = "mono-offset",
	[KNTP_A_PHC_VALIDITY] = "validity",
};

const char *knlmsg_attr_name(uint8_t cmd, uint16_t type)
{
	static const char *const clock[KNTP_A_CLOCK_MAX + 1] = {
		[KNTP_A_CLOCK_LEAP] = "leap",
		[KNTP_A_CLOCK_STRATUM] = "stratum",
		[KNTP_A_CLOCK_PRECISION] = "precision",
		[KNTP_A_CLOCK_REFID] = "refid",
		[KNTP_A_CLOCK_REFTIME] = "reftime",
		[KNTP_A_CLOCK_ROOTDELAY] = "rootdelay",
		[KNTP_A_CLOCK_ROOTDISP] = "rootdisp",
		[KNTP_A_CLOCK_DRIFT_PPB] = "drift-ppb",
		[KNTP_A_CLOCK_VALIDITY] = "validity",
		[KNTP_A_CLOCK_SMEAR_INTERVAL] = "smear-interval",
		[KNTP_A_CLOCK_SMEAR_END] = "smear-end",
		[KNTP_A_CLOCK_SMEAR_LEFT] = "smear-left",
	};
	static const char *const dev[KNTP_A_DEV_MAX + 1] = {
		[KNTP_A_DEV_IFINDEX] = "ifindex",
		[KNTP_A_DEV_IFNAME] = "ifname",
		[KNTP_A_DEV_HOOK] = "hook",
		[KNTP_A_DEV_PHC] = "phc",
		[KNTP_A_DEV_STAMPING] = "stamping",
		[KNTP_A_DEV_RX_COMP] = "rx-comp",
		[KNTP_A_DEV_TX_COMP] = "tx-comp",
	};
	static const char *const restrict_[KNTP_A_RESTRICT_MAX + 1] = {
		[KNTP_A_RESTRICT_ADDR] = "addr",
		[KNTP_A_RESTRICT_PREFIX] = "prefix",
		[KNTP_A_RESTRICT_FLAGS] = "flags",
		[KNTP_A_RESTRICT_RULE] = "rule",
	};
	static const char *const key[KNTP_A_KEY_MAX + 1] = {
		[KNTP_A_KEY_ID] = "id",
		[KNTP_A_KEY_TYPE] = "type",
		[KNTP_A_KEY_SECRET] = "secret",
		[KNTP_A_KEY_TRUSTED] = "trusted",
		[KNTP_A_KEY_PEER] = "peer",
	};
	static const char *const server[KNTP_A_SERVER_MAX + 1] = {
		[KNTP_A_SERVER_AVERAGE] = "average",
		[KNTP_A_SERVER_MINIMUM] = "minimum",
		[KNTP_A_SERVER_PREFIX6] = "prefix6",
		[KNTP_A_SERVER_NAK] = "nak",
		[KNTP_A_SERVER_CLIENTS] = "clients",
	};

	switch (cmd) {
	case KNTP_CMD_CLOCK_SET:
		return type <= KNTP_A_CLOCK_MAX ? clock[type] : NULL;
	case KNTP_CMD_DEV_GET:
	case KNTP_CMD_DEV_ADD:
	case KNTP_CMD_DEV_DEL:
	case KNTP_CMD_DEV_SET:
		return type <= KNTP_A_DEV_MAX ? dev[type] : NULL;
	case KNTP_CMD_RESTRICT_ADD:
	case KNTP_CMD_RESTRICT_DEL:
		return type <= KNTP_A_RESTRICT_MAX ? restrict_[type] : NULL;
	case KNTP_CMD_KEY_ADD:
	case KNTP_CMD_KEY_DEL:
		return type <= KNTP_A_KEY_MAX ? key[type] : NULL;
	case KNTP_CMD_SERVER_SET:
		return type <= KNTP_A_SERVER_MAX ? server[type] : NULL;
	case KNTP_CMD_PHC_SET:
	case KNTP_CMD_PHC_DEL:
		return type <= KNTP_A_PHC_MAX ? phc[type] : NULL;
	default:
		return NULL;
	}
}
