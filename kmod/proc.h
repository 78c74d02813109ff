/* SPDX-License-Identifier: GPL-2.0-only */
/* Copyright (C) 2026 The kntp authors */
#ifndef KNTP_PROC_H
#define KNTP_PROC_H

struct kntp_net;

int kntp_proc_init(struct kntp_net *kn);
void kntp_proc_uninit(struct kntp_net *kn);
const char *kntp_proc_state_name(int state);

#endif
