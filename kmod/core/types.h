/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef NTP_TYPES_H
#define NTP_TYPES_H

/*
 * The one place where the core sees which world it is compiled for. All other
 * files of this folder are the same text in the kernel and in user space.
 */
#ifdef __KERNEL__

#include <linux/atomic.h>
#include <linux/build_bug.h>
#include <linux/compiler.h>
#include <linux/math64.h>
#include <linux/string.h>
#include <linux/types.h>
#include <asm/barrier.h>

#else

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <linux/types.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int8_t s8;
typedef int16_t s16;
typedef int32_t s32;
typedef int64_t s64;

#define READ_ONCE(x)		__atomic_load_n(&(x), __ATOMIC_RELAXED)
#define WRITE_ONCE(x, val)	__atomic_store_n(&(x), val, __ATOMIC_RELAXED)
#define smp_wmb()		/* as the kernel's, or stronger */	\
	__atomic_thread_fence(__ATOMIC_RELEASE)
#define smp_rmb()		/* as the kernel's, or stronger */	\
	__atomic_thread_fence(__ATOMIC_ACQUIRE)
#define try_cmpxchg64(ptr, old, val)					\
	__atomic_compare_exchange_n(ptr, old, val, false,		\
				    __ATOMIC_SEQ_CST, __ATOMIC_RELAXED)
/* Whoever compiles this must not know what is in @var. */
#define OPTIMIZER_HIDE_VAR(var)						\
	__asm__("" : "=r"(var) : "0"(var))
#define noinline		__attribute__((__noinline__))
#define likely(x)		__builtin_expect(!!(x), 1)
#define unlikely(x)		__builtin_expect(!!(x), 0)

static inline u64 div_u64_rem(u64 dividend, u32 divisor, u32 *remainder)
{
	*remainder = (u32)(dividend % divisor);
	return dividend / divisor;
}

static inline u64 div_u64(u64 dividend, u32 divisor)
{
	return dividend / divisor;
}

#endif

#define NTP_NSEC_PER_SEC	1000000000U

/** struct ntp_addr - an IPv6 address, or IPv4 as ::ffff:a.b.c.d */
struct ntp_addr {
	u8 b[16];
};

#endif
