// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include <arpa/inet.h>
#include <errno.h>

#include "tests/lib/tap.h"
#include "tools/lib/addr.h"

#define ROUNDS	20000

static struct ntp_addr addr(const char *text)
{
	struct ntp_addr a;

	if (addr_parse(text, &a, NULL)) {
		diag("%s is no address", text);
		abort();
	}
	return a;
}

static void test_parse(void)
{
	static const char *const wrong[] = {
		"", "1", "1.2.3", "1.2.3.4.5", "256.1.1.1", "1.2.3.4 ",
		"01x.2.3.4", "::1%lo", ":::", "g::", "fe80::1%", "%lo",
		"1.2.3.4%lo", "12345::", "localhost",
		"1111:2222:3333:4444:5555:6666:7777:8888:9999",
	};
	struct ntp_addr a;
	u32 scope;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		ok(addr_parse(wrong[i], &a, &scope) != 0,
		   "\"%s\" is refused", wrong[i]);
	ok(addr_is_v4(&(struct ntp_addr){ .b = { [10] = 0xff, [11] = 0xff } }),
	   "0.0.0.0 is IPv4");
	is_int(addr_parse("fe80::1%lo", &a, &scope), 0, "scope is read");
	is_int(scope, if_nametoindex("lo"), "it is lo's index");
	is_int(addr_parse("fe80::1%nowhere9", &a, &scope), -ENODEV,
	       "unknown interface");
	is_int(addr_parse("fe80::1%lo", &a, NULL), -EINVAL,
	       "no scope where none is wanted");
}

static void test_kinds(void)
{
	struct ntp_addr v4 = addr("192.0.2.1"), v6 = addr("2001:db8::1");
	struct ntp_addr group = addr("224.0.1.1"), group6 = addr("ff05::101");
	struct ntp_addr lo = addr("127.8.8.8"), lo6 = addr("::1");
	struct ntp_addr any = addr("0.0.0.0"), any6 = addr("::");
	struct ntp_addr last = addr("239.255.255.255"), after = addr("240.0.0.1");
	struct ntp_addr link = addr("febf::1"), site = addr("fec0::1");

	ok(addr_family(&v4) == AF_INET && addr_family(&v6) == AF_INET6,
	   "families");
	ok(addr_is_multicast(&group) && addr_is_multicast(&group6) &&
	   addr_is_multicast(&last) && !addr_is_multicast(&after) &&
	   !addr_is_multicast(&v4) && !addr_is_multicast(&v6), "multicast");
	ok(addr_is_loopback(&lo) && addr_is_loopback(&lo6) &&
	   !addr_is_loopback(&v4) && !addr_is_loopback(&v6), "loopback");
	ok(addr_is_any(&any) && addr_is_any(&any6) && !addr_is_any(&v4) &&
	   !addr_is_any(&lo6), "any");
	ok(addr_is_linklocal(&link) && !addr_is_linklocal(&site) &&
	   !addr_is_linklocal(&v4), "link-local");
}

