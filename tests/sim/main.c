// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tests/sim/plot.h"
#include "tests/sim/report.h"
#include "tests/sim/script.h"
#include "tests/sim/world.h"

/* Runs of the daemon's engine in virtual time; see simulation.rst. */

/* What the slowest run has to be faster than, by CPU time. */
#define SPEED_MIN	2000

static struct {
	unsigned long seeds;
	unsigned long first;
	const char *dir;
	bool is_verbose;
	bool is_dumped;
} opt = { .seeds = 3, .first = 1 };

static double cpu_s(void)
{
	struct rusage use;

	getrusage(RUSAGE_SELF, &use);
	return use.ru_utime.tv_sec + use.ru_utime.tv_usec * 1e-6;
}

static uint64_t add_hash(uint64_t hash, double v)
{
	uint64_t bits;

	memcpy(&bits, &v, sizeof(bits));
	return (hash ^ bits) * 0x100000001b3ULL;
}

/* Two runs are the same if all that was measured is, to the last bit. */
static uint64_t hash_world(void)
{
	uint64_t hash = 0xcbf29ce484222325ULL;

	for (unsigned int i = 0; i < world.node_n; i++) {
		const struct meter *m = &world.node[i].meter;

		for (size_t j = 0; j < m->n; j++) {
			hash = add_hash(hash, m->reading[j].err);
			hash = add_hash(hash, m->reading[j].bound);
			hash = add_hash(hash, m->reading[j].sent);
		}
	}
	return hash;
}

static void dump(const struct meter *m)
{
	for (size_t i = 0; i < m->n; i++)
		printf("%zu %.9e %.3e %.3e %.6e %.3e %u\n", i + 1,
		       m->reading[i].err, m->reading[i].bound,
		       m->reading[i].freq, m->reading[i].estimate,
		       m->reading[i].sd, m->reading[i].sent);
}

/* One seed; leaves the world as it is at the end. */
static void simulate(struct script *script, uint64_t seed)
{
	world_init(seed);
	world.dir = opt.dir ? opt.dir : "/tmp";
	world.is_verbose = opt.is_verbose;
	script_set_up(script);
	world_run();
}

static void run_seed(struct script *script, size_t i, struct report_run *run)
{
	const struct script_window *shown = &script->shown;
	double began = cpu_s();
	const struct meter *m;
	char path[512];

	simulate(script, opt.first + i);
	run->speed = world.length / fmax(cpu_s() - began, 1e-6);
	script_measure(script, i);
	m = &world_find_node(shown->node)->meter;
	report_measure(run, m, shown->from, shown->to);
	if (opt.is_dumped)
		dump(m);
	if (i || !opt.dir)
		return;
	snprintf(path, sizeof(path), "%s/%s.svg", opt.dir, script->name);
	if (!plot_write(path, script->title, m, shown->from, shown->to))
		fprintf(stderr, "sim: cannot write %s\n", path);
}

static bool tell_checks(const struct script *script)
{
	bool is_good = true;
	char buf[32];

	for (size_t i = 0; i < script->check_n; i++) {
		const struct script_check *c = &script->check[i];
		double value;
		bool holds = script_judge(c, opt.seeds, &value);

		is_good &= holds;
		printf("%sok %zu - %s: %s is %s\n", holds ? "" : "not ", i + 1,
		       script->name, c->line, report_value(c, value, buf));
		if (holds)
			continue;
		for (size_t j = 0; j < opt.seeds; j++)
			printf("# seed %lu: %s\n", opt.first + j,
			       report_value(c, c->value[j], buf));
	}
	return is_good;
}

/* One more line of TAP, for what holds without being asked for. */
static bool tell(bool holds, size_t n, const struct script *script,
		 const char *what)
{
	printf("%sok %zu - %s: %s\n", holds ? "" : "not ", n, script->name,
	       what);
	return holds;
}

static bool tell_speed(size_t n, const struct script *script,
		       const struct report_run *run)
{
	char what[80];
	double slowest = INFINITY;

	for (size_t i = 0; i < opt.seeds; i++)
		slowest = fmin(slowest, run[i].speed);
	snprintf(what, sizeof(what), "%.0f times real time, %d are wanted",
		 slowest, SPEED_MIN);
	return tell(slowest > SPEED_MIN, n, script, what);
}

static int run_script(const char *path)
{
	static struct report_run run[SCRIPT_SEEDS];
	static struct script script;
	uint64_t first = 0;
	bool is_good;
	size_t n;

	if (!script_load(&script, path))
		return 1;
	for (size_t i = 0; i < opt.seeds; i++) {
		run_seed(&script, i, &run[i]);
		if (!i)
			first = hash_world();
		world_free();
	}
	is_good = tell_checks(&script);
	n = script.check_n;
	is_good &= tell_speed(++n, &script, run);
	if (script.is_repeated) {
		simulate(&script, opt.first);
		is_good &= tell(hash_world() == first, ++n, &script,
				"the same seed makes the same run");
		world_free();
	}
	printf("1..%zu\n", n);
	if (opt.dir && !report_row(opt.dir, &script, run, opt.seeds)) {
		fprintf(stderr, "sim: cannot write to %s\n", opt.dir);
		is_good = false;
	}
	script_free(&script);
	return is_good ? 0 : 1;
}

static int usage(void)
{
	fprintf(stderr, "usage: kntpsim [-v] [-d] [-s SEEDS] [-f FIRST-SEED] "
		"[-o DIR] FILE.sim\n       kntpsim -r DIR\n");
	return 2;
}

int main(int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "vds:f:o:r:")) != -1) {
		switch (c) {
		case 'v':
			opt.is_verbose = true;
			break;
		case 'd':
			opt.is_dumped = true;
			break;
		case 's':
			opt.seeds = strtoul(optarg, NULL, 10);
			break;
		case 'f':
			opt.first = strtoul(optarg, NULL, 10);
			break;
		case 'o':
			opt.dir = optarg;
			break;
		case 'r':
			return report_index(optarg);
		default:
			return usage();
		}
	}
	if (optind + 1 != argc || !opt.seeds || opt.seeds > SCRIPT_SEEDS)
		return usage();
	return run_script(argv[optind]);
}
