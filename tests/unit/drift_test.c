// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include <limits.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>

#include "daemon/engine/drift.h"
#include "tests/lib/tap.h"

#define NOW	1800000000.0

static char folder[] = "/tmp/kntp-drift.XXXXXX";
static char path[PATH_MAX], temp[PATH_MAX];

static void put(const char *text)
{
	FILE *file = fopen(path, "w");

	if (!file || fputs(text, file) < 0 || fclose(file))
		exit(1);
}

static const char *get(void)
{
	static char text[256];
	FILE *file = fopen(path, "r");
	size_t n = file ? fread(text, 1, sizeof(text) - 1, file) : 0;

	text[n] = '\0';
	if (file)
		fclose(file);
	return text;
}

static void test_read(void)
{
	static const struct {
		const char *text;
		bool is_good;
		double ppm;
	} t[] = {
		{ "15.962\n", true, 15.962 },
		{ "-0.001\n", true, -0.001 },
		{ "12.5", true, 12.5 },
		{ "7.0 1\n", true, 7 },	/* with a second field, as xntpd */
		{ "", false, 0 },
		{ "\n", false, 0 },
		{ "fast\n", false, 0 },
		{ "501\n", false, 0 },
		{ "nan\n", false, 0 },
		{ "inf\n", false, 0 },
	};
	struct drift_state state;

	drift_open(NULL);
	ok(!drift_read(NOW, &state), "no file is configured");
	drift_open(path);
	ok(!drift_read(NOW, &state), "the file is not there yet");
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		bool good;

		put(t[i].text);
		state.freq = 0;
		good = drift_read(NOW, &state);
		ok(good == t[i].is_good &&
		   fabs(state.freq - t[i].ppm * 1e-6) < 1e-12 &&
		   (!good || state.freq_sd == 1e-6),
		   "content %zu: %g ppm", i, t[i].ppm);
	}
}

static void test_write(void)
{
	struct drift_state state = {
		.freq = -12.3456e-6,
		.freq_sd = 5e-8,
		.wander = 1e-9,
	};
	struct stat st;
	double ppm = 0;

	drift_write(NOW, &state);
	is_str(get(), "-12.346\nkntp 1 -12.345600 0.050000 1.000e-03 "
	       "1800000000\n", "first line in ppm, three places, then all");
	ok(sscanf(get(), "%lf", &ppm) == 1 && ppm == -12.346,
	   "ntpd reads the first line");
	ok(stat(temp, &st) != 0, "no temporary file stays");
	ok(!stat(path, &st) && (st.st_mode & 0777) == 0644, "mode 0644");
	ok(drift_read(NOW + 60, &state) &&
	   fabs(state.freq + 12.3456e-6) < 1e-15 &&
	   state.freq_sd < 6e-8 && state.wander == 1e-9,
	   "minutes later it is as good as it was");
	ok(drift_read(NOW + 1e6, &state) &&
	   fabs(state.freq_sd - hypot(5e-8, 1e-6)) < 1e-12,
	   "after days it is worth less by the stability");
	ok(drift_read(NOW - 1e6, &state) && state.freq_sd >= 1e-6,
	   "nor is a clock believed that was set back");

	/* A folder in the way of the temporary file: nothing can be written. */
	if (mkdir(temp, 0755))
		exit(1);
	state.freq = 1e-6;
	drift_write(NOW, &state);
	ok(!strncmp(get(), "-12.346\n", 8), "a failure leaves the old value");
	rmdir(temp);
	drift_write(NOW, &state);
	ok(!strncmp(get(), "1.000\n", 6), "and the next one succeeds");
	put("2.500\nkntp 1 1.000000 0.001000 1e-3 1800000000\n");
	ok(drift_read(NOW, &state) && fabs(state.freq - 2.5e-6) < 1e-15 &&
	   state.freq_sd == 1e-6, "a first line that was edited holds");
}

static void test_due(void)
{
	struct drift_state state = { .freq = 3e-6 };

	drift_open(NULL);
	ok(drift_is_due(1e-6, 1e-7), "without a file all is due");
	drift_open(path);
	ok(drift_is_due(1e-6, 1e-7), "and before it was read");
	drift_write(NOW, &state);
	ok(drift_is_due(3.1e-6, 0), "no threshold: always");
	ok(drift_is_due(3.2e-6, 1e-7), "more than the threshold");
	ok(!drift_is_due(3.03e-6, 1e-7), "less");
	ok(!drift_is_due(2.97e-6, 1e-7), "less than half of it");
	ok(drift_is_due(3.03e-6, 1e-7), "not less than a quarter");
	drift_write(NOW, &state);
	ok(!drift_is_due(3.03e-6, 1e-7), "after a write all of it counts");
	put("3.500\n");
	drift_read(NOW, &state);
	ok(drift_is_due(3.03e-6, 1e-7) && !drift_is_due(3.5e-6, 1e-7),
	   "what was read is not written again");
}

int main(void)
{
	tap_start();
	if (!mkdtemp(folder))
		skip_all("no room for files in /tmp");
	snprintf(path, sizeof(path), "%s/drift", folder);
	snprintf(temp, sizeof(temp), "%s/drift.TEMP", folder);
	test_read();
	test_write();
	test_due();
	unlink(path);
	rmdir(folder);
	return tap_finish();
}
