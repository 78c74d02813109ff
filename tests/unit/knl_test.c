// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */

/*
 * The netlink client against a kernel made of canned answers: good ones, bad
 * ones, and a module that goes and comes while it is being talked to.
 */
#include "tests/lib/tap.h"
#include "tests/lib/fakenl.h"

#include "tools/lib/knlsock.c"
#include "tools/lib/knl.c"

#include "tests/lib/fakeknl.h"

static void put_clock(struct nlmsghdr *nlh)
{
	const struct knl_clock clock = {
		.leap = 1, .stratum = 2, .precision = -23, .refid = 0xc0000201,
		.reftime_ns = 1700000000123456789, .rootdelay_ns = 512000,
		.rootdisp_ns = 1204000, .drift_ppb = 15000,
		.validity_ms = 64000,
		.smear_interval_s = 7200, .smear_end_s = 1798761600,
		.smear_left_ns = -5,
	};

	knlmsg_put_clock(nlh, &clock);
	mnl_attr_put_u64(nlh, KNTP_A_CLOCK_AGE, 5800000000);
	mnl_attr_put_u32(nlh, KNTP_A_CLOCK_STATE, KNTP_STATE_SYNC);
}

static void module_clock(const struct nlmsghdr *request)
{
	struct nlmsghdr *nlh;

	nlh = fakenl_begin(request, FAMILY, 0, KNTP_CMD_CLOCK_GET);
	put_clock(nlh);
	/* What a newer module might add. */
	mnl_attr_put_u32(nlh, KNTP_A_CLOCK_MAX + 5, 99);
	mnl_attr_put(nlh, KNTP_A_CLOCK_PAD, 0, NULL);
	fakenl_push(nlh, nlh->nlmsg_len);
	fakenl_status(request, 0, NULL, 0);
}

static void test_clock(void)
{
	struct knl *knl = start(module_clock);
	struct knl_clock clock;

	is_int(knl_clock_get(knl, &clock), 0, "clock is read");
	is_int(clock.leap, 1, "leap");
	is_int(clock.stratum, 2, "stratum");
	is_int(clock.precision, -23, "negative precision");
	is_int(clock.refid, 0xc0000201, "refid in host order");
	is_int(clock.reftime_ns, 1700000000123456789, "reftime");
	is_int(clock.rootdelay_ns, 512000, "rootdelay");
	is_int(clock.rootdisp_ns, 1204000, "rootdisp");
	is_int(clock.drift_ppb, 15000, "drift");
	is_int(clock.validity_ms, 64000, "validity");
	is_int(clock.age_ns, 5800000000, "age");
	is_int(clock.state, KNTP_STATE_SYNC, "state");
	is_int(clock.smear_interval_s, 7200, "what is smeared");
	is_int(clock.smear_end_s, 1798761600, "until when");
	is_int(clock.smear_left_ns, -5, "which is over");
	is_int(knl_clock_get(knl, &clock), 0, "and again");
	is_int(resolves, 1, "the family's id is kept");
	knl_close(knl);
}

/* Each attribute of a reply cut short or made longer: never taken. */
static void test_clock_lengths(void)
{
	static const struct {
		uint16_t type;
		uint16_t len;
	} attrs[] = {
		{ KNTP_A_CLOCK_LEAP, 1 }, { KNTP_A_CLOCK_STRATUM, 1 },
		{ KNTP_A_CLOCK_PRECISION, 1 }, { KNTP_A_CLOCK_REFID, 4 },
		{ KNTP_A_CLOCK_REFTIME, 8 }, { KNTP_A_CLOCK_ROOTDELAY, 8 },
		{ KNTP_A_CLOCK_ROOTDISP, 8 }, { KNTP_A_CLOCK_DRIFT_PPB, 4 },
		{ KNTP_A_CLOCK_VALIDITY, 4 }, { KNTP_A_CLOCK_AGE, 8 },
		{ KNTP_A_CLOCK_STATE, 4 }, { KNTP_A_CLOCK_SMEAR_INTERVAL, 4 },
		{ KNTP_A_CLOCK_SMEAR_END, 8 }, { KNTP_A_CLOCK_SMEAR_LEFT, 8 },
	};
	static const char zeros[16];
	struct knl_clock clock;
	struct nlmsghdr *nlh;
	unsigned int taken = 0, refused = 0;
	uint16_t len;
	size_t i;

	for (i = 0; i < sizeof(attrs) / sizeof(attrs[0]); i++) {
		for (len = 0; len < sizeof(zeros); len++) {
			nlh = fakenl_begin(NULL, FAMILY, 0, KNTP_CMD_CLOCK_GET);
			if (attrs[i].type != KNTP_A_CLOCK_STATE)
				mnl_attr_put_u32(nlh, KNTP_A_CLOCK_STATE, 0);
			mnl_attr_put(nlh, attrs[i].type, len, zeros);
			if (!knlmsg_get_clock(nlh, &clock))
				taken += len == attrs[i].len;
			else
				refused += len != attrs[i].len;
		}
	}
	is_int(taken, 14, "each attribute is taken at its length");
	is_int(refused, 14 * 15, "and refused at any other");
	nlh = fakenl_begin(NULL, FAMILY, 0, KNTP_CMD_CLOCK_GET);
	is_int(knlmsg_get_clock(nlh, &clock), -EBADMSG,
	       "a clock without a state is refused");
}

