// SPDX-License-Identifier: GPL-2.0-only
/* Copyright (C) 2026 The kntp authors */

#include <linux/etherdevice.h>
#include <linux/if_vlan.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/netdevice.h>
#include <linux/skbuff.h>
#include <linux/udp.h>
#include <net/dst.h>
#include <net/inet_ecn.h>
#include <net/ip.h>
#include <net/ip6_checksum.h>
#include <net/ip6_route.h>
#include <net/ipv6.h>
#include <net/l3mdev.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/route.h>
#include <net/xfrm.h>

#include "kmod/core/respond.h"
#include "kmod/config.h"
#include "kmod/dev.h"
#include "kmod/kntp.h"
#include "kmod/mru.h"
#include "kmod/rx.h"
#include "kmod/stamp.h"
#include "kmod/sysvars.h"
#include "kmod/trace.h"
#include "kmod/tx.h"
#include "kmod/txstamp.h"
#include "kmod/xleave.h"

/* Make the packet ours to write to, and as long as the reply. */
static bool claim(struct sk_buff *skb, unsigned int len)
{
	if (skb_cloned(skb) && unlikely(skb_ensure_writable(skb, len)))
		return false;
	skb->ip_summed = CHECKSUM_NONE;
	return !pskb_trim(skb, len);
}

/*
 * Behind the INPUT firewall, conntrack may know the flow: the reply is part of
 * it, and passes OUTPUT as such (and through NAT the way back). As it is in
 * reply direction, a flow that is not confirmed yet never is: it ends with the
 * reply, and the table does not fill up with requests.
 */
static void keep_flow(const struct kntp_rx *rx)
{
#if IS_ENABLED(CONFIG_NF_CONNTRACK)
	enum ip_conntrack_info ctinfo;
	struct nf_conn *ct;

	ct = nf_ct_get(rx->skb, &ctinfo);
	if (rx->is_input && ct)
		nf_ct_set(rx->skb, ct, IP_CT_ESTABLISHED_REPLY);
	else
#endif
		nf_reset_ct(rx->skb);
}

/*
 * Forget how the packet came: owner, marks, stamps and offloads of its way in
 * mean nothing, or worse, on its way out.
 */
static void forget(struct sk_buff *skb)
{
	struct skb_shared_info *shinfo = skb_shinfo(skb);

	skb_orphan(skb);
	skb_dst_drop(skb);
	skb_ext_reset(skb);
	nf_reset_trace(skb);
	ipvs_reset(skb);
	skb_set_delivery_time(skb, 0, 0);
	shinfo->tx_flags = 0;
	shinfo->tskey = 0;
	shinfo->hwtstamps.hwtstamp = 0;
	skb_reset_redirect(skb);
	skb->pkt_type = PACKET_HOST;
	skb->skb_iif = 0;
	skb->ignore_df = 0;
	skb->encapsulation = 0;
	skb->mark = 0;
	skb->priority = 0;
#ifdef CONFIG_NET_SWITCHDEV
	skb->offload_fwd_mark = 0;
	skb->offload_l3_fwd_mark = 0;
#endif
}

static void turn_udp(struct udphdr *uh, unsigned int udp_len)
{
	uh->dest = uh->source;
	uh->source = htons(NTP_PORT);
	uh->len = htons(udp_len);
	uh->check = 0;
}

static void turn4(struct iphdr *iph, unsigned int len, const struct net *net)
{
	swap(iph->saddr, iph->daddr);
	iph->tos &= ~INET_ECN_MASK;
	iph->tot_len = htons(len);
	/* An atomic datagram, RFC 6864: it is no longer than the request. */
	iph->id = 0;
	iph->frag_off = htons(IP_DF);
	iph->ttl = READ_ONCE(net->ipv4.sysctl_ip_default_ttl);
	iph->check = 0;
	iph->check = ip_fast_csum(iph, sizeof(*iph) / 4);
}

