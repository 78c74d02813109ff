#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Copyright (C) 2026 The kntp authors
#
# Rules in the module: whom they match, what each flag does to each kind of
# request, hits, how configurations are made and swapped, what is refused.
#
#	client c0 192.0.2.2/24 ------- s0 192.0.2.1/24 server
#	          2001:db8:1::2/64        2001:db8:1::1/64

# Functions are given to check, which shellcheck does not see.
# shellcheck source=tests/lib/lib.sh disable=SC2119,SC2317
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=tests/lib/frames.sh
. "$(dirname "$0")/../lib/frames.sh"

# k COMMAND... - rules and keys in the server's namespace
k()
{
	in_ns "$server" "$KNTP_TOP/tests/lib/setkntp.py" "$@"
}

# config COMMAND... - a whole new configuration
config()
{
	k begin "$@" commit >"$lib_tmp/config" ||
		ktap_print_msg "$(cat "$lib_tmp/config")"
}

restrict()
{
	in_ns "$server" cat /proc/net/kntp/restrict
}

answered='reply len=48 mode=4 tos=0 ttl=64 [served]'

ktap_print_header
net_setup
module_load
at_exit 'rmmod kntp 2>/dev/null'
frames_setup
in_ns "$server" kntp dev add s0 || ktap_exit_fail_msg 's0 cannot be served'
in_ns "$server" kntp clock set leap 0 stratum 2 refid 198.51.100.2 validity 1h

# ----------------------------------------------------------------- whom it is
check_is 'at first there is no rule' "$(restrict)" 'network flags hits'
check_is 'and these are the limits' "$(k get)" \
	$'average=3 minimum=2 prefix6=64 nak=1 staged=0 clients=0\nok'
config 'add 0.0.0.0/0 noserve' 'add 192.0.2.0/24' 'add 192.0.2.64/26 ignore' \
	'add 192.0.2.65/32' 'add 192.0.2.66/32 ntpport ignore' 'add 192.0.2.66/32' \
	'add ::/0 version' 'add 2001:db8:1::/64' 'add 2001:db8:1::8000/113 ignore'
frames 'the longest match' <<-TABLE
	all from=198.51.100.9        => none [drop_noserve]
	net from=192.0.2.2           => $answered
	subnet from=192.0.2.64       => none [drop_ignore]
	last from=192.0.2.127        => none [drop_ignore]
	behind from=192.0.2.128      => $answered
	host from=192.0.2.65         => $answered
	ntpport sport=123 from=192.0.2.66 => none [drop_ignore]
	noport from=192.0.2.66       => $answered
	net6 to=$server6 from=$client6 first=1b => $answered
	subnet6 to=$server6 from=2001:db8:1::8001 => none [drop_ignore]
	all6 to=$server6 from=2001:db8:9::1 first=1b => none [drop_version]
TABLE
check_is 'a table of them, with hits' "$(restrict)" \
'network flags hits
::/0 version 1
0.0.0.0/0 noserve 1
192.0.2.0/24 - 2
192.0.2.64/26 ignore 2
192.0.2.65/32 - 1
192.0.2.66/32 - 1
192.0.2.66/32 ignore,ntpport 1
2001:db8:1::/64 - 1
2001:db8:1::8000/113 ignore 1'
k 'add 192.0.2.0/24 nopeer' 'del 192.0.2.66/32 ntpport' >/dev/null
check_is 'a rule that changes keeps its hits' "$(restrict | sed -n 4p)" \
	'192.0.2.0/24 nopeer 2'
check_is 'of two that differ in ntpport one was deleted' \
	"$(restrict | grep -c '^192.0.2.66')" 1
check_is 'netlink lists the same' "$(k list)" \
	"$(restrict | sed 1d; echo ok)"

# ------------------------------------------------- flags against requests: D20
# A row is a network of 16 hosts with its rule, and each probe a host in it:
# limits do not add up.
row=0
good=4:md5:6162636465666768
rules=()

# cell NAME PROBE WANTED - a line for frames
cell()
{
	echo "${flags// /-}-$1 from=192.0.2.$((row * 16 + n)) $2 => $3"
	n=$((n + 1))
}

# matrix FLAGS V4 OLD FROM-123 SIGNED BAD SYMMETRIC CONTROL BURST
matrix()
{
	local n=0 flags=$1

	row=$((row + 1))
	rules+=("add 192.0.2.$((row * 16))/28 $flags")
	flags=${flags:-none}
	{
		cell v4 '' "$2"
		cell v3 first=1b "$3"
		cell v1 first=08 "$3"
		cell port123 sport=123 "$4"
		cell signed "sign=$good" "$5"
		cell bad "sign=$good bad=1" "$6"
		cell symmetric first=21 "$7"
		cell control first=16 "$8"
		cell burst times=20 "$9"
	} >>"$lib_tmp/matrix"
}

