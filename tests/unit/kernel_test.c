// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */

/* What the module is told, in which order, and what becomes of a refusal. */

#include <errno.h>

#include "daemon/engine/access.h"
#include "daemon/engine/keyring.h"
#include "daemon/io/links.h"
#include "daemon/io/loop.h"
#include "tests/lib/tap.h"
#include "tools/lib/knl.h"
#include "tools/lib/log.h"

/* The module: what it was asked in short, and which call it refuses. */
static char calls[512];
static const char *refused;
static int refusal;
static int loaded;
static size_t served_n;		/* devices, somebody else's too */
static unsigned int open_n;
static void (*on_event)(const struct knl_event *event, void *arg);
static char log_text[4096];

static int call(const char *name)
{
	strncat(calls, name, sizeof(calls) - strlen(calls) - 2);
	strcat(calls, " ");
	return refused && !strcmp(refused, name) ? refusal : 0;
}

__attribute__((format(printf, 2, 3)))
static void fake_log_write(enum log_level level, const char *format, ...)
{
	size_t used = strlen(log_text);
	va_list args;

	va_start(args, format);
	vsnprintf(log_text + used, sizeof(log_text) - used, format, args);
	va_end(args);
}

static int fake_open(struct knl **knl)
{
	open_n++;
	*knl = (struct knl *)calls;
	return 0;
}

static void fake_close(struct knl *knl)
{
	open_n -= !!knl;
}

static const char *fake_error(const struct knl *knl)
{
	return "it says no";
}

static int fake_is_loaded(struct knl *knl)
{
	return loaded;
}

static int fake_clock_set(struct knl *knl, const struct knl_clock *clock)
{
	return call("clock");
}

static int fake_dev_add(struct knl *knl, const struct knl_dev *dev)
{
	served_n++;
	return call("dev+");
}

static int fake_dev_del(struct knl *knl, const struct knl_dev *dev)
{
	served_n--;
	return call("dev-");
}

static int fake_dev_each(struct knl *knl,
			 int (*each)(const struct knl_dev *dev, void *arg),
			 void *arg)
{
	struct knl_dev dev = { .ifindex = 1 };

	for (size_t i = 0; i < served_n; i++)
		each(&dev, arg);
	return 0;
}

static int fake_dev_stamp(struct knl *knl, const struct knl_dev *dev)
{
	return call(dev->phc == 1 ? "stamp" : "stamp-other");
}

static void fake_look(void)
{
	call("look");
}

static int fake_begin(struct knl *knl)
{
	return call("begin");
}

static int fake_commit(struct knl *knl)
{
	return call("commit");
}

static int fake_server_set(struct knl *knl, const struct knl_server *server)
{
	return call(server->send_nak ? "server" : "server-nonak");
}

static int fake_restrict_add(struct knl *knl, const struct ntp_acl_rule *rule,
			     size_t n)
{
	return call("rules");
}

static int fake_key_add(struct knl *knl, const struct knl_key *key)
{
	char text[32];

	snprintf(text, sizeof(text), "key%u%s", key->id,
		 key->is_trusted ? "!" : "");
	return call(text);
}

static int fake_stats_get(struct knl *knl, struct knl_stats *stats)
{
	*stats = (struct knl_stats){ .requests = 9,
				     .reason[NTP_SERVED] = 7,
				     .reason[NTP_DROP_XMIT] = 2 };
	return call("stats");
}

static int fake_event_open(struct knl *knl)
{
	return -EPROTONOSUPPORT;
}

static int fake_event_read(struct knl *knl,
			   void (*each)(const struct knl_event *, void *),
			   void *arg)
{
	on_event = each;
	return 0;
}

static const struct ntp_acl *fake_acl(void)
{
	static const struct ntp_acl_rule rule;
	static const struct ntp_acl acl = { .rule = &rule, .rule_n = 1 };

	return &acl;
}

static int fake_keyring_each(int (*each)(const struct keyfile_key *, bool,
					 void *), void *arg)
{
	struct keyfile_key one = { .id = 1, .secret_len = 4 };
	struct keyfile_key two = { .id = 2, .secret_len = 4 };
	int err = each(&one, true, arg);

	return err ? err : each(&two, false, arg);
}

static void fake_links_each(void (*each)(const struct links_if *, void *),
			    void *arg)
{
	struct links_if link = { .ifindex = 1, .name = "eth0",
				 .is_ethernet = true, .is_up = true };

	each(&link, arg);
}

#define knl_open		fake_open
#define knl_close		fake_close
#define knl_error		fake_error
#define knl_is_loaded		fake_is_loaded
#define knl_clock_set		fake_clock_set
#define knl_dev_add		fake_dev_add
#define knl_dev_del		fake_dev_del
#define knl_dev_each		fake_dev_each
#define knl_dev_stamp		fake_dev_stamp
#define hwstamp_link		fake_look
#define knl_config_begin	fake_begin
#define knl_config_commit	fake_commit
#define knl_server_set		fake_server_set
#define knl_restrict_add	fake_restrict_add
#define knl_key_add		fake_key_add
#define knl_stats_get		fake_stats_get
#define knl_event_open		fake_event_open
#define knl_event_read		fake_event_read
#define access_acl		fake_acl
#define keyring_each		fake_keyring_each
#define links_each		fake_links_each
#define log_write		fake_log_write
#include "daemon/engine/kernel.c"

static struct conf test_conf = { .enabled.nak = true };

