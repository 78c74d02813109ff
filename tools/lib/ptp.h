/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef PTP_H
#define PTP_H

#include <stdbool.h>
#include <stdint.h>

/* Clocks of NICs and other PTP hardware clocks (PHC): /dev/ptpN. */

enum {
	PTP_READINGS_MAX	= 25,	/* that the kernel takes at once */
};

/** struct ptp_reading - a PHC and the system clock, read together */
struct ptp_reading {
	int64_t phc_ns;
	int64_t real_ns;	/* CLOCK_REALTIME, ns since 1970 UTC */
	int64_t window_ns;	/* it may be off by half of this */
};

/** enum ptp_method - how both are read, best first */
enum ptp_method {
	PTP_PRECISE,	/* the hardware reads both at once */
	PTP_EXTENDED,	/* the driver, next to the hardware */
	PTP_BASIC,	/* around the driver */
	PTP_NONE,	/* not at all */
};

/** struct ptp_caps - what a PHC can do, and is used for */
struct ptp_caps {
	unsigned int extts_n;	/* channels that stamp external pulses */
	unsigned int pin_n;
	bool has_precise;
	unsigned int vclock_n;	/* virtual clocks: its own time runs free */
};

/**
 * ptp_open() - open a PHC for reading
 * @path: such as /dev/ptp0
 * @is_writable: to ask for pulses, too
 *
 * Return: a descriptor or a negative errno: -ENOTTY for what is no PHC.
 */
int ptp_open(const char *path, bool is_writable);

/** ptp_caps() - what it can do. Return: 0 or a negative errno */
int ptp_caps(int fd, struct ptp_caps *caps);

/**
 * ptp_read() - read a PHC and the system clock
 * @fd: of ptp_open()
 * @method: best one to try; is set to the one that worked, to be tried next
 * @n: readings, 1 to PTP_READINGS_MAX; the one of the least window counts
 *
 * Return: 0 or a negative errno; -ENODEV where the clock is gone.
 */
int ptp_read(int fd, enum ptp_method *method, unsigned int n,
	     struct ptp_reading *reading);

/** ptp_method_name() - for people */
const char *ptp_method_name(enum ptp_method method);

/**
 * ptp_pulses() - stamp the pulses at a pin, or no more
 * @channel: below struct ptp_caps.extts_n
 * @pin: the pin to be given to it, -1: as it is
 * @is_clear: the falling edge instead of the rising one
 * @on: or off
 *
 * Return: 0 or a negative errno.
 */
int ptp_pulses(int fd, unsigned int channel, int pin, bool is_clear, bool on);

/**
 * ptp_pulse() - the next pulse, without waiting for it
 * @phc_ns: when it was, by the PHC
 * Return: its channel, or a negative errno; -EAGAIN where there is none.
 */
int ptp_pulse(int fd, int64_t *phc_ns);

#endif
