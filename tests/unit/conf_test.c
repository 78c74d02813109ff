// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <sys/stat.h>
#include <time.h>

#include "daemon/conf/keyword.h"
#include "daemon/conf/summary.h"
#include "tests/lib/tryconf.h"
#include "tools/lib/addr.h"

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
	refused("server 127.127.20.0", "no driver for reference clock type 20");
	refused("pool 1.2.3.4", "a pool is a name");
	refused("peer 127.127.1.0", "is a reference clock");
	fine("server 127.127.1.0 xleave", "xleave has no effect");
	fine("server 1.2.3.4 version 3 xleave", "only packets of version 4");
	fine("server 1.2.3.4 mode 3", "mode has no effect");
	fine("server 1.2.3.4 ident x", "ident has no effect");
	refused("broadcast 192.168.1.255 autokey", "Autokey");
}

static void test_fudge(void)
{
	struct conf *conf = accepted(
		"server 127.127.1.0\n"
		"fudge 127.127.1.0 stratum 10 refid ABCD flag2 1 time1 0.25\n",
		NULL);
	struct conf_assoc *a = conf->assoc;

	ok(a->kind == CONF_REFCLOCK && a->refclock_type == 1 &&
	   a->refclock_unit == 0 && a->fudge_stratum == 10 &&
	   a->fudge_time1_s == 0.25 && a->fudge_flag[1] &&
	   !a->fudge_flag[0], "fudge");
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
	ok(conf->files.drift_threshold == 0.5, "and its threshold");
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
	fine("enable mode7", "mode7 has no effect");
	fine("tinker huffpuff 7200", "huffpuff has no effect");
	conf = accepted("enable monitor kernel ntp stats bclient\n"
			"disable auth nak\ntos orphan 6 cohort 1\n", NULL);
	ok(!conf->enabled.auth && !conf->enabled.nak && conf->enabled.stats &&
	   conf->modes.broadcastclient, "switches");
	ok(!strstr(reported, "no effect"), "all of them do something");
	ok(conf->tos.orphan == 6 && conf->tos.cohort, "orphan mode");
	conf_free(conf);
}

static void test_modes(void)
{
	struct conf *conf = accepted(
		"keys /etc/ntp/keys\ntrustedkey 4 (7 ... 9)\n"
		"peer ntp.example key 4 xleave\n"
		"broadcast 192.168.0.255 minpoll 3 maxpoll 4 key 8 ttl 3\n"
		"broadcast ff05::101 xleave key 4\n"
		"manycastclient 239.255.254.254 key 4 preempt ttl 7\n"
		"broadcastclient key 9\n"
		"multicastclient 224.0.1.1 ff05::101\n"
		"manycastserver 239.255.254.254\n"
		"broadcastdelay 0.008\nttl 1 8 32\n"
		"tos beacon 60 orphanwait 10 bcpollbstep 2\n", NULL);
	struct conf_assoc *a = conf->assoc;
	struct conf_modes *modes = &conf->modes;

	is_int(report_n[CONF_WARNING], 0, "all of it has an effect");
	is_int(conf->assoc_n, 4, "four associations");
	ok(a[0].kind == CONF_PEER && a[0].key == 4 && a[0].xleave &&
	   a[0].ttl == CONF_TTL_DEFAULT, "peer");
	ok(a[1].kind == CONF_BROADCAST && a[1].has_addr && a[1].key == 8 &&
	   a[1].minpoll == 3 && a[1].maxpoll == 4 && a[1].ttl == 3,
	   "broadcast");
	ok(a[2].xleave && a[2].family == AF_INET6, "by IPv6");
	ok(a[3].kind == CONF_MANYCASTCLIENT && a[3].preempt && a[3].ttl == 7,
	   "manycastclient");
	ok(modes->broadcastclient && modes->broadcastclient_key == 9,
	   "broadcastclient");
	ok(modes->multicastclient_n == 2 && modes->manycastserver_n == 1,
	   "groups");
	ok(modes->broadcastdelay_s == 0.008, "broadcastdelay");
	ok(modes->ttl_n == 3 && modes->ttl[2] == 32, "ttl");
	ok(conf->tos.beacon_s == 60 && conf->tos.orphanwait_s == 10 &&
	   conf->tos.bcpollbstep == 2, "tos");
	conf_free(conf);
	refused("ttl 8 4", "ttl 4 does not follow 8");
	refused("ttl 1 2 3 4 5 6 7 8 9", "ttl takes 8 numbers");
	refused("ttl", "wants numbers");
	refused("manycastclient 192.0.2.1", "is no multicast address");
	refused("multicastclient 192.0.2.1", "is no multicast address");
	refused("manycastserver", "wants a group");
	refused("broadcast 127.0.0.1", "reaches no other host");
	refused("broadcast", "wants an address");
	refused("broadcastdelay -1", "out of range");
	fine("broadcastclient", "must be signed by a trusted key");
	fine("server 192.0.2.1 key 4", "key 4 is in no file");
	fine("keys /k\nserver 192.0.2.1 key 4", "key 4 is not trusted");
	conf = accepted("server 192.0.2.1\nserver 192.0.2.2\n"
			"unpeer 192.0.2.1\nunconfig 192.0.2.9\n",
			"no earlier line names 192.0.2.9");
	ok(conf->assoc_n == 1 && !strcmp(conf->assoc[0].name, "192.0.2.2"),
	   "unpeer");
	conf_free(conf);
}

