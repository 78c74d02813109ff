// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/apply.h"
#include "daemon/conf/summary.h"
#include "daemon/dispatch.h"
#include "daemon/engine/engine.h"
#include "daemon/engine/hwstamp.h"
#include "daemon/engine/keyring.h"
#include "daemon/engine/server.h"
#include "daemon/engine/stats.h"
#include "daemon/io/links.h"
#include "daemon/io/loop.h"
#include "daemon/io/net.h"
#include "daemon/io/notify.h"
#include "daemon/io/priv.h"
#include "daemon/io/resolve.h"
#include "daemon/io/sandbox.h"
#include "daemon/io/single.h"
#include "daemon/options.h"
#include "daemon/refclock/refclock.h"
#include "tools/lib/log.h"

static struct options options;
static struct conf *conf;
static int parent_fd = -1;	/* to tell the process that started us */
static char *pid_path;		/* as it was written; a reload may say other */
static int pid_fd = -1;

/* --- becoming a daemon -------------------------------------------------- */

/* Waits for the daemon to run, so that its failure is the command's failure. */
static void wait_for_daemon(int fd)
{
	unsigned char status = EXIT_FAILED;

	while (read(fd, &status, 1) < 0 && errno == EINTR)
		;
	_exit(status);
}

static int daemon_up(void)
{
	int pair[2];
	pid_t child;

	if (options.foreground)
		return 0;
	if (pipe2(pair, O_CLOEXEC))
		goto failed;
	child = fork();
	if (child < 0)
		goto failed;
	if (child) {
		close(pair[1]);
		wait_for_daemon(pair[0]);
	}
	close(pair[0]);
	parent_fd = pair[1];
	setsid();
	umask(022);
	return 0;
failed:
	log_error("cannot become a daemon: %s; -n runs in the foreground",
		  strerror(errno));
	return -errno;
}

static void tell_parent(unsigned char status)
{
	int null;

	if (parent_fd < 0)
		return;
	(void)!write(parent_fd, &status, 1);
	close(parent_fd);
	parent_fd = -1;
	null = open("/dev/null", O_RDWR);
	if (null >= 0) {
		for (int fd = 0; fd <= 2; fd++)
			dup2(null, fd);
		if (null > 2)
			close(null);
	}
	log_open("kntpd", false);
}

/* --- pid file ----------------------------------------------------------- */

