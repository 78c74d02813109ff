// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include <errno.h>
#include <sys/stat.h>

#include "daemon/conf/conf.h"
#include "daemon/conf/keyword.h"
#include "daemon/conf/summary.h"
#include "tests/lib/tap.h"
#include "tools/lib/addr.h"

static char reported[16384];
static unsigned int report_n[3];

static void note_problem(const struct conf_problem *problem, void *arg)
{
	size_t n = strlen(reported);
	char line[1024];

	(void)arg;
	report_n[problem->severity]++;
	snprintf(reported + n, sizeof(reported) - n, "%s\n",
		 conf_problem_print(problem, line, sizeof(line)));
}

static struct conf *parse(const char *text, int *err)
{
	struct conf *conf;

	reported[0] = '\0';
	memset(report_n, 0, sizeof(report_n));
	*err = conf_parse(text, strlen(text), "ntp.conf", CONF_STRICT, &conf, note_problem,
			  NULL);
	return conf;
}

/* A configuration on one line, for the name of a test. */
static const char *shown(const char *text)
{
	static char line[61];

	snprintf(line, sizeof(line), "%s", text);
	for (char *p = line; *p; p++) {
		if ((unsigned char)*p < ' ' || *p == '#')
			*p = '|';
	}
	return line;
}

/* @say is in what was reported. */
static void refused(const char *text, const char *say)
{
	int err;
	struct conf *conf = parse(text, &err);

	if (!ok(err == -EINVAL && !conf && strstr(reported, say),
		"refused: %s", shown(text)))
		diag("%d: %s", err, reported);
	conf_free(conf);
}

/* For conf_free() by the caller; ends the tests if it is refused. */
static struct conf *accepted(const char *text, const char *say)
{
	int err;
	struct conf *conf = parse(text, &err);

	if (!ok(!err && conf && (!say || strstr(reported, say)),
		"accepted: %s", shown(text)))
		diag("%d: %s", err, reported);
	if (!conf)
		exit(1);
	return conf;
}

static void fine(const char *text, const char *say)
{
	conf_free(accepted(text, say));
}

/* The traps that ntpd's grammar sets; the same names as in their list. */
static void test_traps(void)
{
	struct conf *conf;

	refused("broadcast 192.168.0.255 minpoll3 maxpoll 4 key 4",
		"ntp.conf:1:25: error: \"minpoll3\" is no option of broadcast; "
		"did you mean \"minpoll 3\"?");
	refused("server 235.137.123.45 mimpoll 3 maxpoll 4",
		"ntp.conf:1:8: error: 235.137.123.45 is a multicast address");
	ok(strstr(reported, "ntp.conf:1:23: error: \"mimpoll\" is no option of "
		  "server; did you mean \"minpoll\"?"), "twice over");
	refused("broadcastclient key 4", ":17: error: broadcastclient takes no "
		"key");
	fine("logconfig all", "no effect");
	fine("logconfig all  #------\xe4\xb8\x8d\xe8\xa6\x81", NULL);
	fine("logconfig=syncall +clockall", NULL);
	refused("logconfig info event", "did you mean \"events\"");
	refused("logconfig =bogus", "\"bogus\" is no class");
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
	refused("restrict 192.168.1.0 nomodify mask 255.255.255.0",
		"1:31: error: mask stands behind the flags");
	refused("restrict default rithm", "\"rithm\" is no flag of restrict");
	refused("restrict default non-ntpport", "flag of xntp3");
	refused("restrict default -6 kod", "-6 stands behind the address");
	conf = accepted("restrict -6 2001:db8:: mask ffff:ffff:: nomodify",
			"not applied");
	is_int(conf->restricts[0].prefix, 32, "IPv6 mask");
	is_int(conf->restricts[0].flags, NTP_ACL_NOMODIFY, "and its flag");
	conf_free(conf);
	conf = accepted("restrict 192.168.1.0/24 nomodify", NULL);
	is_int(conf->restricts[0].prefix, 120, "/24");
	conf_free(conf);
	conf = accepted("restrict default kod kod limited", NULL);
	is_int(conf->restricts[0].flags, NTP_ACL_KOD | NTP_ACL_LIMITED,
	       "twice is once");
	conf_free(conf);
	fine("restrict 192.168.1.7 mask 255.255.255.0 noquery",
	     "taken as 192.168.1.0/24");
	refused("broadcastclient novolley", "novolley is of ntpd before 4.2");
	fine("multicastclient", "no effect");
	fine("trustedkey 4,8,42", "no effect");
	fine("trustedkey (1...5)", "no effect");
	fine("trustedkey (1 ... 5) 9", "no effect");
	refused("trustedkey (1 ... 5 9", "the ( is not closed");
	refused("requestkey 8 9", "requestkey takes one key");
	refused("statistics loopstats bogus", "1:22: error: \"bogus\"");
	refused("server a.example iburst; server b.example",
		"a line holds one directive");
	refused("SERVER 1.2.3.4", "it is written in lower case: server");
	refused("server 1.2.3.4 IBURST", "it is written in lower case: iburst");
	fine("driftfile", NULL);
	refused("server x.example key 65535", "out of range");
	refused("server x.example key 65536", "out of range");
	refused("server x.example prefer key 0", "out of range");
	fine("server 1.2.3.4 iburst\t \r\n\r\ndriftfile /d \r\n", NULL);
	refused("server 0.0.0.0", "stands for no host");
	fine("server 127.0.0.1", "this host itself");
	conf = accepted("server 1.2.3.4\nserver 1.2.3.4 iburst",
			"ntp.conf:2:8: warning: 1.2.3.4 is named a second "
			"time, after line 1");
	is_int(conf->assoc_n, 1, "a second line is left out");
	conf_free(conf);
}