static void test_refclock(void)
{
	struct conf *conf = accepted(
		"refclock shm unit 2 refid GPS time1 0.1 prefer flag1 1\n"
		"refclock pps unit 1 path /dev/pps4 minpoll 4 stratum 0\n"
		"server 127.127.28.0 mode 1\n"
		"fudge 127.127.28.2 time2 0.5\n", NULL);
	struct conf_assoc *a = conf->assoc;

	is_int(conf->assoc_n, 3, "three reference clocks");
	ok(a[0].kind == CONF_REFCLOCK && a[0].prefer &&
	   a[0].refclock_type == CONF_REFCLOCK_SHM &&
	   a[0].refclock_unit == 2 && a[0].fudge_time1_s == 0.1 &&
	   a[0].fudge_time2_s == 0.5 && a[0].fudge_flag[0], "shm");
	is_str(a[0].name, "127.127.28.2", "as an address");
	ok(a[1].refclock_type == CONF_REFCLOCK_PPS && a[1].minpoll == 4 &&
	   a[1].fudge_stratum == 0, "pps");
	is_str(a[1].path, "/dev/pps4", "and its device");
	is_int(a[2].mode, 1, "mode");
	conf_free(conf);
	refused("refclock smh unit 0", "did you mean \"shm\"");
	refused("refclock shm unt 0", "did you mean \"unit\"");
	refused("refclock shm unit 256", "out of range");
	refused("refclock shm refid LONGER", "one to four");
	refused("refclock", "wants the name");
}

