#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Copyright (C) 2026 The kntp authors
#
# NICs that are not as simple as those of phc.sh: a bond of two with different
# clocks, that fails over to the other one, to one without a clock, and back; a
# VLAN on it; a clock with virtual ones; one whose pulses are a time source. All
# clocks are read by PTP_SYS_OFFSET_PRECISE. In a guest:
#
#	client                         server
#	br0 192.0.2.2/24               bond0 192.0.2.1/24
#	    tp0  ------------------------  tp1
#	    tp2  ------------------------  tp3, whose clock is 0.3 s behind
#	    v0   ------------------------  v1, without a clock
#	br0.5 10.0.5.2/24              bond0.5 10.0.5.1/24

# shellcheck disable=SC2119,SC2317 # functions are given to check
# shellcheck source=tests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=tests/lib/tphc.sh
. "$(dirname "$0")/../lib/tphc.sh"

nicstamp=$KNTP_TOP/tests/lib/nicstamp.py
wire=$KNTP_TOP/tests/lib/wire.py
local_clock=('server 127.127.1.0' 'fudge 127.127.1.0 stratum 3')

logged()
{
	grep -Eq -- "$1" "$kntpd_log"
}

# logs DESCRIPTION REGEX - it is in the log within 15 s.
logs()
{
	check "$1" wait_until 15 logged "$2" ||
		ktap_print_msg "no line like $2 in the log: $(cat "$kntpd_log")"
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

dev()
{
	in_ns "$server" kntp dev show "${2-bond0}" |
		awk -v name="$1" '$1 == name { print $2 }'
}

# serves PHC SOURCE - 10 more replies, of that clock
serves()
{
	in_ns "$server" kntp dev show bond0 | awk -v phc="$1" -v name="rx_$2" \
		-v least=$((before + 10)) '
		$1 == "phc" && $2 == phc { n++ }
		$1 == name && $2 >= least { n++ }
		END { exit n != 2 }'
}

# turn WHAT DEVICE PHC SOURCE - the bond uses this one from now on
turn()
{
	ip -n "$server" link set bond0 type bond active_slave "$2"
	before=$(dev "rx_$4")
	check "$1" wait_until 15 serves "$3" "$4" ||
		ktap_print_msg "$(in_ns "$server" kntp dev show bond0; cat "$kntpd_log")"
}

flood_start()
{
	"$wire" clear
	start "$lib_tmp/flood.log" ip netns exec "$client" \
		"$KNTP_TOP/tests/lib/xflood.py" "$@"
	flood=$started
}

# Stamps of software are late, those by another clock's line 0.3 s too early.
none_is_early()
{
	stop "$flood"
	"$wire" -d 1,3 stats >"$lib_tmp/stats"
	ktap_print_msg "$(grep -E 'replies|least|rms' "$lib_tmp/stats" | paste -sd' ')"
	check_range "$1: replies were served" \
		"$(awk '/replies/ { n += $2 } END { print n }' "$lib_tmp/stats")" \
		50 100000
	check_range "$1: no receive stamp is by another NIC's clock" \
		"$(awk '/rec.least/ && $2 < n { n = $2 } END { print n + 0 }' \
			"$lib_tmp/stats")" -1000000 0
}

# accuracy WHAT ADDRESS DEVICE - what the wire saw of stamps that nothing disturbs
accuracy()
{
	"$wire" clear
	"$KNTP_TOP/tests/lib/stamping.py" ask "$server" "$client" "$2" "$3" 20 \
		interleaved >"$lib_tmp/asked"
	"$wire" -d 1,3 stats >"$lib_tmp/stats"
	ktap_print_msg "$(grep -E 'n |rms|median' "$lib_tmp/stats" | paste -sd' ')"
	check_range "$1: receive stamps are within 100 ns of the truth" \
		"$(awk '$1 == "interleaved.rec.rms" { print $2 }' "$lib_tmp/stats")" 0 100
	# Where the guest is stopped a stamp may be late, and the driver's is told.
	check_range "$1: transmit stamps, too" \
		"$(awk '$1 == "interleaved.xmt.median" { print $2 }' "$lib_tmp/stats")" -100 100
}

# on_time PTP NS - set it by the system clock, so much ahead
on_time()
{
	local phc real

	read -r phc real _ < <("$nicstamp" clock "$1" read)
	"$nicstamp" clock "$1" shift $((real - phc + $2))
}

ktap_print_header
[ -z "${KNTP_VM:-}" ] || "$nicstamp" steady
modprobe tphc pairs=2 cross=1 freq=20000,-15000,10000,30000 offset=0,0,0,0 ||
	ktap_skip_all "this kernel cannot load tphc; tests/vm/run runs the script in a guest"
at_exit tphc_remove
modprobe bonding max_bonds=0 || ktap_skip_all 'this kernel has no bonding'
netns_add "$client" "$server"
ip -n "$client" link add br0 type bridge
ip -n "$server" link add bond0 type bond mode active-backup miimon 100
ip -n "$client" link add v0 type veth peer name v1 netns "$server"
for dev in tp0 tp2; do
	ip link set $dev netns "$client"
done
for dev in tp1 tp3; do
	ip link set $dev netns "$server"
done
for dev in tp0 tp2 v0; do
	ip -n "$client" link set $dev master br0 up
done
for dev in tp1 tp3 v1; do
	ip -n "$server" link set $dev master bond0
done
ip -n "$server" link set bond0 type bond active_slave tp1
ip -n "$client" link set br0 up
ip -n "$server" link set bond0 up
ip -n "$client" link add link br0 name br0.5 type vlan id 5
ip -n "$server" link add link bond0 name bond0.5 type vlan id 5
ip -n "$client" link set br0.5 up
ip -n "$server" link set bond0.5 up
net_addr "$client" br0 "$client4/24" 192.0.2.{3..5}/24
net_addr "$server" bond0 "$server4/24"
net_addr "$client" br0.5 10.0.5.2/24
net_addr "$server" bond0.5 10.0.5.1/24
wait_until 30 in_ns "$client" ping -c 1 -W 1 "$server4" ||
	ktap_exit_fail_msg 'the bond is not to be reached'
clock1=$(tphc_clock tp1) clock3=$(tphc_clock tp3)
phc1=${clock1#/dev/} phc3=${clock3#/dev/}
"$nicstamp" clock "$clock3" shift -300000000

# ------------------------------------------------------------------- the bond

module_load
at_exit 'rmmod kntp 2>/dev/null'
again "${local_clock[@]}" 'hwtimestamp bond0'
logs 'a bond: its NICs are set' "tp1: the NIC stamps what comes in and goes out, by $clock1"
logs 'all of them' "tp3: the NIC stamps what comes in and goes out, by $clock3"
logs 'their clocks are followed, by pairs' "$clock1: followed, .* method precise"
logs 'both' "$clock3: followed, .* method precise"
check 'the module answers' wait_until 20 ask_is stratum 4
accuracy 'the bond' "$server4" bond0
check_is 'they are those of the NIC that is used' "$(dev phc)" "$phc1"
accuracy 'a VLAN on the bond' 10.0.5.1 bond0.5
check_is 'it has the same clock' "$(dev phc bond0.5)" "$phc1"

flood_start "$server4" "$client4" 192.0.2.{3..5}
turn 'over to the other NIC' tp3 "$phc3" hardware
turn 'and back' tp1 "$phc1" hardware
turn 'over to one without a clock' v1 none driver
turn 'to the other one, then' tp3 "$phc3" hardware
ip -n "$server" link set tp3 down
before=$(dev rx_hardware)
check 'which fails' wait_until 15 serves "$phc1" hardware
ip -n "$server" link set tp3 up
none_is_early 'the module'
ip -n "$server" link set bond0 type bond active_slave tp3
has_clock()
{
	[ "$(dev phc) $(dev phc bond0.5)" = "$phc3 $phc3" ]
}
check 'with the other NIC, its VLAN follows' wait_until 15 has_clock

rmmod kntp
check 'kntpd answers by itself' wait_until 15 ask_is stratum 4
flood_start "$server4" "$client4" 192.0.2.{3..5}
for dev in tp1 tp3; do
	ip -n "$server" link set bond0 type bond active_slave $dev
	sleep 1.5
done
none_is_early 'kntpd'

# -------------------------------------------------------------- virtual clocks

module_load
ip -n "$server" link set bond0 type bond active_slave tp1
echo 1 >"/sys/class/ptp/$phc1/n_vclocks"
virtual=$(echo "/sys/class/ptp/$phc1"/ptp*)
virtual=/dev/${virtual##*/}
check_fails "a clock with virtual ones is nobody's to steer" \
	"$nicstamp" clock "$clock1" adjust 1000
"$nicstamp" clock "$virtual" adjust 20000
on_time "$virtual" 0
check_is 'the device is still stamped by the clock itself' \
	"$(in_ns "$server" ethtool -T tp1 | sed -n 's/.*Hardware Clock: //p')" \
	"${phc1#ptp}"
again "refclock phc $virtual minpoll 1 maxpoll 1" 'hwtimestamp bond0'
logs 'which kntpd tells' "$clock1: has 1 virtual clocks, so that its own time runs free"
logs 'and follows' "$clock1: followed, .* method precise"
check 'a virtual clock is a time source: stratum 1' wait_until 30 ask_is stratum 1
check_is 'its name' \
	"$(in_ns "$client" "$KNTP_TOP/tests/lib/ask.py" "$server4" refid)" 50484300
check_is 'the module has the clock of the stamps' "$(dev phc)" "$phc1"
accuracy 'virtual clocks' "$server4" bond0
kntpd_stop
rmmod kntp
echo 0 >"/sys/class/ptp/$phc1/n_vclocks"

# --------------------------------------------- pulses of a clock, as of driver 22

pps=$(grep -lx "$phc3" /sys/class/pps/*/name)
pps=${pps%/name} pps=${pps##*/}
if [ -c "/dev/$pps" ]; then
	# A perfect clock, of which the system's is off by 2 ms and 30 ppm.
	tphc_set freq 20000,-15000,10000,0
	tphc_set wander 0,0,0,0
	on_time "$clock3" 2000000
	echo 1 >"/sys/class/ptp/$phc3/pps_enable"
	kntpd_conf "server 127.127.22.${pps#pps} minpoll 1 maxpoll 1" \
		"${local_clock[@]}" 'tinker step 0'
	: >"$kntpd_log"
	kntpd_run
	logs 'pulses of a PHC are a source' "synchronised to 127\\.127\\.22\\.${pps#pps}, stratum 1"
	off()
	{
		local phc real

		read -r phc real _ < <("$nicstamp" clock "$clock3" read)
		echo $(((real - phc + 500000000) % 1000000000 - 500000000))
	}
	is_on_time()
	{
		local off

		off=$(off)
		[ "${off#-}" -lt 10000 ]
	}
	check 'the system clock is within 10 us of it' wait_until 60 is_on_time
	ktap_print_msg "off by $(off) ns"
	kntpd_stop
	echo 0 >"/sys/class/ptp/$phc3/pps_enable"
	[ -z "${KNTP_VM:-}" ] || "$nicstamp" steady
else
	ktap_test_skip 'pulses of a PHC' 'this kernel has no PPS (CONFIG_PPS)'
fi
ktap_finished
