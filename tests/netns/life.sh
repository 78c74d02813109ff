#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Copyright (C) 2026 The kntp authors
#
# Devices, namespaces and the module come and go, also under load; the clock
# state expires; listeners are told.
#
#	client c0 192.0.2.2/24 ------- s0 192.0.2.1/24 server
#	          2001:db8:1::2/64        2001:db8:1::1/64

# Functions are given to check, which shellcheck does not see.
# shellcheck source=tests/lib/lib.sh disable=SC2119,SC2317
. "$(dirname "$0")/../lib/lib.sh"

gen=$KNTP_TOP/build/tests/bench/gen

k()
{
	in_ns "$server" kntp "$@"
}

clock()
{
	k clock set leap 0 stratum 2 refid 198.51.100.2 validity "${1:-1h}"
}

# load_start - requests by c0 without end
load_start()
{
	local mac

	mac=$(in_ns "$server" cat /sys/class/net/s0/address)
	start "$lib_tmp/gen" ip netns exec "$client" "$gen" -i c0 -d "$mac" \
		-s 10.1.0.0 -t $server4 -T 600 -b 16
	load_pid=$started
}

served_some()
{
	[ "$(k -j stats 2>/dev/null | jq .reasons.served)" -gt "${1:-0}" ]
}

served_devs()
{
	k -j dev | jq -r '.[].ifname' | xargs
}

stats_add_up()
{
	k -j stats | jq -e '.requests == ([.reasons[]] | add)'
}

ktap_print_header
[ -x "$gen" ] || ktap_exit_fail_msg "no $gen; make it: make test-programs"
net_setup
netns_add other
module_load
at_exit 'rmmod kntp 2>/dev/null'
# The load's clients are behind a gateway that nobody is.
ip -n "$server" route add 10.0.0.0/8 via 192.0.2.254
ip -n "$server" neigh add 192.0.2.254 lladdr 02:00:00:00:7b:01 dev s0 nud permanent

# --------------------------------------------------------------------- events
start "$lib_tmp/events" ip netns exec "$server" kntp monitor
monitor=$started
start "$lib_tmp/events-other" ip netns exec other kntp monitor
monitor_other=$started
told()
{
	wait_until 10 grep -Eq "$1" "$lib_tmp/events"
}

ready()
{
	k clock set leap 3 stratum 16 refid 127.0.0.1 validity 60
	grep -q ' clock ' "$lib_tmp/events" ||
		! k clock set leap 0 stratum 5 refid 127.0.0.1 validity 60
}
# It listens once it tells of a change.
check 'a monitor listens' wait_until 10 ready
clock 1
check 'it tells of a new state' told 'clock .*sync leap 0 stratum 2'
check 'and that it expired' told 'clock .*expired leap 3 stratum 0'
check_match 'an expired state is served as none' "$(k -j clock | jq -c '[.state, .leap, .stratum]')" \
	'^\["expired",3,0\]$'
check_match 'and so in procfs' "$(in_ns "$server" tail -n 1 /proc/net/kntp/clock)" '^expired 3 0 '
clock
k dev add s0
check 'a device is served' told 'dev-add .*s0 hook ingress'
k dev set s0 hook routed
check 'in another way' told 'dev-add .*s0 hook routed'
ip -n "$server" link set s0 down
ip -n "$server" link set s0 name s9
check 'under another name' told 'dev-add .*s9 hook routed'
check_match 'procfs has the name' "$(in_ns "$server" cat /proc/net/kntp/devices)" '^s9 [0-9]+ routed'
ip -n "$server" link set s9 name s0
ip -n "$server" link set s0 up

# ------------------------------------------------------- to another namespace
ip -n "$server" link set s0 netns other
check 'a device that moves away is not served' told 'dev-del .*s0'
check_is 'nor listed' "$(served_devs)" ''
check_is 'nor served where it is now' "$(in_ns other kntp -j dev | jq length)" 0
check 'it can be served there' in_ns other kntp dev add s0
check_fails 'the other namespace hears nothing of it' grep -q s9 "$lib_tmp/events-other"
stop "$monitor_other"
ip netns del other
check 'a namespace that ends lets its devices go' wait_until 20 \
	eval "! ip -n $client link show c0"
stop "$monitor"

# ----------------------------------------------------------------- under load
net_link "$client" c0 "$server" s0
net_addr "$client" c0 $client4/24
net_addr "$server" s0 $server4/24
ip -n "$server" route add 10.0.0.0/8 via 192.0.2.254
ip -n "$server" neigh add 192.0.2.254 lladdr 02:00:00:00:7b:01 dev s0 nud permanent
clock
k dev add s0
k stats reset
load_start
check 'under load requests are served' wait_until 10 served_some 1000
for hook in routed input ingress input routed ingress; do
	k dev set s0 hook $hook || break
done
check_is 'hooks change under load' "$hook" ingress
for _ in 1 2 3 4 5; do
	k dev del s0
	k dev add s0
done
check_is 'a device is served and not under load' "$(served_devs)" s0
k stats reset
for _ in 1 2 3; do
	rmmod kntp || break
	modprobe kntp
	clock
	k dev add s0
done
check_is 'the module goes and comes under load' "$(served_devs)" s0
check 'and serves again' wait_until 10 served_some 1000
ip -n "$server" link del s0
stop "$load_pid"
check_is 'a device that is deleted under load is gone' "$(served_devs)" ''
check 'the counters add up' stats_add_up
check 'the module is free' wait_until 5 eval "[ \$(cat /sys/module/kntp/refcnt) = 0 ]"

# --------------------------------------------------- a namespace, under load
net_link "$client" c0 "$server" s0
net_addr "$client" c0 $client4/24
net_addr "$server" s0 $server4/24
k dev add s0
load_start
wait_until 10 served_some 1000
ip netns del "$server"
check 'a namespace that ends under load is gone' wait_until 30 \
	eval "! ip -n $client link show c0"
check 'the module can go' rmmod kntp
ktap_finished
