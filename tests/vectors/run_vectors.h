/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef TESTS_VECTORS_RUN_VECTORS_H
#define TESTS_VECTORS_RUN_VECTORS_H

#include "tests/lib/pkt.h"

/**
 * struct udp_result - what came back for a vector
 * @is_skipped: it is not sent, or could not be; @why says why
 * @why: reason of that
 * @len: length of the reply, 0 without one
 * @reply: the reply
 */
struct udp_result {
	bool is_skipped;
	char why[80];
	u16 len;
	u8 reply[PKT_MAX];
};

/**
 * udp_exchange() - send all vectors to a server, collect the replies
 * @address: of the server, IPv4 or IPv6, with %SCOPE if that needs one
 * @port: its port
 * @server: whose expectations say which replies are waited for
 * @vectors: what to send; those from ports that are not any get transmit
 *	stamps of their own, by which their replies are told apart
 * @results: what came back; zeroed, but for vectors not to be sent
 * @count: how many of both
 *
 * Return: true; false after a message on stderr.
 */
bool udp_exchange(const char *address, const char *port,
		  enum pkt_server server, struct pkt_vector *vectors,
		  struct udp_result *results, int count);

#endif
