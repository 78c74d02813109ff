#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Copyright (C) 2026 The kntp authors
#
# The packet vectors (tests/vectors/README) from the client to the server: to
# the module on each hook, with and without a clock, to kntpd alone, and to both
# together. Replies and silence, and what the module counted.
#
#	client c0 192.0.2.2/24 ------- s0 192.0.2.1/24 server
#	          2001:db8:1::2/64        2001:db8:1::1/64

# Functions are given to check, which shellcheck does not see.
# shellcheck source=tests/lib/lib.sh disable=SC2119,SC2317
. "$(dirname "$0")/../lib/lib.sh"

runner=$KNTP_TOP/build/tests/vectors/run_vectors
keys=$KNTP_TOP/tests/vectors/keys trusted='4 11 12 13 14 20'

k()
{
	in_ns "$server" kntp "$@"
}

# vectors ADDRESS SERVER - all of them; the output is in $lib_tmp/vectors
vectors()
{
	in_ns "$client" "$runner" udp "$1" -s "$2" \
		-k "$keys" "$KNTP_TOP"/tests/vectors/*.{pkt,seq} \
		>"$lib_tmp/vectors" && return
	grep -v '^ok' "$lib_tmp/vectors"
	return 1
}

# "reason number" lines, those of 0 left out, in the order of names
module_counts()
{
	k -j stats | jq -r '.reasons | to_entries[] |
		select(.value > 0) | "\(.key) \(.value)"' | sort
}

runner_counts()
{
	sed -n 's/^# counted //p' "$lib_tmp/vectors" | sort
}

# test_module WHAT ADDRESS - also compares the counters
test_module()
{
	k stats reset
	vectors "$2" module >/dev/null
	check "$1: $2" grep_failed
	check_is "$1: $2: what it counted" "$(module_counts)" "$(runner_counts)"
}

# Of the last run: says what failed and fails, or says nothing.
grep_failed()
{
	! grep -A2 -E '^not ok|^Bail' "$lib_tmp/vectors" &&
		grep -q '^1\.\.[1-9]' "$lib_tmp/vectors"
}

says_leap0()
{
	[ "$(in_ns "$client" "$KNTP_TOP/tests/lib/ask.py" "$server4" leap)" = 0 ]
}

ktap_print_header
[ -x "$runner" ] || ktap_exit_fail_msg "no $runner; make it: make test-programs"
net_setup
module_load
at_exit 'rmmod kntp 2>/dev/null'

# --------------------------------------------------------------- module alone
k dev add s0 || ktap_exit_fail_msg 's0 cannot be served'
check_is 'the module takes the keys' "$(in_ns "$server" \
	"$KNTP_TOP/tests/lib/setkntp.py" "keys $keys $trusted")" ok
test_module 'module without a clock' $server4
check 'its clock was not' grep -q 'not a synchronised clock' "$lib_tmp/vectors"
k clock set leap 0 stratum 2 refid 198.51.100.2 validity 1h ||
	ktap_exit_fail_msg 'the clock cannot be set'
for hook in ingress routed input; do
	k dev set s0 hook $hook
	test_module "module, $hook" $server4
	test_module "module, $hook" $server6
done
check 'its clock was' grep -q ' a synchronised clock' "$lib_tmp/vectors"
rmmod kntp

# ---------------------------------------------------------------- kntpd alone
if [ -x "$KNTP_TOP/daemon/kntpd" ]; then
	kntpd_start 'server 127.127.1.0' 'fudge 127.127.1.0 stratum 5' \
		"keys $keys" "trustedkey $trusted"
	# All replies have to be of one clock.
	check 'kntpd has its own clock' wait_until 10 \
		says_leap0
	check "kntpd alone: $server4" vectors $server4 daemon
	check "kntpd alone: $server6" vectors $server6 daemon
	# ------------------------------------------------------------------- both
	modprobe kntp
	check 'kntpd has the module serve s0' wait_until 20 \
		eval "k -j dev | jq -e '.[] | select(.ifname == \"s0\")'"
	check "kntpd and the module: $server4" vectors $server4 daemon
	check "kntpd and the module: $server6" vectors $server6 daemon
	check_match 'the module answered' "$(module_counts)" '^served'
	kntpd_stop
else
	ktap_test_skip 'kntpd' 'it is not built'
fi
ktap_finished
