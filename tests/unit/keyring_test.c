// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */

/* Key files come into use, or do not. */

#include <sys/stat.h>

#include "daemon/engine/keyring.h"
#include "kmod/core/mac.h"
#include "kmod/core/packet.h"
#include "tests/lib/tap.h"
#include "tools/lib/log.h"

static char log_text[4096];
static char reported[4096];
static unsigned int reported_n;

__attribute__((format(printf, 2, 3)))
static void fake_log_write(enum log_level level, const char *format, ...)
{
	size_t used = strlen(log_text);
	va_list args;

	va_start(args, format);
	vsnprintf(log_text + used, sizeof(log_text) - used, format, args);
	va_end(args);
}

#define log_write	fake_log_write
#include "daemon/engine/keyring.c"

static char path[] = "/tmp/keyring_test.XXXXXX";
static struct conf_key_range trusted[] = { { 1, 4 }, { 11, 11 } };
static struct conf test_conf = {
	.keys = { .file = path, .trusted = trusted, .trusted_n = 2,
		  .where = { "test.conf", 1, 1 } },
};

static void on_report(const struct conf_problem *problem, void *arg)
{
	size_t used = strlen(reported);

	reported_n++;
	snprintf(reported + used, sizeof(reported) - used, "%u: %s; %s\n",
		 problem->where.line, problem->text, problem->remedy);
}

static void write_keys(const char *text)
{
	FILE *f = fopen(path, "w");

	if (!f || fputs(text, f) < 0 || fclose(f))
		ok(false, "%s is written", path);
	chmod(path, 0600);
}

static void load(void)
{
	log_text[0] = reported[0] = '\0';
	reported_n = 0;
	keyring_read(&test_conf, on_report, NULL);
	keyring_apply(&test_conf);
}

static void test_load(void)
{
	u8 packet[NTP_PACKET_HEADER + NTP_MAC_160] = { 0x23 };

	write_keys("4 MD5 four\n11 SHA1 eleven\n12 SHA1 twelve\n");
	load();
	is_int(reported_n, 0, "a good file is nothing to speak of");
	is_int(keyring_keys()->n, 3, "all keys of it are there");
	ok(keyring_find(4) && keyring_find(11), "trusted ones are found");
	ok(!keyring_find(12), "others are not");
	ok(ntp_key_find(keyring_keys(), 12), "yet the core knows them");
	ok(!keyring_find(5) && !keyring_find(0), "nor are those not there");
	ok(ntp_mac_sign(keyring_find(11), packet, NTP_PACKET_HEADER),
	   "a key signs");
	ok(ntp_mac_verify(keyring_find(11), packet, NTP_PACKET_HEADER,
			  packet + NTP_PACKET_HEADER, NTP_MAC_160),
	   "what it verifies");
	ok(!ntp_mac_verify(ntp_key_find(keyring_keys(), 12), packet,
			   NTP_PACKET_HEADER, packet + NTP_PACKET_HEADER,
			   NTP_MAC_160), "and another does not");
}

static void test_bad_lines(void)
{
	write_keys("1 MD5 one\n2 NOSUCH two\n3\n4 MD5 four\n");
	load();
	is_int(reported_n, 2, "each bad line is told");
	ok(strstr(reported, "2: ") && strstr(reported, "3: "),
	   "with its number");
	ok(strstr(reported, "the line is skipped"), "and what becomes of it");
	ok(keyring_find(1) && keyring_find(4), "the good ones stay");

	write_keys("1 MD5 one\n0 MD5 a\n0 MD5 a\n0 MD5 a\n0 MD5 a\n0 MD5 a\n"
		   "0 MD5 a\n0 MD5 a\n");
	load();
	is_int(reported_n, 6, "of many bad lines five are told, and a sum");
	ok(strstr(reported, "2 more lines are skipped"), "of the rest");
}

static void test_missing(void)
{
	write_keys("4 MD5 four\n");
	load();
	unlink(path);
	load();
	ok(strstr(reported, "No such file"), "a file that is gone is told");
	ok(strstr(log_text, "the keys in use stay, 1 of them"),
	   "with what it means");
	ok(keyring_find(4), "its keys stay");
	trusted[0].last = 3;
	load();
	ok(!keyring_find(4), "but not in the trust of the old configuration");
	trusted[0].last = 4;

	test_conf.keys.file = NULL;
	load();
	is_int(keyring_keys()->n, 0, "without line keys there are none");
	test_conf.keys.file = path;
	load();
	is_int(keyring_keys()->n, 0, "a file that never was leaves none");
	is_int(reported_n, 1, "which is told");

	write_keys("4 MD5 four\n");
	keyring_read(&test_conf, on_report, NULL);
	keyring_apply(&test_conf);
	keyring_apply(&test_conf);
	ok(keyring_find(4), "no file read: as before");
}

static void test_users(void)
{
	struct conf_assoc assoc[] = {
		{ .name = "trusted.example", .key = 4 },
		{ .name = "untrusted.example", .key = 12 },
		{ .name = "missing.example", .key = 13 },
		{ .name = "none.example" },
	};

	write_keys("4 MD5 four\n12 SHA1 twelve\n");
	for (size_t i = 0; i < 4; i++)
		assoc[i].where = (struct conf_where){ "test.conf", 1, 1 };
	test_conf.assoc = assoc;
	test_conf.assoc_n = 4;
	test_conf.keys.control = 99;
	load();
	ok(strstr(log_text, "untrusted.example: key 12 is not trusted"),
	   "a key that is not trusted");
	ok(strstr(log_text, "missing.example: key 13 is not in the key file"),
	   "a key that is not there");
	ok(strstr(log_text, "controlkey: key 99 is not in the key file"),
	   "controlkey");
	test_conf.keys.request = 98;
	test_conf.keys.request_where = (struct conf_where){ "test.conf", 9, 1 };
	keyring_read(&test_conf, on_report, NULL);
	reported_n = 0;
	keyring_check(&test_conf, on_report, NULL);
	is_int(reported_n, 3, "all that are not there are told without use, too");
	ok(strstr(reported, "requestkey: key 98 is not in"), "requestkey");
	test_conf.keys.request = 0;
	ok(!strstr(log_text, " trusted.example") &&
	   !strstr(log_text, "none.example"), "nothing about the others");
	ok(!strstr(log_text, "twelve") && !strstr(log_text, "four"),
	   "no secret in the log");
	test_conf.assoc_n = 0;
	test_conf.keys.control = 0;
}

static int collect(const struct keyfile_key *key, bool is_key_trusted,
		   void *arg)
{
	char *text = arg;

	snprintf(text + strlen(text), 64, "%u %.*s%s,", key->id,
		 (int)key->secret_len, (const char *)key->secret,
		 is_key_trusted ? " trusted" : "");
	return key->id == 12 ? -ENOBUFS : 0;
}

static void test_each(void)
{
	char text[256] = "";

	write_keys("12 SHA1 twelve\n4 MD5 four\n13 MD5 more\n");
	load();
	is_int(keyring_each(collect, text), -ENOBUFS, "a walk can be ended");
	is_str(text, "4 four trusted,12 twelve,", "all keys, for the module");
}

int main(void)
{
	tap_start();
	close(mkstemp(path));
	test_load();
	test_bad_lines();
	test_missing();
	test_users();
	test_each();
	keyring_close();
	is_int(keyring_keys()->n, 0, "all is forgotten");
	unlink(path);
	return tap_finish();
}
