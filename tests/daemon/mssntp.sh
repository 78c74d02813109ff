#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Copyright (C) 2026 The kntp authors
#
# Members of a Windows domain get replies that Samba signs: by kntpd alone, as
# its own user, and with the module in front of it. tests/lib/samba.py is both
# Samba and the member.
#
#	client c0 192.0.2.2/24 ------- s0 192.0.2.1/24 server

# Functions are given to check and wait_until.
# shellcheck disable=SC2119,SC2317
# shellcheck source=tests/lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"

samba=$KNTP_TOP/tests/lib/samba.py

# member [RID] - what it is answered
member()
{
	in_ns "$client" "$samba" ask $server4 "${1:-1103}"
}

signed()
{
	[ "$(member)" = signed ]
}

served()
{
	in_ns "$server" kntp -j dev | grep -q '"ifname": "s0"'
}

# reload LINE... - one more
reloads=0
reload()
{
	kntpd_conf "$@"
	kill -HUP "$kntpd_pid"
	reloads=$((reloads + 1))
	wait_until 10 reloaded || ktap_print_msg "reload $reloads got lost"
}

reloaded()
{
	[ "$(grep -c 'configuration read again' "$kntpd_log")" -ge "$reloads" ]
}

ktap_print_header
net_setup
rmmod kntp 2>/dev/null
chmod 711 "$lib_tmp"
signd=$lib_tmp/ntp_signd
install -d -m 750 -g nogroup "$signd"
lines=('server 127.127.1.0 prefer' 'restrict default' 'restrict -6 default'
	"ntpsigndsocket $signd")
mssntp=("${lines[@]}" 'restrict 192.0.2.0 mask 255.255.255.0 mssntp')

kntpd_conf "${mssntp[@]}"
kntpd_run --no-clock -u nobody:nogroup
check_is 'without Samba there is no answer' "$(member)" none
check 'and the log says why, once' wait_until 5 \
	grep -q "Samba's socket $signd/socket: No such file" "$kntpd_log"
start "$lib_tmp/samba.log" "$samba" serve "$signd"
check 'once it is there its signature comes' wait_until 10 signed
check_is 'of an account that it knows' "$(member 1104)" none
check_is 'key 0 is no account' "$(member 0)" none
check 'which it tells' grep -q 'MS-SNTP clients are answered again' "$kntpd_log"

reload "${lines[@]}"
check_is 'a rule without mssntp lets nobody' "$(member)" none
reload "${mssntp[@]}" 'restrict 192.0.2.2 mssntp ignore'
check_is 'nor does one that ignores' "$(member)" none
reload "${mssntp[@]}"
check 'and back again' wait_until 5 signed

if modprobe kntp 2>/dev/null; then
	at_exit 'rmmod kntp 2>/dev/null'
	check 'the module comes' wait_until 15 served
	check_is 'it passes up what the daemon has Samba sign' "$(member)" \
		signed
	check_match 'and counts it so' \
		"$(in_ns "$server" kntp -j stats)" '"pass_mac": [1-9]'
	kntpd_stop
	rmmod kntp
else
	ktap_test_skip 'the module in front' 'this kernel cannot load kntp'
	kntpd_stop
fi
ktap_finished
