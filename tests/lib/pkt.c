// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "kmod/core/mac.h"
#include "kmod/core/packet.h"
#include "tests/lib/pkt.h"

static const char *const field_names[] = {
	[PKT_LENGTH]	= "length",
	[PKT_LEAP]	= "leap",
	[PKT_VERSION]	= "version",
	[PKT_MODE]	= "mode",
	[PKT_STRATUM]	= "stratum",
	[PKT_POLL]	= "poll",
	[PKT_REFID]	= "refid",
};

static const char *const clock_names[] = {
	[NTP_SYSVARS_UNSET]	= "unset",
	[NTP_SYSVARS_UNSYNC]	= "unsync",
	[NTP_SYSVARS_SYNC]	= "sync",
	[NTP_SYSVARS_EXPIRED]	= "expired",
};

static int find(const char *const *names, size_t count, const char *word)
{
	for (size_t i = 0; i < count; i++)
		if (!strcmp(names[i], word))
			return (int)i;
	return -1;
}

#define FIND(names, word)	find(names, sizeof(names) / sizeof((names)[0]), word)

/* The next word of a line, ended where it stands; NULL if there is none. */
static char *next_word(char **line)
{
	char *word = *line + strspn(*line, " \t");
	size_t len = strcspn(word, " \t");

	*line = word + len;
	if (word[len])
		*(*line)++ = '\0';
	return len ? word : NULL;
}

static bool is_number(const char *word, u32 *value)
{
	char *end;

	if (!isdigit((unsigned char)*word))
		return false;
	*value = (u32)strtoul(word, &end, 0);
	return !*end;
}

/* Two hexadecimal digits, or ?? for an octet that does not matter. */
static bool is_octet(const char *word, u8 *octet, u8 *mask)
{
	char digits[3] = { word[0], word[0] ? word[1] : 0, 0 };
	char *end;

	*octet = 0;
	*mask = 0;
	if (!strcmp(digits, "??"))
		return true;
	if (!isxdigit((unsigned char)digits[0]))
		return false;
	*mask = 0xff;
	*octet = (u8)strtoul(digits, &end, 16);
	return end == digits + 2;
}

/*
 * A word of octets: pairs of digits without space between them; or one pair,
 * a star and how often it stands there.
 */
static const char *read_octets(const char *word, u8 *octets, u8 *mask,
			       size_t max, size_t *count)
{
	u32 times = 1;

	if (strlen(word) > 3 && word[2] == '*') {
		if (!is_number(word + 3, &times))
			return "the count after * is no number";
		if (times > max - *count)
			return "too many octets";
		for (; times; times--, ++*count)
			if (!is_octet(word, octets + *count, mask + *count))
				return "not a pair of hexadecimal digits";
		return NULL;
	}
	for (; *word; word += 2, ++*count) {
		if (*count == max)
			return "too many octets";
		if (!is_octet(word, octets + *count, mask + *count))
			return "not pairs of hexadecimal digits";
	}
	return NULL;
}

static const char *read_send(struct pkt_vector *vec, char *word)
{
	static u8 mask[PKT_MAX];
	size_t count = vec->send_len;
	const char *wrong;

	if (!strcmp(word, "nothing"))
		return NULL;
	wrong = read_octets(word, vec->send, mask, PKT_MAX, &count);
	for (size_t i = vec->send_len; i < count && !wrong; i++)
		if (!mask[i])
			wrong = "what is sent can not be left open";
	vec->send_len = (u16)count;
	return wrong;
}

static const char *read_reason(enum ntp_reason *reason, const char *word)
{
	for (unsigned int r = 0; r < NTP_REASON_COUNT; r++) {
		if (!strcmp(ntp_reason_name(r), word)) {
			*reason = r;
			return NULL;
		}
	}
	return "not the name of a reason";
}

static const char *read_field(struct pkt_vector *vec, const char *word,
			      char **line)
{
	const char *value = next_word(line);
	int field = FIND(field_names, word), n = vec->field_count;

	if (field < 0)
		return "not the name of a field";
	if (n == PKT_FIELDS_MAX)
		return "too many fields";
	if (!value || !is_number(value, &vec->fields[n].value))
		return "no number follows";
	vec->fields[n].field = (enum pkt_field)field;
	vec->field_count++;
	return NULL;
}