static int pidfile_up(void)
{
	char text[16];
	int len, err;

	if (!conf->pidfile)
		return 0;
	pid_path = strdup(conf->pidfile);
	if (!pid_path)
		return -ENOMEM;
	pid_fd = open(conf->pidfile, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (pid_fd < 0) {
		err = -errno;
		log_error("cannot write the pid file %s: %s; create its folder, "
			  "or leave out pidfile and -p", conf->pidfile,
			  strerror(-err));
		return err;
	}
	if (flock(pid_fd, LOCK_EX | LOCK_NB)) {
		err = -errno;
		len = read(pid_fd, text, sizeof(text) - 1);
		text[len > 0 ? len : 0] = '\0';
		text[strcspn(text, "\n")] = '\0';
		log_error("the pid file %s is held by process %s: another "
			  "daemon runs; stop that one first", conf->pidfile,
			  text);
		close(pid_fd);
		pid_fd = -1;
		return err;
	}
	len = snprintf(text, sizeof(text), "%d\n", (int)getpid());
	if (ftruncate(pid_fd, 0) || pwrite(pid_fd, text, len, 0) != len) {
		err = errno ? -errno : -EIO;
		log_error("cannot write the pid file %s: %s", conf->pidfile,
			  strerror(-err));
		return err;
	}
	return 0;
}

/* The folder may not be ours any more; an empty file then stays behind. */
static void pidfile_down(void)
{
	if (pid_fd < 0)
		return;
	if (unlink(pid_path))
		(void)!ftruncate(pid_fd, 0);
	close(pid_fd);
	pid_fd = -1;
	free(pid_path);
	pid_path = NULL;
}

/* --- signals ------------------------------------------------------------ */

static void on_end(int signo, void *arg)
{
	log_notice("ending on signal %d (%s)", signo, strsignal(signo));
	loop_stop(EXIT_OK);
}

static void on_reload(int signo, void *arg)
{
	struct conf *new;

	notify_reloading();
	log_reopen();
	stats_reopen();
	if (apply_load(&options, &new, apply_report_log)) {
		log_error("%s is refused; the configuration in use stays as it "
			  "is", options.conf_file);
	} else {
		apply_conf(&options, conf, new);
		conf_free(conf);
		conf = new;
	}
	net_server_retry();
	notify_ready();
}

static void on_report(int signo, void *arg)
{
	server_report();
}

static int signals_up(void)
{
	loop_signal(SIGTERM, on_end, NULL);
	loop_signal(SIGINT, on_end, NULL);
	loop_signal(SIGHUP, on_reload, NULL);
	loop_signal(SIGUSR1, on_report, NULL);
	loop_signal(SIGUSR2, NULL, NULL);
	loop_signal(SIGPIPE, NULL, NULL);
	return 0;
}

/* --- the rest of the stages --------------------------------------------- */

static int single_up(void)
{
	pid_t other;

	if (options.no_clock || !single_lock(&other))
		return 0;
	log_error("another kntpd runs here (process %d), and two would pull at "
		  "one clock; stop that one first, or see --no-clock",
		  (int)other);
	return -EEXIST;
}

/* As root, or the file could not be opened after privileges are dropped. */
static int log_up(void)
{
	/* The reason is told; without its file the log goes where it went. */
	log_set_file(conf->logfile);
	if (options.inert[0])
		log_warning("option%s -%s ha%s no effect in this version",
			    options.inert[1] ? "s" : "", options.inert,
			    options.inert[1] ? "ve" : "s");
	return 0;
}

static int priority_up(void)
{
	struct sched_param param = { .sched_priority = 1 };

	if (options.high_priority &&
	    sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &param))
		log_warning("cannot run at a high priority: %s; start as root, "
			    "or with CAP_SYS_NICE", strerror(errno));
	return 0;
}

/* The file that is read again is looked for in there. */
static int jail_up(void)
{
	size_t len = options.jail ? strlen(options.jail) : 0;

	if (!len)
		return 0;
	log_prepare(!options.foreground);
	if (priv_jail(options.jail))
		return -EPERM;
	while (len && options.jail[len - 1] == '/')
		len--;
	if (!strncmp(options.conf_file, options.jail, len) &&
	    options.conf_file[len] == '/')
		options.conf_file += len;
	return 0;
}

static int priv_up(void)
{
	struct priv_user user = { 0 };
	int err;

	if (options.user && !options.no_sandbox &&
	    priv_find_user(options.user, &user))
		return -ENOENT;
	hwstamp_prepare(conf);
	err = jail_up();
	if (err || options.no_sandbox)
		return err;
	if (options.user && pid_fd >= 0)
		(void)!fchown(pid_fd, user.uid, user.gid);
	if (options.user)
		log_give(user.uid, user.gid);
	err = priv_drop(options.user ? &user : NULL);
	if (err)
		return err;
	apply_tell_unreadable(conf);
	if (options.no_clock || !conf->enabled.ntp || priv_can_set_clock())
		return 0;
	log_error("no permission to set the clock: start as root, or with "
		  "CAP_SYS_TIME; --no-clock serves time and leaves the clock "
		  "alone");
	return -EPERM;
}

static void on_link(enum links_change change, const struct links_if *link,
		    void *arg)
{
	engine_link(change, link);
}

static int links_up(void)
{
	/* What it lacks then is told in the log. */
	links_open(on_link, NULL);
	return 0;
}

