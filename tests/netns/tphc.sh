#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Copyright (C) 2026 The kntp authors
#
# The devices that other tests measure with are what they say: stamps are the
# clock's reading at the true instant, clocks run as their parameters say, stamps
# come late or never as told, and the module goes whenever it has to.

# shellcheck source=tests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=tests/lib/tphc.sh
. "$(dirname "$0")/../lib/tphc.sh"

nicstamp=$KNTP_TOP/tests/lib/nicstamp.py
wire=$KNTP_TOP/tests/lib/wire.py
ends=("$client/tp0/$client4" "$server/tp1/$server4")

ktap_print_header
# true times are compared as they are: other scripts may have left it slewing
[ -z "${KNTP_VM:-}" ] || "$nicstamp" steady

# exchange [OPTION...] - 6 requests and replies; what was said of their stamps
# is in $lib_tmp/said, what truly happened in $lib_tmp/true.
exchange()
{
	echo 0 >$tphc_debug/wire
	"$nicstamp" exchange -c 6 "$@" "${ends[@]}" >"$lib_tmp/said" || return
	"$wire" show >"$lib_tmp/true"
}

# true_of DEVICE tx|rx FIELD - of each packet there.
true_of()
{
	awk -v dev="$1" -v way="$2" -v field="$3" '
		$1 == dev && $2 == way {
			for (i = 3; i < NF; i++)
				if ($i == field)
					print $(i + 1)
		}' "$lib_tmp/true"
}

# said_of request|reply tx|rx
said_of()
{
	awk -v sort="$1" -v field="$([ "$2" = tx ] && echo 2 || echo 3)" \
		'$1 == sort { print $field }' "$lib_tmp/said"
}

# stamps_are_true WHAT - each stamp that was given is the clock's reading when
# the packet was there.
stamps_are_true()
{
	local got want

	got=$(for i in request reply; do said_of $i tx; said_of $i rx; done)
	want=$(true_of tp0 tx phc; true_of tp1 rx phc; true_of tp1 tx phc
		true_of tp0 rx phc)
	check_is "$1" "$got" "$want"
}

# no_stamps WHAT request|reply tx|rx
no_stamps()
{
	check_is "$1" "$(said_of "$2" "$3" | sort | uniq -c | xargs)" '6 -'
}

# true_flight FROM TO - how long each packet took, ns
true_flight()
{
	local from to

	paste <(true_of "$1" tx real) <(true_of "$2" rx real) |
		while read -r from to; do
			echo $((to - from))
		done | sort -u | xargs
}

# ------------------------------------------------------------------- stamping

tphc_setup cross=1 freq=20000,-15000 wander=1000000,0 wire_ns=500,2500 seed=7
clock0=$(tphc_clock tp0) clock1=$(tphc_clock tp1)
can=$(in_ns "$client" ethtool -T tp0)
check_match 'ethtool -T shows the clock' "$can" "Hardware Clock: ${clock0#/dev/ptp}$"
check_match 'and hardware stamps' "$(xargs <<<"$can")" \
	'hardware-transmit .*hardware-receive .*Transmit Timestamp Modes: off on Hardware Receive Filter Modes: none all$'

check 'packets are exchanged' exchange -w 0
no_stamps 'nothing is stamped unless it is configured' request tx
no_stamps 'nor received so' request rx

check_is 'stamping is configured' \
	"$(tphc_stamping "$client" tp0 on all)" 'on all'
check_is 'a filter that is not there becomes a wider one' \
	"$(tphc_stamping "$server" tp1 on ntp)" 'on all'
check_is 'and is shown' "$(in_ns "$server" "$nicstamp" get tp1)" 'on all'
exchange
stamps_are_true 'every stamp is right, of both devices in both ways'
check_is 'the wire takes as long as it is told' "$(true_flight tp0 tp1)" 500
check_is 'and as it is told in the other direction' "$(true_flight tp1 tp0)" 2500
tphc_set stamp_process N
tphc_set wire_ns 700,100000
exchange
stamps_are_true 'from a soft interrupt, too'
check_is 'the wire changes while it is used' \
	"$(true_flight tp0 tp1) $(true_flight tp1 tp0)" '700 100000'
exchange -s
check_is 'software stamps are given, of packets sent and received' \
	"$(grep -c -- - "$lib_tmp/said")" 0

# -------------------------------------------------------------- late and lost

tphc_set stamp_process Y
tphc_set stamp_ns 2000000000,2000000000
exchange -w 0
no_stamps 'stamps are late' request tx
no_stamps 'and nobody is there any more when they come' reply tx
tphc_set stamp_ns 100000,100000
tphc_set stamp_loss 3,0
before=$(tphc_count "$client" tp0 tx_stamps_lost)
wait_until 5 eval "[ \"\$(tphc_count $client tp0 tx_stamps)\" -ge 18 ]"
exchange -w 300
check_is 'every third is lost' "$(said_of request tx | grep -c -- -)" 2
check_is 'at that end' "$(said_of reply tx | grep -c -- -)" 0
check_is 'and counted' \
	"$(($(tphc_count "$client" tp0 tx_stamps_lost) - before))" 2
