#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Copyright (C) 2026 The kntp authors
#
# kntpd with others: symmetric with chronyd, either one following, interleaved
# or not, and with a wrong key; chronyd's broadcasts; keys with ntpsec's ntpd.

# shellcheck disable=SC2119,SC2317 # functions are given to check
# shellcheck source=tests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=tests/lib/modes.sh
. "$(dirname "$0")/../lib/modes.sh"

# chrony KEYS LINE... - a chronyd in $client, instead of the one before
chrony_pid=''
chrony()
{
	local keys=$1

	shift
	[ -z "$chrony_pid" ] || stop "$chrony_pid"
	rm -rf "$lib_tmp/chrony-$client"
	chronyd_start "$client" "keyfile $keys" 'allow all' "$@"
	chrony_pid=$started
}

chrony_follows()
{
	chronyc "$client" sources | grep -q "^=,\\*,$server4,"
}

# chrony_interleaves - it takes what comes for interleaved, and well signed
chrony_interleaves()
{
	chronyc "$client" ntpdata "$server4" | grep -q ',Yes,Yes,Kernel,Kernel,'
}

ktap_print_header
[ -x "$KNTP_PEERS/run/ntpd" ] ||
	ktap_skip_all "no ntpd; run: tools/dev/lab-setup peers"
net_setup
# In a guest beside the module, which has to leave these packets alone.
[ -z "${KNTP_VM:-}" ] || module_load
keys "$server" together
keys "$client" together
printf '%s\n' '4 MD5 apart' '5 SHA1 apart' >"$lib_tmp/apart"
sed 's/^6 AES128CMAC /6 AES128 HEX:/; s/^\([45]\) \([^ ]*\) /\1 \2 ASCII:/' \
	"$lib_tmp/$server.keys" >"$lib_tmp/chrony.keys"

for id in 4 6; do
	chrony "$lib_tmp/chrony.keys" 'local stratum 3' \
		"peer $server4 key $id minpoll -2 maxpoll 0"
	run "$server" "peer $client4 key $id $quick"
	check "a chronyd, symmetric with key $id, is followed" \
		follows "$server" 4 $refid_client 12 || show "$server"
done
chrony "$lib_tmp/chrony.keys" "peer $server4 key 5 minpoll -2 maxpoll 0"
run "$server" "${clock[@]}" "peer $client4 key 5 $quick"
check 'a chronyd follows, symmetric' wait_until 12 chrony_follows || {
	show "$server"
	ktap_print_msg "$(chronyc "$client" sources; cat \
		"$lib_tmp/chrony-$client/log")"
}
chrony "$lib_tmp/chrony.keys" 'local stratum 3' \
	"peer $server4 key 5 minpoll -2 maxpoll 0 xleave"
run "$server" "peer $client4 key 5 $quick xleave"
check 'interleaved, a chronyd is followed' \
	follows "$server" 4 $refid_client 12 || show "$server"
check 'which is told' logged "$server" "$client4: interleaved"
check 'and says itself that packets are interleaved' \
	wait_until 5 chrony_interleaves ||
	ktap_print_msg "$(chronyc "$client" ntpdata "$server4")"
chrony "$lib_tmp/apart" 'local stratum 3' \
	"peer $server4 key 4 minpoll -2 maxpoll 0"
run "$server" "peer $client4 key 4 $quick"
check 'with another secret it is told' wait_until 8 \
	logged "$server" "$client4: dropped what is signed with another secret"
check 'and not followed' unsynchronised "$server"
chrony "$lib_tmp/chrony.keys" 'local stratum 3' 'broadcast 1 192.0.2.255'
run "$server" 'broadcastclient' 'disable auth'
check "chronyd's broadcasts are followed" follows "$server" 4 $refid_client 15 ||
	show "$server"
check 'once it is known how long they take' wait_until 10 \
	logged "$server" "$client4: its broadcasts take"
stop "$chrony_pid"

# ntpsec's ntpd sits in the client's place; it leaves the clock alone.
printf '%s\n' "keys $lib_tmp/$client.keys" 'trustedkey 5' 'disable ntp' \
	"server $server4 key 5 iburst minpoll 3 maxpoll 3" \
	"statsdir $lib_tmp/" 'statistics peerstats' \
	'filegen peerstats file ntpsec type none enable' >"$lib_tmp/ntpsec.conf"
run "$server" "${clock[@]}"
start "$lib_tmp/ntpsec.log" ip netns exec "$client" "$KNTP_PEERS/run/ntpd" -n \
	-c "$lib_tmp/ntpsec.conf"
# Configured, authenticated, reachable: f or e in the first digit.
check 'an ntpd with a key gets its answers signed' wait_until 20 \
	grep -q "^[^ ]* [^ ]* $server4 [ef]" "$lib_tmp/ntpsec" || {
	ktap_print_msg "$(cat "$lib_tmp/ntpsec" "$lib_tmp/ntpsec.log")"
}
end "$server"
ktap_finished
