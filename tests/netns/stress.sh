#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Copyright (C) 2026 The kntp authors
#
# Requests at full speed while all that can come and go does: addresses, hooks,
# served devices, namespaces, kntpd, and in a second part the module itself.
# A warning in the kernel log fails the run of the guest.
#
# TEST_STRESS_SECONDS: of each part (5); TEST_STRESS_REQUESTS: for the first part
# to go on until so many were seen (20000). 60 and 1000000 are the full size.
#
#	client c0 192.0.2.2/24 ------- s0 192.0.2.1/24 server
#	          2001:db8:1::2/64        2001:db8:1::1/64

# Functions are given to check, which shellcheck does not see.
# shellcheck source=tests/lib/lib.sh disable=SC2119,SC2317
. "$(dirname "$0")/../lib/lib.sh"

gen=$KNTP_TOP/build/tests/bench/gen
seconds=${TEST_STRESS_SECONDS:-5} requests=${TEST_STRESS_REQUESTS:-20000}
stop_file=$lib_tmp/stop

k()
{
	in_ns "$server" kntp "$@"
}

clock()
{
	k clock set leap 0 stratum 2 refid 198.51.100.2 validity "${1:-1h}"
}

flood()
{
	start "$lib_tmp/gen" ip netns exec "$client" "$gen" -i c0 -d "$mac" \
		-s "$1" -t "$2" -T 3600 -b 32
	floods+=("$started")
}

# forever COMMAND... - in the background, until $stop_file is there
forever()
{
	(
		trap - EXIT INT TERM HUP
		while [ ! -e "$stop_file" ]; do
			"$@" >/dev/null 2>&1
		done
	) &
	loops+=("$!")
}

loops_end()
{
	: >"$stop_file"
	wait "${loops[@]}"
	loops=()
	rm "$stop_file"
}

addresses()
{
	ip -n "$server" addr add 192.0.2.99/24 dev s0
	ip -n "$server" addr add 2001:db8:1::99/64 dev s0 nodad
	ip -n "$server" addr del 192.0.2.99/24 dev s0
	ip -n "$server" addr del 2001:db8:1::99/64 dev s0
}

hooks()
{
	local hook

	for hook in routed input ingress; do
		k dev set s0 hook "$hook"
		k clients limit 10
		clock 1
	done
	k dev del s0
	k dev add s0
}

namespaces()
{
	local ns=$net_prefix-gone

	ip netns add "$ns"
	ip -n "$ns" link add g0 type veth peer name g1
	ip -n "$ns" link set g0 up
	ip -n "$ns" link set g1 up
	ip netns exec "$ns" kntp dev add g0
	ip netns exec "$ns" kntp dev add g1 hook input
	ip netns del "$ns"
}

readers()
{
	in_ns "$server" cat /proc/net/kntp/*
	k stats
	cat /sys/kernel/kntp/*/* /sys/kernel/kntp/version
}

daemons()
{
	timeout 2 ip netns exec "$server" "$KNTP_TOP/daemon/kntpd" -n \
		-c "$kntpd_conf"
}

modules()
{
	rmmod kntp
	modprobe kntp
	clock
	k dev add s0
	k dev add s1 hook input
}

total()
{
	k -j stats | jq .requests
}

# settled - nothing is counted any more
settled()
{
	local before

	before=$(total)
	sleep 0.3
	[ "$(total)" = "$before" ]
}

ktap_print_header
[ -x "$gen" ] || ktap_exit_fail_msg "no $gen; make it: make test-programs"
net_setup
module_load
at_exit 'rmmod kntp 2>/dev/null'
ip -n "$server" route add 10.0.0.0/8 via 192.0.2.254
ip -n "$server" neigh add 192.0.2.254 lladdr 02:00:00:00:7b:01 dev s0 nud permanent
ip -n "$server" route add 2001:db8:ffff::/48 via 2001:db8:1::fe
ip -n "$server" neigh add 2001:db8:1::fe lladdr 02:00:00:00:7b:01 dev s0 nud permanent
mac=$(in_ns "$server" cat /sys/class/net/s0/address)
kntpd_conf 'server 127.127.1.0' 'fudge 127.127.1.0 stratum 5' \
	"driftfile $lib_tmp/drift"
floods=() loops=()

# ------------------------------------------------- all but the module changes
clock
k dev add s0 || ktap_exit_fail_msg 's0 cannot be served'
k stats reset
flood 10.1.0.0 $server4
flood 2001:db8:ffff::1 $server6
forever addresses
forever hooks
forever namespaces
forever readers
[ ! -x "$KNTP_TOP/daemon/kntpd" ] || forever daemons
SECONDS=0
while [ $SECONDS -lt "$seconds" ] || [ "$(total)" -lt "$requests" ]; do
	sleep 0.5
	[ $SECONDS -lt $((seconds * 20 + 300)) ] || break
done
loops_end
for pid in "${floods[@]}"; do
	stop "$pid"
done
floods=()
wait_until 10 settled
seen=$(total)
check "$seen requests were seen in $SECONDS s, of $requests" [ "$seen" -ge "$requests" ]
sums=$(k -j stats | jq -c '[.requests, ([.reasons[]] | add)]')
check_match "requests and reasons: $sums" "$sums" '^\[([0-9]+),\1\]$'
check 'most were answered' \
	eval "k -j stats | jq -e '.reasons.served + .reasons.served_unsync > .requests / 2'"
check_is 'nothing was lost to want of memory' "$(k -j stats | jq .reasons.drop_nomem)" 0

# ----------------------------------------------------- the module is reloaded
flood 10.1.0.0 $server4
flood 2001:db8:ffff::1 $server6
forever modules
forever readers
forever addresses
SECONDS=0
while [ $SECONDS -lt "$seconds" ]; do
	sleep 0.5
done
loops_end
for pid in "${floods[@]}"; do
	stop "$pid"
done
[ ! -e /sys/module/kntp ] || wait_until 10 rmmod kntp
check 'the module is gone' eval '! [ -e /sys/module/kntp ]'
check 'and comes again' modprobe kntp
check_is 'it knows of no device' "$(k -j dev)" '[]'
ktap_finished
