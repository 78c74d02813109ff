#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Copyright (C) 2026 The kntp authors
#
# kntpd's command line and -t: what it says, and its exit status. Starts no
# daemon and needs no privilege.

# Functions are called by check and wait_until.
# shellcheck disable=SC2317

# shellcheck source=tests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"

kntpd=$KNTP_TOP/daemon/kntpd
conf=$lib_tmp/ntp.conf

# says STATUS REGEX ARGUMENT... - kntpd ends with this status and says this.
says()
{
	local status=$1 regex=$2 out rc=0

	shift 2
	out=$(timeout 10 "$kntpd" "$@" 2>&1 </dev/null) || rc=$?
	[ "$rc" -eq "$status" ] && grep -Eq -- "$regex" <<<"$out" && return 0
	printf 'status %s, expected %s and %s\n%s\n' "$rc" "$status" "$regex" "$out"
	return 1
}

ktap_print_header

check 'help teaches and ends with 0' says 0 'A first configuration' --help
check 'so does -h' says 0 '^Usage: kntpd' -h
check 'the version' says 0 '^kntpd [0-9]+\.[0-9]' -V
check 'an unknown option is wrong usage' says 2 'Try: kntpd --help' --frobnicate
check 'a stray word is wrong usage' says 2 'ntp.example: what is this' ntp.example
check 'a number that is none' says 2 'give a number from 0 to 9' -D lots
check 'a jail is refused' says 2 'there is no jail' -i /var

printf '%s\n' 'driftfile /var/lib/ntp/drift' 'server 192.0.2.7 iburst prefer' \
	'pool pool.example minpoll 4 maxpoll 4' 'server 127.127.1.0' \
	'fudge 127.127.1.0 stratum 10' 'interface ignore eth1' >"$conf"
check 'a right file ends with 0' says 0 "^$conf is right, and means" -t -c "$conf"
check 'and is told: the server' \
	says 0 'server +192\.0\.2\.7, every 64 to 1024 s, fast at the start, preferred$' -t -c "$conf"
check 'and is told: the pool' says 0 'pool +pool\.example, every 16 s$' -t -c "$conf"
check 'and is told: what others see of the local clock' \
	says 0 'local clock +127\.127\.1\.0, at stratum 10; others see 11' -t -c "$conf"
check 'and is told: where it is served' says 0 'not on +interface eth1' -t -c "$conf"
check 'and is told: the drift file' says 0 'drift file +/var/lib/ntp/drift' -t -c "$conf"
check '-f has the last word' says 0 'drift file +/tmp/d' -t -c "$conf" -f /tmp/d
check '-I has the last word' says 0 'serve on +interface eth7' -t -c "$conf" -I eth7
check 'an interface that is none is refused' \
	says 3 "command line: error: -I 1.2.3.4/77 is neither" -t -c "$conf" -I 1.2.3.4/77
check 'all options of ntpd are known' \
	says 0 'is right' -t -c "$conf" -4 -6 -a -A -b -d -D 1 -f f -g -G -I eth0 \
	-k k -l l -L -n -N -p p -P 1 -q -r 0.1 -s s -u u -U 5 -w 5 -x

printf '%s\n' '# comment' 'server 192.0.2.7 iburst mimpoll 3' \
	'restrict default nomodfy' >"$conf"
check 'a wrong line: file, line, column, word, remedy' \
	says 3 "^$conf:2:25: error: \"mimpoll\" is no option of server; did you mean \"minpoll\"\?" \
	-t -c "$conf"
check 'and the next one in the same run' \
	says 3 "^$conf:3:18: error: \"nomodfy\" .* did you mean \"nomodify\"\?" -t -c "$conf"
check 'the daemon does not start with it' says 3 'is refused; correct it' -n -c "$conf"
check 'nor in the background' says 3 'is refused; correct it' -c "$conf"
check 'a file that is not there' \
	says 3 "$lib_tmp/none: error: .*No such file or directory; create it" -t -c "$lib_tmp/none"
check 'a folder' says 3 'Is a directory; name a file' -t -c "$lib_tmp"
printf 'server 192.0.2.7\0\n' >"$conf"
check 'a binary file' says 3 ':1:17: error: there is a control character' -t -c "$conf"

printf '%s\n' 'server 192.0.2.7' 'restrict default' >"$conf"
check 'what is not applied yet is said' \
	says 0 '1 restrict line is accepted, but not applied yet' -t -c "$conf"
chmod 0 "$conf"
if [ "$(id -u)" = 0 ]; then
	# The tree may lie where only root gets to.
	chmod 711 "$lib_tmp"
	cp "$kntpd" "$lib_tmp/kntpd"
	check 'a file that may not be read' \
		setpriv --reuid 65534 --clear-groups bash -c "
			'$lib_tmp/kntpd' -t -c '$conf' 2>&1 | grep -q 'Permission denied; make it readable'"
else
	check 'a file that may not be read' \
		says 3 'Permission denied; make it readable' -t -c "$conf"
fi

ktap_finished
