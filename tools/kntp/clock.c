// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "kmod/core/smear.h"
#include "tools/kntp/kntp.h"
#include "tools/lib/date.h"

enum {
	CLOCK_SHOW,
	CLOCK_SET,
};

static const struct cli_word clock_verbs[] = {
	{ "show", NULL, "print the clock state that is served", CLOCK_SHOW },
	{ "set", "stratum N refid ID validity TIME [leap N]\n"
	  "          [rootdelay TIME] [rootdisp TIME] [precision LOG2] [drift PPM]\n"
	  "          [reftime DATE]",
	  "give a clock state; without kntpd, which gives its own", CLOCK_SET },
	{ "help", NULL, "this text", -1 },
	{ 0 }
};

enum {
	CLOCK_LEAP,
	CLOCK_STRATUM,
	CLOCK_PRECISION,
	CLOCK_REFID,
	CLOCK_REFTIME,
	CLOCK_ROOTDELAY,
	CLOCK_ROOTDISP,
	CLOCK_DRIFT,
	CLOCK_VALIDITY,
};

static const struct cli_word clock_fields[] = {
	{ "leap", "N", NULL, CLOCK_LEAP },
	{ "stratum", "N", NULL, CLOCK_STRATUM },
	{ "precision", "LOG2", NULL, CLOCK_PRECISION },
	{ "refid", "ID", NULL, CLOCK_REFID },
	{ "reftime", "DATE", NULL, CLOCK_REFTIME },
	{ "rootdelay", "TIME", NULL, CLOCK_ROOTDELAY },
	{ "rootdisp", "TIME", NULL, CLOCK_ROOTDISP },
	{ "drift", "PPM", NULL, CLOCK_DRIFT },
	{ "validity", "TIME", NULL, CLOCK_VALIDITY },
	{ 0 }
};

static const char *clock_state_text(enum kntp_state state)
{
	switch (state) {
	case KNTP_STATE_UNSET:
		return "nobody has given a clock state yet: start kntpd";
	case KNTP_STATE_UNSYNC:
		return "the clock is not synchronised";
	case KNTP_STATE_SYNC:
		return "synchronised and fresh";
	case KNTP_STATE_EXPIRED:
		return "not refreshed in time, served as unsynchronised: does kntpd run?";
	default:
		return "of a newer module";
	}
}

static const char *clock_leap_text(uint8_t leap)
{
	static const char *const text[] = {
		"no warning", "the day's last minute has 61 s",
		"the day's last minute has 59 s", "unsynchronised",
	};

	return text[leap & 3];
}

/* Read an identifier as characters. Return: false if there are others. */
static bool clock_refid_ascii(uint32_t refid, char text[5])
{
	int i, len = 0;

	for (i = 0; i < 4; i++)
		text[i] = (char)(refid >> (24 - 8 * i));
	text[4] = '\0';
	while (len < 4 && isgraph((unsigned char)text[len]))
		len++;
	for (i = len; i < 4; i++)
		if (text[i])
			return false;
	return len > 0;
}

const char *clock_refid_print(const struct knl_clock *clock, char *buf,
			      size_t size)
{
	const struct in_addr in = { .s_addr = htonl(clock->refid) };
	char text[5];

	/* An address from stratum 2 on, a source's or a kiss' name else. */
	if (clock->stratum > 1 && clock->stratum < 16 &&
	    inet_ntop(AF_INET, &in, buf, (socklen_t)size))
		return buf;
	if (clock_refid_ascii(clock->refid, text))
		snprintf(buf, size, "%s", text);
	else
		snprintf(buf, size, "0x%08" PRIx32, clock->refid);
	return buf;
}

static uint64_t clock_left_ns(const struct knl_clock *clock)
{
	const uint64_t validity = clock->validity_ms * UINT64_C(1000000);

	return clock->age_ns < validity ? validity - clock->age_ns : 0;
}

