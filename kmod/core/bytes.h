/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef NTP_BYTES_H
#define NTP_BYTES_H

#include "kmod/core/types.h"

/*
 * Big-endian loads and stores at any alignment. Compilers turn each into one
 * move and one byte swap.
 */
static inline u16 ntp_bytes_get16(const u8 *p)
{
	return (u16)(p[0] << 8 | p[1]);
}

static inline u32 ntp_bytes_get32(const u8 *p)
{
	return (u32)p[0] << 24 | (u32)p[1] << 16 | (u32)p[2] << 8 | p[3];
}

static inline u64 ntp_bytes_get64(const u8 *p)
{
	return (u64)ntp_bytes_get32(p) << 32 | ntp_bytes_get32(p + 4);
}

static inline void ntp_bytes_put32(u8 *p, u32 v)
{
	p[0] = (u8)(v >> 24);
	p[1] = (u8)(v >> 16);
	p[2] = (u8)(v >> 8);
	p[3] = (u8)v;
}

static inline void ntp_bytes_put64(u8 *p, u64 v)
{
	ntp_bytes_put32(p, (u32)(v >> 32));
	ntp_bytes_put32(p + 4, (u32)v);
}

#endif
