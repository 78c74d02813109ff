// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include "daemon/io/resolve.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/io/loop.h"
#include "daemon/io/sandbox.h"
#include "tools/lib/log.h"

#define NAME_MAX_LEN	255

/* A child that dies with a question this often is not asked it again. */
#define DEATHS_MAX	3
#define RESTART_NS	LOOP_NS_PER_S

struct request {
	u32 id;
	int family;
	char name[NAME_MAX_LEN + 1];
};

struct answer {
	u32 id;
	u32 n;
	char err[128];		/* empty: success */
	struct addr_end addr[RESOLVE_ADDR_MAX];
};

struct resolve_query {
	struct resolve_query *next;	/* asked before the next one */
	struct request request;
	unsigned int deaths;
	resolve_fn answered;
	void *arg;
};

static pid_t child = -1;
static int child_fd = -1;
static bool is_started;
static u32 next_id;
static u32 asked_id;		/* what the child works on, 0: nothing */
static struct resolve_query *queries;	/* the first is asked first */
static struct loop_timer restart_timer;

/* --- the child ---------------------------------------------------------- */

static void look_up(const struct request *request, struct answer *answer)
{
	struct addrinfo hints = { .ai_family = request->family,
				  .ai_socktype = SOCK_DGRAM };
	struct addrinfo *list = NULL;
	int rc;

	memset(answer, 0, sizeof(*answer));
	answer->id = request->id;
	rc = getaddrinfo(request->name, NULL, &hints, &list);
	if (rc) {
		snprintf(answer->err, sizeof(answer->err), "%s",
			 rc == EAI_SYSTEM ? strerror(errno) : gai_strerror(rc));
		return;
	}
	for (struct addrinfo *a = list; a && answer->n < RESOLVE_ADDR_MAX;
	     a = a->ai_next) {
		struct sockaddr_storage ss = { 0 };

		memcpy(&ss, a->ai_addr, a->ai_addrlen);
		if (!addr_from_sockaddr(&answer->addr[answer->n], &ss))
			answer->n++;
	}
	freeaddrinfo(list);
	if (!answer->n)
		snprintf(answer->err, sizeof(answer->err), "no address");
}

static void child_give_up_privileges(int keep)
{
	cap_t none = cap_init();

	if (none)
		cap_set_proc(none);
	cap_free(none);
	/* The server port must not stay open when only the child is left. */
	if (keep > 3)
		close_range(3, keep - 1, 0);
	close_range(keep + 1, ~0U, 0);
}

static void child_main(int fd, pid_t parent)
{
	struct request request;
	struct answer answer;

	/* The terminal's signals are for the parent; its end is ours. */
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGUSR1, SIG_IGN);
	signal(SIGTERM, SIG_DFL);
	fcntl(fd, F_SETFL, 0);
	child_give_up_privileges(fd);
	sandbox_confine_resolver();
	while (getppid() == parent) {
		ssize_t len = recv(fd, &request, sizeof(request), 0);

		if (len < 0 && errno == EINTR)
			continue;
		if (len != sizeof(request))
			break;
		request.name[NAME_MAX_LEN] = '\0';
		look_up(&request, &answer);
		if (send(fd, &answer, sizeof(answer), MSG_NOSIGNAL) < 0)
			break;
	}
	_exit(0);
}

/* --- the parent --------------------------------------------------------- */

static void child_ready(int fd, short revents, void *arg);

static int start_child(void)
{
	pid_t parent = getpid();
	int pair[2];
	int err;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK,
		       0, pair))
		return -errno;
	child = fork();
	if (child < 0) {
		err = -errno;
		close(pair[0]);
		close(pair[1]);
		return err;
	}
	if (!child) {
		close(pair[0]);
		child_main(pair[1], parent);
	}
	close(pair[1]);
	child_fd = pair[0];
	err = loop_fd_add(child_fd, POLLIN, child_ready, NULL);
	if (err)
		resolve_stop();
	return err;
}

