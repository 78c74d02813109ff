/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#include <stdlib.h>

#include "daemon/sync/select.h"

/* One of the two ends of a source's interval. */
struct edge {
	double at;
	int type;		/* -1 lower end, +1 upper end */
};

static int edge_order(const void *a, const void *b)
{
	const struct edge *x = a, *y = b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	/* Intervals that just touch do share a point. */
	return x->type - y->type;
}

/* The first point from one side that @need intervals share. */
static bool find_end(const struct edge *edge, size_t count, size_t need,
		     bool from_above, double *at)
{
	size_t chime = 0;

	for (size_t i = 0; i < count; i++) {
		const struct edge *e = &edge[from_above ? count - 1 - i : i];
		int type = from_above ? -e->type : e->type;

		if (type < 0)
			chime++;
		else
			chime--;
		if (chime >= need) {
			*at = e->at;
			return true;
		}
	}
	return false;
}

/* Return: true if more than half agree on the interval *@low to *@high. */
static bool intersect(const struct edge *edge, size_t n, double *low,
		      double *high)
{
	for (size_t need = n; 2 * need > n; need--)
		if (find_end(edge, 2 * n, need, false, low) &&
		    find_end(edge, 2 * n, need, true, high))
			return true;
	return false;
}

size_t select_run(struct select_source *src, size_t n)
{
	struct edge edge[2 * SELECT_MAX];
	double low = 0, high = 0;
	size_t m = 0, true_n = 0;
	bool found;

	for (size_t i = 0; i < n; i++) {
		if (src[i].status == SELECT_REJECT)
			continue;
		if (m == SELECT_MAX) {
			src[i].status = SELECT_EXCESS;
			continue;
		}
		src[i].status = SELECT_FALSETICKER;
		edge[2 * m] = (struct edge){ src[i].offset - src[i].dist, -1 };
		edge[2 * m + 1] = (struct edge){ src[i].offset + src[i].dist, 1 };
		m++;
	}
	if (!m)
		return 0;
	qsort(edge, 2 * m, sizeof(edge[0]), edge_order);
	found = intersect(edge, m, &low, &high);

	for (size_t i = 0; i < n; i++) {
		if (src[i].status != SELECT_FALSETICKER)
			continue;
		if (src[i].is_true ||
		    (found && src[i].offset - src[i].dist <= high &&
		     src[i].offset + src[i].dist >= low)) {
			src[i].status = SELECT_SURVIVOR;
			true_n++;
		}
	}
	return true_n;
}
