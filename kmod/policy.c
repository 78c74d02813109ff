// SPDX-License-Identifier: GPL-2.0-only
/* Copyright (C) 2026 The kntp authors */

#include <linux/if.h>
#include <linux/kernel.h>
#include <linux/netlink.h>
#include <net/genetlink.h>

#include "kmod/core/acl.h"
#include "kmod/core/key.h"
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

static int check_smear_interval(const struct nlattr *attr,
				struct netlink_ext_ack *extack)
{
	if (nla_get_u32(attr) && nla_get_u32(attr) <= NTP_SMEAR_INTERVAL_MAX_S)
		return 0;
	return REFUSE(extack, attr, "smear-interval: must be 1 to 86400, in s; leave it out to smear nothing");
}

static int check_smear_end(const struct nlattr *attr,
			   struct netlink_ext_ack *extack)
{
	if (nla_get_u64(attr) <= S64_MAX / NSEC_PER_SEC)
		return 0;
	return REFUSE(extack, attr, "smear-end: must be within 292 years of 1970, in s");
}

/* A month before, and, for who is late, a minute after. */
static int check_smear_left(const struct nlattr *attr,
			    struct netlink_ext_ack *extack)
{
	s64 left_ns = nla_get_s64(attr);

	if (left_ns > -60 * (s64)NSEC_PER_SEC &&
	    left_ns < 31 * 86400 * (s64)NSEC_PER_SEC)
		return 0;
	return REFUSE(extack, attr, "smear-left: must be -60 s to 31 d, in ns");
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

static int check_addr(const struct nlattr *attr, struct netlink_ext_ack *extack)
{
	if (nla_len(attr) == sizeof(struct ntp_addr))
		return 0;
	return REFUSE(extack, attr, "addr: must be 16 octets, IPv4 as ::ffff:a.b.c.d");
}

static int check_prefix(const struct nlattr *attr,
			struct netlink_ext_ack *extack)
{
	if (nla_get_u8(attr) <= 128)
		return 0;
	return REFUSE(extack, attr, "prefix: must be 0 to 128, that of IPv4 networks with 96 added");
}

static int check_flags(const struct nlattr *attr,
		       struct netlink_ext_ack *extack)
{
	if (!(nla_get_u32(attr) >> NTP_ACL_BIT_COUNT))
		return 0;
	return REFUSE(extack, attr, "flags: this module does not know all of these; leave out the others, or load a newer module");
}

static int check_clients(const struct nlattr *attr,
			 struct netlink_ext_ack *extack)
{
	u32 n = nla_get_u32(attr);

