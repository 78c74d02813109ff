// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/engine/signd.h"
#include "daemon/io/loop.h"
#include "tools/lib/log.h"

/*
 * Messages of ntp_signd, all numbers big-endian: a length, then so many octets.
 * Asked: version, operation, identifier, the client's key identifier as it came,
 * packet. Answered: version, operation, identifier, signed packet.
 */
enum {
	LENGTH		= 4,
	VERSION		= 0,
	OP_SIGN		= 0,
	OP_SUCCESS	= 3,
	ASKED_HEAD	= 16,
	ASKED		= ASKED_HEAD + NTP_PACKET_HEADER,
	ANSWER_HEAD	= 12,
	ANSWER_MAX	= ANSWER_HEAD + SIGND_PACKET,
};

/* Requests that Samba has not answered yet, and how long they are waited for. */
#define PENDING_MAX	64
#define PATIENCE_NS	(2 * LOOP_NS_PER_S)

struct pending {
	bool is_waiting;
	u32 id;
	int64_t since_ns;
	struct net_dgram dgram;		/* where the reply goes */
	u8 packet[NTP_PACKET_HEADER + SIGND_KEYID];
};

static struct {
	struct sockaddr_un name;	/* none if its path is empty */
	int fd;
	int told;			/* errno that the log knows of */
	u32 next_id;
	struct pending pending[PENDING_MAX];
	u8 answer[LENGTH + ANSWER_MAX];
	size_t answer_len;
} signd = { .fd = -1 };

static void hang_up(void)
{
	if (signd.fd < 0)
		return;
	loop_fd_del(signd.fd);
	close(signd.fd);
	signd.fd = -1;
	signd.answer_len = 0;
	for (size_t i = 0; i < PENDING_MAX; i++)
		signd.pending[i].is_waiting = false;
}

static void tell(int err)
{
	if (err && err != signd.told)
		log_warning("MS-SNTP clients are not answered: Samba's socket "
			    "%s: %s; start Samba's ntp_signd, and let the "
			    "daemon's user into its folder",
			    signd.name.sun_path, strerror(-err));
	else if (!err && signd.told)
		log_notice("MS-SNTP clients are answered again");
	signd.told = err;
}

void signd_apply(const struct conf *conf)
{
	const char *folder = conf->files.signd;
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	int n = 0;

	if (folder && *folder)
		n = snprintf(name.sun_path, sizeof(name.sun_path), "%s/socket",
			     folder);
	if ((size_t)n >= sizeof(name.sun_path)) {
		log_warning("ntpsigndsocket %s: the path is longer than %zu; "
			    "MS-SNTP clients are not answered", folder,
			    sizeof(name.sun_path) - sizeof("/socket"));
		name.sun_path[0] = '\0';
	}
	if (strcmp(name.sun_path, signd.name.sun_path)) {
		hang_up();
		signd.name = name;
	}
	/* What is wrong is told once more after a reload. */
	signd.told = 0;
}

bool signd_is_request(const u8 *req, size_t len)
{
	const u8 *mac = req + NTP_PACKET_HEADER;

	if (!signd.name.sun_path[0] || len != SIGND_PACKET ||
	    !ntp_bytes_get32(mac))
		return false;
	for (size_t i = SIGND_KEYID; i < SIGND_PACKET - NTP_PACKET_HEADER; i++)
		if (mac[i])
			return false;
	return true;
}

/* --- answers ------------------------------------------------------------- */

static void got_signed(u32 id, const u8 *packet, size_t len)
{
	struct pending *p = &signd.pending[id % PENDING_MAX];
	int err;

	if (!p->is_waiting || p->id != id)
		return;
	p->is_waiting = false;
	/* A signature and nothing else: what was asked is in front of it. */
	if (len != SIGND_PACKET || memcmp(packet, p->packet, sizeof(p->packet)))
		return;
	err = net_server_send(&p->dgram, packet, len, false);
	if (err)
		log_debug("MS-SNTP reply not sent: %s", strerror(-err));
}

