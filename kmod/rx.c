// SPDX-License-Identifier: GPL-2.0-only
/* Copyright (C) 2026 The kntp authors */

#include <linux/etherdevice.h>
#include <linux/inetdevice.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/skbuff.h>
#include <linux/udp.h>
#include <net/checksum.h>
#include <net/ip.h>
#include <net/ip6_checksum.h>
#include <net/ipv6.h>

#include "kmod/compat.h"
#include "kmod/config.h"
#include "kmod/core/admit.h"
#include "kmod/dev.h"
#include "kmod/kntp.h"
#include "kmod/limit.h"
#include "kmod/local.h"
#include "kmod/rx.h"
#include "kmod/stamp.h"

#define IPV4_PLAIN	0x45	/* version 4, 5 words of header */

static void found4(struct kntp_rx *rx, const struct iphdr *iph,
		   const struct udphdr *uh)
{
	ipv6_addr_set_v4mapped(iph->saddr, (struct in6_addr *)&rx->ex.src);
	ipv6_addr_set_v4mapped(iph->daddr, (struct in6_addr *)&rx->dst);
	rx->ex.sport = ntohs(uh->source);
	rx->ip_len = sizeof(*iph);
	rx->is_ipv6 = false;
}

static void found6(struct kntp_rx *rx, const struct ipv6hdr *ip6h,
		   const struct udphdr *uh)
{
	memcpy(&rx->ex.src, &ip6h->saddr, sizeof(rx->ex.src));
	memcpy(&rx->dst, &ip6h->daddr, sizeof(rx->dst));
	rx->ex.sport = ntohs(uh->source);
	rx->ip_len = sizeof(*ip6h);
	rx->is_ipv6 = true;
}

/*
 * IPv4 with options or with its headers spread over several pieces. Apart, so
 * that other packets need no room for copies.
 */
static noinline enum kntp_rx_kind find4_odd(struct kntp_rx *rx)
{
	const struct udphdr *uh;
	const struct iphdr *iph;
	struct udphdr uh_copy;
	struct iphdr ip_copy;

	iph = skb_header_pointer(rx->skb, 0, sizeof(ip_copy), &ip_copy);
	if (!iph || iph->version != 4 || iph->ihl < 5 ||
	    iph->protocol != IPPROTO_UDP ||
	    iph->frag_off & htons(IP_OFFSET))
		return KNTP_RX_OTHER;
	uh = skb_header_pointer(rx->skb, iph->ihl * 4, sizeof(uh_copy),
				&uh_copy);
	if (!uh || uh->dest != htons(NTP_PORT))
		return KNTP_RX_OTHER;
	found4(rx, iph, uh);
	if (iph->frag_off & htons(IP_MF))
		return KNTP_RX_FRAGMENT;
	return iph->ihl == 5 ? KNTP_RX_PLAIN : KNTP_RX_OPTIONS;
}

static enum kntp_rx_kind find4(struct kntp_rx *rx)
{
	const struct iphdr *iph = (const struct iphdr *)rx->skb->data;
	const struct udphdr *uh = (const struct udphdr *)(iph + 1);

	if (unlikely(skb_headlen(rx->skb) < sizeof(*iph) + sizeof(*uh) ||
		     *(const u8 *)iph != IPV4_PLAIN))
		return find4_odd(rx);
	if (iph->protocol != IPPROTO_UDP || uh->dest != htons(NTP_PORT) ||
	    iph->frag_off & htons(IP_OFFSET))
		return KNTP_RX_OTHER;
	found4(rx, iph, uh);
	if (unlikely(iph->frag_off & htons(IP_MF)))
		return KNTP_RX_FRAGMENT;
	return KNTP_RX_PLAIN;
}

