// SPDX-License-Identifier: GPL-2.0-only
/* Copyright (C) 2026 The kntp authors */
/*
 * What kntp is measured against: the least that a receive hook can do with a
 * request. Only for benches; never installed.
 *
 *	dev=NAME	device of the loading process's network namespace
 *	mode=drop	drop what goes to UDP port 123: the cost of the generator
 *	mode=bare	turn it round, stamp it, send it back: the cost of a reply
 *			without a thought about who asks what
 *	mode=checked	the same, after what no correct server can leave out: the
 *			UDP checksum is right and the address is a local one
 *	mode=stamped	the same, and have the kernel tell when the reply left: the
 *			least that a server in interleaved mode can do
 *	mode=stamp	leave all to who comes next, with the driver's stamp as
 *			one of a NIC whose clock shows CLOCK_REALTIME
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/etherdevice.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/module.h>
#include <linux/net.h>
#include <linux/net_tstamp.h>
#include <linux/netdevice.h>
#include <linux/netfilter.h>
#include <linux/netfilter_netdev.h>
#include <linux/nsproxy.h>
#include <linux/rtnetlink.h>
#include <linux/string.h>
#include <linux/timekeeping.h>
#include <linux/udp.h>
#include <net/addrconf.h>
#include <net/checksum.h>
#include <net/ip6_checksum.h>
#include <net/net_namespace.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/route.h>
#include <net/sock.h>

#define BENCH_PORT	123
#define BENCH_NTP_LEN	48
#define BENCH_REC	32	/* offsets of the timestamps in the packet */
#define BENCH_XMT	40
#define BENCH_EPOCH	2208988800ULL

static char *dev = "";
module_param(dev, charp, 0444);
MODULE_PARM_DESC(dev, "device to attach to, in the loader's network namespace");

static char *mode = "drop";
module_param(mode, charp, 0444);
MODULE_PARM_DESC(mode, "drop, bare, checked, stamped or stamp");

enum bench_mode {
	BENCH_DROP, BENCH_BARE, BENCH_CHECKED, BENCH_STAMPED, BENCH_STAMP
};

static const char * const bench_modes[] = {
	"drop", "bare", "checked", "stamped", "stamp"
};

static int bench_mode;
static struct net_device *bench_dev;
static struct socket *bench_sock;	/* of mode=stamped */
static u64 bench_left;			/* when the last reply did */

/* Where the UDP header of a plain IPv4 or IPv6 packet starts; 0 for others. */
static unsigned int bench_udp_offset(struct sk_buff *skb)
{
	unsigned int offset;

	if (skb->protocol == htons(ETH_P_IP)) {
		offset = sizeof(struct iphdr);
		if (!pskb_may_pull(skb, offset + sizeof(struct udphdr)))
			return 0;
		if (((struct iphdr *)skb->data)->ihl != 5 ||
		    ((struct iphdr *)skb->data)->protocol != IPPROTO_UDP)
			return 0;
	} else if (skb->protocol == htons(ETH_P_IPV6)) {
		offset = sizeof(struct ipv6hdr);
		if (!pskb_may_pull(skb, offset + sizeof(struct udphdr)))
			return 0;
		if (((struct ipv6hdr *)skb->data)->nexthdr != IPPROTO_UDP)
			return 0;
	} else {
		return 0;
	}
	if (((struct udphdr *)(skb->data + offset))->dest != htons(BENCH_PORT))
		return 0;
	return offset;
}

static void bench_stamp(u8 *to)
{
	struct timespec64 now;

	ktime_get_real_ts64(&now);
	*(__be32 *)to = cpu_to_be32((u32)(now.tv_sec + BENCH_EPOCH));
	*(__be32 *)(to + 4) = cpu_to_be32((u32)(((u64)now.tv_nsec << 32) /
						NSEC_PER_SEC));
}

static void bench_turn(struct sk_buff *skb, unsigned int offset)
{
	struct udphdr *udp = (struct udphdr *)(skb->data + offset);
	unsigned int len = sizeof(*udp) + BENCH_NTP_LEN;
	u8 *ntp = (u8 *)(udp + 1);
	__wsum sum;

	bench_stamp(ntp + BENCH_REC);
	udp->dest = udp->source;
	udp->source = htons(BENCH_PORT);
	ntp[0] = (ntp[0] & 0x38) | 4;
	bench_stamp(ntp + BENCH_XMT);
	udp->check = 0;
	sum = csum_partial(udp, len, 0);
	if (skb->protocol == htons(ETH_P_IP)) {
		struct iphdr *ip = (struct iphdr *)skb->data;

		/* the header's own checksum does not change with the order */
		swap(ip->saddr, ip->daddr);
		udp->check = csum_tcpudp_magic(ip->saddr, ip->daddr, len,
					       IPPROTO_UDP, sum);
	} else {
		struct ipv6hdr *ip = (struct ipv6hdr *)skb->data;

		swap(ip->saddr, ip->daddr);
		udp->check = csum_ipv6_magic(&ip->saddr, &ip->daddr, len,
					     IPPROTO_UDP, sum);
	}
	if (!udp->check)
		udp->check = CSUM_MANGLED_0;
}

