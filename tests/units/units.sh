#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Copyright (C) 2026 The kntp authors
#
# What make install gives to systemd, under systemd: tests/vm/run -s. The guest's
# own clock is set; nothing else may run here.
#
#	this machine l0 198.51.100.1/24 ------ u0 198.51.100.2 right
#	                                          198.51.100.3 an hour ahead

# Functions are given to check, which shellcheck does not see.
# shellcheck source=tests/lib/lib.sh disable=SC2317
. "$(dirname "$0")/../lib/lib.sh"

[ -d /run/systemd/system ] ||
	ktap_skip_all 'systemd is not process 1 here; run: make check-units'
root=$KNTP_TOP/build/root
[ -x "$root/usr/sbin/kntpd" ] ||
	ktap_exit_fail_msg "nothing is installed in $root; run: make check-units"
[ -e /lib/systemd/system/systemd-timesyncd.service ] ||
	ktap_skip_all 'no systemd-timesyncd; run: apt-get install systemd-timesyncd'

# of PROPERTY [UNIT]
of()
{
	systemctl show -P "$1" "${2:-kntpd}"
}

# state [UNIT]
state()
{
	systemctl is-active "${1:-kntpd}"
}

is_state()
{
	[ "$(state "$1")" = "$2" ]
}

journal()
{
	journalctl -q -o cat -u kntpd -u kntp-step-tickers --no-pager "$@"
}

# comes DESCRIPTION SECONDS COMMAND... - it succeeds in time.
comes()
{
	wait_until "$2" "${@:3}" && ktap_test_pass "$1" && return 0
	ktap_test_fail "$1"
	ktap_print_msg "not in time: ${*:3}"
	ktap_print_msg "$(journal -n 30)"
	ktap_print_msg "$(tail -n 30 /var/log/ntp.log)"
	return 1
}

# logs DESCRIPTION TEXT
logs()
{
	comes "$1" 15 grep -qF -- "$2" /var/log/ntp.log
}

# in_unit COMMAND... - in its mount namespace, as its user, with its rights.
in_unit()
{
	nsenter -t "$(of MainPID)" -m setpriv --reuid ntp --regid ntp \
		--clear-groups "$@"
}

# conf LINE...
conf()
{
	printf '%s\n' 'driftfile /var/lib/ntp/drift' 'logfile /var/log/ntp.log' \
		"$@" >/etc/ntp.conf
}

is_synchronised()
{
	timedatectl show | grep -qx NTPSynchronized=yes
}

# ------------------------------------------------------------------ preparation
netns_add "$upstream"
ip link add l0 type veth peer name u0 netns "$upstream"
ip addr add 198.51.100.1/24 dev l0
ip link set l0 up
ip -n "$upstream" addr add $upstream4/24 dev u0
ip -n "$upstream" addr add 198.51.100.3/24 dev u0
ip -n "$upstream" link set u0 up
wait_until 10 ping -c 1 -W 2 $upstream4
start "$lib_tmp/fake" ip netns exec "$upstream" \
	python3 "$KNTP_TOP/tests/lib/fakentp.py" \
	$upstream4=good 198.51.100.3=offset:3600

cp -a --no-preserve=ownership "$root/usr/." /usr/
systemd-sysusers kntp.conf 2>/dev/null
systemd-tmpfiles --create kntp.conf
conf "server $upstream4 iburst minpoll 3"
mkdir -p /etc/ntp /run/systemd/system/kntpd.service.d
echo 198.51.100.3 >/etc/ntp/step-tickers
echo 'OPTIONS="-g -u ntp:ntp -p /run/ntpd.pid"' >/etc/default/kntpd
# The rest of a usual boot has nothing to do with time.
systemctl -q mask --runtime getty.target systemd-logind.service
cat >/run/systemd/system/chrony.service <<'UNIT'
[Service]
ExecStart=/bin/sleep 1000
UNIT

ktap_print_header
check_is 'systemd-analyze has nothing to say against the units' \
	"$(systemd-analyze verify --man=no kntpd.service \
		kntp-step-tickers.service 2>&1 | grep kntp)" ''

# ------------------------------------------------------------------------- boot
systemctl daemon-reload
systemctl start systemd-timesyncd
comes 'another daemon runs' 15 is_state systemd-timesyncd active
systemctl -q enable kntpd kntp-step-tickers
before=$(date +%s)
check 'what is enabled starts with the system' systemctl start multi-user.target
comes 'the daemon is up' 30 is_state kntpd active
check_is 'systemd-timesyncd is not' "$(state systemd-timesyncd)" inactive
check_is 'the step before it succeeded' "$(of Result kntp-step-tickers)" success
check_range 'and moved the clock by an hour' $(($(date +%s) - before)) 3600 4200
check 'before the daemon started' test \
	"$(of ExecMainExitTimestampMonotonic kntp-step-tickers)" -lt \
	"$(of ExecMainStartTimestampMonotonic)"
check 'which was ready before time-sync.target' test \
	"$(of ActiveEnterTimestampMonotonic)" -le \
	"$(of ActiveEnterTimestampMonotonic time-sync.target)"
