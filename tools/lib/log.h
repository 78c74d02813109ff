/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* Copyright (C) 2026 The kntp authors */
#ifndef LOG_H
#define LOG_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * Where messages go. One line a message, no full stop, no newline; a message
 * names what, where and what to do next. Not thread safe.
 */

/** enum log_level - how much a message matters; values are those of syslog */
enum log_level {
	LOG_LEVEL_ERROR = 3,	/* something does not work, act */
	LOG_LEVEL_WARNING = 4,	/* works, but not as asked */
	LOG_LEVEL_NOTICE = 5,	/* a change of state that operators follow */
	LOG_LEVEL_INFO = 6,	/* what goes on */
	LOG_LEVEL_DEBUG = 7,	/* only with -d */
};

/*
 * enum log_kind - what a message is about, for those that logconfig switches;
 * four bits for each class. Errors and warnings have no kind and always show.
 */
enum log_kind {
	LOG_KIND_SYS_INFO	= 0x0001,
	LOG_KIND_SYS_EVENTS	= 0x0002,
	LOG_KIND_SYS_STATUS	= 0x0004,
	LOG_KIND_SYS_STATISTICS	= 0x0008,
	LOG_KIND_PEER_INFO	= 0x0010,
	LOG_KIND_PEER_EVENTS	= 0x0020,
	LOG_KIND_CLOCK_INFO	= 0x0100,
	LOG_KIND_CLOCK_EVENTS	= 0x0200,
	LOG_KIND_SYNC_INFO	= 0x1000,
	LOG_KIND_SYNC_EVENTS	= 0x2000,
	LOG_KIND_SYNC_STATUS	= 0x4000,
};

/**
 * log_open() - choose the destination before any configuration is read
 * @name: program name for each line; must stay valid
 * @to_stderr: standard error if true, otherwise syslog
 *
 * Before the first call messages go to standard error.
 */
void log_open(const char *name, bool to_stderr);

/**
 * log_prepare() - before a change of the root folder: time zone and syslog are
 * not found any more afterwards
 * @for_syslog: messages will go there
 */
void log_prepare(bool for_syslog);

/**
 * log_set_level() - the least important level that is still written
 * @level: LOG_LEVEL_INFO at the start
 */
void log_set_level(enum log_level level);

/**
 * log_set_kinds() - the kinds of messages that are written
 * @mask: of enum log_kind; at the start all of class sync, as ntpd has it
 */
void log_set_kinds(unsigned int mask);

/** log_has_kind() - is this kind written? */
bool log_has_kind(enum log_kind kind);

/**
 * log_set_file() - write to a file from now on, or back to log_open()'s choice
 * @path: the file, appended to, created with mode 0644 if absent; NULL for none
 *
 * The switch is announced on the old destination. On failure the destination
 * stays what it was.
 *
 * Return: 0 or a negative errno; the reason has been logged.
 */
int log_set_file(const char *path);

/**
 * log_give() - make a user the owner of the file, who then opens it anew
 * What stands in the way is told when that fails.
 */
void log_give(uid_t uid, gid_t gid);

/**
 * log_reopen() - open the file of log_set_file() anew, after its rotation
 *
 * Return: 0 or a negative errno; the old file is kept on failure, and the
 * reason is in it.
 */
int log_reopen(void);

/** log_close() - flush and close; messages go to standard error afterwards */
void log_close(void);

/** log_write() - write one message; use the macros */
void log_write(enum log_level level, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/** log_is_on() - would a message of @level be written? */
bool log_is_on(enum log_level level);

#define log_error(...)		log_write(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(...)	log_write(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_notice(...)		log_write(LOG_LEVEL_NOTICE, __VA_ARGS__)
#define log_info(...)		log_write(LOG_LEVEL_INFO, __VA_ARGS__)
/* A message of a kind that may be switched off. */
#define log_notice_of(kind, ...)				\
	do {							\
		if (log_has_kind(kind))				\
			log_notice(__VA_ARGS__);		\
	} while (0)
#define log_debug(...)						\
	do {							\
		if (log_is_on(LOG_LEVEL_DEBUG))			\
			log_write(LOG_LEVEL_DEBUG, __VA_ARGS__);\
	} while (0)

#endif