static void test_server(void)
{
	struct conf *conf = accepted(
		"server \"1.2.3.4\" iburst burst prefer version 3 minpoll 4 "
		"maxpoll 7 # comment\n"
		"pool -6 pool.example noselect\n"
		"server 2001:db8::1 true maxpoll 5\n"
		"server ntp.example minpoll 12\n"
		"server x.example minpoll -5 maxpoll 18\n"
		"server -4 9.9.9.9 minpoll -1\n", NULL);
	struct conf_assoc *a = conf->assoc;

	is_int(conf->assoc_n, 6, "six associations");
	ok(a[0].has_addr && a[0].iburst && a[0].burst && a[0].prefer &&
	   a[0].version == 3 && a[0].minpoll == 4 && a[0].maxpoll == 7 &&
	   a[0].family == AF_INET, "options of an address");
	is_int(a[0].where.line, 1, "line");
	is_int(a[0].where.col, 8, "column");
	ok(a[1].kind == CONF_POOL && !a[1].has_addr && a[1].noselect &&
	   a[1].family == AF_INET6 && a[1].minpoll == 6 && a[1].maxpoll == 10 &&
	   a[1].version == 4, "pool and the defaults");
	ok(a[2].is_true && a[2].minpoll == 5 && a[2].maxpoll == 5,
	   "minpoll follows a low maxpoll");
	ok(a[3].minpoll == 12 && a[3].maxpoll == 12,
	   "maxpoll follows a high minpoll");
	ok(a[4].minpoll == -4 && a[4].maxpoll == 17, "polls are moved in range");
	is_int(report_n[CONF_WARNING], 2, "and that is told");
	ok(a[5].minpoll == -1 && a[5].maxpoll == 10, "half a second");
	ok(conf->has_names, "names are needed");
	conf_free(conf);

	conf = accepted("server 1.2.3.4\n", NULL);
	ok(!conf->has_names, "an address needs no name");
	conf_free(conf);

	refused("server", "1:7: error: the line ends where server wants a host");
	refused("server -4", "wants a host");
	refused("server -4 2001:db8::1", "is no IPv4 address");
	refused("server 1.2.3.400", "neither an address nor a host name");
	refused("server 1.2.3", "neither an address nor a host name");
	refused("server 1.2.3.4:123", "neither an address nor a host name");
	refused("server [::1]", "neither an address nor a host name");
	refused("server under/score", "neither");
	refused("server fe80::1%nowhere9", "no such interface");
	refused("server 1.2.3.4 minpoll 7 maxpoll 4", "minpoll 7 is above");
	refused("server 1.2.3.4 minpoll", "ends where minpoll wants");
	refused("server 1.2.3.4 minpoll six", "\"six\" is no whole number");
	refused("server 1.2.3.4 version 5", "out of range");
	refused("server 1.2.3.4 autokey", "Autokey is not supported");
	refused("server 1.2.3.4 key 4", "cannot authenticate");
	refused("server 127.127.28.0", "no driver for reference clock type 28");
	refused("pool 1.2.3.4", "a pool is a name");
	refused("peer 1.2.3.4", "symmetric");
	fine("server 1.2.3.4 xleave", "xleave has no effect");
	refused("broadcast 192.168.1.255 autokey", "Autokey");
}

