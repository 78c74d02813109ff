// SPDX-License-Identifier: GPL-2.0-only
/* Copyright (C) 2026 The kntp authors */

#include <net/net_namespace.h>
#include <net/netns/generic.h>

#include "kmod/config.h"
#include "kmod/kntp.h"
#include "kmod/line.h"
#include "kmod/mru.h"
#include "kmod/net.h"
#include "kmod/proc.h"
#include "kmod/sysvars.h"
#include "kmod/txstamp.h"
#include "kmod/xleave.h"

static unsigned int net_id;

/**
 * kntp_net_of() - what kntp keeps for a network namespace
 * @net: the namespace
 *
 * Return: its instance, there for as long as the namespace and the module are.
 */
struct kntp_net *kntp_net_of(const struct net *net)
{
	return net_generic(net, net_id);
}

static int __net_init init_net_instance(struct net *net)
{
	struct kntp_net *kn = kntp_net_of(net);
	int ret;

	kn->net = net;
	kn->dev_seq = 1;
	xa_init(&kn->devs);
	xa_init(&kn->lines);
	mutex_init(&kn->mru_lock);
	ret = kntp_sysvars_init(kn);
	if (ret)
		return ret;
	ret = kntp_config_init_net(kn);
	if (ret)
		goto err_sysvars;
	ret = kntp_counters_init(&kn->counters);
	if (ret)
		goto err_config;
	ret = kntp_proc_init(kn);
	if (ret)
		goto err_counters;
	return 0;

err_counters:
	kntp_counters_uninit(&kn->counters);
err_config:
	kntp_config_uninit_net(kn);
err_sysvars:
	kntp_sysvars_uninit(kn);
	return ret;
}

/* Devices have left the namespace before, and hooks with them. */
static void __net_exit exit_net_instance(struct net *net)
{
	struct kntp_net *kn = kntp_net_of(net);

	WARN_ON(!xa_empty(&kn->devs) || kn->input_users);
	kntp_proc_uninit(kn);
	kntp_sysvars_uninit(kn);
	kntp_mru_free(kn);
	kntp_txstamp_free(kn);
	kntp_xleave_free(kn);
	kntp_line_free(kn);
	kntp_counters_uninit(&kn->counters);
	xa_destroy(&kn->devs);
}

/* Configurations are freed by work that needs the namespace's instance. */
static void __net_exit exit_net_instances(struct list_head *nets)
{
	struct net *net;

	kntp_config_flush();
	list_for_each_entry(net, nets, exit_list)
		kntp_config_uninit_net(kntp_net_of(net));
}

static struct pernet_operations net_ops = {
	.init = init_net_instance,
	.exit = exit_net_instance,
	.exit_batch = exit_net_instances,
	.id = &net_id,
	.size = sizeof(struct kntp_net),
};

/**
 * kntp_net_init() - give each network namespace its instance
 *
 * Return: 0 or -errno.
 */
int kntp_net_init(void)
{
	/* A subsystem, not a device: its end comes after that of devices. */
	return register_pernet_subsys(&net_ops);
}

/**
 * kntp_net_uninit() - take it back, when no device is served any more
 */
void kntp_net_uninit(void)
{
	unregister_pernet_subsys(&net_ops);
}
