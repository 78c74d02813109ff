// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */

/* MS-SNTP replies by a Samba that this test plays, at a socket of its own. */

#include "daemon/io/loop.h"
#include "daemon/io/net.h"
#include "kmod/core/packet.h"
#include "tests/lib/tap.h"

static u8 sent[NET_DGRAM_MAX];
static size_t sent_len;
static u16 sent_port;
static int64_t now;

static int fake_send(const struct net_dgram *dgram, const void *buf, size_t len,
		     bool is_stamped)
{
	(void)is_stamped;
	memcpy(sent, buf, len);
	sent_len = len;
	sent_port = dgram->src.port;
	return 0;
}

static int64_t fake_now(void)
{
	return now;
}

#define net_server_send	fake_send
#define loop_now_ns	fake_now
#include "daemon/engine/signd.c"

static char folder[] = "/tmp/signd_test.XXXXXX";
static struct conf conf = { .files.signd = folder };
static int listener = -1;
static int samba = -1;

static void samba_start(void)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };

	snprintf(name.sun_path, sizeof(name.sun_path), "%s/socket", folder);
	unlink(name.sun_path);
	listener = socket(AF_UNIX, SOCK_STREAM, 0);
	if (bind(listener, (struct sockaddr *)&name, sizeof(name)) ||
	    listen(listener, 5))
		printf("Bail out! no socket in %s\n", folder);
}

static void samba_stop(void)
{
	close(samba);
	close(listener);
	samba = listener = -1;
}

/* The next message to Samba; @len octets of it, all there is to come. */
static u8 *samba_reads(void)
{
	static u8 message[LENGTH + ASKED];

	memset(message, 0, sizeof(message));
	if (samba < 0)
		samba = accept(listener, NULL, NULL);
	if (recv(samba, message, sizeof(message), MSG_WAITALL) !=
	    sizeof(message))
		diag("half a message");
	return message;
}

static void samba_writes(const void *data, size_t len)
{
	if (write(samba, data, len) != (ssize_t)len)
		diag("cannot write");
	if (signd.fd >= 0)
		ready(signd.fd, POLLIN, NULL);
}

/* An answer to @message, signed by the digest of all ones. */
static size_t samba_answer(u8 *answer, const u8 *message, u32 op)
{
	size_t len = op == OP_SUCCESS ? SIGND_PACKET : 0;

	ntp_bytes_put32(answer, (u32)(ANSWER_HEAD + len));
	ntp_bytes_put32(answer + 4, 0);
	ntp_bytes_put32(answer + 8, op);
	memcpy(answer + 12, message + 12, 4);
	memcpy(answer + 16, message + 20, NTP_PACKET_HEADER);
	memcpy(answer + 16 + NTP_PACKET_HEADER, message + 16, SIGND_KEYID);
	memset(answer + 20 + NTP_PACKET_HEADER, 0xff, 16);
	return LENGTH + ANSWER_HEAD + len;
}

/* The request of client number @n. */
static bool ask_for(unsigned int n)
{
	u8 request[SIGND_PACKET] = { 0x1b };
	u8 reply[NTP_PACKET_HEADER] = { 0x1c, 2 };
	struct net_dgram dgram = { .buf = request, .len = sizeof(request),
				   .src.port = (u16)n };

	request[NTP_PACKET_HEADER] = 0x55;
	request[NTP_PACKET_HEADER + 3] = (u8)n;
	reply[NTP_PACKET_XMT] = (u8)n;
	sent_len = 0;
	return signd_is_request(request, sizeof(request)) &&
	       signd_send(&dgram, reply);
}

static void test_request(void)
{
	u8 req[SIGND_PACKET + 4] = { 0x1b };

	ok(!signd_is_request(req, SIGND_PACKET), "key 0 is of nobody");
	req[NTP_PACKET_HEADER] = 1;
	ok(signd_is_request(req, SIGND_PACKET), "a key and an empty digest");
	ok(!signd_is_request(req, SIGND_PACKET + 4), "of this length alone");
	req[SIGND_PACKET - 1] = 1;
	ok(!signd_is_request(req, SIGND_PACKET), "a digest is no such request");
}

