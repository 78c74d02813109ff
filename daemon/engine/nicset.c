// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Copyright (C) 2026 The kntp authors */
#include <errno.h>
#include <linux/net_tstamp.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/engine/nicset.h"
#include "tools/lib/log.h"
#include "tools/lib/nic.h"

struct nic {
	struct nic *next;
	unsigned int ifindex;
	char name[IF_NAMESIZE];
	const struct conf_hwtimestamp *conf;
	struct nic_caps caps;
	struct nic_config was;	/* what is to be there again at the end */
	struct nic_config set;	/* as it is now */
	bool is_ours;		/* .set was set here */
	bool is_named;		/* since nicset_begin() */
};

static struct nic *nics;

static bool is_same(const struct nic_config *a, const struct nic_config *b)
{
	return a->tx_type == b->tx_type && a->rx_filter == b->rx_filter;
}

static bool is_off(const struct nic_config *config)
{
	return config->tx_type == HWTSTAMP_TX_OFF &&
	       config->rx_filter == HWTSTAMP_FILTER_NONE;
}

/* What is asked for, as far as the NIC can. */
static struct nic_config choose(const struct nic *nic)
{
	static const enum nic_rx rx[] = {
		[CONF_RXFILTER_NONE] = NIC_RX_NONE,
		[CONF_RXFILTER_NTP] = NIC_RX_NTP,
		[CONF_RXFILTER_PTP] = NIC_RX_PTP,
		[CONF_RXFILTER_ALL] = NIC_RX_ALL,
	};

	return (struct nic_config){
		.tx_type = nic->caps.tx_types & 1U << HWTSTAMP_TX_ON ?
			   HWTSTAMP_TX_ON : HWTSTAMP_TX_OFF,
		.rx_filter = nic_filter(&nic->caps, rx[nic->conf->rxfilter]),
	};
}

static bool is_enough(const struct nic_config *have,
		      const struct nic_config *want)
{
	return (have->tx_type != HWTSTAMP_TX_OFF ||
		want->tx_type == HWTSTAMP_TX_OFF) &&
	       (nic_filter_stamps_ntp(have->rx_filter) ||
		!nic_filter_stamps_ntp(want->rx_filter));
}

static void tell(const struct nic *nic, const char *whose)
{
	bool has_rx = nic_filter_stamps_ntp(nic->set.rx_filter);
	bool has_tx = nic->set.tx_type != HWTSTAMP_TX_OFF;

	log_notice("%s: the NIC stamps %s, by /dev/ptp%d (%s: tx %s, rx %s)",
		   nic->name, has_rx && has_tx ? "what comes in and goes out" :
		   has_rx ? "what comes in" : has_tx ? "what goes out" :
		   "nothing of NTP", nic->caps.phc, whose,
		   nic_tx_name(nic->set.tx_type),
		   nic_filter_name(nic->set.rx_filter));
}

static void keep(struct nic *nic, const struct nic_config *want)
{
	if (is_enough(&nic->set, want)) {
		tell(nic, "as another program has set it");
		return;
	}
	log_warning("%s: another program has set the NIC's stamps (tx %s, rx "
		    "%s), which is kept, though it is less than tx %s, rx %s; "
		    "hwtimestamp %s force replaces it", nic->name,
		    nic_tx_name(nic->set.tx_type),
		    nic_filter_name(nic->set.rx_filter),
		    nic_tx_name(want->tx_type),
		    nic_filter_name(want->rx_filter), nic->conf->name);
}

static void set(struct nic *nic, const struct nic_config *want)
{
	struct nic_config config = *want;
	int err = nic_config_set(nic->name, &config);

	if (err) {
		log_warning("%s: the NIC's stamps cannot be set to tx %s, rx "
			    "%s: %s%s", nic->name, nic_tx_name(want->tx_type),
			    nic_filter_name(want->rx_filter), strerror(-err),
			    err == -EPERM ? "; start as root, or with "
			    "CAP_NET_ADMIN" : "; stamps of software do");
		return;
	}
	nic->set = config;
	nic->is_ours = true;
	tell(nic, "set now");
}

