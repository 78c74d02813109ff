#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Copyright (C) 2026 The kntp authors
#
# Clocks of NICs: what kntpd sets, keeps and takes back of their stamps; the
# line from such a clock to the system clock; and clocks as time sources. On
# tphc's pair of devices, in a guest:
#
#	client                     server
#	tp1 192.0.2.2/24  -------  tp0 192.0.2.1/24
#
# The clock of tp0 shows UTC and is 20 ppm fast, that of tp1 TAI and 15 slow.

# shellcheck disable=SC2119,SC2317 # functions are given to check
# shellcheck source=tests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"

nicstamp=$KNTP_TOP/tests/lib/nicstamp.py


logged()
{
	grep -Eq -- "$1" "$kntpd_log"
}

# logs DESCRIPTION REGEX - it is in the log within 15 s.
logs()
{
	wait_until 15 logged "$2" && ktap_test_pass "$1" && return 0
	ktap_test_fail "$1"
	ktap_print_msg "no line like $2 in the log:"
	ktap_print_msg "$(cat "$kntpd_log")"
	return 1
}

nic()
{
	in_ns "$server" "$nicstamp" "$@"
}

# clock_of N - the path of tphc's N-th clock
clock_of()
{
	local name

	name=$(grep -lx "tphc$1" /sys/class/ptp/*/clock_name)
	name=${name%/clock_name}
	echo "/dev/${name##*/}"
}

# again LINE... - a fresh kntpd, that leaves the clock alone
again()
{
	kntpd_stop
	: >"$kntpd_log"
	kntpd_conf "$@"
	kntpd_run --no-clock
}

ask_is()
{
	[ "$(in_ns "$client" "$KNTP_TOP/tests/lib/ask.py" "$server4" "$1")" = "$2" ]
}

# clocks are compared with the system's, that other scripts may have left slewing
[ -z "${KNTP_VM:-}" ] || "$nicstamp" steady
modprobe -r tphc 2>/dev/null
modprobe tphc offset=0,37 ||
	ktap_skip_all 'no tphc: tests/vm/run runs the script in a guest'
at_exit 'modprobe -r tphc'
ktap_print_header
netns_add "$client" "$server"
ip link set tp0 netns "$server"
ip link set tp1 netns "$client"
ip -n "$server" link set tp0 up
ip -n "$client" link set tp1 up
net_addr "$server" tp0 $server4/24
net_addr "$client" tp1 $client4/24
clock0=$(clock_of 0) clock1=$(clock_of 1)
local_clock=('server 127.127.1.0' 'fudge 127.127.1.0 stratum 3')

# ------------------------------------------------- what is set, and taken back
again "${local_clock[@]}"
check 'without a line hwtimestamp: served' wait_until 15 ask_is stratum 4
check_is 'nothing is set' "$(nic get tp0)" 'off none'
again "${local_clock[@]}" 'hwtimestamp tp0'
logs 'hwtimestamp: set' "tp0: the NIC stamps what comes in and goes out, by $clock0 .*rx all"
check_is 'the NIC is' "$(nic get tp0)" 'on all'
logs 'its clock is followed' "$clock0: followed, "
check_range 'its frequency is right' \
	"$(sed -n "s|.*$clock0: followed, \([-+0-9.]*\) ppm.*|\1|p" "$kntpd_log")" 15 25
kntpd_conf "${local_clock[@]}" 'hwtimestamp tp0 rxfilter none'
kill -HUP "$kntpd_pid"
check 'another line, at SIGHUP' wait_until 15 sh -c \
	"[ \"\$(ip netns exec $server $nicstamp get tp0)\" = 'on none' ]"
kntpd_stop
check_is 'taken back at the end' "$(nic get tp0)" 'off none'

# ------------------------------------------------------------------- the line
# accuracy - what tphc says of the receive stamps that the module served by it
accuracy()
{
	"$KNTP_TOP/tests/lib/wire.py" clear
	for _ in {1..25}; do
		in_ns "$client" "$KNTP_TOP/tests/lib/ask.py" "$server4" >"$lib_tmp/asked"
		sleep 0.1
	done
	"$KNTP_TOP/tests/lib/wire.py" -d 0 stats >"$lib_tmp/wire"
	ktap_print_msg "$(cat "$lib_tmp/wire")"
}

if modprobe kntp; then
	at_exit 'rmmod kntp 2>/dev/null'
	again "${local_clock[@]}" 'hwtimestamp tp0'
	logs 'the line is followed' "$clock0: followed"
	check 'the module answers' wait_until 20 ask_is stratum 4
	accuracy
	check_range 'its stamps are within 100 ns of the truth' \
		"$(awk '$1 == "basic.rec.rms" { print $2 }' "$lib_tmp/wire")" 0 100
	check_match 'they are those of the NIC' \
		"$(in_ns "$server" kntp dev)" 'tp0.* hardware'
	kntpd_stop
	check_is 'all is taken back' "$(nic get tp0)" 'off none'
	rmmod kntp