/* IPv6 with extension headers or with its headers in several pieces. */
static noinline enum kntp_rx_kind find6_odd(struct kntp_rx *rx)
{
	const struct ipv6hdr *ip6h;
	const struct udphdr *uh;
	struct ipv6hdr ip_copy;
	struct udphdr uh_copy;
	__be16 frag_off;
	u8 nexthdr;
	int start;

	ip6h = skb_header_pointer(rx->skb, 0, sizeof(ip_copy), &ip_copy);
	if (!ip6h || ip6h->version != 6)
		return KNTP_RX_OTHER;
	nexthdr = ip6h->nexthdr;
	if (nexthdr != IPPROTO_UDP && !ipv6_ext_hdr(nexthdr))
		return KNTP_RX_OTHER;
	frag_off = 0;
	start = ipv6_skip_exthdr(rx->skb, sizeof(*ip6h), &nexthdr, &frag_off);
	if (start < 0 || nexthdr != IPPROTO_UDP ||
	    frag_off & htons(IP6_OFFSET))
		return KNTP_RX_OTHER;
	uh = skb_header_pointer(rx->skb, start, sizeof(uh_copy), &uh_copy);
	if (!uh || uh->dest != htons(NTP_PORT))
		return KNTP_RX_OTHER;
	found6(rx, ip6h, uh);
	if (frag_off)
		return KNTP_RX_FRAGMENT;
	return start == sizeof(*ip6h) ? KNTP_RX_PLAIN : KNTP_RX_OPTIONS;
}

static enum kntp_rx_kind find6(struct kntp_rx *rx)
{
	const struct ipv6hdr *ip6h = (const struct ipv6hdr *)rx->skb->data;
	const struct udphdr *uh = (const struct udphdr *)(ip6h + 1);

	if (unlikely(skb_headlen(rx->skb) < sizeof(*ip6h) + sizeof(*uh) ||
		     ip6h->version != 6 || ip6h->nexthdr != IPPROTO_UDP))
		return find6_odd(rx);
	if (uh->dest != htons(NTP_PORT))
		return KNTP_RX_OTHER;
	found6(rx, ip6h, uh);
	return KNTP_RX_PLAIN;
}

/**
 * kntp_rx_find() - is a packet a datagram for the NTP port
 * @rx: @skb is set; source, destination, @ip_len and @is_ipv6 are set here
 *
 * Looks, without touching, at any packet that the device receives: what is not
 * for kntp costs a few comparisons. Later fragments cannot be told.
 *
 * Return: what it is.
 */
enum kntp_rx_kind kntp_rx_find(struct kntp_rx *rx)
{
	if (rx->skb->protocol == htons(ETH_P_IP))
		return find4(rx);
	if (rx->skb->protocol == htons(ETH_P_IPV6))
		return find6(rx);
	return KNTP_RX_OTHER;
}

/* Marks a check that found nothing to object to. */
#define FINE	NTP_REASON_COUNT

/*
 * Can the frame be turned round in place? Ports hand it to their master, which
 * is served instead; a destination set before routing is a tunnel's.
 */
static enum ntp_reason check_link(const struct kntp_rx *rx)
{
	const struct sk_buff *skb = rx->skb;

	if (unlikely(skb_shared(skb)))
		return NTP_PASS_SHARED;
	if (unlikely(skb_is_gso(skb)))
		return NTP_PASS_AGGREGATE;
	if (rx->is_input)
		return FINE;
	if (unlikely(rcu_access_pointer(skb->dev->rx_handler) &&
		     (netif_is_any_bridge_port(skb->dev) ||
		      netif_is_lag_port(skb->dev))))
		return NTP_PASS_DEVICE;
	if (unlikely(skb_dst(skb) || !skb_mac_header_was_set(skb) ||
		     skb->data - skb_mac_header(skb) != ETH_HLEN))
		return NTP_PASS_DEVICE;
	return FINE;
}

/*
 * Make the datagram linear and believe its lengths only as far as they fit in
 * each other: padding behind the datagram is ignored, a datagram that claims
 * more than came is dropped.
 */
static enum ntp_reason check_length(struct kntp_rx *rx)
{
	struct sk_buff *skb = rx->skb;
	unsigned int total, udp_len;
	const struct udphdr *uh;

