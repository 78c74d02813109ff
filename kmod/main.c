// SPDX-License-Identifier: GPL-2.0-only
/* Copyright (C) 2026 The kntp authors */

#include <linux/module.h>

#include "kmod/config.h"
#include "kmod/dev.h"
#include "kmod/kntp.h"
#include "kmod/limit.h"
#include "kmod/local.h"
#include "kmod/net.h"
#include "kmod/netlink.h"
#include "kmod/stamp.h"
#include "kmod/sysfs.h"
#include "kmod/txstamp.h"

static int __init kntp_main_init(void)
{
	int ret;

	kntp_limit_init();
	ret = kntp_stamp_init();
	if (ret)
		return ret;
	ret = kntp_config_init();
	if (ret)
		goto err_stamp;
	ret = kntp_net_init();
	if (ret)
		goto err_config;
	ret = kntp_local_init();
	if (ret)
		goto err_net;
	ret = kntp_dev_init();
	if (ret)
		goto err_local;
	ret = kntp_sysfs_init();
	if (ret)
		goto err_dev;
	ret = kntp_netlink_init();
	if (ret)
		goto err_sysfs;
	return 0;

err_sysfs:
	kntp_sysfs_uninit();
err_dev:
	kntp_dev_uninit();
err_local:
	kntp_local_uninit();
err_net:
	kntp_net_uninit();
err_config:
	kntp_config_uninit();
err_stamp:
	kntp_stamp_uninit();
	return ret;
}

static void __exit kntp_main_exit(void)
{
	kntp_netlink_uninit();
	kntp_sysfs_uninit();
	kntp_dev_uninit();
	kntp_local_uninit();
	kntp_net_uninit();
	kntp_config_uninit();
	kntp_txstamp_uninit();
	kntp_stamp_uninit();
}

module_init(kntp_main_init);
module_exit(kntp_main_exit);
MODULE_DESCRIPTION("NTP server in the receive path");
MODULE_AUTHOR("The kntp authors");
MODULE_VERSION(KNTP_VERSION);
MODULE_LICENSE("GPL");
