// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include "daemon/io/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/net_tstamp.h>
#include <linux/pps.h>
#include <linux/ptp_clock.h>
#include <linux/sockios.h>
#include <poll.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <ucontext.h>
#include <unistd.h>

#include "daemon/io/loop.h"
#include "tools/lib/log.h"

#define ITEMS(list)	(sizeof(list) / sizeof((list)[0]))
#define NAMESPACES	(CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC |	\
			 CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET |	\
			 CLONE_NEWCGROUP)
/* Numbers of refused calls that are remembered as told. */
#define TOLD_MAX	16

/* What both processes need; names that an architecture lacks are left out. */
static const char *const common[] = {
	/* memory, without mapping what is writable as code: see below */
	"brk", "madvise", "mremap", "munmap",
	/* files */
	"_llseek", "access", "close", "close_range", "dup", "dup2", "dup3",
	"faccessat", "faccessat2", "fcntl", "fcntl64", "fstat", "fstat64",
	"fstatat64", "fstatfs", "getcwd", "getdents64", "lseek", "lstat",
	"lstat64", "newfstatat", "pread64", "read", "readlink", "readlinkat",
	"readv", "stat", "stat64", "statfs", "statx", "write", "writev",
	/* network */
	"bind", "connect", "getpeername", "getsockname", "getsockopt", "recv",
	"recvfrom", "recvmmsg", "recvmmsg_time64", "recvmsg", "send",
	"sendmmsg", "sendmsg", "sendto", "setsockopt", "shutdown",
	/* waiting */
	"_newselect", "poll", "ppoll", "ppoll_time64", "pselect6",
	"pselect6_time64", "select",
	/* time */
	"clock_getres", "clock_getres_time64", "clock_gettime",
	"clock_gettime64", "clock_nanosleep", "clock_nanosleep_time64",
	"gettimeofday", "nanosleep", "time",
	/* the process itself */
	"exit", "exit_group", "futex", "futex_time64", "get_robust_list",
	"getegid", "getegid32", "geteuid", "geteuid32", "getgid", "getgid32",
	"getpid", "getppid", "getpriority", "getrandom", "getrlimit",
	"getrusage", "gettid", "getuid", "getuid32", "membarrier", "prlimit64",
	"restart_syscall", "rseq", "rt_sigaction", "rt_sigpending",
	"rt_sigprocmask", "rt_sigreturn", "sched_getaffinity", "sched_yield",
	"set_robust_list", "set_tid_address", "sigaltstack", "sigreturn",
	"sysinfo", "tgkill", "times", "ugetrlimit", "uname",
};

/* The daemon alone. */
static const char *const daemons[] = {
	"accept", "accept4", "adjtimex", "capget", "capset", "chmod",
	"clock_adjtime", "clock_adjtime64", "clock_settime",
	"clock_settime64", "fchmod", "fchmodat", "fdatasync", "flock", "fork",
	"fsync", "ftruncate", "ftruncate64", "kill", "link", "linkat",
	"listen", "open", "openat", "pipe", "pipe2", "prctl", "pwrite64",
	"rename", "renameat", "renameat2", "seccomp", "settimeofday", "shmat",
	"shmctl", "shmdt", "shmget", "socketpair", "tkill", "umask", "unlink",
	"unlinkat", "vfork", "wait4", "waitid", "waitpid",
};

static const unsigned long ioctls[] = {
	FIONREAD, TCGETS,
	SIOCGIFNAME, SIOCGIFINDEX, SIOCGIFCONF, SIOCGIFFLAGS, SIOCGIFADDR,
	SIOCETHTOOL, SIOCGHWTSTAMP, SIOCSHWTSTAMP, SIOCGSTAMP_OLD,
	SIOCGSTAMPNS_OLD,
	PPS_GETPARAMS, PPS_SETPARAMS, PPS_GETCAP, PPS_FETCH,
	PTP_CLOCK_GETCAPS, PTP_SYS_OFFSET, PTP_SYS_OFFSET_PRECISE,
	PTP_SYS_OFFSET_EXTENDED, PTP_EXTTS_REQUEST, PTP_EXTTS_REQUEST2,
	PTP_PIN_SETFUNC,
};

static const int families[] = { AF_UNIX, AF_INET, AF_INET6, AF_NETLINK };

static int refused[2] = { -1, -1 };	/* numbers of calls, from the handler */

/* --- filters ------------------------------------------------------------- */

static int allow_names(scmp_filter_ctx ctx, const char *const *names, size_t n)
{
	int err = 0;

	for (size_t i = 0; i < n && !err; i++) {
		int nr = seccomp_syscall_resolve_name(names[i]);

		if (nr == __NR_SCMP_ERROR)
			continue;
		err = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, nr, 0);
	}
	return err;
}

/* Data never becomes code; libraries that name lookups load are read-only. */
static int allow_memory(scmp_filter_ctx ctx)
{
	static const scmp_datum_t both = PROT_WRITE | PROT_EXEC;
	static const scmp_datum_t allowed[] = { 0, PROT_WRITE, PROT_EXEC };
	static const char *const calls[] = { "mmap", "mmap2", "mprotect" };
	int err = 0;

	for (size_t c = 0; c < ITEMS(calls); c++) {
		int nr = seccomp_syscall_resolve_name(calls[c]);

		for (size_t i = 0; i < ITEMS(allowed) && !err; i++)
			err = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, nr, 1,
				SCMP_A2(SCMP_CMP_MASKED_EQ, both, allowed[i]));
	}
	return err;
}