	if (!n || (n >= 64 && n <= 1 << 20))
		return 0;
	return REFUSE(extack, attr, "clients: must be 64 to 1048576, or 0 for as many as the parameter clients_max says");
}

static int check_id(const struct nlattr *attr, struct netlink_ext_ack *extack)
{
	if (nla_get_u32(attr) && nla_get_u32(attr) <= NTP_KEY_ID_MAX)
		return 0;
	return REFUSE(extack, attr, "id: must be 1 to 65534");
}

static int check_type(const struct nlattr *attr, struct netlink_ext_ack *extack)
{
	if (nla_get_u32(attr) < NTP_KEY_TYPE_COUNT)
		return 0;
	return REFUSE(extack, attr, "type: must be 0 (MD5) to 5 (AES-128-CMAC), or 6 for a digest that the daemon knows");
}

static int check_trusted(const struct nlattr *attr,
			 struct netlink_ext_ack *extack)
{
	if (nla_get_u8(attr) <= 1)
		return 0;
	return REFUSE(extack, attr, "trusted: must be 0 or 1");
}

static int check_average(const struct nlattr *attr,
			 struct netlink_ext_ack *extack)
{
	if (nla_get_u8(attr) <= 17)
		return 0;
	return REFUSE(extack, attr, "average: must be 0 to 17, the log2 of seconds");
}

static int check_prefix6(const struct nlattr *attr,
			 struct netlink_ext_ack *extack)
{
	if (nla_get_u8(attr) <= 128)
		return 0;
	return REFUSE(extack, attr, "prefix6: must be 1 to 128, or 0 for no flood guard");
}

static int check_nak(const struct nlattr *attr, struct netlink_ext_ack *extack)
{
	if (nla_get_u8(attr) <= 1)
		return 0;
	return REFUSE(extack, attr, "nak: must be 0 or 1");
}

enum {
	PHC_INDEX_MAX	= (1 << 20) - 1,	/* minor numbers */
	COMP_MAX_NS	= 10 * NSEC_PER_MSEC,
	LINE_VALID_MAX_MS = 600 * MSEC_PER_SEC,
};

static int check_index(const struct nlattr *attr,
		       struct netlink_ext_ack *extack)
{
	if (nla_get_u32(attr) <= PHC_INDEX_MAX)
		return 0;
	return REFUSE(extack, attr, "index: must be 0 to 1048575, N of /dev/ptpN");
}

static int check_phc(const struct nlattr *attr, struct netlink_ext_ack *extack)
{
	if (nla_get_u32(attr) <= PHC_INDEX_MAX ||
	    nla_get_u32(attr) == KNTP_PHC_NONE)
		return 0;
	return REFUSE(extack, attr, "phc: must be 0 to 1048575, N of /dev/ptpN, or 4294967295 for none");
}

static int check_stamping(const struct nlattr *attr,
			  struct netlink_ext_ack *extack)
{
	if (!(nla_get_u32(attr) >> (KNTP_STAMP_FLAG_TX_CORRECT + 1)))
		return 0;
	return REFUSE(extack, attr, "stamping: this module does not know all of these; leave out the others, or load a newer module");
}

static int check_comp(const struct nlattr *attr, struct netlink_ext_ack *extack)
{
	if (nla_get_s32(attr) <= COMP_MAX_NS &&
	    nla_get_s32(attr) >= -COMP_MAX_NS)
		return 0;
	return REFUSE(extack, attr, "rx-comp, tx-comp: must be -10000000 to 10000000, in ns");
}

static int check_time(const struct nlattr *attr, struct netlink_ext_ack *extack)
{
	if (nla_get_u64(attr) <= S64_MAX)
		return 0;
	return REFUSE(extack, attr, "time: must be below 2^63 ns, a reading of the PHC");
}

static int check_phc_validity(const struct nlattr *attr,
			      struct netlink_ext_ack *extack)
{
	if (nla_get_u32(attr) && nla_get_u32(attr) <= LINE_VALID_MAX_MS)
		return 0;
	return REFUSE(extack, attr, "validity: must be 1 to 600000, in ms");
}

const struct nla_policy kntp_policy_clock_set[KNTP_A_CLOCK_SMEAR_LEFT + 1] = {
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
	[KNTP_A_CLOCK_PAD] = {
		.type = NLA_REJECT,
		.reject_message = "pad: means nothing, leave it out",
	},
	[KNTP_A_CLOCK_SMEAR_INTERVAL] =
		NLA_POLICY_VALIDATE_FN(NLA_U32, check_smear_interval),
	[KNTP_A_CLOCK_SMEAR_END] = NLA_POLICY_VALIDATE_FN(NLA_U64, check_smear_end),
	[KNTP_A_CLOCK_SMEAR_LEFT] =
		NLA_POLICY_VALIDATE_FN(NLA_S64, check_smear_left),
};

const struct nla_policy kntp_policy_dev[KNTP_A_DEV_TX_COMP + 1] = {
	[KNTP_A_DEV_IFINDEX] = NLA_POLICY_VALIDATE_FN(NLA_U32, check_ifindex),
	[KNTP_A_DEV_IFNAME] = { .type = NLA_NUL_STRING, .len = IFNAMSIZ - 1 },
	[KNTP_A_DEV_HOOK] = NLA_POLICY_VALIDATE_FN(NLA_U32, check_hook),
	[KNTP_A_DEV_REQUESTS ... KNTP_A_DEV_PAD] = {
		.type = NLA_REJECT,
		.reject_message = "counters and sources of stamps are told by the kernel, they cannot be set",
	},
	[KNTP_A_DEV_PHC] = NLA_POLICY_VALIDATE_FN(NLA_U32, check_phc),
	[KNTP_A_DEV_STAMPING] = NLA_POLICY_VALIDATE_FN(NLA_U32, check_stamping),
	[KNTP_A_DEV_RX_COMP] = NLA_POLICY_VALIDATE_FN(NLA_S32, check_comp),
	[KNTP_A_DEV_TX_COMP] = NLA_POLICY_VALIDATE_FN(NLA_S32, check_comp),
};

const struct nla_policy kntp_policy_phc[KNTP_A_PHC_REFUSED + 1] = {
	[KNTP_A_PHC_INDEX] = NLA_POLICY_VALIDATE_FN(NLA_U32, check_index),
	[KNTP_A_PHC_TIME] = NLA_POLICY_VALIDATE_FN(NLA_U64, check_time),
	[KNTP_A_PHC_REAL] = { .type = NLA_S64 },
	[KNTP_A_PHC_RATE] = { .type = NLA_S32 },
	[KNTP_A_PHC_ERROR] = { .type = NLA_U32 },
	[KNTP_A_PHC_DRIFT] = { .type = NLA_U32 },
	[KNTP_A_PHC_MONO_OFFSET] = { .type = NLA_S64 },
	[KNTP_A_PHC_VALIDITY] =
		NLA_POLICY_VALIDATE_FN(NLA_U32, check_phc_validity),
	[KNTP_A_PHC_AGE ... KNTP_A_PHC_REFUSED] = {
		.type = NLA_REJECT,
		.reject_message = "age, state and counters of a line are told by the kernel, they cannot be set",
	},
};

#define POLICY_RULE							\
	[KNTP_A_RESTRICT_ADDR] =					\
		NLA_POLICY_VALIDATE_FN(NLA_BINARY, check_addr),		\
	[KNTP_A_RESTRICT_PREFIX] =					\
		NLA_POLICY_VALIDATE_FN(NLA_U8, check_prefix),		\
	[KNTP_A_RESTRICT_FLAGS] =					\
		NLA_POLICY_VALIDATE_FN(NLA_U32, check_flags),		\
	[KNTP_A_RESTRICT_HITS] = {					\
		.type = NLA_REJECT,					\
		.reject_message = "hits: counted by the kernel, cannot be set", \
	}

static const struct nla_policy policy_rule[KNTP_A_RESTRICT_HITS + 1] = {
	POLICY_RULE,
};

const struct nla_policy kntp_policy_restrict[KNTP_A_RESTRICT_RULE + 1] = {
	POLICY_RULE,
	[KNTP_A_RESTRICT_RULE] = NLA_POLICY_NESTED(policy_rule),
};

static const struct nla_policy policy_peer[KNTP_A_KEY_PREFIX + 1] = {
	[KNTP_A_KEY_ADDR] = NLA_POLICY_VALIDATE_FN(NLA_BINARY, check_addr),
	[KNTP_A_KEY_PREFIX] = NLA_POLICY_VALIDATE_FN(NLA_U8, check_prefix),
};

const struct nla_policy kntp_policy_key[KNTP_A_KEY_PEER + 1] = {
	[KNTP_A_KEY_ID] = NLA_POLICY_VALIDATE_FN(NLA_U32, check_id),
	[KNTP_A_KEY_TYPE] = NLA_POLICY_VALIDATE_FN(NLA_U32, check_type),
	[KNTP_A_KEY_SECRET] = { .type = NLA_BINARY },
	[KNTP_A_KEY_TRUSTED] = NLA_POLICY_VALIDATE_FN(NLA_U8, check_trusted),
	[KNTP_A_KEY_PEER] = NLA_POLICY_NESTED(policy_peer),
};

const struct nla_policy kntp_policy_server[KNTP_A_SERVER_CLIENTS + 1] = {
	[KNTP_A_SERVER_AVERAGE] = NLA_POLICY_VALIDATE_FN(NLA_U8, check_average),
	[KNTP_A_SERVER_MINIMUM] = { .type = NLA_U8 },
	[KNTP_A_SERVER_PREFIX6] = NLA_POLICY_VALIDATE_FN(NLA_U8, check_prefix6),
	[KNTP_A_SERVER_NAK] = NLA_POLICY_VALIDATE_FN(NLA_U8, check_nak),
	[KNTP_A_SERVER_STAGED] = {
		.type = NLA_REJECT,
		.reject_message = "staged: told by the kernel; begin a configuration with config-begin",
	},
	[KNTP_A_SERVER_CLIENTS] =
		NLA_POLICY_VALIDATE_FN(NLA_U32, check_clients),
};

/* For requests that take no attribute: all are refused. */
const struct nla_policy kntp_policy_none[KNTP_POLICY_NONE_MAX + 1] = {
	[KNTP_POLICY_NONE_MAX] = {
		.type = NLA_REJECT,
		.reject_message = "this request takes no attributes",
	},
};

/* All of a smear or none; and it has to be known which way it goes. */
static int check_smear(struct nlattr **attrs, struct netlink_ext_ack *extack)
{
	bool has_interval = attrs[KNTP_A_CLOCK_SMEAR_INTERVAL];
	u8 leap = nla_get_u8(attrs[KNTP_A_CLOCK_LEAP]);

	if (has_interval != !!attrs[KNTP_A_CLOCK_SMEAR_END] ||
	    has_interval != !!attrs[KNTP_A_CLOCK_SMEAR_LEFT]) {
		NL_SET_ERR_MSG(extack, "smear-interval, smear-end and smear-left belong together; give all or none");
		return -EINVAL;
	}
	if (!has_interval || leap == 1 || leap == 2)
		return 0;
	NL_SET_ERR_MSG_ATTR(extack, attrs[KNTP_A_CLOCK_LEAP],
			    "leap: there is no leap second to smear; give 1 or 2, or no smear-interval");
	return -EINVAL;
}

/* Are all attributes there that @missing has a sentence for? */
static int check_whole(struct nlattr **attrs, const char *const *missing,
		       size_t n, struct netlink_ext_ack *extack)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (!missing[i] || attrs[i])
			continue;
		if (extack)
			extack->_msg = missing[i];
		NL_SET_ERR_ATTR_MISS(extack, NULL, i);
		return -EINVAL;
	}
	return 0;
}

