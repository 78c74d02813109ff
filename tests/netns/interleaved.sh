#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Copyright (C) 2026 The kntp authors
#
# Interleaved mode of the module: with stamps of a driver and of a NIC, for a
# client of the tests and for chronyd; when stamps are lost, come late, or NICs
# go; and what is served to those who ask for something else.
# shellcheck disable=SC2119,SC2317

# shellcheck source=tests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=tests/lib/tphc.sh
. "$(dirname "$0")/../lib/tphc.sh"

stamping=$KNTP_TOP/tests/lib/stamping.py
wire=$KNTP_TOP/tests/lib/wire.py
hardware=3	# enum kntp_stamp_flag

ktap_print_header
tphc_setup cross=1
tphc_served

ask() # COUNT basic|interleaved [ADDRESS [DEVICE]]
{
	"$wire" clear
	"$stamping" ask "$server" "$client" "${3-$server4}" "${4-tp1}" "$1" "$2"
}

stats()
{
	in_ns "$server" kntp stats | awk -v name="$1" '$1 == name { print $2 }'
}

# ------------------------------------------------------------ stamps of drivers

check_is 'a client that does not ask for it gets basic replies' \
	"$(ask 10 basic)" '10 0 0'
check_is 'and nothing is asked of its driver' "$(tphc_shown tx_asked)" 0
check_is 'one that asks gets interleaved ones' "$(ask 10 interleaved)" '2 8 0'
check_is 'with stamps of the driver' "$(tphc_shown tx_driver tx_hardware)" '9 0'
check_is 'over IPv6, too' "$(ask 5 interleaved "$server6")" '2 3 0'
check_is 'they are counted' "$(stats interleaved)" 11
read -r soft < <("$wire" stats interleaved.xmt.median)
ktap_print_msg "the driver stamps $soft ns before the frame is on the wire"
check_range 'before the frame leaves' "$soft" -1000000 0

for hook in routed input; do
	in_ns "$server" kntp dev set tp1 hook $hook
	check_is "so they are with the hook $hook" \
		"$(ask 4 interleaved)" '2 2 0'
done
in_ns "$server" kntp dev set tp1 hook ingress
in_ns "$server" kntp clock set leap 3 stratum 16 refid INIT validity 1h
check_is 'an unsynchronised clock is served in basic mode' \
	"$(ask 5 interleaved)" '5 0 0'
in_ns "$server" kntp clock set leap 0 stratum 1 refid PHC validity 1h

# ---------------------------------------------------------------- those of a NIC

tphc_stamping "$server" tp1 on all >/dev/null
tphc_dev phc="${ptp#/dev/ptp}" stamping=$hardware
start "$lib_tmp/follow.log" ip netns exec "$server" "$stamping" follow "$ptp"
line_is()
{
	in_ns "$server" "$stamping" lines | grep -q "^${ptp#/dev/} $1 "
}
wait_until 40 line_is valid ||
	ktap_exit_fail_msg "no line of $ptp: $(cat "$lib_tmp/follow.log")"
before=$(tphc_shown tx_hardware)
check_is 'with a NIC' "$(ask 10 interleaved)" '2 8 0'
check_is 'they tell its stamps' $(($(tphc_shown tx_hardware) - before)) 9

tphc_set stamp_process 0
check_is 'from interrupts as well' "$(ask 4 interleaved)" '2 2 0'
tphc_set stamp_process 1

tphc_set stamp_loss 1,1
before=$(tphc_shown tx_hardware)
ask 4 interleaved >/dev/null
check_is 'stamps that are lost are not made up' \
	"$(tphc_shown tx_hardware)" "$before"
missing=$(tphc_shown tx_missing)
check_range 'they are missed' "$missing" 1 4
tphc_set stamp_loss 0,0

tphc_stamping "$server" tp1 off none >/dev/null
before=$(tphc_shown tx_hardware rx_hardware)
check_is 'where the NIC stamps no more, the driver does' \
	"$(ask 10 interleaved)" '2 8 0'
check_is 'at once' "$(tphc_shown tx_hardware rx_hardware)" "$before"
tphc_stamping "$server" tp1 on all >/dev/null

# ------------------------------------------------------------------------ chronyd

"$wire" clear
chronyd_start "$client" "server $server4 minpoll -3 maxpoll -3 xleave" \
	"hwtimestamp tp0"
chronyd=$started
check 'chronyd takes a hundred samples' wait_until 90 tphc_samples 100
check_is 'and rejects none' "$(tphc_ntpdata 'Total valid RX')" "$(tphc_ntpdata 'Total RX')"
check_is 'its stamps are those of the NIC' \
	"$(tphc_ntpdata 'RX timestamping')" Hardware
stop "$chronyd"
read -r rec xmt replies basic < <("$wire" stats interleaved.rec.rms \
	interleaved.xmt.rms interleaved.replies basic.replies | paste -sd' ')
ktap_print_msg "of $replies replies: receive $rec ns RMS, transmit $xmt ns RMS"
# What is late on either side, as the guest is stopped, makes a reply basic.
check_range 'most of them interleaved' "$replies" $((basic + 1)) 10000
check_range 'what it was told is right' "$rec" 0 100
check_range 'of both' "$xmt" 0 100

# --------------------------------------------------------------- to begin without

rmmod kntp
tphc_served interleaved_max=0
check_is 'without memory for it, all is basic' "$(ask 10 interleaved)" '10 0 0'
rmmod kntp
tphc_served interleaved_max=1048576
check_is 'with memory for a million clients it goes on' \
	"$(ask 10 interleaved)" '2 8 0'
check_is 'who asks as devices go' "$(ask 3 interleaved)" '2 1 0'
rmmod tphc
check 'the NIC can go before the module' test ! -d /sys/module/tphc
check 'and the module then' rmmod kntp
ktap_finished
