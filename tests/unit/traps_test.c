// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include "tests/lib/tryconf.h"

/*
 * The traps that ntpd's grammar sets: each line is taken as it is meant, or
 * refused with file, line, column, word and remedy. With --compat they are
 * taken as ntpd 4.2.8 takes them, and warned about.
 */

static void test_broadcast(void)
{
	struct conf *conf;

	refused("broadcast 192.168.0.255 minpoll3 maxpoll 4 key 4",
		"ntp.conf:1:25: error: \"minpoll3\" is no option of broadcast; "
		"did you mean \"minpoll 3\"?");
	conf = accepted("broadcastclient key 4", NULL);
	is_int(conf->modes.broadcastclient_key, 4, "and no other key");
	conf_free(conf);
	refused("broadcastclient kee 4", "1:17: error: \"kee\"");
	refused("broadcastclient novolley", "novolley is of ntpd before 4.2");
	conf = accepted("multicastclient", NULL);
	ok(conf->modes.multicastclient_n == 1 &&
	   conf->modes.multicastclient[0].addr.b[12] == 224 &&
	   conf->modes.multicastclient[0].addr.b[15] == 1, "is 224.0.1.1");
	conf_free(conf);
	refused("broadcast 192.168.1.255 autokey # server",
		"1:25: error: Autokey is not supported");
	refused("manycastclient 239.255.254.254 autokey", "Autokey");
}

static void test_server(void)
{
	struct conf *conf;

	refused("server 235.137.123.45 mimpoll 3 maxpoll 4",
		"ntp.conf:1:8: error: 235.137.123.45 is a multicast address");
	ok(strstr(reported, "ntp.conf:1:23: error: \"mimpoll\" is no option of "
		  "server; did you mean \"minpoll\"?"), "twice over");
	refused("server a.example iburst; server b.example",
		"a line holds one directive");
	refused("SERVER 1.2.3.4", "it is written in lower case: server");
	refused("server 1.2.3.4 IBURST", "it is written in lower case: iburst");
	fine("server \"1.2.3.4\" iburst", NULL);
	conf = accepted("server x.example minpoll -9 maxpoll 18",
			"maxpoll 18 is taken as 17");
	ok(conf->assoc[0].minpoll == -4 && conf->assoc[0].maxpoll == 17 &&
	   strstr(reported, "minpoll -9 is taken as -4"), "and minpoll");
	conf_free(conf);
	refused("server x.example minpoll 7 maxpoll 4", "minpoll 7 is above");
	refused("server x.example key 65535", "out of range");
	refused("server x.example key 65536", "out of range");
	refused("server x.example prefer key 0", "out of range");
	refused("server 0.0.0.0", "stands for no host");
	fine("server 127.0.0.1", "this host itself");
	conf = accepted("server 1.2.3.4\nserver 1.2.3.4 iburst",
			"ntp.conf:2:8: warning: 1.2.3.4 is named a second "
			"time, after line 1");
	is_int(conf->assoc_n, 1, "a second line is left out");
	conf_free(conf);
}

static void test_log(void)
{
	struct conf *conf = accepted("logconfig all", "note: without = it is "
				     "taken as =allall, everything");

	is_int(conf->files.log_mask, CONF_LOG_ALL, "everything");
	conf_free(conf);
	fine("logconfig all  #------\xe4\xb8\x8d\xe8\xa6\x81", NULL);
	conf = accepted("logconfig=syncall +clockall", NULL);
	is_int(conf->files.log_mask, 0xff00, "two classes");
	conf_free(conf);
	refused("logconfig info event", "1:16: error: \"event\" is no class of "
		"log messages; did you mean \"events\"");
	refused("logconfig =bogus", "1:12: error: \"bogus\" is no class");
}

static void test_fudge(void)
{
	refused("server 127.127.1.0\nfudge 127.127.1.0 statun 10",
		"ntp.conf:2:19: error: \"statun\" is no factor of fudge; did "
		"you mean \"stratum\"?");
	refused("server 127.127.1.0\nfudge 127.127.1.0 stratum 10  -----#x",
		"ntp.conf:2:31: error: \"-----\" is no factor of fudge; "
		"comments start with #");
	refused("//-----", "1:1: error: \"//-----\" is no directive of "
		"ntp.conf; comments start with #");
	refused("\xe4\xb8\x8b\xe9\x9d\xa2" "2\xe8\xa1\x8c\xe4\xb8\xba x",
		"1:1: error: \"\xe4\xb8\x8b\xe9\x9d\xa2" "2");
	refused("driftfile /d \xe4\xb8\x8b\xe9\x9d\xa2" "2",
		"1:14: error: \"\xe4\xb8\x8b\xe9\x9d\xa2" "2\" is no number");
}