check 'the module is loaded' grep -q '^kntp ' /proc/modules
logs 'it follows its server' "synchronised to $upstream4"
comes 'timedatectl shows that the clock is right' 30 is_synchronised
check_match 'systemctl status tells what it follows' "$(of StatusText)" 'stratum 3'

# ---------------------------------------------------------------------- sandbox
pid=$(of MainPID)
status=$(cat "/proc/$pid/status")
check_match 'it is the user ntp' "$status" "^Uid:[[:space:]]+$(id -u ntp)[[:space:]]"
check_match 'with three capabilities' "$status" '^CapPrm:[[:space:]]+0000000002001400$'
check_match 'and none to be had' "$status" '^CapBnd:[[:space:]]+0000000002001400$'
check_match 'and no new privileges' "$status" '^NoNewPrivs:[[:space:]]+1$'
# The unit's filters, and its own.
filters=$(awk '/^Seccomp_filters:/ { print $2 }' <<<"$status")
check_range 'system calls are filtered' "$filters" 2 99
ktap_print_msg "$filters filters"
check_is 'without any refusal' "$(journal |
	grep -E 'sandbox|confine|not permitted|denied')" ''
check_fails 'the system is read-only' in_unit touch /usr/lib/x /etc/x
check 'its folders are not' in_unit touch /var/lib/ntp/x /var/log/ntpstats/x
check_fails 'nobody is at home' in_unit ls /root/.
check_fails 'it does not see other processes' in_unit test -e /proc/1
check 'the pid file names it' grep -qx "$pid" /run/ntpd.pid
check 'the log file is its own' test "$(stat -c %U /var/log/ntp.log)" = ntp

# ----------------------------------------------------------------------- reload
conf "server $upstream4 iburst minpoll 3" 'server 198.51.100.9'
check 'systemctl reload succeeds' systemctl reload kntpd
logs 'and the new file is taken' \
	'1 of 2 time sources go on as they are, 1 start'
conf "server $upstream4 iburst minpoll 3"
# As logrotate does.
mv /var/log/ntp.log /var/log/ntp.log.1
install -o ntp -g ntp -m 644 /dev/null /var/log/ntp.log
check 'again' systemctl reload kntpd
logs 'with another log file' '1 of 1 time sources go on'
check_is 'by the same process' "$(of MainPID)" "$pid"
check_is 'which is active' "$(state)" active

# --------------------------------------------------------------------- watchdog
# Its own 60 s would do, too, but a test shall be short.
printf '[Service]\nWatchdogSec=8\n' >/run/systemd/system/kntpd.service.d/dog.conf
systemctl daemon-reload
check 'it restarts' systemctl restart kntpd
pid=$(of MainPID)
since=$(of WatchdogTimestampMonotonic)
fed()
{
	[ "$(of WatchdogTimestampMonotonic)" -ge $((since + 9000000)) ]
}
comes 'the watchdog is fed for longer than it waits' 15 fed
check_is 'by one process' "$(of MainPID)" "$pid"
kill -STOP "$pid"
restarted()
{
	[ "$(of MainPID)" != "$pid" ] && is_state kntpd active
}
comes 'one that was stopped is killed, and started anew' 30 restarted
check_match 'after the watchdog ran out' "$(of NRestarts)" '^[1-9]'

# ------------------------------------------------------------- end, timedatectl
check 'timedatectl ends it' timedatectl set-ntp false
comes 'at once' 15 is_state kntpd inactive
check_is 'and for good' "$(systemctl is-enabled kntpd)" disabled
check_is 'with status 0' "$(of Result)" success
check_is 'the module tells that nobody sets the clock' \
	"$(kntp -j clock | jq -r .leap)" 3
check_is 'and serves no device' "$(kntp -j dev)" '[]'
check 'the pid file is not' test ! -s /run/ntpd.pid
systemctl start systemd-timesyncd
check 'timedatectl starts it' timedatectl set-ntp true
comes 'at once' 30 is_state kntpd active
check_is 'and for each boot' "$(systemctl is-enabled kntpd)" enabled
check_is 'not systemd-timesyncd' "$(state systemd-timesyncd)" inactive
check 'timedatectl names it' bash -c \
	'timedatectl show | grep -qx NTP=yes && timedatectl | grep "NTP service: active"'
comes 'and the clock is right' 30 is_synchronised
systemctl start chrony
comes 'it ends when another one starts' 15 is_state kntpd inactive
check 'or ends that' systemctl start kntpd
check_is 'which is gone' "$(state chrony)" inactive

# A wrong file is no reason to try again and again.
echo 'servr 198.51.100.2' >/etc/ntp.conf
check_fails 'a wrong file does not start' systemctl restart kntpd
check_is 'and is not tried again' "$(of NRestarts)/$(state)" 0/failed
check_match 'the journal says why' \
	"$(journal -n 20)" 'did you mean "server"'

ktap_print_msg "$(systemd-analyze security kntpd.service | tail -1)"
ktap_finished
