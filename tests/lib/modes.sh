# SPDX-License-Identifier: GPL-2.0-only OR MIT
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # of lib.sh, and for the scripts
# Copyright (C) 2026 The kntp authors
#
# For tests of modes: a kntpd in each namespace that a script likes. They share
# one clock and leave it alone; what counts is who follows whom. After lib.sh.

declare -A pid

# run NAMESPACE LINE... - a kntpd there with these lines, and the keys
run()
{
	local ns=$1

	shift
	[ -z "${pid[$ns]:-}" ] || stop "${pid[$ns]}"
	printf '%s\n' "keys $lib_tmp/$ns.keys" 'trustedkey 4 5 6' "$@" \
		>"$lib_tmp/$ns.conf"
	: >"$lib_tmp/$ns.log"
	start "$lib_tmp/$ns.log" ip netns exec "$ns" "$KNTP_TOP/daemon/kntpd" \
		-n --no-clock -c "$lib_tmp/$ns.conf"
	pid[$ns]=$started
	wait_until 10 udp_bound "$ns" 123 || {
		show "$ns"
		ktap_exit_fail_msg "kntpd did not come up in $ns"
	}
}

# end NAMESPACE... - no kntpd there any more
end()
{
	local ns

	for ns; do
		[ -z "${pid[$ns]:-}" ] || stop "${pid[$ns]}"
		pid[$ns]=
	done
}

show()
{
	local ns

	for ns; do
		ktap_print_msg "$ns: $(cat "$lib_tmp/$ns.log")"
	done
}

# says NAMESPACE FIELD VALUE [FIELD VALUE] - what its kntpd answers itself
says()
{
	[ "$(in_ns "$1" "$KNTP_TOP/tests/lib/ask.py" 127.0.0.1 "$2" ${4:+"$4"} |
		xargs)" = "$3${5:+ $5}" ]
}

# logged NAMESPACE EXTENDED-REGEX
logged()
{
	grep -Eq -- "$2" "$lib_tmp/$1.log"
}

# follows NAMESPACE STRATUM REFID - within some seconds
follows()
{
	wait_until "${4:-8}" says "$1" stratum "$2" refid "$3"
}

# unsynchronised NAMESPACE - it runs, and has no time
unsynchronised()
{
	says "$1" leap 3
}

clock=('server 127.127.1.0 prefer' 'fudge 127.127.1.0 stratum 3')
quick='minpoll -2 maxpoll 0'
refid_server=c0000201 refid_client=c0000202

# keys NAMESPACE SECRET - the same ids everywhere, not always the same keys
keys()
{
	printf '%s\n' "4 MD5 $2" "5 SHA1 $2" \
		"6 AES128CMAC $(printf '%s' "$2" | md5sum | cut -c 1-32)" \
		>"$lib_tmp/$1.keys"
	chmod 600 "$lib_tmp/$1.keys"
}