static void turn6(struct ipv6hdr *ip6h, unsigned int udp_len,
		  const struct net_device *dev)
{
	const struct inet6_dev *idev = __in6_dev_get(dev);
	int hop_limit = idev ? READ_ONCE(idev->cnf.hop_limit) : -1;

	swap(ip6h->saddr, ip6h->daddr);
	ip6_flow_hdr(ip6h, ipv6_get_dsfield(ip6h) & ~INET_ECN_MASK, 0);
	ip6h->payload_len = htons(udp_len);
	ip6h->hop_limit = hop_limit > 0 ? hop_limit : IPV6_DEFAULT_HOPLIMIT;
}

/*
 * A stamp of the NIC may be ahead by as much as its line may be wrong. None is
 * of use once the clock was set: the two stamps would be of different times.
 */
static bool is_fine(const struct kntp_rx *rx, ktime_t now)
{
	if (unlikely(rx->epoch != kntp_stamp_epoch()))
		return false;
	return kntp_stamp_is_plausible(rx->stamp, now) ||
	       kntp_stamp_is_plausible(ktime_sub_ns(rx->stamp, rx->bound_ns),
				       now);
}

/* A stamp that is not believed gives way to the next best one. */
static noinline void restamp(struct kntp_rx *rx, u8 *reply, ktime_t now)
{
	kntp_stamp_fall_back(rx, now);
	rx->arrived = ntp_lfp_from_unix(ktime_to_ns(rx->stamp));
	rx->ex.rec = rx->arrived;
	if (kntp_xleave_is_on(rx->kn))
		kntp_xleave_restamp(rx);
	ntp_respond_restamp(&rx->ex, reply);
}

static ntp_ts_t stamp_of(const struct kntp_rx *rx, ktime_t now)
{
	u64 after_ns = ktime_to_ns(ktime_sub(now, rx->stamp));

	if (likely(after_ns < KNTP_STAMP_AGE_MAX_NS))
		return ntp_lfp_add_ns(rx->arrived, after_ns);
	return ntp_lfp_from_unix(ktime_to_ns(now));
}

/*
 * The transmit stamp: of this reply, as far as that can be told yet, or in
 * interleaved mode that of the last one, which is known.
 */
static void seal_stamp(struct kntp_rx *rx, u8 *reply, ktime_t now)
{
	struct kntp_txstamp_delay delay;
	ntp_ts_t xmt;

	if (unlikely(rx->turn.is_interleaved)) {
		ntp_respond_seal_interleaved(&rx->ex, reply, rx->turn.xmt);
		return;
	}
	delay = kntp_txstamp_expect(rx->kd);
	if (unlikely(delay.is_known)) {
		now = ktime_add_ns(now, delay.mean_ns);
		ntp_respond_add_disp(reply, delay.spread_ns);
	}
	xmt = stamp_of(rx, now);
	if (kntp_xleave_is_on(rx->kn))
		xmt = ntp_xleave_even(xmt);
	ntp_respond_seal(&rx->ex, reply, xmt);
}

/* Transmit stamp and MAC, and the checksum that has to know both. */
static ktime_t seal(struct kntp_rx *rx, struct udphdr *uh, unsigned int udp_len)
{
	u8 *reply = (u8 *)(uh + 1);
	const struct ipv6hdr *ip6h;
	const struct iphdr *iph;
	ktime_t now;
	__wsum sum;

	now = ktime_get_real();
	if (unlikely(!is_fine(rx, now)))
		restamp(rx, reply, now);
	seal_stamp(rx, reply, now);
	sum = csum_partial(uh, udp_len, 0);
	if (rx->is_ipv6) {
		ip6h = (const struct ipv6hdr *)rx->skb->data;
		uh->check = csum_ipv6_magic(&ip6h->saddr, &ip6h->daddr,
					    udp_len, IPPROTO_UDP, sum);
	} else {
		iph = (const struct iphdr *)rx->skb->data;
		uh->check = csum_tcpudp_magic(iph->saddr, iph->daddr, udp_len,
					      IPPROTO_UDP, sum);
	}
	if (!uh->check)
		uh->check = CSUM_MANGLED_0;
	return now;
}

