#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Copyright (C) 2026 The kntp authors
#
# kntpd with kntpd: broadcast and multicast, with and without a question how
# long they take, manycast, and orphans among themselves.

# shellcheck disable=SC2119,SC2317 # functions are given to check
# shellcheck source=tests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=tests/lib/modes.sh
. "$(dirname "$0")/../lib/modes.sh"

# Datagrams that came in at a namespace.
datagrams()
{
	in_ns "$1" sed -n 's/^Udp: \([0-9]*\) .*/\1/p' /proc/net/snmp
}

# asked NAMESPACE N - so many datagrams came in there
asked()
{
	[ "$(datagrams "$1")" -ge $((udp_before + $2)) ]
}

ktap_print_header
net_setup
# In a guest beside the module, which has to leave these packets alone.
[ -z "${KNTP_VM:-}" ] || module_load
keys "$server" together
keys "$client" together

# -------------------------------------------------------------------- broadcast

lan=192.0.2.255
run "$server" "${clock[@]}" "broadcast $lan key 4 minpoll -3 xleave"
run "$client" 'broadcastclient'
check 'broadcasts: asked how long they take, then listened to' wait_until 15 \
	logged "$client" "$server4: its broadcasts take 0\.[0-9]+ s, and are"
check 'and followed' follows "$client" 5 $refid_server ||
	show "$server" "$client"
run "$client" 'broadcastclient' 'broadcastdelay 0.001' 'interface ignore all' \
	"interface listen $client4"
check 'each broadcast says when the one before left' wait_until 5 \
	logged "$client" "$server4: interleaved"
check 'with broadcastdelay at once, on one address' follows "$client" 5 $refid_server ||
	show "$client"
check_is 'without a question' "$(grep -c 'asked how long' \
	"$lib_tmp/$client.log")" 0
end "$server"
check 'once it is silent, it is no server any more' wait_until 20 \
	logged "$client" "no server to follow any more"
check 'and forgotten' wait_until 10 logged "$client" "$server4 is forgotten"
keys "$client" apart
run "$server" "${clock[@]}" "broadcast $lan key 4 minpoll -3"
run "$client" 'broadcastclient' 'broadcastdelay 0.001'
check 'with another secret it is told, and not followed' wait_until 5 \
	logged "$client" "$server4: its broadcasts are not listened to: .*secret"
keys "$client" together
run "$client" 'broadcastclient key 5' 'broadcastdelay 0.001'
check 'nor with another key than the one asked for' wait_until 5 \
	logged "$client" "$server4: its broadcasts are not listened to"
check 'no time is served then' unsynchronised "$client"

ip -n "$server" route add 224.0.0.0/4 dev s0
run "$server" "${clock[@]}" 'broadcast 224.0.1.1 key 5 minpoll -3 ttl 2'
run "$client" 'multicastclient' 'broadcastdelay 0.001'
check 'multicast' follows "$client" 5 $refid_server ||
	show "$server" "$client"
run "$server" "${clock[@]}" 'broadcast ff02::101 key 5 minpoll -3'
ip -n "$server" -6 route add ff02::101/128 dev s0 table local 2>/dev/null
run "$client" 'multicastclient ff02::101' 'broadcastdelay 0.001'
check 'over IPv6, too' wait_until 8 says "$client" stratum 5 ||
	show "$server" "$client"

# --------------------------------------------------------------------- manycast

group=239.255.254.254
ip -n "$client" route add 224.0.0.0/4 dev c0
run "$server" "${clock[@]}" "manycastserver $group"
run "$client" "manycastclient $group key 6 $quick"
check 'manycast: the server is found and followed' \
	follows "$client" 5 $refid_server 12 || show "$server" "$client"
check 'and it is told' wait_until 5 logged "$client" "$group: found $server4"
run "$client" "manycastclient $group $quick"
check 'who does not sign is found, but not used' wait_until 5 \
	logged "$client" "$server4 answers, but is not used, as that is not signed"
run "$server" "manycastserver $group"
udp_before=$(datagrams "$server")
run "$client" "manycastclient $group key 6 $quick"
check 'a server without time is asked' wait_until 8 asked "$server" 4
check_fails 'and keeps silent' logged "$client" 'found'
check 'so that the client has none' unsynchronised "$client"
end "$client" "$server"

# ----------------------------------------------------------------------- orphan

orphan='tos orphan 7 orphanwait 2'
run "$server" "$orphan" "peer $client4 key 4 $quick"
run "$client" "$orphan" "peer $server4 key 4 $quick"
check 'of two orphans the one of the lower address leads' \
	follows "$server" 7 7f000001 12 || show "$server" "$client"
check 'and the other one follows' follows "$client" 8 $refid_server 12 ||
	show "$server" "$client"
end "$client" "$server"
ktap_finished
