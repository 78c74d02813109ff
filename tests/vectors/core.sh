#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Copyright (C) 2026 The kntp authors
#
# The core against the packet vectors, in this process: no server, no root.

set -u
cd "$(dirname "$0")/../.." || exit 1
exec build/test/run_vectors core -k tests/vectors/keys tests/vectors/*.{pkt,seq}
