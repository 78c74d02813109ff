/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef PHC_H
#define PHC_H

#include <stdbool.h>
#include <stdint.h>

/*
 * From the clocks of NICs (PHC) to the system clock, for whoever has stamps of
 * a NIC. engine/hwstamp.c says how; without it there is no answer.
 */

/**
 * struct phc_line - CLOCK_REALTIME as a straight line of a PHC's time
 * @phc_ns: a time of the PHC
 * @real_ns: what the system clock showed then, ns since 1970 UTC
 * @rate: seconds of the system clock in one of the PHC, less one
 * @error_ns: bound on the error of @real_ns
 * @error_rate: growth of that, s/s
 * @until_ns: CLOCK_MONOTONIC; not to be used any more from then on
 * @rxcomp_ns: the NIC's receive stamps are so much too late
 * @txcomp_ns: its transmit stamps are so much too early
 */
struct phc_line {
	int64_t phc_ns;
	int64_t real_ns;
	double rate;
	double error_ns;
	double error_rate;
	int64_t until_ns;
	int32_t rxcomp_ns;
	int32_t txcomp_ns;
};

/** enum phc_way - what a stamp is of */
enum phc_way {
	PHC_RECEIVE,
	PHC_TRANSMIT,
};

/**
 * phc_set_line() - how the stamps of an interface are converted from now on
 * @ifindex: where packets are seen, also a bond, a bridge or a VLAN
 * @line: copied; NULL: not at all
 */
void phc_set_line(unsigned int ifindex, const struct phc_line *line);

/**
 * phc_to_real() - convert a NIC's stamp
 * @ifindex: as the kernel says where the packet came in or left
 * @way: what the stamp is of
 * @raw_ns: time of the NIC's own clock
 * @real_ns: result, CLOCK_REALTIME, ns since 1970 UTC
 * @error_ns: bound on its error; may be NULL
 *
 * Return: 0, or -ENODATA where there is no line, or a stale one, or the stamp
 * is a minute off what it was measured for.
 */
int phc_to_real(unsigned int ifindex, enum phc_way way, int64_t raw_ns,
		int64_t *real_ns, int64_t *error_ns);

/** phc_has_line() - would phc_to_real() convert stamps of this interface? */
bool phc_has_line(unsigned int ifindex);

/** phc_forget() - no stamp of any interface is converted any more */
void phc_forget(void);

#endif
