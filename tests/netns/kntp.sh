#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Copyright (C) 2026 The kntp authors
#
# The kntp program on the real module: what it shows, what it refuses, the
# module's coming and going, and every example of kntp(8) and kntp(4).
#
#	client c0 192.0.2.2/24 ------- s0 192.0.2.1/24 server

# Functions are given to check, which shellcheck does not see.
# shellcheck source=tests/lib/lib.sh disable=SC2119,SC2317
. "$(dirname "$0")/../lib/lib.sh"

# kntp in the server's namespace
k()
{
	in_ns "$server" kntp "$@"
}

# As k(), by nobody: without any capability.
k_nobody()
{
	in_ns "$server" setpriv --reuid 65534 --regid 65534 --clear-groups \
		"$(command -v kntp)" "$@"
}

# ask COUNT - that many answers, or fail
ask()
{
	in_ns "$client" python3 - "$server4" "$1" <<-'PYTHON'
		import socket
		import sys

		s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		s.settimeout(60)
		for i in range(int(sys.argv[2])):
		    s.sendto(b"\x23" + bytes(39) + b"12345678", (sys.argv[1], 123))
		    if s.recv(100)[24:32] != b"12345678":
		        sys.exit("not the answer to the request")
	PYTHON
}

# says STATUS REGEX COMMAND... - the command ends so, and says so on stderr.
says()
{
	local wanted=$1 regex=$2 err rc=0

	shift 2
	err=$("$@" 2>&1 >/dev/null) || rc=$?
	check_match "$* ends with $wanted: $regex" "$rc $err" "^$wanted .*$regex"
}

# valid OBJECT - kntp -j OBJECT fits its schema
valid()
{
	k -j "$1" >"$lib_tmp/json" || return 1
	/usr/bin/python3 -c '
import json
import sys

import jsonschema

with open(sys.argv[1]) as schema, open(sys.argv[2]) as value:
    jsonschema.validate(json.load(value), json.load(schema))
' "$KNTP_TOP/tests/golden/$1.schema.json" "$lib_tmp/json"
}

