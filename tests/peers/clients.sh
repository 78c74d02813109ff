#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Copyright (C) 2026 The kntp authors
#
# Other people's clients follow kntp: the module answers, kntpd has its own
# clock for source. Each client in turn sees the right stratum and an offset
# below a millisecond, over IPv4 and IPv6; none moves the clock but the last.

# The functions of clients are called by made-up names.
# shellcheck disable=SC2317
# shellcheck source=tests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"

ask=$KNTP_TOP/build/tests/bench/ask
stratum=4	# of the server: one more than its source's
limit=0.001	# largest offset, seconds

ktap_print_header
[ -x "$KNTP_PEERS/run/chronyd" ] ||
	ktap_skip_all "no peers; run: tools/dev/lab-setup peers"
net_setup
module_load "$@"
kntpd_start 'server 127.127.1.0' 'fudge 127.127.1.0 stratum 3'

is_served()
{
	in_ns "$client" "$ask" -w 5000 "$1" | grep -q " leap=0 .* stratum=$stratum "
}
for addr in $server4 $server6; do
	check "the server is synchronised, seen at $addr" \
		wait_until 60 is_served "$addr"
done

module_replies()
{
	in_ns "$server" kntp -j dev show s0 | grep -o '"replies": *[0-9]*' |
		grep -o '[0-9]*$'
}

# What a client's reading function leaves: stratum, offset, and all it said.
got_stratum='' got_offset='' got_text=''

# judge CLIENT ADDRESS READ - the guest may be stopped while a packet is on its
# way, and single exchanges are as late as that: one of 15 readings is good.
# READ waits for an exchange that the reading before did not have.
judge()
{
	local try

	for try in {1..15}; do
		"$3" "$2"
		awk -v o="$got_offset" -v l="$limit" \
			'BEGIN { exit !(o != "" && o <= l && o >= -l) }' && break
		ktap_print_msg "reading $try of $1 at $2: ${got_offset:-none}"
	done
	check_is "$1 at $2 sees stratum $stratum" "$got_stratum" $stratum ||
		ktap_print_msg "$got_text"
	check_range "$1 at $2 sees an offset below 1 ms" "$got_offset" \
		"-$limit" "$limit"
}

chronyd_follows()
{
	chronyc "$client" tracking | grep -q ",$((stratum + 1)),"
}

# chronyd_selects ADDRESS - as its one source
chronyd_selects()
{
	chronyc "$client" sources | grep -q "^\\^,\\*,$1,"
}

chronyd_seen=''	# its count of good replies at the last reading

chronyd_has_more()
{
	local n

	n=$(peer chronyc -n -h "$lib_tmp/chrony-$client/sock" ntpdata "$1" |
		sed -n 's/^Total good RX *: *//p')
	[ -n "$n" ] && [ "$n" != "$chronyd_seen" ] && chronyd_seen=$n
}

# chronyd_selects ADDRESS - as its one source
chronyd_selects()
{
	chronyc "$client" sources | grep -q "^\\^,\\*,$1,"
}

# mode, state, name, stratum, poll, reach, age, adjusted offset, ...
read_chronyd()
{
	wait_until 20 chronyd_has_more "$1"
	got_text=$(chronyc "$client" sources)
	got_stratum=$(cut -d , -f 4 <<<"$got_text")
	got_offset=$(cut -d , -f 8 <<<"$got_text")
}

try_chronyd()
{
	chronyd_start "$client" "server $1 iburst minpoll 0 maxpoll 2"
	check "chronyd at $1 synchronises" wait_until 30 chronyd_follows
	judge chronyd "$1" read_chronyd
	check "chronyd at $1 selects the server" wait_until 20 chronyd_selects "$1"
	stop "$started"
}

read_ntpdig()
{
	got_text=$(in_ns "$client" "$KNTP_PEERS/run/ntpdig" -j -t 20 "$1" 2>&1)
	got_stratum=$(sed -n 's/.*"stratum":\([0-9]*\).*/\1/p' <<<"$got_text")
	got_offset=$(sed -n 's/.*"offset":\([-+0-9.e]*\).*/\1/p' <<<"$got_text")
}

try_ntpdig()
{
	judge ntpdig "$1" read_ntpdig
}

read_busybox()
{
	local line

	got_text=$(in_ns "$client" timeout 120 "$KNTP_PEERS/run/busybox" ntpd \
		-n -q -w -ddd -p "$1" 2>&1)
	line=$(grep 'reply from .*strat:' <<<"$got_text" | tail -n 1)
	got_stratum=$(sed -n 's/.* strat:\([0-9]*\).*/\1/p' <<<"$line")
	got_offset=$(sed -n 's/.* offset:\([-+0-9.]*\).*/\1/p' <<<"$line")
}

