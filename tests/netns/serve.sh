#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Copyright (C) 2026 The kntp authors
#
# Requests as frames, on each hook: what is answered and how, what goes up and
# what is dropped, and the reason that is counted for it.
#
#	client c0 192.0.2.2/24 ------- s0 192.0.2.1/24 server
#	          2001:db8:1::2/64        2001:db8:1::1/64

# shellcheck source=tests/lib/lib.sh disable=SC2119
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=tests/lib/frames.sh
. "$(dirname "$0")/../lib/frames.sh"

ktap_print_header
net_setup
module_load
at_exit 'rmmod kntp 2>/dev/null'
frames_setup
in_ns "$server" kntp dev add s0 || ktap_exit_fail_msg 's0 cannot be served'
in_ns "$server" kntp clock set leap 0 stratum 2 refid 198.51.100.2 validity 1h
ll_client=$(in_ns "$client" ip -o -6 addr show dev c0 scope link | grep -o 'fe80::[0-9a-f:]*')
ll_server=$(in_ns "$server" ip -o -6 addr show dev s0 scope link | grep -o 'fe80::[0-9a-f:]*')
# In the routed modes the reply needs the neighbour: have it known.
net_meet "$client" $server4 $server6 "$ll_server%c0"

# Alike on all hooks.
both_ways()
{
	frames "$1: IPv4" <<-TABLE
		plain                => reply len=48 mode=4 tos=0 ttl=64 [served]
		version1 first=0b    => reply len=48 mode=4 tos=0 ttl=64 [served]
		version2 first=13    => reply len=48 mode=4 tos=0 ttl=64 [served]
		version3 first=1b    => reply len=48 mode=4 tos=0 ttl=64 [served]
		version5 first=2b    => none [pass_version]
		reply first=24       => none [pass_mode]
		symmetric first=21   => none [pass_mode]
		control first=16     => none [pass_mode]
		old first=08         => reply len=48 mode=4 tos=0 ttl=64 [served]
		old123 first=08 sport=123 => none [pass_port]
		from123 sport=123    => reply len=48 mode=4 tos=0 ttl=64 [served]
		short len=47         => none [pass_short]
		long len=1236        => none [pass_long]
		dscp tos=0xb8        => reply len=48 mode=4 tos=184 ttl=64 [served]
		ecn tos=0xbb ttl=1   => reply len=48 mode=4 tos=184 ttl=64 [served]
		df df=1              => reply len=48 mode=4 tos=0 ttl=64 [served]
		padded pad=20        => reply len=48 mode=4 tos=0 ttl=64 [served]
		udpshort len=60 udplen=-12 csum=none => reply len=48 mode=4 tos=0 ttl=64 [served]
		nosum csum=none      => reply len=48 mode=4 tos=0 ttl=64 [served]
		elsewhere dport=124  => none []
		options options=1    => none [pass_options]
	TABLE
	frames "$1: IPv6" <<-TABLE
		plain to=$server6 from=$client6 => reply len=48 mode=4 tos=0 ttl=64 [served]
		version1 first=0b to=$server6 from=$client6 => reply len=48 mode=4 tos=0 ttl=64 [served]
		dscp tos=0xbb to=$server6 from=$client6 => reply len=48 mode=4 tos=184 ttl=64 [served]
		hops ttl=1 to=$server6 from=$client6 => reply len=48 mode=4 tos=0 ttl=64 [served]
		padded pad=20 to=$server6 from=$client6 => reply len=48 mode=4 tos=0 ttl=64 [served]
		destopt options=1 to=$server6 from=$client6 => none [pass_options]
		hopbyhop hbh=1 to=$server6 from=$client6 => none [pass_options]
		linklocal to=$ll_server from=$ll_client => reply len=48 mode=4 tos=0 ttl=64 [served]
		mixed to=$server6 from=$ll_client => reply len=48 mode=4 tos=0 ttl=64 [served]
		control first=16 to=$server6 from=$client6 => none [pass_mode]
		elsewhere dport=124 to=$server6 from=$client6 => none []
	TABLE
}

for hook in ingress routed; do
	in_ns "$server" kntp dev set s0 hook $hook
	both_ways $hook
	frames "$hook: what the stack would drop" <<-TABLE
		udpsum csum=udp      => none [drop_checksum]
		ipsum csum=ip        => none [drop_checksum]
		udplong udplen=4     => none [drop_length]
		udptiny udplen=-50   => none [drop_length]
		iplong iplen=40      => none [drop_length]
		fragments frag=1     => none [pass_fragment]
		fragments6 frag=1 to=$server6 from=$client6 => none [pass_fragment]
		atomic6 fraghdr=1 to=$server6 from=$client6 => none [pass_options]
		nosum6 csum=none to=$server6 from=$client6 => none [drop_checksum]
		udpsum6 csum=udp to=$server6 from=$client6 => none [drop_checksum]
		udplong6 udplen=4 to=$server6 from=$client6 => none [drop_length]
		iplong6 iplen=40 to=$server6 from=$client6 => none [drop_length]
		port0 sport=0        => none [pass_port]
	TABLE
done

# Behind the stack's own checks: it sees less, and puts fragments together.
in_ns "$server" kntp dev set s0 hook input
both_ways input
frames 'input: what the stack has looked at' <<-TABLE
	udpsum csum=udp      => none [drop_checksum]
	ipsum csum=ip        => none []
	udplong udplen=4     => none [drop_length]
	iplong iplen=40      => none []
	fragments frag=1     => none [pass_fragment]
	fragments6 frag=1 to=$server6 from=$client6 => none [pass_fragment]
	nosum6 csum=none to=$server6 from=$client6 => none [drop_checksum]
TABLE
ktap_finished
