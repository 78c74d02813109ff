// SPDX-License-Identifier: GPL-2.0-only
/* Copyright (C) 2026 The kntp authors */
/*
 * What truly happened: for each NTP packet that leaves or enters a device of
 * tphc, when the start of its frame was at that end of the wire. The instants
 * are planned, not observed: what the guest does late changes none of them.
 *
 * /sys/kernel/debug/tphc/wire gives struct tphc_record one after the other,
 * each once; writing anything there forgets what is left. When nobody reads,
 * the oldest ones go: tphc/lost counts them. tests/lib/wire.py reads them.
 * tphc/bornN is CLOCK_MONOTONIC_RAW when the clock of tpN started.
 */
#include <linux/debugfs.h>
#include <linux/etherdevice.h>
#include <linux/if_vlan.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/log2.h>
#include <linux/math64.h>
#include <linux/slab.h>
#include <linux/udp.h>
#include <linux/vmalloc.h>
#include <net/ip.h>

#include "tests/kmod/tphc.h"

#define TPHC_NTP_PORT	123
#define TPHC_NTP_LEN	48

struct tphc_record {
	u64 frame;	/* both ends of a wire have the same number of it */
	s64 real;	/* CLOCK_REALTIME at the start of the frame */
	u64 raw;	/* CLOCK_MONOTONIC_RAW then */
	s64 phc;	/* the device's clock then */
	s64 driver;	/* CLOCK_REALTIME when the driver took or gave it */
	u8 device;
	u8 sent;
	u8 flags;	/* enum tphc_flags */
	u8 version;	/* of IP */
	u16 sport;
	u16 dport;
	u8 saddr[16];
	u8 daddr[16];
	u8 ntp[TPHC_NTP_LEN];
};

static_assert(sizeof(struct tphc_record) == 128);

static DEFINE_SPINLOCK(tphc_wire_lock);
static struct tphc_record *tphc_records;
static u32 tphc_size;		/* a power of two */
static u32 tphc_head, tphc_tail;
static u64 tphc_lost;
static struct dentry *tphc_dir;

/* By how many 2^-40 CLOCK_REALTIME is faster than CLOCK_MONOTONIC_RAW. */
static s64 tphc_real_rate;
static struct tphc_now tphc_last_tick;

/**
 * tphc_wire_tick() - see how fast the system's clock is
 *
 * From one context only, some times a second.
 */
void tphc_wire_tick(void)
{
	struct tphc_now now;
	s64 raw, real;

	tphc_wire_now(&now);
	raw = now.raw - tphc_last_tick.raw;
	real = now.real - tphc_last_tick.real;
	tphc_last_tick = now;
	/* Beyond 1000 ppm, or after a long silence: the clock was set. */
	if (raw <= 0 || raw > NSEC_PER_SEC || abs(real - raw) > raw / 1000)
		return;
	WRITE_ONCE(tphc_real_rate, div64_s64((real - raw) << 40, raw));
}

/**
 * tphc_wire_real() - CLOCK_REALTIME at an instant close to now
 * @now: both clocks
 * @raw: the instant, CLOCK_MONOTONIC_RAW
 *
 * Return: CLOCK_REALTIME then, ns, as if it is not set in between.
 */
s64 tphc_wire_real(const struct tphc_now *now, u64 raw)
{
	s64 d = raw - now->raw;

	return now->real + d + ((d * READ_ONCE(tphc_real_rate)) >> 40);
}

static bool tphc_wire_ipv4(const u8 *ip, unsigned int len, struct tphc_udp *udp)
{
	const struct iphdr *h = (const struct iphdr *)ip;

	if (len < sizeof(*h) || h->protocol != IPPROTO_UDP || h->ihl < 5 ||
	    len < h->ihl * 4 + sizeof(struct udphdr) ||
	    h->frag_off & htons(IP_OFFSET))
		return false;
	udp->version = 4;
	udp->saddr = (const u8 *)&h->saddr;
	udp->daddr = (const u8 *)&h->daddr;
	udp->data = ip + h->ihl * 4;
	return true;
}

static bool tphc_wire_ipv6(const u8 *ip, unsigned int len, struct tphc_udp *udp)
{
	const struct ipv6hdr *h = (const struct ipv6hdr *)ip;

	if (len < sizeof(*h) + sizeof(struct udphdr) ||
	    h->nexthdr != IPPROTO_UDP)
		return false;
	udp->version = 6;
	udp->saddr = (const u8 *)&h->saddr;
	udp->daddr = (const u8 *)&h->daddr;
	udp->data = ip + sizeof(*h);
	return true;
}

/**
 * tphc_wire_udp() - find UDP in a frame, also in a VLAN
 * @skb: linear, with its data at the Ethernet header
 * @udp: filled in; points into @skb
 *
 * Return: whether it is a UDP packet, or the first fragment of one.
 */
bool tphc_wire_udp(const struct sk_buff *skb, struct tphc_udp *udp)
{
	unsigned int offset = ETH_HLEN, len = skb_headlen(skb);
	const u8 *p = skb->data;
	const struct udphdr *h;
	__be16 proto;
	bool found;

	if (len < ETH_HLEN)
		return false;
	proto = ((const struct ethhdr *)p)->h_proto;
	while (eth_type_vlan(proto)) {
		if (len < offset + VLAN_HLEN)
			return false;
		proto = *(const __be16 *)(p + offset + 2);
		offset += VLAN_HLEN;
	}
	if (proto == htons(ETH_P_IP))
		found = tphc_wire_ipv4(p + offset, len - offset, udp);
	else if (proto == htons(ETH_P_IPV6))
		found = tphc_wire_ipv6(p + offset, len - offset, udp);
	else
		return false;
	if (!found)
		return false;
	h = (const struct udphdr *)udp->data;
	udp->sport = ntohs(h->source);
	udp->dport = ntohs(h->dest);
	udp->data += sizeof(*h);
	udp->len = p + len - udp->data;
	return true;
}

