// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include "tools/lib/keyfile.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/lib/addr.h"

#define COUNT(array)	(sizeof(array) / sizeof((array)[0]))

enum {
	AES128_KEY	= 16,	/* octets */
	NTPD_SECRET_MAX	= 32,	/* octets that ntpd takes of a secret */
	GROW_FIRST	= 32,
};

/* Types by their names as they are compared: capitals, without - and _. */
static const struct {
	const char *name;
	enum ntp_key_type type;
} types[] = {
	{ "M", NTP_KEY_MD5 }, { "MD5", NTP_KEY_MD5 },
	{ "SHA", NTP_KEY_SHA1 }, { "SHA1", NTP_KEY_SHA1 },
	{ "SHA256", NTP_KEY_SHA256 }, { "SHA2256", NTP_KEY_SHA256 },
	{ "SHA384", NTP_KEY_SHA384 }, { "SHA2384", NTP_KEY_SHA384 },
	{ "SHA512", NTP_KEY_SHA512 }, { "SHA2512", NTP_KEY_SHA512 },
	{ "AES128CMAC", NTP_KEY_CMAC }, { "AES128", NTP_KEY_CMAC },
	{ "AES", NTP_KEY_CMAC }, { "CMAC", NTP_KEY_CMAC },
	{ "AESCMAC", NTP_KEY_CMAC },
};

/* Those that are left to OpenSSL, by its names. */
static const struct {
	const char *name;
	const char *digest;
} others[] = {
	{ "MD4", "MD4" }, { "MDC2", "MDC2" }, { "RIPEMD", "RIPEMD160" },
	{ "RIPEMD160", "RIPEMD160" }, { "RMD160", "RIPEMD160" },
	{ "SHA224", "SHA224" }, { "SHA512224", "SHA512-224" },
	{ "SHA512256", "SHA512-256" }, { "SHA3224", "SHA3-224" },
	{ "SHA3256", "SHA3-256" }, { "SHA3384", "SHA3-384" },
	{ "SHA3512", "SHA3-512" }, { "BLAKE2B512", "BLAKE2b512" },
	{ "BLAKE2S256", "BLAKE2s256" }, { "SM3", "SM3" },
	{ "WHIRLPOOL", "whirlpool" },
};

/* A word of a line; @text is NULL where there is none. */
struct word {
	const char *text;
	size_t len;
	unsigned int col;
};

struct reader {
	struct keyfile *file;
	const char *name;
	unsigned int line;
	u32 *place;	/* of each identifier: index of its key and 1, or 0 */
	keyfile_report_fn report;
	void *arg;
};

__attribute__((format(printf, 3, 4)))
static int refuse(struct keyfile_problem *problem, const char *remedy,
		  const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(problem->text, sizeof(problem->text), format, args);
	va_end(args);
	snprintf(problem->remedy, sizeof(problem->remedy), "%s", remedy);
	return -EINVAL;
}

