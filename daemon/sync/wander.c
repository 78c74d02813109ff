/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#include <math.h>

#include "daemon/sync/wander.h"

/* Wander up to which no oscillator surprises. */
#define USUAL		1e-8

double wander_sd(int i)
{
	return 1e-11 * pow(10.0, i / 2.0);
}

/* Restless oscillators are rare, the more so the worse. */
void wander_prior(double share[WANDER_MODELS])
{
	double sum = 0;

	for (int i = 0; i < WANDER_MODELS; i++) {
		share[i] = fmin(1, USUAL / wander_sd(i));
		sum += share[i];
	}
	for (int i = 0; i < WANDER_MODELS; i++)
		share[i] /= sum;
}