static void test_fudge(void)
{
	struct conf *conf = accepted(
		"server 127.127.1.0\n"
		"fudge 127.127.1.0 stratum 10 refid ABCD flag2 1 time1 0.25\n",
		"ntp.conf:2:41: warning: flag2 has no effect");
	struct conf_assoc *a = conf->assoc;

	ok(a->kind == CONF_REFCLOCK && a->refclock_type == 1 &&
	   a->refclock_unit == 0 && a->fudge_stratum == 10 &&
	   a->fudge_time1_s == 0.25, "fudge");
	is_str(a->fudge_refid, "ABCD", "refid");
	conf_free(conf);
	refused("fudge 127.127.1.0 stratum 10", "there is no server 127.127.1.0");
	refused("server 127.127.1.0\nfudge 127.127.1.0 stratum 17", "range");
	refused("server 127.127.1.0\nfudge 127.127.1.0", "says nothing");
	refused("server 127.127.1.0\nfudge 1.2.3.4 stratum 3", "127.127.t.u");
	refused("server 127.127.1.0\nfudge 127.127.1.0 refid TOOLONG", "four");
}

static void test_tuning(void)
{
	struct conf *conf = accepted(
		"tos minclock 4 maxclock 11 minsane 3 mindist 0.02 maxdist 2\n"
		"tinker panic 0 step 0.5 stepout 60\n"
		"tinker stepback 2\n"
		"disable ntp monitor kernel\n"
		"driftfile /var/lib/ntp/drift 0.5\n"
		"logfile \"/var/log/n t p\"\npidfile /run/x.pid\n", NULL);

	ok(conf->tos.minclock == 4 && conf->tos.maxclock == 11 &&
	   conf->tos.minsane == 3 && conf->tos.mindist_s == 0.02 &&
	   conf->tos.maxdist_s == 2, "tos");
	ok(conf->tinker.panic_s == 0 && conf->tinker.step_s == 0.5 &&
	   conf->tinker.stepfwd_s == 0.5 && conf->tinker.stepback_s == 2 &&
	   conf->tinker.stepout_s == 60, "tinker");
	ok(!conf->enabled.ntp, "disable");
	ok(strstr(reported, ":4:13: warning: monitor has no effect") &&
	   strstr(reported, ":4:21: warning: kernel has no effect"),
	   "what cannot be disabled is said");
	is_str(conf->driftfile, "/var/lib/ntp/drift", "driftfile");
	ok(strstr(reported, ":5:30: warning: the threshold"), "threshold");
	is_str(conf->logfile, "/var/log/n t p", "quoted logfile");
	is_str(conf->pidfile, "/run/x.pid", "pidfile");
	conf_free(conf);

	conf = accepted("driftfile /a\ndriftfile\nlogfile \"\"\n", "no server");
	ok(!conf->driftfile && !conf->logfile, "no name means no file");
	conf_free(conf);
	refused("tos minsane", "ends where minsane wants");
	refused("tos minsane 0", "range");
	refused("tos minsain 1", "did you mean \"minsane\"");
	refused("tos floor 9 ceiling 3", "floor 9 lies above");
	refused("tinker panic nan", "no number");
	refused("tinker panic inf", "no number");
	refused("tinker panic 1e400", "no number");
	refused("disable npt", "did you mean \"ntp\"");
	refused("disable", "wants to know what");
	refused("driftfile /a 1 2", "one word too many");
	refused("logfile", "ends where logfile wants");
	fine("enable stats", "stats has no effect");
	fine("tos orphan 6", "orphan has no effect");
	fine("enable monitor kernel ntp", NULL);
}

static bool listens(const struct conf *conf, const char *ifname,
		    const char *text)
{
	struct ntp_addr addr;

	if (addr_parse(text, &addr, NULL))
		abort();
	return conf_nic_listens(conf, ifname, &addr);
}

