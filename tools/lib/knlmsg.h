/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef KNLMSG_H
#define KNLMSG_H

#include <linux/genetlink.h>
#include <linux/netlink.h>

#include "tools/lib/knl.h"

/*
 * Attributes of the module's netlink family to plain data and back. Reading
 * believes nothing: every attribute known here must have its exact length,
 * those that are not known are skipped, as a newer module may send them.
 */

/** struct knlmsg_family - what nlctrl tells about a family */
struct knlmsg_family {
	char name[GENL_NAMSIZ];
	uint16_t id;
	uint32_t group;		/* id of the multicast group asked for, or 0 */
};

/** struct knlmsg_error - what an NLMSG_ERROR or NLMSG_DONE tells */
struct knlmsg_error {
	int err;		/* 0, or a negative errno */
	char text[160];		/* extack message, or empty */
	uint32_t offset;	/* of the offending attribute, or 0 */
	uint32_t missing;	/* type of the attribute that lacks, or 0 */
};

/**
 * knlmsg_get_family() - read a CTRL_CMD_NEWFAMILY or CTRL_CMD_DELFAMILY
 * @nlh: the message
 * @group: name of the multicast group wanted
 * @family: result
 *
 * Return: 0, or -EBADMSG where the message is malformed or lacks name or id.
 */
int knlmsg_get_family(const struct nlmsghdr *nlh, const char *group,
		      struct knlmsg_family *family);

/**
 * knlmsg_get_error() - read an NLMSG_ERROR or NLMSG_DONE
 * @nlh: the message
 * @error: result
 *
 * Return: 0, or -EBADMSG where it is too short to hold an error.
 */
int knlmsg_get_error(const struct nlmsghdr *nlh, struct knlmsg_error *error);

/** knlmsg_get_clock() - read a clock state. Return: 0 or -EBADMSG */
int knlmsg_get_clock(const struct nlmsghdr *nlh, struct knl_clock *clock);

/** knlmsg_get_dev() - read a served device. Return: 0 or -EBADMSG */
int knlmsg_get_dev(const struct nlmsghdr *nlh, struct knl_dev *dev);

/** knlmsg_get_stats() - read the counters. Return: 0 or -EBADMSG */
int knlmsg_get_stats(const struct nlmsghdr *nlh, struct knl_stats *stats);

/** knlmsg_get_client() - read a recent client. Return: 0 or -EBADMSG */
int knlmsg_get_client(const struct nlmsghdr *nlh, struct knl_client *client);

/** knlmsg_get_server() - read the server's properties. Return: 0 or -EBADMSG */
int knlmsg_get_server(const struct nlmsghdr *nlh, struct knl_server *server);

/** knlmsg_get_restrict() - read a rule in force. Return: 0 or -EBADMSG */
int knlmsg_get_restrict(const struct nlmsghdr *nlh, struct knl_restrict *r);

/** knlmsg_get_key() - read a key, without secret. Return: 0 or -EBADMSG */
int knlmsg_get_key(const struct nlmsghdr *nlh, struct knl_key *key);

/** knlmsg_get_phc() - read the line of a PHC. Return: 0 or -EBADMSG */
int knlmsg_get_phc(const struct nlmsghdr *nlh, struct knl_phc *phc);

/** knlmsg_put_clock() - append what KNTP_CMD_CLOCK_SET takes */
void knlmsg_put_clock(struct nlmsghdr *nlh, const struct knl_clock *clock);

/**
 * knlmsg_put_dev() - append what names a device
 * @nlh: the message
 * @dev: ifindex where it is not 0, else the name
 */
void knlmsg_put_dev(struct nlmsghdr *nlh, const struct knl_dev *dev);

/** knlmsg_put_hook() - append the hook of a device */
void knlmsg_put_hook(struct nlmsghdr *nlh, enum kntp_hook hook);

/** knlmsg_put_stamping() - append which stamps a device is served with */
void knlmsg_put_stamping(struct nlmsghdr *nlh, const struct knl_dev *dev);

/** knlmsg_put_phc() - append what KNTP_CMD_PHC_SET takes */
void knlmsg_put_phc(struct nlmsghdr *nlh, const struct knl_phc *phc);

/** knlmsg_put_server() - append what KNTP_CMD_SERVER_SET takes */
void knlmsg_put_server(struct nlmsghdr *nlh, const struct knl_server *server);

enum {
	KNLMSG_RULE_LEN		= 36,	/* that knlmsg_put_rule() appends */
};

/** knlmsg_put_rule() - append a rule, to a message or a nest in it */
void knlmsg_put_rule(struct nlmsghdr *nlh, const struct ntp_acl_rule *rule);

/**
 * knlmsg_put_key() - append a key with its secret
 * @nlh: the message, to be wiped
 * @key: @secret_len and @peer_n are within their limits
 */
void knlmsg_put_key(struct nlmsghdr *nlh, const struct knl_key *key);

/**
 * knlmsg_attr_name() - name of an attribute in a request
 * @cmd: the request's KNTP_CMD_*
 * @type: the attribute's type
 *
 * Return: its name in the spec, or NULL where it is not known.
 */
const char *knlmsg_attr_name(uint8_t cmd, uint16_t type);

#endif