static void test_exchange(void)
{
	u8 answer[2 * (LENGTH + ANSWER_MAX)], first[LENGTH + ASKED];
	const u8 *message;
	size_t len;

	ok(ask_for(7), "Samba is asked");
	message = samba_reads();
	is_int(ntp_bytes_get32(message), 64, "length of the message");
	ok(!ntp_bytes_get32(message + 4) && !ntp_bytes_get32(message + 8),
	   "version 0, to be signed");
	is_int(ntp_bytes_get32(message + 16), 0x55000007,
	       "the key as the client gave it");
	ok(message[20] == 0x1c && message[20 + NTP_PACKET_XMT] == 7,
	   "the reply");
	len = samba_answer(answer, message, OP_SUCCESS);
	samba_writes(answer, 5);
	samba_writes(answer + 5, len - 6);
	is_int(sent_len, 0, "an answer in pieces is waited for");
	samba_writes(answer + len - 1, 1);
	is_int(sent_len, SIGND_PACKET, "then the reply is sent");
	is_int(sent_port, 7, "to who asked");
	ok(!memcmp(sent, answer + 16, SIGND_PACKET), "as it was signed");
	sent_len = 0;
	samba_writes(answer, len);
	is_int(sent_len, 0, "once");

	ok(ask_for(8), "one asks");
	memcpy(first, samba_reads(), sizeof(first));
	ok(ask_for(9), "and another, meanwhile");
	message = samba_reads();
	len = samba_answer(answer, message, OP_SUCCESS);
	len += samba_answer(answer + len, first, OP_SUCCESS);
	samba_writes(answer, len / 2);
	is_int(sent_port, 9, "the second one is answered first");
	samba_writes(answer + len / 2, len - len / 2);
	is_int(sent_port, 8, "then the first one");
}

static void test_refusals(void)
{
	u8 answer[LENGTH + ANSWER_MAX];
	size_t len;

	ask_for(10);
	samba_writes(answer, samba_answer(answer, samba_reads(), 4));
	is_int(sent_len, 0, "who has no account gets no reply");

	ask_for(11);
	len = samba_answer(answer, samba_reads(), OP_SUCCESS);
	answer[16 + NTP_PACKET_XMT]++;
	samba_writes(answer, len);
	is_int(sent_len, 0, "nor does a reply go out that was not asked for");

	ask_for(12);
	samba_answer(answer, samba_reads(), OP_SUCCESS);
	ntp_bytes_put32(answer, 0x7fffffff);
	samba_writes(answer, LENGTH);
	ok(signd.fd < 0 && !sent_len, "a monstrous answer ends it");
	close(samba);
	samba = -1;
}

static void test_limits(void)
{
	unsigned int n = 0;

	while (n < 2 * PENDING_MAX && ask_for(n))
		n++;
	is_int(n, PENDING_MAX, "a slow Samba is asked so much, and no more");
	now += PATIENCE_NS;
	ok(ask_for(n), "until it is given up");
}

static void test_restart(void)
{
	u8 answer[LENGTH + ANSWER_MAX];

	samba_stop();
	ok(!ask_for(20), "without Samba nobody is answered");
	is_int(signd.told, -ECONNREFUSED, "which is told");
	samba_start();
	ok(ask_for(21), "it is asked once it is there");
	samba_writes(answer, samba_answer(answer, samba_reads(), OP_SUCCESS));
	is_int(sent_len, SIGND_PACKET, "and answers");
	is_int(signd.told, 0, "which is told, too");

	samba_stop();
	samba_start();
	ok(ask_for(22), "one that was started anew is asked without loss");
	samba_writes(answer, samba_answer(answer, samba_reads(), OP_SUCCESS));
	is_int(sent_port, 22, "and answers");
}

static void test_garbage(void)
{
	u8 answer[64];

	for (int i = 0; i < 2000; i++) {
		if (!ask_for((unsigned int)i % 100)) {
			now += PATIENCE_NS;
			continue;
		}
		samba_reads();
		for (size_t j = 0; j < sizeof(answer); j++)
			answer[j] = (u8)tap_random();
		if (i & 1)
			ntp_bytes_put32(answer, 12 + (u32)tap_below(90));
		samba_writes(answer, 1 + tap_below(sizeof(answer)));
		if (signd.fd < 0) {
			close(samba);
			samba = -1;
		}
	}
	is_int(sent_len, 0, "nothing goes out for what makes no sense");
}

int main(void)
{
	static char longest[CONF_NAME_MAX];

	tap_start();
	if (!mkdtemp(folder))
		printf("Bail out! no folder\n");
	samba_start();
	signd_apply(&conf);
	test_request();
	test_exchange();
	test_refusals();
	test_limits();
	test_restart();
	test_garbage();

	memset(longest, 'a', sizeof(longest) - 1);
	conf.files.signd = longest;
	signd_apply(&conf);
	ok(!ask_for(1), "a path that is too long is none");
	conf.files.signd = NULL;
	signd_apply(&conf);
	ok(!ask_for(1), "no folder, no MS-SNTP");
	signd_close();
	samba_stop();
	snprintf(longest, sizeof(longest), "%s/socket", folder);
	unlink(longest);
	rmdir(folder);
	return tap_finish();
}
