// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */

#include "kmod/core/admit.h"
#include "kmod/core/mac.h"

static enum ntp_verdict give(struct ntp_exchange *ex, enum ntp_reason reason)
{
	ex->reason = reason;
	return ntp_reason_verdict(reason);
}

/*
 * Does a mode other than 3 ask for the time? A reply is never answered, nor is
 * mode 0 but from clients of version 1, which know no modes (RFC 1059).
 */
static bool is_request(const struct ntp_policy *policy, u8 version, u8 mode)
{
	switch (mode) {
	case NTP_MODE_ACTIVE:
		return policy->serve_symmetric;
	case NTP_MODE_RESERVED:
		return version == 1;
	default:
		return false;
	}
}

/* Port 0 takes no reply; a server of version 1 sends mode 0 from port 123. */
static bool is_answerable(const struct ntp_exchange *ex)
{
	return ex->sport && (ex->sport != NTP_PORT ||
			     ex->pkt.mode != NTP_MODE_RESERVED);
}

/* The flags of the rule for who asks; none if there is no rule. */
static u32 flags_of(const struct ntp_policy *policy, struct ntp_exchange *ex)
{
	ex->rule = ntp_acl_match(policy->acl, &ex->src, ex->sport);
	return ex->rule == NTP_ACL_NONE ? 0 : policy->acl->rule[ex->rule].flags;
}

/* Is it for the time that this packet asks, of whatever server? */
static bool is_for_time(u8 version, u8 mode)
{
	return mode == NTP_MODE_CLIENT || mode == NTP_MODE_ACTIVE ||
	       (mode == NTP_MODE_RESERVED && version == 1);
}

/* What the first octet alone decides where a rule has one of these flags. */
static bool is_refused(struct ntp_exchange *ex, u32 flags, u8 version, u8 mode)
{
	if (!is_for_time(version, mode))
		return false;
	if (flags & NTP_ACL_NOSERVE)
		ex->reason = NTP_DROP_NOSERVE;
	else if (flags & NTP_ACL_VERSION && version != 4)
		ex->reason = NTP_DROP_VERSION;
	else
		return false;
	return true;
}

/* One request of ten; stamps differ from try to try, even if they are bad. */
static bool is_flaked(const struct ntp_exchange *ex)
{
	u64 mixed = ex->pkt.xmt.v * 0x9e3779b97f4a7c15ULL;

	return (u32)(mixed >> 32) % 10 == 0;
}

/* How the MAC of a request is to be taken. */
enum trust {
	TRUST_NONE,		/* there is none */
	TRUST_BAD,
	TRUST_OTHER,		/* only the daemon can tell */
	TRUST_GOOD,
};

static enum trust trust_of(const struct ntp_policy *policy,
			   struct ntp_exchange *ex)
{
	u16 signed_len = NTP_PACKET_HEADER + ex->pkt.ext_len;
	const struct ntp_key *key;

	if (!ex->pkt.mac_len)
		return TRUST_NONE;
	if (!policy->keys)
		return TRUST_BAD;
	key = ntp_key_find(policy->keys, ex->pkt.keyid);
	if (!key || !key->is_trusted || !ntp_key_allows(key, &ex->src))
		return TRUST_BAD;
	if (!key->dgst_len)
		return TRUST_OTHER;
	if (!ntp_mac_verify(key, ex->req, signed_len, ex->req + signed_len,
			    ex->pkt.mac_len))
		return TRUST_BAD;
	ex->key = key;
	return TRUST_GOOD;
}

static enum ntp_verdict admit_bad_mac(const struct ntp_policy *policy,
				      struct ntp_exchange *ex, u32 flags)
{
	const u8 *mac = ex->req + NTP_PACKET_HEADER + ex->pkt.ext_len;

	if (ex->pkt.mode == NTP_MODE_CLIENT && policy->send_nak &&
	    ntp_mac_is_claim(mac, ex->pkt.mac_len))
		return give(ex, NTP_SERVED_NAK);
	return give(ex, flags & NTP_ACL_NOTRUST ? NTP_DROP_NOTRUST :
						  NTP_PASS_MAC);
}

