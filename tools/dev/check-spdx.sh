#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Copyright (C) 2026 The kntp authors
#
# check-spdx.sh - each file says its licence in its first three lines, and the
# right one for where it stands.

set -u -o pipefail

dual='GPL-2.0-only OR MIT'
uapi="((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause)"
bad=0

while read -r f; do
	[ -f "$f" ] || continue
	case $f in
	LICENSES/* | COPYING | MAINTAINERS | *README* | .git* | .clang-format | \
	.editorconfig | .checkpatch.conf | tools/dev/*.words | \
	tools/dev/cppcheck.suppress | dkms.conf | *.json | *.pkt | \
	tests/fuzz/corpus/* | tests/golden/*.[!s]* | tests/vectors/*.[!s]* | \
	Documentation/*.rst) continue ;;
	include/uapi/* | Documentation/netlink/specs/*) want=$uapi ;;
	kmod/core/*) want=$dual ;;
	kmod/*.[ch] | Kbuild | tests/kmod/*) want=GPL-2.0-only ;;
	*) want=$dual ;;
	esac
	if ! head -n 3 "$f" | grep -qF "SPDX-License-Identifier: $want"; then
		echo "$f: no 'SPDX-License-Identifier: $want' in its first lines"
		bad=1
	fi
done < <(git ls-files)
exit $bad
