#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Copyright (C) 2026 The kntp authors
#
# Servers by name: one name of two addresses, the first one dead; a pool of six
# with two bad ones; a name that only comes to be later. The names stand in the
# namespace's own /etc/hosts.

# shellcheck disable=SC2119,SC2317 # functions are given to check
# shellcheck source=tests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"

ask_is()
{
	[ "$(in_ns "$client" "$KNTP_TOP/tests/lib/ask.py" "$server4" "$1")" = "$2" ]
}

logged()
{
	grep -Eq -- "$1" "$kntpd_log"
}

# names LINE... - the whole of the server's /etc/hosts
names()
{
	printf '%s\n' "$@" >"/etc/netns/$server/hosts"
}

# polled N - at least so many different addresses were asked
polled()
{
	[ "$(cut -d ' ' -f 1 "$lib_tmp/fake" | sort -u | wc -l)" -ge "$1" ]
}

ktap_print_header
mkdir -p "/etc/netns/$server"
at_exit "rm -rf /etc/netns/$server"
names '127.0.0.1 localhost'
echo 'hosts: files' >"/etc/netns/$server/nsswitch.conf"
net_setup
for i in 11 12 13 14 15 16; do
	net_addr "$upstream" u0 "198.51.100.$i/24"
done
start "$lib_tmp/fake" ip netns exec "$upstream" "$KNTP_TOP/tests/lib/fakentp.py" \
	198.51.100.11=silent 198.51.100.12=good 198.51.100.13=deny \
	198.51.100.14=good 198.51.100.15=good 198.51.100.16=good
wait_until 10 udp_bound "$upstream" 123 ||
	ktap_exit_fail_msg "no servers: $(cat "$lib_tmp/fake")"

names '198.51.100.11 two.example' '198.51.100.12 two.example'
kntpd_start 'server two.example iburst minpoll 3 maxpoll 3'
check 'the first address is silent: the second one is followed' \
	wait_until 90 ask_is refid c633640c
check 'the log names both' wait_until 5 logged 'two.example: using 198.51.100.12'
kntpd_stop

: >"$lib_tmp/fake"
: >"$kntpd_log"
names '198.51.100.13 six.example' '198.51.100.12 six.example' \
	'198.51.100.14 six.example' '198.51.100.15 six.example' \
	'198.51.100.16 six.example'
kntpd_start 'pool six.example iburst minpoll 3 maxpoll 3'
check 'a pool is followed' wait_until 30 ask_is stratum 3
check 'four of it are asked, one refuses and is replaced' \
	wait_until 30 polled 5
wait_until 10 logged 'refuses to serve'
check_is 'and it is told' "$(grep -c 'refuses to serve' "$kntpd_log")" 1
kntpd_stop

: >"$kntpd_log"
kntpd_start 'server later.example iburst minpoll 3 maxpoll 3'
check 'a name without address is told' wait_until 10 logged \
	'warning: later.example: '
check_is 'the daemon serves no time meanwhile' \
	"$(in_ns "$client" "$KNTP_TOP/tests/lib/ask.py" "$server4" leap)" 3
names '198.51.100.14 later.example'
check 'it is asked for again' wait_until 60 ask_is refid c633640e
ktap_print_msg "$(cat "$kntpd_log")"
ktap_finished
