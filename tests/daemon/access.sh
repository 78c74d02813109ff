#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Copyright (C) 2026 The kntp authors
#
# Rules, limits and keys of ntp.conf: kntpd alone and with the module give the
# same answers, from the start, after reloads, and while somebody reloads.
# KNTP_RELOADS=1000 reloads as often, 50 times by default.
#
#	client c0 192.0.2.2/24 ------- s0 192.0.2.1/24 server
#	          2001:db8:1::2/64        2001:db8:1::1/64
#	       lo 10.9.0.0/16, 2001:db8:9::/48 (tests/lib/probe.py)

# Functions are given to check and wait_until.
# shellcheck disable=SC2119,SC2317
# shellcheck source=tests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"

probe=$KNTP_TOP/tests/lib/probe.py
runner=$KNTP_TOP/build/tests/vectors/run_vectors
vectors=$KNTP_TOP/tests/vectors
reloads=${KNTP_RELOADS:-50}

k()
{
	in_ns "$server" kntp "$@"
}

log_has()
{
	grep -Eq -- "$1" "$kntpd_log"
}

# logs DESCRIPTION REGEX - it is in the log within 10 s.
logs()
{
	wait_until 10 log_has "$2" && ktap_test_pass "$1" && return 0
	ktap_test_fail "$1"
	ktap_print_msg "no line like $2 in the log:"
	ktap_print_msg "$(tail -30 "$kntpd_log")"
	return 1
}

# asks NAMESPACE ADDRESS - does it get an answer?
asks()
{
	in_ns "$1" "$KNTP_TOP/tests/lib/ask.py" "$2" leap
}

silent()
{
	! in_ns "$1" "$KNTP_TOP/tests/lib/ask.py" -w 1 "$2" leap
}

# signed - what the module or kntpd answers to a request that key 4 signed
signed()
{
	in_ns "$client" "$probe" signed $server4 10.9.0.250
}

reloaded_n=0