int keyfile_type(const char *name, size_t len, char digest[KEYFILE_DIGEST_MAX])
{
	char plain[KEYFILE_DIGEST_MAX];
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		if (name[i] == '-' || name[i] == '_')
			continue;
		if (n == sizeof(plain) - 1)
			return -EINVAL;
		plain[n++] = (char)toupper((unsigned char)name[i]);
	}
	plain[n] = '\0';
	if (strlen(plain) != n)
		return -EINVAL;
	for (size_t i = 0; i < COUNT(types); i++) {
		if (strcmp(types[i].name, plain) != 0)
			continue;
		snprintf(digest, KEYFILE_DIGEST_MAX, "%s",
			 ntp_key_type_name(types[i].type));
		return types[i].type;
	}
	for (size_t i = 0; i < COUNT(others); i++) {
		if (strcmp(others[i].name, plain) != 0)
			continue;
		snprintf(digest, KEYFILE_DIGEST_MAX, "%s", others[i].digest);
		return NTP_KEY_OTHER;
	}
	return -EINVAL;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int secret_hex(const char *text, size_t len, struct keyfile_key *key,
		      struct keyfile_problem *problem)
{
	for (size_t i = 0; i < len; i++) {
		if (hex_digit(text[i]) < 0)
			return refuse(problem, "more than 20 characters are "
				      "hexadecimal digits; write ASCII: before "
				      "them if they are meant as they stand",
				      "character %zu of the key is no "
				      "hexadecimal digit", i + 1);
	}
	if (len % 2)
		return refuse(problem, "give two hexadecimal digits per octet",
			      "the key has an odd number of digits, %zu", len);
	if (len > 2 * sizeof(key->secret))
		return refuse(problem, "write at most 128 hexadecimal digits",
			      "the key has %zu digits", len);
	key->secret_len = len / 2;
	for (size_t i = 0; i < key->secret_len; i++)
		key->secret[i] = (u8)(hex_digit(text[2 * i]) << 4 |
				      hex_digit(text[2 * i + 1]));
	return 0;
}

static int secret_ascii(const char *text, size_t len, struct keyfile_key *key,
			struct keyfile_problem *problem)
{
	if (len > sizeof(key->secret))
		return refuse(problem, "write at most 64 characters",
			      "the key has %zu characters", len);
	memcpy(key->secret, text, len);
	key->secret_len = len;
	return 0;
}

static bool skip_prefix(const char **text, size_t *len, const char *prefix)
{
	size_t n = strlen(prefix);

	if (*len < n || memcmp(*text, prefix, n) != 0)
		return false;
	*text += n;
	*len -= n;
	return true;
}

int keyfile_secret(const char *text, size_t len, struct keyfile_key *key,
		   struct keyfile_problem *problem)
{
	int err;

	for (size_t i = 0; i < len; i++) {
		if ((unsigned char)text[i] <= ' ' || text[i] == 0x7f)
			return refuse(problem, "write such a key in hexadecimal, "
				      "after HEX:",
				      "character %zu of the key is a blank or a "
				      "control character", i + 1);
	}
	if (skip_prefix(&text, &len, "HEX:"))
		err = secret_hex(text, len, key, problem);
	else if (skip_prefix(&text, &len, "ASCII:") || len <= KEYFILE_ASCII_MAX)
		err = secret_ascii(text, len, key, problem);
	else
		err = secret_hex(text, len, key, problem);
	if (err)
		return err;
	if (!key->secret_len)
		return refuse(problem, "write 1 to 64 octets of it",
			      "the key is empty");
	if (key->type == NTP_KEY_CMAC && key->secret_len != AES128_KEY)
		return refuse(problem, "write 32 hexadecimal digits, or 16 "
			      "characters",
			      "a key of AES128CMAC has 16 octets, this one %zu",
			      key->secret_len);
	return 0;
}

/* Tell, with the place. */
static void tell(const struct reader *reader, unsigned int col,
		 enum keyfile_severity severity,
		 struct keyfile_problem *problem)
{
	problem->severity = severity;
	problem->file = reader->name;
	problem->line = reader->line;
	problem->col = col;
	if (reader->report)
		reader->report(problem, reader->arg);
}

/* The next word of a line that ends at @end. */
static struct word next_word(const char **pos, const char *end,
			     unsigned int *col)
{
	struct word word = { 0 };

	for (; *pos < end && (**pos == ' ' || **pos == '\t'); (*pos)++)
		(*col)++;
	word.col = *col;
	if (*pos == end)
		return word;
	word.text = *pos;
	for (; *pos < end && **pos != ' ' && **pos != '\t'; (*pos)++)
		*col += ((unsigned char)**pos & 0xc0) != 0x80;
	word.len = (size_t)(*pos - word.text);
	return word;
}