/**
 * tphc_wire_record() - keep what happened to a frame, if it is NTP
 * @port: where
 * @skb: the frame, its data at the Ethernet header, its tphc_cb filled in
 * @sent: it leaves @port; otherwise it arrives there
 * @flags: enum tphc_flags
 * @driver: CLOCK_REALTIME when the driver handles it
 */
void tphc_wire_record(const struct tphc_port *port, struct sk_buff *skb,
		      bool sent, u8 flags, s64 driver)
{
	const struct tphc_cb *cb = tphc_cb(skb);
	struct tphc_record *record;
	struct tphc_udp udp;
	unsigned int alen;

	if (!tphc_wire_udp(skb, &udp) || udp.len < TPHC_NTP_LEN ||
	    (udp.sport != TPHC_NTP_PORT && udp.dport != TPHC_NTP_PORT))
		return;
	alen = udp.version == 4 ? 4 : 16;
	spin_lock_bh(&tphc_wire_lock);
	if (tphc_head - tphc_tail == tphc_size) {
		tphc_tail++;
		tphc_lost++;
	}
	record = &tphc_records[tphc_head++ & (tphc_size - 1)];
	*record = (struct tphc_record){
		.frame = cb->frame, .real = cb->real, .raw = cb->raw,
		.phc = cb->phc, .driver = driver, .device = port->index,
		.sent = sent, .flags = flags, .version = udp.version,
		.sport = udp.sport, .dport = udp.dport,
	};
	memcpy(record->saddr, udp.saddr, alen);
	memcpy(record->daddr, udp.daddr, alen);
	memcpy(record->ntp, udp.data, TPHC_NTP_LEN);
	spin_unlock_bh(&tphc_wire_lock);
}

#define TPHC_CHUNK	32	/* records taken at once */

static unsigned int tphc_take(struct tphc_record *to, unsigned int most)
{
	unsigned int n = 0;

	spin_lock_bh(&tphc_wire_lock);
	while (n < most && tphc_tail != tphc_head)
		to[n++] = tphc_records[tphc_tail++ & (tphc_size - 1)];
	spin_unlock_bh(&tphc_wire_lock);
	return n;
}

static ssize_t tphc_wire_read(struct file *file, char __user *to, size_t len,
			      loff_t *pos)
{
	struct tphc_record *chunk;
	size_t done = 0;
	unsigned int n;

	if (len < sizeof(*chunk))
		return -EINVAL;
	chunk = kmalloc_array(TPHC_CHUNK, sizeof(*chunk), GFP_KERNEL);
	if (!chunk)
		return -ENOMEM;
	do {
		n = tphc_take(chunk, min_t(size_t, TPHC_CHUNK,
					   (len - done) / sizeof(*chunk)));
		if (copy_to_user(to + done, chunk, n * sizeof(*chunk))) {
			kfree(chunk);
			return -EFAULT;
		}
		done += n * sizeof(*chunk);
	} while (n);
	kfree(chunk);
	return done;
}

static ssize_t tphc_wire_write(struct file *file, const char __user *from,
			       size_t len, loff_t *pos)
{
	spin_lock_bh(&tphc_wire_lock);
	tphc_tail = tphc_head;
	tphc_lost = 0;
	spin_unlock_bh(&tphc_wire_lock);
	return len;
}

static const struct file_operations tphc_wire_fops = {
	.owner	= THIS_MODULE,
	.open	= simple_open,
	.read	= tphc_wire_read,
	.write	= tphc_wire_write,
};

/**
 * tphc_wire_init() - make the ring and its files
 *
 * Return: 0 or -ENOMEM. A kernel without debugfs has no files, and no error.
 */
int tphc_wire_init(void)
{
	tphc_size = roundup_pow_of_two(clamp(tphc_ring, 16U, 1U << 22));
	tphc_records = vzalloc(array_size(tphc_size, sizeof(*tphc_records)));
	if (!tphc_records)
		return -ENOMEM;
	tphc_wire_now(&tphc_last_tick);
	tphc_dir = debugfs_create_dir("tphc", NULL);
	debugfs_create_file("wire", 0600, tphc_dir, NULL, &tphc_wire_fops);
	debugfs_create_u64("lost", 0400, tphc_dir, &tphc_lost);
	return 0;
}

/**
 * tphc_wire_show() - a number of a device as a file in debugfs
 * @name: of the file, before the number of the device
 * @index: of the device
 * @value: read whenever somebody reads the file, until tphc_wire_exit()
 */
void tphc_wire_show(const char *name, int index, u64 *value)
{
	char file[16];

	snprintf(file, sizeof(file), "%s%d", name, index);
	debugfs_create_u64(file, 0400, tphc_dir, value);
}

/**
 * tphc_wire_exit() - undo tphc_wire_init()
 */
void tphc_wire_exit(void)
{
	debugfs_remove_recursive(tphc_dir);
	vfree(tphc_records);
}
