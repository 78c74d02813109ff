// SPDX-License-Identifier: GPL-2.0-only
/* Copyright (C) 2026 The kntp authors */

#include <linux/bsearch.h>
#include <linux/mm.h>
#include <linux/netlink.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/sort.h>

#include "kmod/draft.h"
#include "kmod/keys.h"

/**
 * kntp_draft_new() - begin a configuration: no rules, no keys, defaults
 * @portid: the netlink socket whose it is
 *
 * Return: the draft, to kntp_draft_free(), or NULL.
 */
struct kntp_draft *kntp_draft_new(u32 portid)
{
	struct kntp_draft *draft;

	draft = kzalloc(sizeof(*draft), GFP_KERNEL_ACCOUNT);
	if (!draft)
		return NULL;
	draft->portid = portid;
	draft->limits = (struct ntp_rate_limits)NTP_RATE_LIMITS_DEFAULT;
	draft->send_nak = true;
	draft->is_sorted = true;
	xa_init_flags(&draft->keys, XA_FLAGS_ACCOUNT);
	return draft;
}

/**
 * kntp_draft_free() - drop a configuration, or what is left of it
 * @draft: the draft, or NULL
 */
void kntp_draft_free(struct kntp_draft *draft)
{
	struct kntp_keys_slot *slot;
	unsigned long id;

	if (!draft)
		return;
	xa_for_each(&draft->keys, id, slot)
		kntp_keys_put(slot);
	xa_destroy(&draft->keys);
	kvfree(draft->rule);
	kfree(draft);
}

static int compare_all(const void *a, const void *b)
{
	const struct kntp_draft_rule *one = a, *other = b;
	int ret = ntp_acl_compare(&one->rule, &other->rule);

	return ret ?: one->seq < other->seq ? -1 : one->seq > other->seq;
}

/**
 * kntp_draft_sort() - put the rules in order, the last one of equals only
 * @draft: the draft
 */
void kntp_draft_sort(struct kntp_draft *draft)
{
	struct kntp_draft_rule *rule = draft->rule;
	u32 from, to = 0;

	if (draft->is_sorted)
		return;
	sort(rule, draft->rule_n, sizeof(*rule), compare_all, NULL);
	cond_resched();
	for (from = 0; from < draft->rule_n; from++) {
		if (to && !ntp_acl_compare(&rule[to - 1].rule,
					   &rule[from].rule))
			to--;
		rule[to++] = rule[from];
	}
	draft->rule_n = to;
	draft->is_sorted = true;
}

/**
 * kntp_draft_reserve() - make room for more rules
 * @draft: the draft
 * @n: how many
 * @extack: says why there is none
 *
 * Return: 0, -ENOMEM or -ENOSPC.
 */
int kntp_draft_reserve(struct kntp_draft *draft, u32 n,
		       struct netlink_ext_ack *extack)
{
	struct kntp_draft_rule *rule;
	u32 room;

	if (n > NTP_ACL_RULES_MAX - draft->rule_n)
		kntp_draft_sort(draft);
	if (n > NTP_ACL_RULES_MAX - draft->rule_n) {
		NL_SET_ERR_MSG(extack, "more than 1048576 rules; put networks together into larger ones");
		return -ENOSPC;
	}
	if (n <= draft->rule_room - draft->rule_n)
		return 0;
	room = max(draft->rule_n + n, min_t(u32, 2 * draft->rule_n,
					    NTP_ACL_RULES_MAX));
	rule = kvmalloc_array(room, sizeof(*rule), GFP_KERNEL_ACCOUNT);
	if (!rule)
		return -ENOMEM;
	if (draft->rule_n)
		memcpy(rule, draft->rule, draft->rule_n * sizeof(*rule));
	kvfree(draft->rule);
	draft->rule = rule;
	draft->rule_room = room;
	return 0;
}

/**
 * kntp_draft_add_rule() - add a rule, instead of the one for the same packets
 * @draft: the draft, with room by kntp_draft_reserve()
 * @rule: the rule
 */
void kntp_draft_add_rule(struct kntp_draft *draft,
			 const struct ntp_acl_rule *rule)
{
	struct kntp_draft_rule *to = &draft->rule[draft->rule_n++];

	to->rule = *rule;
	to->seq = draft->seq++;
	if (to > draft->rule &&
	    ntp_acl_compare(&to[-1].rule, &to->rule) >= 0)
		draft->is_sorted = false;
}

/**
 * kntp_draft_del_rule() - delete a rule
 * @draft: the draft
 * @rule: network, prefix and ntpport of it
 *
 * Return: false if there is none.
 */
bool kntp_draft_del_rule(struct kntp_draft *draft,
			 const struct ntp_acl_rule *rule)
{
	struct kntp_draft_rule *found;
	u32 behind;

	kntp_draft_sort(draft);
	if (!draft->rule_n)
		return false;
	/* The rule comes first in its struct. */
	found = bsearch(rule, draft->rule, draft->rule_n,
			sizeof(*draft->rule), ntp_acl_compare);
	if (!found)
		return false;
	behind = --draft->rule_n - (found - draft->rule);
	memmove(found, found + 1, behind * sizeof(*found));
	return true;
}

/**
 * kntp_draft_put_key() - add a key, instead of the one of the same identifier
 * @draft: the draft
 * @slot: the key; the draft takes over the caller's hold, unless it fails
 *
 * Return: 0 or -ENOMEM.
 */
int kntp_draft_put_key(struct kntp_draft *draft, struct kntp_keys_slot *slot)
{
	void *old;

	old = xa_store(&draft->keys, slot->key.id, slot, GFP_KERNEL_ACCOUNT);
	if (xa_is_err(old))
		return xa_err(old);
	if (old)
		kntp_keys_put(old);
	else
		draft->key_n++;
	return 0;
}

/**
 * kntp_draft_del_key() - delete a key
 * @draft: the draft
 * @id: its identifier
 *
 * Return: false if there is none.
 */
bool kntp_draft_del_key(struct kntp_draft *draft, u32 id)
{
	struct kntp_keys_slot *slot = xa_erase(&draft->keys, id);

	if (!slot)
		return false;
	kntp_keys_put(slot);
	draft->key_n--;
	return true;
}
