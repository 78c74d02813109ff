/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef TESTS_LIB_PKT_H
#define TESTS_LIB_PKT_H

#include "kmod/core/reason.h"
#include "kmod/core/sysvars.h"

enum {
	PKT_MAX		= 1600,
	PKT_REPLY_MAX	= 64,
	PKT_NAME_MAX	= 96,
	PKT_FIELDS_MAX	= 8,
};

/** enum pkt_field - what a vector may demand of a reply */
enum pkt_field {
	PKT_LENGTH,
	PKT_LEAP,
	PKT_VERSION,
	PKT_MODE,
	PKT_STRATUM,
	PKT_POLL,
	PKT_REFID,
};

/** enum pkt_server - whose policy applies */
enum pkt_server {
	PKT_MODULE,
	PKT_DAEMON,
};

/**
 * struct pkt_vector - one datagram and what must become of it
 * @file: where it stands
 * @line: in that file
 * @name: its name, unique in the file
 * @send: the datagram
 * @send_len: its length
 * @sport: its source port; 0 is port 0
 * @is_any_port: any port not below 1024 does
 * @is_reference: the clock is the one of the runner, all of the reply is known
 * @no_nak: the server is told not to send crypto-NAKs
 * @signed_by: key that the reply is signed with; 0 if it is not
 * @clock: state of the server's clock
 * @expect: the reason, by server
 * @fields: what the reply's fields are
 * @field_count: how many of them
 * @octets: the reply from its start
 * @mask: bits of @octets that count
 * @octet_count: how many of them
 */
struct pkt_vector {
	const char *file;
	int line;
	char name[PKT_NAME_MAX];
	u8 send[PKT_MAX];
	u16 send_len;
	u16 sport;
	bool is_any_port;
	bool is_reference;
	bool no_nak;
	u32 signed_by;
	enum ntp_sysvars_state clock;
	enum ntp_reason expect[2];
	struct {
		enum pkt_field field;
		u32 value;
	} fields[PKT_FIELDS_MAX];
	int field_count;
	u8 octets[PKT_REPLY_MAX];
	u8 mask[PKT_REPLY_MAX];
	int octet_count;
};

/**
 * pkt_load() - read a file of vectors
 * @path: the file; kept in the vectors
 * @vectors: an array that grows; free() it
 * @count: its length
 *
 * The format is told in tests/vectors/README.
 *
 * Return: true; or false after a message on stderr that says what is wrong in
 * which line.
 */
bool pkt_load(const char *path, struct pkt_vector **vectors, int *count);

/**
 * pkt_check() - is a reply the one that a vector demands?
 * @vec: the vector, of one that is answered
 * @reply: payload of the reply
 * @len: its length
 * @why: room for the reason, if it is not
 * @why_size: octets of that
 *
 * Besides what the vector says, each reply is checked for what holds for all:
 * not longer than the request, origin is the request's transmit stamp to the
 * bit, transmit after receive stamp, stratum 0 with leap 3 and only then, a MAC
 * only if the vector is signed. Whether it is right is left to the caller.
 *
 * Return: true if it is.
 */
bool pkt_check(const struct pkt_vector *vec, const u8 *reply, size_t len,
	       char *why, size_t why_size);

#endif
