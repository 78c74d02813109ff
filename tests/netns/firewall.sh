#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Copyright (C) 2026 The kntp authors
#
# Which firewall rules each hook obeys, as the documentation says: ingress none,
# routed OUTPUT, input both; and what conntrack sees of it.
#
#	client c0 192.0.2.2/24 ------- s0 192.0.2.1/24 server

# shellcheck source=tests/lib/lib.sh disable=SC2119
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=tests/lib/frames.sh
. "$(dirname "$0")/../lib/frames.sh"

k()
{
	in_ns "$server" kntp "$@"
}

# rules LINE... - the server's whole firewall
rules()
{
	in_ns "$server" nft flush ruleset
	printf '%s\n' 'table inet t {' "$@" '}' | in_ns "$server" nft -f - ||
		ktap_exit_fail_msg 'nft does not take the rules'
}

counted_by()
{
	in_ns "$server" nft list chain inet t "$1" | grep -o 'packets [0-9]*' |
		cut -d' ' -f2 | xargs
}

ktap_print_header
net_setup
module_load
at_exit 'rmmod kntp 2>/dev/null'
in_ns "$server" nft list ruleset >/dev/null 2>&1 ||
	ktap_skip_all 'this kernel has no nftables'
frames_setup
k dev add s0 || ktap_exit_fail_msg 's0 cannot be served'
k clock set leap 0 stratum 2 refid 198.51.100.2 validity 1h
net_meet "$client" $server4 $server6
served='reply len=48 mode=4 tos=0 ttl=64 [served]'
six="to=$server6 from=$client6"

# try NAME INGRESS ROUTED INPUT - what each hook makes of a request then
try()
{
	local hook name=$1

	shift
	for hook in ingress routed input; do
		k dev set s0 hook $hook
		frames "$name: $hook" <<-TABLE
			plain        => $1
			plain6 $six  => $1
		TABLE
		shift
	done
}

rules 'chain i { type filter hook input priority 0; udp dport 123 counter drop; }'
try 'INPUT drops' "$served" "$served" 'none []'
check_is 'INPUT saw those of the input hook' "$(counted_by i)" 2

rules 'chain o { type filter hook output priority 0; udp sport 123 counter drop; }'
try 'OUTPUT drops' "$served" 'none [drop_xmit]' 'none [drop_xmit]'
check_is 'OUTPUT saw those of routed and input' "$(counted_by o)" 4

rules 'chain i { type filter hook input priority 0; ct state new udp dport 123 counter accept; ct state established accept; meta l4proto ipv6-icmp accept; drop; }' \
	'chain o { type filter hook output priority 0; ct state established udp sport 123 counter accept; ct state new udp sport 123 drop; }'
try 'stateful OUTPUT' "$served" 'none [drop_xmit]' "$served"
check_is 'it takes the reply for part of the flow' "$(counted_by o)" 2
flows()
{
	in_ns "$server" cat /proc/sys/net/netfilter/nf_conntrack_count
}

before=$(flows)
seq -f 'flow%g' 40 | in_ns "$client" /usr/bin/python3 \
	"$KNTP_TOP/tests/lib/frames.py" c0 >"$lib_tmp/flows"
check_is '40 more are served' "$(grep -c '\[served\]' "$lib_tmp/flows")" 40
# Flows of before may end meanwhile.
check_range 'and their flows do not stay' $(($(flows) - before)) -100 5

rules 'chain p { type nat hook prerouting priority -100; udp dport 1123 redirect to :123; }'
k dev set s0 hook input
in_ns "$client" python3 - $server4 <<-'PYTHON' >"$lib_tmp/nat" 2>&1
	import socket
	import sys

	s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
	s.settimeout(60)
	s.connect((sys.argv[1], 1123))
	s.send(b"\x23" + bytes(39) + b"12345678")
	print(s.recv(100)[24:32].decode())
PYTHON
check_is 'a redirected port, input: the reply comes from it' \
	"$(tail -n 1 "$lib_tmp/nat")" 12345678
ktap_finished