check_is 'and recorded' "$(grep -c '^tp0 tx .* stamped lost$' "$lib_tmp/true")" 2
tphc_set stamp_loss 0,0
tphc_set stamp_slots 0,0
exchange -w 0
no_stamps 'without a place there is no stamp' request tx
check_is 'which is counted' "$(tphc_count "$client" tp0 tx_stamps_skipped)" 6
tphc_set stamp_slots 64,64

# --------------------------------------------------------------------- clocks

read -r right wrong < <("$nicstamp" follow "$clock0" \
	"$(cat $tphc_debug/born0)" 0 20000 1000000 2 7 8)
check_range 'a clock walks as its seed says' "$right" 0 4
check_range 'and not as another' "$wrong" 20 1000000000
check_range 'the other one runs as wrong as it is told' \
	"$("$nicstamp" rate "$clock1" 0.5)" -15010 -14990
tphc_set freq 20000,50000
sleep 0.3	# an eighth of a second has to pass on its clock
check_range 'also when that changes' \
	"$("$nicstamp" rate "$clock1" 0.5)" 49990 50010
"$nicstamp" clock "$clock1" adjust -50250
check_range 'and when its user adjusts it' \
	"$("$nicstamp" rate "$clock1" 0.5)" -260 -240
"$nicstamp" clock "$clock1" set 1000000000
read -r phc real raw < <("$nicstamp" clock "$clock1" read)
check_range 'it is set' "$((phc / 1000000000))" 1000000000 1000000060
"$nicstamp" clock "$clock1" shift -5000000000
read -r phc2 real2 raw2 < <("$nicstamp" clock "$clock1" read)
check_range 'and shifted' "$((phc2 - phc - (raw2 - raw)))" \
	-5000100000 -4999900000
check_range "which is nothing to the system's" \
	"$((real2 - real - (raw2 - raw)))" -100000 100000
exchange
stamps_are_true 'stamps are those of the clock that was set'

# --------------------------------------------------------- pulses, and less able

tphc_remove
check_is 'nothing of it is left' "$(in_ns "$client" ip -br link | grep -c '^tp0')" 0
tphc_setup cross=1 freq=0,0 wander=0,0 offset=0,5 rxfilter=ptp,none queues=4
clock0=$(tphc_clock tp0)
check_fails 'a device that can only stamp PTP refuses all' \
	tphc_stamping "$client" tp0 on all
check_is 'it stamps PTP' "$(tphc_stamping "$client" tp0 on ptp)" 'on ptp'
check_is 'one that stamps nothing it receives' \
	"$(tphc_stamping "$server" tp1 on none)" 'on none'
exchange
no_stamps 'NTP is not stamped then' reply rx
check_is 'but what is sent' "$(said_of request tx)" "$(true_of tp0 tx phc)"

pulses=$("$nicstamp" pulses "$clock0" 2)
check_is 'pulses from outside are stamped' "$(wc -l <<<"$pulses")" 2
check_range 'a second apart' "$((${pulses#*$'\n'} - ${pulses%$'\n'*}))" \
	999999990 1000000010
name=$(grep -lx "${clock0#/dev/}" /sys/class/pps/*/name)
name=${name%/name}
pulses=$("$nicstamp" pps "$clock0" "${name##*/}" 1)
check_range "its own pulse is at a whole second" "$pulses" -1000 1000

# -------------------------------------------------------------------- the end

tphc_stamping "$server" tp1 on none >/dev/null
# somebody has a clock open all the time
exec 9<"$clock0"
start "$lib_tmp/load.log" "$nicstamp" load "${ends[@]}"
load=$started
for i in 1 2; do
	tphc_set stamp_ns "$((i * 30000000)),1000"
	wait_until 10 eval "[ \"\$(tphc_count $client tp0 tx_stamps)\" -gt 5 ]"
	check "it is unloaded under load, time $i" rmmod tphc
	tphc_setup
	tphc_stamping "$client" tp0 on all >/dev/null
	stop "$load"
	start "$lib_tmp/load.log" "$nicstamp" load "${ends[@]}"
	load=$started
done
exec 9<&-
wait_until 10 eval "[ \"\$(tphc_count $client tp0 tx_stamps)\" -gt 5 ]"
ip -n "$server" link set tp1 down
ip -n "$client" link set tp0 down
ip -n "$server" link set tp1 up
ip -n "$client" link set tp0 up
stop "$load"
ip netns del "$server"
check 'a device whose namespace goes comes home' \
	wait_until 10 ip link show tp1
check 'and the module goes with the other one far away' rmmod tphc
ktap_finished
