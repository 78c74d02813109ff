/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef TESTS_FUZZ_ADMIT_H
#define TESTS_FUZZ_ADMIT_H

/* The control block before the datagram in an input of tests/fuzz/admit.c. */
enum {
	FUZZ_FLAGS	= 0,	/* below; bits 2-3 the clock's state, 6 leap */
	FUZZ_MINPOLL	= 1,
	FUZZ_SPORT	= 2,	/* big-endian */
	FUZZ_CLOCK	= 4,	/* age in s, stratum, precision, dispersion */
	FUZZ_TOOK	= 5,	/* from receive to transmit, signed units */
	FUZZ_REC	= 6,	/* receive stamp */
	FUZZ_RULE	= 14,	/* flags of the rule for all, big-endian */
	FUZZ_RULE123	= 18,	/* of that for port 123 and some */
	FUZZ_SOURCE	= 22,	/* who asks: IPv4 if even */
	FUZZ_SIGN	= 23,	/* key that the request is signed with, 0: none */
	FUZZ_AGAIN	= 24,	/* how often more it comes, and how fast */
	FUZZ_CONTROL	= 25,

	FUZZ_SYMMETRIC	= 1,
	FUZZ_NAK	= 2,
	FUZZ_RULES	= 1 << 4,	/* there are rules */
	FUZZ_KEYS	= 1 << 5,
	FUZZ_LIMITS	= 1 << 7,
};

#endif
