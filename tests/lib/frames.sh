# SPDX-License-Identifier: GPL-2.0-only OR MIT
# shellcheck shell=bash
# Copyright (C) 2026 The kntp authors
#
# Frames by hand from the client to the server, for tests of the module:
#
#	. "$(dirname "$0")/../lib/frames.sh"
#	frames_setup
#	frames 'plain requests' <<-TABLE
#		v4               => reply len=48 mode=4 tos=0 ttl=64 [served]
#		cut  udplen=20   => none [drop_length]
#	TABLE
#
# What stands before => is a case of tests/lib/frames.py; what stands behind is
# what it has to say of it. Needs lib.sh.

# shellcheck disable=SC2154 # the variables of lib.sh

# frames_setup [DEVICE] - send from c0, or DEVICE of $client, to s0 of $server.
frames_setup()
{
	local pid ns

	# A process of the namespace, whose /proc/PID/net is the namespace's, once
	# it is there.
	ns=$(in_ns "$server" readlink /proc/self/ns/net)
	start /dev/null ip netns exec "$server" sleep infinity
	pid=$started
	wait_until 5 eval "[ \$(readlink /proc/$pid/ns/net) = '$ns' ]"
	[ -e "/proc/$pid/net/kntp/stats" ] ||
		ktap_exit_fail_msg "no /proc/net/kntp/stats in $server: is kntp loaded?"
	export frames_stats=/proc/$pid/net/kntp/stats
	frames_to=$server4 frames_from=$client4
	frames_mac=$(in_ns "$server" cat /sys/class/net/s0/address)
	export frames_to frames_from frames_mac
	frames_dev=${1:-c0}
}

# frames NAME - the table on standard input; a test per line.
frames()
{
	local name=$1 table said i=0 case_of wanted

	mapfile -t table < <(grep -v '^[[:space:]]*\(#.*\)\?$')
	mapfile -t said < <(printf '%s\n' "${table[@]%%=>*}" |
		in_ns "$client" /usr/bin/python3 "$KNTP_TOP/tests/lib/frames.py" \
			"$frames_dev" 2>&1)
	for case_of in "${table[@]}"; do
		wanted="${case_of%%[[:space:]]*} ${case_of##*=> }"
		check_is "$name: ${case_of%%=>*}" "${said[i]:-nothing}" "$wanted"
		i=$((i + 1))
	done
}
