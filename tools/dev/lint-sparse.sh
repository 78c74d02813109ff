#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Copyright (C) 2026 The kntp authors
#
# lint-sparse.sh KERNEL - sparse over every source of the module, with byte
# order checks. Fails on what it says about our files, not the kernel's.

set -eu -o pipefail

here=$(cd "$(dirname "$0")" && pwd)
out=$(mktemp)
trap 'rm -f "$out"' EXIT

if ! "$here/kbuild" "$1" -s C=2 CF=-D__CHECK_ENDIAN__ modules >"$out" 2>&1; then
	cat "$out"
	exit 1
fi
if grep -E '(^|/)(kmod|tests/kmod)/[^:]*:[0-9]+:[0-9]*:? *(warning|error):' "$out"; then
	exit 1
fi
