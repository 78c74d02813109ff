#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Copyright (C) 2026 The kntp authors
#
# Symmetric keys in the module: each digest, who may use a key, what is told of
# keys and what is refused, keys that change under load, and chronyd as client.
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

ktap_print_header
net_setup
module_load
at_exit 'rmmod kntp 2>/dev/null'
frames_setup
in_ns "$server" kntp dev add s0 || ktap_exit_fail_msg 's0 cannot be served'
in_ns "$server" kntp clock set leap 0 stratum 2 refid 198.51.100.2 validity 1h

# --------------------------------------------------------------------- digests
x=6b6e7470 y=0123456789abcdef0123456789abcdef
long=$y$y$y$y
check_is 'keys of all kinds are taken' "$(k begin "key 4 MD5 $x trusted" \
	"key 5 MD5 $x" "key 7 MD5 $x trusted 198.51.100.0/24 2001:db8:1::2/128" \
	"key 11 SHA1 $x trusted" "key 12 SHA256 $long trusted" \
	"key 13 SHA384 $x trusted" "key 14 SHA512 $long trusted" \
	"key 20 AES128CMAC $y trusted" 'key 30 OTHER - trusted' \
	commit | sort -u)" ok
signed='reply len=68 mode=4 tos=0 ttl=64 signed [served_auth]'
signed160='reply len=72 mode=4 tos=0 ttl=64 signed [served_auth]'
nak='reply len=52 mode=4 tos=0 ttl=64 [served_nak]'
frames 'digests' <<-TABLE
	md5 sign=4:md5:$x        => $signed
	sha1 sign=11:sha1:$x     => $signed160
	sha256 sign=12:sha256:$long => $signed160
	sha384 sign=13:sha384:$x => $signed160
	sha512 sign=14:sha512:$long => $signed160
	cmac sign=20:CMAC:$y => $signed
	md5six sign=4:md5:$x to=$server6 from=$client6 => $signed
	old sign=4:md5:$x first=1b => $signed
TABLE
frames 'no good' <<-TABLE
	unknown sign=99:md5:$x   => $nak
	untrusted sign=5:md5:$x  => $nak
	digest sign=11:sha1:$x bad=1 => $nak
	cmac sign=20:CMAC:$y bad=1 => $nak
	secret sign=4:md5:6b6e     => $nak
	type sign=4:sha1:$x      => $nak
	daemon sign=30:md5:$x    => none [pass_key]
	host sign=7:md5:$x       => $nak
	host6 sign=7:md5:$x to=$server6 from=$client6 => $signed
TABLE

# ---------------------------------------------------------- told and not told
check_is 'keys are told without secrets' "$(k keylist)" \
'4 MD5 trusted
5 MD5 untrusted
7 MD5 trusted 198.51.100.0/24 2001:db8:1::2/128
11 SHA1 trusted
12 SHA256 trusted
13 SHA384 trusted
14 SHA512 trusted
20 AES128CMAC trusted
30 OTHER trusted
ok'
check_fails 'the kernel log knows no secret' \
	eval "dmesg | grep -iE '$x|$y'"
k "key 5 MD5 $x trusted" 'unkey 4' >/dev/null
frames 'one by one' <<-TABLE
	trusted sign=5:md5:$x    => $signed
	deleted sign=4:md5:$x    => $nak
TABLE
cat >"$lib_tmp/refused" <<-'TABLE'
	key 1 AES128CMAC 0011 => ^EINVAL secret: AES-128-CMAC takes 16 octets
	raw 21 1=01000000 2=00000000 => ^EINVAL secret is missing; give
	raw 21 1=01000000 2=00000000 3= => ^EINVAL secret: must be 1 to 64
	raw 21 1=01000000 2=06000000 3=00 => ^EINVAL secret: .* leave it out
	raw 21 1=01000000 2=07000000 3=00 => ^EINVAL type: must be
	raw 21 1=00000000 2=00000000 3=00 => ^EINVAL id: must be 1 to 65534
	raw 21 1=ffff0000 2=00000000 3=00 => ^EINVAL id: must be 1 to 65534
	raw 21 2=00000000 3=00 => ^EINVAL id is missing
	raw 21 1=01000000 3=00 => ^EINVAL type is missing
	raw 21 1=01000000 2=00000000 3=00 4=02 => ^EINVAL trusted: must be 0 or 1
	key 1 MD5 00 192.0.2.1/24 => ^EINVAL addr: has bits behind
	unkey 77 => ^ENODATA id: no key .* key-get
