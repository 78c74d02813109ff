// SPDX-License-Identifier: GPL-2.0-only
/* Copyright (C) 2026 The kntp authors */

#include <linux/if.h>
#include <linux/kernel.h>
#include <linux/netlink.h>
#include <net/genetlink.h>

#include "kmod/core/packet.h"
#include "kmod/core/sysvars.h"
#include "kmod/policy.h"

/*
 * Checks of single attributes. Each refusal names the attribute, what it may
 * be, and leaves the offending attribute to the caller's extack.
 */
#define REFUSE(extack, attr, msg) ({				\
	NL_SET_ERR_MSG_ATTR((extack), (attr), msg);		\
	-EINVAL;						\
})

static int check_leap(const struct nlattr *attr, struct netlink_ext_ack *extack)
{
	if (nla_get_u8(attr) <= 3)
		return 0;
	return REFUSE(extack, attr, "leap: must be 0 to 3; 3 says unsynchronised");
}

static int check_stratum(const struct nlattr *attr,
			 struct netlink_ext_ack *extack)
{
	if (nla_get_u8(attr) <= NTP_STRATUM_UNSYNC)
		return 0;
	return REFUSE(extack, attr, "stratum: must be 1 to 15, or 0 or 16 for unsynchronised");
}

static int check_precision(const struct nlattr *attr,
			   struct netlink_ext_ack *extack)
{
	if (nla_get_s8(attr) >= -32 && nla_get_s8(attr) <= 0)
		return 0;
	return REFUSE(extack, attr, "precision: must be -32 to 0, the log2 of seconds");
}

static int check_reftime(const struct nlattr *attr,
			 struct netlink_ext_ack *extack)
{
	if (nla_get_u64(attr) <= S64_MAX)
		return 0;
	return REFUSE(extack, attr, "reftime: must be below 2^63 ns since 1970 UTC");
}

static int check_rootdelay(const struct nlattr *attr,
			   struct netlink_ext_ack *extack)
{
	if (nla_get_u64(attr) < NTP_SYSVARS_MAXDISP_NS)
		return 0;
	return REFUSE(extack, attr, "rootdelay: must be below 16 s, in ns; give leap 3 for a clock that bad");
}

static int check_rootdisp(const struct nlattr *attr,
			  struct netlink_ext_ack *extack)
{
	if (nla_get_u64(attr) < NTP_SYSVARS_MAXDISP_NS)
		return 0;
	return REFUSE(extack, attr, "rootdisp: must be below 16 s, in ns; give leap 3 for a clock that bad");
}

static int check_drift(const struct nlattr *attr,
		       struct netlink_ext_ack *extack)
{
	if (nla_get_u32(attr) <= 1000000)
		return 0;
	return REFUSE(extack, attr, "drift-ppb: must be 0 to 1000000 (1000 ppm); leave it out for 15000");
}

static int check_validity(const struct nlattr *attr,
			  struct netlink_ext_ack *extack)
{
	if (nla_get_u32(attr))
		return 0;
	return REFUSE(extack, attr, "validity: must be 1 or more, in ms");
}

static int check_ifindex(const struct nlattr *attr,
			 struct netlink_ext_ack *extack)
{
	if (nla_get_u32(attr) && nla_get_u32(attr) <= S32_MAX)
		return 0;
	return REFUSE(extack, attr, "ifindex: must be 1 to 2147483647");
}

static int check_hook(const struct nlattr *attr, struct netlink_ext_ack *extack)
{
	if (nla_get_u32(attr) <= KNTP_HOOK_INPUT)
		return 0;
	return REFUSE(extack, attr, "hook: must be 0 (ingress), 1 (routed) or 2 (input)");
}

const struct nla_policy kntp_policy_clock_set[KNTP_A_CLOCK_STATE + 1] = {
	[KNTP_A_CLOCK_LEAP] = NLA_POLICY_VALIDATE_FN(NLA_U8, check_leap),
	[KNTP_A_CLOCK_STRATUM] = NLA_POLICY_VALIDATE_FN(NLA_U8, check_stratum),
	[KNTP_A_CLOCK_PRECISION] =
		NLA_POLICY_VALIDATE_FN(NLA_S8, check_precision),
	[KNTP_A_CLOCK_REFID] = { .type = NLA_U32 },
	[KNTP_A_CLOCK_REFTIME] = NLA_POLICY_VALIDATE_FN(NLA_U64, check_reftime),
	[KNTP_A_CLOCK_ROOTDELAY] =
		NLA_POLICY_VALIDATE_FN(NLA_U64, check_rootdelay),
	[KNTP_A_CLOCK_ROOTDISP] =
		NLA_POLICY_VALIDATE_FN(NLA_U64, check_rootdisp),
	[KNTP_A_CLOCK_DRIFT_PPB] = NLA_POLICY_VALIDATE_FN(NLA_U32, check_drift),
	[KNTP_A_CLOCK_VALIDITY] =
		NLA_POLICY_VALIDATE_FN(NLA_U32, check_validity),
	[KNTP_A_CLOCK_AGE] = {
		.type = NLA_REJECT,
		.reject_message = "age: counted by the kernel, cannot be set",
	},
	[KNTP_A_CLOCK_STATE] = {
		.type = NLA_REJECT,
		.reject_message = "state: follows from the other attributes, cannot be set",
	},
};

const struct nla_policy kntp_policy_dev[KNTP_A_DEV_HOOK + 1] = {
	[KNTP_A_DEV_IFINDEX] = NLA_POLICY_VALIDATE_FN(NLA_U32, check_ifindex),
	[KNTP_A_DEV_IFNAME] = { .type = NLA_NUL_STRING, .len = IFNAMSIZ - 1 },
	[KNTP_A_DEV_HOOK] = NLA_POLICY_VALIDATE_FN(NLA_U32, check_hook),
};

/* For requests that take no attribute: all are refused. */
const struct nla_policy kntp_policy_none[KNTP_POLICY_NONE_MAX + 1] = {
	[KNTP_POLICY_NONE_MAX] = {
		.type = NLA_REJECT,
		.reject_message = "this request takes no attributes",
	},
};

/**
 * kntp_policy_check_clock() - is a clock state complete
 * @attrs: of a clock-set request, each valid by itself
 * @extack: says what is missing
 *
 * All but drift-ppb have to be there: half a clock state is none.
 *
 * Return: 0 or -EINVAL.
 */
int kntp_policy_check_clock(struct nlattr **attrs,
			    struct netlink_ext_ack *extack)
{
	static const char *const missing[] = {
#define MISSING(name)	name " is missing; a clock state is set as a whole"
		[KNTP_A_CLOCK_LEAP] = MISSING("leap"),
		[KNTP_A_CLOCK_STRATUM] = MISSING("stratum"),
		[KNTP_A_CLOCK_PRECISION] = MISSING("precision"),
		[KNTP_A_CLOCK_REFID] = MISSING("refid"),
		[KNTP_A_CLOCK_REFTIME] = MISSING("reftime"),
		[KNTP_A_CLOCK_ROOTDELAY] = MISSING("rootdelay"),
		[KNTP_A_CLOCK_ROOTDISP] = MISSING("rootdisp"),
		[KNTP_A_CLOCK_VALIDITY] = MISSING("validity"),
#undef MISSING
	};
	size_t i;

	for (i = KNTP_A_CLOCK_LEAP; i < ARRAY_SIZE(missing); i++) {
		if (!missing[i] || attrs[i])
			continue;
		if (extack)
			extack->_msg = missing[i];
		NL_SET_ERR_ATTR_MISS(extack, NULL, i);
		return -EINVAL;
	}
	return 0;
}