yes=$answered signed='reply len=68 mode=4 tos=0 ttl=64 signed [served_auth]'
nak='reply len=52 mode=4 tos=0 ttl=64 [served_nak]'
pass='none [pass_mode]' all='answered=20 rate=0 [served*20]'
for flags in '' kod 'nomodify notrap nopeer noquery'; do
	matrix "$flags" "$yes" "$yes" "$yes" "$signed" "$nak" "$pass" "$pass" "$all"
done
matrix limited "$yes" "$yes" "$yes" "$signed" "$nak" "$pass" "$pass" \
	'answered=1 rate=0 [drop_rate*19 served]'
matrix 'kod limited' "$yes" "$yes" "$yes" "$signed" "$nak" "$pass" "$pass" \
	'answered=2 rate=1 [drop_rate*18 served served_rate]'
no='none [drop_ignore]'
matrix ignore "$no" "$no" "$no" "$no" "$no" "$no" "$no" \
	'answered=0 rate=0 [drop_ignore*20]'
no='none [drop_noserve]'
matrix noserve "$no" "$no" "$no" "$no" "$no" "$no" "$pass" \
	'answered=0 rate=0 [drop_noserve*20]'
no='none [drop_notrust]'
matrix notrust "$no" "$no" "$no" "$signed" "$nak" "$pass" "$pass" \
	'answered=0 rate=0 [drop_notrust*20]'
matrix version "$yes" 'none [drop_version]' "$yes" "$signed" "$nak" "$pass" \
	"$pass" "$all"
matrix 'ntpport ignore' "$yes" "$yes" 'none [drop_ignore]' "$signed" "$nak" \
	"$pass" "$pass" "$all"
# The 20 of a burst are within the guard time, however long they take.
config 'server minimum=255' 'add 0.0.0.0/0' \
	'key 4 MD5 6162636465666768 trusted' "${rules[@]}"
frames matrix <"$lib_tmp/matrix"

# -------------------------------------------------------------- configurations
config 'add 192.0.2.0/24' 'server average=4 minimum=1 prefix6=48 nak=0'
check_is 'properties are part of it' "$(k get)" \
	$'average=4 minimum=1 prefix6=48 nak=0 staged=0 clients=0\nok'
frames 'no crypto-NAK' <<-TABLE
	bad sign=$good => none [pass_mac]
TABLE
mkfifo "$lib_tmp/in"
start "$lib_tmp/out" ip netns exec "$server" bash -c \
	"exec '$KNTP_TOP/tests/lib/setkntp.py' <'$lib_tmp/in'"
first=$started
exec 5>"$lib_tmp/in"

# say LINE - to the first socket; its answers are in $lib_tmp/out
lines=0
say()
{
	lines=$((lines + 1))
	echo "$1" >&5
	wait_until 10 eval "[ \$(wc -l <'$lib_tmp/out') -ge $lines ]"
}

say begin
say 'add 192.0.2.0/24 ignore'
check_match 'that one is made is told' "$(k get)" staged=1
check_match 'a second socket has to wait' "$(k begin)" \
	'^EBUSY another program prepares .* try again when'
check_match 'it has nothing to commit' "$(k commit)" '^ENODATA .*config-begin'
frames 'what is not committed' <<-TABLE
	decides => $answered
TABLE
check_is 'a change in force beside it' "$(k 'add 192.0.2.9/32 ignore')" ok
frames 'is at once' <<-TABLE
	held from=192.0.2.9 => none [drop_ignore]
TABLE
say commit
check_is 'the first one was told no refusal' "$(sort -u "$lib_tmp/out")" ok
frames 'what is committed' <<-TABLE
	decides => none [drop_ignore]
	gone from=192.0.2.9 => none [drop_ignore]
TABLE
check_is 'is all there is' "$(restrict | wc -l)" 2
say begin
say 'add 192.0.2.0/24'
check_match 'another one is begun' "$(k get)" staged=1
exec 5>&-
stop "$first"
check_match 'it ends with its socket' "$(k get)" staged=0
check_is 'a second socket may begin' "$(k begin)" ok
# The socket outlives the namespace's name, and is its last user.
ip netns add "$client-gone"
mkfifo "$lib_tmp/gone"
start "$lib_tmp/gone.out" ip netns exec "$client-gone" bash -c \
	"exec '$KNTP_TOP/tests/lib/setkntp.py' <'$lib_tmp/gone'"
