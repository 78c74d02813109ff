#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Copyright (C) 2026 The kntp authors
#
# What kntpd writes and reads, as an ordinary user in its sandbox: statistics
# and their links, the log, leap seconds, shared memory of a receiver, a full
# disk, another root folder; and the program that reads step-tickers.

# Functions are called by check and wait_until; kntpd_stop takes a signal.
# shellcheck disable=SC2317,SC2119

# shellcheck source=tests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"

log=$lib_tmp/log/kntpd.log
stats=$lib_tmp/stats

# No midnight comes while this runs: files have the day in their name.
if [ -n "${KNTP_VM:-}" ] && [ "$(date -u +%H)" = 23 ]; then
	date -u -s "$(date -u +%F) 12:00" >/dev/null
fi
today=$(date -u +%Y%m%d)

in_log()
{
	grep -Eq -- "$1" "$log" "$kntpd_log"
}

# logs DESCRIPTION REGEX - it is in the log within 10 s.
logs()
{
	wait_until 10 in_log "$2" && ktap_test_pass "$1" && return 0
	ktap_test_fail "$1"
	ktap_print_msg "no line like $2 in the log:"
	ktap_print_msg "$(cat "$kntpd_log" "$log")"
}

# has_line DESCRIPTION FILE REGEX - after day and second, within 15 s
has_line()
{
	local regex="^$(($(date -u +%s) / 86400 + 40587)) [0-9]{1,5}\.[0-9]{3} $3$"

	wait_until 15 grep -Eq -- "$regex" "$stats/$2" && ktap_test_pass "$1" &&
		return 0
	ktap_test_fail "$1"
	ktap_print_msg "no line like $regex in $2:"
	ktap_print_msg "$(cat "$stats/$2" 2>&1)"
}

ask()
{
	in_ns "$client" python3 "$KNTP_TOP/tests/lib/ask.py" $server4 "$@"
}

ask_is()
{
	[ "$(ask "$1")" = "$2" ]
}

# leap_list SECONDS... - a list whose leap seconds are these, since 1900
leap_list()
{
	local digits='39000000004200000000' tai=36 s

	printf '#$\t3900000000\n#@\t4200000000\n'
	for s; do
		tai=$((tai + 1))
		printf '%s\t%s\t# a leap second\n' "$s" $tai
		digits+=$s$tai
	done
	printf '#h\t%s\n' "$(printf %s "$digits" | sha1sum |
		sed -E 's/^(.{8})(.{8})(.{8})(.{8})(.{8}).*/\1 \2 \3 \4 \5/')"
}

# TAI less UTC by the kernel
tai()
{
	/usr/bin/python3 -c '
import ctypes

timex = (ctypes.c_int * 64)()
ctypes.CDLL(None).adjtimex(timex)
print(timex[40])'
}

tai_is()
{
	[ "$(tai)" -eq "$1" ]
}

ktap_print_header
net_setup
rmmod kntp 2>/dev/null
chmod 711 "$lib_tmp"
mkdir "$stats" "$lib_tmp/full" "$lib_tmp/log"
mount -t tmpfs -o size=64k tmpfs "$lib_tmp/full"
at_exit "umount '$lib_tmp/full'"
chown nobody "$stats" "$lib_tmp/full" "$lib_tmp/log"
chronyd_start "$upstream" 'local stratum 3' 'allow all'
printf '%s\n' "$upstream4 time.example" >"$lib_tmp/hosts"

# A receiver: 0.25 s ahead, in the layout of gpsd, each half second.
start /dev/null /usr/bin/python3 -c '
import ctypes, struct, time

libc = ctypes.CDLL(None)
libc.shmat.restype = ctypes.c_void_p
seg = libc.shmget(0x4e545032, 96, 0o1666)
at = libc.shmat(seg, None, 0)
count = 0
while True:
    now = time.time_ns()
    there = now + 250000000
    count += 1
    ctypes.memmove(at, struct.pack("iiqixxxxqiiiiiII32x", 1, count,
        there // 10**9, there // 1000 % 10**6,
        now // 10**9, now // 1000 % 10**6, 0, -20, 0, 1,
        there % 10**9, now % 10**9), 96)
    time.sleep(0.5)'
