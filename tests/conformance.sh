#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# docs/conformance.md names every case of tests/unit/sim_model/test_conform_*.c, and no other;
# and every case is registered with its suite.
# usage: conformance.sh [TREE]
set -u
tree=${1:-$(dirname "$0")/..}
here=$(mktemp -d) || exit 2
trap 'rm -rf "$here"' EXIT
bad=0
for f in "$tree"/tests/unit/sim_model/test_conform_*.c; do
	name=${f##*/test_conform_}
	name=${name%.c}
	sed -n 's/^START_TEST(\([a-z0-9_]*\))$/\1/p' "$f" | sort >"$here/tests"
	sed -nE 's/.*tcase_add_(loop_)?test\([a-z]+, ([a-z0-9_]+)[,)].*/\2/p' "$f" | sort >"$here/added"
	comm -23 "$here/tests" "$here/added" | sed "s/^/in no suite: $name:/" >>"$here/lost"
	sed "s/^/$name:/" "$here/tests" >>"$here/all"
done
sort "$here/all" >"$here/cases"
[ ! -s "$here/lost" ] || {
	cat "$here/lost"
	bad=1
}
grep -oE '\b[a-z]+:[a-z0-9_]+' "$tree/docs/conformance.md" | sort >"$here/named"
if [ "$(wc -l <"$here/cases")" -lt 150 ]; then
	echo "only $(wc -l <"$here/cases") cases found: this test is broken"
	bad=1
fi
diff "$here/cases" "$here/named" >"$here/diff" || {
	echo "cases (<) and docs/conformance.md (>) differ:"
	grep '^[<>]' "$here/diff"
	bad=1
}
exit $bad