static void test_limits(void)
{
	struct conf *conf = accepted(
		"discard average 4 minimum 1 monitor 10 prefix6 56\n"
		"mru maxdepth 5000 maxmem 64\n"
		"restrict default limited kod ippeerlimit 3\n"
		"restrict 192.0.2.0/24 noepeer epeer ntpport\n"
		"restrict 192.0.2.0/24 nopeer noquery\n"
		"restrict 10.0.0.0/8 ignore\n"
		"unrestrict 192.0.2.0/24 noquery\n"
		"unrestrict 10.0.0.0/8\n"
		"setvar site = \"Rack 4\" default\n", NULL);
	struct conf_limits *limits = &conf->limits;

	ok(limits->rate.average_log2 == 4 && limits->rate.minimum_s == 1 &&
	   limits->monitor == 10 && limits->rate.prefix6 == 56, "discard");
	ok(limits->mru.maxdepth == 5000 && limits->mru.maxmem_kb == 64 &&
	   limits->mru.mindepth == 600, "mru");
	is_int(conf_clients(&limits->mru), 5000, "so many are remembered");
	is_int(conf->restrict_n, 3, "restrict and unrestrict");
	is_int(conf->restricts[0].ippeerlimit, 3, "ippeerlimit");
	is_int(conf->restricts[1].flags, NTP_ACL_NOEPEER | NTP_ACL_EPEER |
	       NTP_ACL_NTPPORT, "flags with ntpport are apart");
	is_int(conf->restricts[2].flags, NTP_ACL_NOPEER, "one is taken away");
	ok(conf->setvar_n == 1 && conf->setvar[0].is_default, "setvar");
	is_str(conf->setvar[0].value, "Rack 4", "and its value");
	conf_free(conf);
	refused("discard average 18", "out of range");
	refused("discard averge 3", "did you mean \"average\"");
	refused("discard", "says nothing");
	refused("mru depth 4", "is no option of mru");
	fine("mru maxage 600", "maxage has no effect");
	refused("unrestrict default nosuch", "is no flag of restrict");
	fine("unrestrict 192.0.2.1", "no earlier line restricts it");
	refused("setvar a b", "wants NAME = VALUE");
	refused("dscp 64", "out of range");
	refused("leapsmearinterval 86401", "out of range");
	refused("tinker dispersion 1001", "out of range");
}

static void test_records(void)
{
	struct conf *conf = accepted(
		"statsdir /var/log/ntpstats/\n"
		"statistics loopstats rawstats\n"
		"filegen loopstats file loop type week nolink\n"
		"filegen sysstats type age enable\n"
		"filegen rawstats disable\n"
		"logconfig =syncall +clockinfo -syncstatus\n"
		"leapfile /l ignorehash\nleapsmearinterval 3600\n"
		"dscp 8\ntinker freq -7.25 dispersion 20\n"
		"ntpsigndsocket /var/lib/samba/ntp_signd\n", NULL);
	struct conf_files *files = &conf->files;
	struct conf_filegen *loop = &files->filegen[CONF_STATS_LOOP];

	ok(loop->is_enabled && !loop->has_link &&
	   loop->type == CONF_FILEGEN_WEEK, "loopstats");
	is_str(loop->file, "loop", "and their file");
	ok(files->filegen[CONF_STATS_SYS].is_enabled &&
	   files->filegen[CONF_STATS_SYS].type == CONF_FILEGEN_AGE &&
	   !files->filegen[CONF_STATS_RAW].is_enabled &&
	   !files->filegen[CONF_STATS_PEER].is_enabled, "the others");
	is_str(files->statsdir, "/var/log/ntpstats/", "statsdir");
	is_int(files->log_mask, 0xb100, "logconfig");
	ok(files->is_leap_unchecked && files->leapsmear_s == 3600 &&
	   conf->dscp == 8, "leapfile, dscp");
	ok(conf->tinker.has_freq && conf->tinker.freq_ppm == -7.25,
	   "the frequency to start with");
	is_int(conf->tinker.dispersion_ppm, 20, "how fast a clock gets worse");
	is_str(files->signd, "/var/lib/samba/ntp_signd", "Samba's socket");
	is_int(conf->ignored_n, 0, "all of these have an effect");
	conf_free(conf);
	refused("filegen loopstats file ../../etc/passwd", "is no name of");
	refused("filegen loopstats type dya", "did you mean \"day\"");
	refused("filegen loopstat", "did you mean \"loopstats\"");
	refused("filegen", "wants to know which");
	refused("filegen loopstats type", "write none, pid, day, week, month, year "
		"or age");
	refused("statistics", "wants to know which");
	refused("logconfig", "what to log");
	refused("logconfig =", "is no class");
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
	refused("nic", "write listen, ignore or drop");
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
		"no statsdir is named");

	is_int(conf->assoc_n, 2, "Debian's pools");
	is_int(conf->restrict_n, 5, "and its restrictions");
	is_int(report_n[CONF_ERROR], 0, "without an error");
	is_int(conf->ignored_n, 0, "and nothing is without effect");
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

