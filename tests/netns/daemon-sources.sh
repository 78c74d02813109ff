#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Copyright (C) 2026 The kntp authors
#
# Which sources kntpd believes: servers that lie, kiss, babble or are silent,
# each on an address of its own upstream, 198.51.100.11 and up; the local clock
# of an isolated server; -q; and what its requests look like.

# shellcheck disable=SC2119,SC2317 # functions are given to check
# shellcheck source=tests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"

ask()
{
	in_ns "$client" "$KNTP_TOP/tests/lib/ask.py" "$server4" "$@"
}

# offset LIMIT - of the server's clock, beyond LIMIT only if it is so for long
offset()
{
	in_ns "$client" "$KNTP_TOP/tests/lib/ask.py" -b "$1" "$server4" offset
}

ask_is()
{
	[ "$(ask "$1")" = "$2" ]
}

logged()
{
	grep -Eq -- "$1" "$kntpd_log"
}

# up N - the address of the N-th server
up()
{
	echo "198.51.100.$((10 + $1))"
}

# servers BEHAVIOUR... - the first one on the first address, and so on
fake_pid=''
servers()
{
	local args=() n=0

	[ -z "$fake_pid" ] || stop "$fake_pid"
	for behaviour; do
		n=$((n + 1))
		args+=("$(up $n)=$behaviour")
	done
	: >"$lib_tmp/fake"
	start "$lib_tmp/fake" ip netns exec "$upstream" \
		"$KNTP_TOP/tests/lib/fakentp.py" "${args[@]}"
	fake_pid=$started
	wait_until 10 udp_bound "$upstream" 123 ||
		ktap_exit_fail_msg "no servers: $(cat "$lib_tmp/fake")"
}

# lines N [OPTIONS] - configuration lines for the first N servers
lines()
{
	local i

	for ((i = 1; i <= $1; i++)); do
		echo "server $(up $i) iburst minpoll 3 maxpoll 3 ${2:-}"
	done
}

# follow N [OPTIONS] - a fresh kntpd with the first N servers
follow()
{
	local -a conf

	mapfile -t conf < <(lines "$@")
	kntpd_stop
	: >"$kntpd_log"
	kntpd_start "${conf[@]}"
}

requests()
{
	grep -c "^$(up "$1") " "$lib_tmp/fake"
}

ktap_print_header
net_setup
for i in 1 2 3 4 5 6 7 8 9; do
	net_addr "$upstream" u0 "$(up $i)/24"
done

# A liar among three, and two against two.
servers good good offset:0.5
follow 3
check 'two good servers and a liar: synchronised' \
	wait_until 15 ask_is stratum 3
check 'the liar is named a falseticker' wait_until 15 \
	logged "warning: $(up 3) disagrees with the majority .*offset \+0\.[45]"
check_range 'and has no say' "$(offset 0.05)" -0.05 0.05
servers good good offset:0.5 offset:0.5
follow 4
check 'two against two: no majority is told' wait_until 20 \
	logged 'no majority of them agrees'
check_is 'and no time is served' "$(ask leap)" 3
ktap_print_msg "$(cat "$kntpd_log")"

# What must not be believed, next to one that must.
bad=(unsync origin zero version mode short stratum:16 rootdisp:20)
servers good "${bad[@]}"
follow 9
check 'one good server among eight that make no sense' \
	wait_until 20 ask_is stratum 3
check_is 'it is the one' "$(ask refid)" c633640b
for ((i = 0; i < 8; i++)); do
	check "a server that is '${bad[i]}' was asked" \
		wait_until 10 grep -q "^$(up $((i + 2))) " "$lib_tmp/fake"
	check_is 'and is not followed' "$(grep -c \
		"synchronised to $(up $((i + 2)))" "$kntpd_log")" 0
done
servers "refid:c6336401"
follow 1
check 'a server that follows this host is not followed' wait_until 15 \
	logged "$(up 1) follows this host"
check_is 'as that were a loop' "$(ask leap)" 3
servers twice
follow 1
check 'of two replies the first one counts' wait_until 15 ask_is stratum 3
check_range 'the second one is not heard' "$(offset 0.05)" -0.05 0.05
servers good
follow 1 noselect
check 'noselect: polled' wait_until 20 sh -c "[ \$(wc -l <$lib_tmp/fake) -ge 8 ]"
check_is 'but not followed' "$(ask leap)" 3

# Kisses.
servers deny good
follow 2
check 'DENY is told' wait_until 10 logged "$(up 1) refuses to serve.*DENY"
denied=$(requests 1)
check 'the other one is followed' wait_until 15 ask_is stratum 3
wait_until 30 sh -c "[ \$(grep -c '^$(up 2) ' $lib_tmp/fake) -ge 10 ]"
check_is 'and the first one not asked any more' "$(requests 1)" "$denied"
servers rate good
follow 2
check 'RATE is told, and obeyed' wait_until 10 logged \
	"$(up 1) asks for fewer requests.*every 64 s"
asked=$(requests 1) told=$SECONDS
wait_until 30 sh -c "[ \$(grep -c '^$(up 2) ' $lib_tmp/fake) -ge 10 ]"
check_range 'no burst goes on' "$(($(requests 1) - asked))" \
	0 $(((SECONDS - told + 1) / 64))

# What leaves this host.
check_is 'requests are 48 octets, version 4, mode 3, else nothing' \
	"$(cut -d ' ' -f 2 "$lib_tmp/fake" | cut -c 1-80 | sort -u)" \
	"2300002000000000$(printf '%064d' 0)"
check_is 'the transmit stamp never repeats' \
	"$(cut -d ' ' -f 2 "$lib_tmp/fake" | cut -c 81- | sort | uniq -d)" ''

# Silence.
servers silent
follow 1
check 'a silent server is told' wait_until 30 logged "$(up 1) does not answer"
check_is 'nothing is served for time' "$(ask leap)" 3

# The local clock.
kntpd_stop
: >"$kntpd_log"
kntpd_start 'server 127.127.1.0' 'fudge 127.127.1.0 stratum 10'
check 'an isolated server serves its local clock at once' \
	wait_until 5 ask_is stratum 11
check_is 'under its name' "$(ask refid)" 4c4f434c
check_is 'leap 0' "$(ask leap)" 0
kntpd_stop
servers good
: >"$kntpd_log"
kntpd_start 'server 127.127.1.0' 'fudge 127.127.1.0 stratum 10' \
	"$(lines 1)"
check 'with a server the local clock loses' wait_until 15 ask_is stratum 3
check_is 'and was never used' "$(grep -c 'synchronised to 127' "$kntpd_log")" 0
kntpd_stop

# -q
once()
{
	in_ns "$server" timeout 240 "$KNTP_TOP/daemon/kntpd" -n -q -c "$kntpd_conf"
}
servers good
mapfile -t conf < <(lines 1)
kntpd_conf "${conf[@]}"
check '-q sets the clock and ends' once
servers silent
check_fails '-q fails where nobody answers' once
check_match 'and says so' "$(once 2>&1)" 'no server gave a useful answer'
ktap_finished