static void start(int is_loaded)
{
	refused = NULL;
	served_n = 0;
	loaded = is_loaded;
	kern.has_clock = false;
	calls[0] = log_text[0] = '\0';
	kernel_init();
	kernel_apply(&test_conf);
}

static void end(void)
{
	kernel_shutdown();
	is_int(open_n, 0, "all handles are closed");
	ok(!kern.config_timer.is_armed, "nothing is to be tried again");
}

static const char *told(void)
{
	static char text[sizeof(calls)];

	memcpy(text, calls, sizeof(text));
	calls[0] = '\0';
	return text;
}

static void event(enum knl_event_type type)
{
	struct knl_event e = { .type = type };

	fake_event_read(kern.knl, got_event, NULL);
	on_event(&e, NULL);
}

#define ALL	"begin server rules key1! key2 commit "

static void test_order(void)
{
	start(1);
	is_str(told(), ALL "dev+ ", "rules are in force before a device is served");
	kernel_refresh();
	is_str(told(), ALL, "other rules are told as a whole");
	test_conf.enabled.nak = false;
	kernel_apply(&test_conf);
	is_str(told(), "begin server-nonak rules key1! key2 commit ",
	       "as is another configuration");
	test_conf.enabled.nak = true;
	loaded = 0;
	served_n = 0;
	event(KNL_EVENT_UNLOADED);
	kernel_refresh();
	is_str(told(), "", "without the module nobody is told");
	loaded = 1;
	event(KNL_EVENT_LOADED);
	is_str(told(), ALL "dev+ ", "when it comes back it is told everything");
	end();
	is_str(told(), "clock dev- begin commit ",
	       "at the end rules go, after the devices");
}

static void test_others(void)
{
	start(1);
	served_n++;
	told();
	end();
	is_str(told(), "clock dev- ",
	       "rules stay for a device that somebody else has served");
}

static void test_busy(void)
{
	start(0);
	is_str(told(), "", "no module, no calls");
	refused = "begin";
	refusal = -EBUSY;
	loaded = 1;
	event(KNL_EVENT_LOADED);
	is_str(told(), "begin ", "somebody else is at it: no device yet");
	ok(kern.config_timer.is_armed, "tried again");
	ok(strstr(log_text, "another program changes"), "which is told");
	log_text[0] = '\0';
	push_config(NULL);
	is_str(log_text, "", "but once");
	told();
	refused = NULL;
	push_config(NULL);
	is_str(told(), ALL "dev+ ", "then it is as it should be");
	ok(strstr(log_text, "takes rules, keys and limits again"), "told, too");
	refused = "begin";
	kernel_refresh();
	is_str(told(), "begin ",
	       "busy while serving: by the rules of before, for a while");
	refused = NULL;
	end();
}

static void test_refused(void)
{
	static const char *const at[] = { "server", "rules", "key2", "commit" };

	for (size_t i = 0; i < 4; i++) {
		start(1);
		told();
		refused = at[i];
		refusal = -ENOMEM;
		log_text[0] = '\0';
		kernel_refresh();
		ok(strstr(told(), "dev- "), "%s is refused: the module serves "
		   "nobody by other rules", at[i]);
		ok(strstr(log_text, "it says no"), "which is told");
		ok(!kernel_is_serving(), "and known");
		is_int(open_n, 1, "what was begun went with its socket");
		ok(kern.config_timer.is_armed, "tried again");
		refused = NULL;
		push_config(NULL);
		is_str(told(), ALL "dev+ ", "and well again");
		end();
	}
	start(1);
	told();
	refused = "rules";
	refusal = -ENOENT;
	kernel_refresh();
	ok(!kern.is_loaded, "no family: the module went");
	refused = NULL;
	end();
}

static void test_counts(void)
{
	u64 count[NTP_REASON_COUNT];

	start(0);
	ok(!kernel_counts(count), "no module counts nothing");
	end();
	start(1);
	told();
	ok(kernel_counts(count), "the module counts");
	is_int(count[NTP_SERVED], 7, "by reasons");
	is_int(count[NTP_DROP_XMIT], 2, "to the last one");
	refused = "stats";
	refusal = -EPERM;
	ok(!kernel_counts(count), "if it says so");
	end();
}

static void dev_event(u32 phc)
{
	struct knl_event e = { .type = KNL_EVENT_DEV_ADD,
			       .dev = { .ifindex = 1, .phc = phc } };

	fake_event_read(kern.knl, got_event, NULL);
	on_event(&e, NULL);
}

static void test_stamps(void)
{
	const struct kernel_stamps stamps = { .phc = 1, .receive = true };
	const struct kernel_stamps none = { .phc = -1 };

	start(1);
	told();
	dev_event(KNTP_PHC_NONE);
	kernel_set_stamps(1, &stamps);
	is_str(told(), "stamp ", "which clock a device is stamped by");
	kernel_set_stamps(1, &stamps);
	dev_event(1);
	is_str(told(), "", "is told once");
	dev_event(KNTP_PHC_NONE);
	is_str(told(), "look ", "a bond's is looked up where it fails over");
	kernel_set_stamps(1, &stamps);
	is_str(told(), "stamp ", "and told again, though it may be the same");
	kernel_set_stamps(1, &none);
	dev_event(KNTP_PHC_NONE);
	is_str(told(), "stamp-other ", "no clock at all is nothing to look for");
	end();
}

int main(void)
{
	tap_start();
	test_order();
	test_others();
	test_busy();
	test_refused();
	test_counts();
	test_stamps();
	return tap_finish();
}
