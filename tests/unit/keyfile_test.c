// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "tests/lib/tap.h"
#include "tools/lib/addr.h"
#include "tools/lib/keyfile.h"

#define SECRET	"eraehngeheim"	/* never to be seen in a message */

static char reported[65536];
static unsigned int report_n[2];

static void note(const struct keyfile_problem *problem, void *arg)
{
	size_t n = strlen(reported);
	char line[1024];

	(void)arg;
	report_n[problem->severity]++;
	snprintf(reported + n, sizeof(reported) - n, "%s\n",
		 keyfile_print(problem, line, sizeof(line)));
}

static void forget(void)
{
	reported[0] = '\0';
	memset(report_n, 0, sizeof(report_n));
}

static struct keyfile *parse_octets(const char *text, size_t len)
{
	struct keyfile *file;
	/* Of its exact size, so that reading beyond is seen. */
	char *copy = malloc(len ? len : 1);

	forget();
	memcpy(copy, text, len);
	is_int(keyfile_parse(copy, len, "ntp.keys", &file, note, NULL), 0,
	       "read %zu octets", len);
	free(copy);
	return file;
}

static struct keyfile *parse(const char *text)
{
	return parse_octets(text, strlen(text));
}

/* What ntp-keygen -M of ntp 4.2.6 writes. */
static void test_keygen(void)
{
	static const char *const ascii[10] = {
		"?,\"G)mV~l;/)w^;VA*XU", "q\\S<Fy;P>3x(}?:`~&zK",
		"!!!!!!!!!!!!!!!!!!!!", "~~~~~~~~~~~~~~~~~~~~",
		"'$HOME'`%s%n{[()]}|=", "0123456789abcdef0123",
		"@@@@@@@@@@@@@@@@@@@+", "-2", "HEXHEXHEXHEXHEXHEXHE",
		"*.,:;<>|_-^!$%&/()=?",
	};
	char text[4096], hex[41];
	struct keyfile *file;
	size_t n;
	int i, j;

	n = (size_t)snprintf(text, sizeof(text),
			     "# ntpkey_MD5key_Master1.3643514549\n"
			     "# Wed Jun 17 15:22:29 2015\n\n");
	for (i = 0; i < 10; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n,
				      "%2d MD5 %s  # MD5 key\n", i + 1,
				      ascii[i]);
	for (i = 0; i < 10; i++) {
		for (j = 0; j < 20; j++)
			snprintf(hex + 2 * j, 3, "%02x", 13 * i + 7 * j);
		n += (size_t)snprintf(text + n, sizeof(text) - n,
				      "%2d SHA1 %s  # SHA1 key\n", i + 11, hex);
	}
	file = parse(text);
	is_int(file->key_n, 20, "ntp-keygen's file has 20 keys");
	is_str(reported, "", "and nothing is to be said about it");
	for (i = 0; i < 10; i++) {
		const struct keyfile_key *key = keyfile_find(file, i + 1);

		ok(key && key->type == NTP_KEY_MD5 && !key->peer_n &&
		   key->line == (unsigned int)i + 4 &&
		   key->secret_len == strlen(ascii[i]) &&
		   !memcmp(key->secret, ascii[i], key->secret_len),
		   "key %d: 20 characters as they stand", i + 1);
	}
	for (i = 0; i < 10; i++) {
		const struct keyfile_key *key = keyfile_find(file, i + 11);

		ok(key && key->type == NTP_KEY_SHA1 && key->secret_len == 20 &&
		   key->secret[0] == 13 * i && key->secret[19] == 13 * i + 133,
		   "key %d: 40 hexadecimal digits", i + 11);
	}
	ok(!keyfile_find(file, 21) && !keyfile_find(file, 0), "no others");
	keyfile_free(file);
}