# The commands in the EXAMPLES of a manual page.
examples()
{
	sed -n '/^\.Sh EXAMPLES/,/^\.Sh [^E]/{
		/^\.Bd/,/^\.Ed/{ s/\\-/-/g; s/^[#$] //p }
	}' "$KNTP_TOP/Documentation/man/$1"
}

# test_example PAGE COMMAND - run it as it stands, but on the server's device
# and without waiting for long.
test_example()
{
	local page=$1 command=${2//eth0/s0} tool=${2%% *}

	command=${command//sleep 10/sleep 2}
	# A subshell is known by its first command.
	tool=${tool#(}
	[[ $command != *'keys show 4'* ]] || in_ns "$server" \
		"$KNTP_TOP/tests/lib/setkntp.py" 'key 4 MD5 6b6e7470 trusted' >/dev/null

	if ! command -v "$tool" >/dev/null; then
		ktap_test_skip "$page: $2" "$tool is not installed"
		return
	fi
	case $tool in
	bpftrace)
		# It runs until interrupted, and then prints what it saw.
		(wait_until 120 grep -q Attaching "$lib_tmp/bpftrace"
		 ask 20
		 pkill -INT -x -P $$ bpftrace) &
		bash -c "exec $command" >"$lib_tmp/bpftrace" 2>&1
		check_match "$page: $2" "$(cat "$lib_tmp/bpftrace")" '@ns:'
		;;
	modprobe | trace-cmd | perf | cat | echo | awk)
		check "$page: $2" bash -c "cd $lib_tmp && $command"
		;;
	*)
		check "$page: $2" in_ns "$server" bash -c "$command"
		;;
	esac
}

ktap_print_header
module_load
rmmod kntp || ktap_exit_fail_msg 'kntp cannot be removed; does somebody use it?'
net_setup

# ---------------------------------------------------------------- not loaded
for what in clock 'dev' 'dev add s0' 'stats reset' '-j clients'; do
	# shellcheck disable=SC2086 # words
	says 3 'not loaded; load it with: modprobe kntp' k $what
done
start "$lib_tmp/monitor" ip netns exec "$server" kntp monitor
monitor=$started
start "$lib_tmp/monitor.json" ip netns exec "$server" kntp -j monitor limit 3
for monitored in monitor monitor.json; do
	check "a monitor waits for the module: $monitored" wait_until 30 \
		grep -q 'waiting for it' "$lib_tmp/$monitored"
done

# has_loaded N - the monitor has seen so many modules come, and listens to that
has_loaded()
{
	[ "$(grep -c ' loaded ' "$lib_tmp/monitor")" -eq "$1" ]
}

modprobe kntp
check 'and sees it come' wait_until 30 has_loaded 1
check 'as JSON, too' wait_until 30 grep -q '"loaded"' "$lib_tmp/monitor.json"

# ------------------------------------------------------------------- nothing
check_match 'no clock state' "$(k clock)" 'state +unset'
check_is 'no device' "$(k -j dev)" '[]'
check_is 'no client' "$(k clients)" ''

# ------------------------------------------------------------------ refusals
says 1 'no such device' k dev add nosuch
says 1 'loopback' k dev add lo
says 1 'not served' k dev del s0
says 1 'not served' k dev set s0 hook input
says 1 'stratum: must be' k clock set stratum 17 refid GPS validity 60
says 1 'leap: must be' k clock set leap 4 stratum 1 refid GPS validity 60
says 1 'validity: must be' k clock set stratum 1 refid GPS validity 0
says 1 'precision: must be' k clock set stratum 1 refid GPS validity 9 precision 1
says 1 'rootdelay: must be' k clock set stratum 1 refid GPS validity 9 rootdelay 16
says 1 'rootdisp: must be' k clock set stratum 1 refid GPS validity 9 rootdisp 16
says 1 'drift-ppb: must be' k clock set stratum 1 refid GPS validity 9 drift 1001
check_match 'none of them set a clock state' "$(k clock)" 'state +unset'

# ---------------------------------------------------------------- it is used
check 'a clock state is set' \
	k clock set stratum 1 refid GPS rootdelay 1ms rootdisp 0.002 validity 1h
check 'a device is served' k dev add s0
says 1 'served already' k dev add s0
check 'five answers' ask 5
check_match 'state' "$(k clock)" 'state +sync'
check_match 'refid' "$(k clock)" 'refid +GPS \(0x47505300\)'
# The wire's short format rounds up to the next 15 us.
check_match 'root delay' "$(k clock)" 'rootdelay +1\.0[01][0-9] ms'
check_match 'root dispersion' "$(k clock)" 'rootdisp +[2-9]\.[0-9]+ ms, growing by 15.000 ppm'
check_match 'the device' "$(k dev)" '^s0 +ingress +(driver|clock) +5 +5$'
check_match 'the counters' "$(k stats)" '^  served +5 '
check_match 'the client' "$(k clients)" '^192\.0\.2\.2 +[0-9]+ +4 +client +5 '
check_is 'another network' "$(k clients addr 198.51.100.0/24)" ''
check_is 'another version' "$(k clients version 3)" ''
for object in clock dev stats clients; do
	check "kntp -j $object fits its schema" valid $object
done
check 'the hook is changed' k dev set s0 hook routed
check_match 'and shown' "$(k dev)" '^s0 +routed'
check 'the counters are reset' k stats reset
check_match 'and are' "$(k -n stats)" '^requests +0$'
check_is 'another namespace has nothing of it' "$(in_ns "$client" kntp -j dev)" '[]'

# ---------------------------------------------------------------- privileges
for object in clock dev stats clients; do
	check "nobody may look at $object" k_nobody $object
done
says 1 'CAP_NET_ADMIN is missing; run it as root' k_nobody stats reset
says 1 'CAP_NET_ADMIN is missing' k_nobody dev del s0
says 1 'CAP_NET_ADMIN is missing' \
	k_nobody clock set stratum 1 refid GPS validity 9
check_match 'and that changed nothing' "$(k dev)" '^s0 '

# ------------------------------------------------------------------ examples
k dev del s0
mountpoint -q /sys/kernel/tracing ||
	mount -t tracefs tracefs /sys/kernel/tracing
while read -r command; do
	test_example kntp.8 "$command" </dev/null
	[[ $command != *set*eth0* ]] || check 'it answers' ask 1
done < <(examples kntp.8)
check_is 'all examples of kntp.8 were found' "$(examples kntp.8 | wc -l)" 23
rmmod kntp
while read -r command; do
	test_example kntp.4 "$command" </dev/null
	if [[ $command == modprobe* ]]; then
		wait_until 30 has_loaded 2
		k clock set stratum 1 refid GPS validity 1h
		k dev add s0
		check_is 'the parameter is there' \
			"$(cat /sys/module/kntp/parameters/clients_max)" 1048576
	fi
done < <(examples kntp.4)
check_is 'all examples of kntp.4 were found' "$(examples kntp.4 | wc -l)" 10

# --------------------------------------------------------------- it goes away
rmmod kntp
check 'a monitor sees it go, both times' wait_until 30 eval \
	"[ \$(grep -c ' unloaded ' '$lib_tmp/monitor') -eq 2 ]"
says 3 'not loaded' k clock
stop "$monitor"
events=$(awk '!/waiting/ { print $2 }' "$lib_tmp/monitor" | xargs)
# Between the first dev-del and the next dev-add the clock state is set to the
# same again: no event.
check_is 'the events in their order' "$events" \
	'loaded clock dev-add dev-add dev-del dev-add dev-add config config config config config config dev-del unloaded loaded clock dev-add unloaded'
check_match 'events as JSON' "$(grep -v waiting "$lib_tmp/monitor.json" | jq -r .event | xargs)" \
	'^loaded clock dev-add$'
ktap_finished
