/* SPDX-License-Identifier: GPL-2.0-only */
/* Copyright (C) 2026 The kntp authors */
#ifndef KNTP_HOOK_H
#define KNTP_HOOK_H

struct kntp_dev;
struct kntp_net;

int kntp_hook_ingress_attach(struct kntp_dev *kd);
void kntp_hook_ingress_detach(struct kntp_dev *kd);
int kntp_hook_input_attach(struct kntp_net *kn);
void kntp_hook_input_detach(struct kntp_net *kn);

#endif
