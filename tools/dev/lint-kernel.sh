#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Copyright (C) 2026 The kntp authors
#
# lint-kernel.sh SCRIPTS-FOLDER FILE... - the kernel's own judges of style:
# checkpatch (options in .checkpatch.conf) and kernel-doc.

set -u -o pipefail

scripts=$1
shift
bad=0

for f; do
	case $f in
	# Tracepoints have a layout of their own, which checkpatch does not know.
	*/trace.h) continue ;;
	# The one file that may ask for the kernel's version.
	*/compat.h) more=(--ignore LINUX_VERSION_CODE) ;;
	*) more=() ;;
	esac
	perl "$scripts/checkpatch.pl" --terse --no-summary "${more[@]}" -f "$f" || bad=1
done
perl "$scripts/kernel-doc" -none -Werror "$@" || bad=1
exit $bad
