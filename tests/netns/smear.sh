#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Copyright (C) 2026 The kntp authors
#
# A leap second that clients are not to see: the clock of the guest inserts it,
# what the module gives to the client and kntpd to its own host is smeared.
# Moves the guest's clock to the end of 2028, and back.
#
#	client c0 192.0.2.2/24 ------- s0 192.0.2.1/24 server

# shellcheck source=tests/lib/lib.sh disable=SC2119,SC2317
. "$(dirname "$0")/../lib/lib.sh"

interval=12
leap=1861920000		# 2029-01-01
watch=$KNTP_TOP/tests/lib/smear.py

# set_clock SECONDS
set_clock()
{
	python3 -c 'import sys, time
time.clock_settime(time.CLOCK_REALTIME, float(sys.argv[1]))' "$1"
}

# put_back - as if it had never been moved
put_back()
{
	python3 -c 'import sys, time
time.clock_settime(time.CLOCK_REALTIME, time.monotonic() + float(sys.argv[1]))' \
		"$ahead"
}

is_due()
{
	in_ns "$server" kntp -j clock | grep -q '"smear_interval_s": 12'
}

ktap_print_header
net_setup
module_load
at_exit 'rmmod kntp 2>/dev/null'
ahead=$(python3 -c 'import time; print(time.time() - time.monotonic())')
at_exit put_back

# Both numbers as NTP counts; nobody made a hash for a list of tomorrow.
cat >"$lib_tmp/leap" <<-LIST
	#\$ 4039718400
	#@ 4102444800
	3692217600 37 # 1 Jan 2017
	$((leap + 2208988800)) 38
LIST
# As much longer as this guest is slower: kntpd must be up before it begins.
set_clock $((leap - 40 - 4 * SECONDS))
kntpd_start 'server 127.127.1.0 minpoll 3 maxpoll 3 prefer' \
	"leapfile $lib_tmp/leap ignorehash" "leapsmearinterval $interval"
if wait_until 20 is_due; then
	ktap_test_pass 'the module knows of it'
else
	ktap_test_fail 'the module knows of it'
	ktap_print_msg "$(cat "$kntpd_log")"
fi
in_ns "$server" "$watch" 127.0.0.1 $leap $interval >"$lib_tmp/daemon" &
own=$!
rc=0
in_ns "$client" "$watch" $server4 $leap $interval >"$lib_tmp/module" || rc=$?
check_is 'by the module: on the curve, and past the leap second' $rc 0
rc=0
wait $own || rc=$?
check_is 'by kntpd itself: the same' $rc 0
ktap_print_msg "$(tail -n 22 "$lib_tmp/module" "$lib_tmp/daemon")"
for by in module daemon; do
	check_match "$by: it was seen to smear nearly all of it" \
		"$(cat "$lib_tmp/$by")" 'least=-(0.[6-9]|1.0)'
	check_match "$by: and to be done" "$(cat "$lib_tmp/$by")" \
		'stepped=[1-9]'
done
check_is 'the guest has inserted its second' \
	"$(in_ns "$server" kntp -j clock | grep -c '"smear_ns": 0')" 1
check 'which the daemon knows for what it was' \
	sh -c "! grep -E 'somebody set|clock stepped' '$kntpd_log'"
check_match 'and told what it does' "$(cat "$kntpd_log")" \
	'leap second: smeared over the last 12 s before it'
kntpd_stop
ktap_finished