static unsigned int bench_reply(struct sk_buff *skb, unsigned int offset)
{
	unsigned int len = offset + sizeof(struct udphdr) + BENCH_NTP_LEN;
	struct ethhdr *eth;

	if (skb_shared(skb) || skb->len != len ||
	    skb_ensure_writable(skb, len) ||
	    skb->data - skb_mac_header(skb) != ETH_HLEN)
		return NF_ACCEPT;
	bench_turn(skb, offset);
	eth = eth_hdr(skb);
	ether_addr_copy(eth->h_dest, eth->h_source);
	ether_addr_copy(eth->h_source, skb->dev->dev_addr);
	skb_orphan(skb);
	nf_reset_ct(skb);
	skb_dst_drop(skb);
	skb_ext_reset(skb);
	skb_reset_redirect(skb);
	skb->tstamp = 0;
	skb->mark = 0;
	skb->priority = 0;
	skb->ip_summed = CHECKSUM_NONE;
	if (bench_sock) {
		skb_set_owner_w(skb, bench_sock->sk);
		skb_shinfo(skb)->tx_flags |= SKBTX_SW_TSTAMP;
	}
	skb_push(skb, ETH_HLEN);
	dev_queue_xmit(skb);
	return NF_STOLEN;
}

static bool bench_check(struct sk_buff *skb, unsigned int offset)
{
	unsigned int len = skb->len - offset;
	__wsum sum = 0;

	if (!skb_csum_unnecessary(skb))
		sum = skb_checksum(skb, offset, len, 0);
	if (skb->protocol == htons(ETH_P_IP)) {
		const struct iphdr *ip = (struct iphdr *)skb->data;

		if (sum && csum_tcpudp_magic(ip->saddr, ip->daddr, len,
					     IPPROTO_UDP, sum))
			return false;
		return inet_addr_type_dev_table(dev_net(skb->dev), skb->dev,
						ip->daddr) == RTN_LOCAL;
	} else {
		const struct ipv6hdr *ip = (struct ipv6hdr *)skb->data;

		if (sum && csum_ipv6_magic(&ip->saddr, &ip->daddr, len,
					   IPPROTO_UDP, sum))
			return false;
		return ipv6_chk_addr(dev_net(skb->dev), &ip->daddr, skb->dev, 0);
	}
}

static unsigned int bench_hook(void *priv, struct sk_buff *skb,
			       const struct nf_hook_state *state)
{
	unsigned int offset;

	if (bench_mode == BENCH_STAMP) {
		skb_hwtstamps(skb)->hwtstamp = skb->tstamp;
		return NF_ACCEPT;
	}
	offset = bench_udp_offset(skb);
	if (!offset)
		return NF_ACCEPT;
	if (bench_mode == BENCH_DROP)
		return NF_DROP;
	if (bench_mode >= BENCH_CHECKED && !bench_check(skb, offset))
		return NF_ACCEPT;
	return bench_reply(skb, offset);
}

static struct nf_hook_ops bench_ops = {
	.hook		= bench_hook,
	.pf		= NFPROTO_NETDEV,
	.hooknum	= NF_NETDEV_INGRESS,
	.priority	= INT_MIN,
};

/* The kernel has told when a reply left. */
static void bench_report(struct sock *sk)
{
	struct sk_buff *skb;

	while ((skb = skb_dequeue(&sk->sk_error_queue))) {
		WRITE_ONCE(bench_left, ktime_to_ns(skb->tstamp));
		dev_kfree_skb_any(skb);
	}
}

static int bench_open(struct net *net)
{
	int flags = SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_OPT_TSONLY;
	int err;

	err = sock_create_kern(net, AF_INET, SOCK_DGRAM, IPPROTO_UDP,
			       &bench_sock);
	if (err) {
		bench_sock = NULL;
		return err;
	}
	bench_sock->sk->sk_error_report = bench_report;
	return sock_setsockopt(bench_sock, SOL_SOCKET, SO_TIMESTAMPING_OLD,
			       KERNEL_SOCKPTR(&flags), sizeof(flags));
}

/*
 * A device that goes away takes its hook along, and so does this notifier: the
 * kernel tells it of an UNREGISTER of every device when it leaves.
 */
static int bench_event(struct notifier_block *nb, unsigned long event, void *ptr)
{
	if (event == NETDEV_UNREGISTER && bench_dev &&
	    netdev_notifier_info_to_dev(ptr) == bench_dev) {
		nf_unregister_net_hook(dev_net(bench_dev), &bench_ops);
		dev_put(bench_dev);
		bench_dev = NULL;
	}
	return NOTIFY_DONE;
}

static struct notifier_block bench_nb = {
	.notifier_call	= bench_event,
};

static int __init bench_init(void)
{
	int err;

	bench_mode = match_string(bench_modes, ARRAY_SIZE(bench_modes), mode);
	if (bench_mode < 0) {
		pr_err("mode=%s is unknown; use drop, bare, checked, stamped or stamp\n",
		       mode);
		return -EINVAL;
	}
	err = bench_mode == BENCH_STAMPED ?
	      bench_open(current->nsproxy->net_ns) : 0;
	if (err)
		goto err_sock;
	err = register_netdevice_notifier(&bench_nb);
	if (err)
		goto err_sock;
	rtnl_lock();
	bench_dev = __dev_get_by_name(current->nsproxy->net_ns, dev);
	err = -ENODEV;
	if (bench_dev) {
		dev_hold(bench_dev);
		bench_ops.dev = bench_dev;
		err = nf_register_net_hook(dev_net(bench_dev), &bench_ops);
		if (err) {
			dev_put(bench_dev);
			bench_dev = NULL;
		}
	}
	rtnl_unlock();
	if (err) {
		pr_err("cannot attach to '%s' of this namespace: %d; set dev=\n",
		       dev, err);
		unregister_netdevice_notifier(&bench_nb);
		goto err_sock;
	}
	return 0;

err_sock:
	if (bench_sock)
		sock_release(bench_sock);
	return err;
}

static void __exit bench_exit(void)
{
	unregister_netdevice_notifier(&bench_nb);
	if (bench_sock)
		sock_release(bench_sock);
}

module_init(bench_init);
module_exit(bench_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Bench counterparts of kntp: drop and bare turnaround");