/* Return: octets of the first message, once it is complete; else 0. */
static size_t take_message(void)
{
	const u8 *body = signd.answer + LENGTH;
	size_t len;
	u32 id;

	if (signd.answer_len < LENGTH)
		return 0;
	len = ntp_bytes_get32(signd.answer);
	if (len < ANSWER_HEAD || len > ANSWER_MAX) {
		tell(-EPROTO);
		hang_up();
		return 0;
	}
	if (signd.answer_len < LENGTH + len)
		return 0;
	id = ntp_bytes_get32(body + 8);
	if (ntp_bytes_get32(body + 4) == OP_SUCCESS) {
		tell(0);
		got_signed(id, body + ANSWER_HEAD, len - ANSWER_HEAD);
	} else {
		signd.pending[id % PENDING_MAX].is_waiting = false;
		log_debug("Samba knows no account for an MS-SNTP client");
	}
	return LENGTH + len;
}

static void ready(int fd, short revents, void *arg)
{
	ssize_t n;
	size_t done;

	(void)revents;
	(void)arg;
	n = recv(fd, signd.answer + signd.answer_len,
		 sizeof(signd.answer) - signd.answer_len, 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		hang_up();
		return;
	}
	signd.answer_len += (size_t)n;
	while ((done = take_message())) {
		signd.answer_len -= done;
		memmove(signd.answer, signd.answer + done, signd.answer_len);
	}
}

/* --- requests ------------------------------------------------------------ */

static int call(void)
{
	int err;

	if (signd.fd >= 0)
		return 0;
	signd.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
			  0);
	if (signd.fd < 0)
		return -errno;
	if (connect(signd.fd, (struct sockaddr *)&signd.name,
		    sizeof(signd.name)))
		err = -errno;
	else
		err = loop_fd_add(signd.fd, POLLIN, ready, NULL);
	if (err)
		hang_up();
	return err;
}

static int ask(const struct pending *p)
{
	u8 message[LENGTH + ASKED];
	u8 *body = message + LENGTH;
	ssize_t n;
	int err = call();

	if (err)
		return err;
	ntp_bytes_put32(message, ASKED);
	ntp_bytes_put32(body, VERSION);
	ntp_bytes_put32(body + 4, OP_SIGN);
	ntp_bytes_put32(body + 8, p->id);
	memcpy(body + 12, p->packet + NTP_PACKET_HEADER, SIGND_KEYID);
	memcpy(body + ASKED_HEAD, p->packet, NTP_PACKET_HEADER);
	n = send(signd.fd, message, sizeof(message), MSG_NOSIGNAL);
	if (n == sizeof(message))
		return 0;
	err = n < 0 ? -errno : -EAGAIN;
	/* Samba is slow, and what follows half a message makes no sense. */
	if (n >= 0 || err != -EAGAIN)
		hang_up();
	return err;
}

bool signd_send(const struct net_dgram *dgram,
		const u8 reply[NTP_PACKET_HEADER])
{
	u32 id = signd.next_id;
	struct pending *p = &signd.pending[id % PENDING_MAX];
	int64_t now_ns = loop_now_ns();
	int err;

	if (p->is_waiting && now_ns - p->since_ns < PATIENCE_NS)
		return false;
	*p = (struct pending){ .id = id, .since_ns = now_ns, .dgram = *dgram };
	p->dgram.buf = NULL;
	memcpy(p->packet, reply, NTP_PACKET_HEADER);
	memcpy(p->packet + NTP_PACKET_HEADER, dgram->buf + NTP_PACKET_HEADER,
	       SIGND_KEYID);
	/* A Samba that was started anew is only found out by asking. */
	err = ask(p);
	if (err == -EPIPE || err == -ECONNRESET)
		err = ask(p);
	if (err) {
		tell(err);
		return false;
	}
	p->is_waiting = true;
	signd.next_id++;
	return true;
}

void signd_close(void)
{
	hang_up();
	signd.name.sun_path[0] = '\0';
}
