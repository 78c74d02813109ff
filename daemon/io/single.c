// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include "daemon/io/single.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tools/lib/log.h"

static const char lock_name[] = "\0kntpd";
static int lock_fd = -1;

static int name_socket(struct sockaddr_un *name, socklen_t *len)
{
	*name = (struct sockaddr_un){ .sun_family = AF_UNIX };
	memcpy(name->sun_path, lock_name, sizeof(lock_name) - 1);
	*len = offsetof(struct sockaddr_un, sun_path) + sizeof(lock_name) - 1;
	return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

/* Who listens under the name, by the kernel's word. */
static int ask_holder(struct ucred *cred)
{
	socklen_t len, cred_len = sizeof(*cred);
	struct sockaddr_un name;
	int fd = name_socket(&name, &len);
	int err = 0;

	if (fd < 0)
		return -errno;
	if (connect(fd, (struct sockaddr *)&name, len) ||
	    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, cred, &cred_len))
		err = -errno;
	close(fd);
	return err;
}

int single_lock(pid_t *other)
{
	struct ucred cred = { 0 };
	struct sockaddr_un name;
	socklen_t len;
	int fd = name_socket(&name, &len);

	*other = 0;
	if (fd < 0)
		return 0;
	if (!bind(fd, (struct sockaddr *)&name, len)) {
		listen(fd, 1);
		lock_fd = fd;
		return 0;
	}
	close(fd);
	if (errno != EADDRINUSE)
		return 0;
	if (!ask_holder(&cred) && cred.uid && cred.uid != geteuid()) {
		log_warning("process %d of user %u holds the name that keeps "
			    "two kntpd apart; starting all the same",
			    (int)cred.pid, cred.uid);
		return 0;
	}
	*other = cred.pid;
	return -EEXIST;
}

void single_unlock(void)
{
	if (lock_fd >= 0)
		close(lock_fd);
	lock_fd = -1;
}
