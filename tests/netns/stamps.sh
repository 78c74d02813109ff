#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Copyright (C) 2026 The kntp authors
#
# Stamps of the NIC in replies: how good they are, as tphc saw it; that a line
# of the PHC that cannot be right is not used, and what comes in its place.
# shellcheck disable=SC2119,SC2317

# shellcheck source=tests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=tests/lib/tphc.sh
. "$(dirname "$0")/../lib/tphc.sh"

stamping=$KNTP_TOP/tests/lib/stamping.py
wire=$KNTP_TOP/tests/lib/wire.py
hardware=3 correct=7	# enum kntp_stamp_flag

ktap_print_header
tphc_setup cross=1
tphc_served
tphc_stamping "$server" tp1 on all >/dev/null

ask() # COUNT basic|interleaved
{
	"$wire" clear
	taskset -c "$cpu" "$stamping" ask "$server" "$client" "$server4" tp1 "$@"
}

# Of the only client: "hardware interleaved".
client_shown()
{
	in_ns "$server" kntp clients | awk 'NR == 2 { print $(NF - 1), $NF }'
}

# measure FIELD... - one line
measure()
{
	"$wire" stats "$@" | paste -sd' '
}

follow_start()
{
	start "$lib_tmp/follow.log" ip netns exec "$server" \
		"$stamping" follow "$ptp" "$@"
	follower=$started
	wait_until 40 line_is valid ||
		ktap_exit_fail_msg "no line of $ptp: $(cat "$lib_tmp/follow.log")"
}

line_is()
{
	in_ns "$server" "$stamping" lines | grep -q "^${ptp#/dev/} $1 "
}

# --------------------------------------------------------- without the NIC's

cpu=0	# both ends of the wire; what another one saw earlier must not show

ask 5 basic >/dev/null
check_is 'nothing is asked for while nothing is wanted' \
	"$(tphc_shown tx_asked rx_hardware)" '0 0'
check_is 'the client is listed with the source and mode of its last reply' \
	"$(client_shown)" 'driver basic'
tphc_dev phc="${ptp#/dev/ptp}" stamping=$hardware
ask 5 basic >/dev/null
check_is 'without a line, stamps of the stack are used' \
	"$(tphc_shown rx_hardware rx_refused rx_stamp)" '0 5 driver'

# ------------------------------------------------------------------ with them

cpu=1
follow_start
said=$(ask 40 interleaved)
check_is 'replies are interleaved from the third on' "$said" '2 38 0'
check_is 'which the list of clients tells' "$(client_shown)" \
	'hardware interleaved'
read -r rec_rms rec_worst xmt_rms xmt_worst unmatched < <(measure \
	interleaved.rec.rms interleaved.rec.worst interleaved.xmt.rms \
	interleaved.xmt.worst unmatched)
ktap_print_msg "receive $rec_rms ns RMS, $rec_worst at worst; transmit $xmt_rms, $xmt_worst"
check_range 'receive stamps are right by 100 ns RMS' "$rec_rms" 0 100
check_range 'transmit stamps are right by 100 ns RMS' "$xmt_rms" 0 100
check_is 'and none is of another packet' "$unmatched" 0
check_is 'the NIC stamps what comes in' "$(tphc_shown rx_stamp)" hardware
check_is 'each stamp that was asked for came' \
	"$(tphc_shown tx_missing tx_lost tx_refused)" '0 0 0'

tphc_dev rx_comp=1000 tx_comp=2000
ask 10 interleaved >/dev/null
read -r rec xmt < <(measure interleaved.rec.median interleaved.xmt.median)
check_range 'rx-comp is taken off receive stamps' "$rec" -1100 -900
check_range 'tx-comp is added to transmit stamps' "$xmt" 1900 2100
tphc_dev rx_comp=0 tx_comp=0

# ------------------------------------------------------------------ correction

# The guest may be stopped between the module and the driver: what the NIC takes
# is made long enough for that not to matter.
tphc_set tx_ns 4000,10000000
ask 10 basic >/dev/null
soft=$(measure basic.xmt.median)
tphc_dev stamping=$correct
ask 40 basic >/dev/null
ask 10 basic >/dev/null
corrected=$(measure basic.xmt.median)
ktap_print_msg "transmit stamps are off by $soft ns, corrected by $corrected ns; learnt $(tphc_shown tx_delay) ns"
check_range 'in basic mode the error falls to a tenth' \
	"$(awk -v a="$corrected" -v b="$soft" 'BEGIN { print a / b }')" -0.1 0.1
tphc_set tx_ns 4000,4000
tphc_dev stamping=$hardware

# ------------------------------------------------------------ lines that are not

stop "$follower"
check 'a line that is not refreshed expires' wait_until 40 line_is expired
before=$(tphc_shown rx_hardware)
ask 5 interleaved >/dev/null
check_is 'then stamps of the stack are used' \
	"$(tphc_shown rx_hardware rx_stamp)" "$before driver"

check_fails 'a line from before the clock was set is refused' \
	in_ns "$server" "$stamping" line "$ptp" mono_offset=20000
# One line for all of them: it may be older by seconds when a slow guest asks.
before=$(tphc_shown rx_hardware)
in_ns "$server" "$stamping" line "$ptp" validity=60000 error=1000000
ask 5 interleaved >/dev/null
check_is 'a line is used at once' \
	"$(($(tphc_shown rx_hardware) - before)) $(tphc_shown rx_stamp)" '5 hardware' ||
	ktap_print_msg "$(in_ns "$server" "$stamping" lines; in_ns "$server" kntp dev show tp1)"

in_ns "$server" "$stamping" line "$ptp" validity=60000 real=1000000000
refused=$(tphc_shown rx_refused)
ask 5 interleaved >/dev/null
check_is 'stamps that would be of the future are not served' \
	"$(($(tphc_shown rx_refused) - refused)) $(tphc_shown rx_stamp)" '5 driver'
in_ns "$server" "$stamping" line "$ptp" validity=60000 real=-2000000000
ask 5 interleaved >/dev/null
check_is 'nor those of too long ago' "$(tphc_shown rx_stamp)" driver

# ------------------------------------------------------------------ clocks step

in_ns "$server" "$stamping" line "$ptp" validity=60000
date -s "@$(($(date +%s) + 3))" >/dev/null
check 'a line is stale once the clock was set' line_is stepped
said=$(ask 5 interleaved)
check_is 'then stamps of the stack are used' "$(tphc_shown rx_stamp)" driver
check_is 'and interleaved mode begins anew' "$said" '2 3 0'
rec=$(measure basic.rec.worst)
check_range 'no stamp is off by the step' "$rec" -500000000 500000000

follow_start
ask 5 interleaved >/dev/null
stop "$follower"
follow_start 60000
in_ns "$server" "$KNTP_TOP/tests/lib/nicstamp.py" clock "$ptp" shift -5000000000
ask 10 interleaved >/dev/null
rec=$(measure basic.rec.worst interleaved.rec.worst)
for r in $rec; do
	[ "$r" = none ] ||
		check_range 'a PHC that somebody steps gives no stamp that is off' \
			"$r" -200000000 200000000
done
stop "$follower"
in_ns "$server" "$stamping" forget "$ptp"
check 'a line can be deleted' line_is unset
tphc_dev phc=none
check_is 'and goes with its last device' \
	"$(in_ns "$server" "$stamping" lines)" ''

check 'the module can go' rmmod kntp
ktap_finished
