# SPDX-License-Identifier: GPL-2.0-only OR MIT
# shellcheck shell=bash
# Copyright (C) 2026 The kntp authors
#
# For test scripts in bash: TAP with the kernel's ktap_* names, a small network
# of namespaces, and programs in them that are started, waited for and ended.
#
#	. "$(dirname "$0")/../lib/lib.sh"
#	ktap_print_header
#	net_setup
#	chronyd_start upstream 'local stratum 3' 'allow all'
#	kntpd_start "server $upstream4 iburst"
#	check 'the client gets an answer' ...
#	ktap_finished
#
# What a script starts ends with it, however it ends.

set -u

KNTP_TOP=${KNTP_TOP:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}
KNTP_PEERS=${KNTP_PEERS:-${KNTP_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/kntp}/peers}
KSFT_PASS=0 KSFT_FAIL=1 KSFT_SKIP=4

# ------------------------------------------------------------------------ TAP

ktap_run=0 ktap_failed=0 ktap_planned='' ktap_has_failed=''

ktap_print_header()
{
	echo 'TAP version 13'
}

# A comment in the output, each line marked as such. What is said about a failure
# goes to standard error, too: prove shows that in any case.
ktap_print_msg()
{
	printf '%s\n' "$*" | sed 's/^/# /'
	[ -z "$ktap_has_failed" ] || printf '%s\n' "$*" | sed 's/^/# /' >&2
}

# ktap_set_plan N - without it, ktap_finished prints the plan.
ktap_set_plan()
{
	ktap_planned=$1
	echo "1..$1"
}

ktap_test_pass()
{
	ktap_run=$((ktap_run + 1))
	ktap_has_failed=
	echo "ok $ktap_run - $*"
}

ktap_test_fail()
{
	ktap_run=$((ktap_run + 1))
	ktap_failed=$((ktap_failed + 1))
	ktap_has_failed=1
	echo "not ok $ktap_run - $*"
}

# ktap_test_skip DESCRIPTION REASON...
ktap_test_skip()
{
	local what=$1

	shift
	ktap_run=$((ktap_run + 1))
	echo "ok $ktap_run - $what # SKIP $*"
}

# Nothing of this script can run here.
ktap_skip_all()
{
	echo "1..0 # SKIP $*"
	exit $KSFT_SKIP
}

# Going on makes no sense.
ktap_exit_fail_msg()
{
	echo "Bail out! $*"
	exit $KSFT_FAIL
}

ktap_finished()
{
	[ -n "$ktap_planned" ] || echo "1..$ktap_run"
	if [ "$ktap_failed" -ne 0 ] ||
	   { [ -n "$ktap_planned" ] && [ "$ktap_planned" -ne "$ktap_run" ]; }; then
		exit $KSFT_FAIL
	fi
	exit $KSFT_PASS
}

# check DESCRIPTION COMMAND... - ok when it succeeds; else shows what it said.
check()
{
	local what=$1 out rc=0

	shift
	out=$("$@" 2>&1) || rc=$?
	if [ $rc -eq 0 ]; then
		ktap_test_pass "$what"
		return 0
	fi
	ktap_test_fail "$what"
	ktap_print_msg "status $rc of: $*"
	[ -z "$out" ] || ktap_print_msg "$out"
	return 1
}

# check_fails DESCRIPTION COMMAND... - ok when the command refuses.
check_fails()
{
	local what=$1 out

	shift
	if out=$("$@" 2>&1); then
		ktap_test_fail "$what"
		ktap_print_msg "succeeded: $*"
		[ -z "$out" ] || ktap_print_msg "$out"
		return 1
	fi
	ktap_test_pass "$what"
}

# check_is DESCRIPTION GOT WANTED
check_is()
{
	if [ "$2" = "$3" ]; then
		ktap_test_pass "$1"
		return 0
	fi
	ktap_test_fail "$1"
	ktap_print_msg "     got: $2"
	ktap_print_msg "expected: $3"
	return 1
}

# check_match DESCRIPTION GOT EXTENDED-REGEX
check_match()
{
	if grep -Eq -- "$3" <<<"$2"; then
		ktap_test_pass "$1"
		return 0
	fi
	ktap_test_fail "$1"
	ktap_print_msg "     got: $2"
	ktap_print_msg "expected to match: $3"
	return 1
}

# check_range DESCRIPTION GOT LOW HIGH - decimal fractions, ends included.
check_range()
{
	if awk -v g="$2" -v l="$3" -v h="$4" 'BEGIN {
		exit !(g ~ /^[-+]?[0-9.]+(e[-+]?[0-9]+)?$/ && g + 0 >= l + 0 && g + 0 <= h + 0)
	}'; then
		ktap_test_pass "$1"
		return 0
	fi
	ktap_test_fail "$1"
	ktap_print_msg "got $2, expected $3 to $4"
	return 1
}

# -------------------------------------------------------------------- waiting

