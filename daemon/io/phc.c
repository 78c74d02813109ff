// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include "daemon/io/phc.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "daemon/io/loop.h"

/* Nobody keeps a packet longer: such a stamp is of another clock. */
#define SPAN_NS		(60 * LOOP_NS_PER_S)

/* One with stamps in hardware; there are a few of them at the most. */
struct nic {
	struct nic *next;
	unsigned int ifindex;
	struct phc_line line;
};

static struct nic *nics;

static struct nic **find(unsigned int ifindex)
{
	struct nic **at = &nics;

	while (*at && (*at)->ifindex != ifindex)
		at = &(*at)->next;
	return at;
}

void phc_set_line(unsigned int ifindex, const struct phc_line *line)
{
	struct nic **at = find(ifindex), *nic = *at;

	if (!line) {
		if (nic)
			*at = nic->next;
		free(nic);
		return;
	}
	if (!nic) {
		nic = calloc(1, sizeof(*nic));
		/* Stamps of the kernel do, then. */
		if (!nic)
			return;
		nic->ifindex = ifindex;
		nic->next = nics;
		nics = nic;
	}
	nic->line = *line;
}

bool phc_has_line(unsigned int ifindex)
{
	const struct nic *nic = *find(ifindex);

	return nic && loop_now_ns() < nic->line.until_ns;
}

int phc_to_real(unsigned int ifindex, enum phc_way way, int64_t raw_ns,
		int64_t *real_ns, int64_t *error_ns)
{
	const struct nic *nic = *find(ifindex);
	const struct phc_line *line = nic ? &nic->line : NULL;
	int64_t since;

	if (!line || loop_now_ns() >= line->until_ns)
		return -ENODATA;
	/* What a NIC says may be anything: no sum may overflow. */
	if (__builtin_sub_overflow(raw_ns, line->phc_ns, &since) ||
	    since > SPAN_NS || since < -SPAN_NS)
		return -ENODATA;
	*real_ns = line->real_ns + since +
		   llround((double)since * line->rate) +
		   (way == PHC_TRANSMIT ? line->txcomp_ns : -line->rxcomp_ns);
	if (error_ns)
		*error_ns = llround(ceil(line->error_ns + line->error_rate *
					 fabs((double)since)));
	return 0;
}

void phc_forget(void)
{
	while (nics)
		phc_set_line(nics->ifindex, NULL);
}