else
	ktap_test_skip 'the module and the line' 'no kntp'
fi

# ------------------------------------------------------ what others have set
nic set tp0 off all >/dev/null
again "${local_clock[@]}" 'hwtimestamp *'
logs 'what another program has set is kept' \
	'tp0: another program has set .*tx off, rx all.*hwtimestamp \* force'
check_is 'as it was' "$(nic get tp0)" 'off all'
again "${local_clock[@]}" 'hwtimestamp * force'
logs 'force: it is replaced' 'tp0: the NIC stamps what comes in and goes out'
check_is 'by what is needed' "$(nic get tp0)" 'on all'
kntpd_stop
check_is 'and back at the end' "$(nic get tp0)" 'off all'
nic set tp0 on all >/dev/null
again "${local_clock[@]}" 'hwtimestamp *'
logs 'what is enough is used' 'tp0: the NIC stamps .*as another program has set it'
kntpd_stop
check_is 'and stays' "$(nic get tp0)" 'on all'
nic set tp0 off none >/dev/null
again "${local_clock[@]}" 'hwtimestamp *'
logs 'set again' 'tp0: the NIC stamps .*set now'
nic set tp0 on none >/dev/null
kntpd_stop
check_is 'what another program sets meanwhile stays, too' \
	"$(nic get tp0)" 'on none'
nic set tp0 off none >/dev/null

# ------------------------------------------------------- interfaces above a NIC
ip -n "$server" link add link tp0 name tp0.5 type vlan id 5
ip -n "$server" link set tp0.5 up
again "${local_clock[@]}" 'hwtimestamp tp0.5'
logs 'a VLAN: the NIC below it is set' 'tp0: the NIC stamps what comes in'
kntpd_stop
ip -n "$server" link del tp0.5
ip -n "$server" link add br0 type bridge
ip -n "$server" link set br0 up
again "${local_clock[@]}" 'hwtimestamp br0'
ip -n "$server" link set tp0 master br0
logs 'a bridge: so is a NIC that joins it' 'tp0: the NIC stamps what comes in'
ip -n "$server" link set tp0 nomaster
check 'and is not any more when it leaves' wait_until 15 sh -c \
	"[ \"\$(ip netns exec $server $nicstamp get tp0)\" = 'off none' ]"
kntpd_stop
ip -n "$server" link del br0
again "${local_clock[@]}" 'hwtimestamp lo' 'hwtimestamp tp0 minpoll -3'
check 'it runs' wait_until 15 logged "$clock0: followed"

# ----------------------------------------------------------------- privileges
kntpd_stop
: >"$kntpd_log"
kntpd_conf "${local_clock[@]}" 'hwtimestamp tp0'
kntpd_run --no-clock -u nobody
logs 'another user: the clock was opened before' "$clock0: followed"
kntpd_stop
: >"$kntpd_log"
kntpd_conf "refclock phc $clock0"
chmod 755 "$lib_tmp"
chmod 644 "$kntpd_conf"
start "$kntpd_log" setpriv --reuid=65534 --regid=65534 --clear-groups \
	"$KNTP_TOP/daemon/kntpd" -n --no-clock -c "$kntpd_conf"
logs 'without permission: who does what about it' \
	"$clock0: cannot be opened: Permission denied; .*udev"
stop "$started"

# --------------------------------------------------------------- time sources
again "refclock phc $clock0 minpoll 1 maxpoll 1"
check 'a clock as source: stratum 1' wait_until 30 ask_is stratum 1
check_is 'its name' "$(in_ns "$client" "$KNTP_TOP/tests/lib/ask.py" "$server4" refid)" \
	50484300
again "refclock phc $clock1 tai minpoll 1 maxpoll 1"
logs 'a clock of TAI without a leapfile' "$clock1: it shows TAI.*leapfile"
mkdir "$lib_tmp/stats"
start "$lib_tmp/sock.log" "$KNTP_TOP/tests/lib/refsock.py" "$lib_tmp/sock" 0.125
again "refclock sock $lib_tmp/sock refid GPS minpoll 1 maxpoll 1" \
	"refclock phc $clock1 extpps pin 0 flag4 1 minpoll 1 maxpoll 1 noselect" \
	"statsdir $lib_tmp/stats/" 'statistics clockstats'
check 'a socket as source: stratum 1' wait_until 30 ask_is stratum 1
check_is 'by its name' "$(in_ns "$client" "$KNTP_TOP/tests/lib/ask.py" "$server4" refid)" \
	47505300
pulse()
{
	awk '$3 == "127.127.48.'"${clock1#/dev/ptp}"'" { print $5 }' \
		"$lib_tmp/stats/clockstats" | tail -1 | grep .
}
check 'pulses at a pin are stamped' wait_until 30 pulse
# They come at the seconds of the system clock, which nobody steers here.
check_range 'when they came' "$(pulse)" -0.000002 0.000002
kntpd_stop
ktap_finished
