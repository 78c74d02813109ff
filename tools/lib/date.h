/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef DATE_H
#define DATE_H

#include <stddef.h>
#include <stdint.h>

/* Room for any text of date_utc_print() and date_span_print(). */
#define DATE_TEXT_MAX	40

/**
 * date_utc_print() - a time as ISO 8601
 * @ns: since 1970 UTC
 * @buf: result, such as 2026-11-22T15:20:43.123456789Z
 * @size: of @buf, DATE_TEXT_MAX is enough
 *
 * Return: @buf.
 */
const char *date_utc_print(uint64_t ns, char *buf, size_t size);

/**
 * date_utc_parse() - a time from ISO 8601
 * @text: YYYY-MM-DDThh:mm:ss, then maybe a fraction, then maybe Z; always UTC;
 *	the T may be a space
 * @ns: result, since 1970 UTC
 *
 * Return: 0, -EINVAL where it is no such time, -ERANGE before 1970 or beyond
 * the year 2553.
 */
int date_utc_parse(const char *text, uint64_t *ns);

/**
 * date_span_print() - a duration in the unit that suits it
 * @ns: duration
 * @buf: result, such as "250 ns", "1.204 ms", "5.800 s", "3 h 12 min"
 * @size: of @buf, DATE_TEXT_MAX is enough
 *
 * Return: @buf.
 */
const char *date_span_print(uint64_t ns, char *buf, size_t size);

/**
 * date_span_parse() - a duration from text
 * @text: decimal number, then maybe ns, us, ms, s, min, h or d; seconds if none
 * @ns: result, digits below 1 ns are cut off
 *
 * Return: 0, -EINVAL where it is no duration, -ERANGE where it is too long.
 */
int date_span_parse(const char *text, uint64_t *ns);

#endif
