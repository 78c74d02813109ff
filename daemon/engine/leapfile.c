// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include "daemon/engine/leapfile.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "daemon/engine/clock.h"
#include "daemon/engine/leap.h"
#include "daemon/engine/stats.h"
#include "daemon/io/loop.h"
#include "tools/lib/log.h"

#define DAY_S		86400
#define DAILY_NS	(DAY_S * LOOP_NS_PER_S)
#define WARN_S		(30 * DAY_S)
#define NTP_1970	2208988800LL
#define FILE_MAX	65536
#define HASH_LEN	20
/* Digits of all numbers that are hashed: two stamps and the entries. */
#define DIGITS_MAX	((2 + 2 * LEAPFILE_MAX) * 20)

static struct {
	struct loop_timer daily;
	char *path;
	bool is_checked;
	bool is_read;
	struct leapfile list;
	int told_tai;		/* to the kernel */
} leapfile;

/* --- the list ------------------------------------------------------------ */

struct reader {
	char digits[DIGITS_MAX];	/* what the hash is made of */
	size_t used;
	uint8_t hash[HASH_LEN];
	bool has_hash;
	bool has_updated;
	bool has_expires;
};

/* A number, and its digits for the hash. Return: what follows it, or NULL. */
static const char *take_number(struct reader *r, const char *p, int64_t *value)
{
	size_t len;

	p += strspn(p, " \t");
	len = strspn(p, "0123456789");
	if (!len || len > 18 || r->used + len > sizeof(r->digits))
		return NULL;
	memcpy(r->digits + r->used, p, len);
	r->used += len;
	*value = strtoll(p, NULL, 10);
	return p + len;
}

/* Five words of up to eight hex digits; zeros in front may be missing. */
static bool take_hash(struct reader *r, const char *p)
{
	for (int i = 0; i < HASH_LEN / 4; i++) {
		unsigned long word;
		char *end;

		p += strspn(p, " \t");
		if (!isxdigit((unsigned char)*p))
			return false;
		word = strtoul(p, &end, 16);
		if (end - p > 8)
			return false;
		for (int b = 0; b < 4; b++)
			r->hash[4 * i + b] = (uint8_t)(word >> (24 - 8 * b));
		p = end;
	}
	r->has_hash = true;
	return true;
}

static bool is_hash_right(const struct reader *r)
{
	unsigned char made[EVP_MAX_MD_SIZE];
	unsigned int len = 0;

	return EVP_Digest(r->digits, r->used, made, &len, EVP_sha1(), NULL) &&
	       len == HASH_LEN && !memcmp(made, r->hash, HASH_LEN);
}

static const char *take_entry(struct reader *r, const char *line,
			      struct leapfile *list)
{
	int64_t from, tai;

	if (list->n == LEAPFILE_MAX)
		return "it has more leap seconds than can be";
	line = take_number(r, line, &from);
	line = line ? take_number(r, line, &tai) : NULL;
	if (!line || (*line && !strchr(" \t\r#", *line)))
		return "a line is neither comment nor leap second";
	from -= NTP_1970;
	if (from % DAY_S || tai > 255)
		return "a leap second is not at the end of a day";
	if (list->n && from <= list->entry[list->n - 1].from_s)
		return "its leap seconds are not in order";
	list->entry[list->n].from_s = from;
	list->entry[list->n++].tai = (int)tai;
	return NULL;
}

static const char *take_line(struct reader *r, const char *line,
			     struct leapfile *list)
{
	bool is_good = true;

	if (!strncmp(line, "#$", 2)) {
		r->has_updated = true;
		is_good = take_number(r, line + 2, &list->updated_s);
	} else if (!strncmp(line, "#@", 2)) {
		r->has_expires = true;
		is_good = take_number(r, line + 2, &list->expires_s);
	} else if (!strncmp(line, "#h", 2)) {
		is_good = take_hash(r, line + 2);
	} else if (line[strspn(line, " \t\r")] && *line != '#') {
		return take_entry(r, line, list);
	}
	return is_good ? NULL : "one of its lines #$, #@, #h makes no sense";
}

const char *leapfile_parse(const char *text, size_t len, bool is_checked,
			   struct leapfile *list)
{
	struct reader r = { .used = 0 };
	const char *end = text + len;