/* A message cut anywhere, or with any octet changed: no fault, no hang. */
static void test_garbage(void)
{
	char copy[1024] __attribute__((aligned(8)));
	struct knlmsg_family got;
	struct knl_restrict restricted;
	struct knl_client client;
	struct knl_server server;
	struct knl_clock clock;
	struct knl_stats stats;
	struct knl_key key;
	struct knl_dev dev;
	struct knlmsg_error error;
	struct nlmsghdr *nlh, *bad;
	unsigned int cut = 0;
	uint32_t len, i;
	char *exact;

	nlh = fakenl_begin(NULL, FAMILY, 0, KNTP_CMD_CLOCK_GET);
	put_clock(nlh);
	for (len = NLMSG_HDRLEN; len < nlh->nlmsg_len; len++) {
		/* Memory of just that length, for the sanitizer to watch. */
		exact = malloc(len);
		if (!exact)
			abort();
		memcpy(exact, nlh, len);
		bad = (struct nlmsghdr *)exact;
		bad->nlmsg_len = len;
		cut += knlmsg_get_clock(bad, &clock) == -EBADMSG;
		free(exact);
	}
	is_int(cut, nlh->nlmsg_len - NLMSG_HDRLEN,
	       "no clock in a message that was cut");

	len = nlh->nlmsg_len;
	memcpy(copy, nlh, len);
	bad = (struct nlmsghdr *)copy;
	for (i = 0; i < 20000; i++) {
		memcpy(copy, nlh, len);
		copy[NLMSG_HDRLEN + tap_below(len - NLMSG_HDRLEN)] =
			(char)tap_random();
		copy[NLMSG_HDRLEN + tap_below(len - NLMSG_HDRLEN)] =
			(char)tap_random();
		knlmsg_get_clock(bad, &clock);
		knlmsg_get_dev(bad, &dev);
		knlmsg_get_stats(bad, &stats);
		knlmsg_get_client(bad, &client);
		knlmsg_get_restrict(bad, &restricted);
		knlmsg_get_key(bad, &key);
		knlmsg_get_server(bad, &server);
		knlmsg_get_family(bad, "events", &got);
		bad->nlmsg_flags = NLM_F_ACK_TLVS;
		bad->nlmsg_type = i & 1 ? NLMSG_ERROR : NLMSG_DONE;
		knlmsg_get_error(bad, &error);
	}
	ok(true, "20000 messages with changed octets were read");
}

static void module_stats(const struct nlmsghdr *request)
{
	struct nlmsghdr *nlh;
	struct nlattr *nest;
	int i;

	nlh = fakenl_begin(request, FAMILY, 0, KNTP_CMD_STATS_GET);
	mnl_attr_put_u64(nlh, KNTP_A_STATS_REQUESTS, 1000);
	nest = mnl_attr_nest_start(nlh, KNTP_A_STATS_REASONS);
	for (i = 0; i < NTP_REASON_COUNT; i++)
		mnl_attr_put_u64(nlh, (uint16_t)(KNTP_A_REASONS_SERVED + i),
				 (uint64_t)(100 + i));
	mnl_attr_nest_end(nlh, nest);
	mnl_attr_put_u64(nlh, KNTP_A_STATS_STAMP_DRIVER, 600);
	mnl_attr_put_u64(nlh, KNTP_A_STATS_STAMP_CLOCK, 400);
	mnl_attr_put_u64(nlh, KNTP_A_STATS_STAMP_HARDWARE, 30);
	mnl_attr_put_u64(nlh, KNTP_A_STATS_INTERLEAVED, 20);
	fakenl_push(nlh, nlh->nlmsg_len);
	fakenl_status(request, 0, NULL, 0);
}

