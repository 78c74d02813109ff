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

/* No key is known here, so that every MAC is one of an unknown key. */
static enum ntp_verdict admit_mac(const struct ntp_policy *policy,
				  struct ntp_exchange *ex)
{
	const u8 *mac = ex->req + NTP_PACKET_HEADER + ex->pkt.ext_len;

	if (ex->pkt.mode != NTP_MODE_CLIENT || !policy->send_nak ||
	    !ntp_mac_is_claim(mac, ex->pkt.mac_len))
		return give(ex, NTP_PASS_MAC);
	return give(ex, NTP_SERVED_NAK);
}

enum ntp_verdict ntp_admit(const struct ntp_policy *policy,
			   struct ntp_exchange *ex)
{
	u8 version, mode;

	if (unlikely(!ex->len))
		return give(ex, NTP_PASS_MODE);
	version = ntp_packet_version(ex->req[0]);
	mode = ntp_packet_mode(ex->req[0]);
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
	if (unlikely(ex->pkt.mac_len))
		return admit_mac(policy, ex);
	if (unlikely(mode == NTP_MODE_ACTIVE))
		return give(ex, NTP_SERVED_SYMMETRIC);
	return give(ex, NTP_SERVED);
}
