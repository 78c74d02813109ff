// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */

/*
 * The daemon's own answers in interleaved mode, with the stamps that a kernel
 * and a NIC would give: who gets which, and who gets none.
 */

#include "daemon/engine/access.h"
#include "daemon/engine/clock.h"
#include "daemon/engine/keyring.h"
#include "daemon/engine/system.h"
#include "daemon/io/phc.h"
#include "daemon/io/sent.h"
#include "kmod/core/mac.h"
#include "kmod/core/packet.h"
#include "kmod/core/respond.h"
#include "tests/lib/tap.h"
#include "tools/lib/addr.h"
#include "tools/lib/port.h"

#define US		1000
#define IFINDEX		7

static u8 reply[NTP_RESPOND_MAX];
static size_t reply_len;
static bool is_asked_stamp;
static struct ntp_sysvars vars;
static struct ntp_key key = { .id = 4, .type = NTP_KEY_MD5, .is_trusted = true };
static struct ntp_keys keys = { .key = &key, .n = 1 };
static int64_t set_by_ns;

static int fake_send(const struct net_dgram *dgram, const void *buf, size_t len,
		     bool is_stamped)
{
	memcpy(reply, buf, len);
	reply_len = len;
	is_asked_stamp = is_stamped;
	return 0;
}

static const struct ntp_acl *fake_acl(void)
{
	return NULL;
}

static const struct ntp_keys *fake_keys(void)
{
	return &keys;
}

static const struct ntp_sysvars *fake_vars(void)
{
	return &vars;
}

static int64_t fake_offset(void)
{
	return 1800000000000000000 + set_by_ns;
}

#define net_server_send	fake_send
#define access_acl	fake_acl
#define keyring_keys	fake_keys
#define system_vars	fake_vars
#include "daemon/engine/server.c"

#define clock_offset	fake_offset
#include "daemon/engine/xserver.c"

static struct conf test_conf = { .enabled.nak = true };

/* The last reply and its request. */
static struct ntp_packet got;
static u64 sent_xmt, sent_rec;
static int64_t came_ns, came_nic_ns;
static bool is_signed;

static void ask_as(const char *from, u64 org, u8 version)
{
	u8 buf[NTP_RESPOND_MAX];
	struct net_dgram dgram = { .buf = buf, .len = NTP_PACKET_HEADER,
				   .to_unicast = true, .src.port = 5000,
				   .ifindex = IFINDEX };
	struct ntp_packet request = { .version = version, .org.v = org,
				      .mode = NTP_MODE_CLIENT };
	enum ntp_reason why;

	sent_xmt = request.xmt.v = tap_random() & ~1ULL;
	sent_rec = request.rec.v = tap_random() | 1;
	ntp_packet_write(buf, &request);
	if (is_signed) {
		ntp_mac_sign(&key, buf, NTP_PACKET_HEADER);
		dgram.len += NTP_MAC_128;
	}
	addr_parse(from, &dgram.src.addr, NULL);
	came_ns = clock_real_ns();
	dgram.rec.ns = came_ns;
	dgram.nic.ns = came_nic_ns;
	reply_len = 0;
	server_receive(&dgram);
	if (!reply_len || !ntp_packet_parse(&got, reply, reply_len, &why))
		abort();
}

static void ask(u64 org)
{
	ask_as("2001:db8::1", org, 4);
}

static bool is_basic(void)
{
	return got.org.v == sent_xmt && !(got.xmt.v & 1) &&
	       ntp_lfp_diff(got.xmt, got.rec) > 0;
}

/* Its transmit stamp is this one, to what an even number can tell. */
static bool is_told(int64_t left_ns)
{
	return got.org.v == sent_rec &&
	       got.xmt.v == (ntp_lfp_from_unix(left_ns).v & ~1ULL);
}

static void test_exchange(void)
{
	int64_t left_ns, next_ns;

	ask(0);
	ok(is_basic() && got.rec.v & 1, "a first request is answered in basic "
	   "mode, with an odd receive stamp");
	ok(!is_asked_stamp, "and nobody waits for its stamp");
	ask(got.rec.v);
	ok(is_basic() && is_asked_stamp, "who sends that back gets one more, "
	   "which is to be stamped");
	left_ns = came_ns + 30 * US;
	sent_stamped(reply, reply_len, left_ns);
	ask(got.rec.v);
	ok(is_told(left_ns), "the next one tells when that left");
	next_ns = came_ns + 40 * US;
	sent_stamped(reply, reply_len, next_ns);
	sent_stamped(reply, reply_len, next_ns + 1000 * US);
	ask(got.rec.v);
	ok(is_told(next_ns), "and so on, by the first stamp of each");
	ask(got.rec.v);
	ok(is_basic(), "a reply that nobody stamped is followed by a basic one");
	is_int(xserver_count(), 2, "interleaved ones are counted");
}