static void set_up(struct nic *nic)
{
	struct nic_config want;
	int err = nic_caps(nic->name, &nic->caps);

	if (err || nic->caps.phc < 0 ||
	    !(nic->caps.stamping & SOF_TIMESTAMPING_RAW_HARDWARE)) {
		nic->caps.phc = -1;
		/* All that can were asked for: no word about the others. */
		if (strcmp(nic->conf->name, "*"))
			log_warning("%s: the NIC has no clock of its own (see "
				    "ethtool -T %s); stamps of software do",
				    nic->name, nic->name);
		return;
	}
	want = choose(nic);
	/* What it does not tell is off, so far as anybody can know. */
	nic_config_get(nic->name, &nic->was);
	nic->set = nic->was;
	if (!is_off(&nic->was) &&
	    (is_enough(&nic->was, &want) || !nic->conf->force))
		keep(nic, &want);
	else
		set(nic, &want);
}

static void take_back(struct nic *nic)
{
	struct nic_config now = { 0 };
	int err;

	if (!nic->is_ours)
		return;
	nic->is_ours = false;
	err = nic_config_get(nic->name, &now);
	if (err == -ENODEV)
		return;
	/* Somebody else has set it since: that is his now. */
	if (!err && !is_same(&now, &nic->set))
		return;
	now = nic->was;
	err = nic_config_set(nic->name, &now);
	if (err && err != -ENODEV)
		log_warning("%s: the NIC's stamps stay set to tx %s, rx %s: "
			    "%s", nic->name, nic_tx_name(nic->set.tx_type),
			    nic_filter_name(nic->set.rx_filter),
			    strerror(-err));
	else if (!err)
		log_info("%s: the NIC's stamps are set as before: tx %s, rx %s",
			 nic->name, nic_tx_name(nic->was.tx_type),
			 nic_filter_name(nic->was.rx_filter));
}

static bool is_new_way(const struct nic *nic,
		       const struct conf_hwtimestamp *conf)
{
	return nic->conf->rxfilter != conf->rxfilter ||
	       nic->conf->force != conf->force;
}

void nicset_begin(void)
{
	for (struct nic *nic = nics; nic; nic = nic->next)
		nic->is_named = false;
}

static struct nic *find(const struct links_if *link)
{
	for (struct nic *nic = nics; nic; nic = nic->next)
		if (nic->ifindex == link->ifindex)
			return nic;
	return NULL;
}

static struct nic *add(const struct links_if *link,
		       const struct conf_hwtimestamp *conf)
{
	struct nic *nic = calloc(1, sizeof(*nic));

	if (!nic)
		return NULL;
	nic->ifindex = link->ifindex;
	memcpy(nic->name, link->name, sizeof(nic->name));
	nic->conf = conf;
	nic->next = nics;
	nics = nic;
	set_up(nic);
	return nic;
}

void nicset_take(const struct links_if *link,
		 const struct conf_hwtimestamp *conf, struct nicset_use *use)
{
	struct nic *nic = find(link);

	*use = (struct nicset_use){ .phc = -1 };
	if (!nic) {
		nic = add(link, conf);
		if (!nic)
			return;
	} else if (!nic->is_named) {
		bool is_new = is_new_way(nic, conf);

		memcpy(nic->name, link->name, sizeof(nic->name));
		if (is_new)
			take_back(nic);
		nic->conf = conf;
		if (is_new)
			set_up(nic);
	}
	nic->is_named = true;
	if (nic->caps.phc < 0)
		return;
	use->phc = nic->caps.phc;
	use->receive = nic_filter_stamps_ntp(nic->set.rx_filter);
	use->transmit = nic->set.tx_type != HWTSTAMP_TX_OFF;
}

void nicset_end(void)
{
	struct nic **at = &nics;

	while (*at) {
		struct nic *nic = *at;

		if (nic->is_named) {
			at = &nic->next;
			continue;
		}
		*at = nic->next;
		take_back(nic);
		free(nic);
	}
}

static bool check(struct nic *nic)
{
	struct nic_config now = { 0 };

	if (nic->caps.phc < 0 || nic_config_get(nic->name, &now) ||
	    is_same(&now, &nic->set))
		return false;
	if (nic->is_ours && is_off(&now)) {
		log_notice("%s: the NIC has lost how its stamps were set",
			   nic->name);
		now = nic->set;
		set(nic, &now);
		return false;
	}
	nic->set = now;
	nic->is_ours = false;
	tell(nic, "another program has set it anew");
	return true;
}

bool nicset_check(void)
{
	bool is_changed = false;

	for (struct nic *nic = nics; nic; nic = nic->next)
		is_changed |= check(nic);
	return is_changed;
}

void nicset_close(void)
{
	nicset_begin();
	nicset_end();
}
