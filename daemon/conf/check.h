/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef CHECK_H
#define CHECK_H

#include "daemon/conf/parse.h"

/** check_whole() - report what only the whole of a configuration tells */
void check_whole(struct parse *p);

/** check_use() - what conf_check() does */
void check_use(struct parse *p);

#endif
