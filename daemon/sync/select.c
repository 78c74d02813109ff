/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#include <stdlib.h>

#include "daemon/sync/select.h"

/* One of the three points that a source puts on the axis. */
struct edge {
	double at;
	int type;		/* -1 lower end, 0 midpoint, +1 upper end */
};

static int edge_order(const void *a, const void *b)
{
	const struct edge *x = a, *y = b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	/* Intervals that just touch do share a point. */
	return x->type - y->type;
}

/* The point from one side where all but @allow intervals have begun. */
static bool find_end(const struct edge *edge, size_t count, size_t need,
		     bool from_above, double *at, size_t *outside)
{
	size_t chime = 0;

	for (size_t i = 0; i < count; i++) {
		const struct edge *e = &edge[from_above ? count - 1 - i : i];
		int type = from_above ? -e->type : e->type;

		if (type < 0)
			chime++;
		else if (type > 0)
			chime--;
		else
			++*outside;
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
	for (size_t allow = 0; 2 * allow < n; allow++) {
		size_t outside = 0;

		if (!find_end(edge, 3 * n, n - allow, false, low, &outside) ||
		    !find_end(edge, 3 * n, n - allow, true, high, &outside))
			continue;
		/* A midpoint outside belongs to a falseticker. */
		if (outside <= allow && *low <= *high)
			return true;
	}
	return false;
}

size_t select_run(struct select_source *src, size_t n)
{
	struct edge edge[3 * SELECT_MAX];
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
		edge[3 * m] = (struct edge){ src[i].offset - src[i].dist, -1 };
		edge[3 * m + 1] = (struct edge){ src[i].offset, 0 };
		edge[3 * m + 2] = (struct edge){ src[i].offset + src[i].dist, 1 };
		m++;
	}
	if (!m)
		return 0;
	qsort(edge, 3 * m, sizeof(edge[0]), edge_order);
	found = intersect(edge, m, &low, &high);

	for (size_t i = 0; i < n; i++) {
		if (src[i].status != SELECT_FALSETICKER)
			continue;
		if (src[i].is_true || (found && src[i].offset >= low &&
				       src[i].offset <= high)) {
			src[i].status = SELECT_SURVIVOR;
			true_n++;
		}
	}
	return true_n;
}