static void test_stats(void)
{
	struct knl *knl = start(module_stats);
	struct knl_stats stats;
	int i, right = 0;

	is_int(knl_stats_get(knl, &stats), 0, "counters are read");
	is_int(stats.requests, 1000, "requests");
	is_int(stats.stamp_driver, 600, "stamps of drivers");
	is_int(stats.stamp_clock, 400, "stamps of the clock");
	is_int(stats.stamp_hardware, 30, "stamps of NICs");
	is_int(stats.interleaved, 20, "interleaved replies");
	for (i = 0; i < NTP_REASON_COUNT; i++)
		right += stats.reason[i] == (uint64_t)(100 + i);
	is_int(right, NTP_REASON_COUNT, "each reason in its place");
	knl_close(knl);
}

/* How often the table of devices changes while it is dumped. */
static int restless;

static void push_dev(const struct nlmsghdr *request, uint32_t ifindex,
		     uint16_t flags)
{
	struct nlmsghdr *nlh;
	char name[16];

	nlh = fakenl_begin(request, FAMILY, NLM_F_MULTI | flags,
			   KNTP_CMD_DEV_GET);
	snprintf(name, sizeof(name), "eth%u", ifindex);
	mnl_attr_put_u32(nlh, KNTP_A_DEV_IFINDEX, ifindex);
	mnl_attr_put_strz(nlh, KNTP_A_DEV_IFNAME, name);
	mnl_attr_put_u32(nlh, KNTP_A_DEV_HOOK, KNTP_HOOK_INPUT);
	mnl_attr_put_u64(nlh, KNTP_A_DEV_REQUESTS, 10);
	mnl_attr_put_u64(nlh, KNTP_A_DEV_REPLIES, 9);
	mnl_attr_put_strz(nlh, KNTP_A_DEV_RX_STAMP, "driver");
	fakenl_push(nlh, nlh->nlmsg_len);
}

static void module_devs(const struct nlmsghdr *request)
{
	uint16_t flags = restless > 0 ? NLM_F_DUMP_INTR : 0;
	uint32_t i;

	restless--;
	for (i = 1; i <= 40; i++)
		push_dev(request, i, i == 20 ? flags : 0);
	fakenl_done(request, 0);
}

struct seen {
	uint32_t count;
	uint32_t stop_at;
	struct knl_dev last;
};

static int see_dev(const struct knl_dev *dev, void *arg)
{
	struct seen *seen = arg;

	seen->last = *dev;
	return ++seen->count == seen->stop_at ? 42 : 0;
}

static void test_dump(void)
{
	struct seen seen = { 0 };
	struct knl *knl = start(module_devs);

	restless = 0;
	is_int(knl_dev_each(knl, see_dev, &seen), 0, "devices are walked over");
	is_int(seen.count, 40, "all of them");
	is_str(seen.last.ifname, "eth40", "by name");
	is_int(seen.last.hook, KNTP_HOOK_INPUT, "hook");
	is_str(seen.last.rx_stamp, "driver", "stamp");
	is_int(seen.last.replies, 9, "replies");

	seen = (struct seen) { .stop_at = 3 };
	is_int(knl_dev_each(knl, see_dev, &seen), 42, "a walk can be ended");
	is_int(seen.count, 3, "at once");

	seen = (struct seen) { 0 };
	restless = 3;
	calls = 0;
	is_int(knl_dev_each(knl, see_dev, &seen), 0, "a table that changes");
	is_int(calls, 4, "is read again");
	is_int(seen.count, 40, "and shown once");

	seen = (struct seen) { 0 };
	restless = 1000;
	calls = 0;
	is_int(knl_dev_each(knl, see_dev, &seen), -EINTR,
	       "a table that never rests");
	is_int(calls, KNL_DUMP_TRIES, "is given up");
	ok(strstr(knl_error(knl), "changed"), "and that is told");
	is_int(seen.count, 0, "and nothing of it is shown");
	knl_close(knl);
}

static void module_bad_dump(const struct nlmsghdr *request)
{
	struct nlmsghdr *nlh;

	push_dev(request, 1, 0);
	nlh = fakenl_begin(request, FAMILY, NLM_F_MULTI, KNTP_CMD_DEV_GET);
	mnl_attr_put_u32(nlh, KNTP_A_DEV_IFINDEX, 2);
	fakenl_push(nlh, nlh->nlmsg_len);
	push_dev(request, 3, 0);
	fakenl_done(request, 0);
}

