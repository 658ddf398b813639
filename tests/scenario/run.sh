#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A shipped scenario: passes, and its report is the same byte for byte on both clocks and when it is run again; `virtual`
# runs it a second time, with JSON and another seed as well, `real` on the real clock.
# usage: run.sh BANYAN-SIM SCENARIO.yaml real|virtual
sim=$1 file=$2 clock=$3
t=$(mktemp -d) || exit 2
trap 'rm -rf "$t"' EXIT
"$sim" run "$file" >"$t/first" || { cat "$t/first"; exit 1; }
"$sim" run "$file" --clock "$clock" >"$t/second" || { cat "$t/second"; exit 1; }
cmp "$t/first" "$t/second" || { diff "$t/first" "$t/second"; exit 1; }
[ "$clock" = real ] && exit 0
"$sim" run "$file" --seed 12345 >"$t/other" || { cat "$t/other"; exit 1; }
"$sim" run "$file" --seed 12345 -o json >"$t/a" && "$sim" run "$file" --seed 12345 -o json >"$t/b" && cmp "$t/a" "$t/b"
