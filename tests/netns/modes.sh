#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Copyright (C) 2026 The kntp authors
#
# kntpd with kntpd: clients with keys, symmetric active and passive
# associations, interleaved or not, and who must not make one.

# shellcheck disable=SC2119,SC2317 # functions are given to check
# shellcheck source=tests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=tests/lib/modes.sh
. "$(dirname "$0")/../lib/modes.sh"

ktap_print_header
net_setup
# In a guest beside the module, which has to leave these packets alone.
[ -z "${KNTP_VM:-}" ] || module_load
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
check 'and is not followed' unsynchronised "$client"
run "$client" "server $server4 key 7 $quick"
check 'a key that is not there is told' wait_until 5 \
	logged "$client" "$server4 is not asked, as key 7"
keys "$client" together
end "$server"
start "$lib_tmp/fake" ip netns exec "$server" \
	"$KNTP_TOP/tests/lib/fakentp.py" "$server4=good"
fake=$started
wait_until 10 udp_bound "$server" 123
run "$client" "server $server4 key 4 $quick"
check 'a server that does not sign is told' wait_until 5 \
	logged "$client" "$server4: dropped what is not signed, as key 4"
check 'and is not followed' unsynchronised "$client"
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
run "$server"
run "$client" "${clock[@]}" "peer $server4 key 4 $quick xleave"
check 'interleaved, too, though only one side asks for it' \
	follows "$server" 5 $refid_client || show "$server" "$client"
check 'the passive one tells' logged "$server" "$client4: interleaved"
check 'and does the same' wait_until 5 logged "$client" "$server4: interleaved"
run "$server" "peer $client4 key 4 $quick xleave"
check 'one that starts anew finds back to it' \
	follows "$server" 5 $refid_client || show "$server" "$client"
# Neither one that was there before may speak to the other one's successor.
end "$client" "$server"
keys "$client" apart
run "$server"
run "$client" "${clock[@]}" "peer $server4 key 4 $quick"
check 'with another secret it gets no answer' wait_until 8 \
	logged "$client" "$server4 does not answer" || show "$client" "$server"
check_fails 'and no association' logged "$server" 'symmetric peer'
check 'the server is still without time' unsynchronised "$server"
keys "$client" together
run "$client" "${clock[@]}" "peer $server4 $quick"
run "$server"
check 'without a key it is answered' wait_until 8 \
	logged "$client" "$server4 is not synchronised itself"
check_fails 'but gets no association' logged "$server" 'symmetric peer'
run "$server" 'disable auth'
check 'but with disable auth' follows "$server" 5 $refid_client ||
	show "$server" "$client"
run "$client" "${clock[@]}" "peer $server4 $quick"
run "$server" 'disable auth' 'restrict default nopeer'
check 'with nopeer it is answered' wait_until 8 \
	logged "$client" "$server4 is not synchronised itself"
check_fails 'but kept out' logged "$server" 'symmetric peer'
run "$client" "${clock[@]}" "peer $server4 $quick"
run "$server" 'disable auth' 'restrict default ippeerlimit 0'
check 'with ippeerlimit 0, too' wait_until 8 \
	logged "$client" "$server4 is not synchronised itself"
check_fails 'and kept out' logged "$server" 'symmetric peer'
run "$client" "${clock[@]}" "peer $server4 key 4 $quick"
run "$server" 'restrict default nopeer'
check 'nopeer does not hold for those with a key' \
	follows "$server" 5 $refid_client || show "$server" "$client"
run "$client" "${clock[@]}" "peer $server4 key 4 $quick"
run "$server" 'restrict default noepeer'
check 'with noepeer it is answered' wait_until 8 \
	logged "$client" "$server4 is not synchronised itself"
check_fails 'but kept out' logged "$server" 'symmetric peer'
end "$client" "$server"

# ------------------------------------------------------------------------- pool

# Five of a pool: four are asked, one of these lies, the fifth takes its place.
mkdir -p "/etc/netns/$client"
at_exit "rm -rf /etc/netns/$client"
echo 'hosts: files' >"/etc/netns/$client/nsswitch.conf"
fakes=()
for i in 11 12 13 14 15; do
	net_addr "$server" s0 "192.0.2.$i/24"
	echo "192.0.2.$i five.example"
	fakes+=("192.0.2.$i=$([ $i = 11 ] && echo offset:0.5 || echo good)")
done >"/etc/netns/$client/hosts"
start "$lib_tmp/fakes" ip netns exec "$server" \
	"$KNTP_TOP/tests/lib/fakentp.py" "${fakes[@]}"
wait_until 10 udp_bound "$server" 123
run "$client" "pool five.example $quick"
check 'a falseticker of a pool is told' wait_until 10 \
	logged "$client" '192.0.2.11 disagrees with the majority'
check 'and another one is taken in its place' wait_until 15 \
	logged "$client" 'five.example: using 192.0.2.15'
end "$client"
ktap_finished