/**
 * kntp_policy_check_clock() - is a clock state complete
 * @attrs: of a clock-set request, each valid by itself
 * @extack: says what is missing
 *
 * All but drift-ppb and the smear have to be there: half a clock state is none.
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
	int ret;

	ret = check_whole(attrs, missing, ARRAY_SIZE(missing), extack);
	return ret ? ret : check_smear(attrs, extack);
}

/**
 * kntp_policy_check_phc() - is the line of a PHC complete
 * @attrs: of a phc-set request, each valid by itself
 * @extack: says what is missing
 *
 * Return: 0 or -EINVAL.
 */
int kntp_policy_check_phc(struct nlattr **attrs, struct netlink_ext_ack *extack)
{
	static const char *const missing[] = {
#define MISSING(name)	name " is missing; the line of a PHC is set as a whole"
		[KNTP_A_PHC_INDEX] = MISSING("index"),
		[KNTP_A_PHC_TIME] = MISSING("time"),
		[KNTP_A_PHC_REAL] = MISSING("real"),
		[KNTP_A_PHC_RATE] = MISSING("rate"),
		[KNTP_A_PHC_ERROR] = MISSING("error"),
		[KNTP_A_PHC_DRIFT] = MISSING("drift"),
		[KNTP_A_PHC_MONO_OFFSET] = MISSING("mono-offset"),
		[KNTP_A_PHC_VALIDITY] = MISSING("validity"),
#undef MISSING
	};

	return check_whole(attrs, missing, ARRAY_SIZE(missing), extack);
}