static void test_others(void)
{
	u64 rec;

	ask(0);
	ask(got.rec.v);
	sent_stamped(reply, reply_len, came_ns + 30 * US);
	rec = got.rec.v;
	ask_as("2001:db8::2", rec, 4);
	ok(is_basic(), "the stamp of somebody else is of no use");
	ask_as("2001:db8::1", rec, 3);
	ok(is_basic(), "nor is it in version 3");
	ask(rec);
	ok(got.org.v == sent_rec, "to whom it was sent it is");
	ask(rec);
	ok(is_basic(), "once");
}

static void test_nic(void)
{
	int64_t left_ns;

	phc_set_line(IFINDEX, &(struct phc_line){
		.until_ns = INT64_MAX, .real_ns = clock_real_ns() });
	ask(0);
	ask(got.rec.v);
	left_ns = came_ns + 30 * US;
	sent_stamped(reply, reply_len, left_ns);
	sent_stamped_nic(reply, reply_len, left_ns + 7 * US);
	sent_stamped(reply, reply_len, left_ns + 9 * US);
	ask(got.rec.v);
	ok(is_told(left_ns + 7 * US), "a NIC's stamp takes the place of the "
	   "kernel's");
	left_ns = came_ns + 30 * US;
	sent_stamped(reply, reply_len, left_ns);
	ask(got.rec.v);
	ok(is_told(left_ns), "where it is late, the kernel's is told");
	phc_forget();
	ask(0);
	came_nic_ns = came_ns - 5 * US;
	ask(got.rec.v);
	ok(llabs((int64_t)(got.rec.v - ntp_lfp_from_unix(came_nic_ns).v)) < 64,
	   "the receive stamp is the NIC's, where it has one");
	came_nic_ns = 0;
}

static void test_refused(void)
{
	ask(0);
	ask(got.rec.v);
	sent_stamped(reply, reply_len, came_ns + 30 * US);
	vars.stratum = NTP_STRATUM_UNSYNC;
	ask(got.rec.v);
	ok(got.org.v == sent_xmt && !is_asked_stamp,
	   "an unsynchronised clock is served in basic mode");
	vars.stratum = 1;

	ask(0);
	ask(got.rec.v);
	sent_stamped(reply, reply_len, came_ns + 30 * US);
	vars.smear = (struct ntp_smear_plan){ .interval_s = 86400 };
	ask(got.rec.v);
	ok(got.org.v == sent_xmt, "so is a smeared one");
	vars.smear.interval_s = 0;

	ask(0);
	ask(got.rec.v);
	sent_stamped(reply, reply_len, came_ns + 30 * US);
	set_by_ns += 100 * US;
	ask(got.rec.v);
	ok(is_basic(), "what was stamped before the clock was set is forgotten");
	set_by_ns += 100 * US;
	sent_stamped(reply, reply_len, came_ns + 30 * US);
	ask(got.rec.v);
	ok(is_basic(), "and a stamp from after it is not taken");
}

static void test_signed(void)
{
	u8 *mac = reply + NTP_PACKET_HEADER;
	int64_t left_ns;

	is_signed = true;
	ask(0);
	ask(got.rec.v);
	left_ns = came_ns + 30 * US;
	sent_stamped(reply, reply_len, left_ns);
	ask(got.rec.v);
	ok(is_told(left_ns), "signed requests, too");
	ok(ntp_mac_verify(&key, reply, NTP_PACKET_HEADER, mac, NTP_MAC_128),
	   "with a MAC over what is told");
	is_signed = false;
}

/* More replies than are waited for: the stamps of the last ones are known. */
static void test_many(void)
{
	static struct { u64 rec; u8 reply[NTP_PACKET_HEADER]; } of[WAITING + 8];
	const size_t n = sizeof(of) / sizeof(of[0]);
	unsigned int known = 0, wrong = 0;
	char from[32];

	for (size_t i = 0; i < n; i++) {
		snprintf(from, sizeof(from), "10.0.0.%zu", i + 1);
		ask_as(from, 0, 4);
		ask_as(from, got.rec.v, 4);
		of[i].rec = got.rec.v;
		memcpy(of[i].reply, reply, sizeof(of[i].reply));
	}
	for (size_t i = 0; i < n; i++)
		sent_stamped(of[i].reply, sizeof(of[i].reply),
			     clock_real_ns());
	for (size_t i = 0; i < n; i++) {
		snprintf(from, sizeof(from), "10.0.0.%zu", i + 1);
		ask_as(from, of[i].rec, 4);
		known += got.org.v == sent_rec;
		wrong += got.org.v == sent_rec && i < n - WAITING;
	}
	is_int(known, WAITING, "stamps of the last replies are waited for");
	is_int(wrong, 0, "those of the others are not made up");
}

int main(void)
{
	tap_start();
	port_key_prepare(&key, NULL, (const u8 *)"secret", 6);
	vars = (struct ntp_sysvars){ .is_set = true, .stratum = 1,
				     .valid_ns = UINT64_MAX };
	server_apply(&test_conf);
	ok(memory.word, "there is memory for it");
	test_exchange();
	test_others();
	test_nic();
	test_refused();
	test_signed();
	test_many();
	server_close();
	ok(!memory.word, "which is given back");
	port_key_wipe(&key);
	return tap_finish();
}
