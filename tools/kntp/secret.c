// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "tools/kntp/secret.h"
#include "tools/lib/cli.h"

static volatile sig_atomic_t secret_is_over;

static void secret_interrupt(int signal)
{
	(void)signal;
	secret_is_over = 1;
}

/* Octet by octet: what stands behind the line is not ours to take. */
static int secret_line(int fd, char *text)
{
	size_t len = 0;
	ssize_t n;

	for (;;) {
		n = read(fd, text + len, 1);
		if (n < 0 && errno == EINTR && !secret_is_over)
			continue;
		if (n < 0)
			return -errno;
		if (!n || text[len] == '\n')
			return (int)len;
		if (++len == SECRET_MAX)
			return -EFBIG;
	}
}

/* Whoever changes his mind gets his terminal back as it was. */
static int secret_ask(int fd, char *text)
{
	const struct sigaction interrupt = { .sa_handler = secret_interrupt };
	const struct sigaction ignore = { .sa_handler = SIG_IGN };
	struct termios loud, quiet;
	int len;

	if (tcgetattr(fd, &loud))
		return secret_line(fd, text);
	quiet = loud;
	quiet.c_lflag &= ~(tcflag_t)ECHO;
	sigaction(SIGINT, &interrupt, NULL);
	sigaction(SIGTERM, &interrupt, NULL);
	sigaction(SIGTSTP, &ignore, NULL);
	fputs("secret of the key: ", stderr);
	if (tcsetattr(fd, TCSAFLUSH, &quiet))
		return -errno;
	len = secret_line(fd, text);
	tcsetattr(fd, TCSAFLUSH, &loud);
	fputc('\n', stderr);
	return len;
}

static int secret_trim(char *text, int len)
{
	int first = 0;

	while (len && strchr(" \t\r", text[len - 1]) && text[len - 1])
		len--;
	while (first < len && (text[first] == ' ' || text[first] == '\t'))
		first++;
	memmove(text, text + first, (size_t)(len - first));
	return len - first;
}

int secret_read(const char *path, char *text)
{
	const char *name = path ? path : "standard input";
	int fd = STDIN_FILENO, len;

	if (path)
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		len = -errno;
	else
		len = path ? secret_line(fd, text) : secret_ask(fd, text);
	if (path && fd >= 0)
		close(fd);
	if (len >= 0)
		return secret_trim(text, len);
	explicit_bzero(text, SECRET_MAX);
	if (len == -EFBIG)
		cli_error("the first line of %s is too long for a secret",
			  name);
	else
		cli_error("cannot read the secret from %s: %s", name,
			  strerror(-len));
	return len;
}
