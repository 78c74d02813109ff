#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Copyright (C) 2026 The kntp authors
#
# Many clients in interleaved mode at once, half of them with random fields, as
# fast as they can: each stamp that is served is judged by the record of the
# device, all is counted, and nothing stays behind in memory.
#
# TEST_STORM_REQUESTS=N: so many (20000). Ten millions take 20 minutes and more.

# shellcheck disable=SC2119,SC2317
# shellcheck source=tests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=tests/lib/tphc.sh
. "$(dirname "$0")/../lib/tphc.sh"

stamping=$KNTP_TOP/tests/lib/stamping.py
storm=$KNTP_TOP/build/tests/bench/storm
requests=${TEST_STORM_REQUESTS:-20000}
# As many that each can ask some times.
clients=$((requests < 320000 ? requests / 20 : 16384))
hardware=3	# enum kntp_stamp_flag

k()
{
	in_ns "$server" kntp "$@"
}

stats()
{
	k -j stats | jq "$1"
}

# What the kernel's allocators hold, in KiB.
held()
{
	awk '/^(SUnreclaim|Percpu):/ { n += $2 } END { print n }' /proc/meminfo
}

# said NAME - of what the storm has printed
said()
{
	awk -v name="$1" '$1 == name { print $2 }' "$lib_tmp/storm"
}

line_is_valid()
{
	in_ns "$server" "$stamping" lines | grep -q "^${ptp#/dev/} valid "
}

settled()
{
	[ "$(stats '.requests')" = "$(stats '[.reasons[]] | add')" ]
}

ktap_print_header
tphc_setup cross=1
tphc_served interleaved_max=8192
k clock set leap 0 stratum 1 refid PHC validity 24h
# The clients are none, behind a gateway that is none.
ip -n "$server" neigh add 192.0.2.254 lladdr 02:00:00:00:7b:01 dev tp1 nud permanent
ip -n "$server" route add 10.0.0.0/8 via 192.0.2.254
tphc_stamping "$server" tp1 on all >/dev/null
tphc_dev phc="${ptp#/dev/ptp}" stamping=$hardware
# On a line that is older than it should be stamps are still those of the NIC.
start "$lib_tmp/follow.log" ip netns exec "$server" "$stamping" \
	follow "$ptp" 60000
follower=$started
wait_until 40 line_is_valid ||
	ktap_exit_fail_msg "no line of $ptp: $(cat "$lib_tmp/follow.log")"

mac=$(in_ns "$server" cat /sys/class/net/tp1/address)
before=$(held)
in_ns "$client" "$storm" -i tp0 -d "$mac" -t "$server4" -n "$requests" -c "$clients" \
	>"$lib_tmp/storm" 2>"$lib_tmp/storm.err" <"$tphc_debug/wire"
ktap_print_msg "$(paste -sd' ' "$lib_tmp/storm"; cat "$lib_tmp/storm.err")"
check_is 'each request has its reply' \
	"$(($(said basic) + $(said interleaved)))" "$requests"
check_is 'no stamp is wrong' "$(said wrong)" 0
check_is 'or of another packet' "$(said unmatched)" 0
check_is 'and nobody was turned away' "$(said kisses)" 0
check_range 'many of the replies are interleaved' \
	"$(said interleaved)" $((requests / 8)) "$requests"
# Where more stamps are under way than the NIC can keep, it is the driver's.
check_range 'most interleaved transmit stamps are those of the NIC' \
	"$(said interleaved_exact)" $(($(said interleaved) / 2)) "$requests"
wait_until 10 settled
check_is 'the module has counted as many' "$(stats .requests)" "$requests"
check_is 'all for a reason' "$(stats '[.reasons[]] | add')" "$requests"
check_is 'as many interleaved' "$(stats .interleaved)" "$(said interleaved)"
k -j dev show tp1 >"$lib_tmp/dev"
ktap_print_msg "$(jq -c '.[0] | with_entries(select(.key | test("^[rt]x_")))' "$lib_tmp/dev")"
# Those that a guest that was stopped takes too late are the driver's, and near.
hard=$(jq '.[0].rx_hardware' "$lib_tmp/dev")
check_range 'receive stamps are those of the NIC' \
	"$hard" $((requests / 2)) "$requests"
check_range 'which are all exact' "$(said receive_exact)" "$hard" "$requests"
check 'no more came than were asked for' \
	jq -e '.[0] | .tx_hardware + .tx_refused <= .tx_asked' "$lib_tmp/dev"
grown=$(($(held) - before))
ktap_print_msg "kernel memory has grown by $grown KiB"
# Of each request 200 octets are 4 MB where there are least.
check_range 'nothing is kept of a request' "$grown" -100000 3500
stop "$follower"
check 'the module can go' rmmod kntp
check 'and the NIC' rmmod tphc
ktap_finished