static int server_up(void)
{
	struct net_server_ops ops = { .accept = apply_accepts,
				      .receive = dispatch_receive };

	if (options.once)
		return 0;
	if (net_server_open(options.port, options.family, &ops) < 0)
		log_error("no UDP port can be served here; going on as a "
			  "client alone");
	return 0;
}

static void on_finished(int status, void *arg)
{
	loop_stop(status);
}

static void on_status(const char *line, void *arg)
{
	notify_status("%s", line);
}

static int engine_up(void)
{
	struct engine_options engine = {
		.once = options.once,
		.step_first = options.step_first,
		.slew_only = options.slew_only,
		.keep_clock = options.no_clock,
		.finished = on_finished,
		.status = on_status,
	};

	refclock_init();
	return engine_init(&engine);
}

static int conf_up(void)
{
	apply_conf(&options, NULL, conf);
	return 0;
}

static int sandbox_up(void)
{
	if (!options.no_sandbox)
		sandbox_confine();
	return 0;
}

static int ready_up(void)
{
	tell_parent(EXIT_OK);
	notify_ready();
	return 0;
}

static int notify_up(void)
{
	notify_open();
	return 0;
}

/* What is started, from top to bottom; ended from bottom to top. */
static const struct stage {
	int (*up)(void);
	void (*down)(void);
} stages[] = {
	{ daemon_up, NULL },
	{ log_up, log_close },
	{ signals_up, loop_close },
	{ single_up, single_unlock },
	{ pidfile_up, pidfile_down },
	{ notify_up, notify_close },
	{ priority_up, NULL },
	{ priv_up, NULL },
	{ NULL, resolve_stop },
	{ engine_up, engine_shutdown },
	{ links_up, links_close },
	{ server_up, net_server_close },
	{ conf_up, apply_end },
	{ sandbox_up, sandbox_release },
	{ ready_up, notify_stopping },
};

#define STAGE_N	(sizeof(stages) / sizeof(stages[0]))

static int run(void)
{
	size_t n = 0;
	int status = EXIT_FAILED;

	while (n < STAGE_N) {
		int err = stages[n].up ? stages[n].up() : 0;

		if (err)
			break;
		n++;
	}
	if (n == STAGE_N) {
		status = loop_run();
		if (status < 0) {
			log_error("cannot wait for events: %s",
				  strerror(-status));
			status = EXIT_FAILED;
		}
	} else {
		tell_parent(EXIT_FAILED);
	}
	while (n-- > 0) {
		if (stages[n].down)
			stages[n].down();
	}
	conf_free(conf);
	return status;
}

/* --- -t ----------------------------------------------------------------- */

static void print_problem(const struct conf_problem *problem, void *arg)
{
	char text[1024];

	fprintf(stderr, "%s\n", conf_problem_print(problem, text,
						   sizeof(text)));
}

static int check(void)
{
	int err = apply_load(&options, &conf, print_problem);

	if (err) {
		fprintf(stderr, "%s is refused; kntpd would not start with "
			"it\n", options.conf_file);
		return EXIT_CONF;
	}
	printf("%s is right, and means:\n", options.conf_file);
	summary_print(conf, stdout);
	fflush(stdout);
	conf_check(conf, print_problem, NULL);
	keyring_check(conf, print_problem, NULL);
	conf_free(conf);
	return EXIT_OK;
}

int main(int argc, char **argv)
{
	int status = options_parse(&options, argc, argv);
	char *path;

	if (status >= 0)
		return status;
	if (options.check)
		return check();
	log_open("kntpd", true);
	if (options.debug)
		log_set_level(LOG_LEVEL_DEBUG);
	/* It is read again from another folder. */
	path = realpath(options.conf_file, NULL);
	if (path)
		options.conf_file = path;
	if (apply_load(&options, &conf, apply_report_log)) {
		log_error("%s is refused; correct it, and try it with kntpd -t",
			  options.conf_file);
		free(path);
		return EXIT_CONF;
	}
	status = run();
	free(path);
	return status;
}