last=$started
exec 6>"$lib_tmp/gone"
printf '%s\n' begin 'add 1.2.3.4/32 limited' 'key 1 MD5 00' 'rules 500' >&6
check 'a namespace that goes has one begun' wait_until 10 eval \
	"[ \$(wc -l <'$lib_tmp/gone.out') -ge 4 ]"
check 'it goes' ip netns del "$client-gone"
exec 6>&-
stop "$last"

# -------------------------------------------------------------- what is refused
# A command and what the answer to it has to match.
cat >"$lib_tmp/refused" <<-'TABLE'
	add 192.0.2.1/24 => ^EINVAL addr: has bits behind the prefix; clear
	add 2001:db8::1/64 => ^EINVAL addr: has bits behind
	add ::ffff:0:0/95 => ^EINVAL prefix: that of an IPv4 network .* add 96
	raw 18 => ^EINVAL addr is missing; give
	raw 18 1=00000000000000000000ffff01020304 => ^EINVAL prefix is missing; .* 128
	raw 18 1=00000000000000000000ffff01020304 2=81 => ^EINVAL prefix: must be 0 to 128
	raw 18 1=000000 => ^EINVAL addr: must be 16 octets
	raw 18 3=00000200 => ^EINVAL flags: .* leave out
	raw 18 4=0000000000000000 => ^EINVAL hits: counted by the kernel
	raw 18 0x8005= => ^EINVAL addr is missing
	raw 14 1=12 => ^EINVAL average: must be 0 to 17
	raw 14 3=81 => ^EINVAL prefix6: must be
	raw 14 4=02 => ^EINVAL nak: must be 0 or 1
	raw 14 5=01 => ^EINVAL staged: told by the kernel
	raw 14 6=3f000000 => ^EINVAL clients: must be 64 to
	raw 14 6=01001000 => ^EINVAL clients: must be 64 to
	raw 15 1=00 => ^EINVAL this request takes no attributes
	del 10.9.8.7/32 => ^ENODATA addr: no rule .* restrict-get
TABLE
in_ns "$server" "$KNTP_TOP/tests/lib/setkntp.py" \
	< <(sed 's/ => .*//' "$lib_tmp/refused") >"$lib_tmp/answers"
mapfile -t answers <"$lib_tmp/answers"
n=0
while IFS= read -r line; do
	check_match "refused: ${line% => *}" "${answers[n]-}" "${line##* => }"
	n=$((n + 1))
done <"$lib_tmp/refused"
check_is 'one wrong rule of many adds none' \
	"$(k 'raw 18 0x8005=14000100000000000000000000000000000000000500020080000000 0x8005=' |
		head -c 6; restrict | wc -l)" 'EINVAL2'

# ------------------------------------------------------------------ many rules
SECONDS=0
config 'rules 100000 ignore' 'add 192.0.2.0/24' 'add 10.0.0.0/8 noserve' || :
ktap_print_msg "100000 rules in $SECONDS s"
frames '100000 rules' <<-TABLE
	beside from=192.0.2.2         => $answered
	among from=10.0.48.57         => none [drop_ignore]
	behind from=10.1.134.160      => none [drop_noserve]
TABLE
restrict >"$lib_tmp/many"
check_is 'all are listed' "$(wc -l <"$lib_tmp/many")" 100003
check_is 'hits among them' \
	"$(awk '$1 ~ /^10.0.48.57.32|^10.0.0.0.8$/ { print $3 }' "$lib_tmp/many")" $'1\n1'
# -------------------------------------------------------------- recent clients
asks()
{
	in_ns "$client" "$KNTP_TOP/tests/lib/ask.py" $server4 mode
}

remembered()
{
	in_ns "$server" kntp -j clients | grep -c '"addr"'
}

config
check_is 'a client asks' "$(asks)" 4
before=$(remembered)
config
check_is 'a configuration of the same size forgets nobody' "$(remembered)" \
	"$before"
config 'server clients=128'
check_is 'one of another size does' "$(remembered)" 0
check_is 'and remembers who asks from then on' "$(asks; remembered)" $'4\n1'
check_is 'it is told' "$(k get | head -1)" \
	'average=3 minimum=2 prefix6=64 nak=1 staged=0 clients=128'
k 'add 192.0.2.0/24 nopeer' >/dev/null
check_is 'a change of anything else keeps it' "$(remembered)" 1

ktap_finished