/* By halves of words, as ether_addr_copy(): a copy of one would be an array. */
static void swap_stations(struct ethhdr *eth)
{
	u16 *dest = (u16 *)eth->h_dest;
	u16 *source = (u16 *)eth->h_source;

	swap(dest[0], source[0]);
	swap(dest[1], source[1]);
	swap(dest[2], source[2]);
}

/* Back to where the frame came from, by the same device and VLAN. */
static bool send_in_place(struct kntp_rx *rx)
{
	struct sk_buff *skb = rx->skb;
	int ret;

	skb_reset_network_header(skb);
	skb_set_transport_header(skb, rx->ip_len);
	/* Priority alone makes no VLAN: the reply is untagged, as it is. */
	if (skb_vlan_tag_present(skb) && !skb_vlan_tag_get_id(skb) &&
	    rx->dev == skb->dev)
		__vlan_hwaccel_clear_tag(skb);
	swap_stations(eth_hdr(skb));
	__skb_push(skb, ETH_HLEN);
	skb_reset_mac_len(skb);
	ret = dev_queue_xmit(skb);
	return !net_xmit_eval(ret);
}

/* Apart from what replies in place need; so are the two below. */
static noinline struct dst_entry *route4(const struct kntp_rx *rx, u32 mark)
{
	const struct iphdr *iph = (const struct iphdr *)rx->skb->data;
	struct net *net = rx->kn->net;
	struct flowi4 fl4 = {};
	struct rtable *rt;

	flowi4_init_output(&fl4, l3mdev_master_ifindex_rcu(rx->dev),
			   IP4_REPLY_MARK(net, mark), RT_TOS(iph->tos),
			   RT_SCOPE_UNIVERSE, IPPROTO_UDP, 0, iph->daddr,
			   iph->saddr, htons(rx->ex.sport), htons(NTP_PORT),
			   sock_net_uid(net, NULL));
	rt = ip_route_output_flow(net, &fl4, NULL);
	return IS_ERR(rt) ? NULL : &rt->dst;
}

static noinline struct dst_entry *route6(const struct kntp_rx *rx, u32 mark)
{
	const struct ipv6hdr *ip6h = (const struct ipv6hdr *)rx->skb->data;
	struct net *net = rx->kn->net;
	struct flowi6 fl6 = {
		.daddr = ip6h->daddr,
		.saddr = ip6h->saddr,
		.flowi6_proto = IPPROTO_UDP,
		.flowi6_mark = IP6_REPLY_MARK(net, mark),
		.flowlabel = ip6_make_flowinfo(ipv6_get_dsfield(ip6h), 0),
		.fl6_sport = htons(NTP_PORT),
		.fl6_dport = htons(rx->ex.sport),
		.flowi6_uid = sock_net_uid(net, NULL),
	};
	struct dst_entry *dst;

	/* Link-local addresses mean nothing without their link. */
	if (ipv6_addr_type(&ip6h->daddr) & IPV6_ADDR_LINKLOCAL)
		fl6.flowi6_oif = rx->dev->ifindex;
	else
		fl6.flowi6_oif = l3mdev_master_ifindex_rcu(rx->dev);
	dst = ip6_route_output(net, NULL, &fl6);
	if (dst->error) {
		dst_release(dst);
		return NULL;
	}
	dst = xfrm_lookup(net, dst, flowi6_to_flowi(&fl6), NULL, 0);
	return IS_ERR(dst) ? NULL : dst;
}

/* By the routing table, through OUTPUT and POSTROUTING. */
static noinline bool send_routed(struct kntp_rx *rx, struct dst_entry *dst)
{
	struct sk_buff *skb = rx->skb;
	struct net *net = rx->kn->net;
	int ret;

	__vlan_hwaccel_clear_tag(skb);
	skb_reset_network_header(skb);
	skb_set_transport_header(skb, rx->ip_len);
	memset(skb->cb, 0, sizeof(skb->cb));
	skb_dst_set(skb, dst);
	if (rx->is_ipv6)
		ret = ip6_local_out(net, NULL, skb);
	else
		ret = ip_local_out(net, NULL, skb);
	return !net_xmit_eval(ret);
}

