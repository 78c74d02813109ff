#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Copyright (C) 2026 The kntp authors
#
# kntpd with kntpd in every mode but plain client and server: with keys,
# symmetric active and passive, broadcast, multicast, manycast, orphan. They
# share one clock and leave it alone; what counts is who follows whom.

# shellcheck disable=SC2119,SC2317 # functions are given to check
# shellcheck source=tests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"

declare -A pid

# run NAMESPACE LINE... - a kntpd there with these lines, and the keys
run()
{
	local ns=$1

	shift
	[ -z "${pid[$ns]:-}" ] || stop "${pid[$ns]}"
	printf '%s\n' "keys $lib_tmp/$ns.keys" 'trustedkey 4 5 6' "$@" \
		>"$lib_tmp/$ns.conf"
	: >"$lib_tmp/$ns.log"
	start "$lib_tmp/$ns.log" ip netns exec "$ns" "$KNTP_TOP/daemon/kntpd" \
		-n --no-clock -c "$lib_tmp/$ns.conf"
	pid[$ns]=$started
	wait_until 10 udp_bound "$ns" 123 || {
		show "$ns"
		ktap_exit_fail_msg "kntpd did not come up in $ns"
	}
}

# end NAMESPACE... - no kntpd there any more
end()
{
	local ns

	for ns; do
		[ -z "${pid[$ns]:-}" ] || stop "${pid[$ns]}"
		pid[$ns]=
	done
}

show()
{
	local ns

	for ns; do
		ktap_print_msg "$ns: $(cat "$lib_tmp/$ns.log")"
	done
}

# says NAMESPACE FIELD VALUE - what its kntpd answers itself
says()
{
	[ "$(in_ns "$1" "$KNTP_TOP/tests/lib/ask.py" 127.0.0.1 "$2")" = "$3" ]
}

logged()
{
	grep -Eq -- "$2" "$lib_tmp/$1.log"
}

# follows NAMESPACE STRATUM REFID - within some seconds
follows()
{
	wait_until "${4:-8}" says "$1" stratum "$2" && says "$1" refid "$3"
}

clock=('server 127.127.1.0 prefer' 'fudge 127.127.1.0 stratum 3')
quick='minpoll -2 maxpoll 0'
refid_server=c0000201 refid_client=c0000202

# keys NAMESPACE SECRET - the same ids everywhere, not always the same keys
keys()
{
	printf '%s\n' "4 MD5 $2" "5 SHA1 $2" \
		"6 AES128CMAC $(printf '%s' "$2" | md5sum | cut -c 1-32)" \
		>"$lib_tmp/$1.keys"
	chmod 600 "$lib_tmp/$1.keys"
}

ktap_print_header
net_setup
keys "$server" together
keys "$client" together

# ----------------------------------------------------------- client and server

run "$server" "${clock[@]}"
for id in 4 5 6; do
	run "$client" "server $server4 key $id $quick"
	check "a client with key $id" follows "$client" 5 $refid_server ||
		show "$client"
done
keys "$client" apart
run "$client" "server $server4 key 4 $quick"
check 'with another secret the server refuses, which is told' wait_until 5 \
	logged "$client" "$server4 does not accept key 4 \(crypto-NAK\).*same key"
check 'and is not followed' says "$client" leap 3
run "$client" "server $server4 key 7 $quick"
check 'a key that is not there is told' wait_until 5 \
	logged "$client" "$server4 is not asked, as key 7"
keys "$client" together
end "$server"
start "$lib_tmp/fake" ip netns exec "$server" \
	"$KNTP_TOP/tests/lib/fakentp.py" "$server4=good"
fake=$started
run "$client" "server $server4 key 4 $quick"
check 'a server that does not sign is told' wait_until 5 \
	logged "$client" "$server4: dropped what is not signed, as key 4"
check 'and is not followed' says "$client" leap 3
stop "$fake"

# -------------------------------------------------------------------- symmetric

run "$server" "${clock[@]}" "peer $client4 key 5 $quick"
run "$client" "peer $server4 key 5 $quick"
check 'two active peers: the one without a clock follows' \
	follows "$client" 5 $refid_server || show "$server" "$client"