/* What is added to the time stamps that clients get, by now, in ns. */
static int64_t clock_smear_ns(const struct knl_clock *clock)
{
	const struct ntp_smear_plan plan = {
		.interval_s = clock->smear_interval_s,
		.is_deleted = clock->leap == 2,
		/* Far enough from 0 for what is left to be on either side. */
		.end_ns = UINT64_C(1) << 62,
		.end = ntp_lfp_from_unix(INT64_C(1) << 62),
	};
	int64_t left_ns = clock->smear_left_ns;
	struct ntp_smear smear;
	ntp_ts_t now;

	now = ntp_lfp_from_unix((INT64_C(1) << 62) - left_ns);
	ntp_smear_age(&smear, &plan, plan.end_ns - (uint64_t)left_ns);
	return ntp_smear_offset(&smear, now) / 4 * 1000000000 /
	       (INT64_C(1) << 30);
}

json_t *clock_json(const struct knl_clock *clock)
{
	char date[DATE_TEXT_MAX], refid[16], hex[16];

	snprintf(hex, sizeof(hex), "0x%08" PRIx32, clock->refid);
	return json_pack("{s:s, s:i, s:i, s:i, s:s, s:s, s:s?, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}",
			 "state", knl_state_name(clock->state),
			 "leap", clock->leap,
			 "stratum", clock->stratum,
			 "precision", clock->precision,
			 "refid", clock_refid_print(clock, refid, sizeof(refid)),
			 "refid_hex", hex,
			 "reftime", clock->reftime_ns ?
			 date_utc_print(clock->reftime_ns, date, sizeof(date)) :
			 NULL,
			 "reftime_ns", (json_int_t)clock->reftime_ns,
			 "rootdelay_ns", (json_int_t)clock->rootdelay_ns,
			 "rootdisp_ns", (json_int_t)clock->rootdisp_ns,
			 "drift_ppb", (json_int_t)clock->drift_ppb,
			 "validity_ms", (json_int_t)clock->validity_ms,
			 "age_ns", (json_int_t)clock->age_ns,
			 "left_ns", (json_int_t)clock_left_ns(clock),
			 "smear_interval_s",
			 (json_int_t)clock->smear_interval_s,
			 "smear_left_ns", (json_int_t)clock->smear_left_ns,
			 "smear_ns", (json_int_t)clock_smear_ns(clock));
}

static void clock_print_numeric(const struct knl_clock *clock)
{
	printf("state      %u\n", clock->state);
	printf("leap       %u\n", clock->leap);
	printf("stratum    %u\n", clock->stratum);
	printf("precision  %d\n", clock->precision);
	printf("refid      0x%08" PRIx32 "\n", clock->refid);
	printf("reftime    %" PRIu64 " ns\n", clock->reftime_ns);
	printf("rootdelay  %" PRIu64 " ns\n", clock->rootdelay_ns);
	printf("rootdisp   %" PRIu64 " ns\n", clock->rootdisp_ns);
	printf("drift      %" PRIu32 " ppb\n", clock->drift_ppb);
	printf("validity   %" PRIu32 " ms\n", clock->validity_ms);
	printf("age        %" PRIu64 " ns\n", clock->age_ns);
	if (clock->smear_interval_s)
		printf("smear      %" PRIu32 " s, %" PRId64 " ns left, %" PRId64
		       " ns\n", clock->smear_interval_s, clock->smear_left_ns,
		       clock_smear_ns(clock));
}

static void clock_print_smear(const struct knl_clock *clock)
{
	int64_t ns = clock_smear_ns(clock), left = clock->smear_left_ns;
	uint64_t off = (uint64_t)(ns < 0 ? -ns : ns);
	char text[DATE_TEXT_MAX];

	printf("smear      the leap second over %" PRIu32 " s, ",
	       clock->smear_interval_s);
	if (left > 0)
		printf("%s left; ",
		       date_span_print((uint64_t)left, text, sizeof(text)));
	else
		printf("over; ");
	printf("clients get the time %s%s\n", ns < 0 ? "less " :
	       ns ? "and " : "as it is",
	       ns ? date_span_print(off, text, sizeof(text)) : "");
}