static int read_id(const struct reader *reader, const struct word *word,
		   struct keyfile_key *key, struct keyfile_problem *problem)
{
	static const char remedy[] =
		"begin the line with a number from 1 to 65534";
	u32 id = 0;

	for (size_t i = 0; i < word->len; i++) {
		if (word->text[i] < '0' || word->text[i] > '9' ||
		    id > NTP_KEY_ID_MAX)
			return refuse(problem, remedy,
				      "the line does not begin with the number "
				      "of a key");
		id = 10 * id + (u32)(word->text[i] - '0');
	}
	if (!id || id > NTP_KEY_ID_MAX)
		return refuse(problem, remedy,
			      "the number of the key is not in its range");
	if (reader->place[id])
		return refuse(problem, "delete one of the two lines, or give "
			      "this key another number",
			      "key %u stands in line %u already, which stays",
			      id, reader->file->key[reader->place[id] - 1].line);
	key->id = id;
	return 0;
}

static int read_type(const struct word *word, struct keyfile_key *key,
		     struct keyfile_problem *problem)
{
	static const char remedy[] =
		"write ID TYPE KEY; types are MD5, SHA1, SHA256, SHA384, "
		"SHA512, AES128CMAC and digests of OpenSSL";
	int type;

	if (!word->text)
		return refuse(problem, remedy, "key %u has no type", key->id);
	type = keyfile_type(word->text, word->len, key->digest);
	if (type < 0)
		return refuse(problem, remedy,
			      "key %u is of a type that is not known", key->id);
	key->type = (enum ntp_key_type)type;
	return 0;
}

static int read_secret(const struct word *word, struct keyfile_key *key,
		       struct keyfile_problem *problem)
{
	if (!word->text)
		return refuse(problem, "write ID TYPE KEY; a # in a key would "
			      "begin a comment: write such a key in "
			      "hexadecimal, after HEX:",
			      "the line of key %u ends before the key itself",
			      key->id);
	return keyfile_secret(word->text, word->len, key, problem);
}

/* One of the networks between commas, at @text. */
static int read_peer(const char *text, size_t len, struct keyfile_key *key,
		     struct keyfile_problem *problem)
{
	static const char remedy[] =
		"write addresses such as 192.0.2.1 or 2001:db8::/32, with "
		"commas and no blanks between them, and # before a comment";
	struct ntp_key_peer *peer = &key->peer[key->peer_n];
	char addr[INET6_ADDRSTRLEN + 4];
	int err = -EINVAL;

	if (key->peer_n == NTP_KEY_PEERS_MAX)
		return refuse(problem, "join them to fewer, larger networks",
			      "key %u names more than %d networks", key->id,
			      NTP_KEY_PEERS_MAX);
	if (len && len < sizeof(addr) && !memchr(text, '\0', len)) {
		memcpy(addr, text, len);
		addr[len] = '\0';
		err = addr_parse_prefix(addr, &peer->addr, &peer->prefix);
	}
	if (err)
		return refuse(problem, remedy, err == -ERANGE ?
			      "a network of key %u has too long a prefix" :
			      "what follows key %u is no list of addresses",
			      key->id);
	addr_clear_host(&peer->addr, peer->prefix);
	key->peer_n++;
	return 0;
}

static int read_peers(struct word *word, struct keyfile_key *key,
		      struct keyfile_problem *problem)
{
	const char *end = word->text + word->len, *comma;

	for (const char *text = word->text; ; text = comma + 1) {
		comma = memchr(text, ',', (size_t)(end - text));
		if (read_peer(text, (size_t)((comma ? comma : end) - text), key,
			      problem)) {
			word->col += (unsigned int)(text - word->text);
			return -EINVAL;
		}
		if (!comma)
			return 0;
	}
}