static void test_prefix(void)
{
	static const char *const texts[] = { "192.168.1.0/24", "10.0.0.0/8",
					     "192.0.2.1", "2001:db8::/32",
					     "::/0", "2001:db8::1", "0.0.0.0/0",
					     "::/64" };
	char text[INET6_ADDRSTRLEN + 4];
	struct ntp_addr a, b;
	u8 prefix;

	is_int(addr_parse_prefix("192.168.1.7/24", &a, &prefix), 0, "IPv4/24");
	is_int(prefix, 120, "24 bits of IPv4 are 120");
	b = addr("192.168.1.0");
	ok(addr_in_prefix(&a, &b, prefix), "same network");
	b = addr("192.168.2.0");
	ok(!addr_in_prefix(&a, &b, prefix), "other network");
	ok(addr_clear_host(&a, prefix), "it has host bits");
	b = addr("192.168.1.0");
	ok(addr_equal(&a, &b), "which are cleared");
	ok(!addr_clear_host(&a, prefix), "and are gone");
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		addr_parse_prefix(texts[i], &a, &prefix);
		is_str(addr_print_prefix(&a, prefix, text, sizeof(text)),
		       texts[i], "%s is printed as it was read", texts[i]);
	}
	is_int(addr_parse_prefix("10.0.0.0/33", &a, &prefix), -ERANGE, "/33");
	is_int(addr_parse_prefix("::/129", &a, &prefix), -ERANGE, "/129");
	is_int(addr_parse_prefix("10.0.0.0/", &a, &prefix), -EINVAL, "/");
	is_int(addr_parse_prefix("10.0.0.0/-1", &a, &prefix), -EINVAL, "/-1");
	is_int(addr_parse_prefix("10.0.0.0/1/2", &a, &prefix), -EINVAL, "/1/2");
	is_int(addr_parse_prefix("2001:db8::/33", &a, &prefix), 0, "IPv6/33");
	is_int(prefix, 33, "33 bits");
	b = addr("2001:db8:7fff::1");
	ok(addr_in_prefix(&a, &b, prefix), "33rd bit 0 is in");
	b = addr("2001:db8:8000::1");
	ok(!addr_in_prefix(&a, &b, prefix), "33rd bit 1 is out");
	b = addr("255.255.255.0");
	is_int(addr_mask_prefix(&b), 120, "mask 255.255.255.0");
	b = addr("0.0.0.0");
	is_int(addr_mask_prefix(&b), 96, "mask 0.0.0.0");
	b = addr("255.0.255.0");
	is_int(addr_mask_prefix(&b), -EINVAL, "mask with a hole");
	b = addr("ffff:ffff::");
	is_int(addr_mask_prefix(&b), 32, "mask ffff:ffff::");
}

static void test_print(void)
{
	struct addr_end end = { .addr = addr("192.0.2.1"), .port = 123 };
	char text[ADDR_TEXT_MAX];

	is_str(addr_end_print(&end, text, sizeof(text)), "192.0.2.1",
	       "the usual port is not shown");
	end.port = 1123;
	is_str(addr_end_print(&end, text, sizeof(text)), "192.0.2.1:1123",
	       "another one is");
	end.addr = addr("fe80::1");
	end.scope = if_nametoindex("lo");
	is_str(addr_end_print(&end, text, sizeof(text)), "[fe80::1%lo]:1123",
	       "scope and port");
	end.port = 0;
	is_str(addr_end_print(&end, text, sizeof(text)), "fe80::1%lo",
	       "no brackets without a port");
}

/* Text and socket address are two ways to and back. */
static void test_round_trips(void)
{
	unsigned int wrong_text = 0, wrong_sock = 0, wrong_prefix = 0;

	for (int i = 0; i < ROUNDS; i++) {
		struct addr_end end = { .port = tap_random() }, back;
		struct sockaddr_storage ss;
		char text[INET6_ADDRSTRLEN];
		struct ntp_addr parsed, other;
		u8 prefix = tap_below(129);
		u64 a = tap_spread(), b = tap_spread();

		memcpy(end.addr.b, &a, 8);
		memcpy(end.addr.b + 8, &b, 8);
		if (tap_random() & 1)
			end.addr = addr_from_v4((struct in_addr){ a });
		addr_print(&end.addr, text, sizeof(text));
		wrong_text += addr_parse(text, &parsed, NULL) ||
			      !addr_equal(&parsed, &end.addr);
		addr_to_sockaddr(&end, &ss);
		wrong_sock += addr_from_sockaddr(&back, &ss) ||
			      !addr_end_equal(&back, &end);
		/* One bit flipped: in the prefix exactly if it lies behind. */
		other = end.addr;
		unsigned int bit = tap_below(128);

		other.b[bit / 8] ^= 0x80 >> bit % 8;
		wrong_prefix += addr_in_prefix(&end.addr, &other, prefix) !=
				(bit >= prefix);
	}
	is_int(wrong_text, 0, "print and parse agree");
	is_int(wrong_sock, 0, "socket addresses agree");
	is_int(wrong_prefix, 0, "prefixes compare bit by bit");
}

int main(void)
{
	tap_start();
	test_parse();
	test_kinds();
	test_prefix();
	test_print();
	test_round_trips();
	return tap_finish();
}
