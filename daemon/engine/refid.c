// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include <openssl/evp.h>

#include "daemon/engine/refid.h"
#include "daemon/io/links.h"
#include "kmod/core/bytes.h"
#include "tools/lib/addr.h"

u32 refid_from_addr(const struct ntp_addr *addr)
{
	unsigned char digest[EVP_MAX_MD_SIZE];

	/* Where policy forbids MD5, four octets of the address must do. */
	if (addr_is_v4(addr) ||
	    EVP_Digest(addr->b, sizeof(addr->b), digest, NULL, EVP_md5(),
		       NULL) != 1)
		return ntp_bytes_get32(addr->b + 12);
	return ntp_bytes_get32(digest);
}

u32 refid_from_text(const char *text)
{
	u8 b[4] = { 0 };

	for (size_t i = 0; i < sizeof(b) && text[i]; i++)
		b[i] = (u8)text[i];
	return ntp_bytes_get32(b);
}

struct search {
	u32 refid;
	bool found;
};

static void search_link(const struct links_if *link, void *arg)
{
	struct search *s = arg;

	/* Nobody follows us by these; those of 127.0.0.1 lead orphans. */
	if (link->is_loopback)
		return;
	for (size_t i = 0; i < link->addr_n && !s->found; i++)
		s->found = refid_from_addr(&link->addr[i]) == s->refid;
}

bool refid_is_own(u32 refid)
{
	struct search s = { .refid = refid };

	links_each(search_link, &s);
	return s.found;
}