# wait_until SECONDS COMMAND... - try it, 10 times a second, until it succeeds.
# So long does it take at most where nothing else runs. A guest of a busy machine
# gets four times that, and a minute at least: what comes late is no failure,
# only what never comes. A script that is about a time has to measure it.
wait_until()
{
	local limit=$((4 * $1 > 60 ? 4 * $1 : 60)) end up

	# Not bash's SECONDS: the clock may be set in the meantime.
	read -r up _ </proc/uptime
	end=$((${up%.*} + limit))
	shift
	until "$@" >/dev/null 2>&1; do
		read -r up _ </proc/uptime
		[ "${up%.*}" -lt $end ] || return 1
		sleep 0.1
	done
}

# ------------------------------------------------------------------- clean-up

lib_tmp=$(mktemp -d "${TMPDIR:-/tmp}/kntp-test.XXXXXX")
lib_pids=()
lib_netns=()
lib_exit=()

# at_exit COMMAND - evaluated when the script ends, last one first.
at_exit()
{
	lib_exit=("$1" "${lib_exit[@]}")
}

lib_cleanup()
{
	local rc=$? cmd pid ns

	trap - EXIT INT TERM HUP
	for cmd in "${lib_exit[@]}"; do
		eval "$cmd"
	done
	for pid in "${lib_pids[@]}"; do
		stop "$pid"
	done
	for ns in "${lib_netns[@]}"; do
		ip netns del "$ns" 2>/dev/null
	done
	rm -rf "$lib_tmp"
	exit $rc
}
trap lib_cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

lib_gone()
{
	! kill -0 "$1" 2>/dev/null
}

# stop PID [SIGNAL] - end a program that was started here, and wait for its end.
stop()
{
	local pid=$1

	kill -"${2:-TERM}" "$pid" 2>/dev/null || return 0
	if ! wait_until 5 lib_gone "$pid"; then
		ktap_print_msg "process $pid did not end by SIG${2:-TERM}: killed"
		kill -KILL "$pid" 2>/dev/null
	fi
	wait "$pid" 2>/dev/null
	return 0
}

# start LOGFILE COMMAND... - in the background; its number is then in $started.
start()
{
	local log=$1

	shift
	"$@" >>"$log" 2>&1 </dev/null &
	started=$!
	lib_pids+=("$started")
}

# ----------------------------------------------------------------- namespaces
#
#	client                     server                     upstream
#	c0 192.0.2.2/24  --------  s0 192.0.2.1/24
#	   2001:db8:1::2/64           2001:db8:1::1/64
#	                           s1 198.51.100.1/24 ------  u0 198.51.100.2/24
#	                              2001:db8:2::1/64           2001:db8:2::2/64
#
# $client, $server and $upstream name the namespaces.

net_prefix=${KNTP_NETNS:-kntp}
# shellcheck disable=SC2034 # for the scripts
client=$net_prefix-client server=$net_prefix-server upstream=$net_prefix-upstream \
	client4=192.0.2.2 client6=2001:db8:1::2 server4=192.0.2.1 server6=2001:db8:1::1 \
	serverup4=198.51.100.1 serverup6=2001:db8:2::1 \
	upstream4=198.51.100.2 upstream6=2001:db8:2::2

# netns_add NAME... - make namespaces with lo up; removed at the end.
netns_add()
{
	local ns

	for ns; do
		ip netns add "$ns" ||
			ktap_exit_fail_msg "cannot make the namespace $ns; root is needed, and no leftover of that name (ip netns list)"
		lib_netns+=("$ns")
		ip -n "$ns" link set lo up
		# Addresses are usable at once and nothing else is made up.
		in_ns "$ns" sysctl -q -w net.ipv6.conf.all.accept_dad=0 \
			net.ipv6.conf.default.accept_dad=0 \
			net.ipv6.conf.default.accept_ra=0
	done
}

# in_ns NAMESPACE COMMAND...
in_ns()
{
	ip netns exec "$@"
}

# net_link NS-A DEV-A NS-B DEV-B - a veth pair between two namespaces, up.
net_link()
{
	ip -n "$1" link add "$2" type veth peer name "$4" netns "$3" ||
		ktap_exit_fail_msg "cannot make the veth pair $2-$4"
	ip -n "$1" link set "$2" up
	ip -n "$3" link set "$4" up
	if ! wait_until 5 net_ready "$1" "$2" || ! wait_until 5 net_ready "$3" "$4"; then
		ktap_exit_fail_msg "the veth pair $2-$4 does not come up"
	fi
}

# net_ready NS DEV - it sends: what the kernel does last, once a device has a
# carrier, is to give it a link-local address.
net_ready()
{
	ip -n "$1" -6 -o addr show dev "$2" scope link -tentative | grep -q fe80:
}

# net_meet NS ADDRESS... - the neighbours get to know each other, so that later
# packets wait for no resolution.
net_meet()
{
	local ns=$1 addr

	shift
	for addr; do
		wait_until 5 in_ns "$ns" ping -c 1 -W 2 "$addr" ||
			ktap_exit_fail_msg "$addr does not answer a ping from $ns"
	done
}