static void type_is(const char *name, int type, const char *digest)
{
	char text[128];
	struct keyfile *file;

	snprintf(text, sizeof(text),
		 "7 %s 000102030405060708090a0b0c0d0e0f", name);
	file = parse(text);
	if (type < 0) {
		ok(!file->key_n && file->bad_n == 1, "no type: %s", name);
	} else {
		is_int(file->key_n ? (int)file->key[0].type : -1, type,
		       "type %s", name);
		is_str(file->key_n ? file->key[0].digest : "", digest,
		       "its digest");
	}
	keyfile_free(file);
}

static void test_types(void)
{
	static const struct {
		const char *name;
		int type;
		const char *digest;
	} types[] = {
		{ "M", NTP_KEY_MD5, "MD5" }, { "m", NTP_KEY_MD5, "MD5" },
		{ "MD5", NTP_KEY_MD5, "MD5" }, { "md5", NTP_KEY_MD5, "MD5" },
		{ "SHA", NTP_KEY_SHA1, "SHA1" },
		{ "SHA1", NTP_KEY_SHA1, "SHA1" },
		{ "sha-1", NTP_KEY_SHA1, "SHA1" },
		{ "SHA256", NTP_KEY_SHA256, "SHA256" },
		{ "SHA-256", NTP_KEY_SHA256, "SHA256" },
		{ "SHA2-256", NTP_KEY_SHA256, "SHA256" },
		{ "SHA-384", NTP_KEY_SHA384, "SHA384" },
		{ "sha512", NTP_KEY_SHA512, "SHA512" },
		{ "AES128CMAC", NTP_KEY_CMAC, "AES128CMAC" },
		{ "AES-128-CMAC", NTP_KEY_CMAC, "AES128CMAC" },
		{ "AES-CMAC", NTP_KEY_CMAC, "AES128CMAC" },
		{ "AES_128_CMAC", NTP_KEY_CMAC, "AES128CMAC" },
		{ "AES128", NTP_KEY_CMAC, "AES128CMAC" },
		{ "aes", NTP_KEY_CMAC, "AES128CMAC" },
		{ "CMAC", NTP_KEY_CMAC, "AES128CMAC" },
		{ "RIPEMD160", NTP_KEY_OTHER, "RIPEMD160" },
		{ "SHA-224", NTP_KEY_OTHER, "SHA224" },
		{ "SHA512/256", -1, NULL },
		{ "SHA512-256", NTP_KEY_OTHER, "SHA512-256" },
		{ "sha3-256", NTP_KEY_OTHER, "SHA3-256" },
		{ "blake2b512", NTP_KEY_OTHER, "BLAKE2b512" },
		{ "-", -1, NULL }, { "SHA2", -1, NULL }, { "N", -1, NULL },
		{ "AES256CMAC", -1, NULL }, { "MD55", -1, NULL },
		{ "AVERYVERYLONGNAMEOFADIGEST", -1, NULL },
	};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		type_is(types[i].name, types[i].type, types[i].digest);
}

/* Of type MD5: @len octets, beginning with @first. */
static void secret_is(const char *written, size_t len, u8 first)
{
	char text[512];
	struct keyfile *file;

	snprintf(text, sizeof(text), "1 MD5 %s\n", written);
	file = parse(text);
	ok(file->key_n == 1 && file->key[0].secret_len == len &&
	   file->key[0].secret[0] == first, "%zu octets: %.40s", len, written);
	if (!file->key_n)
		diag("%s", reported);
	keyfile_free(file);
}

static void test_secrets(void)
{
	char hex[136] = "";

	secret_is("x", 1, 'x');
	secret_is("01234567890123456789", 20, '0');
	secret_is("0123456789012345678901", 11, 0x01);
	secret_is("HEX:fe", 1, 0xfe);
	secret_is("HEX:FEdc", 2, 0xfe);
	secret_is("hex:fe", 6, 'h');
	secret_is("ASCII:012345678901234567890123", 24, '0');
	secret_is("ASCII:HEX:ab", 6, 'H');
	secret_is("p\xc3\xa4sswort", 9, 'p');
	memset(hex, 'a', 64);
	secret_is(hex, 32, 0xaa);
	ok(!report_n[KEYFILE_WARNING], "32 octets are what ntpd takes");
	memset(hex, 'b', 128);
	secret_is(hex, 64, 0xbb);
	ok(report_n[KEYFILE_WARNING] == 1 &&
	   strstr(reported, "ntp.keys:1:7: warning: ntpd would take only 32 "),
	   "more than ntpd takes of it");
}

