/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef ADDR_H
#define ADDR_H

#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>

#include "kmod/core/types.h"

/* The longest text of an end point: [address%interface]:port and a NUL. */
#define ADDR_TEXT_MAX	(INET6_ADDRSTRLEN + IF_NAMESIZE + 10)

/** struct addr_end - one end of a conversation over UDP */
struct addr_end {
	struct ntp_addr addr;
	u16 port;		/* host order */
	u32 scope;		/* interface of a link-local address, or 0 */
};

/** addr_is_v4() - is it an IPv4 address (::ffff:a.b.c.d)? */
bool addr_is_v4(const struct ntp_addr *addr);

/** addr_family() - AF_INET or AF_INET6 */
int addr_family(const struct ntp_addr *addr);

/** addr_is_any() - is it 0.0.0.0 or ::? */
bool addr_is_any(const struct ntp_addr *addr);

/** addr_is_multicast() - is it in 224.0.0.0/4 or ff00::/8? */
bool addr_is_multicast(const struct ntp_addr *addr);

/** addr_is_loopback() - is it in 127.0.0.0/8, or ::1? */
bool addr_is_loopback(const struct ntp_addr *addr);

/** addr_is_linklocal() - is it in fe80::/10? */
bool addr_is_linklocal(const struct ntp_addr *addr);

/** addr_equal() - the same address? */
bool addr_equal(const struct ntp_addr *a, const struct ntp_addr *b);

/** addr_end_equal() - the same address, port, and scope? */
bool addr_end_equal(const struct addr_end *a, const struct addr_end *b);

/**
 * addr_from_v4() - an IPv4 address
 * @in: as in struct sockaddr_in, network order
 */
struct ntp_addr addr_from_v4(struct in_addr in);

/**
 * addr_parse() - numeric address from text
 * @text: dotted quad with all four numbers, or RFC 4291 IPv6, no brackets;
 *	a link-local one may have a %interface
 * @addr: result
 * @scope: interface index of the %, 0 if there is none; may be NULL where a %
 *	is not wanted
 *
 * Return: 0; -EINVAL if it is no address (maybe a name); -ENODEV if the
 * interface after % does not exist.
 */
int addr_parse(const char *text, struct ntp_addr *addr, u32 *scope);

/**
 * addr_print_prefix() - an address, with /length where it is not a host's
 * @prefix: 0..128, of IPv4 networks 96 and more
 * @buf: @size octets, INET6_ADDRSTRLEN + 4 hold any
 * Return: @buf.
 */
const char *addr_print_prefix(const struct ntp_addr *addr, u8 prefix, char *buf,
			      size_t size);

/**
 * addr_parse_prefix() - address with optional /length
 * @text: as for addr_parse(), then perhaps / and a number
 * @addr: result, host bits as written
 * @prefix: number of leading bits of struct ntp_addr that count, 0..128; an
 *	IPv4 /24 is 120, no / at all 128
 *
 * Return: 0, -EINVAL if it is no address, -ERANGE if the length is too long.
 */
int addr_parse_prefix(const char *text, struct ntp_addr *addr, u8 *prefix);

/**
 * addr_mask_prefix() - length of a mask such as 255.255.255.0
 * @mask: netmask, of the family of the address that it goes with
 *
 * Return: the bits of struct ntp_addr that count (IPv4 counted from 96), or
 * -EINVAL where ones follow zeros.
 */
int addr_mask_prefix(const struct ntp_addr *mask);

/** addr_in_prefix() - do the first @prefix bits of @a and @b agree? */
bool addr_in_prefix(const struct ntp_addr *a, const struct ntp_addr *b,
		    u8 prefix);

/**
 * addr_clear_host() - set the bits after the prefix to zero
 * Return: true if any of them was not zero.
 */
bool addr_clear_host(struct ntp_addr *addr, u8 prefix);

/**
 * addr_print() - address as text: a.b.c.d or RFC 5952 IPv6
 * @buf: at least INET6_ADDRSTRLEN bytes
 *
 * Return: @buf.
 */
const char *addr_print(const struct ntp_addr *addr, char *buf, size_t size);

/**
 * addr_end_print() - address, %interface if it has a scope, port unless it is
 * 123 or 0
 * @buf: at least ADDR_TEXT_MAX bytes
 *
 * Return: @buf.
 */
const char *addr_end_print(const struct addr_end *end, char *buf, size_t size);

/**
 * addr_to_sockaddr() - to what the kernel wants
 * @end: address, port, scope
 * @ss: result, of the address's own family
 *
 * Return: its length.
 */
socklen_t addr_to_sockaddr(const struct addr_end *end,
			   struct sockaddr_storage *ss);

/**
 * addr_from_sockaddr() - from what the kernel gives
 * Return: 0, or -EAFNOSUPPORT where it is neither IPv4 nor IPv6.
 */
int addr_from_sockaddr(struct addr_end *end, const struct sockaddr_storage *ss);

#endif