try_busybox()
{
	judge 'busybox ntpd' "$1" read_busybox
}

ntpsec_stats=$lib_tmp/ntpsec
ntpsec_seen=0	# lines of peerstats at the last reading

# day, second, address, status (second digit 6 or e: selected), offset, ...
ntpsec_selects()
{
	tail -n 1 "$ntpsec_stats/peerstats" | grep -q "^[^ ]* [^ ]* $1 .[6e]"
}

ntpsec_has_more()
{
	[ "$(wc -l <"$ntpsec_stats/peerstats")" -gt "$ntpsec_seen" ] &&
		ntpsec_selects "$1"
}

# The stratum is one less than its own: as long as it may not move the clock it
# calls itself unsynchronised, but it follows.
read_ntpsec()
{
	wait_until 20 ntpsec_has_more "$1"
	ntpsec_seen=$(wc -l <"$ntpsec_stats/peerstats")
	got_text=$(in_ns "$client" "$ask" 127.0.0.1; cat "$ntpsec_stats/peerstats")
	got_stratum=$(sed -n 's/.* stratum=\([0-9]*\) .*/\1/p' <<<"$got_text")
	got_stratum=$((${got_stratum:-0} - 1))
	got_offset=$(tail -n 1 "$ntpsec_stats/peerstats" | cut -d ' ' -f 5)
}

try_ntpsec()
{
	mkdir -p "$ntpsec_stats"
	: >"$ntpsec_stats/peerstats"
	ntpsec_seen=0
	printf '%s\n' "server $1 iburst minpoll 3 maxpoll 3" 'disable ntp' \
		"statsdir $ntpsec_stats/" 'statistics peerstats' \
		'filegen peerstats file peerstats type none enable' \
		>"$lib_tmp/ntpsec.conf"
	start "$lib_tmp/ntpsec.log" ip netns exec "$client" \
		"$KNTP_PEERS/run/ntpd" -n -c "$lib_tmp/ntpsec.conf"
	check "ntpd at $1 selects the server" wait_until 60 ntpsec_selects "$1" ||
		ktap_print_msg "$(tail -n 20 "$lib_tmp/ntpsec.log")"
	judge ntpd "$1" read_ntpsec
	stop "$started"
}

timesyncd_log=$lib_tmp/timesyncd.log

# Without systemd and D-Bus it runs all the same, if its user exists.
timesyncd_prepare()
{
	local dirs=(/run/systemd/timesync /var/lib/systemd/timesync)

	grep -q '^systemd-timesync:' /etc/passwd ||
		echo 'systemd-timesync:x:987:987::/:/usr/sbin/nologin' >>/etc/passwd
	grep -q '^systemd-timesync:' /etc/group ||
		echo 'systemd-timesync:x:987:' >>/etc/group
	mkdir -p /etc/systemd "${dirs[@]}"
	chown systemd-timesync: "${dirs[@]}"
	printf '[Time]\nNTP=%s\nFallbackNTP=\n' "$1" >/etc/systemd/timesyncd.conf
}

read_timesyncd()
{
	rm -f /run/systemd/timesync/*
	: >"$timesyncd_log"
	SYSTEMD_LOG_LEVEL=debug SYSTEMD_LOG_TARGET=console start "$timesyncd_log" \
		ip netns exec "$client" "$KNTP_PEERS/run/systemd-timesyncd"
	wait_until 30 grep -q 'Initial clock synchronization' "$timesyncd_log"
	stop "$started"
	got_text=$(cat "$timesyncd_log")
	got_stratum=$(sed -n 's/.* stratum *: \([0-9]*\).*/\1/p' <<<"$got_text" | head -n 1)
	got_offset=$(sed -n 's/.* offset *: \([-+0-9.]*\) sec.*/\1/p' <<<"$got_text" | head -n 1)
}

try_timesyncd()
{
	timesyncd_prepare "$1"
	judge timesyncd "$1" read_timesyncd
	check "timesyncd at $1 follows the server" \
		grep -q '^Initial clock synchronization' "$timesyncd_log"
}

before=$(module_replies)
for try in chronyd ntpdig busybox ntpsec; do
	try_$try $server4
	try_$try $server6
done
if [ -n "${KNTP_VM:-}" ]; then
	try_timesyncd $server4
	try_timesyncd $server6
else
	ktap_test_skip timesyncd 'it moves the clock: in a guest only'
fi
check 'the module has given the answers' test "$(module_replies)" -ge $((before + 20))
ktap_finished
