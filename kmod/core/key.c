// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */

#include "kmod/core/addr.h"
#include "kmod/core/key.h"

#define NTP_KEY_NAME(NAME, name, len)	#name,

static const char *const names[NTP_KEY_TYPE_COUNT] = {
	NTP_KEY_TYPES(NTP_KEY_NAME)
	"OTHER",
};

const char *ntp_key_type_name(enum ntp_key_type type)
{
	return names[type];
}

const struct ntp_key *ntp_key_find(const struct ntp_keys *keys, u32 id)
{
	u32 first = 0, end = keys->n;

	while (first < end) {
		u32 middle = first + (end - first) / 2;

		if (keys->key[middle].id == id)
			return keys->key + middle;
		if (keys->key[middle].id < id)
			first = middle + 1;
		else
			end = middle;
	}
	return NULL;
}

static bool is_within(const struct ntp_key_peer *net,
		      const struct ntp_addr *addr)
{
	return !(((ntp_addr_high(&net->addr) ^ ntp_addr_high(addr)) &
		  ntp_addr_mask_high(net->prefix)) |
		 ((ntp_addr_low(&net->addr) ^ ntp_addr_low(addr)) &
		  ntp_addr_mask_low(net->prefix)));
}

bool ntp_key_allows(const struct ntp_key *key, const struct ntp_addr *addr)
{
	u8 i;

	if (!key->peer_n)
		return true;
	for (i = 0; i < key->peer_n; i++)
		if (is_within(key->peer + i, addr))
			return true;
	return false;
}