	if (unlikely(!pskb_may_pull(skb, rx->ip_len + sizeof(*uh))))
		return NTP_DROP_NOMEM;
	if (rx->is_ipv6)
		total = sizeof(struct ipv6hdr) +
			ntohs(((struct ipv6hdr *)skb->data)->payload_len);
	else
		total = ntohs(((struct iphdr *)skb->data)->tot_len);
	uh = (const struct udphdr *)(skb->data + rx->ip_len);
	udp_len = ntohs(uh->len);
	if (unlikely(total > skb->len || udp_len < sizeof(*uh) ||
		     rx->ip_len + udp_len > total))
		return NTP_DROP_LENGTH;
	if (unlikely(!pskb_may_pull(skb, rx->ip_len + udp_len)))
		return NTP_DROP_NOMEM;
	rx->ex.req = skb->data + rx->ip_len + sizeof(*uh);
	rx->ex.len = udp_len - sizeof(*uh);
	return FINE;
}

static enum ntp_reason check_address4(struct kntp_rx *rx)
{
	const struct iphdr *iph = (const struct iphdr *)rx->skb->data;
	struct kntp_dev_cpu *cpu = this_cpu_ptr(rx->kd->cpu);
	struct net *net = rx->kn->net;

	if (unlikely(!kntp_local_is_unicast4(&cpu->local, net, rx->dev,
					     iph->daddr)))
		return NTP_PASS_NOTLOCAL;
	if (unlikely(!kntp_local_is_client4(&rx->kn->local, net,
					    rx->dev, iph->saddr)))
		return NTP_PASS_SOURCE;
	return FINE;
}

static enum ntp_reason check_address6(struct kntp_rx *rx)
{
	const struct ipv6hdr *ip6h = (const struct ipv6hdr *)rx->skb->data;
	struct net *net = rx->kn->net;

	if (unlikely(!kntp_local_is_unicast6(net, rx->dev, &ip6h->daddr)))
		return NTP_PASS_NOTLOCAL;
	if (unlikely(!kntp_local_is_client6(net, rx->dev, &ip6h->saddr)))
		return NTP_PASS_SOURCE;
	return FINE;
}

static enum ntp_reason check_address(struct kntp_rx *rx)
{
	enum ntp_reason reason;

	reason = rx->is_ipv6 ? check_address6(rx) : check_address4(rx);
	/* A unicast address in a frame to many is not worth an answer. */
	if (reason == FINE && unlikely(rx->skb->pkt_type != PACKET_HOST))
		return NTP_PASS_DEVICE;
	return reason;
}

/*
 * rp_filter, where it is on for the device: the stack's own input lookup says
 * whether the source may come this way. At LOCAL_IN it has been asked already.
 */
static enum ntp_reason check_reverse_path(struct kntp_rx *rx)
{
	const struct iphdr *iph = (const struct iphdr *)rx->skb->data;
	struct in_device *in_dev;
	bool is_fine;

	if (rx->is_ipv6 || rx->is_input)
		return FINE;
	in_dev = __in_dev_get_rcu(rx->dev);
	if (likely(in_dev && !IN_DEV_RPFILTER(in_dev)))
		return FINE;
	is_fine = in_dev &&
		  kntp_compat_route_input(rx->skb, iph->daddr, iph->saddr,
					  iph->tos, in_dev->dev);
	skb_dst_drop(rx->skb);
	return is_fine ? FINE : NTP_PASS_SOURCE;
}

/*
 * Checksums, unless the stack or the device vouches for them: a sender on this
 * machine leaves them to be filled in (CHECKSUM_PARTIAL), and that is right by
 * definition. A sum over the whole packet (CHECKSUM_COMPLETE) would have to be
 * corrected for padding and header first: for 56 octets that saves nothing.
 */
static enum ntp_reason check_sum(const struct kntp_rx *rx)
{
	const struct sk_buff *skb = rx->skb;
	const struct ipv6hdr *ip6h;
	const struct udphdr *uh;
	const struct iphdr *iph;
	unsigned int udp_len;
	__wsum sum;

	iph = (const struct iphdr *)skb->data;
	if (!rx->is_ipv6 && unlikely(ip_fast_csum(iph, iph->ihl)))
		return NTP_DROP_CHECKSUM;
	uh = (const struct udphdr *)(skb->data + rx->ip_len);
	if (unlikely(!uh->check))
		return rx->is_ipv6 ? NTP_DROP_CHECKSUM : FINE;
	if (skb_csum_unnecessary(skb))
		return FINE;

