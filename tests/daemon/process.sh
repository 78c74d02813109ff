#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Copyright (C) 2026 The kntp authors
#
# kntpd as a process: start, reload, files, privileges, other programs in its
# way, the service manager, names, interfaces, and its end. Never touches the
# clock. Needs root for namespaces, and no module.

# Functions are called by check and wait_until.
# shellcheck disable=SC2317

# shellcheck source=tests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"

ask=$KNTP_TOP/tests/lib/ask.py

log_has()
{
	grep -Eq -- "$1" "$kntpd_log"
}

# logs DESCRIPTION REGEX - it is in the log within 10 s.
logs()
{
	wait_until 10 log_has "$2" && ktap_test_pass "$1" && return 0
	ktap_test_fail "$1"
	ktap_print_msg "no line like $2 in the log:"
	ktap_print_msg "$(cat "$kntpd_log")"
	return 1
}

answers()
{
	in_ns "$client" python3 "$ask" "$@"
}

silent()
{
	! answers -w 1 "$@"
}

daemon=("$KNTP_TOP/daemon/kntpd" -n --no-clock -c "$kntpd_conf")

# What an earlier script left: here the daemon answers.
rmmod kntp 2>/dev/null
chmod 711 "$lib_tmp"
net_setup
ktap_print_header

# ------------------------------------------------------------ start and reload
local_clock=('server 127.127.1.0' 'fudge 127.127.1.0 stratum 7')
kntpd_conf "${local_clock[@]}"
kntpd_run --no-clock
check 'it serves its local clock' wait_until 30 answers $server4
check 'over IPv6, too' answers $server6
link_local=$(ip -n "$server" -6 -br addr show dev s0 | grep -o 'fe80:[^/ ]*')
check 'and at the link-local address' answers "$link_local%c0"
ip -n "$server" addr add 192.0.2.77/24 dev s0
check 'from the address that was asked' answers 192.0.2.77
check 'but not at a broadcast address' silent 192.0.2.255

printf '%s\n' "${local_clock[@]}" 'server 192.0.2.99 mimpoll 3' >"$kntpd_conf"
kill -HUP "$kntpd_pid"
logs 'a wrong file is refused at SIGHUP' 'is refused; the configuration in use stays'
logs 'with file, line and column' "$kntpd_conf:3:19: .*did you mean \"minpoll\""
check 'and it serves on' answers $server4

printf '%s\n' "${local_clock[@]}" 'server 192.0.2.99' >"$kntpd_conf"
kill -HUP "$kntpd_pid"
logs 'a right one is taken' '1 of 2 time sources go on as they are, 1 start, 0 end'
kntpd_conf "${local_clock[@]}"
kill -HUP "$kntpd_pid"
logs 'and back again' '1 of 1 time sources go on as they are, 0 start, 1 end'
kill -USR1 "$kntpd_pid"
logs 'SIGUSR1 tells what was answered' 'requests met by the daemon itself: .*served'

kntpd_conf "${local_clock[@]}" 'interface ignore s0'
kill -HUP "$kntpd_pid"
check 'an ignored interface falls silent' wait_until 10 silent $server4
kntpd_conf "${local_clock[@]}" 'interface ignore all' "interface listen $server6"
kill -HUP "$kntpd_pid"
check 'one address can be served alone' wait_until 10 answers $server6
check 'and no other' silent $server4
kntpd_conf "${local_clock[@]}"
kill -HUP "$kntpd_pid"
check 'all are served again' wait_until 10 answers $server4

# ------------------------------------------------------------------------ files
logfile=$lib_tmp/own.log
kntpd_conf "${local_clock[@]}" "logfile $logfile"
kill -HUP "$kntpd_pid"
logs 'the change of the log is told in the old one' "switching logging to file $logfile"
mv "$logfile" "$logfile.1"
kill -HUP "$kntpd_pid"
check 'SIGHUP opens a log anew that was moved away' wait_until 10 test -s "$logfile"
check 'each line has date, name and process number' \
	grep -Eq "^[ 0-9]{2} [A-Z][a-z]{2} [0-9:]{8} kntpd\\[$kntpd_pid\\]: " "$logfile"
kntpd_conf "${local_clock[@]}" 'logfile /nowhere/log'
kill -HUP "$kntpd_pid"
check 'a log that cannot be written is told in the old one' \
	wait_until 10 grep -q 'cannot write the log file /nowhere/log: No such file' "$logfile"
check 'and it serves on' answers $server4

# ------------------------------------------------------------ in one's own way
kntpd_stop TERM

