#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Copyright (C) 2026 The kntp authors
#
# Who is answered: only requests to a local unicast address, from a source that
# can be a client; addresses come and go; rp_filter; VLANs, VRFs and ports.
#
#	client c0 192.0.2.2/24 ------- s0 192.0.2.1/24 server
#	          2001:db8:1::2/64        2001:db8:1::1/64
#	          c0.7 10.0.7.2/24 --- s0.7 10.0.7.1/24

# shellcheck source=tests/lib/lib.sh disable=SC2119
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=tests/lib/frames.sh
. "$(dirname "$0")/../lib/frames.sh"

k()
{
	in_ns "$server" kntp "$@"
}

ktap_print_header
net_setup
module_load
at_exit 'rmmod kntp 2>/dev/null'
frames_setup
k dev add s0 || ktap_exit_fail_msg 's0 cannot be served'
k clock set leap 0 stratum 2 refid 198.51.100.2 validity 1h
served='reply len=48 mode=4 tos=0 ttl=64 [served]'

# ------------------------------------------------------------------ addresses
frames 'destination' <<-TABLE
	other            to=192.0.2.77           => none [pass_notlocal]
	behind           to=203.0.113.9          => none [pass_notlocal]
	second           to=$serverup4           => $served
	second6          to=$serverup6 from=$client6 => $served
	broadcast        to=192.0.2.255          => none [pass_notlocal]
	all              to=255.255.255.255      => none [pass_notlocal]
	multicast        to=224.0.1.1            => none [pass_notlocal]
	multicast-frame  to=224.0.1.1 mac=01:00:5e:00:01:01 => none [pass_notlocal]
	unicast-to-all   mac=ff:ff:ff:ff:ff:ff   => none [pass_device]
	loopback         to=127.0.0.1            => none [pass_notlocal]
	other-station    mac=02:00:00:00:00:77   => none []
	other6           to=2001:db8:1::77 from=$client6 => none [pass_notlocal]
	multicast6       to=ff02::101 from=$client6 mac=33:33:00:00:01:01 => none [pass_notlocal]
	loopback6        to=::1 from=$client6    => none [pass_notlocal]
TABLE
frames 'source' <<-TABLE
	own              from=$server4           => none [pass_source]
	own-other        from=$serverup4         => none [pass_source]
	zero             from=0.0.0.0            => none [pass_source]
	zeronet          from=0.1.2.3            => none [pass_source]
	loopback         from=127.0.0.1          => none [pass_source]
	multicast        from=224.0.0.5          => none [pass_source]
	reserved         from=240.0.0.1          => none [pass_source]
	all              from=255.255.255.255    => none [pass_source]
	broadcast        from=192.0.2.255        => none [pass_source]
	far              from=203.0.113.200      => $served
	own6             to=$server6 from=$server6 => none [pass_source]
	own6-other       to=$server6 from=$serverup6 => none [pass_source]
	zero6            to=$server6 from=::     => none [pass_source]
	loopback6        to=$server6 from=::1    => none [pass_source]
	multicast6       to=$server6 from=ff02::1 => none [pass_source]
	mapped6          to=$server6 from=::ffff:192.0.2.2 => none [pass_source]
	far6             to=$server6 from=2001:db8:ffff::1 => $served
TABLE

# ------------------------------------------------------------- come and gone
ip -n "$server" addr add 192.0.2.9/24 dev s0
ip -n "$server" addr add 192.0.2.33/32 dev lo
ip -n "$server" addr add 2001:db8:1::9/64 dev s0 nodad
frames 'addresses that came' <<-TABLE
	secondary        to=192.0.2.9            => $served
	on-lo            to=192.0.2.33           => $served
	secondary6       to=2001:db8:1::9 from=$client6 => $served
	as-source        from=192.0.2.9          => none [pass_source]
	as-source6       to=$server6 from=2001:db8:1::9 => none [pass_source]
TABLE
ip -n "$server" addr del 192.0.2.9/24 dev s0
ip -n "$server" addr del 192.0.2.33/32 dev lo
ip -n "$server" addr del 2001:db8:1::9/64 dev s0
frames 'addresses that went' <<-TABLE
	secondary        to=192.0.2.9            => none [pass_notlocal]
	on-lo            to=192.0.2.33           => none [pass_notlocal]
	secondary6       to=2001:db8:1::9 from=$client6 => none [pass_notlocal]
	as-source        from=192.0.2.9          => $served
	as-source6       to=$server6 from=2001:db8:1::9 => $served
TABLE
ip -n "$server" route add local 10.99.0.0/16 dev lo
frames 'a local route' <<-TABLE
	any-address      to=10.99.3.4            => $served
	as-source        from=10.99.3.4          => none [pass_source]
