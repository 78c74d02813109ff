// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include <math.h>
#include <stdio.h>

#include "tests/sim/plot.h"

/* Two panels side by side, in pixels. */
#define HEIGHT		300
#define TOP		30
#define INNER		230
#define LEFT		70
#define WIDE		720
#define LEFT2		880
#define WIDE2		300
#define WIDTH		1200

const char *plot_seconds(double s, char *buf)
{
	static const char *const unit[] = { "s", "ms", "us", "ns" };
	int i = 0;

	while (i < 3 && s != 0 && fabs(s) < 0.9995) {
		s *= 1e3;
		i++;
	}
	snprintf(buf, 32, "%.3g %s", s, unit[i]);
	return buf;
}

static void text(FILE *f, double x, double y, const char *anchor,
		 const char *words)
{
	fprintf(f, "<text x='%.1f' y='%.1f' text-anchor='%s'>%s</text>\n", x, y,
		anchor, words);
}

static void frame(FILE *f, double x, double top, double wide, double high)
{
	fprintf(f, "<rect x='%.1f' y='%.1f' width='%.1f' height='%.1f' "
		"fill='none' stroke='#888'/>\n", x, top, wide, high);
}

static void begin(FILE *f, int wide, int high)
{
	fprintf(f, "<svg xmlns='http://www.w3.org/2000/svg' width='%d' "
		"height='%d' font-family='sans-serif' font-size='11'>\n"
		"<!-- SPDX-License-Identifier: GPL-2.0-only OR MIT -->\n"
		"<rect width='100%%' height='100%%' fill='white'/>\n",
		wide, high);
}

/* 1, 2 or 5 times a power of ten, not above @v. */
static double nice(double v)
{
	double ten = pow(10, floor(log10(v)));

	return v >= 5 * ten ? 5 * ten : v >= 2 * ten ? 2 * ten : ten;
}

static double y_in(double top, double high, double v, double limit)
{
	return fmin(fmax(top + high / 2 * (1 - v / limit), top), top + high);
}

static double y_of(double err, double limit)
{
	return y_in(TOP, INNER, err, limit);
}

/* The error's least and greatest value in each column of pixels. */
static void draw_error(FILE *f, const struct meter *meter, double limit)
{
	fprintf(f, "<path stroke='#1f5fbf' fill='none' d='");
	for (int x = 0; x < WIDE; x++) {
		size_t from = meter->n * x / WIDE;
		size_t to = meter->n * (x + 1) / WIDE;
		double low = INFINITY, high = -INFINITY;

		if (to == from)
			to++;
		for (size_t i = from; i < to && i < meter->n; i++) {
			low = fmin(low, meter->reading[i].err);
			high = fmax(high, meter->reading[i].err);
		}
		if (low <= high)
			fprintf(f, "M%d %.1fV%.1f", LEFT + x,
				y_of(high, limit) - 0.4, y_of(low, limit) + 0.4);
	}
	fprintf(f, "'/>\n");
}

static void draw_bound(FILE *f, const struct meter *meter, double limit,
		       int sign)
{
	bool is_down = false;

	fprintf(f, "<path stroke='#b0b0b0' fill='none' d='");
	for (int x = 0; x < WIDE; x++) {
		double bound = meter->reading[meter->n * x / WIDE].bound;

		/* What is off the scale is left out. */
		if (isnan(bound) || bound > limit) {
			is_down = false;
			continue;
		}
		fprintf(f, "%c%d %.1f", is_down ? 'L' : 'M', LEFT + x,
			y_of(sign * bound, limit));
		is_down = true;
	}
	fprintf(f, "'/>\n");
}

static void draw_scale(FILE *f, double top, double high, double limit)
{
	double step = nice(limit / 1.5);
	char buf[32];

	for (double v = -2 * step; v < limit; v += step) {
		double y = y_in(top, high, v, limit);

		if (v < -limit)
			continue;
		fprintf(f, "<path stroke='#ddd' d='M%d %.1fh%d'/>\n", LEFT, y,
			WIDE);
		text(f, LEFT - 4, y + 4, "end",
		     plot_seconds(fabs(v) < step / 2 ? 0 : v, buf));
	}
}

static void draw_time(FILE *f, double bottom, double seconds)
{
	double step = nice(seconds / 4.0);
	char buf[32];

	for (double t = 0; t <= seconds; t += step) {
		snprintf(buf, sizeof(buf), "%g s", t);
		text(f, LEFT + WIDE * t / seconds, bottom + 16, "middle", buf);
	}
}

