/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef TESTS_VECTORS_SEQUENCE_H
#define TESTS_VECTORS_SEQUENCE_H

#include "kmod/core/exchange.h"
#include "kmod/core/sysvars.h"
#include "tests/lib/pkt.h"

enum {
	SEQUENCE_ASKS	= 12,
};

/** enum sequence_kind - where a stamp of a request comes from */
enum sequence_kind {
	SEQUENCE_ZERO,
	SEQUENCE_NEW,		/* a random one */
	SEQUENCE_ODD,		/* the same, no transmit stamp of a server */
	SEQUENCE_REC,		/* receive stamp of a reply */
	SEQUENCE_XMT,		/* transmit stamp of a reply */
	SEQUENCE_SAME,		/* the request's own transmit stamp */
};

/** struct sequence_stamp - a stamp of a request, of reply @of (from 1) */
struct sequence_stamp {
	enum sequence_kind kind;
	int of;
};

/**
 * struct sequence - requests of one client in interleaved mode, in order
 * @file: where it stands
 * @line: in that file
 * @name: its name
 * @key: that requests are signed with, or 0
 * @ask: the requests; @ask.told: number of the reply whose transmit stamp the
 *	reply tells, or 0 for a reply in basic mode
 * @n: how many
 */
struct sequence {
	const char *file;
	int line;
	char name[PKT_NAME_MAX];
	u32 key;
	struct {
		u8 version;
		struct sequence_stamp org, rec, xmt;
		int told;
	} ask[SEQUENCE_ASKS];
	int n;
};

/**
 * struct sequence_server - who answers
 * @exchange: one request and its reply, PKT_MAX octets; sets @left to when the
 *	reply left, 0 if that is not known; false after a message in @why
 * @arg: given to it
 */
struct sequence_server {
	bool (*exchange)(void *arg, const u8 *req, size_t len, u8 *reply,
			 size_t *reply_len, ntp_ts_t *left, const char **why);
	void *arg;
};

/**
 * struct sequence_result - what became of a sequence
 * @is_sync: the server's clock was synchronised
 * @is_late: some reply took so long that no server need remember it
 * @asked: requests that were answered
 * @why: what was wrong
 */
struct sequence_result {
	bool is_sync;
	bool is_late;
	int asked;
	char why[120];
};

/**
 * sequence_load() - read a file of sequences
 * @path: the file; kept in the sequences
 * @sequences: an array that grows; free() it
 * @count: its length
 *
 * Return: true; or false after a message on stderr.
 */
bool sequence_load(const char *path, struct sequence **sequences, int *count);

/**
 * sequence_run() - put one sequence to a server
 * @seq: the sequence
 * @server: who answers
 * @result: what became of it
 *
 * A server whose clock is not set answers everything in basic mode.
 *
 * Return: true if all replies are right.
 */
bool sequence_run(const struct sequence *seq,
		  const struct sequence_server *server,
		  struct sequence_result *result);

/**
 * sequence_core() - the core as a server, as its shells use it
 * @server: result, valid until the next call
 * @policy: of the server; valid as long
 * @sys: its clock, likewise
 */
void sequence_core(struct sequence_server *server,
		   const struct ntp_policy *policy,
		   const struct ntp_sysvars_now *sys);

/**
 * sequence_udp() - a server that runs
 * @server: result, valid until the next call
 * @address: IPv4 or IPv6, with %SCOPE if that needs one
 * @port: its port
 *
 * Return: true; false after a message on stderr.
 */
bool sequence_udp(struct sequence_server *server, const char *address,
		  const char *port);

#endif
