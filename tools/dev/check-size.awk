# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Copyright (C) 2026 The kntp authors
#
# awk -f check-size.awk FILE... - no C file above 600 lines, no function above
# 70. A function is what stands between ^{ and ^}, after a line that ends in ).

function complain(what)
{
	printf "%s: %s\n", FILENAME, what
	bad = 1
}

function end_file()
{
	if (lines > 600) {
		printf "%s: %d lines; above 600 a file is two\n", name, lines
		bad = 1
	}
}

FNR == 1 {
	end_file()
	name = FILENAME
	start = 0
	head = ""
}

{ lines = FNR }

/^\{/ && head ~ /\)[ \t]*$/ { start = FNR; what = head }
/^\}/ && start {
	if (FNR - start - 1 > 70)
		complain(start ": function of " (FNR - start - 1) " lines, above 70: " what)
	start = 0
}
/[^ \t]/ { head = $0 }

END { end_file(); exit bad }
