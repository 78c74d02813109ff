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

# The words that may follow the words so far, one or more a line.
_kntp_words()
{
	local object=$1 verb=${2-} last=${!#}

	case $object/$verb in
	/) echo clock dev stats clients monitor help ;;
	clock/ | clock/help) echo show set help ;;
	dev/ | dev/help) echo show add del set help ;;
	stats/ | stats/help) echo show reset help ;;
	clients/ | clients/help) echo show addr version mode min sort limit help ;;
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
	monitor/show)
		[ $# -gt 2 ] || echo limit ;;
	esac
}

_kntp()
{
	local word words=()

	# Only what stands before the cursor counts, without the options.
	for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
		[[ $word == -* ]] || words+=("$word")
	done
	if [[ ${COMP_WORDS[COMP_CWORD]} == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W \
			'-j -n -V -h --json --numeric --version --help' \
			-- "${COMP_WORDS[COMP_CWORD]}")
		return
	fi
	mapfile -t COMPREPLY < <(compgen -W "$(_kntp_words "${words[@]-}")" \
		-- "${COMP_WORDS[COMP_CWORD]}")
}

complete -F _kntp kntp
