// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/time.h>
#include <libmnl/libmnl.h>

#include "tools/lib/knlsock.h"

int knlsock_fail(struct knlsock *sock, int err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(sock->error, sizeof(sock->error), format, args);
	va_end(args);
	return err;
}

int knlsock_socket(int flags)
{
	static const int on[] = {
		NETLINK_EXT_ACK, NETLINK_CAP_ACK, NETLINK_GET_STRICT_CHK,
	};
	const struct sockaddr_nl addr = { .nl_family = AF_NETLINK };
	const struct timeval timeout = { .tv_sec = KNLSOCK_TIMEOUT_S };
	int fd, one = 1, err;
	size_t i;

	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | flags,
		    NETLINK_GENERIC);
	if (fd < 0)
		return -errno;
	/* Only better messages depend on these: an old kernel may refuse. */
	for (i = 0; i < sizeof(on) / sizeof(on[0]); i++)
		setsockopt(fd, SOL_NETLINK, on[i], &one, sizeof(one));
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout,
		       sizeof(timeout)) < 0 ||
	    bind(fd, (const struct sockaddr *)&addr, sizeof(addr)) < 0) {
		err = -errno;
		close(fd);
		return err;
	}
	return fd;
}

ssize_t knlsock_receive(int fd, void *buf, size_t size)
{
	struct sockaddr_nl from;
	socklen_t from_len;
	ssize_t len;

	for (;;) {
		from_len = sizeof(from);
		len = recvfrom(fd, buf, size, MSG_TRUNC,
			       (struct sockaddr *)&from, &from_len);
		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0)
			return -errno;
		/* Other processes may send here, too: only believe 0. */
		if (from_len != sizeof(from) || from.nl_pid)
			continue;
		if ((size_t)len > size)
			return -EMSGSIZE;
		return len;
	}
}

/* The attribute of our own request that starts at an offset. */
static const char *knlsock_attr_at(const struct nlmsghdr *request,
				   uint32_t offset)
{
	const struct genlmsghdr *genl = mnl_nlmsg_get_payload(request);
	const struct nlattr *attr;

	mnl_attr_for_each(attr, request, GENL_HDRLEN)
		if ((const char *)attr - (const char *)request == offset)
			return knlmsg_attr_name(genl->cmd,
						mnl_attr_get_type(attr));
	return NULL;
}

/* Turn the status at the end of a call into a return value and a sentence. */
static int knlsock_status(struct knlsock *sock, const struct nlmsghdr *request,
			  const struct nlmsghdr *nlh)
{
	const struct genlmsghdr *genl = mnl_nlmsg_get_payload(request);
	struct knlmsg_error error;
	const char *attr = NULL;
	const char *text;

	if (knlmsg_get_error(nlh, &error))
		return knlsock_fail(sock, -EBADMSG,
				    "malformed answer of netlink");
	if (error.err >= 0) {
		snprintf(sock->note, sizeof(sock->note), "%s", error.text);
		return 0;
	}

	sock->offset = error.offset;
	if (error.offset)
		attr = knlsock_attr_at(request, error.offset);
	else if (error.missing)
		attr = knlmsg_attr_name(genl->cmd, error.missing);
	text = error.text;
	if (!text[0] && error.err == -EPERM)
		text = "CAP_NET_ADMIN is missing";
	if (!text[0] && error.err == -EOPNOTSUPP)
		text = "the loaded module does not know this command";
	if (!text[0] && !error.offset && error.missing)
		text = "an attribute is missing";
	if (!text[0])
		text = strerror(-error.err);
	/* The module's own words name the attribute, the kernel's do not. */
	if (attr && !strstr(text, attr))
		return knlsock_fail(sock, error.err, "%s: %s", attr, text);
	return knlsock_fail(sock, error.err, "%s", text);
}

static int knlsock_bad(struct knlsock *sock, int err)
{
	if (err == -EBADMSG)
		return knlsock_fail(sock, err,
				    "malformed answer: are the module and this program of one version?");
	return knlsock_fail(sock, err, "%s", strerror(-err));
}

