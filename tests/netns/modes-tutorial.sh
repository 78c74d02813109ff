#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Copyright (C) 2026 The kntp authors
#
# A textbook's pair of hosts: one broadcasts with key 4, the other one listens,
# with the lines as they stand there, but for those that were wrong.

# shellcheck disable=SC2119,SC2317 # functions are given to check
# shellcheck source=tests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=tests/lib/modes.sh
. "$(dirname "$0")/../lib/modes.sh"

# broadcasts - length, mode and key of the first one that the client sees
broadcasts()
{
	in_ns "$client" timeout 120 /usr/bin/python3 -c '
import socket

raw = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x800))
while True:
    packet = raw.recv(2048)
    if packet[9] != 17 or packet[22:24] != b"\0\x7b":
        continue
    ntp = packet[28:]
    if ntp[0] & 7 == 5:
        print(len(ntp), ntp[0] & 7, int.from_bytes(ntp[48:52], "big"))
        break'
}

ktap_print_header
net_setup
net_addr "$server" s0 192.168.0.203/24
net_addr "$client" c0 192.168.0.204/24
# As ntp-keygen -M writes them: ten of MD5, ten of SHA1.
for i in 1 2 3 4 5 6 7 8 9 10; do
	echo "$i MD5 $(head -c 15 /dev/urandom | base64)  # MD5 key"
	echo "$((i + 10)) SHA1 $(head -c 20 /dev/urandom | xxd -p)  # SHA1 key"
done >"$lib_tmp/$server.keys"
cp "$lib_tmp/$server.keys" "$lib_tmp/$client.keys"
chmod 600 "$lib_tmp"/*.keys
common=('restrict default kod nomodify notrap nopeer noquery'
	'restrict -6 default kod nomodify notrap nopeer noquery'
	'restrict 127.0.0.1 ' 'restrict -6 ::1' 'trustedkey 4 8 42'
	'requestkey 8' 'controlkey 8' "driftfile $lib_tmp/drift")

printf '%s\n' 'broadcast 192.168.0.255 minpoll3 maxpoll 4 key 4' \
	>"$lib_tmp/trap.conf"
check_match 'minpoll3 in one word is refused, as that would lose the key' \
	"$("$KNTP_TOP/daemon/kntpd" -t -c "$lib_tmp/trap.conf" 2>&1)" \
	'trap.conf:1:.*minpoll3'
run "$server" "${common[@]}" 'server 127.127.1.0' \
	'fudge 127.127.1.0 stratum 10' \
	'broadcast 192.168.0.255 minpoll 3 maxpoll 4 key 4'
run "$client" "${common[@]}" 'broadcastclient key 4'
check_is 'broadcasts are of 68 octets, in mode 5, with key 4' \
	"$(broadcasts)" '68 5 4'
check 'the client is synchronised to the server' \
	follows "$client" 12 c0a800cb 25 || show "$server" "$client"
check 'and then only listens' wait_until 20 \
	logged "$client" '192.168.0.203: its broadcasts take'
ktap_print_msg "$(cat "$lib_tmp/$client.log")"
ktap_finished
