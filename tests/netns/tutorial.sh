#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Copyright (C) 2026 The kntp authors
#
# A textbook's internal time server and its client, by their files as they
# stand there, but for those lines that were wrong: those are refused. The
# broadcasting pair of the same book is in modes-tutorial.sh.
#
#	LAN client c0 --------- s0 server s1 --------- u0 WAN
#	192.168.0.204  192.168.0.203    123.125.114.1  123.125.114.102, a server
#	                                198.51.100.1   198.51.100.2, a client

# shellcheck disable=SC2119,SC2154,SC2317 # functions are given to check
# shellcheck source=tests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=tests/lib/modes.sh
. "$(dirname "$0")/../lib/modes.sh"
# shellcheck source=tests/lib/frames.sh
. "$(dirname "$0")/../lib/frames.sh"

kntpd=$KNTP_TOP/daemon/kntpd

# host NAMESPACE - its ntp.conf from standard input, files below a folder of it
host()
{
	local dir=$lib_tmp/$1.files

	mkdir -p "$dir/etc/ntp" "$dir/var/lib/ntp" "$dir/var/log"
	# Made by hand, as the book has it.
	touch "$dir/var/lib/ntp/drift"
	sed "s,\(/etc/ntp/\|/var/\),$dir\1," >"$lib_tmp/$1.conf"
}

# up NAMESPACE - its kntpd, with what host() wrote
up()
{
	start "$lib_tmp/$1.log" ip netns exec "$1" "$kntpd" -n --no-clock \
		-c "$lib_tmp/$1.conf"
	pid[$1]=$started
	wait_until 10 udp_bound "$1" 123 || {
		show "$1"
		ktap_exit_fail_msg "kntpd did not come up in $1"
	}
}

# trap_line LINE REGEX - of what is to be said about it
traps=('server 127.127.1.0') said_of=('')
trap_line()
{
	traps+=("$1")
	said_of+=("$2")
}

# clock_ahead - CLOCK_REALTIME less CLOCK_MONOTONIC, s
clock_ahead()
{
	/usr/bin/python3 -c 'import time
def look():
    before, real, after = time.monotonic(), time.time(), time.monotonic()
    return after - before, real - after
print("%.6f" % min(look() for _ in range(20))[1])'
}

# tick FILE - the one-shot program of the boot, in the client
tick()
{
	KNTPD=$kntpd timeout 240 ip netns exec "$client" \
		"$KNTP_TOP/daemon/systemd/step-tickers" "$1"
}

ktap_print_header
net_setup
module_load
at_exit 'rmmod kntp 2>/dev/null'
net_addr "$server" s0 192.168.0.203/24
net_addr "$client" c0 192.168.0.204/24
net_addr "$server" s1 123.125.114.1/24
net_addr "$upstream" u0 123.125.114.102/24

# ------------------------------------------------- the client's clock, at boot
start "$lib_tmp/fake.server" ip netns exec "$server" \
	"$KNTP_TOP/tests/lib/fakentp.py" 192.168.0.203=offset:0.7
fake=$started
wait_until 10 udp_bound "$server" 123
printf '%s\n' '# List of servers used for initial synchronization.' \
	192.168.0.203 >"$lib_tmp/step-tickers"
before=$(clock_ahead)
check 'step-tickers: the server in it is asked' tick "$lib_tmp/step-tickers"
# How exactly is another test's: here the guest may be stopped meanwhile.
check_range 'and the clock is stepped, before the daemon starts' \
	"$(awk -v a="$(clock_ahead)" -v b="$before" 'BEGIN { print a - b }')" \
	0.6 0.8
stop "$fake"

# ----------------------------------------------------- the server of the LAN
start "$lib_tmp/fake.upstream" ip netns exec "$upstream" \
	"$KNTP_TOP/tests/lib/fakentp.py" 123.125.114.102=good
fake=$started
wait_until 10 udp_bound "$upstream" 123
host "$server" <<'CONF'
# For more information about this file, see the man pages
driftfile /var/lib/ntp/drift
restrict default kod nomodify notrap nopeer noquery
restrict -6 default kod nomodify notrap nopeer noquery
restrict 127.0.0.1 
restrict -6 ::1
# Hosts on local network are less restricted.
#restrict 192.168.1.0 mask 255.255.255.0 nomodify notrap
restrict 192.168.0.0   mask 255.255.255.0
restrict 123.125.114.102 mask 255.255.255.0 nomodify notrap noquery
#server 0.centos.pool.ntp.org iburst
server 123.125.114.102 minpoll 3 maxpoll 4
#broadcast 192.168.1.255 autokey	# broadcast server
#broadcastclient			# broadcast client
#broadcast 224.0.1.1 autokey		# multicast server
#multicastclient 224.0.1.1		# multicast client
#manycastserver 239.255.254.254		# manycast server
#manycastclient 239.255.254.254 autokey # manycast client
server 127.127.1.0
fudge 127.127.1.0 stratum 10
#crypto
includefile /etc/ntp/crypto/pw
keys /etc/ntp/keys
trustedkey 4 8 42
requestkey 8
controlkey 8
#statistics clockstats cryptostats loopstats peerstats
broadcastdelay 0.00800
logfile /var/log/ntp    
logconfig all  #------不要添加不然启动会服务停止
CONF
# As on the day when the line to the Internet is down; to find that out itself
# it takes 40 s.
sed -i.whole 's/^server 123/#&/' "$lib_tmp/$server.conf"
up "$server"
check 'the server alone has the time of its own clock, as fudge says' \
	follows "$server" 11 4c4f434c 5 || show "$server"