static void test_restrict(void)
{
	struct conf *conf;

	conf = accepted("restrict -6 2001:db8:: mask ffff:ffff:: nomodify",
			NULL);
	is_int(conf->restricts[0].prefix, 32, "IPv6 mask");
	is_int(conf->restricts[0].flags, NTP_ACL_NOMODIFY, "and its flag");
	conf_free(conf);
	refused("restrict 192.168.1.0 nomodify mask 255.255.255.0",
		"1:31: error: mask stands behind the flags; put mask right "
		"behind the address");
	refused("restrict default rithm", "\"rithm\" is no flag of restrict");
	refused("restrict default non-ntpport", "flag of xntp3");
	refused("restrict default -6 kod", "1:18: error: -6 stands behind the "
		"address; write it right behind restrict");
	conf = accepted("restrict 192.168.1.0/24 nomodify", NULL);
	is_int(conf->restricts[0].prefix, 120, "/24");
	conf_free(conf);
	conf = accepted("restrict default kod kod limited", NULL);
	is_int(conf->restricts[0].flags, NTP_ACL_KOD | NTP_ACL_LIMITED,
	       "twice is once");
	conf_free(conf);
	fine("restrict 192.168.1.7 mask 255.255.255.0 noquery",
	     "taken as 192.168.1.0/24");
	fine("restrict default kod", "kod does nothing without limited");
}

static void trusts(const char *text, unsigned int n, u32 first, u32 last)
{
	struct conf *conf = accepted(text, NULL);
	struct conf_keys *keys = &conf->keys;

	if (!ok(keys->trusted_n == n && keys->trusted[0].first == first &&
		keys->trusted[n - 1].last == last, "%u from %u to %u", n,
		first, last))
		diag("%zu", keys->trusted_n);
	conf_free(conf);
}

static void test_keys(void)
{
	trusts("trustedkey 4 8 42", 3, 4, 42);
	trusts("trustedkey 4,8,42", 3, 4, 42);
	trusts("trustedkey (1...5)", 1, 1, 5);
	trusts("trustedkey (1 ... 5) 9", 2, 1, 9);
	trusts("trustedkey 9\ntrustedkey 12", 2, 9, 12);
	refused("trustedkey (1 ... 5 9", "the ( is not closed");
	refused("trustedkey (5 ... 1)", "is empty");
	refused("trustedkey 5 ...", "the range has no end");
	refused("trustedkey ... 5", "the range has no beginning");
	refused("trustedkey 65535", "is no key identifier");
	refused("trustedkey 4;8", "is no key identifier");
	refused("requestkey 8 9", "1:14: error: requestkey takes one key");
	refused("controlkey 8 9", "1:14: error: controlkey takes one key");
	fine("keys /etc/ntp/keys", NULL);
	refused("keys", "ends where keys wants");
	refused("statistics loopstats bogus", "1:22: error: \"bogus\"");
}

static void test_layout(void)
{
	struct conf *conf = accepted("driftfile /a\ndriftfile", NULL);

	ok(!conf->driftfile, "driftfile without a name is none");
	conf_free(conf);
	fine("server 1.2.3.4 iburst\t \r\n\r\ndriftfile /d \r\n", NULL);
	fine("includefile /nowhere/ntp/crypto/pw", "warning: cannot read "
	     "/nowhere/ntp/crypto/pw");
	fine("crypto pw redhat", "Autokey is broken");
}

/* --- as ntpd takes them ------------------------------------------------- */

static void test_compat(void)
{
	struct conf *conf = accepted(
		"broadcast 192.168.0.255 minpoll3 maxpoll 4 key 4\n"
		"server 1.2.3.4 mimpoll 3 maxpoll 4\n"
		"server 127.127.1.0\nfudge 127.127.1.0 stratum 10 ---#\n"
		"restrict 192.168.1.0 nomodify mask 255.255.255.0\n"
		"restrict default rithm\n"
		"trustedkey 4;8\n"
		"//---\nstatistics loopstats bogus\nlogfile\n"
		"server 5.6.7.8 version 9 iburst\n",
		"ntp.conf:1:25: warning: \"minpoll3\" is no option of "
		"broadcast; as ntpd does, the rest of the line is left out; "
		"mind what it loses");

	is_int(report_n[CONF_ERROR], 0, "no error");
	is_int(conf->assoc_n, 4, "four associations");
	ok(!conf->assoc[0].key && conf->assoc[0].minpoll == 6,
	   "what is behind the word is lost");
	is_int(conf->assoc[2].fudge_stratum, 10, "fudge before the dashes");
	is_int(conf->restrict_n, 2, "two rules");
	ok(conf->restricts[0].flags == NTP_ACL_NOMODIFY &&
	   conf->restricts[0].prefix == 128, "one host, as with ntpd");
	ok(!conf->restricts[1].flags, "a default that allows all");
	ok(conf->files.filegen[CONF_STATS_LOOP].is_enabled, "loopstats");
	ok(strstr(reported, ":8:1: warning: \"//---\" is no directive"),
	   "a line that is none");
	ok(!conf->logfile && strstr(reported, ":10:8: warning: "),
	   "a line without its word");
	ok(conf->assoc[3].version == 4 && !conf->assoc[3].iburst,
	   "an option with a wrong value goes, too");
	conf_free(conf);
	fine("server 1.2.3.4 iburst\nrestrict default kod",
	     "note: kod does nothing");
	refused("tos floor 9 ceiling 3", "floor 9 lies above");
}

int main(void)
{
	tap_start();
	test_broadcast();
	test_server();
	test_log();
	test_fudge();
	test_restrict();
	test_keys();
	test_layout();
	grammar = CONF_COMPAT;
	test_compat();
	return tap_finish();
}