static void test_bad_dump(void)
{
	struct seen seen = { 0 };
	struct knl *knl = start(module_bad_dump);

	is_int(knl_dev_each(knl, see_dev, &seen), -EBADMSG,
	       "a device without a name is refused");
	is_int(seen.count, 0, "with all of its dump");
	module = module_devs;
	restless = 0;
	is_int(knl_dev_each(knl, see_dev, &seen), 0,
	       "and the dump was read up: the next one works");
	knl_close(knl);
}

/* Refuses the stratum, as the kernel's policies do. */
static void module_refuses(const struct nlmsghdr *request)
{
	const struct nlattr *attr;
	uint32_t offset = 0;

	mnl_attr_for_each(attr, request, GENL_HDRLEN)
		if (mnl_attr_get_type(attr) == KNTP_A_CLOCK_STRATUM)
			offset = (uint32_t)((const char *)attr -
					    (const char *)request);
	fakenl_status(request, -ERANGE, "integer out of range", offset);
}

static void module_denies(const struct nlmsghdr *request)
{
	fakenl_status(request, -EPERM, NULL, 0);
}

static void test_errors(void)
{
	const struct knl_clock clock = { .stratum = 99 };
	struct knl *knl = start(module_refuses);

	is_int(knl_clock_set(knl, &clock), -ERANGE, "the kernel's errno");
	is_str(knl_error(knl), "stratum: integer out of range",
	       "the kernel's words and the attribute's name");
	module = module_denies;
	is_int(knl_stats_reset(knl), -EPERM, "no permission");
	is_str(knl_error(knl), "CAP_NET_ADMIN is missing",
	       "what is missing is named");
	knl_close(knl);
}

static void module_silent(const struct nlmsghdr *request)
{
}

static void module_late(const struct nlmsghdr *request)
{
	struct nlmsghdr *nlh, late = *request;

	/* The answer to the call that timed out, and somebody else's lie. */
	late.nlmsg_seq--;
	fakenl_status(&late, -EINVAL, "late", 0);
	nlh = fakenl_begin(request, NLMSG_ERROR, NLM_F_CAPPED, -1);
	((struct nlmsgerr *)mnl_nlmsg_put_extra_header(nlh,
		sizeof(struct nlmsgerr)))->error = -EINVAL;
	fakenl_push_from(4711, nlh, nlh->nlmsg_len);
	module_clock(request);
}

static void test_timeout(void)
{
	struct knl *knl = start(module_silent);
	struct knl_clock clock;

	is_int(knl_clock_get(knl, &clock), -ETIMEDOUT, "a silent kernel");
	ok(strstr(knl_error(knl), "no answer"), "is told");
	module = module_late;
	is_int(knl_clock_get(knl, &clock), 0,
	       "late answers and other senders do not count");
	is_int(clock.state, KNTP_STATE_SYNC, "the right one does");
	knl_close(knl);
}

static void test_reload(void)
{
	struct knl *knl = start(module_clock);
	struct knl_clock clock;

	family = 0;
	is_int(knl_is_loaded(knl), 0, "no module");
	is_int(knl_clock_get(knl, &clock), -ENOENT, "nothing to ask");
	is_str(knl_error(knl), "the kntp module is not loaded", "and why");
	family = FAMILY;
	is_int(knl_is_loaded(knl), 1, "the module came");
	is_int(knl_clock_get(knl, &clock), 0, "it answers");
	/* As after rmmod and insmod: the kernel does not know the old id. */
	knl->family = FAMILY - 1;
	calls = 0;
	is_int(knl_clock_get(knl, &clock), 0, "reloaded, it answers again");
	is_int(calls, 2, "after the id was asked for");
	knl_close(knl);
}

struct events {
	int count;
	struct knl *knl;
	struct knl_event last;
	enum knl_event_type type[16];
};

static void see_event(const struct knl_event *event, void *arg)
{
	struct events *events = arg;
	struct knl_clock clock;

	events->last = *event;
	if (events->count < 16)
		events->type[events->count] = event->type;
	events->count++;
	/* Who gets an event may call: it must not disturb the others. */
	if (events->knl)
		knl_clock_get(events->knl, &clock);
}

static void push_clock_event(uint16_t type)
{
	struct nlmsghdr *nlh;

	nlh = fakenl_begin(NULL, type, 0, KNTP_CMD_CLOCK_NTF);
	put_clock(nlh);
	fakenl_push_event(nlh, nlh->nlmsg_len);
}

static void push_dev_event(int cmd)
{
	struct nlmsghdr *nlh;

	nlh = fakenl_begin(NULL, FAMILY, 0, cmd);
	mnl_attr_put_u32(nlh, KNTP_A_DEV_IFINDEX, 3);
	mnl_attr_put_strz(nlh, KNTP_A_DEV_IFNAME, "eth3");
	fakenl_push_event(nlh, nlh->nlmsg_len);
}

