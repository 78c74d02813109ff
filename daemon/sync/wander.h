/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef SYNC_WANDER_H
#define SYNC_WANDER_H

/*
 * How restless an oscillator may be: its frequency walks at random by so much
 * per root second. Nobody knows how much, so that several models are followed.
 */
enum {
	WANDER_MODELS	= 13,	/* 1e-11 to 1e-5, half a decade each */
};

/* Chance that the oscillator has become another one between two samples. */
#define WANDER_SWITCH	0.001

/** wander_sd() - random walk of model @i's frequency, s/s per root second */
double wander_sd(int i);

/** wander_prior() - how likely each model is before anything was seen */
void wander_prior(double share[WANDER_MODELS]);

#endif