	udp_len = sizeof(*uh) + rx->ex.len;
	sum = csum_partial(uh, udp_len, 0);
	if (rx->is_ipv6) {
		ip6h = (const struct ipv6hdr *)skb->data;
		if (unlikely(csum_ipv6_magic(&ip6h->saddr, &ip6h->daddr,
					     udp_len, IPPROTO_UDP, sum)))
			return NTP_DROP_CHECKSUM;
		return FINE;
	}
	if (unlikely(csum_tcpudp_magic(iph->saddr, iph->daddr, udp_len,
				       IPPROTO_UDP, sum)))
		return NTP_DROP_CHECKSUM;
	return FINE;
}

static enum ntp_reason check_kind(enum kntp_rx_kind kind)
{
	if (unlikely(kind == KNTP_RX_FRAGMENT))
		return NTP_PASS_FRAGMENT;
	if (unlikely(kind == KNTP_RX_OPTIONS))
		return NTP_PASS_OPTIONS;
	return FINE;
}

/* Ask the core, by the configuration that the reply will be made with, too. */
static enum ntp_verdict admit(struct kntp_rx *rx)
{
	const struct kntp_config *config = kntp_config_of(rx->kn);
	enum ntp_verdict verdict;

	rx->config = config;
	rx->ex.mono_ns = kntp_stamp_mono();
	rx->ex.noise = config->needs_noise ? kntp_limit_noise() : 0;
	verdict = ntp_admit(&config->policy, &rx->ex);
	if (rx->ex.rule != NTP_ACL_NONE)
		kntp_config_count_hit(config, rx->ex.rule);
	return verdict;
}

static enum ntp_reason decide(struct kntp_rx *rx, enum kntp_rx_kind kind)
{
	enum ntp_reason reason;

	reason = check_kind(kind);
	if (likely(reason == FINE))
		reason = check_link(rx);
	if (likely(reason == FINE))
		reason = check_length(rx);
	if (likely(reason == FINE))
		reason = check_address(rx);
	if (unlikely(reason != FINE))
		return reason;

	if (admit(rx) != NTP_REPLY)
		return rx->ex.reason;

	/* Only what would be answered is worth these. */
	reason = check_reverse_path(rx);
	if (likely(reason == FINE))
		reason = check_sum(rx);
	return likely(reason == FINE) ? rx->ex.reason : reason;
}

/*
 * The stack stamps packets as drivers hand them over while devices are served.
 * The NIC's stamp is better, where it is wanted and there is a line for it.
 */
static void take_stamp(struct kntp_rx *rx)
{
	rx->soft = skb_tstamp(rx->skb);
	rx->bound_ns = 0;
	rx->epoch = kntp_stamp_epoch();
	if (unlikely(READ_ONCE(rx->kd->stamping) &
		     BIT(KNTP_STAMP_FLAG_RX_HARDWARE)) &&
	    kntp_stamp_hardware(rx)) {
		rx->source = KNTP_STAMP_HARDWARE;
		return;
	}
	rx->source = likely(rx->soft) ? KNTP_STAMP_DRIVER : KNTP_STAMP_CLOCK;
	rx->stamp = likely(rx->soft) ? rx->soft : ktime_get_real();
}

/**
 * kntp_rx_admit() - decide what becomes of a datagram for the NTP port
 * @rx: found by kntp_rx_find(); @kn, @kd, @dev and @is_input are set
 * @kind: what that said
 *
 * Does not write to the packet. It may make it linear, which nobody sees.
 * Bottom halves are off, RCU is held.
 *
 * Return: NTP_REPLY with @rx->stamp set, NTP_PASS or NTP_DROP; @rx->ex.reason
 * says why.
 */
enum ntp_verdict kntp_rx_admit(struct kntp_rx *rx, enum kntp_rx_kind kind)
{
	enum ntp_verdict verdict;

	rx->ex.reason = decide(rx, kind);
	verdict = ntp_reason_verdict(rx->ex.reason);
	if (likely(verdict == NTP_REPLY))
		take_stamp(rx);
	return verdict;
}
