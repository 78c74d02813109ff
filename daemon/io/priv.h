/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef PRIV_H
#define PRIV_H

#include <stdbool.h>
#include <sys/types.h>

/** struct priv_user - who to become */
struct priv_user {
	uid_t uid;
	gid_t gid;
	char name[64];
};

/**
 * priv_find_user() - look up USER or USER:GROUP, names or numbers
 * Return: 0, or -ENOENT; the reason has been logged.
 */
int priv_find_user(const char *spec, struct priv_user *user);

/**
 * priv_jail() - make a folder the root folder; as root, for good
 * Return: 0 or a negative errno; the reason has been logged.
 */
int priv_jail(const char *folder);

/**
 * priv_drop() - give up all privileges but those the daemon needs
 * @user: become this user; NULL: stay the one it is
 *
 * What stays: CAP_SYS_TIME for the clock, CAP_NET_BIND_SERVICE for port 123
 * after an address came, CAP_NET_ADMIN for the module. Sets no_new_privs.
 *
 * Return: 0 or a negative errno; the reason has been logged.
 */
int priv_drop(const struct priv_user *user);

/** priv_can_set_clock() - is CAP_SYS_TIME effective? */
bool priv_can_set_clock(void);

/** priv_can_admin_net() - is CAP_NET_ADMIN effective? */
bool priv_can_admin_net(void);

#endif