at_exit 'ipcrm -M 0x4e545032 2>/dev/null'

# Tomorrow, 0 h: the second before is one more.
midnight=$((($(date -u +%s) / 86400 + 1) * 86400 + 2208988800))
leap_list 3692217600 $midnight >"$lib_tmp/leap"
lines=('server time.example iburst minpoll 0 maxpoll 0'
       'server 127.127.28.2 minpoll 0 maxpoll 0 noselect'
       'fudge 127.127.28.2 flag4 1'
       "logfile $log" 'logconfig =allall')
written=('statistics loopstats peerstats clockstats'
	 'statistics rawstats protostats timingstats'
	 'filegen rawstats type none')
kntpd_conf "${lines[@]}" "statsdir $stats/" "${written[@]}" \
	"leapfile $lib_tmp/leap"
# shellcheck disable=SC2016 # its own arguments
start "$kntpd_log" ip netns exec "$server" unshare -m bash -c \
	'mount --bind "$1" /etc/hosts && shift && exec "$@"' - "$lib_tmp/hosts" \
	"$KNTP_TOP/daemon/kntpd" -n -u nobody -c "$kntpd_conf"
kntpd_pid=$started
check 'as another user, a server found by its name is followed' \
	wait_until 20 ask_is stratum 4

# ------------------------------------------------------------------ statistics
s='-?[0-9]+\.[0-9]{9}'
stamp='[0-9]{10}\.[0-9]{9}'
has_line 'loopstats' loopstats "$s -?[0-9]+\.[0-9]{3} $s [0-9]+\.[0-9]{6} 0"
has_line 'peerstats' peerstats "${upstream4//./\\.} 9[046][0-9a-f]{2} $s $s $s $s"
has_line 'rawstats' rawstats "${upstream4//./\\.} ${serverup4//./\\.} $stamp $stamp $stamp $stamp 0 4 4 3 [0-9]+ -[0-9]+ [0-9.]{8} [0-9.]{8} 127\.127\.1\.1"
has_line 'protostats of the system' protostats '0\.0\.0\.0 c016 06 restart'
has_line 'protostats of a peer' protostats "${upstream4//./\\.} 80[0-9a-f]{2} 84 reachable"
has_line 'clockstats' clockstats '127\.127\.28\.2 [0-9]+ 0 0'
has_line 'a receiver in shared memory' peerstats "127\.127\.28\.2 9[0-9a-f]{3} 0\.2(49|50)[0-9]{6} $s $s $s"
check_is 'the name is a link to the file of today' \
	"$(stat -c %i "$stats/peerstats")" "$(stat -c %i "$stats/peerstats.$today")"
check 'unless it is of type none' test ! -e "$stats/rawstats.$today"
check 'nothing to write, no file' test ! -e "$stats/timingstats"
mv "$stats/rawstats" "$stats/rawstats.old"
kill -HUP "$kntpd_pid"
has_line 'SIGHUP opens anew what was moved away' rawstats "${upstream4//./\\.} .*"

# ------------------------------------------------------------------------- log
check_match 'lines of the log have date, name and number' "$(cat "$log")" \
	"^[ 0-9]{2} [A-Z][a-z]{2} [0-9:]{8} kntpd\[$kntpd_pid\]: synchronised to $upstream4"
logs 'logconfig lets events in' 'kntpd\[[0-9]+\]: 0\.0\.0\.0 [0-9a-f]{4} 05 clock_sync'
mv "$log" "$log.1"
kill -HUP "$kntpd_pid"
check 'it is opened anew, too' wait_until 10 test -s "$log"
cat "$log.1" >>"$log"
logs 'also those of peers' "$upstream4 [0-9a-f]{4} 8a sys_peer"

# ----------------------------------------------------------------- leap second
check 'the list announces a leap second' wait_until 10 ask_is leap 1
check 'and tells the kernel of TAI' wait_until 5 tai_is 37

