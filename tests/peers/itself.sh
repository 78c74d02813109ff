#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Copyright (C) 2026 The kntp authors
#
# kntp between an upstream chronyd and a client, while things break: upstream
# dies, kntpd is killed, kntpd comes back. All the while the client asks ten
# times a second: every request is answered, and no answer is ever wrong.

# Functions that wait_until calls look unreachable.
# shellcheck disable=SC2317
# shellcheck source=tests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"

ask=$KNTP_TOP/build/tests/bench/ask

ktap_print_header
[ -x "$KNTP_PEERS/run/chronyd" ] ||
	ktap_skip_all "no chronyd; run: tools/dev/lab-setup peers"
net_setup
module_load "$@"
chronyd_start "$upstream" 'local stratum 3' 'allow all'
chronyd_pid=$started
conf=("server $upstream4 iburst minpoll 3 maxpoll 3")
kntpd_start "${conf[@]}"

answer()
{
	in_ns "$client" "$ask" -w 10000 "${1:-$server4}"
}

# field NAME TEXT
field()
{
	sed -n "s/.* $1=\([^ ]*\).*/\1/p" <<<"$2" | tail -n 1
}

says()
{
	answer "${2:-}" | grep -q -- "$1"
}
synced=" leap=0 .* stratum=4 refid=$upstream4 "

# ------------------------------------------------------------- it follows

check 'kntp follows: stratum of upstream plus one, its address for refid' \
	wait_until 90 says "$synced" || ktap_print_msg "$(answer; cat "$kntpd_log")"
check 'the same over IPv6' says "$synced" $server6
start "$lib_tmp/watch" ip netns exec "$client" "$ask" -q -c 100000 -i 100 \
	-w 20000 -l 0.001 $server4
watch=$started

# The clocks are one: what kntp says about its error must cover what is seen.
text=$(answer)
delay=$(field rootdelay "$text") disp=$(field rootdisp "$text")
check_range 'root delay is that of a veth, and not zero' "$delay" 0.000001 0.05
check_range 'root dispersion is small, and not zero' "$disp" 0.000001 0.5
check 'the root distance covers the error' awk -v o="$(field offset "$text")" \
	-v d="$delay" -v e="$disp" -v r="$(field delay "$text")" \
	'BEGIN { if (o < 0) o = -o; exit !(o <= d / 2 + e + r / 2) }'
module_replies()
{
	[ "$(in_ns "$server" kntp -j dev show s0 | jq '.[0].replies')" -gt 0 ]
}
check 'the module gives the answers' wait_until 10 module_replies

# --------------------------------------------------------- upstream is gone

stop "$chronyd_pid" KILL
disp_now()
{
	field rootdisp "$(answer)"
}

# grown BASE SECONDS - by 10 ppm of them at least: PHI is 15 ppm
grown()
{
	awk -v a="$1" -v b="$(disp_now)" -v s="$2" \
		'BEGIN { exit !(b >= a + s * 10e-6) }'
}
before=$(disp_now)
check 'without upstream the dispersion grows' wait_until 40 grown "$before" 20
check 'it stays synchronised meanwhile' says "$synced"

# ----------------------------------------------------------- kntpd is gone

stop "$kntpd_pid" KILL
validity=$(in_ns "$server" kntp -j clock | jq .validity_ms)
killed=$SECONDS
check 'the module answers on from what it was given' says "$synced"
check 'after the validity it says leap 3, stratum 0' \
	wait_until 300 says ' leap=3 .* stratum=0 '
ktap_print_msg "$((SECONDS - killed)) s after the kill; it was given for $validity ms"
check_is 'kntp clock says why' \
	"$(in_ns "$server" kntp -j clock | jq -r .state)" expired
check_match 'the refid of lost time names nobody' "$(answer)" ' refid=0\.0\.0\.0 | refid= '

# ------------------------------------------------------------ all come back

chronyd_start "$upstream" 'local stratum 3' 'allow all'
kntpd_run
check 'kntpd started again: the answers are right again' \
	wait_until 90 says "$synced" || ktap_print_msg "$(cat "$kntpd_log")"

stop "$watch" TERM
check_is 'no answer in all that time was wrong' \
	"$(grep -c WRONG "$lib_tmp/watch")" 0 ||
	ktap_print_msg "$(head -n 20 "$lib_tmp/watch")"
ktap_print_msg "$(tail -n 1 "$lib_tmp/watch")"
check_match 'every request was answered' "$(tail -n 1 "$lib_tmp/watch")" \
	'^asked=([1-9][0-9]*) answers=\1 '
ktap_finished