static void clock_print_validity(const struct knl_clock *clock)
{
	const uint64_t left = clock_left_ns(clock);
	char of[DATE_TEXT_MAX], text[DATE_TEXT_MAX];

	date_span_print(clock->validity_ms * UINT64_C(1000000), of, sizeof(of));
	if (left)
		printf("validity   %s left of %s\n",
		       date_span_print(left, text, sizeof(text)), of);
	else
		printf("validity   %s, over\n", of);
}

static void clock_print(const struct knl_clock *clock)
{
	char text[DATE_TEXT_MAX], refid[16];

	printf("state      %s: %s\n", knl_state_name(clock->state),
	       clock_state_text(clock->state));
	printf("leap       %u: %s\n", clock->leap, clock_leap_text(clock->leap));
	printf("stratum    %u%s\n", clock->stratum,
	       clock->stratum ? "" : ": unspecified");
	if (clock->state == KNTP_STATE_UNSET)
		return;
	clock_refid_print(clock, refid, sizeof(refid));
	printf("refid      %s", refid);
	if (strncmp(refid, "0x", 2) != 0)
		printf(" (0x%08" PRIx32 ")", clock->refid);
	putchar('\n');
	printf("reftime    %s\n", clock->reftime_ns ?
	       date_utc_print(clock->reftime_ns, text, sizeof(text)) : "never");
	printf("rootdelay  %s\n",
	       date_span_print(clock->rootdelay_ns, text, sizeof(text)));
	printf("rootdisp   %s, growing by %u.%03u ppm\n",
	       date_span_print(clock->rootdisp_ns, text, sizeof(text)),
	       clock->drift_ppb / 1000, clock->drift_ppb % 1000);
	printf("precision  2^%d s\n", clock->precision);
	clock_print_validity(clock);
	printf("age        %s\n",
	       date_span_print(clock->age_ns, text, sizeof(text)));
	if (clock->smear_interval_s)
		clock_print_smear(clock);
}

static int clock_show(struct kntp *kntp)
{
	struct knl_clock clock;
	int err = knl_clock_get(kntp->knl, &clock);

	if (err)
		return kntp_fail(kntp, err, "cannot read the clock state");
	if (kntp->is_json)
		return kntp_print_json(clock_json(&clock), JSON_INDENT(2));
	if (kntp->is_numeric)
		clock_print_numeric(&clock);
	else
		clock_print(&clock);
	return KNTP_DONE;
}

static int clock_parse_refid(const char *text, uint32_t *refid)
{
	size_t len = strlen(text), i;
	struct in_addr in;
	long long number;

	if (inet_pton(AF_INET, text, &in) == 1) {
		*refid = ntohl(in.s_addr);
		return 0;
	}
	if (!strncmp(text, "0x", 2)) {
		if (cli_number("refid", text, 0, UINT32_MAX, &number))
			return -EINVAL;
		*refid = (uint32_t)number;
		return 0;
	}
	if (len < 1 || len > 4) {
		cli_error("refid '%s' is no IPv4 address, no 0x number, nor 1 to 4 characters",
			  text);
		return -EINVAL;
	}
	*refid = 0;
	for (i = 0; i < len; i++)
		*refid |= (uint32_t)(unsigned char)text[i] << (24 - 8 * i);
	return 0;
}

static int clock_parse_span(const char *what, const char *text, uint64_t *ns)
{
	int err = date_span_parse(text, ns);

	if (err == -ERANGE)
		cli_error("%s '%s' is too long", what, text);
	else if (err)
		cli_error("%s '%s' is not a time, such as 0.001, 1ms or 5min",
			  what, text);
	return err;
}

