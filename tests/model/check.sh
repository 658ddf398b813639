#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Runs spin over the model of the hand-over: check.sh STEPS PART, STEPS being the program that writes the engine's tables.
#   safe      no assertion (I1, I2, I5, I9, the gate) fails, whatever one kind of trouble does, there and back
#   ends      under weak fairness the hand-over comes to rest
#   guards    the model fails with any one guard taken out
#   together  safe and ends with every kind of trouble in one run: minutes, and 4 GB
set -u
steps=$1 part=$2 here=$(dirname "$(realpath "$0")")
dir=$(mktemp -d) || exit 2
trap 'rm -rf "$dir"' EXIT
cp "$here/handover.pml" "$dir" && "$steps" >"$dir/steps.pml" && cd "$dir" || exit 2

# trail "SPIN FLAGS": how the error came about.
trail() {
	# shellcheck disable=SC2086 # a list of flags
	spin -t -p -g $1 handover.pml 2>/dev/null | tail -n 200 >trail.txt
}

# search "SPIN FLAGS" "COMPILER FLAGS" "SEARCH FLAGS": the line of the first error, or nothing. Fails when it was not complete.
search() {
	local out errors
	rm -f pan* ./*.trail
	# shellcheck disable=SC2086 # lists of flags
	if ! { spin -a $1 handover.pml && gcc -w -DMEMLIM=6000 $2 -o pan pan.c; } >spin.log 2>&1; then
		cat spin.log >&2
		return 2
	fi
	# shellcheck disable=SC2086
	out=$(./pan -m1000000 $3 2>&1)
	errors=$(sed -nE 's/.*errors: ([0-9]+)$/\1/p' <<<"$out")
	states=$(sed -nE 's/^ *([0-9]+) states, stored.*/\1/p' <<<"$out")
	found=$(sed -nE 's/^pan:1: (.*) \(at depth.*/\1/p' <<<"$out")
	[ -z "$found" ] || [ "$errors" != 1 ] || { trail "$1"; return 0; }
	if [ "$errors" != 0 ] || grep -qE 'max search depth too small|reached -DMEMLIM|out of memory|not defined' <<<"$out"; then
		echo "the search was not complete:" >&2
		echo "$out" >&2
		return 2
	fi
}

# prove NAME flags...: no error.
prove() {
	local name=$1
	shift
	search "$@" || exit 1
	[ -z "$found" ] || { tail -n 60 trail.txt; echo "FAILED: $name: $found"; exit 1; }
	echo "$name: proved, $states states"
}

# fails GUARD PROPERTY "SPIN FLAGS" "COMPILER FLAGS" "SEARCH FLAGS": an error, and that one.
bad=0
fails() {
	search "-DWITHOUT_$1 $3" "$4" "$5" || exit 1
	if [[ $found == *"$2"* ]]; then
		printf '%-10s taken out: %s\n' "$1" "$found"
	else
		echo "FAILED: without $1 the model says \"$found\", expected \"$2\""
		bad=1
	fi
}

safety="-DSAFETY -DNOFAIR" fair="-DNFAIR=3"
case $part in
safe) prove "I1, I2, I5, I9" "" "-O2 $safety" "-E -w23" ;;
ends) prove "the hand-over ends" "-DLIVE" "-O2 $fair" "-E -a -f -w22" ;;
together)
	prove "I1, I2, I5, I9, all trouble" "-DTOGETHER -DMOVES=1" "-O2 $safety" "-E -w25"
	prove "the hand-over ends, all trouble" "-DTOGETHER -DLIVE" "-O2 $fair" "-E -a -f -w25"
	;;
guards)
	fails FENCE "row[0]==1" "-DTROUBLE=sticks" "$safety" "-E"
	fails DRAIN "up==row_cookie" "-DTROUBLE=sticks" "$safety" "-E"
	fails RESET "filled==0" "-DTROUBLE=reboots" "$safety" "-E"
	fails CONFIRM "filled==0" "-DTROUBLE=reboots" "$safety" "-E"
	fails TOMBSTONE "down[" "-DTROUBLE=hangs" "$safety" "-E"
	fails EPOCH "owner==owner" "-DTROUBLE=crashes" "$safety" "-E"
	fails DURABLE "store.has" "-DTROUBLE=crashes" "$safety" "-E"
	fails BOOT "down[" "-DTROUBLE=reboots" "$safety" "-E -m130"
	fails GATE "gate" "-DTROUBLE=sticks" "$safety" "-E"
	fails DEADLINE "acceptance cycle" "-DLIVE -DTROUBLE=hangs" "$fair" "-E -a -f"
	[ $bad = 0 ] || exit 1
	;;
*) echo "usage: check.sh STEPS safe|ends|guards|together" >&2; exit 64 ;;
esac
