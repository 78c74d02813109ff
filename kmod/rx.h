/* SPDX-License-Identifier: GPL-2.0-only */
/* Copyright (C) 2026 The kntp authors */
#ifndef KNTP_RX_H
#define KNTP_RX_H

#include <linux/ktime.h>
#include <linux/netdevice.h>

#include "kmod/core/exchange.h"
#include "kmod/core/xleave.h"
#include "kmod/stamp.h"

struct kntp_config;
struct kntp_dev;
struct kntp_net;
struct sk_buff;

/**
 * struct kntp_rx - a datagram for the NTP port on its way through kntp
 * @ex: what the core sees of it; @ex.src and @ex.sport are set from the start
 * @dst: its destination
 * @kn: the namespace
 * @kd: the served device that it is counted for
 * @config: the configuration that it is admitted and answered by
 * @skb: the packet, data at the IP header
 * @dev: the device whose addresses it may be for: that of @skb, or a VLAN on
 *	top of it
 * @stamp: real time of its arrival, once admitted with NTP_REPLY
 * @soft: the driver's, or the stack's, or 0; then, too
 * @bound_ns: how far @stamp may be ahead, where it is the NIC's
 * @epoch: kntp_stamp_epoch() that @stamp is of
 * @arrived: @stamp as the reply has it, but for its mark (kntp_tx_reply())
 * @client: the sender, as the memory of interleaved mode knows it
 * @turn: the reply's part in interleaved mode
 * @ip_len: octets of the IP header that precede the UDP header
 * @is_ipv6: IPv6, else IPv4
 * @is_input: taken at LOCAL_IN, where the stack has looked at it already
 * @source: where @stamp comes from
 */
struct kntp_rx {
	struct ntp_exchange ex;
	struct ntp_addr dst;
	struct kntp_net *kn;
	struct kntp_dev *kd;
	const struct kntp_config *config;
	struct sk_buff *skb;
	const struct net_device *dev;
	ktime_t stamp;
	ktime_t soft;
	s64 bound_ns;
	u32 epoch;
	ntp_ts_t arrived;
	u64 client;
	struct ntp_xleave_turn turn;
	u16 ip_len;
	bool is_ipv6;
	bool is_input;
	enum kntp_stamp_source source;
};

/**
 * enum kntp_rx_kind - what kind of datagram for the NTP port it is
 * @KNTP_RX_OTHER: none, or one that cannot be told
 * @KNTP_RX_PLAIN: the UDP header follows the fixed IP header
 * @KNTP_RX_FRAGMENT: the first fragment of one
 * @KNTP_RX_OPTIONS: IPv4 options or IPv6 extension headers come between
 */
enum kntp_rx_kind {
	KNTP_RX_OTHER,
	KNTP_RX_PLAIN,
	KNTP_RX_FRAGMENT,
	KNTP_RX_OPTIONS,
};

enum kntp_rx_kind kntp_rx_find(struct kntp_rx *rx);
enum ntp_verdict kntp_rx_admit(struct kntp_rx *rx, enum kntp_rx_kind kind);

#endif
