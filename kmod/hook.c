// SPDX-License-Identifier: GPL-2.0-only
/* Copyright (C) 2026 The kntp authors */

#include <linux/if_vlan.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <linux/netfilter_netdev.h>
#include <linux/skbuff.h>
#include <net/ip.h>
#include <net/ipv6.h>

#include "kmod/compat.h"
#include "kmod/dev.h"
#include "kmod/hook.h"
#include "kmod/kntp.h"
#include "kmod/rx.h"
#include "kmod/tx.h"

#define CREATE_TRACE_POINTS
#include "kmod/trace.h"

/*
 * Serve a datagram for the NTP port, and say netfilter what became of it:
 *
 *	NF_STOLEN	answered, or lost while answering; the packet is gone
 *	NF_ACCEPT	not ours: it goes up the stack as it came
 *	NF_DROP		nobody may answer it; netfilter frees it
 */
static unsigned int serve(struct kntp_rx *rx, enum kntp_rx_kind kind)
{
	struct kntp_counters *counters = &rx->kn->counters;
	enum ntp_verdict verdict;

	kntp_counters_inc(counters, KNTP_COUNTER_REQUESTS);
	kntp_dev_count(rx->kd, KNTP_DEV_REQUESTS);
	trace_kntp_request(rx);
	verdict = kntp_rx_admit(rx, kind);
	if (likely(verdict == NTP_REPLY)) {
		kntp_tx_reply(rx, READ_ONCE(rx->kd->hook) !=
				  KNTP_HOOK_INGRESS);
		return NF_STOLEN;
	}
	kntp_counters_inc(counters, rx->ex.reason);
	if (verdict == NTP_DROP) {
		trace_kntp_drop(rx);
		return NF_DROP;
	}
	trace_kntp_pass(rx);
	return NF_ACCEPT;
}

/*
 * A tagged frame is the VLAN device's, which sees it later if it is served
 * itself. Without such a device only a tag that is no more than a priority
 * leaves the frame to its device. Return: whose addresses it is for, or NULL.
 */
static const struct net_device *addressee(const struct kntp_dev *kd,
					  const struct sk_buff *skb)
{
	const struct net_device *vlan;

	vlan = __vlan_find_dev_deep_rcu(skb->dev, skb->vlan_proto,
					skb_vlan_tag_get_id(skb));
	if (!vlan)
		return skb_vlan_tag_get_id(skb) ? NULL : skb->dev;
	if (!net_eq(dev_net(vlan), kd->kn->net) || !(vlan->flags & IFF_UP) ||
	    kntp_dev_find(kd->kn, vlan->ifindex))
		return NULL;
	return vlan;
}

static unsigned int ingress(void *priv, struct sk_buff *skb,
			    const struct nf_hook_state *state)
{
	/* Zeroing it would cost each packet more than finding out what it is. */
	struct kntp_rx rx __uninitialized;
	struct kntp_dev *kd = priv;
	enum kntp_rx_kind kind;

	rx.skb = skb;
	kind = kntp_rx_find(&rx);
	if (likely(kind == KNTP_RX_OTHER))
		return NF_ACCEPT;
	/* Frames for another station, and our own that come back. */
	if (unlikely(skb->pkt_type >= PACKET_OTHERHOST))
		return NF_ACCEPT;
	/* On its way to the other hook, the device may have both. */
	if (unlikely(READ_ONCE(kd->hook) == KNTP_HOOK_INPUT))
		return NF_ACCEPT;
	rx.dev = skb->dev;
	if (unlikely(skb_vlan_tag_present(skb))) {
		rx.dev = addressee(kd, skb);
		if (!rx.dev)
			return NF_ACCEPT;
	}
	rx.kn = kd->kn;
	rx.kd = kd;
	rx.is_input = false;
	return serve(&rx, kind);
}

/* In a VRF the packet's device is the VRF by now: ask for the one below. */
static struct kntp_dev *input_dev(const struct kntp_net *kn,
				  struct sk_buff *skb, bool is_ipv6)
{
	int sdif = is_ipv6 ? inet6_sdif(skb) : inet_sdif(skb);
	struct kntp_dev *kd = NULL;

	if (sdif)
		kd = kntp_dev_find(kn, sdif);
	if (!kd)
		kd = kntp_dev_find(kn, skb->dev->ifindex);
	if (!kd || READ_ONCE(kd->hook) != KNTP_HOOK_INPUT)
		return NULL;
	return kd;
}

/* The stack has put it together: for the hooks to agree, it goes on up. */
static bool was_fragmented(const struct sk_buff *skb, bool is_ipv6)
{
	return is_ipv6 ? IP6CB(skb)->frag_max_size :
			 IPCB(skb)->frag_max_size;
}

static unsigned int input(void *priv, struct sk_buff *skb,
			  const struct nf_hook_state *state)
{
	struct kntp_rx rx __uninitialized;
	struct kntp_net *kn = priv;
	enum kntp_rx_kind kind;

	rx.skb = skb;
	kind = kntp_rx_find(&rx);
	if (likely(kind == KNTP_RX_OTHER))
		return NF_ACCEPT;
	rx.kd = input_dev(kn, skb, rx.is_ipv6);
	if (!rx.kd)
		return NF_ACCEPT;
	if (unlikely(was_fragmented(skb, rx.is_ipv6)))
		kind = KNTP_RX_FRAGMENT;
	rx.dev = rx.kd->dev;
	rx.kn = kn;
	rx.is_input = true;
	return serve(&rx, kind);
}

/**
 * kntp_hook_ingress_attach() - see a device's packets before the stack does
 * @kd: the served device
 *
 * Under RTNL.
 *
 * Return: 0, or -errno: -EOPNOTSUPP where the kernel lacks the hook.
 */
int kntp_hook_ingress_attach(struct kntp_dev *kd)
{
	kd->ops = (struct nf_hook_ops) {
		.hook = ingress,
		.dev = kd->dev,
		.priv = kd,
		.pf = NFPROTO_NETDEV,
		.hooknum = NF_NETDEV_INGRESS,
		.priority = INT_MIN,
	};
	return nf_register_net_hook(kd->kn->net, &kd->ops);
}

/**
 * kntp_hook_ingress_detach() - see them no more
 * @kd: the served device; the hook may run until the next RCU grace period
 *
 * Under RTNL.
 */
void kntp_hook_ingress_detach(struct kntp_dev *kd)
{
	nf_unregister_net_hook(kd->kn->net, &kd->ops);
}

/**
 * kntp_hook_input_attach() - see what the INPUT firewall lets through
 * @kn: the namespace; the hooks serve all its devices that ask for them
 *
 * Under RTNL.
 *
 * Return: 0 or -errno.
 */
int kntp_hook_input_attach(struct kntp_net *kn)
{
	kn->input_ops[0] = (struct nf_hook_ops) {
		.hook = input,
		.priv = kn,
		.pf = NFPROTO_IPV4,
		.hooknum = NF_INET_LOCAL_IN,
		.priority = INT_MAX,
	};
	kn->input_ops[1] = kn->input_ops[0];
	kn->input_ops[1].pf = NFPROTO_IPV6;
	return nf_register_net_hooks(kn->net, kn->input_ops,
				     ARRAY_SIZE(kn->input_ops));
}

/**
 * kntp_hook_input_detach() - see them no more
 * @kn: the namespace; the hooks may run until the next RCU grace period
 *
 * Under RTNL.
 */
void kntp_hook_input_detach(struct kntp_net *kn)
{
	nf_unregister_net_hooks(kn->net, kn->input_ops,
				ARRAY_SIZE(kn->input_ops));
}