TABLE
ip -n "$server" route del local 10.99.0.0/16 dev lo
frames 'a local route that went' <<-TABLE
	any-address      to=10.99.3.4            => none [pass_notlocal]
	as-source        from=10.99.3.4          => $served
TABLE
# An address is not used before nobody has claimed it.
in_ns "$server" sysctl -q -w net.ipv6.conf.s0.accept_dad=1 \
	net.ipv6.conf.s0.dad_transmits=60
ip -n "$server" addr add 2001:db8:1::aa/64 dev s0
frames 'a tentative address' <<-TABLE
	tentative        to=2001:db8:1::aa from=$client6 => none [pass_notlocal]
TABLE
in_ns "$server" sysctl -q -w net.ipv6.conf.s0.disable_ipv6=1
frames 'IPv6 off' <<-TABLE
	off              to=$server6 from=$client6 => none [pass_notlocal]
TABLE
in_ns "$server" sysctl -q -w net.ipv6.conf.s0.disable_ipv6=0

# ------------------------------------------------------------------ rp_filter
# 203.0.113.0/24 is reached by s1, a request by s0 is a martian then.
ip -n "$server" route add 203.0.113.0/24 dev s1
frames 'rp_filter off' <<-TABLE
	by-s1            from=203.0.113.5        => $served
	nowhere          from=100.64.0.1         => $served
TABLE
in_ns "$server" sysctl -q -w net.ipv4.conf.s0.rp_filter=1
frames 'rp_filter strict' <<-TABLE
	neighbour                                => $served
	by-s1            from=203.0.113.5        => none [pass_source]
	nowhere          from=100.64.0.1         => none [pass_source]
TABLE
in_ns "$server" sysctl -q -w net.ipv4.conf.s0.rp_filter=2
frames 'rp_filter loose' <<-TABLE
	neighbour                                => $served
	by-s1            from=203.0.113.5        => $served
	nowhere          from=100.64.0.1         => none [pass_source]
TABLE
in_ns "$server" sysctl -q -w net.ipv4.conf.s0.rp_filter=0 \
	net.ipv4.conf.all.rp_filter=1
frames 'rp_filter strict for all' <<-TABLE
	by-s1            from=203.0.113.5        => none [pass_source]
TABLE
in_ns "$server" sysctl -q -w net.ipv4.conf.all.rp_filter=0
ip -n "$server" route del 203.0.113.0/24 dev s1

# ----------------------------------------------------------------------- VLAN
net_vlan 7
vlan='to=10.0.7.1 from=10.0.7.2'
vlan6='to=2001:db8:7::1 from=2001:db8:7::2'
tagged='reply len=48 mode=4 tos=0 ttl=64 vlan=7 [served]'
frames 'a tag, its device not served' <<-TABLE
	tagged           vlan=7 $vlan            => $tagged
	tagged6          vlan=7 $vlan6           => $tagged
	main-address     vlan=7                  => $tagged
	unknown          vlan=8 $vlan            => none []
	priority         vlan=0 prio=5           => $served
	not-local        vlan=7 to=10.0.7.77 from=10.0.7.2 => none [pass_notlocal]
TABLE
ip -n "$server" link set s0.7 down
frames 'its device down' <<-TABLE
	tagged           vlan=7 $vlan            => none []
TABLE
ip -n "$server" link set s0.7 up
net_addr "$server" s0.7 2001:db8:7::1/64
for hook in ingress routed input; do
	k dev add s0.7 hook $hook
	net_meet "$client" 10.0.7.1 2001:db8:7::1
	frames "a tag, its device served by $hook" <<-TABLE
		tagged           vlan=7 $vlan            => $tagged
		tagged6          vlan=7 $vlan6           => $tagged
		untagged                                 => $served
	TABLE
	counts=$(k -j dev show s0.7 | jq -r '.[] | "\(.requests) \(.replies)"')
	check_is "s0.7 by $hook has counted them" "$counts" '2 2'
	k dev del s0.7
done

# ---------------------------------------------------------------- VRF, bridge
ip -n "$server" link add red type vrf table 10
ip -n "$server" link set red up
# As is recommended with VRFs: their tables come before the local one.
ip -n "$server" rule add pref 32765 table local
ip -n "$server" rule del pref 0
ip -n "$server" link set s0 master red
ip -n "$server" route add default via $client4 vrf red
net_addr "$server" s0 $server6/64
net_meet "$client" $server4 $server6
for hook in ingress routed input; do
	k dev set s0 hook $hook
	frames "in a VRF, $hook" <<-TABLE
		inside                                   => $served
		inside6          to=$server6 from=$client6 => $served
		outside          to=$serverup4           => none [${not_here-pass_notlocal}]
		as-outside       from=$serverup4         => $served
	TABLE
	# The stack itself takes nothing for another VRF as far as LOCAL_IN.
	[ $hook != routed ] || not_here=
done
ktap_finished
