// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include "tools/lib/addr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static const u8 v4_mapped[12] = { [10] = 0xff, [11] = 0xff };

bool addr_is_v4(const struct ntp_addr *addr)
{
	return !memcmp(addr->b, v4_mapped, sizeof(v4_mapped));
}

int addr_family(const struct ntp_addr *addr)
{
	return addr_is_v4(addr) ? AF_INET : AF_INET6;
}

bool addr_is_any(const struct ntp_addr *addr)
{
	static const u8 zero[16];

	return !memcmp(addr->b, zero, 16) ||
	       (addr_is_v4(addr) && !memcmp(addr->b + 12, zero, 4));
}

bool addr_is_multicast(const struct ntp_addr *addr)
{
	return addr_is_v4(addr) ? (addr->b[12] & 0xf0) == 0xe0 :
				  addr->b[0] == 0xff;
}

bool addr_is_loopback(const struct ntp_addr *addr)
{
	static const u8 one[16] = { [15] = 1 };

	return addr_is_v4(addr) ? addr->b[12] == 127 :
				  !memcmp(addr->b, one, 16);
}

bool addr_is_linklocal(const struct ntp_addr *addr)
{
	return addr->b[0] == 0xfe && (addr->b[1] & 0xc0) == 0x80;
}

bool addr_equal(const struct ntp_addr *a, const struct ntp_addr *b)
{
	return !memcmp(a->b, b->b, sizeof(a->b));
}

bool addr_end_equal(const struct addr_end *a, const struct addr_end *b)
{
	return addr_equal(&a->addr, &b->addr) && a->port == b->port &&
	       a->scope == b->scope;
}

struct ntp_addr addr_from_v4(struct in_addr in)
{
	struct ntp_addr addr;

	memcpy(addr.b, v4_mapped, sizeof(v4_mapped));
	memcpy(addr.b + 12, &in.s_addr, 4);
	return addr;
}

int addr_parse(const char *text, struct ntp_addr *addr, u32 *scope)
{
	char host[INET6_ADDRSTRLEN];
	const char *percent = strchr(text, '%');
	size_t len = percent ? (size_t)(percent - text) : strlen(text);
	struct in_addr in;

	if (scope)
		*scope = 0;
	if (!len || len >= sizeof(host) || (percent && !scope))
		return -EINVAL;
	memcpy(host, text, len);
	host[len] = '\0';
	if (!percent && inet_pton(AF_INET, host, &in) == 1) {
		*addr = addr_from_v4(in);
		return 0;
	}
	if (inet_pton(AF_INET6, host, addr->b) != 1)
		return -EINVAL;
	if (percent) {
		if (!addr_is_linklocal(addr))
			return -EINVAL;
		*scope = if_nametoindex(percent + 1);
		if (!*scope)
			return -ENODEV;
	}
	return 0;
}

int addr_parse_prefix(const char *text, struct ntp_addr *addr, u8 *prefix)
{
	const char *slash = strchr(text, '/');
	char host[INET6_ADDRSTRLEN];
	unsigned int bits = 0, max;
	size_t len;

	*prefix = 128;
	if (!slash)
		return addr_parse(text, addr, NULL);
	len = slash - text;
	if (len >= sizeof(host))
		return -EINVAL;
	memcpy(host, text, len);
	host[len] = '\0';
	if (addr_parse(host, addr, NULL))
		return -EINVAL;
	slash++;
	if (!*slash || strlen(slash) > 3)
		return -EINVAL;
	for (; *slash; slash++) {
		if (*slash < '0' || *slash > '9')
			return -EINVAL;
		bits = 10 * bits + (*slash - '0');
	}
	max = addr_is_v4(addr) ? 32 : 128;
	if (bits > max)
		return -ERANGE;
	*prefix = 128 - max + bits;
	return 0;
}

int addr_mask_prefix(const struct ntp_addr *mask)
{
	int bit = addr_is_v4(mask) ? 96 : 0;
	int prefix;

	while (bit < 128 && mask->b[bit / 8] & (0x80 >> bit % 8))
		bit++;
	prefix = bit;
	for (; bit < 128; bit++) {
		if (mask->b[bit / 8] & (0x80 >> bit % 8))
			return -EINVAL;
	}
	return prefix;
}

