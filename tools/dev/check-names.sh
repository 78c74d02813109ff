#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Copyright (C) 2026 The kntp authors
#
# check-names.sh USER-OBJECTS [KERNEL-OBJECTS] - global symbols say where they
# live, and core is pure:
#
#	kmod/core/x.c	ntp_x, ntp_x_...	port.c of any world: these too
#	kmod/x.c	kntp_x, kntp_x_...
#	elsewhere	x, x_...
#
# Objects in USER-OBJECTS/pure are core's, built freestanding: they may need
# the memory functions and other ntp_* symbols, nothing else.

set -u -o pipefail

user=${1:?usage: check-names.sh USER-OBJECTS [KERNEL-OBJECTS]}
kernel=${2-}
bad=0

complain()
{
	echo "$*"
	bad=1
}

# check_object FILE PATH-IN-THE-TREE
check_object()
{
	local stem prefix type symbol

	stem=$(basename "$2" .o)
	case $2 in
	kmod/core/*) prefix=ntp_ ;;
	kmod/*) prefix=kntp_ ;;
	*) prefix= ;;
	esac
	while read -r _ type symbol; do
		case $symbol in
		main | "$prefix$stem" | "$prefix$stem"_*) ;;
		ntp_port_*) [ "$stem" = port ] ||
			complain "$2: '$symbol' ($type) belongs into a port.c" ;;
		# What the kernel's macros make.
		init_module | cleanup_module | __*) ;;
		*) complain "$2: '$symbol' ($type) does not begin with '$prefix$stem'" ;;
		esac
	done < <(nm -g --defined-only "$1")
}

objects()
{
	local dir

	for dir; do
		[ ! -d "$dir" ] || find "$dir" -name '*.o'
	done
}

while read -r object; do
	check_object "$object" "${object#"$user"/}"
done < <(objects "$user/daemon" "$user/tools")
while read -r object; do
	check_object "$object" "${object#"$user"/pure/}"
	while read -r _ symbol; do
		case $symbol in
		memcpy | memset | memmove | memcmp | ntp_*) ;;
		*) complain "${object#"$user"/pure/}: needs '$symbol': core is pure" ;;
		esac
	done < <(nm -u "$object")
done < <(objects "$user/pure")
if [ -n "$kernel" ]; then
	while read -r object; do
		case ${object#"$kernel"/} in
		kmod/core/*) ;;
		*) check_object "$object" "${object#"$kernel"/}" ;;
		esac
	done < <(objects "$kernel/kmod")
fi
exit $bad