static int clock_parse_validity(const char *text, uint32_t *ms)
{
	uint64_t ns;

	if (clock_parse_span("validity", text, &ns))
		return -EINVAL;
	if (ns / 1000000 > UINT32_MAX) {
		cli_error("validity '%s' is too long: 49 d at the most", text);
		return -ERANGE;
	}
	*ms = (uint32_t)(ns / 1000000);
	return 0;
}

static int clock_parse_drift(const char *text, uint32_t *ppb)
{
	long long ppm;

	if (cli_number("drift", text, 0, UINT32_MAX / 1000, &ppm))
		return -EINVAL;
	*ppb = (uint32_t)ppm * 1000;
	return 0;
}

static int clock_parse_reftime(const char *text, uint64_t *ns)
{
	if (!date_utc_parse(text, ns))
		return 0;
	cli_error("reftime '%s' is not a date such as 2026-11-22T15:20:43Z",
		  text);
	return -EINVAL;
}

/* Values out of a field's range are left to the kernel: it names them. */
static int clock_parse_field(int field, const char *name, const char *text,
			     struct knl_clock *clock)
{
	long long number = 0;
	int err = 0;

	switch (field) {
	case CLOCK_LEAP:
		err = cli_number(name, text, 0, UINT8_MAX, &number);
		clock->leap = (uint8_t)number;
		return err;
	case CLOCK_STRATUM:
		err = cli_number(name, text, 0, UINT8_MAX, &number);
		clock->stratum = (uint8_t)number;
		return err;
	case CLOCK_PRECISION:
		err = cli_number(name, text, INT8_MIN, INT8_MAX, &number);
		clock->precision = (int8_t)number;
		return err;
	case CLOCK_REFID:
		return clock_parse_refid(text, &clock->refid);
	case CLOCK_REFTIME:
		return clock_parse_reftime(text, &clock->reftime_ns);
	case CLOCK_ROOTDELAY:
		return clock_parse_span(name, text, &clock->rootdelay_ns);
	case CLOCK_ROOTDISP:
		return clock_parse_span(name, text, &clock->rootdisp_ns);
	case CLOCK_DRIFT:
		return clock_parse_drift(text, &clock->drift_ppb);
	default:
		return clock_parse_validity(text, &clock->validity_ms);
	}
}

static int clock_set(struct kntp *kntp, struct kntp_words *words)
{
	static const int needed[] = {
		CLOCK_STRATUM, CLOCK_REFID, CLOCK_VALIDITY,
	};
	struct knl_clock clock = { .precision = -20, .drift_ppb = 15000 };
	const struct cli_word *field;
	unsigned int seen = 0;
	const char *value;
	struct timespec now;
	size_t i;
	int err;

	clock_gettime(CLOCK_REALTIME, &now);
	clock.reftime_ns = (uint64_t)now.tv_sec * 1000000000 +
			   (uint64_t)now.tv_nsec;
	while (words->count) {
		field = cli_find(clock_fields, "field", kntp_next(words));
		value = field ? kntp_value(words, field->name) : NULL;
		if (!value || clock_parse_field(field->value, field->name,
						value, &clock))
			return KNTP_USAGE;
		seen |= 1U << field->value;
	}
	for (i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
		if (!(seen & 1U << needed[i])) {
			cli_error("'%s' is missing; see: kntp clock help",
				  clock_fields[needed[i]].name);
			return KNTP_USAGE;
		}
	err = knl_clock_set(kntp->knl, &clock);
	return err ? kntp_fail(kntp, err, "cannot set the clock state") :
		     KNTP_DONE;
}

int clock_run(struct kntp *kntp, struct kntp_words *words)
{
	int verb = kntp_verb(words, "clock", clock_verbs);

	if (verb == CLOCK_SET)
		return clock_set(kntp, words);
	if (verb < 0)
		return kntp_no_verb(verb);
	return kntp_end(words) ? KNTP_USAGE : clock_show(kntp);
}
