#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Copyright (C) 2026 The kntp authors
#
# kntpd as a client in interleaved mode: of a chronyd that interleaves, that
# starts anew, and that does not keep stamps.

# shellcheck disable=SC2119,SC2317 # functions are given to check
# shellcheck source=tests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=tests/lib/modes.sh
. "$(dirname "$0")/../lib/modes.sh"

# chrony LINE... - a chronyd in $client, instead of the one before
chrony_pid=''
chrony()
{
	[ -z "$chrony_pid" ] || stop "$chrony_pid"
	rm -rf "$lib_tmp/chrony-$client"
	chronyd_start "$client" 'local stratum 3' 'allow all' "$@"
	chrony_pid=$started
}

# ask OPTION... - follow it; replies and samples go to files
stats=("statsdir $lib_tmp/" 'statistics peerstats rawstats'
	'filegen peerstats file samples type none enable'
	'filegen rawstats file replies type none enable')
ask()
{
	rm -f "$lib_tmp/samples" "$lib_tmp/replies"
	run "$server" "${stats[@]}" "server $client4 minpoll -3 maxpoll -3 $*"
}

lines()
{
	if [ -e "$1" ]; then wc -l <"$1"; else echo 0; fi
}

# has N FILE - at least N lines
has()
{
	[ "$(lines "$2")" -ge "$1" ]
}

# Fields 6 and 7: receive and transmit stamp. An interleaved reply says when the
# one before it left.
interleaved()
{
	awk '$7 < $6 { n++ } END { print n + 0 }' "$lib_tmp/replies"
}

# witness - what the server counted as interleaved
witness()
{
	chronyc "$client" serverstats | cut -d , -f 9
}

# most PART WHOLE - all but one in ten
most()
{
	[ "$(($1 * 10))" -ge "$(($2 * 9))" ]
}

ktap_print_header
net_setup
keys "$server" together
# In a guest beside the module, which has to leave these packets alone.
[ -z "${KNTP_VM:-}" ] || module_load

chrony
ask xleave
check 'a chronyd is followed' follows "$server" 4 $refid_client 12 ||
	show "$server"
check 'interleaved, which is told' logged "$server" "$client4: interleaved"
check 'a hundred samples' wait_until 30 has 100 "$lib_tmp/samples"
replies=$(lines "$lib_tmp/replies")
check "most of $replies replies are interleaved ($(interleaved))" \
	most "$(interleaved)" "$replies"
check "the server says so, too ($(witness))" most "$(witness)" "$replies"
check 'most replies make a sample' most "$(lines "$lib_tmp/samples")" "$replies"
check_fails 'none of them contradicts itself' logged "$server" 'dropped'

# remembers N - so many of its replies were interleaved
remembers()
{
	[ "$(witness)" -ge "$1" ]
}

chrony
samples=$(lines "$lib_tmp/samples")
check 'it starts anew: still samples' \
	wait_until 12 has $((samples + 20)) "$lib_tmp/samples"
check 'and interleaved again' wait_until 8 remembers 20

chrony noclientlog
ask xleave
check 'one without a memory is followed' \
	follows "$server" 4 $refid_client 12 || show "$server"
check 'for each reply a sample' wait_until 8 has 20 "$lib_tmp/samples"
check_is 'which are basic' "$(interleaved)" 0
check_fails 'and none is dropped' logged "$server" 'dropped'

# A new one, of which nobody has asked for it before.
end "$server"
chrony
ask
check 'without xleave it is followed, too' \
	follows "$server" 4 $refid_client 12 || show "$server"
check_is 'by basic requests' "$(interleaved) $(witness)" '0 0'
end "$server"
ktap_finished