# net_addr NS DEV ADDRESS/LENGTH...
net_addr()
{
	local ns=$1 dev=$2 addr

	shift 2
	for addr; do
		case $addr in
		*:*) ip -n "$ns" addr add "$addr" dev "$dev" nodad ;;
		*) ip -n "$ns" addr add "$addr" dev "$dev" ;;
		esac
	done
}

# net_setup - the topology drawn above.
net_setup()
{
	netns_add "$client" "$server" "$upstream"
	net_link "$client" c0 "$server" s0
	net_link "$upstream" u0 "$server" s1
	net_addr "$client" c0 $client4/24 $client6/64
	net_addr "$server" s0 $server4/24 $server6/64
	net_addr "$server" s1 $serverup4/24 $serverup6/64
	net_addr "$upstream" u0 $upstream4/24 $upstream6/64
	net_meet "$client" $server4
}

# net_vlan ID - 10.0.ID.2 and .1, 2001:db8:ID::2 and ::1 on tagged c0.ID - s0.ID.
net_vlan()
{
	ip -n "$client" link add link c0 name "c0.$1" type vlan id "$1"
	ip -n "$server" link add link s0 name "s0.$1" type vlan id "$1"
	ip -n "$client" link set "c0.$1" up
	ip -n "$server" link set "s0.$1" up
	net_addr "$client" "c0.$1" "10.0.$1.2/24" "2001:db8:$1::2/64"
	net_addr "$server" "s0.$1" "10.0.$1.1/24" "2001:db8:$1::1/64"
}

# -------------------------------------------------------------------- programs

# module_load [PARAMETER=VALUE...] - kntp.ko, or skip the script without it.
module_load()
{
	modprobe kntp "$@" ||
		ktap_skip_all "this kernel cannot load kntp; tests/vm/run runs the script in a guest"
}

# udp_bound NAMESPACE PORT - somebody listens there.
udp_bound()
{
	in_ns "$1" ss -Hlun "sport = :$2" | grep -q .
}

# kntpd_conf LINE... - write the configuration to $kntpd_conf.
kntpd_conf=$lib_tmp/ntp.conf kntpd_log=$lib_tmp/kntpd.log kntpd_pid=''
kntpd_conf()
{
	printf '%s\n' "$@" >"$kntpd_conf"
}

# kntpd_start LINE... - kntpd in $server with these lines; its log is
# $kntpd_log, its number $kntpd_pid. Waits until it holds port 123.
kntpd_start()
{
	kntpd_conf "$@"
	# shellcheck disable=SC2119
	kntpd_run
}

# shellcheck disable=SC2120 # scripts give options
# kntpd_run [OPTION...] - the same, with the configuration as it stands.
kntpd_run()
{
	start "$kntpd_log" ip netns exec "$server" \
		"$KNTP_TOP/daemon/kntpd" -n -c "$kntpd_conf" "$@"
	kntpd_pid=$started
	if ! wait_until 10 udp_bound "$server" 123 || lib_gone "$kntpd_pid"; then
		ktap_print_msg "$(cat "$kntpd_log")"
		ktap_exit_fail_msg 'kntpd did not come up; its log is above'
	fi
}

# kntpd_stop [SIGNAL]
kntpd_stop()
{
	[ -z "$kntpd_pid" ] || stop "$kntpd_pid" "${1:-TERM}"
	kntpd_pid=
}

# peer NAME ARGUMENT... - a program from the unpacked peers: chronyd chronyc
# ntpd ntpdig ntpq busybox systemd-timesyncd.
peer()
{
	"$KNTP_PEERS/run/$1" "${@:2}"
}

# chronyd_start NAMESPACE LINE... - never touches the clock (-x). Its directory
# is $lib_tmp/chrony-NAMESPACE, its number $started. Waits for its socket.
chronyd_start()
{
	local ns=$1 dir=$lib_tmp/chrony-$1

	shift
	[ -x "$KNTP_PEERS/run/chronyd" ] ||
		ktap_skip_all "no chronyd; run: tools/dev/lab-setup peers"
	mkdir -p "$dir"
	chmod 700 "$dir"
	# What one that was killed left there is no sign of life.
	rm -f "$dir/sock" "$dir/pid"
	printf '%s\n' "$@" "pidfile $dir/pid" "bindcmdaddress $dir/sock" \
		'cmdport 0' >"$dir/conf"
	start "$dir/log" ip netns exec "$ns" \
		"$KNTP_PEERS/run/chronyd" -x -d -u root -f "$dir/conf"
	if ! wait_until 10 test -S "$dir/sock"; then
		ktap_print_msg "$(cat "$dir/log")"
		ktap_exit_fail_msg "chronyd did not come up in $ns"
	fi
}

# chronyc NAMESPACE COMMAND... - ask that chronyd, in its CSV form.
chronyc()
{
	peer chronyc -n -c -h "$lib_tmp/chrony-$1/sock" "${@:2}"
}
