// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "tools/lib/date.h"

#define DATE_NS_PER_S	UINT64_C(1000000000)

struct date_unit {
	const char *name;
	uint64_t ns;
};

static const struct date_unit date_units[] = {
	{ "ns", 1 },
	{ "us", 1000 },
	{ "ms", 1000000 },
	{ "s", DATE_NS_PER_S },
	{ "min", 60 * DATE_NS_PER_S },
	{ "h", 3600 * DATE_NS_PER_S },
	{ "d", 86400 * DATE_NS_PER_S },
};

enum {
	DATE_S		= 3,
	DATE_UNITS	= sizeof(date_units) / sizeof(date_units[0]),
};

const char *date_utc_print(uint64_t ns, char *buf, size_t size)
{
	time_t s = (time_t)(ns / DATE_NS_PER_S);
	struct tm tm;

	gmtime_r(&s, &tm);
	snprintf(buf, size, "%04d-%02d-%02dT%02d:%02d:%02d.%09uZ",
		 tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
		 tm.tm_min, tm.tm_sec, (unsigned int)(ns % DATE_NS_PER_S));
	return buf;
}

/* Fixed number of digits. Return: the value, or -1. */
static int date_digits(const char **text, int digits)
{
	int value = 0;

	while (digits--) {
		if (!isdigit((unsigned char)**text))
			return -1;
		value = 10 * value + *(*text)++ - '0';
	}
	return value;
}

int date_utc_parse(const char *text, uint64_t *ns)
{
	static const int digits[] = { 4, 2, 2, 2, 2, 2 };
	static const int top[] = { 9999, 12, 31, 23, 59, 59 };
	static const char *const after[] = { "-", "-", "T ", ":", ":", "" };
	uint64_t fraction = 0, unit = DATE_NS_PER_S;
	int field[6], i;
	struct tm tm;
	time_t s;

	for (i = 0; i < 6; i++) {
		field[i] = date_digits(&text, digits[i]);
		if (field[i] < 0 || field[i] > top[i])
			return -EINVAL;
		if (after[i][0] && (!*text || !strchr(after[i], *text++)))
			return -EINVAL;
	}
	if (*text == '.') {
		if (!isdigit((unsigned char)*++text))
			return -EINVAL;
		for (; isdigit((unsigned char)*text); text++) {
			unit /= 10;
			fraction += unit * (uint64_t)(*text - '0');
		}
	}
	if (*text == 'Z')
		text++;
	if (*text)
		return -EINVAL;

	memset(&tm, 0, sizeof(tm));
	tm.tm_year = field[0] - 1900;
	tm.tm_mon = field[1] - 1;
	tm.tm_mday = field[2];
	tm.tm_hour = field[3];
	tm.tm_min = field[4];
	tm.tm_sec = field[5];
	s = timegm(&tm);
	/* timegm() brings a 31st of April to May; that is no such day. */
	if (field[1] < 1 || tm.tm_mday != field[2])
		return -EINVAL;
	if (s < 0 || field[0] > 2553)
		return -ERANGE;
	*ns = (uint64_t)s * DATE_NS_PER_S + fraction;
	return 0;
}

const char *date_span_print(uint64_t ns, char *buf, size_t size)
{
	const struct date_unit *unit = date_units;
	uint64_t whole, rest;

	if (ns < 1000) {
		snprintf(buf, size, "%" PRIu64 " ns", ns);
		return buf;
	}
	while (unit < date_units + DATE_UNITS - 1 && ns >= unit[1].ns)
		unit++;
	whole = ns / unit->ns;
	rest = ns % unit->ns;
	if (unit <= date_units + DATE_S)
		snprintf(buf, size, "%" PRIu64 ".%03" PRIu64 " %s", whole,
			 rest / (unit->ns / 1000), unit->name);
	else
		snprintf(buf, size, "%" PRIu64 " %s %" PRIu64 " %s", whole,
			 unit->name, rest / unit[-1].ns, unit[-1].name);
	return buf;
}

static const struct date_unit *date_unit_find(const char *name)
{
	size_t i;

	if (!*name)
		return &date_units[DATE_S];
	for (i = 0; i < DATE_UNITS; i++)
		if (!strcmp(name, date_units[i].name))
			return &date_units[i];
	return NULL;
}

int date_span_parse(const char *text, uint64_t *ns)
{
	const struct date_unit *unit;
	const char *p = text, *dot;
	uint64_t sum = 0, step;

	while (isdigit((unsigned char)*p) || *p == '.')
		p++;
	unit = date_unit_find(p);
	if (!unit || p == text)
		return -EINVAL;

	for (dot = text; isdigit((unsigned char)*dot); dot++)
		if (__builtin_mul_overflow(sum, 10, &sum) ||
		    __builtin_add_overflow(sum, *dot - '0', &sum))
			return -ERANGE;
	if (__builtin_mul_overflow(sum, unit->ns, &sum))
		return -ERANGE;
	if (dot < p) {
		if (dot + 1 == p)
			return -EINVAL;
		step = unit->ns;
		for (dot++; dot < p; dot++) {
			if (*dot == '.')
				return -EINVAL;
			step /= 10;
			if (__builtin_add_overflow(sum, step * (*dot - '0'),
						   &sum))
				return -ERANGE;
		}
	}
	*ns = sum;
	return 0;
}