# Its mark is held by another, so this one must not even look at the clock.
start /dev/null ip netns exec "$server" python3 -c '
import socket, time
s = socket.socket(socket.AF_UNIX)
s.bind("\0kntpd")
s.listen()
time.sleep(600)'
holder=$started
wait_until 5 in_ns "$server" grep -q '@kntpd$' /proc/net/unix
check 'a second one that would pull at the clock is refused' bash -c "
	! timeout 120 ip netns exec $server $KNTP_TOP/daemon/kntpd -n -c '$kntpd_conf' \
		>'$lib_tmp/second' 2>&1 &&
	grep -q 'another kntpd runs here (process $holder)' '$lib_tmp/second'"
stop "$holder"

kntpd_conf "${local_clock[@]}" "pidfile $lib_tmp/pid"
kntpd_run --no-clock
wait_until 5 test -s "$lib_tmp/pid"
check_is 'the pid file names it' "$(cat "$lib_tmp/pid")" \
	"$(in_ns "$server" ss -Hlunp 'sport = :123' | grep -o 'pid=[0-9]*' | head -1 | cut -d= -f2)"
check 'a second one with the same pid file is refused' bash -c "
	! timeout 120 ip netns exec $server ${daemon[*]} >'$lib_tmp/second' 2>&1 &&
	grep -q 'is held by process [0-9]*: another daemon runs' '$lib_tmp/second'"
check 'the first one goes on' answers $server4
kntpd_stop TERM
check 'the pid file goes with it' test ! -e "$lib_tmp/pid"

start /dev/null ip netns exec "$server" python3 -c '
import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("0.0.0.0", 123))
time.sleep(600)'
squatter=$started
wait_until 5 udp_bound "$server" 123
: >"$kntpd_log"
kntpd_conf "${local_clock[@]}"
start "$kntpd_log" ip netns exec "$server" "${daemon[@]}"
kntpd_pid=$started
logs 'a port that is taken is told with who to look for' \
	'UDP port 123 is taken for IPv4 by another program: stop it \(see ss -ulpn'
check 'the other family is served' wait_until 30 answers $server6
stop "$squatter"
kill -HUP "$kntpd_pid"
logs 'the port is taken over once it is free' 'listening on UDP port 123, IPv4, at last'
check 'and served' wait_until 10 answers $server4
kntpd_stop TERM

# ------------------------------------------------------------------- privileges
: >"$kntpd_log"
kntpd_run --no-clock -u nobody
is_nobody()
{
	grep -Eq "^Uid:[[:space:]]+$(id -u nobody)[[:space:]]" "/proc/$kntpd_pid/status"
}
# It holds the port before it is another user.
wait_until 10 is_nobody
status=$(cat "/proc/$kntpd_pid/status")
check_match '-u makes it another user' "$status" "^Uid:[[:space:]]+$(id -u nobody)[[:space:]]+$(id -u nobody)"
check_match 'with three capabilities and no more' "$status" '^CapPrm:[[:space:]]+0000000002001400$'
check_match 'and none to be had' "$status" '^NoNewPrivs:[[:space:]]+1$'
check 'it serves as that user' wait_until 30 answers $server4
kntpd_stop TERM

: >"$kntpd_log"
printf '1 MD5 secret\n' >"$lib_tmp/keys"
chmod 600 "$lib_tmp/keys"
kntpd_conf "${local_clock[@]}" "keys $lib_tmp/keys" 'trustedkey 1'
kntpd_run --no-clock -u nobody
logs 'keys that root alone may read are told at the start' \
	"$lib_tmp/keys: Permission denied, for the user .* the keys of the start stay; chgrp"
logs 'and used' "1 keys of $lib_tmp/keys in use"
kill -HUP "$kntpd_pid"
logs 'a reload keeps them' 'the keys in use stay, 1 of them'
chgrp "$(id -g nobody)" "$lib_tmp/keys"
chmod 640 "$lib_tmp/keys"
printf '1 MD5 secret\n2 MD5 other\n' >"$lib_tmp/keys"
kill -HUP "$kntpd_pid"
logs 'what is told helps' "2 keys of $lib_tmp/keys in use"
kntpd_stop TERM
kntpd_conf "${local_clock[@]}"

check 'an unknown user is refused' bash -c "
	! timeout 120 ip netns exec $server ${daemon[*]} -u nosuch >'$lib_tmp/user' 2>&1 &&
	grep -q 'there is no user nosuch; create it' '$lib_tmp/user'"
check 'without permission for the clock it says what to do' bash -c "
	! timeout 120 ip netns exec $server setpriv --bounding-set=-sys_time --inh-caps=-sys_time \
		$KNTP_TOP/daemon/kntpd -n -c '$kntpd_conf' >'$lib_tmp/perm' 2>&1 &&
	grep -q 'no permission to set the clock: start as root' '$lib_tmp/perm'"

# ----------------------------------------------------------- in the background
kntpd_conf "${local_clock[@]}" "pidfile $lib_tmp/pid" "logfile $logfile"
check 'without -n it goes to the background' \
	in_ns "$server" "$KNTP_TOP/daemon/kntpd" --no-clock -c "$kntpd_conf"
