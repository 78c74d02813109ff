# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Copyright (C) 2026 The kntp authors
#
# awk -f check-layers.awk layers.txt FILE... - each #include against layers.txt.

# The longest folder of layers.txt that holds a path.
function layer_of(path,  l, best)
{
	best = ""
	for (l in allowed)
		if (index(path, l "/") == 1 && length(l) > length(best))
			best = l
	return best
}

function complain(what)
{
	printf "%s:%d: %s\n", FILENAME, FNR, what
	bad = 1
}

FNR == 1 { file++ }

file == 1 {
	if (/^#/ || NF == 0)
		next
	only = 0
	allowed[$1] = " "
	for (i = 3; i <= NF; i++) {
		if ($i == "only") {
			only = 1
			continue
		}
		if (only && $i ~ /\.h$/)
			only_file[$1] = $i
		else if (only)
			only_sys[$1] = only_sys[$1] " " $i
		else
			allowed[$1] = allowed[$1] $i " "
	}
	next
}

FNR == 1 { mine = layer_of(FILENAME) }

/^#[ \t]*include[ \t]*[<"]/ {
	match($0, /[<"][^>"]*[>"]/)
	quoted = substr($0, RSTART, 1) == "\""
	path = substr($0, RSTART + 1, RLENGTH - 2)
	if (mine == "") {
		complain("no layer of layers.txt holds this file")
		nextfile
	}
	if (path ~ /^uapi\//) {
		target = "include/uapi"
	} else if (quoted) {
		target = layer_of(path)
		if (target == "") {
			complain("\"" path "\" is no path from the top of the tree")
			next
		}
	} else {
		sys = allowed[mine]
		if (FILENAME == only_file[mine])
			sys = sys " " only_sys[mine] " "
		folder = path
		if (!sub(/\/.*/, "/", folder))
			folder = "-"
		if (index(sys, " libc ") || index(sys, " " folder " "))
			next
		complain("<" path "> is not for " mine " (layers.txt)")
		next
	}
	if (target != mine && !index(allowed[mine], " " target " "))
		complain(mine " may not include from " target " (layers.txt): " path)
}

END { exit bad }
