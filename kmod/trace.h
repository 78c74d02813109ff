/* SPDX-License-Identifier: GPL-2.0-only */
/* Copyright (C) 2026 The kntp authors */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM kntp

#if !defined(KNTP_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define KNTP_TRACE_H

#include <linux/netdevice.h>
#include <linux/tracepoint.h>

#include "kmod/rx.h"

#define KNTP_TRACE_ENUM(NAME, name, verdict)	TRACE_DEFINE_ENUM(NTP_##NAME);
NTP_REASONS(KNTP_TRACE_ENUM)

/* Where a datagram is from and for: the beginning of each event. */
#define KNTP_TRACE_FIELDS			\
		__array(char, dev, IFNAMSIZ)	\
		__array(u8, src, 16)		\
		__array(u8, dst, 16)		\
		__field(u16, sport)

#define KNTP_TRACE_ASSIGN(rx) do {					\
		memcpy(__entry->dev, (rx)->kd->dev->name, IFNAMSIZ);	\
		memcpy(__entry->src, &(rx)->ex.src, 16);		\
		memcpy(__entry->dst, &(rx)->dst, 16);			\
		__entry->sport = (rx)->ex.sport;			\
	} while (0)

#define KNTP_TRACE_FORMAT	"dev=%.16s src=[%pI6c]:%u dst=[%pI6c]"
#define KNTP_TRACE_ARGS	\
	__entry->dev, __entry->src, __entry->sport, __entry->dst

#define KNTP_TRACE_NAME(NAME, name, verdict)	{ NTP_##NAME, #name },

#define KNTP_TRACE_SOURCES		\
	{ KNTP_STAMP_CLOCK, "clock" },	\
	{ KNTP_STAMP_DRIVER, "driver" },	\
	{ KNTP_STAMP_HARDWARE, "hardware" }

TRACE_DEFINE_ENUM(KNTP_STAMP_CLOCK);
TRACE_DEFINE_ENUM(KNTP_STAMP_DRIVER);
TRACE_DEFINE_ENUM(KNTP_STAMP_HARDWARE);

TRACE_EVENT(kntp_request,
	TP_PROTO(const struct kntp_rx *rx),
	TP_ARGS(rx),
	TP_STRUCT__entry(
		KNTP_TRACE_FIELDS
	),
	TP_fast_assign(
		KNTP_TRACE_ASSIGN(rx);
	),
	TP_printk(KNTP_TRACE_FORMAT, KNTP_TRACE_ARGS)
);

TRACE_EVENT(kntp_reply,
	TP_PROTO(const struct kntp_rx *rx, s64 latency_ns),
	TP_ARGS(rx, latency_ns),
	TP_STRUCT__entry(
		KNTP_TRACE_FIELDS
		__field(u8, version)
		__field(u8, mode)
		__field(u32, reason)
		__field(u8, source)
		__field(bool, is_interleaved)
		__field(s64, latency_ns)
	),
	TP_fast_assign(
		KNTP_TRACE_ASSIGN(rx);
		__entry->version = rx->ex.pkt.version;
		__entry->mode = rx->ex.pkt.mode;
		__entry->reason = rx->ex.reason;
		__entry->source = rx->source;
		__entry->is_interleaved = rx->turn.is_interleaved;
		__entry->latency_ns = latency_ns;
	),
	TP_printk(KNTP_TRACE_FORMAT " version=%u mode=%u reason=%s latency_ns=%lld stamp=%s interleaved=%u",
		  KNTP_TRACE_ARGS, __entry->version, __entry->mode,
		  __print_symbolic(__entry->reason,
				   NTP_REASONS(KNTP_TRACE_NAME) { -1, NULL }),
		  __entry->latency_ns,
		  __print_symbolic(__entry->source, KNTP_TRACE_SOURCES),
		  __entry->is_interleaved)
);

TRACE_EVENT(kntp_txstamp,
	TP_PROTO(const struct kntp_dev *kd, u8 source, s64 delay_ns),
	TP_ARGS(kd, source, delay_ns),
	TP_STRUCT__entry(
		__array(char, dev, IFNAMSIZ)
		__field(u8, source)
		__field(s64, delay_ns)
	),
	TP_fast_assign(
		memcpy(__entry->dev, kd->dev->name, IFNAMSIZ);
		__entry->source = source;
		__entry->delay_ns = delay_ns;
	),
	TP_printk("dev=%.16s stamp=%s delay_ns=%lld", __entry->dev,
		  __print_symbolic(__entry->source, KNTP_TRACE_SOURCES),
		  __entry->delay_ns)
);

DECLARE_EVENT_CLASS(kntp_declined,
	TP_PROTO(const struct kntp_rx *rx),
	TP_ARGS(rx),
	TP_STRUCT__entry(
		KNTP_TRACE_FIELDS
		__field(u32, reason)
	),
	TP_fast_assign(
		KNTP_TRACE_ASSIGN(rx);
		__entry->reason = rx->ex.reason;
	),
	TP_printk(KNTP_TRACE_FORMAT " reason=%s", KNTP_TRACE_ARGS,
		  __print_symbolic(__entry->reason,
				   NTP_REASONS(KNTP_TRACE_NAME) { -1, NULL }))
);

DEFINE_EVENT(kntp_declined, kntp_pass,
	TP_PROTO(const struct kntp_rx *rx),
	TP_ARGS(rx)
);

DEFINE_EVENT(kntp_declined, kntp_drop,
	TP_PROTO(const struct kntp_rx *rx),
	TP_ARGS(rx)
);

#endif

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH kmod
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
