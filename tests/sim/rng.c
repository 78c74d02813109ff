// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include <math.h>

#include "tests/sim/rng.h"

/* splitmix64 */
uint64_t rng_bits(struct rng *rng)
{
	uint64_t v = rng->state += 0x9e3779b97f4a7c15ULL;

	v = (v ^ v >> 30) * 0xbf58476d1ce4e5b9ULL;
	v = (v ^ v >> 27) * 0x94d049bb133111ebULL;
	return v ^ v >> 31;
}

void rng_seed(struct rng *rng, uint64_t seed, const char *use)
{
	rng->state = seed;
	for (; *use; use++)
		rng->state = rng_bits(rng) ^ (unsigned char)*use;
	rng->state = rng_bits(rng);
}

double rng_uniform(struct rng *rng)
{
	return ((double)(rng_bits(rng) >> 12) + 0.5) / 0x1p52;
}

double rng_exponential(struct rng *rng)
{
	return -log(rng_uniform(rng));
}

double rng_normal(struct rng *rng)
{
	double r = sqrt(2 * rng_exponential(rng));

	return r * cos(2 * M_PI * rng_uniform(rng));
}
