#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Copyright (C) 2026 The kntp authors
#
# What bash offers after the beginning of a kntp command. Every word that is
# offered must be one that kntp itself takes.

set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tools/kntp/completion.bash
. tools/kntp/completion.bash

n=0
failed=0

ok()
{
	local status=$1

	shift
	n=$((n + 1))
	[ "$status" = 0 ] || { printf 'not '; failed=1; }
	printf 'ok %d - %s\n' "$n" "$*"
}

# The program of the golden tests stands in for the real one.
kntp()
{
	build/test/fakekntp "$@"
}

# offers WORDS... == EXPECTED...: the last of WORDS is being completed
offers()
{
	local words=(kntp) got

	while [ "$1" != == ]; do
		words+=("$1")
		shift
	done
	shift
	COMP_WORDS=("${words[@]}")
	COMP_CWORD=$((${#words[@]} - 1))
	COMPREPLY=()
	_kntp
	got=${COMPREPLY[*]}
	[ "$got" = "$*" ]
	ok $? "${words[*]}: $*"
	[ "$got" = "$*" ] || echo "# got: $got"
}

echo TAP version 13
offers '' == clock dev stats clients restrict keys limits monitor help
offers cl == clock clients
offers -j d == dev
offers -n -j stats re == reset
offers -- == --json --numeric --version --help
offers clock '' == show set help
offers clock set '' == leap stratum precision refid reftime rootdelay \
	rootdisp drift validity
offers clock set leap '' == 0 1 2 3
offers clock set leap 0 ref == refid reftime
offers dev '' == show add del set help
offers dev add l == lo
offers dev add lo '' == hook
offers dev add lo hook '' == ingress routed input
offers dev set e == eth0 eth1
offers dev set eth0 hook i == ingress input
offers dev del '' == eth0 eth1 longest-name-15
offers dev del eth0 '' ==
offers stats show '' == all
offers clients so == sort
offers clients limit 5 sort '' == last count rate
offers restrict '' == show get add del help
offers restrict show '' == addr flag min sort limit
offers restrict show flag nop == nopeer
offers restrict show sort '' == network hits
offers restrict show addr 2 == 2001:db8::/32
offers restrict get '' ==
offers restrict get ::1 '' == port
offers restrict add d == default
offers restrict add 192.0.2.0 m == mask mssntp
offers restrict add 192.0.2.0 mask '' ==
offers restrict add default m == mssntp
offers restrict add default kod l == limited lowpriotrap
offers restrict del '' == default ::/0 ::1 0.0.0.0/0 192.0.2.0/24 192.0.2.7 \
	2001:db8::/32
offers restrict del ::1 '' == mask ntpport
offers keys add 5 '' == MD5 SHA1 SHA256 SHA384 SHA512 AES128CMAC
offers keys add 5 MD5 '' == file trusted hosts
offers keys add 5 MD5 file MAINT == MAINTAINERS
offers keys add 5 MD5 hosts '' ==
offers keys load MAINT == MAINTAINERS
offers keys load tests/golden/compl == tests/golden/completion.t
offers keys load x '' == trusted
offers keys load x trusted '' == all
offers keys del '' == 1 4 11 65534
offers keys del 1 '' ==
offers limits set '' == average minimum prefix6 nak
offers limits set nak '' == on off
offers limits set nak on average '' ==
offers monitor '' == show limit help

# The program's own help names all objects and verbs, and no others.
objects=$(kntp help | sed -n 's/^  kntp \([a-z]*\).*/\1/p' | xargs)
[ "$objects" = 'clock dev stats clients restrict keys limits monitor help' ]
ok $? 'the objects are those of kntp help'
for object in clock dev stats restrict keys limits; do
	verbs=$(kntp "$object" help |
		sed -n "s/^  kntp $object \([a-z]*\).*/\1/p" | xargs)
	[ "$verbs" = "$(_kntp_words "$object" '')" ]
	ok $? "the verbs of $object are those of kntp $object help"
done
# All flags and no others; they stand in a message of the program.
flags=$(kntp restrict show flag x 2>&1 | sed 's/.*there are: //; s/,//g')
[ "$flags" = "$(xargs <<<"$_kntp_flags")" ]
ok $? 'the flags are those of the program'
echo "1..$n"
exit $failed
