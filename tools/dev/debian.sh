# SPDX-License-Identifier: GPL-2.0-only OR MIT
# shellcheck shell=bash
# Copyright (C) 2026 The kntp authors
#
# What the set-up scripts share: where caches lie, which Debian archives this
# machine uses, and private apt roots for other suites. Source it.
#
# Packages of other suites never touch the machine's own dpkg: they are
# downloaded, with their signatures checked, and unpacked below the cache.

KNTP_CACHE=${KNTP_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/kntp}
# Where depmod, modprobe and debootstrap are, also for those who are not root.
PATH=$PATH:/usr/sbin:/sbin
KNTP_KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg

die()
{
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

say()
{
	printf '%s: %s\n' "${0##*/}" "$*" >&2
}

# Run a command as root: directly when we are, else through sudo.
as_root()
{
	if [ "$(id -u)" = 0 ]; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo -- "$@"
	else
		die "root is needed for: $*; become root or install sudo"
	fi
}

# Print "URI SUITE" for each binary source of this machine, in either format.
apt_sources()
{
	local f

	for f in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
		[ -r "$f" ] || continue
		sed -n 's/^[[:space:]]*deb[[:space:]]\+//p' "$f" |
			sed 's/^\[[^]]*\][[:space:]]*//' |
			awk '{ print $1, $2 }'
	done
	for f in /etc/apt/sources.list.d/*.sources; do
		[ -r "$f" ] || continue
		awk '
		function flush(  i, j, n, m, u, s) {
			n = split(uris, u, " "); m = split(suites, s, " ")
			if (deb && !off)
				for (i = 1; i <= n; i++)
					for (j = 1; j <= m; j++)
						print u[i], s[j]
			uris = suites = field = ""; deb = off = 0
		}
		/^#/ { next }
		/^[[:space:]]*$/ { flush(); next }
		/^[A-Za-z-]+:/ {
			field = tolower($1); sub(/:$/, "", field)
			sub(/^[^:]*:[[:space:]]*/, "")
		}
		field == "types" && /(^|[ \t])deb([ \t]|$)/ { deb = 1 }
		field == "enabled" && /^(no|false)/ { off = 1 }
		field == "uris" { uris = uris " " $0 }
		field == "suites" { suites = suites " " $0 }
		END { flush() }' "$f"
	done
}

# A mirror list (mirror+file:) stands for the first mirror that it names.
plain_uri()
{
	case $1 in
	mirror+file:*) awk '!/^#/ && NF { print $1; exit }' "${1#mirror+file:}" ;;
	*) printf '%s\n' "$1" ;;
	esac
}

# mirror main|security - the archive that this machine itself uses.
mirror()
{
	local uri suite main='' security=''

	while read -r uri suite; do
		case $uri in cdrom:*) continue ;; esac
		case $suite in
		bookworm | stable | oldstable | oldoldstable)
			[ -n "$main" ] || main=$(plain_uri "$uri") ;;
		*-security | */updates)
			[ -n "$security" ] || security=$(plain_uri "$uri") ;;
		esac
	done < <(apt_sources)
	[ -n "$main" ] ||
		die "no Debian archive in /etc/apt/sources.list or sources.list.d; add the 'bookworm main' line of your mirror"
	main=${main%/}
	case $1 in
	main) printf '%s\n' "$main" ;;
	security) printf '%s\n' "${security:-${main%/debian}/debian-security}" ;;
	esac
}

# apt_root NAME SUITE... - make and update a private apt root; its apt.conf is
# then $APT_CONFIG for every apt command that follows. KNTP_APT_TYPE=deb-src
# makes it one for sources.
apt_root()
{
	local dir=$KNTP_CACHE/apt/$1 suite uri

	shift
	mkdir -p "$dir"/{lists,cache,parts}
	for suite; do
		case $suite in
		*-security) uri=$(mirror security) || exit 1 ;;
		*) uri=$(mirror main) || exit 1 ;;
		esac
		printf '%s [arch=amd64 signed-by=%s] %s %s main\n' \
			"${KNTP_APT_TYPE:-deb}" "$KNTP_KEYRING" "$uri" "$suite"
	done >"$dir/sources.list"
	cat >"$dir/apt.conf" <<-CONF
	Dir::Etc::sourcelist "$dir/sources.list";
	Dir::Etc::sourceparts "-";
	Dir::State::Lists "$dir/lists";
	Dir::Cache "$dir/cache";
	Dir::State::status "/dev/null";
	APT::Architecture "amd64";
	APT::Architectures { "amd64"; };
	APT::Sandbox::User "";
	Acquire::Languages "none";
	Acquire::Retries "3";
	Debug::NoLocking "true";
	CONF
	export APT_CONFIG=$dir/apt.conf
	apt-get -qq update ||
		die "cannot read the package lists of $*; is the mirror of this machine's apt sources reachable?"
}

# apt_fetch DIR PACKAGE... - download packages of the current apt root to DIR.
apt_fetch()
{
	local dir=$1

	shift
	mkdir -p "$dir"
	(cd "$dir" && apt-get -qq download "$@") ||
		die "cannot download $*; check the network and run again"
}

# Print the package that a metapackage depends on and that matches a pattern.
apt_depends()
{
	apt-cache depends "$1" | awk -v re="$2" '
		$1 == "Depends:" && $2 ~ re { print $2; exit }'
}