static void draw_offset(FILE *f, const struct meter *meter, double from,
			double to)
{
	double limit = 1.3 * meter_get(meter, "max", 0, from, to);

	if (!(limit > 0))
		limit = 1e-6;
	frame(f, LEFT, TOP, WIDE, INNER);
	draw_bound(f, meter, limit, 1);
	draw_bound(f, meter, limit, -1);
	draw_error(f, meter, limit);
	draw_scale(f, TOP, INNER, limit);
	draw_time(f, TOP + INNER, meter->n);
}

static void draw_allan(FILE *f, const struct meter *meter, double from,
		       double to)
{
	double adev[32], low = INFINITY, high = -INFINITY;
	int n = 0, decades;
	char buf[32];

	while (n < 31 && 4.0 * (1U << n) < to - from) {
		adev[n] = meter_allan(meter, from, to, 1U << n);
		low = fmin(low, adev[n]);
		high = fmax(high, adev[n]);
		n++;
	}
	frame(f, LEFT2, TOP, WIDE2, INNER);
	if (n < 2 || !(low > 0))
		return;
	low = floor(log10(low));
	high = ceil(log10(high) + 1e-9);
	decades = (int)(high - low);
	for (int i = 0; i <= decades; i++) {
		double y = TOP + INNER - (double)INNER * i / decades;

		fprintf(f, "<path stroke='#ddd' d='M%d %.1fh%d'/>\n", LEFT2, y,
			WIDE2);
		snprintf(buf, sizeof(buf), "1e%.0f", low + i);
		text(f, LEFT2 - 4, y + 4, "end", buf);
	}
	fprintf(f, "<path stroke='#b03030' stroke-width='1.5' fill='none' d='");
	for (int i = 0; i < n; i++)
		fprintf(f, "%c%.1f %.1f", i ? 'L' : 'M',
			LEFT2 + (double)WIDE2 * i / (n - 1), TOP + INNER -
			INNER * (log10(adev[i]) - low) / decades);
	fprintf(f, "'/>\n");
	for (int i = 0; i < n; i += 4) {
		snprintf(buf, sizeof(buf), "%u s", 1U << i);
		text(f, LEFT2 + (double)WIDE2 * i / (n - 1), TOP + INNER + 16,
		     "middle", buf);
	}
}

bool plot_write(const char *path, const char *title, const struct meter *meter,
		double from, double to)
{
	FILE *f = fopen(path, "we");

	if (!f)
		return false;
	begin(f, WIDTH, HEIGHT);
	text(f, LEFT, TOP - 10, "start", title);
	text(f, LEFT2, TOP - 10, "start", "Allan deviation of the error");
	if (meter->n) {
		draw_offset(f, meter, from, to);
		draw_allan(f, meter, from, to);
	}
	fprintf(f, "</svg>\n");
	return !fclose(f);
}

static void draw_row(FILE *f, const struct plot_row *row, double top,
		     double high, double seconds)
{
	bool is_down = false;
	double limit = 0;

	for (size_t i = 0; i < row->n; i++)
		limit = fmax(limit, 1.1 * fabs(row->v[i]));
	if (!(limit > 0))
		limit = 1e-9;
	text(f, LEFT, top - 6, "start", row->title);
	frame(f, LEFT, top, WIDE, high);
	draw_scale(f, top, high, limit);
	fprintf(f, "<path stroke='#1f5fbf' fill='none' d='");
	for (size_t i = 0; i < row->n; i++) {
		if (isnan(row->v[i]))
			continue;
		fprintf(f, "%c%.1f %.1f", is_down ? 'L' : 'M',
			LEFT + WIDE * (i + 0.5) / row->n,
			y_in(top, high, row->v[i], limit));
		is_down = true;
	}
	fprintf(f, "'/>\n");
	draw_time(f, top + high, seconds);
}

bool plot_rows(const char *path, const struct plot_row *row, size_t n,
	       double seconds)
{
	const double high = 110, apart = high + 50;
	FILE *f = fopen(path, "we");

	if (!f)
		return false;
	begin(f, LEFT + WIDE + 30, (int)(n * apart));
	for (size_t i = 0; i < n; i++)
		draw_row(f, &row[i], i * apart + 24, high, seconds);
	fprintf(f, "</svg>\n");
	return !fclose(f);
}