static int allow_values(scmp_filter_ctx ctx)
{
	int err = 0;

	for (size_t i = 0; i < ITEMS(ioctls) && !err; i++)
		err = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1,
				       SCMP_A1(SCMP_CMP_MASKED_EQ, 0xffffffff,
					       ioctls[i]));
	for (size_t i = 0; i < ITEMS(families) && !err; i++)
		err = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(socket),
				       1, SCMP_A0_32(SCMP_CMP_EQ, families[i],
						     0));
	return err;
}

/* A filter cannot look into clone3's flags: libc falls back to clone. */
static int allow_fork(scmp_filter_ctx ctx)
{
	int err = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(ENOSYS),
				   SCMP_SYS(clone3), 0);

	return err ? err : seccomp_rule_add(ctx, SCMP_ACT_ALLOW,
					    SCMP_SYS(clone), 1,
					    SCMP_A0(SCMP_CMP_MASKED_EQ,
						    NAMESPACES, 0));
}

static int allow_reading(scmp_filter_ctx ctx)
{
	int err = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(openat), 1,
				   SCMP_A2(SCMP_CMP_MASKED_EQ, O_ACCMODE |
					   O_CREAT | O_TRUNC, O_RDONLY));

	return err ? err : seccomp_rule_add(ctx, SCMP_ACT_ALLOW,
					    SCMP_SYS(open), 1,
					    SCMP_A1(SCMP_CMP_MASKED_EQ,
						    O_ACCMODE | O_CREAT |
						    O_TRUNC, O_RDONLY));
}

static int load(uint32_t otherwise, bool is_daemon)
{
	scmp_filter_ctx ctx = seccomp_init(otherwise);
	int err;

	if (!ctx)
		return -ENOMEM;
	/* Old kernels and libraries do without the line in the audit log. */
	seccomp_attr_set(ctx, SCMP_FLTATR_CTL_LOG, 1);
	seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	err = allow_names(ctx, common, ITEMS(common));
	if (!err)
		err = allow_memory(ctx);
	if (!err)
		err = allow_values(ctx);
	if (!err && is_daemon)
		err = allow_names(ctx, daemons, ITEMS(daemons));
	if (!err)
		err = is_daemon ? allow_fork(ctx) : allow_reading(ctx);
	if (!err)
		err = seccomp_load(ctx);
	seccomp_release(ctx);
	return err;
}

/* --- what was refused ---------------------------------------------------- */

/* In the midst of anything: the call fails, the loop tells. */
static void on_trap(int signo, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;
	int nr = info->si_syscall, saved = errno;

#if defined(__x86_64__)
	uc->uc_mcontext.gregs[REG_RAX] = -EPERM;
#elif defined(__i386__)
	uc->uc_mcontext.gregs[REG_EAX] = -EPERM;
#elif defined(__aarch64__)
	uc->uc_mcontext.regs[0] = (unsigned long)-EPERM;
#elif defined(__arm__)
	uc->uc_mcontext.arm_r0 = (unsigned long)-EPERM;
#elif defined(__riscv)
	uc->uc_mcontext.__gregs[REG_A0] = (unsigned long)-EPERM;
#else
	(void)uc;
	_exit(128 + signo);
#endif
	(void)!write(refused[1], &nr, sizeof(nr));
	errno = saved;
}

static void tell_refused(int fd, short revents, void *arg)
{
	static int told[TOLD_MAX];
	static size_t told_n;
	bool is_told = false;
	char *name;
	int nr;

	if (read(fd, &nr, sizeof(nr)) != sizeof(nr))
		return;
	for (size_t i = 0; i < told_n; i++)
		is_told |= told[i] == nr;
	if (is_told || told_n == TOLD_MAX)
		return;
	told[told_n++] = nr;
	name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, nr);
	log_error("the sandbox refused system call %d (%s), which kntpd has no "
		  "use for: please report it; --no-sandbox runs without", nr,
		  name ? name : "unknown");
	free(name);
}

static int watch(void)
{
	struct sigaction action = { .sa_sigaction = on_trap,
				    .sa_flags = SA_SIGINFO | SA_NODEFER };
	int err;

	if (pipe2(refused, O_CLOEXEC | O_NONBLOCK))
		return -errno;
	err = loop_fd_add(refused[0], POLLIN, tell_refused, NULL);
	if (!err && sigaction(SIGSYS, &action, NULL))
		err = -errno;
	return err;
}

/* --- both processes ------------------------------------------------------ */

void sandbox_confine(void)
{
	int err = watch();

	if (!err)
		err = load(SCMP_ACT_TRAP, true);
	if (err)
		log_warning("cannot confine the daemon to the system calls "
			    "that it needs: %s; going on with all of them. A "
			    "kernel with CONFIG_SECCOMP_FILTER can",
			    strerror(-err));
}

void sandbox_confine_resolver(void)
{
	signal(SIGSYS, SIG_DFL);
	load(SCMP_ACT_ERRNO(EPERM), false);
}

void sandbox_release(void)
{
	for (int i = 0; i < 2; i++) {
		if (refused[i] < 0)
			continue;
		if (!i)
			loop_fd_del(refused[i]);
		close(refused[i]);
		refused[i] = -1;
	}
}