/* An address of this host, if it has another one than the loopback's. */
static void test_own(void)
{
	struct ifaddrs *list, *at;
	char text[128] = "", host[INET6_ADDRSTRLEN];

	if (getifaddrs(&list))
		abort();
	for (at = list; at && !*text; at = at->ifa_next) {
		struct sockaddr_in *in = (struct sockaddr_in *)at->ifa_addr;

		if (!in || in->sin_family != AF_INET ||
		    ntohl(in->sin_addr.s_addr) >> 24 == 127)
			continue;
		inet_ntop(AF_INET, &in->sin_addr, host, sizeof(host));
		snprintf(text, sizeof(text), "server %s", host);
	}
	freeifaddrs(list);
	if (*text)
		fine(text, "is an address of this host");
	fine("server 192.0.2.1\nbroadcast 192.168.0.255", NULL);
	ok(!strstr(reported, "of this host"), "and others are not");
}

/* As many rules as there may be cost time by their number alone. */
static void test_many(void)
{
	enum { N = 100000 };
	char *text = malloc(N * 48), *at = text;
	struct timespec from, to;
	struct conf *conf;
	int err;

	for (unsigned int i = 0; i < N; i++)
		at += snprintf(at, 48, "restrict 10.%u.%u.%u noquery\n",
			       i >> 16, i >> 8 & 0xff, i & 0xff);
	clock_gettime(CLOCK_MONOTONIC, &from);
	conf = parse(text, &err);
	clock_gettime(CLOCK_MONOTONIC, &to);
	ok(!err && conf && conf->restrict_n == N, "a hundred thousand rules");
	diag("%.3f s", (double)(to.tv_sec - from.tv_sec) +
	     (double)(to.tv_nsec - from.tv_nsec) * 1e-9);
	conf_free(conf);
	free(text);
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
	is_int(conf_load(path, grammar, &conf, note_problem, NULL), -ENOENT,
	       "no file");
	ok(!conf && strstr(reported, "No such file") && strstr(reported, "-c"),
	   "is told with a remedy");
	reported[0] = '\0';
	is_int(conf_load(dir, grammar, &conf, note_problem, NULL), -EISDIR,
	       "a folder");
	for (int i = 0; i < 8; i++) {
		snprintf(path, sizeof(path), "%s/%d", dir, i);
		snprintf(text, sizeof(text), "server 192.0.2.%d\n"
			 "includefile %d\n", i, i + 1);
		write_file(path, text);
	}
	snprintf(path, sizeof(path), "%s/3", dir);
	reported[0] = '\0';
	is_int(conf_load(path, grammar, &conf, note_problem, NULL), 0,
	       "five files deep, the fifth is missing");
	is_int(conf ? conf->assoc_n : 0, 5, "the others were read");
	conf_free(conf);
	snprintf(path, sizeof(path), "%s/2", dir);
	reported[0] = '\0';
	is_int(conf_load(path, grammar, &conf, note_problem, NULL), -EINVAL,
	       "one file deeper");
	ok(strstr(reported, "/7:2:1: error: files include one another"),
	   "is told where it is");
	snprintf(path, sizeof(path), "%s/3", dir);
	write_file(path, "includefile 3\n");
	is_int(conf_load(path, grammar, &conf, note_problem, NULL), -EINVAL,
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
	test_server();
	test_fudge();
	test_tuning();
	test_modes();
	test_refclock();
	test_limits();
	test_records();
	test_nic();
	test_stock();
	test_own();
	test_many();
	test_files();
	test_equal();
	test_nearest();
	test_random();
	return tap_finish();
}
