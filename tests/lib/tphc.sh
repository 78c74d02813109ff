# SPDX-License-Identifier: GPL-2.0-only OR MIT
# shellcheck shell=bash
# Copyright (C) 2026 The kntp authors
#
# For test scripts: the devices of tests/kmod/tphc_dev.c in two namespaces.
# Source it after lib.sh.
#
#	client                     server
#	tp0 192.0.2.2/24  -------  tp1 192.0.2.1/24
#	    2001:db8:1::2/64           2001:db8:1::1/64

tphc_debug=/sys/kernel/debug/tphc

# tphc_setup [PARAMETER=VALUE...] - load the module, make the namespaces, and
# have the devices up there. Can be called again, after tphc_remove.
tphc_setup()
{
	modprobe tphc "$@" ||
		ktap_skip_all "this kernel cannot load tphc; tests/vm/run runs the script in a guest"
	if [ ! -e "/run/netns/$client" ]; then
		netns_add "$client" "$server"
		at_exit tphc_remove
	fi
	ip link set tp0 netns "$client"
	ip link set tp1 netns "$server"
	ip -n "$client" link set tp0 up
	ip -n "$server" link set tp1 up
	net_addr "$client" tp0 "$client4/24" "$client6/64"
	net_addr "$server" tp1 "$server4/24" "$server6/64"
	wait_until 30 in_ns "$client" ping -c 1 -W 1 "$server4" ||
		ktap_exit_fail_msg 'tp0 cannot reach tp1'
}

tphc_remove()
{
	[ ! -d /sys/module/tphc ] || rmmod tphc
}

# tphc_set PARAMETER VALUE - while it runs; lists are changed as a whole.
tphc_set()
{
	echo "$2" >"/sys/module/tphc/parameters/$1"
}

# tphc_stamping NAMESPACE DEVICE off|on FILTER - prints what it has become.
tphc_stamping()
{
	in_ns "$1" "$KNTP_TOP/tests/lib/nicstamp.py" set "$2" "$3" "$4"
}

# tphc_count NAMESPACE DEVICE COUNTER - as ethtool -S names it.
tphc_count()
{
	in_ns "$1" ethtool -S "$2" | awk -v name="$3:" '$1 == name { print $2 }'
}

# tphc_clock DEVICE - its /dev/ptpN.
tphc_clock()
{
	local f

	for f in /sys/class/ptp/*/clock_name; do
		if [ "$(cat "$f")" = "tphc${1#tp}" ]; then
			f=${f%/clock_name}
			echo "/dev/${f##*/}"
			return 0
		fi
	done
	return 1
}

# tphc_served [PARAMETER=VALUE...] - load kntp, and have it serve tp1. Its clock
# is in $ptp then.
tphc_served()
{
	module_load "$@"
	at_exit 'rmmod kntp 2>/dev/null'
	ptp=$(tphc_clock tp1)
	in_ns "$server" kntp dev add tp1 ||
		ktap_exit_fail_msg 'tp1 cannot be served'
	in_ns "$server" kntp clock set leap 0 stratum 1 refid PHC validity 1h
}

# tphc_dev NAME=VALUE... - what the module is told of tp1's stamps.
tphc_dev()
{
	in_ns "$server" "$KNTP_TOP/tests/lib/stamping.py" dev tp1 "$@"
}

# tphc_shown NAME... - what kntp shows of tp1, on one line.
tphc_shown()
{
	local name

	in_ns "$server" kntp dev show tp1 >"$lib_tmp/shown"
	for name; do
		awk -v name="$name" 'NR == 2 && name == "rx_stamp" { print $3 }
			NR > 2 && $1 == name { print $2 }' "$lib_tmp/shown"
	done | paste -sd' '
}

# tphc_samples COUNT - has chronyd of the client so many valid ones?
tphc_samples()
{
	peer chronyc -n -h "$lib_tmp/chrony-$client/sock" ntpdata "$server4" \
		>"$lib_tmp/ntpdata"
	[ "$(tphc_ntpdata 'Total valid RX')" -ge "$1" ]
}

# tphc_ntpdata NAME - of what tphc_samples has read.
tphc_ntpdata()
{
	awk -F' *: *' -v name="$1" '$1 == name { print $2 }' "$lib_tmp/ntpdata"
}
