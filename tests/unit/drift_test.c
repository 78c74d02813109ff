// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include <limits.h>
#include <math.h>
#include <sys/stat.h>

#include "daemon/engine/drift.h"
#include "tests/lib/tap.h"

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
	static char text[64];
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
	double freq;

	drift_open(NULL);
	ok(!drift_read(&freq), "no file is configured");
	drift_open(path);
	ok(!drift_read(&freq), "the file is not there yet");
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		bool good;

		put(t[i].text);
		freq = 0;
		good = drift_read(&freq);
		ok(good == t[i].is_good &&
		   fabs(freq - t[i].ppm * 1e-6) < 1e-12,
		   "content %zu: %g ppm", i, t[i].ppm);
	}
}

static void test_write(void)
{
	struct stat st;
	double freq;

	drift_write(-12.3456e-6);
	is_str(get(), "-12.346\n", "one line in ppm, three places");
	ok(stat(temp, &st) != 0, "no temporary file stays");
	ok(!stat(path, &st) && (st.st_mode & 0777) == 0644, "mode 0644");
	ok(drift_read(&freq) && fabs(freq + 12.346e-6) < 1e-15, "read again");

	/* A folder in the way of the temporary file: nothing can be written. */
	if (mkdir(temp, 0755))
		exit(1);
	drift_write(1e-6);
	is_str(get(), "-12.346\n", "a failure leaves the old value");
	rmdir(temp);
	drift_write(1e-6);
	is_str(get(), "1.000\n", "and the next one succeeds");
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
	unlink(path);
	rmdir(folder);
	return tap_finish();
}