static void end_child(void)
{
	if (child_fd >= 0) {
		loop_fd_del(child_fd);
		close(child_fd);
		child_fd = -1;
	}
	if (child > 0) {
		kill(child, SIGKILL);
		while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
			;
		child = -1;
	}
	asked_id = 0;
}

static void ask_next(void)
{
	if (asked_id || !queries || child_fd < 0)
		return;
	if (send(child_fd, &queries->request, sizeof(queries->request),
		 MSG_NOSIGNAL) == sizeof(queries->request))
		asked_id = queries->request.id;
	/* A child that is gone is seen as POLLHUP, and started again. */
}

/* Takes the query out first: the callback may ask again. */
static void answer_query(struct resolve_query *query, const char *err,
			 const struct addr_end *addr, size_t n)
{
	resolve_fn answered = query->answered;
	void *arg = query->arg;

	resolve_cancel(query);
	answered(err, addr, n, arg);
}

static void restart_child(void *arg)
{
	int err;

	(void)arg;
	err = start_child();
	if (err) {
		log_error("cannot start the name resolver again: %s; trying on",
			  strerror(-err));
		loop_timer_in(&restart_timer, RESTART_NS);
		return;
	}
	ask_next();
}

static void child_died(void)
{
	struct resolve_query *query = queries;
	bool was_asked = query && query->request.id == asked_id;

	log_warning("the name resolver (process %d) died; starting another",
		    (int)child);
	end_child();
	loop_timer_in(&restart_timer, RESTART_NS);
	if (was_asked && ++query->deaths >= DEATHS_MAX)
		answer_query(query, "the name resolver dies of it", NULL, 0);
}

static void child_ready(int fd, short revents, void *arg)
{
	static struct answer answer;
	ssize_t len;

	(void)revents;
	(void)arg;
	len = recv(fd, &answer, sizeof(answer), 0);
	if (len < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (len != sizeof(answer)) {
		child_died();
		return;
	}
	asked_id = 0;
	if (answer.n > RESOLVE_ADDR_MAX)
		answer.n = 0;
	answer.err[sizeof(answer.err) - 1] = '\0';
	/* What was cancelled meanwhile is not at the head any more. */
	if (queries && queries->request.id == answer.id)
		answer_query(queries, answer.err[0] ? answer.err : NULL,
			     answer.addr, answer.n);
	ask_next();
}

int resolve_start(void)
{
	int err;

	loop_timer_init(&restart_timer, restart_child, NULL);
	err = start_child();
	if (err)
		log_error("cannot start the name resolver: %s; only servers "
			  "given by address are used", strerror(-err));
	is_started = !err;
	return err;
}

bool resolve_is_on(void)
{
	return is_started;
}

int resolve_ask(struct resolve_query **result, const char *name, int family,
		resolve_fn answered, void *arg)
{
	struct resolve_query *query, **p;

	*result = NULL;
	if (!is_started)
		return -ENOSYS;
	if (strlen(name) > NAME_MAX_LEN)
		return -ENAMETOOLONG;
	query = calloc(1, sizeof(*query));
	if (!query)
		return -ENOMEM;
	if (!++next_id)
		next_id++;
	query->request.id = next_id;
	query->request.family = family;
	snprintf(query->request.name, sizeof(query->request.name), "%s", name);
	query->answered = answered;
	query->arg = arg;
	for (p = &queries; *p; p = &(*p)->next)
		;
	*p = query;
	*result = query;
	ask_next();
	return 0;
}

void resolve_cancel(struct resolve_query *query)
{
	struct resolve_query **p = &queries;

	if (!query)
		return;
	while (*p && *p != query)
		p = &(*p)->next;
	if (!*p)
		return;
	*p = query->next;
	free(query);
}

void resolve_stop(void)
{
	loop_timer_cancel(&restart_timer);
	end_child();
	while (queries)
		resolve_cancel(queries);
	is_started = false;
}
