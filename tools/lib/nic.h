/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef NIC_H
#define NIC_H

#include <stdbool.h>
#include <stdint.h>

/*
 * What a network interface can stamp, and is set to stamp: HWTSTAMP_TX_* and
 * HWTSTAMP_FILTER_* of <linux/net_tstamp.h>. By ethtool netlink, or by the
 * ioctls of before where kernel or driver have no other way.
 */

/** struct nic_caps - what it can stamp */
struct nic_caps {
	int phc;		/* N of /dev/ptpN, -1: it has no clock */
	uint32_t stamping;	/* set of SOF_TIMESTAMPING_* */
	uint32_t tx_types;	/* bit 1 << HWTSTAMP_TX_* */
	uint32_t rx_filters;	/* bit 1 << HWTSTAMP_FILTER_* */
};

/** struct nic_config - what it is set to; the same for all programs */
struct nic_config {
	int tx_type;		/* HWTSTAMP_TX_* */
	int rx_filter;		/* HWTSTAMP_FILTER_* */
};

/** nic_caps() - ask for abilities. Return: 0 or a negative errno */
int nic_caps(const char *ifname, struct nic_caps *caps);

/**
 * nic_config_get() - what is set
 * Return: 0, -EOPNOTSUPP where it cannot stamp, or it does not tell.
 */
int nic_config_get(const char *ifname, struct nic_config *config);

/**
 * nic_config_set() - set it
 * @config: what is wanted; becomes what is set, which may be more
 * Return: 0, -ERANGE where it cannot do that, or another negative errno.
 */
int nic_config_set(const char *ifname, struct nic_config *config);

/** enum nic_rx - which packets are to be stamped as they come in */
enum nic_rx {
	NIC_RX_NONE,
	NIC_RX_NTP,
	NIC_RX_PTP,	/* which is none that matter here, but no harm */
	NIC_RX_ALL,
};

/**
 * nic_filter() - the filter that stamps what is wanted, if it can
 * @caps: abilities
 * @want: the most that is to be stamped
 * Return: HWTSTAMP_FILTER_ALL, _NTP_ALL, _PTP_V2_EVENT, _NONE.
 */
int nic_filter(const struct nic_caps *caps, enum nic_rx want);

/** nic_filter_stamps_ntp() - does a filter stamp packets of NTP? */
bool nic_filter_stamps_ntp(int filter);

/** nic_filter_name() - as ethtool has it: none, all, ntp-all, ptpv2-event... */
const char *nic_filter_name(int filter);

/** nic_tx_name() - likewise: off, on, onestep-sync... */
const char *nic_tx_name(int tx_type);

#endif