/* One word of a line that starts with @key; says what is wrong with it. */
static const char *read_word(struct pkt_vector *vec, const char *key,
			     char *word, char **line)
{
	const char *wrong;
	size_t count;
	u32 number;
	int clock;

	if (!strcmp(key, "send"))
		return read_send(vec, word);
	if (!strcmp(key, "sport")) {
		if (!is_number(word, &number) || number > 65535)
			return "not a port";
		vec->sport = (u16)number;
		vec->is_any_port = false;
		return NULL;
	}
	if (!strcmp(key, "expect")) {
		wrong = read_reason(&vec->expect[PKT_MODULE], word);
		vec->expect[PKT_DAEMON] = vec->expect[PKT_MODULE];
		return wrong;
	}
	if (!strcmp(key, "daemon"))
		return read_reason(&vec->expect[PKT_DAEMON], word);
	if (!strcmp(key, "policy")) {
		vec->no_nak = true;
		return strcmp(word, "no-nak") ? "the only policy is no-nak" : NULL;
	}
	if (!strcmp(key, "clock")) {
		vec->is_reference = !strcmp(word, "reference");
		if (vec->is_reference)
			return NULL;
		clock = FIND(clock_names, word);
		vec->clock = (enum ntp_sysvars_state)clock;
		return clock < 0 ? "not a state of the clock" : NULL;
	}
	if (!strcmp(key, "signed")) {
		if (!is_number(word, &vec->signed_by) || !vec->signed_by)
			return "not a key identifier";
		return NULL;
	}
	if (!strcmp(key, "reply"))
		return read_field(vec, word, line);
	if (!strcmp(key, "octets")) {
		count = (size_t)vec->octet_count;
		wrong = read_octets(word, vec->octets, vec->mask,
				    PKT_REPLY_MAX, &count);
		vec->octet_count = (int)count;
		return wrong;
	}
	return "not a key";
}

/* A vector that demands nothing would prove nothing. */
static const char *lacks(const struct pkt_vector *vec)
{
	bool is_answered = false;

	for (int s = PKT_MODULE; s <= PKT_DAEMON; s++) {
		if (vec->expect[s] == NTP_REASON_COUNT)
			return "no expect";
		is_answered |= ntp_reason_verdict(vec->expect[s]) == NTP_REPLY;
	}
	if (is_answered && !vec->field_count && !vec->octet_count)
		return "answered, but no reply or octets";
	if (!is_answered && (vec->field_count || vec->octet_count ||
			     vec->signed_by))
		return "not answered, but a reply or octets";
	return NULL;
}

static struct pkt_vector *append(struct pkt_vector **vectors, int *count,
				 const char *path, int line, const char *name)
{
	struct pkt_vector *all, *vec;

	all = realloc(*vectors, sizeof(*all) * (size_t)(*count + 1));
	if (!all) {
		perror(path);
		exit(1);
	}
	*vectors = all;
	vec = all + (*count)++;
	memset(vec, 0, sizeof(*vec));
	vec->file = path;
	vec->line = line;
	snprintf(vec->name, sizeof(vec->name), "%.95s", name);
	vec->is_any_port = true;
	vec->clock = NTP_SYSVARS_SYNC;
	vec->expect[PKT_MODULE] = NTP_REASON_COUNT;
	vec->expect[PKT_DAEMON] = NTP_REASON_COUNT;
	return vec;
}

static bool complain(const char *path, int line, const char *word,
		     const char *wrong)
{
	fprintf(stderr, "%s:%d: %s: %s\n", path, line, word, wrong);
	return false;
}

/* Lines of a vector are indented; its name is not. */
static bool load_line(const char *path, int line, char *text,
		      struct pkt_vector **vectors, int *count)
{
	const char *key, *wrong = NULL;
	struct pkt_vector *vec;
	char *word;