# --------------------------------------------------------------------- sandbox
check_match 'a filter of system calls is on' "$(cat "/proc/$kntpd_pid/status")" \
	'^Seccomp:[[:space:]]+2$'
child=$(pgrep -P "$kntpd_pid")
check_match 'in the resolver, too' "$(cat "/proc/$child/status")" \
	'^Seccomp:[[:space:]]+2$'

# ------------------------------------------------------------------- full disk
dd if=/dev/zero of="$lib_tmp/full/fill" 2>/dev/null
sed -i 's/\t3692217600\t/\t3692217601\t/; s/^3692217600/3692217601/' "$lib_tmp/leap"
kntpd_conf "${lines[@]}" "statsdir $lib_tmp/full" "${written[@]}" \
	"leapfile $lib_tmp/leap"
kill -HUP "$kntpd_pid"
logs 'a full disk is told' 'cannot write statistics to .*/rawstats: No space left on device; make room'
logs 'a wrong list is not taken' 'leap seconds from .*/leap: a leap second is not at the end of a day'
check_is 'and it serves on' "$(ask stratum)" 4
rm "$lib_tmp/full/fill"
logs 'room is found' 'statistics are written to .*/rawstats again'
check 'by a whole line' wait_until 5 grep -Eq "^[0-9]+ [0-9.]+ ${upstream4//./\\.} " "$lib_tmp/full/rawstats"
check_is 'the trouble was told once' \
	"$(grep -c 'cannot write statistics to .*/rawstats' "$log")" 1

# Without the list, no leap second is left behind in the kernel.
kntpd_conf "${lines[@]}"
kill -HUP "$kntpd_pid"
check 'without the list there is no leap second' wait_until 10 ask_is leap 0
check_is 'the sandbox was in nobody'"'"'s way' \
	"$(cat "$log" "$kntpd_log" | grep 'the sandbox refused')" ''
kntpd_stop
ktap_print_msg "$(cat "$log")"

# ------------------------------------------------------------------------ jail
mkdir -p "$lib_tmp/jail/etc" "$lib_tmp/jail/stats"
chown nobody "$lib_tmp/jail/stats"
printf '%s\n' 'server 127.127.1.0' 'statsdir /stats' 'statistics protostats' \
	>"$lib_tmp/jail/etc/ntp.conf"
: >"$kntpd_log"
start "$kntpd_log" ip netns exec "$server" "$KNTP_TOP/daemon/kntpd" -n --no-clock \
	-u nobody -i "$lib_tmp/jail" -c "$lib_tmp/jail/etc/ntp.conf"
kntpd_pid=$started
check 'in a jail it serves' wait_until 20 ask_is stratum 6
check_is 'it sees one folder' "$(readlink "/proc/$kntpd_pid/root")" "$lib_tmp/jail"
check 'and writes there' wait_until 5 test -s "$lib_tmp/jail/stats/protostats.$today"
kill -HUP "$kntpd_pid"
logs 'where it reads the configuration again' '1 of 1 time sources go on'
kntpd_stop

# ---------------------------------------------------------------- step-tickers
printf '%s\n' '# servers' "$upstream4  # the only one" 'no;name' >"$lib_tmp/tickers"
check 'step-tickers sets the clock once' bash -c "
	KNTPD=$KNTP_TOP/daemon/kntpd timeout 240 ip netns exec $server \
		$KNTP_TOP/daemon/systemd/step-tickers $lib_tmp/tickers >'$lib_tmp/ticked' 2>&1"
check_match 'by the server in the file' "$(cat "$lib_tmp/ticked")" 'clock (slewed|stepped) by'
check_match 'and tells what it left out' "$(cat "$lib_tmp/ticked")" 'no;name is neither name nor address'
echo '# none' >"$lib_tmp/tickers"
check_match 'no server, nothing to do' \
	"$("$KNTP_TOP/daemon/systemd/step-tickers" "$lib_tmp/tickers")" 'names no server'
ktap_finished
