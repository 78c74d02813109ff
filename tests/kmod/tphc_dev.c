// SPDX-License-Identifier: GPL-2.0-only
/* Copyright (C) 2026 The kntp authors */
/*
 * tphc: a pair of network devices, tp0 and tp1, at the ends of one wire, with a
 * hardware clock each; tp2 and tp3 are another pair. They stamp what they send
 * and receive as real devices do, and the module keeps what truly happened, to
 * judge what others make of the stamps (tphc_wire.c). Only for tests; never
 * installed.
 *
 * Lists have one number for each device, that of tp0 first; a second pair has
 * the same defaults. Those marked * can be changed in
 * /sys/module/tphc/parameters.
 *
 *	freq=20000,-15000	* frequency error of the clock, 10^-9
 *	wander=1000,1000	* random walk of it, 10^-12 per root of a second
 *	offset=37,37		the clock at first minus CLOCK_REALTIME, seconds
 *	seed=1			of all that is random
 *	cross=0			also exact pairs (PTP_SYS_OFFSET_PRECISE)
 *	rxfilter=all,all	what can be stamped: all, ntp, ptp, none
 *	wire_ns=500,500		* along the wire, by the sender
 *	tx_ns=4000,4000		* from the driver to the wire
 *	tx_jitter_ns=500,500	* of that, at most; all values are as likely
 *	tx_queue_ns=1000	* more of it for each further queue
 *	pairs=1			of devices, 1 or 2
 *	queues=1		for sending
 *	mbps=10000		speed of the wire
 *	stamp_ns=20000,20000	* from the wire until the sender gets its stamp
 *	stamp_loss=0,0		* every nth of them is lost
 *	stamp_slots=64,64	* as many can be under way; igb has one
 *	stamp_process=1		* told from a work queue, not from a soft interrupt
 *	ring=32768		NTP packets that are remembered
 *
 * The clock has one pin for external time stamps: a pulse at each true second.
 * ethtool -S shows how many stamps there were.
 */
#include <linux/etherdevice.h>
#include <linux/ethtool.h>
#include <linux/math64.h>
#include <linux/module.h>

#include "tests/kmod/tphc.h"

#define TPHC_WIRE_LEN	512	/* frames under way; then the queues stop */
#define TPHC_BACKLOG	4096	/* frames that wait for NAPI */
#define TPHC_OVERHEAD	24	/* preamble, checksum and gap of a frame */

