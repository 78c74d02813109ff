#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Copyright (C) 2026 The kntp authors
#
# kntpd follows a chronyd and serves its time through the module:
#
#	client c0 192.0.2.2 --- s0 server s1 --- u0 198.51.100.2 upstream
#	                           kntpd, module    chronyd, stratum 3
#
# What is served while the upstream dies, the daemon is killed, the module is
# reloaded, and everything comes back.

# shellcheck disable=SC2119,SC2317 # functions are given to check
# shellcheck source=tests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"

# ask FIELD... - what the server says to the client
ask()
{
	in_ns "$client" "$KNTP_TOP/tests/lib/ask.py" "$server4" "$@"
}

# offset - of the server's clock as the client sees it, s
offset()
{
	in_ns "$client" "$KNTP_TOP/tests/lib/ask.py" -b 0.0001 "$server4" offset
}

# says_within FIELD LOW HIGH
says_within()
{
	awk -v g="$(ask "$1")" -v l="$2" -v h="$3" \
		'BEGIN { exit !(g >= l && g <= h) }'
}

ask_is()
{
	[ "$(ask "$1")" = "$2" ]
}

k()
{
	in_ns "$server" kntp "$@"
}

# field OBJECT NAME - of what kntp -j OBJECT shows
field()
{
	k -j "$1" | /usr/bin/python3 -c '
import json
import sys


def find(thing, name):
    if isinstance(thing, list):
        return next(filter(None, (find(t, name) for t in thing)), None)
    if not isinstance(thing, dict):
        return None
    if name in thing and not isinstance(thing[name], (dict, list)):
        return str(thing[name])
    return find(list(thing.values()), name)


print(find(json.load(sys.stdin), sys.argv[1]))
' "$2"
}

clock()
{
	field clock "$1"
}

# STA_UNSYNC of the kernel's clock
unsync_bit()
{
	/usr/bin/python3 -c '
import ctypes

timex = (ctypes.c_long * 32)()
ctypes.CDLL(None).adjtimex(timex)
print(timex[5] >> 6 & 1)'
}

logged()
{
	grep -Eq -- "$1" "$kntpd_log"
}

ktap_print_header
net_setup
module_load
at_exit 'rmmod kntp 2>/dev/null'
conf=("server $upstream4 iburst minpoll 3 maxpoll 4"
      "driftfile $lib_tmp/drift")

chronyd_start "$upstream" 'local stratum 3' 'allow all'
upstream_pid=$started
echo 12.500 >"$lib_tmp/drift"
kntpd_start "${conf[@]}"
check 'the drift file is read' wait_until 5 logged 'frequency \+12.500 ppm .*, from the drift'
check 'synchronised' wait_until 15 ask_is stratum 4
ktap_print_msg "$(ask)"
check_is 'leap 0' "$(ask leap)" 0
check_is 'refid is the upstream' "$(ask refid)" c6336402
# Of exchanges while the guest was stopped the filter may know no better at first.
check 'root delay of a veth' wait_until 30 says_within rootdelay 0.00001 0.005
check 'root dispersion is honest, and not too much' \
	wait_until 30 says_within rootdisp 0.00001 0.02
check_range 'within 100 us of the client' "$(offset)" -0.0001 0.0001
check 'the client-side device is served' wait_until 5 \
	sh -c "ip netns exec $server kntp dev | grep -q s0"
check 'the upstream-side device, too' wait_until 5 sh -c \
	"ip netns exec $server kntp dev | grep -q s1"
module_answers()
{
	ask >/dev/null && [ "$(field stats served)" -ge 1 ]
}
check 'and the module answers' wait_until 5 module_answers
check 'the log names the source' logged "synchronised to $upstream4, stratum 4"
check 'the kernel takes its clock for synchronised' wait_until 5 eval \
	"[ \$(unsync_bit) = 0 ]"

kntpd_conf "server $upstream6 iburst minpoll 3 maxpoll 4" \
	"driftfile $lib_tmp/drift"