	memset(list, 0, sizeof(*list));
	while (text < end) {
		const char *stop = memchr(text, '\n', (size_t)(end - text));
		const char *wrong;
		char line[256];

		if (!stop)
			stop = end;
		len = (size_t)(stop - text);
		if (len >= sizeof(line) || memchr(text, '\0', len))
			return "it is no list of leap seconds";
		memcpy(line, text, len);
		line[len] = '\0';
		wrong = take_line(&r, line, list);
		if (wrong)
			return wrong;
		text = stop + 1;
	}
	list->updated_s -= NTP_1970;
	list->expires_s -= NTP_1970;
	if (!list->n || !r.has_expires)
		return "it has no leap seconds, or no line #@ with its expiry";
	if (is_checked && !r.has_hash)
		return "it has no line #h with its hash; ignorehash in the "
		       "leapfile line does without";
	if (is_checked && !is_hash_right(&r))
		return "its hash is wrong: it was changed, or is incomplete";
	return NULL;
}

int leapfile_tai(const struct leapfile *list, int64_t unix_s)
{
	int tai = 0;

	for (size_t i = 0; i < list->n && list->entry[i].from_s <= unix_s; i++)
		tai = list->entry[i].tai;
	return tai;
}

unsigned int leapfile_due(const struct leapfile *list, int64_t unix_s)
{
	int64_t midnight = unix_s - unix_s % DAY_S + DAY_S;

	for (size_t i = 1; i < list->n; i++) {
		int more = list->entry[i].tai - list->entry[i - 1].tai;

		if (list->entry[i].from_s == midnight)
			return more > 0 ? LEAP_INSERT :
			       more < 0 ? LEAP_DELETE : LEAP_NONE;
	}
	return LEAP_NONE;
}

/* --- the file ------------------------------------------------------------ */

static void tell_expiry(void)
{
	time_t expires = (time_t)leapfile.list.expires_s;
	int64_t left = expires - clock_real_ns() / LOOP_NS_PER_S;
	char day[32] = "";
	struct tm tm;

	if (left > WARN_S)
		return;
	if (gmtime_r(&expires, &tm))
		strftime(day, sizeof(day), "%Y-%m-%d", &tm);
	log_warning("the list of leap seconds %s %s on %s%s; install a newer "
		    "one, of package tzdata or from iers.org", leapfile.path,
		    left > 0 ? "expires" : "expired", day, left > 0 ? "" :
		    ": only servers announce leap seconds until then");
	if (left <= 0)
		stats_event(STATS_LEAP_STALE, "");
}

static const char *read_file(struct leapfile *list)
{
	static char text[FILE_MAX];
	FILE *f = fopen(leapfile.path, "re");
	size_t len;
	bool is_bad;

	if (!f)
		return strerror(errno);
	len = fread(text, 1, sizeof(text), f);
	is_bad = ferror(f);
	fclose(f);
	if (is_bad)
		return "it cannot be read";
	if (len == sizeof(text))
		return "it is too long for a list of leap seconds";
	return leapfile_parse(text, len, leapfile.is_checked, list);
}

static void read_again(void *arg)
{
	struct leapfile list;
	const char *wrong = read_file(&list);

	loop_timer_in(&leapfile.daily, DAILY_NS);
	if (wrong) {
		log_error("leap seconds from %s: %s. %s", leapfile.path, wrong,
			  leapfile.is_read ? "The list that was read before "
			  "stays in use" : "Only servers announce them");
	} else {
		if (!leapfile.is_read ||
		    list.expires_s != leapfile.list.expires_s)
			log_info("%zu leap seconds from %s, TAI-UTC is %d s",
				 list.n - 1, leapfile.path,
				 list.entry[list.n - 1].tai);
		leapfile.list = list;
		leapfile.is_read = true;
	}
	if (leapfile.is_read)
		tell_expiry();
}

void leapfile_apply(const struct conf *conf)
{
	if (!conf->leapfile) {
		leapfile_close();
		return;
	}
	if (!leapfile.path || strcmp(leapfile.path, conf->leapfile)) {
		leapfile_close();
		leapfile.path = strdup(conf->leapfile);
		if (!leapfile.path)
			return;
		loop_timer_init(&leapfile.daily, read_again, NULL);
	}
	leapfile.is_checked = !conf->files.is_leap_unchecked;
	read_again(NULL);
}

static void tell_tai(int64_t unix_s)
{
	int tai = leapfile_tai(&leapfile.list, unix_s);
	char text[16];

	if (!tai || tai == leapfile.told_tai || clock_set_tai(tai))
		return;
	leapfile.told_tai = tai;
	snprintf(text, sizeof(text), "%d s", tai);
	stats_event(STATS_TAI, text);
}

bool leapfile_decide(int64_t unix_s, unsigned int *leap)
{
	if (!leapfile.is_read || unix_s >= leapfile.list.expires_s)
		return false;
	tell_tai(unix_s);
	*leap = leapfile_due(&leapfile.list, unix_s);
	return true;
}

void leapfile_close(void)
{
	loop_timer_cancel(&leapfile.daily);
	free(leapfile.path);
	leapfile.path = NULL;
	leapfile.is_read = false;
	leapfile.told_tai = 0;
}
