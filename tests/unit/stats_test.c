// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include <math.h>
#include <regex.h>
#include <unistd.h>

#include "daemon/engine/assoc.h"
#include "daemon/engine/clock.h"
#include "daemon/engine/stats.h"
#include "tests/lib/tap.h"
#include "tools/lib/log.h"

/* Day and second of it, in front of each line. */
#define WHEN	"^[0-9]{5} [0-9]{1,5}\\.[0-9]{3} "
#define SECONDS	"-?[0-9]+\\.[0-9]{9}"

static char dir[] = "/tmp/stats_test.XXXXXX";
static char text[8192];
static struct conf conf;
static struct assoc assoc;
static struct peer peer;

static const char *content(const char *name)
{
	char path[128];
	size_t n;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "r");
	n = f ? fread(text, 1, sizeof(text) - 1, f) : 0;
	text[n] = '\0';
	if (f)
		fclose(f);
	return f ? text : "(none)";
}

static bool matches(const char *name, const char *pattern)
{
	regex_t regex;
	bool is_match;

	content(name);
	if (regcomp(&regex, pattern, REG_EXTENDED | REG_NEWLINE | REG_NOSUB))
		abort();
	is_match = !regexec(&regex, text, 0, NULL, 0);
	regfree(&regex);
	if (!is_match)
		printf("# in %s: %s\n", name, text);
	return is_match;
}

static void set_addr(const char *addr, struct ntp_addr *to)
{
	u32 scope;

	if (addr_parse(addr, to, &scope))
		abort();
}

static void set_up(void)
{
	conf.files.statsdir = dir;
	conf.files.log_mask = CONF_LOG_DEFAULT;
	conf.enabled.stats = true;
	for (int i = 0; i < CONF_STATS_COUNT; i++)
		conf.files.filegen[i] = (struct conf_filegen){
			.is_enabled = true, .type = CONF_FILEGEN_NONE };
	assoc.conf.kind = CONF_SERVER;
	peer.assoc = &assoc;
	set_addr("192.168.0.203", &peer.addr.addr);
	peer.hpoll = 3;
	filter_init(&peer.filter, 0, 1e-6);
	for (int i = 0; i < 8; i++) {
		struct filter_sample s = { .when = clock_now() - 8 + i,
					   .offset = 18.998e-6,
					   .delay = 57.66e-6, .disp = 1e-6 };

		filter_add(&peer.filter, &s);
	}
	peer.disp = 1e-6;
}

static void files(void)
{
	struct combine_result what = { .offset = -18.998e-6,
				       .jitter = 6.717e-6 };
	struct ntp_packet pkt = { .leap = 1, .version = 4, .mode = 4,
				  .stratum = 2, .poll = 6, .precision = -23,
				  .refid = 0xc0a800cb };
	struct ntp_addr local;
	char line[192];
	double day, now_day;

	stats_loop(&what, &peer);
	ok(matches("loopstats", WHEN "-0\\.000018998 -?[0-9]+\\.[0-9]{3} "
		   "0\\.000006717 [0-9]+\\.[0-9]{6} 3$"), "loopstats");
	now_day = floor(clock_real_ns() / 86400e9) + 40587;
	day = strtod(content("loopstats"), NULL);
	ok(day == now_day || day == now_day - 1,
	   "the day is counted from 1858-11-17");
	stats_peer(&peer);
	ok(matches("peerstats", WHEN "192\\.168\\.0\\.203 8000 "
		   "0\\.00001[0-9]{4} 0\\.00005[0-9]{4} " SECONDS " " SECONDS
		   "$"), "peerstats");

	/* 2^31 / 2^32 s and half a unit of the ninth digit more. */
	pkt.org.v = 3643512889ULL << 32 | 1ULL << 31;
	pkt.rec.v = 3643512889ULL << 32 | 0xffffffff;
	pkt.xmt.v = 0xffffffffULL << 32 | 0xffffffff;
	set_addr("192.168.0.204", &local);
	stats_raw(&peer, &pkt, &local, 0);
	snprintf(line, sizeof(line), "192.168.0.203 192.168.0.204 "
		 "3643512889.500000000 3643512890.000000000 0.000000000 "
		 "2208988800.000000000 1 4 4 2 6 -23 0.000000 0.000000 "
		 "192.168.0.203\n");
	ok(strstr(content("rawstats"), line) != NULL, "rawstats");
	pkt.stratum = 1;
	pkt.refid = 0x47505300;
	stats_raw(&peer, &pkt, NULL, 0);
	ok(matches("rawstats", WHEN "192\\.168\\.0\\.203 - .* \\.GPS\\.$"),
	   "stratum 1 has a name for reference");

	set_addr("2001:db8::7", &peer.addr.addr);
	stats_peer(&peer);
	ok(matches("peerstats", WHEN "2001:db8::7 8000 "), "over IPv6");
	set_addr("192.168.0.203", &peer.addr.addr);
}