/* Read the answers to a request until its status. */
static int knlsock_answers(struct knlsock *sock, const struct nlmsghdr *request,
			   const struct knlsock_sink *sink)
{
	bool is_interrupted = false;
	int bad = 0;
	const struct nlmsghdr *nlh;
	ssize_t len;
	int left;
	int err;

	for (;;) {
		len = knlsock_receive(sock->fd, sock->reply,
				      sizeof(sock->reply));
		if (len == -EAGAIN)
			return knlsock_fail(sock, -ETIMEDOUT,
					    "no answer of the kernel within %d s",
					    KNLSOCK_TIMEOUT_S);
		if (len < 0)
			return knlsock_fail(sock, (int)len,
					    "cannot read from netlink: %s",
					    strerror((int)-len));
		left = (int)len;
		nlh = (const struct nlmsghdr *)sock->reply;
		for (; mnl_nlmsg_ok(nlh, left);
		     nlh = mnl_nlmsg_next(nlh, &left)) {
			/* Late answers to calls that timed out. */
			if (nlh->nlmsg_seq != request->nlmsg_seq)
				continue;
			if (nlh->nlmsg_flags & NLM_F_DUMP_INTR)
				is_interrupted = true;
			if (nlh->nlmsg_type == NLMSG_ERROR ||
			    nlh->nlmsg_type == NLMSG_DONE) {
				err = knlsock_status(sock, request, nlh);
				if (err || !bad)
					return !err && is_interrupted ?
					       -EINTR : err;
				return knlsock_bad(sock, bad);
			}
			/* After a bad record, too: a dump must be read up. */
			if (nlh->nlmsg_type == request->nlmsg_type && sink &&
			    !bad)
				bad = sink->record(nlh, sink->arg);
		}
	}
}

int knlsock_call(struct knlsock *sock, struct nlmsghdr *request,
		 const struct knlsock_sink *sink)
{
	const struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };

	request->nlmsg_seq = ++sock->seq;
	sock->offset = 0;
	sock->note[0] = '\0';
	if (sendto(sock->fd, request, request->nlmsg_len, 0,
		   (const struct sockaddr *)&kernel, sizeof(kernel)) < 0)
		return knlsock_fail(sock, -errno, "cannot write to netlink: %s",
				    strerror(errno));
	return knlsock_answers(sock, request, sink);
}

struct nlmsghdr *knlsock_request(void *buf, uint8_t cmd, uint8_t version,
				 uint16_t flags)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct genlmsghdr *genl;

	nlh->nlmsg_flags = NLM_F_REQUEST | flags;
	genl = mnl_nlmsg_put_extra_header(nlh, sizeof(*genl));
	genl->cmd = cmd;
	genl->version = version;
	return nlh;
}

struct knlsock_resolved {
	const char *group;
	struct knlmsg_family family;
};

static int knlsock_resolve_record(const struct nlmsghdr *nlh, void *arg)
{
	struct knlsock_resolved *resolved = arg;

	return knlmsg_get_family(nlh, resolved->group, &resolved->family);
}

int knlsock_resolve(struct knlsock *sock, const char *name, const char *group,
		    struct knlmsg_family *family)
{
	struct knlsock_resolved resolved = { .group = group };
	const struct knlsock_sink sink = { knlsock_resolve_record, &resolved };
	char buf[KNLSOCK_REQUEST_MAX] __attribute__((aligned(8)));
	struct nlmsghdr *nlh;
	int err;

	nlh = knlsock_request(buf, CTRL_CMD_GETFAMILY, 1, NLM_F_ACK);
	nlh->nlmsg_type = GENL_ID_CTRL;
	mnl_attr_put_strz(nlh, CTRL_ATTR_FAMILY_NAME, name);
	err = knlsock_call(sock, nlh, &sink);
	if (err == -ENOENT)
		return knlsock_fail(sock, err, "the %s module is not loaded",
				    name);
	if (err)
		return err;
	if (!resolved.family.id)
		return knlsock_fail(sock, -EBADMSG,
				    "malformed answer of nlctrl");
	*family = resolved.family;
	return 0;
}
