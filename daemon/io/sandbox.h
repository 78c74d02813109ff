/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef SANDBOX_H
#define SANDBOX_H

/*
 * The sandbox: system calls that the daemon has no use for fail with EPERM,
 * whoever tricked it into them. Filters are inherited by children and cannot
 * be taken off.
 */

/**
 * sandbox_confine() - confine this process from now on
 *
 * To be called when all that needs other calls is done. A call that is refused
 * is logged with its name, once each; the kernel's audit log has it, too.
 *
 * Where the kernel has no such filters that is logged, and all stays as it is.
 */
void sandbox_confine(void);

/**
 * sandbox_confine_resolver() - confine a child that looks up names
 *
 * On top of the parent's filter: no clock, no process, no file to write.
 * Nothing is logged by the child itself.
 */
void sandbox_confine_resolver(void);

/** sandbox_release() - stop to watch for refused calls; they stay refused */
void sandbox_release(void);

#endif
