// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include "daemon/engine/auth.h"

#include "daemon/engine/keyring.h"

enum auth_result auth_check_key(const struct ntp_packet *pkt, const u8 *buf,
				const struct ntp_addr *from,
				const struct ntp_key *key)
{
	size_t len = NTP_PACKET_HEADER + pkt->ext_len;

	if (!pkt->mac_len)
		return AUTH_NONE;
	if (pkt->mac_len == NTP_MAC_NAK)
		return AUTH_NAK;
	if (!key || key->id != pkt->keyid)
		return AUTH_NO_KEY;
	if (!ntp_key_allows(key, from))
		return AUTH_NOT_THEIRS;
	return ntp_mac_verify(key, buf, len, buf + len, pkt->mac_len) ?
	       AUTH_GOOD : AUTH_WRONG;
}

enum auth_result auth_check(const struct ntp_packet *pkt, const u8 *buf,
			    const struct ntp_addr *from)
{
	return auth_check_key(pkt, buf, from, keyring_find(pkt->keyid));
}

size_t auth_sign(u8 *buf, size_t len, u32 id)
{
	const struct ntp_key *key;

	if (!id)
		return len;
	key = keyring_find(id);
	if (!key || !key->dgst_len || !ntp_mac_sign(key, buf, len))
		return 0;
	return len + ntp_mac_len(key);
}

const char *auth_result_name(enum auth_result result)
{
	static const char *const name[] = {
		[AUTH_GOOD] = "signed with a trusted key",
		[AUTH_NONE] = "not signed",
		[AUTH_NAK] = "a crypto-NAK",
		[AUTH_NO_KEY] = "signed with a key that is not trusted here",
		[AUTH_NOT_THEIRS] = "signed with a key that is not for it",
		[AUTH_WRONG] = "signed with another secret",
	};

	return name[result];
}
