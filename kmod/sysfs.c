// SPDX-License-Identifier: GPL-2.0-only
/* Copyright (C) 2026 The kntp authors */

#include <linux/kobject.h>
#include <linux/math64.h>
#include <linux/sysfs.h>
#include <net/net_namespace.h>

#include "kmod/kntp.h"
#include "kmod/net.h"
#include "kmod/stamp.h"
#include "kmod/sysfs.h"
#include "kmod/sysvars.h"

/* /sys/kernel/kntp: one value a file, of the initial network namespace. */
static struct kobject *root;

static ssize_t emit_seconds(char *buf, u64 ns)
{
	u32 rest;
	u64 s = div_u64_rem(ns, NSEC_PER_SEC, &rest);

	return sysfs_emit(buf, "%llu.%09u\n", s, rest);
}

static ssize_t version_show(struct kobject *kobj, struct kobj_attribute *attr,
			    char *buf)
{
	return sysfs_emit(buf, "%s\n", KNTP_VERSION);
}

static ssize_t leap_show(struct kobject *kobj, struct kobj_attribute *attr,
			 char *buf)
{
	struct ntp_sysvars_now now;

	kntp_sysvars_now(kntp_net_of(&init_net), &now);
	return sysfs_emit(buf, "%u\n", now.leap);
}

static ssize_t stratum_show(struct kobject *kobj, struct kobj_attribute *attr,
			    char *buf)
{
	struct ntp_sysvars_now now;

	kntp_sysvars_now(kntp_net_of(&init_net), &now);
	return sysfs_emit(buf, "%u\n", now.stratum);
}

static ssize_t refid_show(struct kobject *kobj, struct kobj_attribute *attr,
			  char *buf)
{
	struct ntp_sysvars_now now;

	kntp_sysvars_now(kntp_net_of(&init_net), &now);
	return sysfs_emit(buf, "0x%08x\n", now.refid);
}

static ssize_t rootdelay_show(struct kobject *kobj,
			      struct kobj_attribute *attr, char *buf)
{
	struct ntp_sysvars_now now;

	kntp_sysvars_now(kntp_net_of(&init_net), &now);
	return emit_seconds(buf, ntp_lfp_short_ns(now.rootdelay));
}

static ssize_t rootdisp_show(struct kobject *kobj,
			     struct kobj_attribute *attr, char *buf)
{
	struct ntp_sysvars sys;

	kntp_sysvars_get(kntp_net_of(&init_net), &sys);
	return emit_seconds(buf, ntp_sysvars_disp_ns(&sys, kntp_stamp_mono()));
}

static ssize_t age_show(struct kobject *kobj, struct kobj_attribute *attr,
			char *buf)
{
	struct ntp_sysvars sys;
	u64 now_ns;

	kntp_sysvars_get(kntp_net_of(&init_net), &sys);
	now_ns = kntp_stamp_mono();
	if (!sys.is_set || now_ns < sys.given_ns)
		return emit_seconds(buf, 0);
	return emit_seconds(buf, now_ns - sys.given_ns);
}

static struct kobj_attribute version_attr = __ATTR_RO(version);
static struct kobj_attribute leap_attr = __ATTR_RO(leap);
static struct kobj_attribute stratum_attr = __ATTR_RO(stratum);
static struct kobj_attribute refid_attr = __ATTR_RO(refid);
static struct kobj_attribute rootdelay_attr = __ATTR_RO(rootdelay);
static struct kobj_attribute rootdisp_attr = __ATTR_RO(rootdisp);
static struct kobj_attribute age_attr = __ATTR_RO(age);

/* One attribute per reason; its place in the array is the reason. */
static ssize_t reason_show(struct kobject *kobj, struct kobj_attribute *attr,
			   char *buf);

#define REASON_ATTR(NAME, reason, verdict) \
	[NTP_##NAME] = __ATTR(reason, 0444, reason_show, NULL),
#define REASON_ATTR_PTR(NAME, reason, verdict) \
	&reason_attr[NTP_##NAME].attr,

static struct kobj_attribute reason_attr[NTP_REASON_COUNT] = {
	NTP_REASONS(REASON_ATTR)
};

static ssize_t reason_show(struct kobject *kobj, struct kobj_attribute *attr,
			   char *buf)
{
	struct kntp_net *kn = kntp_net_of(&init_net);

	return sysfs_emit(buf, "%llu\n",
			  kntp_counters_read_one(&kn->counters,
						 attr - reason_attr));
}

static ssize_t requests_show(struct kobject *kobj, struct kobj_attribute *attr,
			     char *buf)
{
	struct kntp_net *kn = kntp_net_of(&init_net);

	return sysfs_emit(buf, "%llu\n",
			  kntp_counters_read_one(&kn->counters,
						 KNTP_COUNTER_REQUESTS));
}

static struct kobj_attribute requests_attr = __ATTR_RO(requests);

static struct attribute *root_attrs[] = {
	&version_attr.attr,
	NULL
};

static struct attribute *clock_attrs[] = {
	&leap_attr.attr,
	&stratum_attr.attr,
	&refid_attr.attr,
	&rootdelay_attr.attr,
	&rootdisp_attr.attr,
	&age_attr.attr,
	NULL
};

static struct attribute *stats_attrs[] = {
	&requests_attr.attr,
	NTP_REASONS(REASON_ATTR_PTR)
	NULL
};

static const struct attribute_group root_group = {
	.attrs = root_attrs,
};

static const struct attribute_group clock_group = {
	.name = "clock",
	.attrs = clock_attrs,
};

static const struct attribute_group stats_group = {
	.name = "stats",
	.attrs = stats_attrs,
};

static const struct attribute_group *groups[] = {
	&root_group,
	&clock_group,
	&stats_group,
	NULL
};

/**
 * kntp_sysfs_init() - make /sys/kernel/kntp
 *
 * Return: 0 or -errno.
 */
int kntp_sysfs_init(void)
{
	int ret;

	root = kobject_create_and_add("kntp", kernel_kobj);
	if (!root)
		return -ENOMEM;
	ret = sysfs_create_groups(root, groups);
	if (ret)
		kobject_put(root);
	return ret;
}

/**
 * kntp_sysfs_uninit() - remove it; waits for readers
 */
void kntp_sysfs_uninit(void)
{
	sysfs_remove_groups(root, groups);
	kobject_put(root);
}
