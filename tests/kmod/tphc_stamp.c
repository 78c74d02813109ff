// SPDX-License-Identifier: GPL-2.0-only
/* Copyright (C) 2026 The kntp authors */
/*
 * Which frames tphc stamps, and when their senders learn of it: later, as from
 * a real device, from a timer or from a work queue; or never.
 */
#include <linux/errqueue.h>
#include <linux/ethtool.h>
#include <linux/etherdevice.h>
#include <linux/string.h>

#include "tests/kmod/tphc.h"

#define TPHC_PTP_PORT	319
#define TPHC_NTP_PORT	123

/* What a device can stamp of what it receives: as of real ones. */
static const struct tphc_filters {
	const char *name;
	u32 filters;
} tphc_filters[] = {
	{ "all", BIT(HWTSTAMP_FILTER_NONE) | BIT(HWTSTAMP_FILTER_ALL) },
	{ "ntp", BIT(HWTSTAMP_FILTER_NONE) | BIT(HWTSTAMP_FILTER_NTP_ALL) },
	{ "ptp", BIT(HWTSTAMP_FILTER_NONE) | BIT(HWTSTAMP_FILTER_PTP_V2_EVENT) },
	{ "none", BIT(HWTSTAMP_FILTER_NONE) },
};

/**
 * tphc_stamp_set() - configure stamping
 * @port: of which device
 * @tx_type: HWTSTAMP_TX_OFF or HWTSTAMP_TX_ON
 * @rx_filter: what is wanted; afterwards what it has become, which is no less
 *
 * Return: 0, or -ERANGE for what the device cannot do.
 */
int tphc_stamp_set(struct tphc_port *port, int tx_type, int *rx_filter)
{
	u32 filters = port->rx_filters;
	int want = *rx_filter;

	if (tx_type != HWTSTAMP_TX_OFF && tx_type != HWTSTAMP_TX_ON)
		return -ERANGE;
	if (want < 0 || want > HWTSTAMP_FILTER_NTP_ALL)
		return -ERANGE;
	if (filters & BIT(want))
		*rx_filter = want;
	else if (filters & BIT(HWTSTAMP_FILTER_ALL))
		*rx_filter = HWTSTAMP_FILTER_ALL;
	else if (filters & BIT(HWTSTAMP_FILTER_PTP_V2_EVENT) &&
		 want >= HWTSTAMP_FILTER_PTP_V1_L4_EVENT &&
		 want <= HWTSTAMP_FILTER_PTP_V2_DELAY_REQ)
		*rx_filter = HWTSTAMP_FILTER_PTP_V2_EVENT;
	else
		return -ERANGE;
	WRITE_ONCE(port->tx_type, tx_type);
	WRITE_ONCE(port->rx_filter, *rx_filter);
	return 0;
}

/**
 * tphc_stamp_info() - what ethtool -T shows
 * @port: of which device
 * @info: filled in
 */
void tphc_stamp_info(struct tphc_port *port, struct tphc_ts_info *info)
{
	info->so_timestamping = SOF_TIMESTAMPING_TX_HARDWARE |
				SOF_TIMESTAMPING_RX_HARDWARE |
				SOF_TIMESTAMPING_RAW_HARDWARE |
				SOF_TIMESTAMPING_TX_SOFTWARE |
				SOF_TIMESTAMPING_RX_SOFTWARE |
				SOF_TIMESTAMPING_SOFTWARE;
	info->phc_index = ptp_clock_index(port->phc.ptp);
	info->tx_types = BIT(HWTSTAMP_TX_OFF) | BIT(HWTSTAMP_TX_ON);
	info->rx_filters = port->rx_filters;
}

/**
 * tphc_stamp_rx() - stamp a frame that arrives, if that is configured
 * @port: where
 * @skb: the frame, its data at the Ethernet header, its tphc_cb filled in
 *
 * Return: TPHC_STAMPED or 0.
 */
u8 tphc_stamp_rx(struct tphc_port *port, struct sk_buff *skb)
{
	struct tphc_udp udp = {};
	bool is_udp = tphc_wire_udp(skb, &udp);
	bool wanted = false;

	switch (READ_ONCE(port->rx_filter)) {
	case HWTSTAMP_FILTER_ALL:
		wanted = true;
		break;
	case HWTSTAMP_FILTER_NTP_ALL:
		wanted = is_udp && (udp.sport == TPHC_NTP_PORT ||
				    udp.dport == TPHC_NTP_PORT);
		break;
	case HWTSTAMP_FILTER_PTP_V2_EVENT:
		wanted = (is_udp && udp.dport == TPHC_PTP_PORT) ||
			 ((struct ethhdr *)skb->data)->h_proto ==
			 htons(ETH_P_1588);
		break;
	}
	if (!wanted)
		return 0;
	skb_hwtstamps(skb)->hwtstamp = ns_to_ktime(tphc_cb(skb)->phc);
	port->count.rx_stamps++;
	return TPHC_STAMPED;
}