#define TPHC_LIST(name, type, perm, text)				\
	module_param_array_named(name, tphc_##name, type, NULL, perm);	\
	MODULE_PARM_DESC(name, text)

int tphc_freq[TPHC_DEVICES] = { 20000, -15000, 20000, -15000 };
TPHC_LIST(freq, int, 0644, "frequency error of each clock, ppb");
int tphc_wander[TPHC_DEVICES] = { 1000, 1000, 1000, 1000 };
TPHC_LIST(wander, int, 0644, "random walk of it, 10^-12 per root of a second");
int tphc_offset[TPHC_DEVICES] = { 37, 37, 37, 37 };
TPHC_LIST(offset, int, 0444, "each clock at first minus CLOCK_REALTIME, s");
char *tphc_rxfilter[TPHC_DEVICES] = { "all", "all", "all", "all" };
TPHC_LIST(rxfilter, charp, 0444, "what can be stamped: all, ntp, ptp or none");
static int tphc_wire_ns[TPHC_DEVICES] = { 500, 500, 500, 500 };
TPHC_LIST(wire_ns, int, 0644, "along the wire, by sender");
static int tphc_tx_ns[TPHC_DEVICES] = { 4000, 4000, 4000, 4000 };
TPHC_LIST(tx_ns, int, 0644, "from the driver to the wire");
static int tphc_tx_jitter_ns[TPHC_DEVICES] = { 500, 500, 500, 500 };
TPHC_LIST(tx_jitter_ns, int, 0644, "of that, at most");
int tphc_stamp_ns[TPHC_DEVICES] = { 20000, 20000, 20000, 20000 };
TPHC_LIST(stamp_ns, int, 0644, "from the wire until the sender has its stamp");
int tphc_stamp_loss[TPHC_DEVICES];
TPHC_LIST(stamp_loss, int, 0644, "every nth transmit stamp is lost");
int tphc_stamp_slots[TPHC_DEVICES] = { 64, 64, 64, 64 };
TPHC_LIST(stamp_slots, int, 0644, "transmit stamps under way at once");

#define TPHC_PARAM(name, type, perm, text)				\
	module_param_named(name, tphc_##name, type, perm);		\
	MODULE_PARM_DESC(name, text)

bool tphc_stamp_process = true;
TPHC_PARAM(stamp_process, bool, 0644, "transmit stamps from a work queue");
bool tphc_cross;
TPHC_PARAM(cross, bool, 0444, "offer exact cross time stamps");
uint tphc_seed = 1;
TPHC_PARAM(seed, uint, 0444, "of all that is random");
uint tphc_ring = 32768;
TPHC_PARAM(ring, uint, 0444, "NTP packets that are remembered");
static uint tphc_tx_queue_ns = 1000;
TPHC_PARAM(tx_queue_ns, uint, 0644, "more of it for each further queue");
static uint tphc_pairs = 1;
TPHC_PARAM(pairs, uint, 0444, "of devices, 1 or 2");
static uint tphc_queues = 1;
TPHC_PARAM(queues, uint, 0444, "for sending, 1 to 8");
static uint tphc_mbps = 10000;
TPHC_PARAM(mbps, uint, 0444, "speed of the wire, 10 to 100000");

static struct tphc_port *tphc_ports[TPHC_DEVICES];

/* ----------------------------------------------------------------- receiving */

static int tphc_poll(struct napi_struct *napi, int budget)
{
	struct tphc_port *port = container_of(napi, struct tphc_port, napi);
	struct sk_buff *skb;
	int done = 0;

	while (done < budget && (skb = skb_dequeue(&port->arrived))) {
		napi_gro_receive(napi, skb);
		done++;
	}
	if (done < budget && napi_complete_done(napi, done) &&
	    !skb_queue_empty_lockless(&port->arrived))
		napi_schedule(napi);
	return done;
}

static void tphc_arrive(struct tphc_port *port, struct sk_buff *skb)
{
	unsigned int len = skb->len;
	struct tphc_now now;
	u8 flags;

	spin_lock_bh(&port->arrived.lock);
	if (!port->up || skb_queue_len(&port->arrived) >= TPHC_BACKLOG) {
		port->rx_dropped++;
		spin_unlock_bh(&port->arrived.lock);
		dev_kfree_skb_any(skb);
		return;
	}
	tphc_wire_now(&now);
	flags = tphc_stamp_rx(port, skb);
	tphc_wire_record(port, skb, false, flags, now.real);
	memset(skb->cb, 0, sizeof(skb->cb));
	skb->protocol = eth_type_trans(skb, port->dev);
	port->rx_frames++;
	port->rx_bytes += len;
	__skb_queue_tail(&port->arrived, skb);
	spin_unlock_bh(&port->arrived.lock);
	napi_schedule(&port->napi);
}

/* ------------------------------------------------------------------ the wire */

/* The frames at the end of the wire; the timer waits for the next one. */
static enum hrtimer_restart tphc_wire_timer(struct hrtimer *timer)
{
	struct tphc_port *port = container_of(timer, struct tphc_port,
					      wire_timer);
	ktime_t now = ktime_get();
	struct sk_buff_head due;
	struct sk_buff *skb;

	__skb_queue_head_init(&due);
	spin_lock_bh(&port->wire_lock);
	while ((skb = skb_peek(&port->wire)) &&
	       !ktime_after(tphc_cb(skb)->due, now)) {
		__skb_unlink(skb, &port->wire);
		__skb_queue_tail(&due, skb);
	}
	if (skb)
		hrtimer_start(timer, tphc_cb(skb)->due, HRTIMER_MODE_ABS_SOFT);
	if (READ_ONCE(port->up) && netif_running(port->dev) &&
	    skb_queue_len(&port->wire) < TPHC_WIRE_LEN / 2)
		netif_tx_wake_all_queues(port->dev);
	spin_unlock_bh(&port->wire_lock);
	while ((skb = __skb_dequeue(&due)))
		tphc_arrive(port->peer, skb);
	return HRTIMER_NORESTART;
}

/* How long after the driver had it a frame gets to the wire that is free. */
static u64 tphc_tx_delay(struct tphc_port *port, unsigned int queue)
{
	int jitter = READ_ONCE(tphc_tx_jitter_ns[port->index]);
	u64 delay = max(READ_ONCE(tphc_tx_ns[port->index]), 0);

	delay += (u64)queue * READ_ONCE(tphc_tx_queue_ns);
	if (jitter > 0)
		delay += (tphc_random(&port->random) >> 32) % jitter;
	return delay;
}

/*
 * Put a frame on the wire: when its first bit leaves here and comes there is
 * known from now on, and so is what the clocks show then. @copy goes to the
 * peer; @skb gets the stamp of the sender.
 */
static void tphc_send(struct tphc_port *port, struct sk_buff *skb,
		      struct sk_buff *copy, u8 flags)
{
	unsigned int len = max_t(unsigned int, skb->len, ETH_ZLEN);
	u64 wire = max(READ_ONCE(tphc_wire_ns[port->index]), 0);
	struct tphc_cb *here = tphc_cb(skb), *there = tphc_cb(copy);
	struct tphc_now now;
	u64 start, length;
	ktime_t mono;

	length = div_u64((len + TPHC_OVERHEAD) * 8000ULL, tphc_mbps);
	spin_lock_bh(&port->wire_lock);
	tphc_wire_now(&now);
	mono = ktime_get();
	start = now.raw + tphc_tx_delay(port, skb_get_queue_mapping(skb));
	start = max(start, port->wire_free);
	port->wire_free = start + length;
	port->frames++;
	port->tx_bytes += skb->len;

	memset(here, 0, sizeof(*here));
	here->frame = port->frames;
	here->raw = start;
	here->real = tphc_wire_real(&now, start);
	here->phc = tphc_phc_at(&port->phc, start);
	here->lost = flags & TPHC_LOST;
	here->due = ktime_add_ns(mono, start - now.raw +
				 max(READ_ONCE(tphc_stamp_ns[port->index]), 0));
	tphc_wire_record(port, skb, true, flags, now.real);

	*there = *here;
	there->raw = start + wire;
	there->real = tphc_wire_real(&now, there->raw);
	there->phc = tphc_phc_at(&port->peer->phc, there->raw);
	there->due = ktime_add_ns(mono, there->raw + length - now.raw);
	__skb_queue_tail(&port->wire, copy);
	if (skb_queue_len(&port->wire) == 1)
		hrtimer_start(&port->wire_timer, there->due,
			      HRTIMER_MODE_ABS_SOFT);
	if (skb_queue_len(&port->wire) >= TPHC_WIRE_LEN)
		netif_tx_stop_all_queues(port->dev);
	spin_unlock_bh(&port->wire_lock);
}

static netdev_tx_t tphc_xmit(struct sk_buff *skb, struct net_device *dev)
{
	struct tphc_port *port = netdev_priv(dev);
	struct sk_buff *copy;
	u8 flags;

	/* Of its own: the receiver may write to it while the sender waits. */
	copy = skb_copy(skb, GFP_ATOMIC);
	if (!copy || (skb_is_nonlinear(skb) && skb_linearize(skb))) {
		kfree_skb(copy);
		dev_kfree_skb_any(skb);
		spin_lock_bh(&port->wire_lock);
		dev->stats.tx_dropped++;
		spin_unlock_bh(&port->wire_lock);
		return NETDEV_TX_OK;
	}
	skb_scrub_packet(copy, true);
	copy->tstamp = 0;
	flags = tphc_stamp_tx(port, skb);
	skb_tx_timestamp(skb);
	tphc_send(port, skb, copy, flags);
	if (flags & TPHC_STAMPED)
		tphc_stamp_later(port, skb, tphc_cb(skb)->due);
	else
		dev_consume_skb_any(skb);
	return NETDEV_TX_OK;
}

/* ---------------------------------------------------------------- the device */

static int tphc_open(struct net_device *dev)
{
	struct tphc_port *port = netdev_priv(dev);

	napi_enable(&port->napi);
	spin_lock_bh(&port->arrived.lock);
	port->up = true;
	spin_unlock_bh(&port->arrived.lock);
	netif_tx_start_all_queues(dev);
	return 0;
}

static int tphc_stop(struct net_device *dev)
{
	struct tphc_port *port = netdev_priv(dev);

	/* Nobody wakes the queues any more, then they stop. */
	spin_lock_bh(&port->wire_lock);
	spin_lock(&port->arrived.lock);
	WRITE_ONCE(port->up, false);
	spin_unlock(&port->arrived.lock);
	spin_unlock_bh(&port->wire_lock);
	netif_tx_disable(dev);
	hrtimer_cancel(&port->wire_timer);
	tphc_stamp_stop(port);
	napi_disable(&port->napi);
	skb_queue_purge(&port->arrived);
	__skb_queue_purge(&port->wire);
	return 0;
}

static void tphc_stats(struct net_device *dev, struct rtnl_link_stats64 *to)
{
	struct tphc_port *port = netdev_priv(dev);

	spin_lock_bh(&port->wire_lock);
	to->tx_packets = port->frames;
	to->tx_bytes = port->tx_bytes;
	to->tx_dropped = dev->stats.tx_dropped;
	spin_unlock_bh(&port->wire_lock);
	spin_lock_bh(&port->arrived.lock);
	to->rx_packets = port->rx_frames;
	to->rx_bytes = port->rx_bytes;
	to->rx_dropped = port->rx_dropped;
	spin_unlock_bh(&port->arrived.lock);
}

#ifdef TPHC_NDO_HWTSTAMP
static int tphc_hwtstamp_get(struct net_device *dev,
			     struct kernel_hwtstamp_config *config)
{
	struct tphc_port *port = netdev_priv(dev);

	config->tx_type = port->tx_type;
	config->rx_filter = port->rx_filter;
	return 0;
}

static int tphc_hwtstamp_set(struct net_device *dev,
			     struct kernel_hwtstamp_config *config,
			     struct netlink_ext_ack *extack)
{
	return tphc_stamp_set(netdev_priv(dev), config->tx_type,
			      &config->rx_filter);
}
#else
static int tphc_ioctl(struct net_device *dev, struct ifreq *ifr, int cmd)
{
	struct tphc_port *port = netdev_priv(dev);
	struct hwtstamp_config config = {
		.tx_type = port->tx_type, .rx_filter = port->rx_filter,
	};
	int err;

	if (cmd == SIOCSHWTSTAMP) {
		if (copy_from_user(&config, ifr->ifr_data, sizeof(config)))
			return -EFAULT;
		if (config.flags)
			return -EINVAL;
		err = tphc_stamp_set(port, config.tx_type, &config.rx_filter);
		if (err)
			return err;
	} else if (cmd != SIOCGHWTSTAMP) {
		return -EOPNOTSUPP;
	}
	return copy_to_user(ifr->ifr_data, &config, sizeof(config)) ?
		-EFAULT : 0;
}
#endif

static const struct net_device_ops tphc_netdev_ops = {
	.ndo_open		= tphc_open,
	.ndo_stop		= tphc_stop,
	.ndo_start_xmit		= tphc_xmit,
	.ndo_get_stats64	= tphc_stats,
	.ndo_set_mac_address	= eth_mac_addr,
	.ndo_validate_addr	= eth_validate_addr,
#ifdef TPHC_NDO_HWTSTAMP
	.ndo_hwtstamp_get	= tphc_hwtstamp_get,
	.ndo_hwtstamp_set	= tphc_hwtstamp_set,
#else
	.ndo_eth_ioctl		= tphc_ioctl,
#endif
};

static int tphc_get_ts_info(struct net_device *dev, struct tphc_ts_info *info)
{
	tphc_stamp_info(netdev_priv(dev), info);
	return 0;
}

static int tphc_get_link(struct net_device *dev,
			 struct ethtool_link_ksettings *to)
{
	to->base.speed = tphc_mbps;
	to->base.duplex = DUPLEX_FULL;
	to->base.port = PORT_NONE;
	return 0;
}

static void tphc_get_drvinfo(struct net_device *dev, struct ethtool_drvinfo *to)
{
	snprintf(to->driver, sizeof(to->driver), "tphc");
}

static const char tphc_counter_names[][ETH_GSTRING_LEN] = {
	"rx_stamps", "tx_stamps", "tx_stamps_lost", "tx_stamps_skipped",
};

static int tphc_get_sset_count(struct net_device *dev, int set)
{
	BUILD_BUG_ON(sizeof(struct tphc_counters) !=
		     ARRAY_SIZE(tphc_counter_names) * sizeof(u64));
	return set == ETH_SS_STATS ? ARRAY_SIZE(tphc_counter_names) :
		-EOPNOTSUPP;
}

static void tphc_get_strings(struct net_device *dev, u32 set, u8 *to)
{
	memcpy(to, tphc_counter_names, sizeof(tphc_counter_names));
}

static void tphc_get_stats(struct net_device *dev, struct ethtool_stats *stats,
			   u64 *to)
{
	struct tphc_port *port = netdev_priv(dev);

	memcpy(to, &port->count, sizeof(port->count));
}

static const struct ethtool_ops tphc_ethtool_ops = {
	.get_drvinfo		= tphc_get_drvinfo,
	.get_link		= ethtool_op_get_link,
	.get_link_ksettings	= tphc_get_link,
	.get_ts_info		= tphc_get_ts_info,
	.get_sset_count		= tphc_get_sset_count,
	.get_strings		= tphc_get_strings,
	.get_ethtool_stats	= tphc_get_stats,
};

static int tphc_add(int index)
{
	struct net_device *dev;
	struct tphc_port *port;
	int err;

	dev = alloc_etherdev_mqs(sizeof(*port), clamp(tphc_queues, 1U, 8U), 1);
	if (!dev)
		return -ENOMEM;
	snprintf(dev->name, sizeof(dev->name), "tp%d", index);
	dev->netdev_ops = &tphc_netdev_ops;
	dev->ethtool_ops = &tphc_ethtool_ops;
	/* A sent frame is kept until it is stamped. */
	dev->priv_flags &= ~IFF_TX_SKB_SHARING;
	eth_hw_addr_random(dev);

	port = netdev_priv(dev);
	port->dev = dev;
	port->index = index;
	port->random = tphc_random_seed(~tphc_seed * 2 + index);
	spin_lock_init(&port->wire_lock);
	__skb_queue_head_init(&port->wire);
	skb_queue_head_init(&port->arrived);
	tphc_hrtimer_setup(&port->wire_timer, tphc_wire_timer);
	err = tphc_stamp_init(port);
	if (!err)
		err = tphc_phc_init(&port->phc, index);
	if (err) {
		free_netdev(dev);
		return err;
	}
	netif_napi_add(dev, &port->napi, tphc_poll);
	tphc_ports[index] = port;
	return 0;
}

static void tphc_del(void)
{
	int i;

	for (i = 0; i < TPHC_DEVICES; i++) {
		struct tphc_port *port = tphc_ports[i];

		if (port && port->dev->reg_state == NETREG_REGISTERED)
			unregister_netdev(port->dev);
	}
	/* The files and the frames show the clocks of both. */
	tphc_wire_exit();
	for (i = 0; i < TPHC_DEVICES; i++) {
		if (!tphc_ports[i])
			continue;
		tphc_phc_exit(&tphc_ports[i]->phc);
		free_netdev(tphc_ports[i]->dev);
	}
}

static int __init tphc_init(void)
{
	int n = 2 * clamp(tphc_pairs, 1U, TPHC_DEVICES / 2U);
	int i, err;

	tphc_mbps = clamp(tphc_mbps, 10U, 100000U);
	err = tphc_wire_init();
	if (err)
		return err;
	for (i = 0; i < n && !err; i++)
		err = tphc_add(i);
	for (i = 0; i < n && !err; i++)
		tphc_ports[i]->peer = tphc_ports[i ^ 1];
	for (i = 0; i < n && !err; i++)
		err = register_netdev(tphc_ports[i]->dev);
	if (err)
		tphc_del();
	return err;
}

static void __exit tphc_exit(void)
{
	tphc_del();
}

module_init(tphc_init);
module_exit(tphc_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Pairs of network devices with hardware clocks, for tests");