/* Write the reply over the request, but for what seal() does. */
static struct udphdr *turn(struct kntp_rx *rx,
			   const struct ntp_sysvars_now *sys,
			   unsigned int udp_len)
{
	struct sk_buff *skb = rx->skb;
	struct udphdr *uh = (struct udphdr *)(skb->data + rx->ip_len);

	rx->arrived = ntp_lfp_from_unix(ktime_to_ns(rx->stamp));
	rx->ex.rec = rx->arrived;
	rx->turn.slot = NULL;
	rx->turn.is_interleaved = false;
	if (kntp_xleave_is_on(rx->kn) && unlikely(kntp_xleave_begin(rx)) &&
	    ntp_respond_can_interleave(&rx->ex, sys))
		kntp_xleave_turn(rx);
	ntp_respond(&rx->config->policy, &rx->ex, sys, (u8 *)(uh + 1));
	if (rx->is_ipv6)
		turn6((struct ipv6hdr *)skb->data, udp_len, rx->dev);
	else
		turn4((struct iphdr *)skb->data, rx->ip_len + udp_len,
		      rx->kn->net);
	turn_udp(uh, udp_len);
	return uh;
}

static void count(struct kntp_rx *rx, ktime_t xmt)
{
	struct kntp_counters_cpu *cpu = this_cpu_ptr(rx->kn->counters.cpu);
	u8 reply = rx->source << KNTP_MRU_SOURCE_SHIFT;

	u64_stats_update_begin(&cpu->sync);
	u64_stats_inc(&cpu->value[KNTP_COUNTER_STAMP_CLOCK + rx->source]);
	u64_stats_inc(&cpu->value[rx->ex.reason]);
	if (unlikely(rx->turn.is_interleaved)) {
		u64_stats_inc(&cpu->value[KNTP_COUNTER_INTERLEAVED]);
		reply |= KNTP_MRU_INTERLEAVED;
	}
	u64_stats_update_end(&cpu->sync);
	kntp_dev_count_reply(rx->kd, rx->source);
	kntp_mru_touch(rx, reply);
	trace_kntp_reply(rx, ktime_to_ns(ktime_sub(xmt, rx->stamp)));
}

static void drop(struct kntp_rx *rx, enum ntp_reason reason)
{
	rx->ex.reason = reason;
	kntp_counters_inc(&rx->kn->counters, reason);
	trace_kntp_drop(rx);
}

/**
 * kntp_tx_reply() - answer a request, in its own buffer
 * @rx: admitted with NTP_REPLY
 * @is_routed: ask the routing table for the way instead of going back
 *
 * Takes the packet over in any case, and counts what became of it. Bottom
 * halves are off, RCU is held.
 */
void kntp_tx_reply(struct kntp_rx *rx, bool is_routed)
{
	unsigned int udp_len = sizeof(struct udphdr) +
			       ntp_respond_len(&rx->ex);
	struct dst_entry *dst = NULL;
	struct sk_buff *skb = rx->skb;
	u32 mark = skb->mark;
	struct udphdr *uh;
	ktime_t xmt;

	if (unlikely(!claim(skb, rx->ip_len + udp_len))) {
		kfree_skb(skb);
		drop(rx, NTP_DROP_NOMEM);
		return;
	}
	keep_flow(rx);
	forget(skb);
	uh = turn(rx, kntp_sysvars_served(rx->kn, rx->ex.mono_ns), udp_len);
	if (is_routed) {
		dst = rx->is_ipv6 ? route6(rx, mark) : route4(rx, mark);
		if (unlikely(!dst)) {
			kfree_skb(skb);
			drop(rx, NTP_DROP_NOROUTE);
			return;
		}
	}
	xmt = seal(rx, uh, udp_len);
	if (unlikely(kntp_txstamp_is_wanted(rx)))
		kntp_txstamp_ask(rx, xmt);
	if (likely(is_routed ? send_routed(rx, dst) : send_in_place(rx)))
		count(rx, xmt);
	else
		drop(rx, NTP_DROP_XMIT);
}