/*
 * @line, whose words are SECRET wherever one might be, is skipped; what is
 * said has @say and nothing of the secret. The lines around it stay.
 */
static void refused(const char *line, const char *say)
{
	char text[2048];
	struct keyfile *file;

	snprintf(text, sizeof(text), "1 MD5 one\n%s\n3 SHA1 three\n", line);
	file = parse(text);
	if (!ok(file->key_n == 2 && file->bad_n == 1 &&
		keyfile_find(file, 1) && keyfile_find(file, 3) &&
		report_n[KEYFILE_ERROR] == 1 && !report_n[KEYFILE_WARNING] &&
		strstr(reported, say) && !strstr(reported, SECRET),
		"refused: %.60s", say))
		diag("%zu keys, %s", file->key_n, reported);
	keyfile_free(file);
}

static void test_refused(void)
{
	char line[1024];
	size_t n;

	refused(SECRET, "ntp.keys:2:1: error: the line does not begin with the "
		"number of a key; begin the line");
	refused("MD5 " SECRET, ":2:1: error: the line does not begin");
	refused("0 MD5 " SECRET, ":2:1: error: the number of the key is not");
	refused("65535 MD5 " SECRET, ":2:1: error: the number of the key is");
	refused("4294967297 MD5 " SECRET, ":2:1: error: the line does not");
	refused("-1 MD5 " SECRET, ":2:1: error: the line does not begin");
	refused("1 SHA1 " SECRET, ":2:1: error: key 1 stands in line 1 already, "
		"which stays; delete");
	refused("2", ":2:2: error: key 2 has no type; write ID TYPE KEY");
	refused("2 " SECRET, ":2:3: error: key 2 is of a type that is not known");
	refused("2 " SECRET " MD5", ":2:3: error: key 2 is of a type");
	refused("2 MD5", ":2:6: error: the line of key 2 ends before the key");
	refused("2 MD5 #" SECRET, ":2:7: error: the line of key 2 ends");
	refused("2 MD5 HEX:", ":2:7: error: the key is empty");
	refused("2 MD5 ASCII:", ":2:7: error: the key is empty");
	refused("2 MD5 HEX:abc", ":2:7: error: the key has an odd number of "
		"digits, 3; give two");
	refused("2 MD5 HEX:" SECRET, "character 2 of the key is no hexadecimal "
		"digit");
	refused("2 MD5 0123456789" SECRET, "character 12 of the key is no "
		"hexadecimal digit; more than 20 characters are");
	refused("2 MD5 012345678901234567890", ":2:7: error: the key has an odd "
		"number of digits, 21");
	refused("2 MD5 a\a" SECRET, "character 2 of the key is a blank or a "
		"control character; write such a key in hex");
	refused("2 MD5 a\r" SECRET, "character 2 of the key is a blank or");
	refused("2 AES128CMAC " SECRET, ":2:14: error: a key of AES128CMAC has "
		"16 octets, this one 12; write 32 hex");
	refused("2 CMAC 000102030405060708090a0b0c0d0e",
		"a key of AES128CMAC has 16 octets, this one 15");
	refused("2 MD5 not " SECRET, ":2:11: error: what follows key 2 is no list "
		"of addresses; write addresses");
	refused("2 MD5 x 10.0.0.1," SECRET, ":2:18: error: what follows");
	refused("2 MD5 x 10.0.0.1,", ":2:18: error: what follows key 2");
	refused("2 MD5 x 10.0.0.1,,10.0.0.2", ":2:18: error: what follows");
	refused("2 MD5 x 10.0.0", "what follows key 2");
	refused("2 MD5 x fe80::1%lo", "what follows key 2");
	refused("2 MD5 x 10.0.0.0/33", ":2:9: error: a network of key 2 has too "
		"long a prefix");
	refused("2 MD5 x 10.0.0.1 " SECRET, ":2:18: error: something follows the "
		"addresses of key 2; write no blank");
	n = (size_t)snprintf(line, sizeof(line), "2 MD5 x ::1");
	for (int i = 0; i < NTP_KEY_PEERS_MAX; i++)
		n += (size_t)snprintf(line + n, sizeof(line) - n, ",::1");
	refused(line, "key 2 names more than 32 networks; join them");
	n = (size_t)snprintf(line, sizeof(line), "2 MD5 ASCII:");
	memset(line + n, 'x', 65);
	line[n + 65] = '\0';
	refused(line, "the key has 65 characters; write at most 64");
	memset(line + 6, 'a', 130);
	line[136] = '\0';
	refused(line, "the key has 130 digits; write at most 128");
	refused("\xc3\xa4\xc3\xb6 MD5 x", ":2:1: error: the line does not");
	refused("2 \xc3\xa4\xc3\xb6 x", ":2:3: error: key 2 is of a type");
	refused("2 MD5 \xc3\xa4\xc3\xb6 x", ":2:10: error: what follows key 2");
}