TABLE
in_ns "$server" "$KNTP_TOP/tests/lib/setkntp.py" \
	< <(sed 's/ => .*//' "$lib_tmp/refused") >"$lib_tmp/answers"
mapfile -t answers <"$lib_tmp/answers"
n=0
while IFS= read -r line; do
	check_match "refused: ${line% => *}" "${answers[n]-}" "${line##* => }"
	n=$((n + 1))
done <"$lib_tmp/refused"

# ------------------------------------------------------------------ under load
# Two configurations by turns, the key's secret once this and once that: each
# reply is signed with the secret that the request was checked with, or a NAK.
for ((n = 0; n < 60; n++)); do
	printf '%s\n' begin "key 4 MD5 $((n % 2 ? 10 : 20)) trusted" \
		'add 0.0.0.0/0 nopeer' "rules $((n % 2 * 300))" commit
done >"$lib_tmp/turns"
# The number of requests so far.
asked()
{
	awk '$1 == "requests" { print $2 }' "$frames_stats"
}

# is_flooded SINCE - are there many more
is_flooded()
{
	[ "$(asked)" -gt $(($1 + 200)) ]
}

before=$(asked)
start "$lib_tmp/flood" ip netns exec "$client" \
	"$KNTP_TOP/tests/lib/flood.py" $server4 4:md5:10
flood=$started
check 'requests come' wait_until 10 is_flooded "$before"
check_is 'the secret changes 60 times under load' \
	"$(in_ns "$server" "$KNTP_TOP/tests/lib/setkntp.py" <"$lib_tmp/turns" |
		sort -u)" ok
# The last secret is that of the requests, the key of the first ones was deleted:
# some are signed, and some refused, however fast this guest is.
wait_until 10 is_flooded "$(asked)"
stop "$flood"
ktap_print_msg "$(cat "$lib_tmp/flood")"
check_match 'some replies were signed' "$(cat "$lib_tmp/flood")" '^signed [1-9]'
check_match 'some were refused' "$(cat "$lib_tmp/flood")" '^nak [1-9]'
check_is 'there were no others' "$(grep -cv '^signed\|^nak' "$lib_tmp/flood")" 0

# --------------------------------------------------------------------- chronyd
k begin "key 20 AES128CMAC $y trusted" "key 11 SHA1 $x trusted" \
	'add 0.0.0.0/0 notrust' commit >/dev/null
printf '%s\n' "20 AES128 HEX:$y" "11 SHA1 HEX:$x" >"$lib_tmp/chrony.keys"
chronyd_start "$client" "server $server4 iburst key 20" \
	"server $server6 iburst key 11" "keyfile $lib_tmp/chrony.keys"
# reached ADDRESS - mode, state, name, stratum, poll, reach, ...
reached()
{
	chronyc "$client" sources | awk -F, -v a="$1" \
		'$3 == a && $6 > 0 { found = 1 } END { exit !found }'
}

check 'chronyd believes replies with AES-CMAC' wait_until 20 reached $server4
check 'and with SHA1' wait_until 20 reached $server6
stop "$started"

# ----------------------------------------------------------------- the very end
before=$(asked)
start "$lib_tmp/flood2" ip netns exec "$client" \
	"$KNTP_TOP/tests/lib/flood.py" $server4 20:sha1:$y
flood=$started
k begin "key 20 SHA1 $y trusted" 'add 0.0.0.0/0 limited kod' 'rules 2000' \
	commit >/dev/null
check 'requests come again' wait_until 10 is_flooded "$before"
check 'the module goes under load, with rules and keys' rmmod kntp
check 'and comes again' modprobe kntp
check_is 'knowing none of them' "$(k keylist list | sort -u)" ok
stop "$flood"
check_fails 'the kernel log has no complaint' \
	eval "dmesg | grep -E 'BUG:|WARNING:|Oops|refcount'"
ktap_finished
