#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Copyright (C) 2026 The kntp authors
#
# Interleaved mode of kntpd where it answers by itself: the same exchange that
# tests/netns/interleaved.sh has with the module, with stamps of a driver and of
# a NIC, for a client of the tests and for chronyd; and with both, where what
# the module answers is remembered by it.
# shellcheck disable=SC2119,SC2317

# shellcheck source=tests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=tests/lib/tphc.sh
. "$(dirname "$0")/../lib/tphc.sh"

stamping=$KNTP_TOP/tests/lib/stamping.py
wire=$KNTP_TOP/tests/lib/wire.py
local_clock=('server 127.127.1.0' 'fudge 127.127.1.0 stratum 3')

ask() # COUNT basic|interleaved [ADDRESS]
{
	"$wire" clear
	"$stamping" ask - "$client" "${3-$server4}" - "$1" "$2"
}

is_synchronised()
{
	[ "$(in_ns "$client" "$KNTP_TOP/tests/lib/ask.py" "$server4" leap)" = 0 ]
}

# served LINE... - by a fresh kntpd, that leaves the clock alone
served()
{
	kntpd_stop
	kntpd_conf "${local_clock[@]}" "$@"
	kntpd_run --no-clock
	wait_until 15 is_synchronised ||
		ktap_exit_fail_msg "kntpd has no clock: $(cat "$kntpd_log")"
}

follows()
{
	grep -q "$ptp: followed" "$kntpd_log"
}

# stats NAME... - what the wire saw of the last ask, on one line
stats()
{
	"$wire" stats "$@" | paste -sd' '
}

ktap_print_header
tphc_setup cross=1
ptp=$(tphc_clock tp1)

# ------------------------------------------------------------ stamps of drivers

served
check_is 'a client that does not ask for it gets basic replies' \
	"$(ask 10 basic)" '10 0 0'
check_is 'one that asks gets interleaved ones' "$(ask 10 interleaved)" '2 8 0'
read -r soft unmatched < <(stats interleaved.xmt.median unmatched)
ktap_print_msg "the driver stamps $soft ns before the frame is on the wire"
check_range 'with stamps of the driver, before the frame leaves' \
	"$soft" -1000000 0
check_is 'each of the reply that it is said to be of' "$unmatched" 0
check_is 'over IPv6, too' "$(ask 5 interleaved "$server6")" '2 3 0'

# ---------------------------------------------------------------- those of a NIC

served 'hwtimestamp tp1'
check 'the clock of the NIC is followed' wait_until 40 follows
check_is 'with a NIC' "$(ask 10 interleaved)" '2 8 0'
read -r rec unmatched < <(stats interleaved.rec.rms unmatched)
check_range 'they tell when it says that the request came' "$rec" 0 100
check_is 'and of no other reply when it left' "$unmatched" 0

"$wire" clear
chronyd_start "$client" "server $server4 minpoll -3 maxpoll -3 xleave" \
	"hwtimestamp tp0"
chronyd=$started
check 'chronyd takes forty samples' wait_until 90 tphc_samples 40
check_is 'and rejects none' "$(tphc_ntpdata 'Total valid RX')" "$(tphc_ntpdata 'Total RX')"
stop "$chronyd"
read -r replies basic rec xmt unmatched < <(stats interleaved.replies \
	basic.replies interleaved.rec.median interleaved.xmt.median unmatched)
ktap_print_msg "$replies interleaved replies, $basic basic ones"
# What is late on either side, as the guest is stopped, makes a reply basic.
check_range 'most of them interleaved' "$replies" $((basic + 1)) 10000
# Two requests that wait for their replies are not told apart by the record.
check_range 'what it was told of its requests is right' "$rec" -100 100
# A NIC's stamp may come after the next request: then the driver's is told.
check_range 'of most replies, too, by stamps of the NIC' "$xmt" -100 100
check_is 'none with another reply'"'"'s stamp' "$unmatched" 0
kntpd_stop
check_match 'the log tells how many there were' "$(cat "$kntpd_log")" \
	'in interleaved mode [1-9]'

# ----------------------------------------------------------- the module comes

if modprobe kntp; then
	at_exit 'rmmod kntp 2>/dev/null'
	served
	check 'kntpd has the module serve' wait_until 20 eval \
		"in_ns $server kntp -j dev | jq -e '.[] | select(.ifname == \"tp1\")'"
	check_is 'then the module does the same' \
		"$(ask 10 interleaved)" '2 8 0'
	check_range 'by itself' "$(in_ns "$server" kntp stats |
		awk '$1 == "interleaved" { print $2 }')" 8 1000
	kntpd_stop
else
	ktap_test_skip 'with the module' 'no kntp'
fi
ktap_finished
