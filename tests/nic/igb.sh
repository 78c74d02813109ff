#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Copyright (C) 2026 The kntp authors
#
# A real driver, igb, on the cards that tests/vm/run -N igb gives to a guest:
# what it can stamp, that every stamp of a sent packet comes, and that the clock
# it comes from is the one that the device says. Then the module, with kntpd that
# follows that clock: each of 10,000 interleaved replies tells the stamp that the
# card gave the client's reply before it.
#
# TEST_REPLIES: another number of them; check-nic has 2,000 but on one kernel.
#
#	client n0 192.0.2.2/24 ----- hub ----- n1 192.0.2.1/24 server

# shellcheck disable=SC2119 # functions have options
# shellcheck source=tests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"

nicstamp=$KNTP_TOP/tests/lib/nicstamp.py
count=50 replies=${TEST_REPLIES:-10000}

ktap_print_header

# card MAC NAMESPACE NAME - take that card.
card()
{
	local dev

	dev=$(ip -br link | awk -v mac="$1" '$3 == mac { print $1 }')
	[ -n "$dev" ] ||
		ktap_skip_all "no card with address $1; run: tests/vm/run -N igb -- $0"
	ip link set "$dev" down
	ip link set "$dev" name "$3"
	ip link set "$3" netns "$2"
	ip -n "$2" link set "$3" up
}

modprobe igb || ktap_skip_all 'this kernel has no driver igb'
netns_add "$client" "$server"
card 52:54:00:00:00:01 "$client" n0
card 52:54:00:00:00:02 "$server" n1
net_addr "$client" n0 "$client4/24" "$client6/64"
net_addr "$server" n1 "$server4/24" "$server6/64"
check 'the cards reach each other' \
	wait_until 30 in_ns "$client" ping -c 1 -W 1 "$server4"

can=$(in_ns "$client" ethtool -T n0)
check_match 'the driver has a clock' "$can" 'Hardware Clock: [0-9]'
clock=/dev/ptp$(sed -n 's/.*Hardware Clock: //p' <<<"$can")
check_match 'and stamps what it sends' "$can" hardware-transmit
check_fails 'this card cannot stamp all that it receives' \
	in_ns "$client" "$nicstamp" set n0 on all
for end in "$client n0" "$server n1"; do
	# shellcheck disable=SC2086 # two words
	check_is "stamping is configured: $end" \
		"$(set -- $end; in_ns "$1" "$nicstamp" set "$2" on ptp)" 'on ptp'
done

read -r before _ < <("$nicstamp" clock "$clock" read)
check "$count requests and replies are exchanged" eval \
	"'$nicstamp' exchange -c $count -g 5000 \
		$client/n0/$client4 $server/n1/$server4 >'$lib_tmp/said'"
read -r after _ < <("$nicstamp" clock "$clock" read)
check_is 'every sent packet has its stamp' \
	"$(awk '$2 ~ /^[0-9]+$/ { print $1 }' "$lib_tmp/said" | sort | uniq -c | xargs)" \
	"$count reply $count request"
check_is 'none that is received, since none is PTP' \
	"$(awk '$3 != "-"' "$lib_tmp/said" | wc -l)" 0

# shellcheck disable=SC2317 # called by check
# Of the requests: their clock is the first card's.
in_order()
{
	local last=$before stamp

	while read -r stamp; do
		[ "$stamp" -gt "$last" ] || return
		last=$stamp
	done < <(awk '$1 == "request" { print $2 }' "$lib_tmp/said")
	[ "$last" -lt "$after" ]
}
check "the stamps are the clock's, in order" in_order

# ------------------------------------------------------- replies of the module

said()
{
	awk -v name="$1" '$1 == name { print $2 }' "$lib_tmp/judged"
}

# shellcheck disable=SC2317 # called by check
is_served()
{
	in_ns "$client" "$KNTP_TOP/tests/lib/ask.py" "$server4" leap | grep -qx 0 &&
		in_ns "$server" kntp dev | grep -q '^n1 '
}

# The cards are as kntpd finds them after a boot.
for end in "$client n0" "$server n1"; do
	# shellcheck disable=SC2086 # two words
	(set -- $end; in_ns "$1" "$nicstamp" set "$2" off none) >/dev/null
done
if modprobe kntp; then
	at_exit 'rmmod kntp 2>/dev/null'
	for i in 3 4 5; do
		ip -n "$client" addr add "192.0.2.$i/24" dev n0
	done
	kntpd_conf 'server 127.127.1.0' 'fudge 127.127.1.0 stratum 3' \
		'hwtimestamp n1 notxcorrect'
	kntpd_run --no-clock
	check 'kntpd follows the clock of the card' \
		wait_until 30 grep -q ': followed, ' "$kntpd_log"
	check 'the module answers' wait_until 30 is_served
	# shellcheck disable=SC2086 # words
	"$KNTP_TOP/tests/lib/xjudge.py" "$server" "$client" "$server4" n1 \
		"$replies" 192.0.2.{2..5} >"$lib_tmp/judged"
	ktap_print_msg "$(paste -sd' ' "$lib_tmp/judged"; cat "$kntpd_log")"
	check_is "$replies replies were interleaved" "$(said interleaved)" "$replies"
	check_is 'but the first ones of each client, none was basic or lost' \
		"$(said basic) $(said lost)" '8 0'
	# The guest may be stopped while the clock is read, which then is in doubt
	# for a moment, and the driver's stamp is as good as it gets.
	check_is "each reply's stamp was collected" \
		"$(($(said hardware) + $(said driver))) $(said other)" \
		"$(said asked) 0"
	check_range "which is the card's" "$(said driver)" 0 "$((replies / 100))"
	check_is 'that has lost or skipped none' "$(in_ns "$server" ethtool -S n1 |
		awk '/tx_hwtstamp/ { n += $2 } END { print n }')" 0
	check_is 'and told of no other reply' "$(said wrong)" 0
	check_range 'which would have shown' "$(said margin)" 100000 1000000000
	kntpd_stop
	rmmod kntp
else
	ktap_test_skip 'the module' 'no kntp'
fi

modprobe -r igb
check_is 'the driver goes' "$(in_ns "$client" ip -br link | grep -c '^n0')" 0
ktap_finished