static void push_family_event(int cmd, const char *name)
{
	struct nlmsghdr *nlh;

	nlh = fakenl_family(NULL, cmd, name, FAMILY, "events", GROUP);
	fakenl_push_event(nlh, nlh->nlmsg_len);
}

static void test_events(void)
{
	struct knl *knl = start(module_clock);
	struct events events = { .knl = knl };
	struct nlmsghdr *nlh;
	uint32_t group = 0;

	ok(knl_event_open(knl) >= 0, "events are subscribed to");
	is_int(fakenl_groups(&group), 2, "both groups");
	is_int(group, GROUP, "the module's");
	is_int(knl_event_read(knl, see_event, &events), 0, "none is there");
	is_int(events.count, 0, "really none");

	push_clock_event(FAMILY);
	push_dev_event(KNTP_CMD_DEV_ADD_NTF);
	push_dev_event(KNTP_CMD_DEV_DEL_NTF);
	is_int(knl_event_read(knl, see_event, &events), 0, "three are read");
	is_int(events.count, 3, "three");
	is_int(events.type[0], KNL_EVENT_CLOCK, "the clock's");
	is_int(events.type[1], KNL_EVENT_DEV_ADD, "a device's coming");
	is_int(events.type[2], KNL_EVENT_DEV_DEL, "a device's going");
	is_str(events.last.dev.ifname, "eth3", "its name");

	events.count = 0;
	nlh = fakenl_begin(NULL, FAMILY, 0, KNTP_CMD_CONFIG_NTF);
	fakenl_push_event(nlh, nlh->nlmsg_len);
	is_int(knl_event_read(knl, see_event, &events), 0, "one more is read");
	is_int(events.count, 1, "one");
	is_int(events.type[0], KNL_EVENT_CONFIG, "a new configuration");

	events.count = 0;
	push_family_event(CTRL_CMD_NEWFAMILY, "other");
	push_family_event(CTRL_CMD_DELFAMILY, "kntp");
	push_clock_event(FAMILY);
	push_family_event(CTRL_CMD_NEWFAMILY, "kntp");
	push_clock_event(FAMILY);
	is_int(knl_event_read(knl, see_event, &events), 0, "a reload is read");
	is_int(events.count, 3, "other families' events are not ours");
	is_int(events.type[0], KNL_EVENT_UNLOADED, "the module went");
	is_int(events.type[1], KNL_EVENT_LOADED, "the module came");
	is_int(events.type[2], KNL_EVENT_CLOCK, "and is heard");
	is_int(fakenl_groups(&group), 3, "as its group was joined again");

	events.count = 0;
	fakenl_push_errno(ENOBUFS, 1);
	push_clock_event(FAMILY);
	is_int(knl_event_read(knl, see_event, &events), 0, "an overflow");
	is_int(events.type[0], KNL_EVENT_LOST, "is told");
	is_int(events.type[1], KNL_EVENT_CLOCK, "and what follows is read");
	knl_close(knl);
}

static void test_events_absent(void)
{
	struct knl *knl = start(module_clock);
	struct events events = { 0 };
	uint32_t group = 0;

	family = 0;
	ok(knl_event_open(knl) >= 0, "events can be waited for");
	is_int(fakenl_groups(&group), 1, "with one group");
	is_int(group, NOTIFY_GROUP, "nlctrl's");
	family = FAMILY;
	push_family_event(CTRL_CMD_NEWFAMILY, "kntp");
	is_int(knl_event_read(knl, see_event, &events), 0, "the module comes");
	is_int(events.type[0], KNL_EVENT_LOADED, "and that is told");
	is_int(fakenl_groups(&group), 2, "its group is joined");
	knl_close(knl);
}

static void test_names(void)
{
	is_int(knl_hook_parse("routed"), KNTP_HOOK_ROUTED, "a hook by name");
	is_int(knl_hook_parse("forward"), -EINVAL, "no such hook");
	is_str(knl_hook_name(KNTP_HOOK_INPUT), "input", "a hook's name");
	is_str(knl_hook_name((enum kntp_hook)77), "unknown", "a newer hook");
	is_str(knl_state_name(KNTP_STATE_EXPIRED), "expired", "a state's name");
}

int main(void)
{
	tap_start();
	test_clock();
	test_clock_lengths();
	test_garbage();
	test_stats();
	test_dump();
	test_bad_dump();
	test_errors();
	test_timeout();
	test_reload();
	test_events();
	test_events_absent();
	test_names();
	return tap_finish();
}
