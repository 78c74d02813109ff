#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Copyright (C) 2026 The kntp authors
#
# What is not answered goes up the stack byte for byte as it came, what is
# dropped does not, and ports hand on to their master.
#
#	client c0 192.0.2.2/24 ------- s0 192.0.2.1/24 server
#	          2001:db8:1::2/64        2001:db8:1::1/64

# shellcheck source=tests/lib/lib.sh disable=SC2119
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=tests/lib/frames.sh
. "$(dirname "$0")/../lib/frames.sh"

k()
{
	in_ns "$server" kntp "$@"
}

ktap_print_header
net_setup
module_load
at_exit 'rmmod kntp 2>/dev/null'
frames_setup
k dev add s0 || ktap_exit_fail_msg 's0 cannot be served'
k clock set leap 0 stratum 2 refid 198.51.100.2 validity 1h
net_meet "$client" $server4
export frames_up=$server
six="to=$server6 from=$client6"
served='reply len=48 mode=4 tos=0 ttl=64 up=none [served]'

up_and_down()
{
	frames "$1" <<-TABLE
		plain                        => $served
		plain6 $six                  => $served
		control first=16 len=12      => none up=same [pass_mode]
		private first=17 len=8       => none up=same [pass_mode]
		symmetric first=21 tos=0xb8  => none up=same [pass_mode]
		server first=24 ttl=1        => none up=same [pass_mode]
		empty len=0                  => none up=same [pass_mode]
		short len=47                 => none up=same [pass_short]
		version0 first=03            => none up=same [pass_version]
		long len=1400                => none up=same [pass_long]
		extension len=60             => none up=same [pass_extension]
		options options=1            => none up=same [pass_options]
		padded first=16 len=12 pad=6 => none up=same [pass_mode]
		old123 first=08 sport=123    => none up=same [pass_port]
		control6 first=16 len=12 $six => none up=same [pass_mode]
		long6 len=1300 $six          => none up=same [pass_long]
		hopbyhop6 hbh=1 $six         => none up=same [pass_options]
		fragments frag=1             => none up=same [pass_fragment]
		fragments6 frag=1 $six       => none up=same [pass_fragment]
		dropped csum=udp             => none up=none [drop_checksum]
	TABLE
}

up_and_down 'ingress'
# A sniffer shares every packet: it sees the request, as it came.
start "$lib_tmp/sniff" ip netns exec "$server" \
	tcpdump -U -n -i s0 -w "$lib_tmp/pcap" udp port 123
wait_until 20 grep -q 'listening' "$lib_tmp/sniff" ||
	ktap_print_msg "tcpdump: $(cat "$lib_tmp/sniff")"
frames 'with a sniffer' <<-TABLE
	plain   sport=2001           => $served
	plain6  sport=2002 $six      => $served
	control first=16 len=12 sport=2003 => none up=same [pass_mode]
TABLE
wait_until 10 eval "[ \$(tcpdump -n -r $lib_tmp/pcap 2>/dev/null | wc -l) = 5 ]"
stop "$started"
check_match 'it sees request and reply' \
	"$(tcpdump -n -r "$lib_tmp/pcap" 2>/dev/null | xargs)" \
	'2001 > .*NTPv4, Client.*123 > .*2001: NTPv4, Server.*2002 > .*Client.*2002: NTPv4, Server.*2003 > '
k dev set s0 hook input
frames 'input' <<-TABLE
	plain                        => $served
	control first=16 len=12      => none up=same [pass_mode]
	control6 first=16 len=12 $six => none up=same [pass_mode]
	options options=1            => none up=same [pass_options]
	fragments frag=1             => none up=same [pass_fragment]
	dropped csum=udp             => none up=none [drop_checksum]
TABLE
k dev set s0 hook ingress

# ----------------------------------------------------------------- port, bond
# The master has the port's Ethernet address, and the port sees it first.
unset frames_up
served='reply len=48 mode=4 tos=0 ttl=64 [pass_device served]'
ip -n "$server" link add br0 address "$frames_mac" type bridge
ip -n "$server" link set br0 up
ip -n "$server" link set s0 master br0
ip -n "$server" addr flush dev s0
net_addr "$server" br0 $server4/24 $server6/64
net_meet "$client" $server4
k dev add br0
frames 'a bridge and its port' <<-TABLE
	plain                        => $served
	plain6 $six                  => $served
	tagged vlan=9                => none []
	transit mac=02:00:00:00:00:99 => none []
TABLE
ip -n "$server" link del br0
check_is 'the bridge is gone, the port is served on' \
	"$(k -j dev | jq -r '.[].ifname' | xargs)" s0
ip -n "$server" link set s0 down
if ip -n "$server" link add bond0 type bond mode active-backup 2>/dev/null; then
	ip -n "$server" link set s0 master bond0
	ip -n "$server" link set bond0 up
	net_addr "$server" bond0 $server4/24 $server6/64
	k dev add bond0
	net_meet "$client" $server4
	frames_mac=$(in_ns "$server" cat /sys/class/net/bond0/address)
	frames 'a bond and its port' <<-TABLE
		plain                        => $served
		plain6 $six                  => $served
	TABLE
	ip -n "$server" link del bond0
else
	ktap_test_skip 'a bond and its port' 'this kernel has no bonding'
fi
ktap_finished