static void clocks(void)
{
	assoc.conf.kind = CONF_REFCLOCK;
	assoc.conf.refclock_type = 28;
	assoc.conf.refclock_unit = 3;
	peer.clock = (struct peer_clock *)&peer;
	stats_clock(&peer, "not asked for");
	is_str(content("clockstats"), "(none)", "no clockstats without flag4");
	assoc.conf.fudge_flag[3] = true;
	stats_clock(&peer, "what it said");
	ok(matches("clockstats", WHEN "127\\.127\\.28\\.3 what it said$"),
	   "clockstats");
	peer.clock = NULL;
	assoc.conf.kind = CONF_SERVER;
}

static void events(void)
{
	ok(matches("protostats", WHEN "0\\.0\\.0\\.0 c016 06 restart$"),
	   "the start is an event");
	stats_peer_event(&peer, STATS_PEER_MOBILIZE, "");
	ok(matches("protostats", WHEN "192\\.168\\.0\\.203 8011 81 mobilize$"),
	   "so is a new peer");
	stats_peer_event(&peer, STATS_PEER_REACHABLE, "");
	peer.reach = 1;
	is_int(stats_peer_status(&peer), 0x9024, "as ntpd has it");
	peer.status = SELECT_SYSPEER;
	is_int(stats_peer_status(&peer), 0x9624, "the system peer");
	assoc.conf.key = 4;
	is_int(stats_peer_status(&peer), 0xd624, "with a key");
	peer.received = 1;
	is_int(stats_peer_status(&peer), 0xf624, "that it used");
	for (int i = 0; i < 20; i++)
		stats_peer_event(&peer, STATS_PEER_POPCORN, "+0.1 s");
	is_int(stats_peer_status(&peer), 0xf6fd, "15 events are many");
	ok(matches("protostats", "f6fd 8d popcorn \\+0\\.1 s$"),
	   "there can be more to say");
	stats_event(STATS_CLOCK_STEP, "+1.5 s");
	ok(matches("protostats", WHEN "0\\.0\\.0\\.0 c02c 0c clock_step "
		   "\\+1\\.5 s$"), "of the system, too");
	is_int(stats_status(), 0xc02c, "which is its status word");

	snprintf(text, sizeof(text), "%s/log", dir);
	log_set_file(text);
	stats_event(STATS_CLOCK_SYNC, "");
	ok(!strstr(content("log"), "clock_sync"), "the log has none of it");
	conf.files.log_mask = CONF_LOG_BIT(CONF_LOG_SYS, CONF_LOG_EVENTS);
	stats_apply(&conf);
	stats_event(STATS_NO_PEER, "");
	stats_peer_event(&peer, STATS_PEER_UNREACHABLE, "");
	ok(matches("log", ": 0\\.0\\.0\\.0 c048 08 no_sys_peer$"),
	   "unless logconfig asks for it");
	ok(!strstr(content("log"), "unreachable"), "class by class");
	log_set_file(NULL);
}

int main(void)
{
	char command[64];
	size_t before;

	tap_start();
	if (!mkdtemp(dir))
		abort();
	set_up();
	stats_init();
	stats_peer(&peer);
	stats_apply(&conf);
	is_str(content("peerstats"), "(none)", "nothing before it is asked for");
	files();
	clocks();
	events();
	conf.enabled.stats = false;
	stats_apply(&conf);
	before = strlen(content("peerstats"));
	stats_peer(&peer);
	is_int(strlen(content("peerstats")), before, "disable stats ends it");
	stats_close();
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	is_int(system(command), 0, "tidied up");
	return tap_finish();
}