end "$server"
mv "$lib_tmp/$server.conf.whole" "$lib_tmp/$server.conf"
up "$server"

# ------------------------------- meanwhile, the lines of the book that trap
trap_line 'server 235.137.123.45 mimpoll 3 maxpoll 4' 'mimpoll.*minpoll'
trap_line 'server 235.137.123.45 minpoll 3 maxpoll 4' '235.*(multicast|group)'
trap_line 'fudge 127.127.1.0 statun 10' 'statun.*stratum'
trap_line 'fudge 127.127.1.0 stratum 10  -----#在没有网络' '-----'
trap_line '//-----------#' '//---'
trap_line '下面2行为手动添加' '下面2行为手动添加'
trap_line 'restrict default kod rithm' 'rithm'
trap_line 'restrict default kod non-ntpport' 'non-ntpport.*ntpport'
trap_line 'logconfig info event' 'event.*events'
printf '%s\n' "${traps[@]}" >"$lib_tmp/trap.conf"
rc=0
told=$(timeout 120 ip netns exec "$upstream" "$kntpd" -n --no-clock \
	-c "$lib_tmp/trap.conf" 2>&1) || rc=$?
check_is 'with lines that trap there is no start' "$rc" 3
for ((i = 1; i < ${#traps[@]}; i++)); do
	check_match "refused: ${traps[i]//[^ -~]/?}" \
		"$(grep ":$((i + 1)):[0-9]*: " <<<"$told" | tr '\n' ' ')" \
		"${said_of[i]}"
done

# --------------------------------------------- whom the server has the time of
log=$lib_tmp/$server.files/var/log/ntp
check 'the server follows the one on the Internet, the log is in its file' \
	wait_until 30 grep -q 'synchronised to 123.125.114.102, stratum 3' "$log" ||
	show "$server"
check 'it says so' follows "$server" 3 7b7d7266 5
check_match 'an include file that is missing is told, and no more' \
	"$(cat "$lib_tmp/$server.log")" 'crypto/pw.*No such file'
check_match 'so is a restrict line that is about more than it says' \
	"$(cat "$lib_tmp/$server.log" "$log")" \
	":10:.*123\.125\.114\.0"

frames_setup
wan_mac=$(in_ns "$server" cat /sys/class/net/s1/address)
answered='reply len=48 mode=4 tos=0 ttl=64 [served]'
check 'both sides are served by the module' wait_until 5 eval \
	"[ \$(ip netns exec $server kntp dev | grep -c 's[01]') = 2 ]"
check_is 'by the rules of the file' "$(in_ns "$server" \
	cat /proc/net/kntp/restrict | grep -v 'network\|ntpport' |
	awk '{ print $1, $2 }' | LC_ALL=C sort)" \
'0.0.0.0/0 kod,nomodify,nopeer,noquery,notrap
123.125.114.0/24 nomodify,noquery,notrap
127.0.0.1/32 -
192.168.0.0/24 -
::/0 kod,nomodify,nopeer,noquery,notrap
::1/128 -'
frames 'from the LAN' <<-TABLE
	time to=192.168.0.203 from=192.168.0.204 => $answered
TABLE
client=$upstream frames_dev=u0 frames_mac=$wan_mac frames 'from the WAN' <<-TABLE
	time to=198.51.100.1 from=198.51.100.2          => $answered
	query to=198.51.100.1 from=198.51.100.2 first=16 => none [pass_mode]
TABLE

# ---------------------------------------------------------------- the client
# Without iburst its first polls are 64 s apart: the book waits for 15 minutes.
host "$client" <<'CONF'
driftfile /var/lib/ntp/drift
restrict default kod nomodify notrap nopeer noquery
restrict -6 default kod nomodify notrap nopeer noquery
restrict 127.0.0.1 
restrict -6 ::1
server 192.168.0.203 iburst
includefile /etc/ntp/crypto/pw
keys /etc/ntp/keys
CONF
up "$client"
check 'the client is synchronised to the server' wait_until 25 \
	logged "$client" 'synchronised to 192.168.0.203, stratum 4' ||
	show "$server" "$client"
check 'it says so' follows "$client" 4 c0a800cb 5
ktap_print_msg "$(cat "$lib_tmp/$client.log" "$log")"
end "$server" "$client"
ktap_finished
