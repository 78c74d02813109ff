#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Copyright (C) 2026 The kntp authors
#
# get-kscripts.sh - print the folder that holds checkpatch.pl and kernel-doc.
# They are only in the kernel's source package (140 MB): the first call fetches
# it from this machine's Debian mirror, and keeps these few scripts.

set -eu -o pipefail

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tools/dev/debian.sh
. "$here/debian.sh"

scripts=(checkpatch.pl const_structs.checkpatch spelling.txt kernel-doc)
dir=$KNTP_CACHE/kscripts
mkdir -p "$KNTP_CACHE"
exec 9>"$KNTP_CACHE/.lock-kscripts"
flock 9
if [ ! -e "$dir/ready" ]; then
	tmp=$KNTP_CACHE/.new-kscripts
	rm -rf "$tmp" "$dir"
	mkdir -p "$tmp/deb"
	say "fetching the kernel's scripts (checkpatch, kernel-doc)"
	apt_root kscripts bookworm bookworm-security
	apt_fetch "$tmp/deb" linux-source-6.1
	# The last tar leaves as soon as it has them all; the others then see a
	# broken pipe, which is no failure.
	{
		dpkg --fsys-tarfile "$tmp"/deb/*.deb |
			tar -xO --wildcards '*/linux-source-6.1.tar.xz' |
			tar -C "$tmp" -xJ --strip-components=2 --occurrence=1 \
				"${scripts[@]/#/linux-source-6.1/scripts/}"
	} 2>/dev/null || :
	for f in "${scripts[@]}"; do
		[ -s "$tmp/$f" ] || die "no scripts/$f in linux-source-6.1"
	done
	rm -rf "$tmp/deb"
	: >"$tmp/ready"
	mv "$tmp" "$dir"
fi
printf '%s\n' "$dir"