# reload [LINE...] - with these lines, or the file as it is; waits for it
reload()
{
	[ $# -eq 0 ] || kntpd_conf "$@"
	kill -HUP "$kntpd_pid"
	reloaded_n=$((reloaded_n + 1))
	wait_until 10 reloaded || ktap_print_msg "reload $reloaded_n got lost"
}

reloaded()
{
	[ "$(grep -c 'configuration read again' "$kntpd_log")" -ge "$reloaded_n" ]
}

# matrix WHAT HOST - each set of flags, in both families
matrix()
{
	in_ns "$client" "$probe" matrix "$2" $server4 $server6 >"$lib_tmp/matrix"
	check "$1: each set of flags does what it should" \
		diff -U0 "$lib_tmp/expected" "$lib_tmp/matrix"
}

# hold_vectors WHAT - the packet vectors, with keys
hold_vectors()
{
	in_ns "$client" "$runner" udp $server4 -k "$vectors/keys" -s daemon \
		"$vectors"/*.pkt >"$lib_tmp/vectors"
	check "$1: packet vectors" eval \
		"! grep -A3 -E '^not ok|^Bail' '$lib_tmp/vectors' &&
		 grep -q '^1\\.\\.[1-9]' '$lib_tmp/vectors'"
}

# compare WHAT HOST FILE - write down what packets of all sorts are answered
compare()
{
	in_ns "$client" "$probe" compare $server4 "$2" >"$3"
	check_range "$1: packets of all sorts were answered" \
		"$(grep -c ' m[24]' "$3")" 100 600
}

served()
{
	k -j dev | jq -e '.[] | select(.ifname == "s0")'
}

ktap_print_header
[ -x "$runner" ] || ktap_exit_fail_msg "no $runner; make it: make test-programs"
rmmod kntp 2>/dev/null
net_setup
ip -n "$client" route add local 10.9.0.0/16 dev lo
ip -n "$client" -6 route add local 2001:db8:9::/48 dev lo
ip -n "$server" route add 10.9.0.0/16 via $client4
ip -n "$server" -6 route add 2001:db8:9::/48 via $client6

# ---------------------------------------------------------------- kntpd alone
keys=$lib_tmp/keys
{
	cat "$vectors/keys"
	echo '98	NOSUCH	something'
} >"$keys"
chmod 600 "$keys"
# A burst is within the guard time, however long the guest takes for it.
mapfile -t sets < <("$probe" conf; echo 'discard minimum 255')
"$probe" expected >"$lib_tmp/expected4"
cat "$lib_tmp/expected4" "$lib_tmp/expected4" >"$lib_tmp/expected"
base=('server 127.127.1.0' 'fudge 127.127.1.0 stratum 5' "keys $keys"
	'trustedkey 4 11 12 13 14 20')
echo "192.0.2.99 asker.example" >"$lib_tmp/hosts"
kntpd_conf "${base[@]}" "${sets[@]}" 'restrict asker.example noserve' \
	'restrict nosuch.example ignore' 'server 192.0.2.98 key 5' \
	'server 192.0.2.97 key 99'
# shellcheck disable=SC2016 # its own arguments
start "$kntpd_log" ip netns exec "$server" unshare -m bash -c \
	'mount --bind "$1" /etc/hosts && shift && exec "$@"' - "$lib_tmp/hosts" \
	"$KNTP_TOP/daemon/kntpd" -n --no-clock -c "$kntpd_conf"
kntpd_pid=$started
wait_until 10 udp_bound "$server" 123 ||
	ktap_exit_fail_msg "kntpd did not come up: $(cat "$kntpd_log")"
check 'kntpd is up' wait_until 20 asks "$client" $server4

logs 'a bad line of the key file is told, with its number' \
	"$keys:[0-9]+:[0-9]+: .*: the line is skipped"
logs 'so is a key that is not trusted' '192.0.2.98: key 5 is not trusted'
logs 'and one that is not there' '192.0.2.97: key 99 is not in the key file'
logs 'and a name without an address' 'restrict nosuch.example: .*has no effect'
matrix 'kntpd alone' 10
hold_vectors 'kntpd alone'
compare 'kntpd alone' 20 "$lib_tmp/alone"
kill -USR1 "$kntpd_pid"
logs 'SIGUSR1 tells which rules were met' 'restrict 10.9.7.0/24 noserve: met by [0-9]+ packets'

# ----------------------------------------------------------- with the module
module_load
at_exit 'rmmod kntp 2>/dev/null'
check 'the module serves s0' wait_until 20 served
matrix 'with the module' 130
check_match 'which dropped what it had to' "$(k stats)" 'drop_noserve +[1-9]'
hold_vectors 'with the module'
compare 'with the module' 140 "$lib_tmp/both"
check 'packet by packet the answers are the same' \
	diff "$lib_tmp/alone" "$lib_tmp/both"
check_is 'no secret in the log' "$(grep -c 'vectors-of-kntp\|2b7e1516' "$kntpd_log")" 0
rmmod kntp
modprobe kntp
check 'the module comes back' wait_until 20 served
check_is 'with the keys' "$(signed)" m4+MAC
check_match 'which the module has' "$(k stats)" '^served +[1-9]'
check_match 'and with the rules' "$(k restrict)" '10.9.7.0/24 .* noserve'

# ----------------------------------------------------- names, sources, reload
echo "$client4 asker.example" >"$lib_tmp/hosts"
reload
check 'a name is looked up again by a reload' wait_until 10 silent "$client" $server4
check 'and is about no other host' asks "$upstream" $serverup4
echo '192.0.2.99 asker.example' >"$lib_tmp/hosts"
reload
check 'it moved away' wait_until 10 asks "$client" $server4

ip -n "$upstream" route add $server4 via $serverup4
reload "${base[@]}" 'restrict default ignore' 'restrict source nomodify'
check 'default ignore is about the module' silent "$client" $server4
check 'and about kntpd' silent "$upstream" $serverup4
reload "${base[@]}" 'restrict default ignore' 'restrict source nomodify' \
	"server $upstream4 minpoll 3"
check 'restrict source lets a server in that is followed' \
	wait_until 10 asks "$upstream" $serverup4
check 'and nobody else' silent "$client" $server4
reload "${base[@]}" 'restrict default ignore' 'restrict source nomodify'
check 'as long as it is followed' wait_until 10 silent "$upstream" $serverup4

echo 'restrict default limted' >>"$kntpd_conf"
kill -HUP "$kntpd_pid"
logs 'a wrong file is refused' 'is refused; the configuration in use stays'
check 'with the rules of before in force' silent "$client" $server4
reload "${base[@]}"
check 'a right one opens' wait_until 10 asks "$client" $server4
mv "$keys" "$keys.away"
reload
logs 'a key file that went is told' 'the keys in use stay, 7 of them'
check_is 'with the keys of before in force' "$(signed)" m4+MAC
mv "$keys.away" "$keys"

# ---------------------------------------------------- reload while being asked
#
# A signed request is answered by one configuration and dropped by the other.
# With a mixture of both, or none at all, it would get a crypto-NAK.
memory()
{
	awk '/^VmRSS/ { print $2 }' "/proc/$kntpd_pid/status"
}

one=("${base[@]}" "server $upstream4 minpoll 3")
other=("${one[@]:0:3}" 'trustedkey 11' 'restrict 10.9.0.0/24 ignore'
	"${one[@]:4}")
printf '%s\n' "${one[@]}" >"$lib_tmp/one"
printf '%s\n' "${other[@]}" >"$lib_tmp/other"
reload "${one[@]}"
reload "${other[@]}"
before=$(memory)
mkfifo "$lib_tmp/end"
start "$lib_tmp/flood" ip netns exec "$client" bash -c \
	"exec '$probe' flood $server4 10.9.0.251 <'$lib_tmp/end'"
flood=$started
exec 9>"$lib_tmp/end"
check "$reloads reloads" "$KNTP_TOP/tests/lib/reload.py" "$kntpd_pid" "$kntpd_log" \
	"$reloads" "$kntpd_conf" "$lib_tmp/one" "$lib_tmp/other"
echo >&9
exec 9>&-
wait "$flood"
ktap_print_msg "answers: $(paste -sd ' ' "$lib_tmp/flood"); $SECONDS s so far"
check 'reload under load: some were answered' grep -q '^m4+MAC [1-9]' "$lib_tmp/flood"
check 'some were not' grep -q '^- [1-9]' "$lib_tmp/flood"
check_is 'none by half a configuration' \
	"$(grep -cv '^m4+MAC \|^- ' "$lib_tmp/flood")" 0
check_is 'no association lost its state' \
	"$(grep -c '2 of 2 time sources go on as they are, 0 start, 0 end' "$kntpd_log")" \
	$((reloads + 1))
check_range 'no memory was lost (kB)' $(($(memory) - before)) -100000 512

# ------------------------------------------------------------------------ end
kntpd_stop
check_is 'at its end the module serves nothing' "$(k -j dev)" '[]'
check_is 'and has no rules' "$(k -j restrict)" '[]'
check_is 'and no keys' "$(k -j keys)" '[]'
ktap_finished
