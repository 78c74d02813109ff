// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include "daemon/io/sent.h"

#include <string.h>

static struct sent *waiting;

void sent_want(struct sent *sent, const void *buf, size_t len,
	       void (*left)(void *arg, int64_t real_ns), void *arg)
{
	sent_forget(sent);
	if (len > sizeof(sent->buf))
		return;
	memcpy(sent->buf, buf, len);
	sent->len = len;
	sent->left = left;
	sent->arg = arg;
	sent->is_waiting = true;
	sent->is_nic = false;
	sent->is_stamped = false;
	sent->next = waiting;
	waiting = sent;
}

void sent_forget(struct sent *sent)
{
	if (!sent->is_waiting)
		return;
	for (struct sent **at = &waiting; *at; at = &(*at)->next) {
		if (*at == sent) {
			*at = sent->next;
			break;
		}
	}
	sent->is_waiting = false;
}

static struct sent *find(const u8 *packet, size_t len)
{
	for (struct sent *sent = waiting; sent; sent = sent->next)
		if (sent->len <= len &&
		    !memcmp(packet + len - sent->len, sent->buf, sent->len))
			return sent;
	return NULL;
}

void sent_stamped(const u8 *packet, size_t len, int64_t real_ns)
{
	struct sent *sent = find(packet, len);

	/* A device below may stamp it once more: the first one counts. */
	if (!sent || sent->is_stamped)
		return;
	if (sent->is_nic)
		sent->is_stamped = true;
	else
		sent_forget(sent);
	sent->left(sent->arg, real_ns);
}

void sent_stamped_nic(const u8 *packet, size_t len, int64_t real_ns)
{
	struct sent *sent = find(packet, len);

	if (!sent || !sent->is_nic)
		return;
	sent_forget(sent);
	sent->left(sent->arg, real_ns);
}
