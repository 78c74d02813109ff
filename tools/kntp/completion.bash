# SPDX-License-Identifier: GPL-2.0-only OR MIT
# shellcheck shell=bash
# Copyright (C) 2026 The kntp authors
#
# Completion of kntp(8) for bash. Installed as kntp in the folder
# bash-completion/completions, where bash finds it by itself.

# Devices that are served, or all that there are.
_kntp_devices()
{
	case $1 in
	served) kntp dev show 2>/dev/null | awk 'NR > 1 { print $1 }' ;;
	*) for dev in /sys/class/net/*; do echo "${dev##*/}"; done ;;
	esac
}

_kntp_flags='ignore kod limited lowpriotrap nomodify nopeer noquery noserve
	notrap notrust ntpport version mssntp flake nomrulist epeer noepeer'

# Networks that there are rules for, identifiers of the keys that there are.
_kntp_networks()
{
	kntp restrict show 2>/dev/null | awk 'NR > 1 { print $1 }' | uniq
}

_kntp_keys()
{
	kntp keys show 2>/dev/null | awk 'NR > 1 { print $1 }'
}

# The words that may follow the words so far, one or more a line; $cur is the
# beginning of the next one.
_kntp_words()
{
	local object=$1 verb=${2-} last=${!#}

	case $object/$verb in
	/) echo clock dev stats clients restrict keys limits monitor help ;;
	clock/ | clock/help) echo show set help ;;
	dev/ | dev/help) echo show add del set help ;;
	stats/ | stats/help) echo show reset help ;;
	clients/ | clients/help) echo show addr version mode min sort limit help ;;
	restrict/ | restrict/help) echo show get add del help ;;
	keys/ | keys/help) echo show add load del help ;;
	limits/ | limits/help) echo show set help ;;
	monitor/ | monitor/help) echo show limit help ;;
	clock/set)
		case $last in
		leap) echo 0 1 2 3 ;;
		stratum) echo 1 2 3 16 ;;
		refid) echo GPS PPS LOCL ;;
		precision | reftime | root* | drift | validity) ;;
		*) echo leap stratum precision refid reftime rootdelay \
			rootdisp drift validity ;;
		esac ;;
	dev/add)
		case $#/$last in
		2/*) _kntp_devices all ;;
		*/hook) echo ingress routed input ;;
		3/*) echo hook ;;
		esac ;;
	dev/set)
		case $#/$last in
		2/*) _kntp_devices served ;;
		*/hook) echo ingress routed input ;;
		3/*) echo hook ;;
		esac ;;
	dev/del | dev/show)
		[ $# -gt 2 ] || _kntp_devices served ;;
	stats/show)
		[ $# -gt 2 ] || echo all ;;
	clients/*)
		case $last in
		sort) echo last count rate ;;
		version) echo 1 2 3 4 ;;
		mode) echo 0 1 3 ;;
		addr | min | limit) ;;
		*) echo addr version mode min sort limit ;;
		esac ;;
	restrict/show)
		case $last in
		flag) echo "$_kntp_flags" ;;
		sort) echo network hits ;;
		addr) _kntp_networks ;;
		min | limit) ;;
		*) echo addr flag min sort limit ;;
		esac ;;
	restrict/get)
		[ $# -ne 3 ] || echo port ;;
	restrict/add)
		case $#/$last in
		2/*) echo default; _kntp_networks ;;
		*/mask) ;;
		3/default) echo "$_kntp_flags" ;;
		3/*) echo mask "$_kntp_flags" ;;
		*) echo "$_kntp_flags" ;;
		esac ;;
	restrict/del)
		case $# in
		2) echo default; _kntp_networks ;;
		3) echo mask ntpport ;;
		esac ;;
	keys/add)
		case $#/$last in
		2/* | */hosts) ;;
		3/*) echo MD5 SHA1 SHA256 SHA384 SHA512 AES128CMAC ;;
		*/file) compgen -f -- "$cur" ;;
		*) echo file trusted hosts ;;
		esac ;;
	keys/load)
		case $#/$last in
		2/*) compgen -f -- "$cur" ;;
		*/trusted) echo all ;;
		3/*) echo trusted ;;
		esac ;;
	keys/show | keys/del)
		[ $# -gt 2 ] || _kntp_keys ;;
	limits/set)
		case $last in
		nak) echo on off ;;
		average | minimum | prefix6) ;;
		*) echo average minimum prefix6 nak ;;
		esac ;;
	monitor/show)
		[ $# -gt 2 ] || echo limit ;;
	esac
}

_kntp()
{
	local word words=() cur=${COMP_WORDS[COMP_CWORD]}

	# Only what stands before the cursor counts, without the options.
	for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
		[[ $word == -* ]] || words+=("$word")
	done
	if [[ $cur == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W \
			'-j -n -V -h --json --numeric --version --help' \
			-- "$cur")
		return
	fi
	mapfile -t COMPREPLY < <(compgen -W "$(_kntp_words "${words[@]-}")" \
		-- "$cur")
}

complete -F _kntp kntp
