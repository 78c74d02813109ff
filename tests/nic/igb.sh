#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Copyright (C) 2026 The kntp authors
#
# A real driver, igb, on the cards that tests/vm/run -N igb gives to a guest:
# what it can stamp, that every stamp of a sent packet comes, and that the clock
# it comes from is the one that the device says.
#
#	client n0 192.0.2.2/24 ----- hub ----- n1 192.0.2.1/24 server

# shellcheck source=tests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"

nicstamp=$KNTP_TOP/tests/lib/nicstamp.py
count=50

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

modprobe -r igb
check_is 'the driver goes' "$(in_ns "$client" ip -br link | grep -c '^n0')" 0
ktap_finished