/* Is a bit set behind the prefix? */
static bool has_host_bits(const u8 *addr, unsigned int prefix)
{
	unsigned int i = prefix / 8;

	if (prefix % 8 && addr[i++] & 0xff >> prefix % 8)
		return true;
	return i < sizeof(struct ntp_addr) &&
	       memchr_inv(addr + i, 0, sizeof(struct ntp_addr) - i);
}

/**
 * kntp_policy_check_network() - do address and prefix make a network
 * @addr: attribute of the address, valid by itself; or NULL
 * @prefix: attribute of the prefix, valid by itself; or NULL
 * @extack: says what is wrong
 *
 * Return: 0 or -EINVAL.
 */
int kntp_policy_check_network(const struct nlattr *addr,
			      const struct nlattr *prefix,
			      struct netlink_ext_ack *extack)
{
	static const u8 mapped[12] = { [10] = 0xff, [11] = 0xff };

	if (!addr) {
		NL_SET_ERR_MSG(extack, "addr is missing; give the network's address");
		return -EINVAL;
	}
	if (!prefix) {
		NL_SET_ERR_MSG_ATTR(extack, addr, "prefix is missing; a single host has 128");
		return -EINVAL;
	}
	if (nla_get_u8(prefix) < 96 &&
	    !memcmp(nla_data(addr), mapped, sizeof(mapped)))
		return REFUSE(extack, prefix, "prefix: that of an IPv4 network is 96 to 128; add 96 to it");
	if (has_host_bits(nla_data(addr), nla_get_u8(prefix)))
		return REFUSE(extack, addr, "addr: has bits behind the prefix; clear them, or make the prefix longer");
	return 0;
}

/**
 * kntp_policy_check_secret() - can a key have this secret
 * @type: of the key
 * @secret: attribute, or NULL
 * @extack: says what is wrong
 *
 * Return: 0 or -EINVAL.
 */
int kntp_policy_check_secret(enum ntp_key_type type,
			     const struct nlattr *secret,
			     struct netlink_ext_ack *extack)
{
	if (type == NTP_KEY_OTHER) {
		if (!secret)
			return 0;
		return REFUSE(extack, secret, "secret: that of a key of the daemon is not wanted here; leave it out");
	}
	if (!secret) {
		NL_SET_ERR_MSG(extack, "secret is missing; give the key's octets");
		return -EINVAL;
	}
	if (type == NTP_KEY_CMAC && nla_len(secret) != 16)
		return REFUSE(extack, secret, "secret: AES-128-CMAC takes 16 octets, neither more nor less");
	if (!nla_len(secret) || nla_len(secret) > NTP_KEY_SECRET_MAX)
		return REFUSE(extack, secret, "secret: must be 1 to 64 octets");
	return 0;
}
