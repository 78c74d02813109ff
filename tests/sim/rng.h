/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef SIM_RNG_H
#define SIM_RNG_H

#include <stdint.h>

/* Repeatable randomness. Each use has a stream of its own, so that what one
 * part draws changes nothing for the others.
 */

/** struct rng - a stream of random numbers; a plain value */
struct rng {
	uint64_t state;
};

/**
 * rng_seed() - start a stream
 * @seed: of the run
 * @use: what the stream is for, any two different texts are independent
 */
void rng_seed(struct rng *rng, uint64_t seed, const char *use);

/** rng_bits() - 64 random bits */
uint64_t rng_bits(struct rng *rng);

/** rng_uniform() - above 0 and below 1 */
double rng_uniform(struct rng *rng);

/** rng_exponential() - exponentially distributed, of mean 1 */
double rng_exponential(struct rng *rng);

/** rng_normal() - normally distributed, of mean 0 and variance 1 */
double rng_normal(struct rng *rng);

#endif
