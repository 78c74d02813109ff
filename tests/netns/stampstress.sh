#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Copyright (C) 2026 The kntp authors
#
# The NIC's stamps while all that they need comes and goes, under load: its
# clock and the system's are set, its driver is unloaded, it leaves for another
# namespace, kntp itself is unloaded. No stamp that was served meanwhile lies
# outside of its exchange by more than kntp's own guard allows, by the record of
# the device. A warning in the kernel log fails the run of the guest.
#
# TEST_STRESS_ROUNDS=N: seven clients, not three, and all four ways to set the
# clocks N times each time, not two once, with 100 requests after each, not 20.

# shellcheck disable=SC2119,SC2317
# shellcheck source=tests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=tests/lib/tphc.sh
. "$(dirname "$0")/../lib/tphc.sh"

stamping=$KNTP_TOP/tests/lib/stamping.py
wire=$KNTP_TOP/tests/lib/wire.py
nicstamp=$KNTP_TOP/tests/lib/nicstamp.py
rounds=${TEST_STRESS_ROUNDS:-1}
if [ -n "${TEST_STRESS_ROUNDS:-}" ]; then
	few=100 least=500 clients=(192.0.2.{2..5} not 192.0.2.{6..8})
else
	few=20 least=200 clients=(192.0.2.{2..3} not 192.0.2.6)
fi
correct=7	# enum kntp_stamp_flag: receive, transmit, correct
guard=1		# KNTP_STAMP_AGE_MAX_NS, s
follower='' flood=''

k()
{
	in_ns "$server" kntp "$@"
}

stats()
{
	k -j stats | jq "$1"
}

# The device is there, served, stamps, and has a line that somebody looks after.
begin()
{
	local i

	tphc_setup cross=1 freq=20000,-15000 wander=1000,1000
	for i in 3 4 5 6 7 8; do
		ip -n "$client" addr add "192.0.2.$i/24" dev tp0
	done
	tphc_stamping "$server" tp1 on all >/dev/null
	serve
}

serve()
{
	ptp=$(tphc_clock tp1)
	k clock set leap 0 stratum 1 refid PHC validity 1h
	k dev add tp1
	tphc_dev phc="${ptp#/dev/ptp}" stamping=$correct
	start "$lib_tmp/follow.log" ip netns exec "$server" "$stamping" \
		follow "$ptp"
	follower=$started
}

# shellcheck disable=SC2120
more_than()
{
	[ "$(stats "$1")" -gt "$2" ]
}

# goes_on WHAT - replies of both modes with stamps of the NIC come, from now on
goes_on()
{
	local hard inter

	hard=$(stats .stamp_hardware) inter=$(stats .interleaved)
	check "$1: stamps of the NIC are served" \
		wait_until 40 more_than .stamp_hardware "$((hard + 20))" ||
		ktap_print_msg "$(in_ns "$server" "$stamping" lines; k dev show tp1; cat "$lib_tmp/follow.log")"
	check "$1: and interleaved replies" \
		wait_until 40 more_than .interleaved "$((inter + 20))"
}

# disturb WHAT... - the clocks are set by more than the guard, and some requests
# come each time. The long form does all that there is.
disturb()
{
	local i before what

	[ -z "${TEST_STRESS_ROUNDS:-}" ] ||
		set -- 'phc -5000000000' 'date 3' 'phc 7000000000' 'date -3'
	for ((i = 0; i < rounds; i++)); do
		for what; do
			before=$(stats .requests)
			case $what in
			phc*) "$nicstamp" clock "$ptp" shift "${what#* }" ;;
			date*) date -s "@$(($(date +%s) + ${what#* }))" >/dev/null ;;
			esac
			wait_until 20 more_than .requests "$((before + few))"
		done
	done
}

# What the device has seen so far, for judge().
records=0
keep_record()
{
	cat "$tphc_debug/wire" >"$lib_tmp/wire.$records"
	records=$((records + 1))
}

judge()
{
	local i judged=0 wrong=0 more

	for ((i = 0; i < records; i++)); do
		mapfile -t more < <("$wire" -f "$lib_tmp/wire.$i" -g $guard \
			stats judged wrong 2>>"$lib_tmp/wrong")
		judged=$((judged + more[0])) wrong=$((wrong + more[1]))
	done
	ktap_print_msg "$judged stamps judged in $records records"
	check "hundreds of stamps could be judged" [ "$judged" -ge "$least" ]
	check_is 'and none is off by more than the guard' "$wrong" 0 ||
		ktap_print_msg "$(head -n 30 "$lib_tmp/wrong")"
}

settled()
{
	local before

	before=$(stats .requests)
	sleep 0.3
	[ "$(stats .requests)" = "$before" ]
}

ktap_print_header
module_load
at_exit 'rmmod kntp 2>/dev/null'
begin
start "$lib_tmp/flood.log" ip netns exec "$client" \
	"$KNTP_TOP/tests/lib/xflood.py" "$server4" "${clients[@]}"
flood=$started

goes_on 'at first'
disturb 'phc -5000000000' 'date 3'
goes_on 'with clocks that were set'
keep_record
check 'the driver of the NIC is unloaded' rmmod tphc
check_is 'which ends the service of the device' "$(k -j dev)" '[]'
stop "$follower"

begin
goes_on 'with the driver back'
disturb 'phc 7000000000' 'date -3'
keep_record
check 'the device leaves its namespace' ip -n "$server" link set tp1 netns "$client"
check_is 'and is served no more' "$(k -j dev)" '[]'
stop "$follower"
ip -n "$client" link set tp1 netns "$server"
ip -n "$server" link set tp1 up
net_addr "$server" tp1 "$server4/24" "$server6/64"
serve
goes_on 'with the device back'
keep_record
stop "$flood"
check_match 'clients had replies of both modes, and no others' \
	"$(cat "$lib_tmp/flood.log")" '^[1-9][0-9]* [1-9][0-9]* 0$'
wait_until 10 settled
sums=$(stats '[.requests, ([.reasons[]] | add)]' | paste -sd' ' | tr -d ' ')
check_match "requests and reasons add up: $sums" "$sums" '^\[([0-9]+),\1\]$'
check_is 'so do replies and the sources of their stamps' \
	"$(stats '.stamp_hardware + .stamp_driver + .stamp_clock')" \
	"$(stats '[.reasons | to_entries[] | select(.key | startswith("served")) | .value] | add')"
dev=$(k -j dev show tp1)
check_is 'and those of the device' \
	"$(jq '.[0] | .rx_hardware + .rx_driver + .rx_clock' <<<"$dev")" \
	"$(jq '.[0].replies' <<<"$dev")"
check 'no more transmit stamps came than were asked for' \
	jq -e '.[0] | .tx_hardware + .tx_driver + .tx_refused <= .tx_asked' <<<"$dev"

start "$lib_tmp/flood.log" ip netns exec "$client" \
	"$KNTP_TOP/tests/lib/xflood.py" "$server4" "${clients[@]}"
flood=$started
goes_on 'until the last moment'
check 'kntp itself is unloaded under load' rmmod kntp
check 'with the NIC still there' rmmod tphc
stop "$flood"
stop "$follower"
judge
ktap_finished