static void test_peers(void)
{
	struct keyfile *file = parse("5 MD5 x 192.0.2.1,198.51.100.7/24,"
				     "2001:db8::1/32,::/0\t# four\n"
				     "6 MD5 y");
	const struct keyfile_key *key = keyfile_find(file, 5);
	char buf[INET6_ADDRSTRLEN];

	is_int(file->key_n, 2, "two keys");
	is_int(key->peer_n, 4, "four networks");
	is_str(addr_print(&key->peer[0].addr, buf, sizeof(buf)), "192.0.2.1",
	       "a host");
	is_int(key->peer[0].prefix, 128, "all of its bits");
	is_str(addr_print(&key->peer[1].addr, buf, sizeof(buf)),
	       "198.51.100.0", "a network, without host bits");
	is_int(key->peer[1].prefix, 120, "24 bits");
	is_str(addr_print(&key->peer[2].addr, buf, sizeof(buf)), "2001:db8::",
	       "of IPv6");
	is_int(key->peer[2].prefix, 32, "32 bits");
	is_int(key->peer[3].prefix, 0, "all there are");
	is_int(keyfile_find(file, 6)->peer_n, 0, "key 6 has none");
	keyfile_free(file);
}

static void test_lines(void)
{
	static const char nul[] = "1 MD5 a\0b\n2 MD5 b\n3 M\0D5 x\n4 MD5 x "
				  "::1\0\n";
	struct keyfile *file;

	file = parse("");
	ok(!file->key_n && !file->bad_n, "an empty file");
	keyfile_free(file);
	file = parse(" \t \n\r\n# 1 MD5 x\n\t# y\r\n");
	ok(!file->key_n && !file->bad_n, "blanks and comments");
	keyfile_free(file);
	file = parse("\xef\xbb\xbf" "1 MD5 a\r\n\t2\tSHA1\tb#c\r\n3 MD5 c\r");
	ok(file->key_n == 3 && !file->bad_n &&
	   keyfile_find(file, 1)->secret_len == 1 &&
	   keyfile_find(file, 2)->secret_len == 1 &&
	   keyfile_find(file, 3)->secret_len == 1, "lines of other systems");
	keyfile_free(file);
	file = parse_octets(nul, sizeof(nul) - 1);
	ok(file->key_n == 1 && file->key[0].id == 2 && file->bad_n == 3,
	   "NUL is in no word");
	keyfile_free(file);
	file = parse("9 MD5 a\n65534 MD5 b\n1 MD5 c\n9 SHA1 d\n4 MD5 e\n");
	ok(file->key_n == 4 && file->key[0].id == 1 && file->key[1].id == 4 &&
	   file->key[2].id == 9 && file->key[2].type == NTP_KEY_MD5 &&
	   file->key[3].id == 65534, "sorted, of two equal the first one");
	ok(strstr(reported, "ntp.keys:4:1: error: key 9 stands in line 1"),
	   "the second one is told");
	keyfile_free(file);
	ok(!keyfile_parse("1 X", 3, "x", &file, NULL, NULL) && file->bad_n == 1,
	   "nobody to tell");
	keyfile_free(file);
	keyfile_free(NULL);
}