background=$(cat "$lib_tmp/pid")
lib_pids+=("$background")
check 'where it serves' wait_until 30 answers $server4
check_is 'as the leader of a session' "$(ps -o sid= -p "$background" | tr -d ' ')" "$background"
check 'a second one fails visibly' bash -c "
	! ip netns exec $server $KNTP_TOP/daemon/kntpd --no-clock -c '$kntpd_conf' \
		2>'$lib_tmp/second'"
kill "$background"
check 'and ends' wait_until 10 lib_gone "$background"

# ---------------------------------------------------------- the service manager
notes=$lib_tmp/notes
start "$notes" python3 "$KNTP_TOP/tests/daemon/notify.py" "$lib_tmp/notify"
wait_until 5 test -S "$lib_tmp/notify"
: >"$kntpd_log"
kntpd_conf "${local_clock[@]}"
start "$kntpd_log" ip netns exec "$server" env NOTIFY_SOCKET="$lib_tmp/notify" \
	WATCHDOG_USEC=1000000 "${daemon[@]}"
kntpd_pid=$started
check 'the manager hears that it is ready' wait_until 10 grep -qx READY=1 "$notes"
check 'and what its state is' wait_until 30 grep -q '^STATUS=.*stratum 8' "$notes"
kill -HUP "$kntpd_pid"
check 'and of a reload' wait_until 10 grep -qx RELOADING=1 "$notes"
check 'with its time' grep -Eq '^MONOTONIC_USEC=[0-9]+$' "$notes"
check 'which is over' wait_until 10 bash -c "[ \$(grep -cx READY=1 '$notes') -eq 2 ]"
# Some of them are late when the guest is stopped; so the middle one of all.
wait_until 10 eval "[ \$(grep -c '^at ' '$notes') -ge 10 ]"
check_range 'the watchdog is fed twice a period' "$(awk '$1 == "at" {
		if (last)
			print $2 - last
		last = $2
	}' "$notes" | sort -n | awk '{ d[NR] = $1 } END { print d[int((NR + 1) / 2)] }')" \
	0.3 0.7
kntpd_stop TERM
check 'and of its end' grep -qx STOPPING=1 "$notes"

# ------------------------------------------------------------------------ names
printf '%s\n' "$upstream4 time.example" >"$lib_tmp/hosts"
chronyd_start "$upstream" 'local stratum 3' 'allow all'
: >"$kntpd_log"
kntpd_conf 'server time.example iburst minpoll 3'
# shellcheck disable=SC2016 # its own arguments
start "$kntpd_log" ip netns exec "$server" unshare -m bash -c \
	'mount --bind "$1" /etc/hosts && shift && exec "$@"' - "$lib_tmp/hosts" "${daemon[@]}"
kntpd_pid=$started
logs 'a server is found by its name' "synchronised to $upstream4"
child=$(pgrep -P "$kntpd_pid")
check_match 'names are looked up in a process without privileges' \
	"$(cat "/proc/$child/status")" '^CapPrm:[[:space:]]+0000000000000000$'
check 'which holds no port' bash -c "
	! ls -l /proc/$child/fd | grep -q \$(readlink /proc/$kntpd_pid/fd/* | grep -m1 socket: | tr -d '[]' | cut -d: -f2)"
kill -KILL "$child"
logs 'it is started again when it dies' "the name resolver \(process $child\) died; starting another"
check 'so there is another' wait_until 10 bash -c "
	c=\$(pgrep -P $kntpd_pid) && [ \$c != $child ]"
child=$(pgrep -P "$kntpd_pid")
kill -KILL "$kntpd_pid"
check 'it ends when the daemon is killed' wait_until 10 lib_gone "$child"
wait "$kntpd_pid" 2>/dev/null
kntpd_pid=

: >"$kntpd_log"
kntpd_conf "server $upstream4 iburst minpoll 3"
kntpd_run --no-clock
check_is 'addresses need no such process' "$(pgrep -P "$kntpd_pid")" ''
logs 'and are followed' "synchronised to $upstream4"
check_is 'clients are served at the next stratum' "$(answers $server4 stratum)" 4
check_range 'with the right time' "$(answers -b 0.01 $server4 offset)" -0.01 0.01
ip -n "$server" link add extra type veth peer name extra1
ip -n "$server" addr add 203.0.113.1/24 dev extra
ip -n "$server" link set extra up
ip -n "$client" route add 203.0.113.1 via $server4
check 'an address that comes is served' wait_until 10 answers 203.0.113.1
kill -INT "$kntpd_pid"
wait "$kntpd_pid"
check_is 'SIGINT ends it with status 0' $? 0
kntpd_pid=

ktap_finished
