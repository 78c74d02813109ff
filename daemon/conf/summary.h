/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef SUMMARY_H
#define SUMMARY_H

#include <stdio.h>

#include "daemon/conf/conf.h"

/** summary_print() - what a configuration means, in plain words, for people */
void summary_print(const struct conf *conf, FILE *to);

#endif