static void test_many(void)
{
	size_t size = 1 << 20, n = 0;
	char *text = malloc(size);
	struct keyfile *file;
	bool are_right = true;

	for (unsigned int id = NTP_KEY_ID_MAX; id; id--)
		n += (size_t)snprintf(text + n, size - n, "%u M k%u\n", id, id);
	forget();
	ok(!keyfile_parse(text, n, "x", &file, note, NULL), "all there can be");
	is_int(file->key_n, NTP_KEY_ID_MAX, "all of them");
	for (u32 id = 1; id <= NTP_KEY_ID_MAX; id++) {
		char secret[16];

		snprintf(secret, sizeof(secret), "k%u", id);
		are_right &= file->key[id - 1].id == id &&
			     keyfile_find(file, id) == &file->key[id - 1] &&
			     !memcmp(file->key[id - 1].secret, secret,
				     strlen(secret));
	}
	ok(are_right, "each with its own secret");
	keyfile_free(file);
	free(text);
}

static int load(const char *path, struct keyfile **file)
{
	forget();
	return keyfile_load(path, file, note, NULL);
}

static void test_load(void)
{
	char path[] = "/tmp/keyfile_test.XXXXXX", line[256];
	int fd = mkstemp(path);
	struct keyfile *file;

	ok(fd >= 0 && write(fd, "1 MD5 x\nbad\n", 12) == 12, "a file");
	is_int(load(path, &file), 0, "read it");
	ok(file->key_n == 1 && file->bad_n == 1 && !report_n[KEYFILE_WARNING],
	   "a key, a line that is skipped");
	keyfile_free(file);
	snprintf(line, sizeof(line), "%s: warning: every user of this machine "
		 "may read or change the keys; take that", path);
	for (mode_t mode = 0601; mode <= 0606; mode++) {
		fchmod(fd, mode);
		load(path, &file);
		ok(report_n[KEYFILE_WARNING] == !!(mode & 6) &&
		   (!(mode & 6) || !strncmp(reported, line, strlen(line))),
		   "mode %03o", mode);
		keyfile_free(file);
	}
	fchmod(fd, 0640);
	is_int(load(path, &file), 0, "the group may");
	ok(!report_n[KEYFILE_WARNING], "so nothing is said");
	keyfile_free(file);
	ok(!ftruncate(fd, KEYFILE_SIZE_MAX + 1), "a huge one");
	is_int(load(path, &file), -EFBIG, "is refused");
	ok(!file && strstr(reported, "error: cannot read the keys: more than "
			   "16 MiB; see that"), "and told");
	close(fd);
	unlink(path);
	is_int(load(path, &file), -ENOENT, "none");
	ok(!file && strstr(reported, "cannot read the keys: No such file"),
	   "is told");
	is_int(load("/tmp", &file), -EISDIR, "a folder");
	ok(!file && report_n[KEYFILE_ERROR] == 1, "is told");
}

int main(void)
{
	tap_start();
	test_keygen();
	test_types();
	test_secrets();
	test_refused();
	test_peers();
	test_lines();
	test_many();
	test_load();
	return tap_finish();
}
