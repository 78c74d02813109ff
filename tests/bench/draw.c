// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
/*
 * draw - offsets that tests/bench/nic has written down, as a picture.
 */
#include "tests/sim/plot.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	ROWS_MAX = 16,
};

static void usage(FILE *to)
{
	fputs("Usage: draw -o FILE -n SAMPLES [-w SAMPLES] [-r RATE] nic-NAME...\n"
	      "Draw the first column of each file, ns, as SVG: a row a file. What the client\n"
	      "has rejected (second column 0) is left out.\n\n"
	      "  -o FILE  to be written\n"
	      "  -n N     samples of each\n"
	      "  -w N     after so many (0)\n"
	      "  -r N     as many a second (8)\n", to);
}

static void die(const char *what)
{
	fprintf(stderr, "draw: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* The samples of a file from @warm on. Return: how many there are, up to @n. */
static size_t read_samples(const char *path, size_t warm, size_t n, double *v)
{
	FILE *f = fopen(path, "re");
	size_t line = 0, got = 0;
	char text[128];

	if (!f)
		die(path);
	while (got < n && fgets(text, sizeof(text), f)) {
		char *end;
		double ns = strtod(text, &end);

		if (line++ >= warm)
			v[got++] = strtol(end, NULL, 10) == 1 ? ns * 1e-9 : NAN;
	}
	fclose(f);
	return got;
}

int main(int argc, char **argv)
{
	struct plot_row row[ROWS_MAX];
	const char *out = NULL, *name;
	size_t n = 0, warm = 0, rows;
	double rate = 8;
	int opt;

	while ((opt = getopt(argc, argv, "o:n:w:r:h")) != -1) {
		switch (opt) {
		case 'o': out = optarg; break;
		case 'n': n = strtoul(optarg, NULL, 10); break;
		case 'w': warm = strtoul(optarg, NULL, 10); break;
		case 'r': rate = strtod(optarg, NULL); break;
		case 'h': usage(stdout); return 0;
		default: usage(stderr); return 2;
		}
	}
	rows = argc - optind;
	if (!out || !n || !(rate > 0) || !rows || rows > ROWS_MAX) {
		usage(stderr);
		return 2;
	}
	for (size_t i = 0; i < rows; i++) {
		double *v = calloc(n, sizeof(*v));

		if (!v)
			die("samples");
		name = strstr(argv[optind + i], "nic-");
		row[i] = (struct plot_row){
			.title = name ? name + strlen("nic-") : argv[optind + i],
			.v = v,
			.n = read_samples(argv[optind + i], warm, n, v),
		};
	}
	if (!plot_rows(out, row, rows, n / rate))
		die(out);
	return 0;
}