/* A line without its comment. Return: 0, or -EINVAL with @col at fault. */
static int read_line(const struct reader *reader, const char *pos,
		     const char *end, struct keyfile_key *key,
		     unsigned int *col, struct keyfile_problem *problem)
{
	unsigned int at = 1;
	struct word word = next_word(&pos, end, &at);
	int err;

	err = read_id(reader, &word, key, problem);
	if (!err) {
		word = next_word(&pos, end, &at);
		err = read_type(&word, key, problem);
	}
	if (!err) {
		word = next_word(&pos, end, &at);
		err = read_secret(&word, key, problem);
		*col = word.col;
	}
	if (!err) {
		word = next_word(&pos, end, &at);
		err = word.text ? read_peers(&word, key, problem) : 0;
	}
	if (!err) {
		word = next_word(&pos, end, &at);
		if (word.text)
			err = refuse(problem, "write no blank into the list of "
				     "addresses, and # before a comment",
				     "something follows the addresses of key %u",
				     key->id);
	}
	if (err)
		*col = word.col;
	return err;
}

/* Room for one more. realloc() would leave secrets behind. */
static int grow(struct keyfile *file)
{
	size_t max = file->key_max ? 2 * file->key_max : GROW_FIRST;
	struct keyfile_key *more;

	if (file->key_n < file->key_max)
		return 0;
	more = calloc(max, sizeof(*more));
	if (!more)
		return -ENOMEM;
	if (file->key_n)
		memcpy(more, file->key, file->key_n * sizeof(*more));
	if (file->key)
		explicit_bzero(file->key, file->key_n * sizeof(*more));
	free(file->key);
	file->key = more;
	file->key_max = max;
	return 0;
}

static int take_line(struct reader *reader, const char *pos, const char *end)
{
	struct keyfile *file = reader->file;
	struct keyfile_problem problem = { 0 };
	struct keyfile_key *key;
	unsigned int col = 1;

	if (grow(file))
		return -ENOMEM;
	key = &file->key[file->key_n];
	if (read_line(reader, pos, end, key, &col, &problem)) {
		explicit_bzero(key, sizeof(*key));
		file->bad_n++;
		tell(reader, col, KEYFILE_ERROR, &problem);
		return 0;
	}
	if (key->secret_len > NTPD_SECRET_MAX) {
		refuse(&problem, "write a shorter one if it is for ntpd, too",
		       "ntpd would take only 32 octets of key %u", key->id);
		tell(reader, col, KEYFILE_WARNING, &problem);
	}
	key->line = reader->line;
	reader->place[key->id] = (u32)++file->key_n;
	return 0;
}

/* By identifier. qsort() would leave secrets in its memory. */
static int sort(struct reader *reader)
{
	struct keyfile *file = reader->file;
	struct keyfile_key *sorted, *next;

	if (!file->key_n)
		return 0;
	sorted = calloc(file->key_n, sizeof(*sorted));
	if (!sorted)
		return -ENOMEM;
	next = sorted;
	for (u32 id = 1; id <= NTP_KEY_ID_MAX; id++) {
		if (reader->place[id])
			*next++ = file->key[reader->place[id] - 1];
	}
	explicit_bzero(file->key, file->key_n * sizeof(*file->key));
	free(file->key);
	file->key = sorted;
	file->key_max = file->key_n;
	return 0;
}

/* Where the words of a line end: before #, and the CR of other systems. */
static const char *words_end(const char *line, const char *end)
{
	const char *hash = memchr(line, '#', (size_t)(end - line));

	if (hash)
		return hash;
	return end > line && end[-1] == '\r' ? end - 1 : end;
}

static bool is_blank(const char *pos, const char *end)
{
	while (pos < end && (*pos == ' ' || *pos == '\t'))
		pos++;
	return pos == end;
}