check 'the other one does not follow its own time' says "$server" stratum 4

run "$server"
run "$client" "${clock[@]}" "peer $server4 key 4 $quick"
check 'a stranger with a key makes a passive association, and is followed' \
	follows "$server" 5 $refid_client || show "$server" "$client"
keys "$client" apart
run "$client" "${clock[@]}" "peer $server4 key 4 $quick"
run "$server"
check 'with another secret it does not' wait_until 5 sh -c \
	"sleep 2; ! grep -q 'synchronised to' $lib_tmp/$server.log"
check 'the server is still without time' says "$server" leap 3
keys "$client" together
run "$client" "${clock[@]}" "peer $server4 $quick"
run "$server"
check 'nor does one without a key' sh -c \
	"sleep 2; ! grep -q 'synchronised to' $lib_tmp/$server.log"
run "$server" 'disable auth'
check 'but with disable auth' follows "$server" 5 $refid_client ||
	show "$server" "$client"
run "$server" 'disable auth' 'restrict default nopeer'
check 'unless nopeer keeps it out' sh -c \
	"sleep 2; ! grep -q 'synchronised to' $lib_tmp/$server.log"
run "$client" "${clock[@]}" "peer $server4 key 4 $quick"
run "$server" 'restrict default nopeer'
check 'which does not hold for those with a key' \
	follows "$server" 5 $refid_client || show "$server" "$client"
run "$server" 'restrict default noepeer'
check 'noepeer does' sh -c \
	"sleep 2; ! grep -q 'synchronised to' $lib_tmp/$server.log"
end "$client" "$server"

# -------------------------------------------------------------------- broadcast

lan=192.0.2.255
run "$server" "${clock[@]}" "broadcast $lan key 4 minpoll -1"
run "$client" 'broadcastclient'
check 'broadcasts: asked how long they take, then listened to' wait_until 15 \
	logged "$client" "$server4: its broadcasts take 0.00[0-9]* s, and are"
check 'and followed' follows "$client" 5 $refid_server ||
	show "$server" "$client"
run "$client" 'broadcastclient' 'broadcastdelay 0.001'
check 'with broadcastdelay at once' follows "$client" 5 $refid_server ||
	show "$client"
check_is 'without a question' "$(grep -c 'asked how long' \
	"$lib_tmp/$client.log")" 0
end "$server"
check 'once it is silent, it is no server any more' wait_until 20 \
	logged "$client" "no server to follow any more"
check 'and forgotten' wait_until 10 logged "$client" "$server4 is forgotten"
keys "$client" apart
run "$server" "${clock[@]}" "broadcast $lan key 4 minpoll -1"
run "$client" 'broadcastclient' 'broadcastdelay 0.001'
check 'with another secret it is told, and not followed' wait_until 5 \
	logged "$client" "$server4: its broadcasts are not listened to: .*secret"
keys "$client" together
run "$client" 'broadcastclient key 5' 'broadcastdelay 0.001'
check 'nor with another key than the one asked for' wait_until 5 \
	logged "$client" "$server4: its broadcasts are not listened to"
check 'no time is served then' says "$client" leap 3

ip -n "$server" route add 224.0.0.0/4 dev s0
run "$server" "${clock[@]}" 'broadcast 224.0.1.1 key 5 minpoll -1 ttl 2'
run "$client" 'multicastclient' 'broadcastdelay 0.001'
check 'multicast' follows "$client" 5 $refid_server ||
	show "$server" "$client"
run "$server" "${clock[@]}" 'broadcast ff02::101 key 5 minpoll -1'
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
check 'and it is told' logged "$client" "$group: found $server4"
run "$client" "manycastclient $group $quick"
check 'who does not sign is found, but not used' wait_until 5 \
	logged "$client" "$server4 answers, but is not used, as that is not signed"
run "$server" "manycastserver $group"
run "$client" "manycastclient $group key 6 $quick"
check 'a server without time keeps silent' sh -c \
	"sleep 2; ! grep -q 'found' $lib_tmp/$client.log"
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