	text[strcspn(text, "#\r\n")] = '\0';
	if (!text[strspn(text, " \t")])
		return true;
	if (!isspace((unsigned char)*text)) {
		if (*count && (*vectors)[*count - 1].file == path)
			wrong = lacks(*vectors + *count - 1);
		if (wrong)
			return complain(path, line, "before this", wrong);
		append(vectors, count, path, line, text);
		return true;
	}
	key = next_word(&text);
	if (!*count)
		return complain(path, line, key, "no name before it");
	vec = *vectors + *count - 1;
	while (!wrong && (word = next_word(&text)))
		wrong = read_word(vec, key, word, &text);
	return wrong ? complain(path, line, word, wrong) : true;
}

bool pkt_load(const char *path, struct pkt_vector **vectors, int *count)
{
	FILE *file = fopen(path, "r");
	int first = *count, line = 0;
	bool is_good = true;
	const char *wrong;
	char text[512];

	if (!file) {
		perror(path);
		return false;
	}
	while (is_good && fgets(text, sizeof(text), file))
		is_good = load_line(path, ++line, text, vectors, count);
	fclose(file);
	if (is_good && *count == first)
		return complain(path, line, "end of file", "no vectors");
	wrong = is_good ? lacks(*vectors + *count - 1) : NULL;
	return wrong ? complain(path, line, "end of file", wrong) : is_good;
}

static u32 field_of(const struct ntp_packet *pkt, size_t len,
		    enum pkt_field field)
{
	switch (field) {
	case PKT_LENGTH:
		return (u32)len;
	case PKT_LEAP:
		return pkt->leap;
	case PKT_VERSION:
		return pkt->version;
	case PKT_MODE:
		return pkt->mode;
	case PKT_STRATUM:
		return pkt->stratum;
	case PKT_POLL:
		return (u8)pkt->poll;
	case PKT_REFID:
		return pkt->refid;
	}
	return 0;
}

/* What every reply must be; NULL if it is. */
static const char *wrong_in_any(const struct pkt_vector *vec, const u8 *reply,
				size_t len, struct ntp_packet *pkt)
{
	enum ntp_reason why;

	if (len > vec->send_len)
		return "longer than the request";
	if (!ntp_packet_parse(pkt, reply, len, &why))
		return "not an NTP packet";
	if (memcmp(reply + NTP_PACKET_ORG, vec->send + NTP_PACKET_XMT, 8))
		return "origin is not the request's transmit stamp";
	if (ntp_lfp_diff(pkt->xmt, pkt->rec) <= 0)
		return "transmit stamp not after receive stamp";
	if (pkt->stratum >= NTP_STRATUM_UNSYNC)
		return "stratum of 16 and more";
	if ((pkt->leap == NTP_LEAP_UNSYNC) != !pkt->stratum)
		return "leap 3 and stratum 0 do not come together";
	if (vec->signed_by && pkt->keyid != vec->signed_by)
		return "not signed with the key of the request";
	if (!vec->signed_by && pkt->mac_len > NTP_MAC_NAK)
		return "signed, which nobody asked for";
	return NULL;
}

bool pkt_check(const struct pkt_vector *vec, const u8 *reply, size_t len,
	       char *why, size_t why_size)
{
	struct ntp_packet pkt;
	const char *wrong = wrong_in_any(vec, reply, len, &pkt);

	if (wrong) {
		snprintf(why, why_size, "%s", wrong);
		return false;
	}
	for (int i = 0; i < vec->field_count; i++) {
		enum pkt_field field = vec->fields[i].field;
		u32 got = field_of(&pkt, len, field);

		if (got == vec->fields[i].value)
			continue;
		snprintf(why, why_size, "%s is %u, not %u", field_names[field],
			 got, vec->fields[i].value);
		return false;
	}
	for (int i = 0; i < vec->octet_count; i++) {
		if ((size_t)i < len && !((reply[i] ^ vec->octets[i]) &
					 vec->mask[i]))
			continue;
		snprintf(why, why_size, "octet %d is not %02x", i,
			 vec->octets[i]);
		return false;
	}
	return true;
}