static void test_nic(void)
{
	struct conf *conf = accepted("interface ignore all\n"
				     "nic listen eth0\n"
				     "interface drop 10.1.0.0/16\n"
				     "interface listen 2001:db8::1\n", NULL);
	static const char *const given[] = { "eth7", "192.0.2.0/24" };
	static const char *const wrong[] = { "1.2.3.4/99" };
	struct ntp_addr mixed[2];
	const char *bad = NULL;

	ok(listens(conf, "eth0", "192.0.2.1"), "by name");
	ok(!listens(conf, "eth1", "192.0.2.1"), "another is ignored");
	ok(!listens(conf, "eth0", "10.1.2.3"), "the last rule wins");
	ok(listens(conf, "eth1", "2001:db8::1"), "by address");
	ok(listens(conf, "lo", "127.0.0.1"), "loopback is always served");
	addr_parse("192.0.2.1", &mixed[0], NULL);
	addr_parse("10.1.2.3", &mixed[1], NULL);
	ok(conf_nic_serves(conf, "eth0", mixed, 1), "all addresses are served");
	ok(!conf_nic_serves(conf, "eth0", mixed, 2), "not all are");
	ok(conf_nic_serves(conf, "eth0", NULL, 0), "none yet, but the name");
	ok(!conf_nic_serves(conf, "eth1", NULL, 0), "none, and not the name");
	is_int(conf_override_nic(conf, given, 2, &bad), 0, "command line");
	ok(!listens(conf, "eth0", "198.51.100.1"), "eth0 is out");
	ok(listens(conf, "eth7", "10.1.2.3"), "eth7 is in");
	ok(listens(conf, "eth9", "192.0.2.77"), "and so is the network");
	is_int(conf_override_nic(conf, wrong, 1, &bad), -EINVAL,
	       "what is no interface");
	is_str(bad, "1.2.3.4/99", "is named");
	conf_free(conf);

	conf = accepted("interface ignore ipv6\n", NULL);
	ok(!listens(conf, "eth0", "2001:db8::1") &&
	   listens(conf, "eth0", "192.0.2.1"), "by family");
	conf_free(conf);
	refused("interface listn eth0", "did you mean \"listen\"");
	refused("interface listen", "which one");
	refused("interface listen 1.2.3.4/40", "neither");
	refused("nic", "wants listen, ignore or drop");
}

/* Stock files of distributions start, whatever they hold. */
static void test_stock(void)
{
	struct conf *conf = accepted(
		"driftfile /var/lib/ntp/ntp.drift\n"
		"leapfile /usr/share/zoneinfo/leap-seconds.list\n"
		"#statsdir /var/log/ntpstats/\n"
		"statistics loopstats peerstats clockstats\n"
		"filegen loopstats file loopstats type day enable\n"
		"filegen peerstats file peerstats type day enable\n"
		"pool 0.debian.pool.ntp.org iburst\n"
		"pool 1.debian.pool.ntp.org iburst\n"
		"restrict -4 default kod notrap nomodify nopeer noquery limited\n"
		"restrict -6 default kod notrap nomodify nopeer noquery limited\n"
		"restrict 127.0.0.1\nrestrict ::1\n"
		"restrict source notrap nomodify noquery\n",
		"5 restrict lines are accepted, but not applied yet");

	is_int(conf->assoc_n, 2, "Debian's pools");
	is_int(conf->restrict_n, 5, "and its restrictions");
	is_int(report_n[CONF_ERROR], 0, "without an error");
	is_int(conf->ignored_n, 3, "what has no effect is counted");
	conf_free(conf);
	conf = accepted(
		"restrict default kod nomodify notrap nopeer noquery\n"
		"restrict -6 default kod nomodify notrap nopeer noquery\n"
		"restrict 127.0.0.1 \nrestrict -6 ::1\n"
		"server 0.centos.pool.ntp.org iburst\n"
		"includefile /nowhere/ntp/crypto/pw\n"
		"keys /etc/ntp/keys\ntrustedkey 4 8 42\nrequestkey 8\n"
		"controlkey 8\nbroadcastdelay 0.00800\n"
		"#broadcast 192.168.1.255 autokey\t# broadcast server\n"
		"statistics clockstats cryptostats loopstats peerstats\n",
		"cannot read /nowhere/ntp/crypto/pw");
	is_int(conf->assoc_n, 1, "CentOS's server");
	ok(strstr(reported, "kod does nothing without limited"), "kod alone");
	conf_free(conf);
}

static void write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	if (!f || fputs(text, f) < 0 || fclose(f))
		abort();
}

