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
	out=$(timeout 60 "$kntpd" "$@" 2>&1 </dev/null) || rc=$?
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
check 'a key that can not be' says 2 'identifiers go from 1 to 65534' --trustedkey 0
check 'a delay that is none' says 2 'number of seconds from 0 to 10' -r soon

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
printf '%s\n' '1 MD5 x' >"$lib_tmp/keys"
printf '%s\n' 'server 192.0.2.7' "keys $lib_tmp/keys" 'controlkey 1' 'requestkey 9' \
	'setvar site = "Rack 4" default' 'leapsmearinterval 7200' \
	'restrict default mssntp' >"$lib_tmp/later"
check 'and is told: what ntpq will ask for' \
	says 0 'ntpq +changes are to be signed by key 1$' -t -c "$lib_tmp/later"
check 'and is told: a key that is not there' \
	says 0 'later:4:12: warning: requestkey: key 9 is not in' -t -c "$lib_tmp/later"
check 'and is told: variables' \
	says 0 'variable +site = Rack 4, shown to all' -t -c "$lib_tmp/later"
check 'and is told: the smear, and what it lacks' \
	says 0 'leapsmearinterval without leapfile' -t -c "$lib_tmp/later"
check 'and is told: MS-SNTP without Samba' \
	says 0 'mssntp: no socket of Samba is named' -t -c "$lib_tmp/later"
check '-f has the last word' says 0 'drift file +/tmp/d' -t -c "$conf" -f /tmp/d
check '-I has the last word' says 0 'serve on +interface eth7' -t -c "$conf" -I eth7
check '-s, -k, --trustedkey, too' says 0 'keys +/tmp/k, trusted: 7, 9' -t -c "$conf" \
	-k /tmp/k --trustedkey 7 --trustedkey 9
check '-A, -b and -r, too' says 0 'broadcasts +are taken as 0.004 s' -t -c "$conf" -A -b -r 0.008
check 'an interface that is none is refused' \
	says 3 "command line: error: -I 1.2.3.4/77 is neither" -t -c "$conf" -I 1.2.3.4/77
check 'all options of ntpd are known' \
	says 0 'is right' -t -c "$conf" -4 -6 -a -A -b -d -D 1 -f f -g -G -I eth0 \
	-i / -k k -l l -L -n -N -p p -P 1 -q -r 0.1 -s s -u u -U 5 -w 5 -x

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

printf '%s\n' 'restrict default kod limited nomodify nopeer noquery' \
	'restrict 192.0.2.0 mask 255.255.255.0 nomodify notrap' 'restrict 127.0.0.1' \
	'restrict -6 ::1' 'server 192.0.2.7 key 4' 'keys /nowhere/keys' \
	'trustedkey 1 (5 ... 9)' 'statistics loopstats' 'server 127.127.1.0' \
	'crypto pw secret' >"$conf"
check 'who may do what: by default' says 0 \
	'grant +all others: the time, within the limits and told so; no queries; no unsigned peers$' \
	-t -c "$conf"
check 'in a network' says 0 'grant +192\.0\.2\.0/24: the time; queries that change nothing; no traps$' \
	-t -c "$conf"
check 'at home' says 0 'grant +::1: everything$' -t -c "$conf"
hosts_first()
{
	"$kntpd" -t -c "$conf" 2>/dev/null | awk '$1 == "grant" { print $2 }' | paste -sd ' ' |
		grep -qx '127.0.0.1: 192.0.2.0/24: ::1: all'
}
check 'the rules stand in the order of their match' hosts_first
check 'the limits' says 0 'limits +a client may ask every 8 s, 2 s apart; an IPv6 /64' -t -c "$conf"
check 'the keys' says 0 'keys +/nowhere/keys, trusted: 1, 5 to 9$' -t -c "$conf"
check 'what no trusted key signs' says 0 ':5:8: warning: key 4 is not trusted' -t -c "$conf"
check 'what has no place' says 0 'warning: no statsdir is named' -t -c "$conf"
check 'what has no effect, and why' \
	says 0 ':10:1: warning: crypto has no effect in this version; Autokey is broken' -t -c "$conf"

printf '%s\n' 'server 192.0.2.7 iburst mimpoll 3' \
	'restrict 192.0.2.0 nomodify mask 255.255.255.0' '//---' >"$conf"
check 'as ntpd: up to the wrong word, warned of' says 0 \
	':1:25: warning: "mimpoll" is no option of server; as ntpd does, the rest' \
	-t --compat -c "$conf"
check 'so a network becomes a host' \
	says 0 'grant +192\.0\.2\.0: the time; queries that change nothing$' -t --compat -c "$conf"
check 'a line that is none is left out' \
	says 0 ':3:1: warning: "//---" is no directive.* the line is left out' -t --compat -c "$conf"

# ------------------------------------------------------------ manual page, list

man=$KNTP_TOP/Documentation/man/ntp.conf.5

# listed - every directive and every option stands in ntp.conf(5), as a word.
listed()
{
	local word missing=

	while read -r word _; do
		grep -Eq -- "^\.(It|Cm|Op|Pf|Ar|No).*[^[:alnum:]]$word([^[:alnum:]]|$)" "$man" ||
			missing+=" $word"
	done < <("$kntpd" --keywords)
	[ -z "$missing" ] && return 0
	echo "not in ntp.conf(5):$missing"
	return 1
}

# examples - each example of ntp.conf(5) is right as it stands, alone.
examples()
{
	local file n=0

	awk -v to="$lib_tmp/example" '/^\.Bd -literal/ { on = to (++n); next }
		/^\.Ed/ { on = ""; next } on { gsub(/\\-/, "-"); print > on }' "$man"
	for file in "$lib_tmp"/example*; do
		n=$((n + 1))
		"$kntpd" -t -c "$file" >"$lib_tmp/out" 2>&1 || {
			cat "$lib_tmp/out" "$file"
			return 1
		}
		# The key file of the examples is not on this machine.
		if grep -v 'cannot read the keys' "$lib_tmp/out" | grep -E ': (warning|error): '; then
			return 1
		fi
	done
	[ "$n" -ge 6 ]
}

check 'the list names a directive' says 0 '^restrict \[-4\|-6\] WHICH' --keywords
check 'and its options' says 0 $'^\tippeerlimit$' --keywords
check 'and what has no effect' says 0 '^crypto .*# without effect$' --keywords
check 'all of it stands in ntp.conf(5)' listed
check 'the examples of ntp.conf(5) are right' examples
option_documented()
{
	local word missing=

	for word in $("$kntpd" --help | grep -oE -- '--[a-z0-9-]+' | sort -u); do
		grep -q -- "Fl Fl ${word#--}\b" "$KNTP_TOP/Documentation/man/kntpd.8" ||
			missing+=" $word"
	done
	[ -z "$missing" ] && return 0
	echo "not in kntpd(8):$missing"
	return 1
}
check 'the options of --help stand in kntpd(8)' option_documented

printf '%s\n' 'server 192.0.2.7' >"$conf"
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