bool addr_in_prefix(const struct ntp_addr *a, const struct ntp_addr *b,
		    u8 prefix)
{
	int rest = prefix % 8;

	if (memcmp(a->b, b->b, prefix / 8))
		return false;
	return !rest || !((a->b[prefix / 8] ^ b->b[prefix / 8]) &
			  (u8)(0xff00 >> rest));
}

bool addr_clear_host(struct ntp_addr *addr, u8 prefix)
{
	bool had_bits = false;

	for (int bit = prefix; bit < 128; bit++) {
		u8 one = 0x80 >> bit % 8;

		had_bits |= addr->b[bit / 8] & one;
		addr->b[bit / 8] &= ~one;
	}
	return had_bits;
}

const char *addr_print(const struct ntp_addr *addr, char *buf, size_t size)
{
	bool v4 = addr_is_v4(addr);

	if (!inet_ntop(v4 ? AF_INET : AF_INET6, v4 ? addr->b + 12 : addr->b,
		       buf, size) && size)
		*buf = '\0';
	return buf;
}

const char *addr_print_prefix(const struct ntp_addr *addr, u8 prefix, char *buf,
			      size_t size)
{
	bool is_v4 = addr_is_v4(addr) && prefix >= 96;
	char host[INET6_ADDRSTRLEN];

	addr_print(addr, host, sizeof(host));
	if (prefix == 128)
		snprintf(buf, size, "%s", host);
	else
		snprintf(buf, size, "%s/%d", host,
			 is_v4 ? prefix - 96 : prefix);
	return buf;
}

const char *addr_end_print(const struct addr_end *end, char *buf, size_t size)
{
	bool has_port = end->port && end->port != 123;
	char host[INET6_ADDRSTRLEN], scope[IF_NAMESIZE + 1] = "", port[8] = "";
	bool brackets = has_port && !addr_is_v4(&end->addr);

	addr_print(&end->addr, host, sizeof(host));
	if (end->scope) {
		char name[IF_NAMESIZE];

		if (if_indextoname(end->scope, name))
			snprintf(scope, sizeof(scope), "%%%s", name);
		else
			snprintf(scope, sizeof(scope), "%%%u", end->scope);
	}
	if (has_port)
		snprintf(port, sizeof(port), ":%u", end->port);
	snprintf(buf, size, "%s%s%s%s%s", brackets ? "[" : "", host, scope,
		 brackets ? "]" : "", port);
	return buf;
}

socklen_t addr_to_sockaddr(const struct addr_end *end,
			   struct sockaddr_storage *ss)
{
	memset(ss, 0, sizeof(*ss));
	if (addr_is_v4(&end->addr)) {
		struct sockaddr_in *in = (struct sockaddr_in *)ss;

		in->sin_family = AF_INET;
		in->sin_port = htons(end->port);
		memcpy(&in->sin_addr, end->addr.b + 12, 4);
		return sizeof(*in);
	}
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)ss;

	in6->sin6_family = AF_INET6;
	in6->sin6_port = htons(end->port);
	in6->sin6_scope_id = end->scope;
	memcpy(&in6->sin6_addr, end->addr.b, 16);
	return sizeof(*in6);
}

int addr_from_sockaddr(struct addr_end *end, const struct sockaddr_storage *ss)
{
	memset(end, 0, sizeof(*end));
	if (ss->ss_family == AF_INET) {
		const struct sockaddr_in *in = (const struct sockaddr_in *)ss;

		end->addr = addr_from_v4(in->sin_addr);
		end->port = ntohs(in->sin_port);
		return 0;
	}
	if (ss->ss_family == AF_INET6) {
		const struct sockaddr_in6 *in6 =
			(const struct sockaddr_in6 *)ss;

		memcpy(end->addr.b, &in6->sin6_addr, 16);
		end->port = ntohs(in6->sin6_port);
		end->scope = in6->sin6_scope_id;
		return 0;
	}
	return -EAFNOSUPPORT;
}