static void test_files(void)
{
	char dir[] = "/tmp/conf_test.XXXXXX", path[64], text[128];
	struct conf *conf;

	if (!mkdtemp(dir))
		abort();
	reported[0] = '\0';
	snprintf(path, sizeof(path), "%s/none", dir);
	is_int(conf_load(path, CONF_STRICT, &conf, note_problem, NULL), -ENOENT, "no file");
	ok(!conf && strstr(reported, "No such file") && strstr(reported, "-c"),
	   "is told with a remedy");
	reported[0] = '\0';
	is_int(conf_load(dir, CONF_STRICT, &conf, note_problem, NULL), -EISDIR, "a folder");
	for (int i = 0; i < 8; i++) {
		snprintf(path, sizeof(path), "%s/%d", dir, i);
		snprintf(text, sizeof(text), "server 192.0.2.%d\n"
			 "includefile %d\n", i, i + 1);
		write_file(path, text);
	}
	snprintf(path, sizeof(path), "%s/3", dir);
	reported[0] = '\0';
	is_int(conf_load(path, CONF_STRICT, &conf, note_problem, NULL), 0,
	       "five files deep, the fifth is missing");
	is_int(conf ? conf->assoc_n : 0, 5, "the others were read");
	conf_free(conf);
	snprintf(path, sizeof(path), "%s/2", dir);
	reported[0] = '\0';
	is_int(conf_load(path, CONF_STRICT, &conf, note_problem, NULL), -EINVAL,
	       "one file deeper");
	ok(strstr(reported, "/7:2:1: error: files include one another"),
	   "is told where it is");
	snprintf(path, sizeof(path), "%s/3", dir);
	write_file(path, "includefile 3\n");
	is_int(conf_load(path, CONF_STRICT, &conf, note_problem, NULL), -EINVAL,
	       "a file that includes itself ends");
	for (int i = 0; i < 8; i++) {
		snprintf(path, sizeof(path), "%s/%d", dir, i);
		unlink(path);
	}
	rmdir(dir);
}

static void test_equal(void)
{
	struct conf *a = accepted("server 1.2.3.4 iburst\nserver b.example\n",
				  NULL);
	struct conf *b = accepted("\n\nserver b.example\n"
				  "server 1.2.3.4 iburst minpoll 4\n", NULL);

	ok(conf_assoc_equal(&a->assoc[1], &b->assoc[0]), "moved, yet the same");
	ok(!conf_assoc_equal(&a->assoc[0], &b->assoc[1]), "other poll");
	ok(!conf_assoc_equal(&a->assoc[0], &a->assoc[1]), "other host");
	conf_free(a);
	conf_free(b);
}

static void test_nearest(void)
{
	static const char *const words[] = { "minpoll", "maxpoll", "prefer",
					     "key", NULL };

	is_str(keyword_nearest("mimpoll", words), "minpoll", "one letter");
	is_str(keyword_nearest("maxpol", words), "maxpoll", "one is missing");
	is_str(keyword_nearest("prefre", words), "prefer", "two are swapped");
	is_str(keyword_nearest("KEY", words), "key", "another case");
	ok(!keyword_nearest("kiy9x", words), "too far");
	ok(!keyword_nearest("", words), "nothing");
	ok(keyword_find("tinker") && !keyword_find("tinke"), "whole words");
}

/* Lines made of known words in random order: no crash, no silent loss. */
static void test_random(void)
{
	static const char *const bits[] = {
		"server", "pool", "restrict", "fudge", "tos", "1.2.3.4", "::1",
		"127.127.1.0", "mask", "255.0.0.0", "minpoll", "3", "key",
		"iburst", "\"", "#", "=", "(", ")", "\n", "\n", "-6", "default",
		"kod", "\xff", "driftfile", "interface", "listen", "/8",
		"logconfig", "stratum", "broadcast", "trustedkey", "...",
	};
	unsigned int wrong = 0, errors = 0;

	for (int i = 0; i < 5000; i++) {
		struct conf *conf;
		char text[256] = "";
		size_t n = 0;
		int err;

		for (unsigned int j = tap_below(16); j > 0; j--)
			n += snprintf(text + n, sizeof(text) - n, "%s%s",
				      bits[tap_below(sizeof(bits) /
						     sizeof(bits[0]))],
				      tap_below(5) ? " " : "");
		conf = parse(text, &err);
		wrong += err && err != -EINVAL;
		wrong += !err != !!conf;
		wrong += !!report_n[CONF_ERROR] != !!err;
		errors += !!err;
		if (conf) {
			FILE *null = fopen("/dev/null", "w");

			summary_print(conf, null);
			fclose(null);
		}
		conf_free(conf);
	}
	is_int(wrong, 0, "an error is reported exactly where it is refused");
	ok(errors > 100 && errors < 4900, "%u of 5000 were refused", errors);
}

int main(void)
{
	tap_start();
	test_traps();
	test_server();
	test_fudge();
	test_tuning();
	test_nic();
	test_stock();
	test_files();
	test_equal();
	test_nearest();
	test_random();
	return tap_finish();
}