kill -HUP "$kntpd_pid"
refid6=$(/usr/bin/python3 -c "
import hashlib, socket
a = socket.inet_pton(socket.AF_INET6, '$upstream6')
print(hashlib.md5(a).hexdigest()[:8])")
check 'after a reload it follows the upstream over IPv6' \
	wait_until 15 ask_is refid "$refid6"
check_is 'at the same stratum' "$(ask stratum)" 4
check_range 'and is as right' "$(offset)" -0.0001 0.0001

# The module goes and comes while the daemon runs.
# While a request of the daemon is on its way it cannot.
check 'the module can be unloaded' wait_until 5 rmmod kntp
check 'the log says so' wait_until 5 logged 'module was unloaded'
check 'the daemon answers alone' wait_until 5 ask_is stratum 4
check_is 'with the same refid' "$(ask refid)" "$refid6"
module_load
check 'the module is seen again' wait_until 5 logged \
	'module is loaded and answers'
check 'and serves again' wait_until 5 \
	sh -c "ip netns exec $server kntp dev | grep -q s0"
check 'the same clock' wait_until 5 eval "[ \$(clock stratum) = 4 ]"
check 'asked from outside' wait_until 5 ask_is refid "$refid6"

# Upstream away: the root dispersion grows by 15 ppm at least.
stop "$upstream_pid" KILL
before=$(ask rootdisp)
more_disp()
{
	awk -v a="$before" -v b="$(ask rootdisp)" 'BEGIN { exit !(b >= a + 0.0003) }'
}
check 'without the upstream the root dispersion grows' wait_until 30 more_disp
check_is 'while the time is still good' "$(ask stratum)" 4

# The daemon dies: the module must not go on for long.
stop "$kntpd_pid" KILL
before=$SECONDS
left=$(($(clock left_ns) / 1000000000))
killed=$SECONDS good=$SECONDS
# expired - or notes when it was asked for the last time that it was not
expired()
{
	local asked=$SECONDS

	ask_is leap 3 || {
		good=$asked
		return 1
	}
}

check_range 'after kill -9 what the module was told is valid for some time' \
	"$left" 1 80
check_is 'it still answers' "$(ask stratum)" 4
wait_until 100 expired
check_is 'but says leap 3 in the end' "$(ask leap)" 3
ktap_print_msg "after $((SECONDS - before)) s; $left s were left"
check_range 'not before that time is over' $((SECONDS - before)) \
	$((left - 1)) 100000
check_range 'and no longer' $((good - killed)) 0 $((left + 2))
check_is 'stratum 0 then' "$(ask stratum)" 0

chronyd_start "$upstream" 'local stratum 3' 'allow all'
upstream_pid=$started
touch -d yesterday "$lib_tmp/drift"
kntpd_start "${conf[@]}"
check 'restarted, all is right again' wait_until 15 ask_is stratum 4
check_is 'leap 0' "$(ask leap)" 0
# Only a frequency that was measured is worth writing down: by this one, too.
check 'the oscillator is known' wait_until 60 eval \
	"[ \$(grep -c 'frequency of the clock known' '$kntpd_log') -eq 2 ]"

# Somebody else sets the clock, three times, while nobody tells what time it is:
# the daemon hears it from the kernel, or it would by chance look just then.
kill -STOP "$upstream_pid"
sets=0
set_clock()
{
	/usr/bin/python3 -c "
import time
time.clock_settime(time.CLOCK_REALTIME, time.time() + $1)"
	sets=$((sets + 1))
}
noticed()
{
	[ "$(grep -c 'somebody set the clock by' "$kntpd_log")" -eq "$sets" ]
}
for delta in 5 -5 5; do
	set_clock "$delta"
	check "the clock was set by $delta s: the daemon knows at once" \
		wait_until 4 noticed
	check_is 'and the module serves no time' "$(ask leap)" 3
done
kill -CONT "$upstream_pid"
check 'the time is measured anew' wait_until 30 ask_is stratum 4
check_is 'that was all' "$(grep -c 'somebody set the clock' "$kntpd_log")" 3

kntpd_stop
check_is 'ended by SIGTERM: the module is told leap 3' "$(clock leap)" 3
check_is 'and serves no device' "$(k dev | grep -c 's[01]')" 0
check_is 'the drift file is written' \
	"$(find "$lib_tmp/drift" -mmin -10)" "$lib_tmp/drift"
check_match 'its first line in ppm' "$(head -n 1 "$lib_tmp/drift")" \
	'^-?[0-9]+\.[0-9]{3}$'
check_match 'then how well it is known' "$(tail -n +2 "$lib_tmp/drift")" \
	'^kntp 1 -?[0-9]+\.[0-9]+ [0-9.]+ [0-9.e+-]+ [0-9]{10}$'

# adjtimex - the frequency that the kernel has, ppm
adjtimex()
{
	/usr/bin/python3 -c '
import ctypes

timex = (ctypes.c_long * 32)()
ctypes.CDLL(None).adjtimex(timex)
print("%.3f" % (timex[2] / 65536))'
}
kntpd_start "driftfile $lib_tmp/drift" 'tinker freq -7.25'
check 'tinker freq comes before the drift file' \
	wait_until 5 logged 'frequency -7.250 ppm .*, from tinker freq'
check 'and is what the clock gets' wait_until 5 eval "[ \$(adjtimex) = -7.250 ]"
kntpd_stop
ktap_print_msg "$(cat "$kntpd_log")"
ktap_finished