static enum ntp_verdict admit_mac(const struct ntp_policy *policy,
				  struct ntp_exchange *ex, u32 flags)
{
	switch (trust_of(policy, ex)) {
	case TRUST_GOOD:
		return give(ex, NTP_SERVED_AUTH);
	case TRUST_OTHER:
		return give(ex, NTP_PASS_KEY);
	default:
		return admit_bad_mac(policy, ex, flags);
	}
}

/*
 * Who asked too often is told only if that is wanted, and in modes whose
 * clients understand. A bad MAC is not worth it: somebody else may have sent it.
 */
static enum ntp_reason kiss(const struct ntp_policy *policy,
			    struct ntp_exchange *ex, u32 flags)
{
	if (!(flags & NTP_ACL_KOD) || ex->pkt.mode == NTP_MODE_RESERVED)
		return NTP_DROP_RATE;
	switch (trust_of(policy, ex)) {
	case TRUST_BAD:
		return NTP_DROP_RATE;
	case TRUST_OTHER:
		return NTP_PASS_KEY;
	default:
		return NTP_SERVED_RATE;
	}
}

static bool is_over(const struct ntp_policy *policy, struct ntp_exchange *ex,
		    u32 flags)
{
	switch (ntp_rate_take(policy->rate, &policy->limits, &ex->src,
			      ex->noise, ex->mono_ns)) {
	case NTP_RATE_FINE:
		return false;
	case NTP_RATE_KISS:
		ex->reason = kiss(policy, ex, flags);
		return true;
	default:
		ex->reason = NTP_DROP_RATE;
		return true;
	}
}

/* Do flags of the rule settle a request that is well formed? */
static bool is_settled(const struct ntp_policy *policy, struct ntp_exchange *ex,
		       u32 flags)
{
	if (flags & NTP_ACL_NOTRUST && !ex->pkt.mac_len) {
		ex->reason = NTP_DROP_NOTRUST;
		return true;
	}
	if (flags & NTP_ACL_FLAKE && is_flaked(ex)) {
		ex->reason = NTP_DROP_FLAKE;
		return true;
	}
	return flags & NTP_ACL_LIMITED && policy->rate &&
	       is_over(policy, ex, flags);
}

enum ntp_verdict ntp_admit(const struct ntp_policy *policy,
			   struct ntp_exchange *ex)
{
	u8 version, mode;
	u32 flags = 0;

	ex->rule = NTP_ACL_NONE;
	ex->key = NULL;
	if (policy->acl)
		flags = flags_of(policy, ex);
	if (unlikely(flags & NTP_ACL_IGNORE))
		return give(ex, NTP_DROP_IGNORE);
	if (unlikely(!ex->len))
		return give(ex, NTP_PASS_MODE);
	version = ntp_packet_version(ex->req[0]);
	mode = ntp_packet_mode(ex->req[0]);
	if (unlikely(flags & (NTP_ACL_NOSERVE | NTP_ACL_VERSION) &&
		     is_refused(ex, flags, version, mode)))
		return ntp_reason_verdict(ex->reason);
	if (unlikely(mode != NTP_MODE_CLIENT &&
		     !is_request(policy, version, mode)))
		return give(ex, NTP_PASS_MODE);
	if (unlikely(version < 1 || version > 4))
		return give(ex, NTP_PASS_VERSION);
	if (unlikely(!ntp_packet_parse(&ex->pkt, ex->req, ex->len,
				       &ex->reason)))
		return ntp_reason_verdict(ex->reason);
	if (unlikely(!is_answerable(ex)))
		return give(ex, NTP_PASS_PORT);
	if (unlikely(ex->pkt.has_nts))
		return give(ex, NTP_PASS_NTS);
	if (flags & (NTP_ACL_NOTRUST | NTP_ACL_FLAKE | NTP_ACL_LIMITED) &&
	    is_settled(policy, ex, flags))
		return ntp_reason_verdict(ex->reason);
	if (unlikely(ex->pkt.mac_len))
		return admit_mac(policy, ex, flags);
	if (unlikely(mode == NTP_MODE_ACTIVE))
		return give(ex, NTP_SERVED_SYMMETRIC);
	return give(ex, NTP_SERVED);
}