/**
 * tphc_stamp_tx() - whether a frame that is sent gets a stamp
 * @port: where
 * @skb: the frame, before its software stamp
 *
 * Return: 0, or TPHC_STAMPED when tphc_stamp_later() has to follow; then also
 * TPHC_LOST when nobody will learn of it. TPHC_SKIPPED when there was no place.
 */
u8 tphc_stamp_tx(struct tphc_port *port, struct sk_buff *skb)
{
	int loss = READ_ONCE(tphc_stamp_loss[port->index]);
	u8 flags = TPHC_STAMPED;

	if (READ_ONCE(port->tx_type) != HWTSTAMP_TX_ON ||
	    !(skb_shinfo(skb)->tx_flags & SKBTX_HW_TSTAMP))
		return 0;
	spin_lock_bh(&port->stamps.lock);
	if (skb_queue_len(&port->stamps) >=
	    READ_ONCE(tphc_stamp_slots[port->index])) {
		port->count.tx_stamps_skipped++;
		flags = TPHC_SKIPPED;
	} else if (port->stamps_asked++, loss > 0 &&
		   port->stamps_asked % loss == 0) {
		flags |= TPHC_LOST;
	}
	spin_unlock_bh(&port->stamps.lock);
	if (flags & TPHC_STAMPED)
		skb_shinfo(skb)->tx_flags |= SKBTX_IN_PROGRESS;
	return flags;
}

/**
 * tphc_stamp_later() - keep a sent frame until its sender shall learn the stamp
 * @port: where it was sent
 * @skb: the frame, owned from now on; its tphc_cb holds the stamp
 * @due: CLOCK_MONOTONIC
 */
void tphc_stamp_later(struct tphc_port *port, struct sk_buff *skb, ktime_t due)
{
	spin_lock_bh(&port->stamps.lock);
	tphc_cb(skb)->due = due;
	__skb_queue_tail(&port->stamps, skb);
	if (skb_queue_len(&port->stamps) == 1)
		hrtimer_start(&port->stamp_timer, due, HRTIMER_MODE_ABS_SOFT);
	spin_unlock_bh(&port->stamps.lock);
}

/* The first frame whose time has come; otherwise wait for that time. */
static struct sk_buff *tphc_stamp_due(struct tphc_port *port)
{
	struct sk_buff *skb;

	spin_lock_bh(&port->stamps.lock);
	skb = skb_peek(&port->stamps);
	if (skb && ktime_after(tphc_cb(skb)->due, ktime_get())) {
		hrtimer_start(&port->stamp_timer, tphc_cb(skb)->due,
			      HRTIMER_MODE_ABS_SOFT);
		skb = NULL;
	}
	if (skb)
		__skb_unlink(skb, &port->stamps);
	spin_unlock_bh(&port->stamps.lock);
	return skb;
}

static void tphc_stamp_give(struct tphc_port *port)
{
	struct sk_buff *skb;

	while ((skb = tphc_stamp_due(port))) {
		struct skb_shared_hwtstamps stamp = {
			.hwtstamp = ns_to_ktime(tphc_cb(skb)->phc),
		};

		if (tphc_cb(skb)->lost) {
			port->count.tx_stamps_lost++;
		} else {
			port->count.tx_stamps++;
			skb_tstamp_tx(skb, &stamp);
		}
		dev_consume_skb_any(skb);
	}
}

static void tphc_stamp_work(struct work_struct *work)
{
	tphc_stamp_give(container_of(work, struct tphc_port, stamp_work));
}

static enum hrtimer_restart tphc_stamp_timer(struct hrtimer *timer)
{
	struct tphc_port *port = container_of(timer, struct tphc_port,
					      stamp_timer);

	if (READ_ONCE(tphc_stamp_process))
		schedule_work(&port->stamp_work);
	else
		tphc_stamp_give(port);
	return HRTIMER_NORESTART;
}

/**
 * tphc_stamp_stop() - forget all stamps that were to come
 * @port: which sends no more
 */
void tphc_stamp_stop(struct tphc_port *port)
{
	/* Without a frame neither of the two starts the other again. */
	skb_queue_purge(&port->stamps);
	hrtimer_cancel(&port->stamp_timer);
	cancel_work_sync(&port->stamp_work);
}

/**
 * tphc_stamp_init() - a device that stamps nothing yet
 * @port: with its index
 *
 * Return: 0, or -EINVAL when rxfilter= is unknown.
 */
int tphc_stamp_init(struct tphc_port *port)
{
	const char *name = tphc_rxfilter[port->index];
	int i;

	skb_queue_head_init(&port->stamps);
	tphc_hrtimer_setup(&port->stamp_timer, tphc_stamp_timer);
	INIT_WORK(&port->stamp_work, tphc_stamp_work);
	for (i = 0; i < ARRAY_SIZE(tphc_filters); i++) {
		if (!strcmp(name, tphc_filters[i].name)) {
			port->rx_filters = tphc_filters[i].filters;
			return 0;
		}
	}
	pr_err("tphc: rxfilter=%s is unknown; use all, ntp, ptp or none\n",
	       name);
	return -EINVAL;
}