static int read_lines(struct reader *reader, const char *text, size_t len)
{
	const char *end = text + len, *next;

	skip_prefix(&text, &len, "\xef\xbb\xbf");	/* byte order mark */
	for (; text < end; text = next) {
		const char *line_end = memchr(text, '\n', (size_t)(end - text));

		next = line_end ? line_end + 1 : end;
		line_end = words_end(text, line_end ? line_end : end);
		reader->line++;
		if (!is_blank(text, line_end) &&
		    take_line(reader, text, line_end))
			return -ENOMEM;
	}
	return 0;
}

int keyfile_parse(const char *text, size_t len, const char *name,
		  struct keyfile **file, keyfile_report_fn report, void *arg)
{
	struct reader reader = { .name = name, .report = report, .arg = arg };
	int err = -ENOMEM;

	*file = NULL;
	reader.file = calloc(1, sizeof(*reader.file));
	reader.place = calloc(NTP_KEY_ID_MAX + 1, sizeof(*reader.place));
	if (reader.file && reader.place)
		err = read_lines(&reader, text, len);
	if (!err)
		err = sort(&reader);
	free(reader.place);
	if (err) {
		keyfile_free(reader.file);
		return err;
	}
	*file = reader.file;
	return 0;
}

void keyfile_free(struct keyfile *file)
{
	if (!file)
		return;
	if (file->key)
		explicit_bzero(file->key, file->key_max * sizeof(*file->key));
	free(file->key);
	free(file);
}

const struct keyfile_key *keyfile_find(const struct keyfile *file, u32 id)
{
	size_t low = 0, high = file->key_n;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (file->key[middle].id == id)
			return &file->key[middle];
		if (file->key[middle].id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

/* Not with stdio, whose buffers would keep the secrets. */
static int read_octets(int fd, char *text, size_t *len)
{
	ssize_t n;

	do {
		n = read(fd, text + *len, KEYFILE_SIZE_MAX + 1 - *len);
		if (n > 0)
			*len += (size_t)n;
		if (*len > KEYFILE_SIZE_MAX)
			return -EFBIG;
	} while (n > 0 || (n < 0 && errno == EINTR));
	return n ? -errno : 0;
}

static int read_file(const struct reader *reader, char *text, size_t *len)
{
	struct keyfile_problem problem = { 0 };
	struct stat st;
	int fd, err;

	fd = open(reader->name, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return -errno;
	if (!fstat(fd, &st) && S_ISREG(st.st_mode) &&
	    st.st_mode & (S_IROTH | S_IWOTH)) {
		refuse(&problem, "take that right from them with chmod o-rw",
		       "every user of this machine may read or change the keys");
		tell(reader, 0, KEYFILE_WARNING, &problem);
	}
	err = read_octets(fd, text, len);
	close(fd);
	return err;
}

int keyfile_load(const char *path, struct keyfile **file,
		 keyfile_report_fn report, void *arg)
{
	const struct reader reader = {
		.name = path, .report = report, .arg = arg
	};
	struct keyfile_problem problem = { 0 };
	char *text = malloc(KEYFILE_SIZE_MAX + 1);
	size_t len = 0;
	int err;

	*file = NULL;
	if (!text)
		return -ENOMEM;
	err = read_file(&reader, text, &len);
	if (!err) {
		err = keyfile_parse(text, len, path, file, report, arg);
	} else {
		refuse(&problem, "see that it is a file of keys, and who may "
		       "read it", "cannot read the keys: %s",
		       err == -EFBIG ? "more than 16 MiB" : strerror(-err));
		tell(&reader, 0, KEYFILE_ERROR, &problem);
	}
	explicit_bzero(text, len);
	free(text);
	return err;
}

const char *keyfile_print(const struct keyfile_problem *problem, char *buf,
			  size_t size)
{
	char place[32] = "";

	if (problem->line)
		snprintf(place, sizeof(place), "%u:%u:", problem->line,
			 problem->col);
	snprintf(buf, size, "%s:%s %s: %s; %s", problem->file, place,
		 problem->severity == KEYFILE_ERROR ? "error" : "warning",
		 problem->text, problem->remedy);
	return buf;
}
