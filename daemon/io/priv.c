// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include "daemon/io/priv.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "tools/lib/log.h"

static const cap_value_t kept[] = {
	CAP_SYS_TIME, CAP_NET_BIND_SERVICE, CAP_NET_ADMIN,
};

static bool parse_id(const char *text, unsigned int *id)
{
	unsigned long value;
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	value = strtoul(text, &end, 10);
	if (*end || errno || value >= (uid_t)-1)
		return false;
	*id = value;
	return true;
}

int priv_find_user(const char *spec, struct priv_user *user)
{
	const char *colon = strchr(spec, ':');
	size_t len = colon ? (size_t)(colon - spec) : strlen(spec);
	struct passwd *pw;
	struct group *gr;

	memset(user, 0, sizeof(*user));
	if (!len || len >= sizeof(user->name)) {
		log_error("-u %s: give USER or USER:GROUP", spec);
		return -ENOENT;
	}
	memcpy(user->name, spec, len);
	pw = getpwnam(user->name);
	if (!pw && parse_id(user->name, &user->uid))
		pw = getpwuid(user->uid);
	else if (!pw) {
		log_error("-u %s: there is no user %s; create it (useradd "
			  "--system %s) or name another one", spec, user->name,
			  user->name);
		return -ENOENT;
	}
	if (pw) {
		user->uid = pw->pw_uid;
		user->gid = pw->pw_gid;
		snprintf(user->name, sizeof(user->name), "%s", pw->pw_name);
	} else {
		user->gid = user->uid;
	}
	if (!colon)
		return 0;
	gr = getgrnam(colon + 1);
	if (gr)
		user->gid = gr->gr_gid;
	else if (!parse_id(colon + 1, &user->gid)) {
		log_error("-u %s: there is no group %s; create it or name "
			  "another one", spec, colon + 1);
		return -ENOENT;
	}
	return 0;
}

static bool is_kept(cap_value_t cap)
{
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
		if (kept[i] == cap)
			return true;
	}
	return false;
}

static bool has_flag(cap_t caps, cap_value_t cap, cap_flag_t flag)
{
	cap_flag_value_t value = CAP_CLEAR;

	return !cap_get_flag(caps, cap, flag, &value) && value == CAP_SET;
}

/* What is kept cannot be more than what there is: containers have less. */
static int limit_caps(void)
{
	cap_t have = cap_get_proc();
	cap_t want = cap_init();
	int err = 0;

	for (size_t i = 0; have && want && i < sizeof(kept) / sizeof(kept[0]);
	     i++) {
		if (!has_flag(have, kept[i], CAP_PERMITTED))
			continue;
		cap_set_flag(want, CAP_PERMITTED, 1, &kept[i], CAP_SET);
		cap_set_flag(want, CAP_EFFECTIVE, 1, &kept[i], CAP_SET);
	}
	if (!have || !want || cap_set_proc(want))
		err = -errno;
	cap_free(have);
	cap_free(want);
	return err;
}

/* Needs CAP_SETPCAP; who lacks that has no set to shrink. */
static void limit_bounds(void)
{
	for (cap_value_t cap = 0; cap <= CAP_LAST_CAP; cap++) {
		if (!is_kept(cap) && cap_drop_bound(cap) && errno == EPERM)
			return;
	}
}

static int become(const struct priv_user *user)
{
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0))
		return -errno;
	if (initgroups(user->name, user->gid) &&
	    setgroups(1, &user->gid))
		return -errno;
	if (setresgid(user->gid, user->gid, user->gid) ||
	    setresuid(user->uid, user->uid, user->uid))
		return -errno;
	return 0;
}

int priv_jail(const char *folder)
{
	int err;

	if (!chdir(folder) && !chroot(".") && !chdir("/"))
		return 0;
	err = -errno;
	log_error("cannot make %s the root folder: %s; %s", folder,
		  strerror(-err), err == -EPERM ? "start as root, or leave "
		  "out -i" : "create it, or leave out -i");
	return err;
}

int priv_drop(const struct priv_user *user)
{
	int err = 0;

	limit_bounds();
	if (user && (user->uid != geteuid() || user->gid != getegid())) {
		err = become(user);
		if (err) {
			log_error("cannot become user %s: %s; start as root, or "
				  "leave out -u", user->name, strerror(-err));
			return err;
		}
	}
	err = limit_caps();
	if (!err && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		err = -errno;
	if (err)
		log_error("cannot give up privileges: %s; --no-sandbox runs "
			  "with all of them", strerror(-err));
	return err;
}

static bool is_effective(cap_value_t cap)
{
	cap_t have = cap_get_proc();
	bool is_set = have && has_flag(have, cap, CAP_EFFECTIVE);

	cap_free(have);
	return is_set;
}

bool priv_can_set_clock(void)
{
	return is_effective(CAP_SYS_TIME);
}

bool priv_can_admin_net(void)
{
	return is_effective(CAP_NET_ADMIN);
}
